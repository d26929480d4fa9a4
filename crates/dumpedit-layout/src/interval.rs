//! Ranges that may overlap, and search trees of them by the range that they meet.

use std::ops::Range;

/// A range with inclusive ends, so that it can hold the last address of the address space.
pub(crate) trait Interval {
    fn lowest(&self) -> u64;
    fn highest(&self) -> u64;
}

/// Intervals ordered by first point, as an implicit balanced tree that has the greatest last point below each node. Memory is linear in the
/// intervals; a query costs O(log n + found), however they nest.
#[derive(Debug)]
pub(crate) struct IntervalTree<T> {
    items: Vec<T>,
    /// Empty where no interval meets another: then the last of any part of them has the greatest last point.
    greatest_last: Vec<u64>,
}

impl<T> Default for IntervalTree<T> {
    fn default() -> Self {
        IntervalTree { items: Vec::new(), greatest_last: Vec::new() }
    }
}

impl<T: Interval> IntervalTree<T> {
    /// Sorts the intervals. The sort is stable: intervals of equal first points keep their order.
    pub(crate) fn new(mut items: Vec<T>) -> Self {
        let disjoint = |items: &[T]| items.is_sorted_by(|one, next| one.highest() < next.lowest());
        let mut greatest_last = Vec::new();
        if !disjoint(&items) {
            items.sort_by_key(Interval::lowest);
            if !disjoint(&items) {
                greatest_last.resize(items.len(), 0);
                fill_greatest_last(&items, &mut greatest_last);
            }
        }
        IntervalTree { items, greatest_last }
    }

    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// Calls `found` for each interval that meets `first..=last`, in order of first points, until it returns `false`.
    pub(crate) fn meeting<'a>(&'a self, first: u64, last: u64, mut found: impl FnMut(&'a T) -> bool) {
        if self.greatest_last.is_empty() {
            let from = self.items.partition_point(|item| item.highest() < first);
            let meeting = self.items.get(from..).unwrap_or_default().iter();
            let _ = meeting.take_while(|item| item.lowest() <= last).all(found);
            return;
        }
        visit(&self.items, &self.greatest_last, first, last, &mut found);
    }

    /// The greatest last point of the intervals that begin at or before a point.
    pub(crate) fn greatest_last_from(&self, point: u64) -> Option<u64> {
        if self.greatest_last.is_empty() {
            let from = self.items.partition_point(|item| item.lowest() <= point);
            return self.items.get(from.checked_sub(1)?).map(Interval::highest);
        }
        let (mut items, mut greatest) = (self.items.as_slice(), self.greatest_last.as_slice());
        let mut found = None;
        while let Some(node) = items.get(items.len() / 2) {
            let (left, right) = items.split_at(items.len() / 2);
            let (greatest_left, greatest_right) = greatest.split_at(items.len() / 2);
            if node.lowest() > point {
                (items, greatest) = (left, greatest_left);
                continue;
            }
            let below = greatest_left.get(left.len() / 2).copied();
            found = found.max(below).max(Some(node.highest()));
            (items, greatest) =
                (right.get(1..).unwrap_or_default(), greatest_right.get(1..).unwrap_or_default());
        }
        found
    }

    /// The first interval that contains a point.
    pub(crate) fn at(&self, point: u64) -> Option<&T> {
        let mut hit = None;
        self.meeting(point, point, |item| {
            hit = Some(item);
            false
        });
        hit
    }
}

/// Intervals as they are added, and whether they come in order.
#[derive(Debug)]
pub(crate) struct Ordered<T> {
    items: Vec<T>,
    /// Whether each begins behind the end of the one before it.
    disjoint: bool,
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Ordered { items: Vec::new(), disjoint: true }
    }
}

impl<T: Interval> Ordered<T> {
    /// Reserves memory for exactly `more` intervals, and returns its range.
    pub(crate) fn reserve(&mut self, more: usize) -> Range<*const u8> {
        self.items.reserve_exact(more);
        let room = self.items.spare_capacity_mut().as_ptr_range();
        room.start.cast()..room.end.cast()
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    #[inline]
    pub(crate) fn push(&mut self, item: T) {
        self.disjoint &= self.items.last().is_none_or(|before| before.highest() < item.lowest());
        self.items.push(item);
    }

    pub(crate) fn into_tree(self) -> IntervalTree<T> {
        // Most come in order, so that nothing has to be sorted for a million of them.
        match self.disjoint {
            true => IntervalTree { items: self.items, greatest_last: Vec::new() },
            false => IntervalTree::new(self.items),
        }
    }
}

fn fill_greatest_last<T: Interval>(items: &[T], greatest: &mut [u64]) -> u64 {
    if let ([leaf], [own]) = (items, &mut *greatest) {
        *own = leaf.highest();
        return *own;
    }
    let middle = items.len() / 2;
    let Some(node) = items.get(middle) else { return 0 };
    let (left, right) = items.split_at(middle);
    let (greatest_left, greatest_right) = greatest.split_at_mut(middle);
    let mut last = node.highest().max(fill_greatest_last(left, greatest_left));
    if let (Some((_, right)), Some((own, greatest_right))) =
        (right.split_first(), greatest_right.split_first_mut())
    {
        last = last.max(fill_greatest_last(right, greatest_right));
        *own = last;
    }
    last
}

fn visit<'a, T: Interval>(
    items: &'a [T],
    greatest: &[u64],
    first: u64,
    last: u64,
    found: &mut impl FnMut(&'a T) -> bool,
) -> bool {
    let middle = items.len() / 2;
    let (Some(node), Some(&below)) = (items.get(middle), greatest.get(middle)) else { return true };
    if below < first {
        return true;
    }
    let (left, right) = items.split_at(middle);
    let (greatest_left, greatest_right) = greatest.split_at(middle);
    if !visit(left, greatest_left, first, last, found) {
        return false;
    }
    if node.lowest() > last {
        return true;
    }
    if node.highest() >= first && !found(node) {
        return false;
    }
    match (right.split_first(), greatest_right.split_first()) {
        (Some((_, right)), Some((_, greatest_right))) => visit(right, greatest_right, first, last, found),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    fn spans(pairs: &[(u64, u64)]) -> IntervalTree<Span> {
        IntervalTree::new(pairs.iter().map(|&(first, last)| Span { first, last }).collect())
    }

    #[test]
    fn a_query_finds_what_a_linear_search_finds() {
        let mut state = 7u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        for round in 0..200 {
            let pairs: Vec<_> = (0..round)
                .map(|_| {
                    let first = random(1000);
                    (first, first + random(100))
                })
                .collect();
            let tree = spans(&pairs);
            for _ in 0..20 {
                let first = random(1100);
                let last = first + random(50);
                let mut expected: Vec<_> =
                    pairs.iter().copied().filter(|&(a, b)| a <= last && b >= first).collect();
                expected.sort_by_key(|pair| pair.0);
                let mut found = Vec::new();
                tree.meeting(first, last, |span| {
                    found.push((span.first, span.last));
                    true
                });
                assert_eq!(found, expected);
                let greatest = pairs.iter().filter(|pair| pair.0 <= first).map(|pair| pair.1).max();
                assert_eq!(tree.greatest_last_from(first), greatest);
            }
        }
    }

    #[test]
    fn the_last_address_of_all_can_be_held() {
        let tree = spans(&[(u64::MAX - 15, u64::MAX), (0, 3)]);
        assert!(tree.at(u64::MAX).is_some());
        assert!(tree.at(4).is_none());
        assert!(tree.at(0).is_some());
    }
}
