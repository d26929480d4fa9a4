//! File bytes of A that the script has written so far, among those of more than one location.

use std::collections::BTreeMap;

use dumpedit_layout::Span;

/// Written file bytes that several locations share; others need not be recorded.
pub(super) struct Written {
    /// Shared file bytes, in order and disjoint.
    shared: Vec<Span>,
    /// First to last written file offset, disjoint and not adjacent.
    intervals: BTreeMap<u64, u64>,
}

impl Written {
    pub(super) fn new(shared: Vec<Span>) -> Written {
        Written { shared, intervals: BTreeMap::new() }
    }

    /// Whether any of some file bytes belongs to more than one location.
    pub(super) fn is_shared(&self, first: u64, last: u64) -> bool {
        let at = self.shared.partition_point(|shared| shared.last < first);
        self.shared.get(at).is_some_and(|shared| shared.first <= last)
    }

    /// Whether all of some file bytes were written.
    pub(super) fn holds(&self, first: u64, last: u64) -> bool {
        let before = self.intervals.range(..=first).next_back();
        before.is_some_and(|(_, held_last)| *held_last >= last)
    }

    /// Records file bytes as written.
    pub(super) fn add(&mut self, first: u64, last: u64) {
        let (mut from, mut to) = (first, last);
        while let Some((&held_first, &held_last)) = self.intervals.range(..=to.saturating_add(1)).next_back()
            && held_last.saturating_add(1) >= from
        {
            self.intervals.remove(&held_first);
            (from, to) = (from.min(held_first), to.max(held_last));
        }
        self.intervals.insert(from, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_held_and_nothing_else() {
        let mut state = 7u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        for _ in 0..200 {
            let mut written = Written::new(vec![Span { first: 10, last: 20 }, Span { first: 30, last: 30 }]);
            let mut expected = [false; 100];
            for _ in 0..random(20) {
                let first = random(90);
                let last = first + random(10);
                written.add(first, last);
                (first..=last).for_each(|at| expected[at as usize] = true);
            }
            for (first, size) in (0..100).flat_map(|first| [(first, 1), (first, 3)]) {
                let last = (first + size - 1).min(99);
                let held = (first..=last).all(|at| expected[at as usize]);
                assert_eq!(written.holds(first, last), held);
            }
            assert!(written.intervals.len() <= 50);
        }
        let written = Written::new(vec![Span { first: 10, last: 20 }, Span { first: 30, last: 30 }]);
        assert!(written.is_shared(0, 10) && written.is_shared(20, 25) && written.is_shared(30, 30));
        assert!(!written.is_shared(0, 9) && !written.is_shared(21, 29) && !written.is_shared(31, 99));
    }
}
