//! Walks captures in order of addresses, and cuts them where the set of copies changes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::capture::Capture;
use crate::span::Span;

/// Walks over captures sorted by first address. Memory is linear in the captures, since only those that are open at a span are its copies.
pub(crate) struct Sweep<'a> {
    waiting: &'a [Capture],
    /// The captures of the current span, by rank.
    open: BTreeMap<u32, Capture>,
    ends: BinaryHeap<Reverse<(u64, u32)>>,
    next: u64,
    done: bool,
}

impl<'a> Sweep<'a> {
    pub(crate) fn new(captures: &'a [Capture]) -> Self {
        Sweep { waiting: captures, open: BTreeMap::new(), ends: BinaryHeap::new(), next: 0, done: false }
    }

    /// The captures of the current span, the one that reads take first.
    pub(crate) fn copies(&self) -> impl Iterator<Item = &Capture> {
        self.open.values()
    }

    /// Number of captures of the current span.
    pub(crate) fn copy_count(&self) -> usize {
        self.open.len()
    }

    /// The next span with the same captures.
    pub(crate) fn step(&mut self) -> Option<Span> {
        if self.done {
            return None;
        }
        self.close();
        if self.open.is_empty() {
            self.next = self.waiting.first()?.first;
        }
        while let Some((capture, rest)) = self.waiting.split_first()
            && capture.first <= self.next
        {
            self.waiting = rest;
            self.open.insert(capture.rank, *capture);
            self.ends.push(Reverse((capture.last, capture.rank)));
        }
        let mut last = self.ends.peek()?.0.0;
        if let Some(before) = self.waiting.first().and_then(|capture| capture.first.checked_sub(1)) {
            last = last.min(before);
        }
        let span = Span { first: self.next, last };
        match last.checked_add(1) {
            Some(next) => self.next = next,
            None => self.done = true,
        }
        Some(span)
    }

    /// Closes the captures that ended before the next address.
    fn close(&mut self) {
        while let Some(&Reverse((last, rank))) = self.ends.peek() {
            if last >= self.next {
                return;
            }
            self.ends.pop();
            self.open.remove(&rank);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_cut_where_copies_begin_and_end() {
        let capture = |first, last, rank| Capture {
            first,
            last,
            file_offset: 1000 * u64::from(rank),
            rank,
            mapped: None,
        };
        let captures = [capture(0, 9, 1), capture(4, 5, 0), capture(10, 19, 2), capture(30, u64::MAX, 3)];
        let mut sweep = Sweep::new(&captures);
        let mut seen = Vec::new();
        while let Some(span) = sweep.step() {
            seen.push((span.first, span.last, sweep.copies().map(|copy| copy.rank).collect::<Vec<_>>()));
        }
        let expected = [
            (0, 3, vec![1]),
            (4, 5, vec![0, 1]),
            (6, 9, vec![1]),
            (10, 19, vec![2]),
            (30, u64::MAX, vec![3]),
        ];
        assert_eq!(seen, expected);
    }
}
