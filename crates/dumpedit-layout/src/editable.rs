//! File bytes that an edit of values can write: captured memory, its tags and context records, but not the format's structures.

use crate::granule::TagSpan;
use crate::layout::Layout;
use crate::span::{Span, joined};

/// File bytes that an edit of values can write.
#[derive(Clone, Debug)]
pub struct Editable {
    /// Sorted and disjoint.
    spans: Vec<Span>,
}

impl Layout {
    /// The file bytes that an edit of values can write. Takes memory linear in the descriptors.
    pub fn editable(&self) -> Editable {
        let captures = self.captures.items().iter();
        let captures = captures.map(|capture| (capture.file_offset, capture.file_last()));
        let mut memory: Vec<(u64, u64)> =
            captures.chain(self.tags.items().iter().map(TagSpan::file_bytes)).collect();
        memory.sort_unstable();
        let mut spans = Vec::new();
        let mut next = 0u64;
        for (first, last) in memory {
            let mut from = first.max(next);
            while from <= last {
                let none = Span { first: u64::MAX, last: u64::MAX };
                let structure = self.structure_in(from, last).unwrap_or(none);
                if from < structure.first {
                    spans.push(Span { first: from, last: last.min(structure.first.saturating_sub(1)) });
                }
                from = structure.last.min(last).saturating_add(1);
            }
            next = next.max(last.saturating_add(1));
        }
        let blocks = self.threads.iter().flat_map(|thread| &thread.records).flat_map(|record| &record.blocks);
        spans.extend(blocks.filter_map(|block| Span::of(block.file_offset, block.size)));
        Editable { spans: joined(spans) }
    }
}

impl Editable {
    /// Whether an edit can write all bytes from file offset `first` to `last`, both included.
    pub fn holds(&self, first: u64, last: u64) -> bool {
        let behind = self.spans.partition_point(|span| span.first <= first);
        let found = behind.checked_sub(1).and_then(|at| self.spans.get(at));
        found.is_some_and(|span| last <= span.last)
    }
}

#[cfg(test)]
mod tests {
    use crate::{ByteOrder, Format, LayoutBuilder, Machine};

    #[test]
    fn memory_is_editable_but_for_the_structures_in_it() {
        let mut builder = LayoutBuilder::new(Format::ElfCore, Machine::Amd64, ByteOrder::Little, 8, 4096);
        builder.structure(0, 64);
        builder.structure(120, 10);
        builder.capture(0x1000, 100, 32);
        builder.capture(0x2000, 16, 132);
        let editable = builder.finish().editable();
        let can: Vec<u64> = (0..200).filter(|at| editable.holds(*at, *at)).collect();
        let expected: Vec<u64> = (64..120).chain(130..148).collect();
        assert_eq!(can, expected);
        assert!(editable.holds(64, 119) && editable.holds(130, 147));
        assert!(!editable.holds(64, 120) && !editable.holds(63, 64) && !editable.holds(100, 140));
    }
}
