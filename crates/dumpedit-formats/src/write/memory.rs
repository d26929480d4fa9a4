//! Places a dump's memory behind its tables, entry after entry.

use super::{About, Piece, WriteError, WriteProblem};
use crate::model::{FileOffset, Memory, Place, Stored};

/// Places of a model's memory.
pub(crate) struct MemoryPlaces {
    /// File offset in each entry.
    offsets: Vec<u64>,
    /// End of the last bytes, as a file offset.
    pub(crate) end: u64,
}

impl MemoryPlaces {
    /// Places memory behind `start`, in an order of indices, each at a multiple of `align`; entries that the end of the file cuts off come
    /// last.
    pub(crate) fn of(
        memory: &[Memory],
        start: u64,
        order: &[usize],
        align: u64,
    ) -> Result<MemoryPlaces, WriteError> {
        let align = align.max(1);
        let mut places = MemoryPlaces { offsets: vec![0; memory.len()], end: start };
        let mut next = start;
        for cut in [false, true] {
            for index in order {
                let (Some(entry), Some(offset)) = (memory.get(*index), places.offsets.get_mut(*index)) else {
                    continue;
                };
                let Stored::Own(content) = &entry.stored else { continue };
                let stored = content.size();
                if (stored < entry.captured) != cut {
                    continue;
                }
                if entry.captured == 0 {
                    *offset = next;
                    continue;
                }
                let aligned = next.checked_next_multiple_of(align);
                let end = aligned.and_then(|at| at.checked_add(stored));
                let (Some(at), Some(end)) = (aligned, end) else {
                    return Err(WriteError::new(WriteProblem::Endless, About::Memory(*index)));
                };
                *offset = at;
                next = end;
                if cut && stored > 0 {
                    // The next entry is past the end of the file.
                    next = next.saturating_add(entry.captured.saturating_sub(stored));
                }
                if stored > 0 {
                    places.end = places.end.max(end);
                }
            }
        }
        Ok(places)
    }

    /// Leaves memory at its place in the file, and places other bytes behind `start`: first those of packed entries, one behind the other,
    /// then the rest. The file offset of an entry's bytes is congruent to its address modulo `align`, so that pages stay pages.
    pub(crate) fn behind(
        memory: &[Memory],
        start: u64,
        align: u64,
        is_packed: impl Fn(&Memory) -> bool,
    ) -> Result<MemoryPlaces, WriteError> {
        let mut places = MemoryPlaces { offsets: Vec::with_capacity(memory.len()), end: start };
        let mut made = Vec::new();
        for (index, entry) in memory.iter().enumerate() {
            places.offsets.push(match &entry.stored {
                Stored::Elsewhere(_) => 0,
                Stored::Own(content) => content.place().map_or(start, |place| place.file_offset),
            });
            if matches!(&entry.stored, Stored::Own(content) if !content.is_empty() && content.place().is_none())
            {
                made.push((index, entry));
            }
        }
        made.sort_by_key(|(_, entry)| !is_packed(entry));
        for (index, entry) in made {
            let align = if is_packed(entry) { 1 } else { align.max(1) };
            let phase = entry.address.checked_rem(align).unwrap_or(0);
            let at = places.end.saturating_sub(phase).checked_next_multiple_of(align);
            let at = at.and_then(|at| at.checked_add(phase));
            let end = at.and_then(|at| at.checked_add(entry.stored.size()));
            let (Some(at), Some(end)) = (at, end) else {
                return Err(WriteError::new(WriteProblem::Endless, About::Memory(index)));
            };
            if let Some(offset) = places.offsets.get_mut(index) {
                *offset = at;
            }
            places.end = end;
        }
        places.follow(memory);
        Ok(places)
    }

    /// The bytes behind `start`.
    pub(crate) fn pieces_behind(&self, memory: &[Memory], start: u64) -> Vec<Piece> {
        let mut pieces = self.pieces(memory);
        pieces.retain(|piece| piece.file_offset >= start);
        pieces
    }

    /// Gives entries without bytes an offset behind the last byte: elfutils searches for a module at every segment's file offset, even
    /// where the segment has no bytes.
    pub(crate) fn empty_ones_behind(&mut self, memory: &[Memory], align: u64) {
        let behind = self.end.checked_next_multiple_of(align.max(1)).unwrap_or(self.end);
        for (entry, offset) in memory.iter().zip(&mut self.offsets) {
            if entry.captured == 0 {
                *offset = behind;
            }
        }
    }

    /// Sets the offsets of entries whose bytes are another entry's.
    pub(crate) fn follow(&mut self, memory: &[Memory]) {
        for (index, entry) in memory.iter().enumerate() {
            if let Stored::Elsewhere(at) = entry.stored {
                let offset = self.resolve(at);
                if let Some(into) = self.offsets.get_mut(index) {
                    *into = offset;
                }
            }
        }
    }

    /// A file offset as a number.
    pub(crate) fn resolve(&self, at: FileOffset) -> u64 {
        match at {
            FileOffset::Number(offset) => offset,
            FileOffset::Memory { index, skipped } => self.offset(index).saturating_add(skipped),
        }
    }

    /// The file offset in an entry.
    pub(crate) fn offset(&self, index: usize) -> u64 {
        self.offsets.get(index).copied().unwrap_or(0)
    }

    /// Places of the stored bytes of every entry.
    pub(crate) fn stored(&self, memory: &[Memory]) -> Vec<Place> {
        let place =
            |(entry, offset): (&Memory, &u64)| Place { file_offset: *offset, size: entry.stored.size() };
        memory.iter().zip(&self.offsets).map(place).collect()
    }

    /// The bytes of every entry that stores some.
    pub(crate) fn pieces(&self, memory: &[Memory]) -> Vec<Piece> {
        let piece = |(entry, offset): (&Memory, &u64)| match &entry.stored {
            Stored::Own(content) if !content.is_empty() => {
                Some(Piece { file_offset: *offset, content: content.clone() })
            }
            _ => None,
        };
        memory.iter().zip(&self.offsets).filter_map(piece).collect()
    }
}
