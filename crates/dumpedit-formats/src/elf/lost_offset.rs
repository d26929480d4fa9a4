//! Finds the file offset of a segment whose `p_offset` is behind the end of the file.

use object::elf::PT_NOTE;

use super::header::{Header, Segment, Sizes};
use super::notes;
use crate::write::wide;

/// The index of the only segment behind the end of the file, and the file offset of its bytes. All others are in the file, in the order of
/// the table, and leave room for exactly its bytes between its neighbours; for notes, the room begins with notes of its size.
pub(super) fn found(header: &Header, bytes: &[u8]) -> Option<(u64, u64)> {
    let file_size = wide(bytes.len());
    let table = header.programs.offset.checked_add(header.programs.size())?;
    let mut reached = table.max(Sizes::of(header.encoding.wide).header);
    // Index, segment, and end of its predecessor.
    let mut lost: Option<(u64, Segment, u64)> = None;
    let mut next = None;
    for (index, segment) in (0u64..).zip(header.segments(bytes)) {
        if segment.file_size == 0 {
            continue;
        }
        if segment.offset >= file_size {
            if lost.replace((index, segment, reached)).is_some() {
                return None;
            }
            continue;
        }
        if segment.offset < reached {
            return None;
        }
        reached = segment.offset.checked_add(segment.file_size).filter(|end| *end <= file_size)?;
        if lost.is_some() {
            next.get_or_insert(segment.offset);
        }
    }
    let (index, segment, start) = lost?;
    let gap = Gap { start, end: next.unwrap_or(file_size) };
    let offset = if segment.kind == PT_NOTE {
        gap.notes(header, &segment, bytes)
    } else {
        gap.aligned(&segment, bytes)
    };
    Some((index, offset?))
}

/// Bytes of the file that no segment has: first file offset, and end.
struct Gap {
    start: u64,
    end: u64,
}

impl Gap {
    /// The file offset of a segment that fills the gap behind zeros for its alignment.
    fn aligned(&self, segment: &Segment, bytes: &[u8]) -> Option<u64> {
        let offset = self.end.checked_sub(segment.file_size).filter(|offset| *offset >= self.start)?;
        let padding = bytes.get(usize::try_from(self.start).ok()?..usize::try_from(offset).ok()?)?;
        let aligned = self.start.checked_next_multiple_of(segment.align.max(1));
        let is_padded =
            padding.is_empty() || (aligned == Some(offset) && padding.iter().all(|byte| *byte == 0));
        is_padded.then_some(offset)
    }

    /// The file offset of named notes at the start of the gap that have exactly the size of the segment.
    fn notes(&self, header: &Header, segment: &Segment, bytes: &[u8]) -> Option<u64> {
        let offset = self.start.checked_next_multiple_of(4)?;
        let end = offset.checked_add(segment.file_size).filter(|end| *end <= self.end)?;
        let held = bytes.get(usize::try_from(offset).ok()?..usize::try_from(end).ok()?)?;
        let mut named = true;
        let mut count = 0u64;
        let is_all = notes::walk(header.encoding, held, segment.file_size, segment.align, |note| {
            let is_name = !note.namespace.is_empty() && note.namespace.iter().all(u8::is_ascii_graphic);
            named = named && is_name;
            count = count.saturating_add(1);
        });
        (is_all && named && count > 0).then_some(offset)
    }
}
