//! Decides which memory entries of a dump store bytes of their own, and which refer to another entry's.

use std::collections::BTreeMap;

use crate::model::{Content, FileOffset, Place, Stored};

/// Bytes that the entries so far store.
pub(crate) struct StoredBytes {
    file_size: u64,
    /// Stored bytes by first file offset, with their end and the entry's index.
    by_start: BTreeMap<u64, (u64, usize)>,
}

impl StoredBytes {
    /// No entries yet, of a file of `file_size` bytes.
    pub(crate) fn new(file_size: u64) -> StoredBytes {
        StoredBytes { file_size, by_start: BTreeMap::new() }
    }

    /// The place of the bytes of an entry with an index, whose `captured` bytes are at a file offset. Where the entry itself has that
    /// offset, bytes that an earlier entry stores are not stored again.
    pub(crate) fn of(&mut self, index: usize, captured: u64, file_offset: u64, gives_offset: bool) -> Stored {
        let held = self.file_size.saturating_sub(file_offset).min(captured);
        let end = file_offset.saturating_add(held);
        let before = self.by_start.range(..=file_offset).next_back();
        let shared =
            before.filter(|(_, (last, _))| gives_offset && held > 0 && held == captured && end <= *last);
        if let Some((start, (_, index))) = shared {
            let skipped = file_offset.saturating_sub(*start);
            return Stored::Elsewhere(FileOffset::Memory { index: *index, skipped });
        }
        // The file written from the model has another size, but hardly twice this one's.
        if gives_offset && captured > 0 && held == 0 && file_offset >= self.file_size.saturating_mul(2) {
            return Stored::Elsewhere(FileOffset::Number(file_offset));
        }
        if held > 0 && held == captured {
            self.by_start.entry(file_offset).or_insert((end, index));
        }
        Stored::Own(if held == 0 {
            Content::Zero(0)
        } else {
            Content::File(Place { file_offset, size: held })
        })
    }

    /// The entry that stores all of `size` bytes at a file offset, and their offset in it, in bytes.
    pub(crate) fn holding(&self, file_offset: u64, size: u64) -> Option<(usize, u64)> {
        let (start, (end, index)) = self.by_start.range(..=file_offset).next_back()?;
        let is_whole = file_offset.checked_add(size).is_some_and(|last| last <= *end);
        is_whole.then(|| (*index, file_offset.saturating_sub(*start)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_holds_what_it_stores_as_a_whole() {
        let mut stored = StoredBytes::new(0x3000);
        stored.of(0, 0x1000, 0x1000, true);
        stored.of(1, 0x1000, 0x2000, true);
        stored.of(2, 0x1000, 0x2800, true);
        assert_eq!(stored.holding(0x1010, 0xff0), Some((0, 0x10)));
        assert_eq!(stored.holding(0x1010, 0xff1), None);
        assert_eq!(stored.holding(0x2900, 0x10), Some((1, 0x900)));
        assert_eq!(stored.holding(0x3000, u64::MAX), None);
    }

    #[test]
    fn only_an_entry_that_gives_its_offset_points_elsewhere() {
        let mut stored = StoredBytes::new(0x3000);
        let own = |file_offset| Stored::Own(Content::File(Place { file_offset, size: 0x1000 }));
        assert_eq!(stored.of(0, 0x1000, 0x1000, true), own(0x1000));
        let first = FileOffset::Memory { index: 0, skipped: 0 };
        assert_eq!(stored.of(1, 0x1000, 0x1000, true), Stored::Elsewhere(first));
        assert_eq!(stored.of(2, 0x1000, 0x1000, false), own(0x1000));
        let far = FileOffset::Number(0x9000);
        assert_eq!(stored.of(3, 0x1000, 0x9000, true), Stored::Elsewhere(far));
        assert_eq!(stored.of(4, 0x1000, 0x9000, false), Stored::Own(Content::Zero(0)));
    }
}
