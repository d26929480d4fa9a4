//! The file outside captured memory: its bytes, and the parts that they belong to.

use crate::interval::Interval;
use crate::layout::Layout;
use crate::span::{Place, Span};

/// A named part of the file, such as a stream or a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilePart<'a> {
    /// Name; several parts may have the same.
    pub name: &'a str,
    /// File bytes.
    pub place: Place,
}

impl Layout {
    /// Name of the part that a file byte belongs to, such as a stream or a note: of several, the smallest.
    pub fn part_at(&self, file_offset: u64) -> Option<&str> {
        let holding = self.parts.iter().filter(|part| part.bytes.contains(file_offset));
        holding.min_by_key(|part| part.bytes.size()).map(|part| &*part.name)
    }

    /// The parts whose bytes mean the same in another file.
    pub fn compared_parts(&self) -> impl Iterator<Item = FilePart<'_>> {
        let compared = self.parts.iter().filter(|part| part.compares);
        compared.map(|part| FilePart { name: &part.name, place: part.bytes.into() })
    }

    /// The file offsets that no address maps to.
    pub fn outside_memory(&self) -> Vec<Span> {
        let mut outside = Vec::new();
        let mut next = 0u64;
        for capture in self.by_file().items() {
            if let Some(last) = capture.lowest().checked_sub(1).filter(|last| *last >= next) {
                outside.push(Span { first: next, last });
            }
            next = capture.highest().saturating_add(1).max(next);
        }
        if let Some(last) = self.file_size.checked_sub(1).filter(|last| *last >= next) {
            outside.push(Span { first: next, last });
        }
        outside
    }
}

#[cfg(test)]
mod tests {
    use crate::{ByteOrder, Format, LayoutBuilder, Machine, Span};

    #[test]
    fn what_no_capture_has_is_outside_memory_and_belongs_to_the_smallest_part() {
        let mut builder = LayoutBuilder::new(Format::ElfCore, Machine::Amd64, ByteOrder::Little, 8, 100);
        builder.capture(0x1000, 10, 10);
        builder.capture(0x2000, 20, 15);
        builder.capture(0x3000, 5, 60);
        builder.part(0, 50, "notes");
        builder.part(2, 3, "name");
        builder.part(90, 0, "nothing");
        let layout = builder.finish();
        assert_eq!(layout.outside_memory(), [(0, 9), (35, 59), (65, 99)].map(Span::from));
        assert_eq!(
            [1, 2, 4, 5, 50, 90].map(|at| layout.part_at(at)),
            [Some("notes"), Some("name"), Some("name"), Some("notes"), None, None]
        );
    }
}
