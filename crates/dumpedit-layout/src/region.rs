//! Regions of a dump, as people list memory.

use std::iter::Peekable;
use std::slice;
use std::sync::Arc;

use crate::capture::Capture;
use crate::interval::IntervalTree;
use crate::mapping::{Mapping, Protection};
use crate::span::Span;
use crate::sweep::Sweep;

/// A stretch of the address space as people list memory: a mapping, captured from its start as far as it is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Region {
    /// First address.
    pub start: u64,
    /// Mapped size in bytes; 2^64 is possible.
    pub size: u128,
    /// Number of bytes from `start` on that are in the file.
    pub captured: u64,
    /// File offsets of these bytes, the copy that reads take first; at most [`Region::MOST_OFFSETS`].
    pub file_offsets: Vec<u64>,
    /// Number of copies in the file.
    pub copies: usize,
    /// Its protection, where the dump tells.
    pub protection: Option<Protection>,
    /// Contents, such as a file, where the dump tells.
    pub name: Option<Arc<str>>,
    /// Whether the end of the file cut off bytes that the dump lists.
    pub cut: bool,
}

impl Region {
    /// Most file offsets of a region.
    pub const MOST_OFFSETS: usize = 64;
}

/// Walks over the regions.
pub(crate) struct RegionWalk<'a> {
    sweep: Sweep<'a>,
    span: Option<(Span, Vec<u64>, usize)>,
    mappings: Peekable<slice::Iter<'a, Mapping>>,
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
                // The same bytes may be listed twice, as a region and as a stack.
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
