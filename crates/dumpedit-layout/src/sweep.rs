//! Walks captures in order of addresses, cutting them where the set of copies changes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use crate::region::{Capture, IntervalTree, Mapping, Region};
use crate::span::Span;

/// The walk over captures sorted by first address. Memory is linear in the captures, since the copies of one span
/// are only ever those that are open there.
pub(crate) struct Sweep<'a> {
    waiting: &'a [Capture],
    /// The captures that hold the current span, by rank.
    open: BTreeMap<u32, Capture>,
    ends: BinaryHeap<Reverse<(u64, u32)>>,
    next: u64,
    done: bool,
}

impl<'a> Sweep<'a> {
    pub(crate) fn new(captures: &'a [Capture]) -> Self {
        Sweep { waiting: captures, open: BTreeMap::new(), ends: BinaryHeap::new(), next: 0, done: false }
    }

    /// The captures that hold the last span, the one that reads take first.
    pub(crate) fn copies(&self) -> impl Iterator<Item = &Capture> {
        self.open.values()
    }

    /// How many captures hold the last span.
    pub(crate) fn copy_count(&self) -> usize {
        self.open.len()
    }

    /// The next addresses that the same captures hold.
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

/// The walk over the regions that a person would list.
pub(crate) struct RegionWalk<'a> {
    sweep: Sweep<'a>,
    span: Option<(Span, Vec<u64>, usize)>,
    mappings: std::iter::Peekable<std::slice::Iter<'a, Mapping>>,
    all_mappings: &'a IntervalTree<Mapping>,
    cut: &'a IntervalTree<Span>,
    cursor: Option<u64>,
}

impl<'a> RegionWalk<'a> {
    pub(crate) fn new(
        captures: &'a IntervalTree<Capture>,
        mappings: &'a IntervalTree<Mapping>,
        cut: &'a IntervalTree<Span>,
    ) -> Self {
        let mut walk = RegionWalk {
            sweep: Sweep::new(captures.items()),
            span: None,
            mappings: mappings.items().iter().peekable(),
            all_mappings: mappings,
            cut,
            cursor: Some(0),
        };
        walk.advance();
        walk
    }

    fn advance(&mut self) {
        self.span = self.sweep.step().map(|span| {
            let captures = self.sweep.copies().take(Region::MOST_OFFSETS);
            let mut offsets: Vec<u64> = Vec::new();
            for offset in captures.map(|capture| capture.file_offset_of(span.first)) {
                // The same bytes may be listed more than once, as a region and as a stack.
                if !offsets.contains(&offset) {
                    offsets.push(offset);
                }
            }
            let count = self.sweep.copy_count();
            let copies = if count <= Region::MOST_OFFSETS { offsets.len() } else { count };
            (span, offsets, copies)
        });
    }

    fn region(
        &mut self,
        start: u64,
        last: u64,
        captured: u64,
        file_offsets: Vec<u64>,
        copies: usize,
        mapping: Option<&Mapping>,
    ) -> Region {
        self.cursor = last.checked_add(1);
        let size = u128::from(last.saturating_sub(start)).saturating_add(1);
        let uncaptured = start.saturating_add(captured);
        Region {
            start,
            size,
            captured,
            file_offsets,
            copies,
            protection: mapping.and_then(|mapping| mapping.protection),
            name: mapping.and_then(|mapping| mapping.name.clone()),
            cut: uncaptured <= last && self.cut.at(uncaptured).is_some(),
        }
    }
}

impl Iterator for RegionWalk<'_> {
    type Item = Region;

    fn next(&mut self) -> Option<Region> {
        let cursor = self.cursor?;
        while self.mappings.next_if(|mapping| mapping.last < cursor).is_some() {}
        let mapping = self.mappings.peek().map(|mapping| (mapping.first.max(cursor), *mapping));
        let next_span = self.span.as_ref().map(|(span, ..)| span.first);
        match (mapping, next_span) {
            (None, None) => None,
            (Some((from, mapping)), span) if span.is_none_or(|first| from < first) => {
                let before = span.and_then(|first| first.checked_sub(1));
                let last = before.map_or(mapping.last, |before| mapping.last.min(before));
                Some(self.region(from, last, 0, Vec::new(), 0, Some(mapping)))
            }
            (mapping, _) => {
                let (span, offsets, copies) = self.span.take()?;
                self.advance();
                let limit = self.span.as_ref().and_then(|(next, ..)| next.first.checked_sub(1));
                let around = mapping.filter(|(from, _)| *from <= span.first).map(|(_, mapping)| mapping);
                let tail = around.map_or(span.last, |mapping| mapping.last.max(span.last));
                let last = limit.map_or(tail, |limit| tail.min(limit)).max(span.last);
                let captured = span.last.saturating_sub(span.first).saturating_add(1);
                let named = around.or_else(|| self.all_mappings.at(span.first));
                Some(self.region(span.first, last, captured, offsets, copies, named))
            }
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
