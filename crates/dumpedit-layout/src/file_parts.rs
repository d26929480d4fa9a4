//! The file beside the captured memory: which bytes of it are no memory, and what they belong to.

use std::sync::Arc;

use crate::layout::Layout;
use crate::region::Interval;

/// A named stretch of the file.
#[derive(Clone, Debug)]
pub(crate) struct FilePart {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) name: Arc<str>,
    /// Whether its bytes mean the same in another file, since they hold no file offsets.
    pub(crate) compares: bool,
}

impl Layout {
    /// The name of what a file byte belongs to, such as a stream or a note: of several, the smallest.
    pub fn part_at(&self, file_offset: u64) -> Option<&str> {
        let holding = self.parts.iter().filter(|part| (part.first..=part.last).contains(&file_offset));
        holding.min_by_key(|part| part.last.saturating_sub(part.first)).map(|part| &*part.name)
    }

    /// The parts whose bytes mean the same wherever they are: name, file offset and size in bytes.
    pub fn compared_parts(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        let compared = self.parts.iter().filter(|part| part.compares);
        compared.map(|part| (&*part.name, part.first, part.last.saturating_sub(part.first).saturating_add(1)))
    }

    /// The stretches of the file that stand for no address: file offset of the first byte and of the last.
    pub fn outside_memory(&self) -> Vec<(u64, u64)> {
        let mut outside = Vec::new();
        let mut next = 0u64;
        for capture in self.by_file().items() {
            if let Some(last) = capture.lowest().checked_sub(1).filter(|last| *last >= next) {
                outside.push((next, last));
            }
            next = capture.highest().saturating_add(1).max(next);
        }
        if let Some(last) = self.file_size.checked_sub(1).filter(|last| *last >= next) {
            outside.push((next, last));
        }
        outside
    }
}

#[cfg(test)]
mod tests {
    use crate::{ByteOrder, Format, LayoutBuilder, Machine};

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
        assert_eq!(layout.outside_memory(), [(0, 9), (35, 59), (65, 99)]);
        assert_eq!(
            [1, 2, 4, 5, 50, 90].map(|at| layout.part_at(at)),
            [Some("notes"), Some("name"), Some("name"), Some("notes"), None, None]
        );
    }
}
