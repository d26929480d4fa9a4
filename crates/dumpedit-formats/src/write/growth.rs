//! Growth of a dump's file in place: bytes behind its end, and then the header, which refers to them.

use dumpedit_layout::FileBytes;

use super::{About, Piece, WriteError, WriteProblem};
use crate::model::{Memory, Stored};

/// The bytes that a dump's file gets so that its model becomes a changed one. Nothing in the file moves, and only the header changes, and
/// file offsets of values of another size.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Growth {
    /// Pieces behind the end of the file, disjoint. Gaps between them are zero.
    pub pieces: Vec<Piece>,
    /// File offsets in the existing file that lead behind its end now. Pieces that copy them copy the new ones.
    pub repointed: Vec<FileBytes>,
    /// Values that overwrite the pieces.
    pub patches: Vec<FileBytes>,
    /// Bytes of the header that change, to be written after everything else; empty where none do.
    pub header: FileBytes,
    /// New size of the file, in bytes.
    pub size: u64,
    /// Indices of the [memory](crate::model::Model::memory) entries that go into another list than the model's, since that list cannot grow
    /// in place.
    pub elsewhere: Vec<usize>,
}

impl Growth {
    /// The growth of a file of `size` bytes that does not change.
    pub(crate) fn none(size: u64) -> Growth {
        Growth {
            pieces: Vec::new(),
            repointed: Vec::new(),
            patches: Vec::new(),
            header: FileBytes { file_offset: 0, bytes: Vec::new() },
            size,
            elsewhere: Vec::new(),
        }
    }
}

/// An entry of a rewritten table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// An entry that is kept, by its index in the old table.
    Kept(usize),
    /// A new entry, by its index in the new table.
    New(usize),
}

/// The entries of a new table, matched with those of the old one. Kept entries stay in order.
pub(crate) fn rows<T>(old: &[T], new: &[T], is_same: impl Fn(&T, &T) -> bool) -> Vec<Row> {
    let mut next = 0usize;
    let mut rows = Vec::with_capacity(new.len());
    for (index, entry) in new.iter().enumerate() {
        let rest = old.get(next..).unwrap_or_default();
        match rest.iter().position(|known| is_same(known, entry)) {
            Some(skipped) => {
                let kept = next.saturating_add(skipped);
                rows.push(Row::Kept(kept));
                next = kept.saturating_add(1);
            }
            None => rows.push(Row::New(index)),
        }
    }
    rows
}

/// Whether a new table is the old one of `old` entries.
pub(crate) fn is_unchanged(rows: &[Row], old: usize) -> bool {
    rows.len() == old && rows.iter().all(|row| matches!(row, Row::Kept(_)))
}

/// Checks that no memory claims bytes behind the end of a file: appended bytes would be taken for them.
pub(crate) fn check_whole(memory: &[Memory]) -> Result<(), WriteError> {
    let is_cut = |entry: &Memory| match &entry.stored {
        Stored::Own(content) => content.size() < entry.captured,
        Stored::Elsewhere(crate::model::FileOffset::Number(offset)) => entry.captured > 0 && *offset > 0,
        Stored::Elsewhere(crate::model::FileOffset::Memory { .. }) => false,
    };
    match memory.iter().position(is_cut) {
        Some(index) => Err(cut_off(About::Memory(index))),
        None => Ok(()),
    }
}

/// The error for a dump that cannot grow, since a part of it claims to be behind its end.
pub(crate) fn cut_off(about: About) -> WriteError {
    WriteError::new(WriteProblem::CutOff, about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_stay_keep_their_order_and_others_are_made() {
        use Row::{Kept, New};
        let of = |old: &[u8], new: &[u8]| rows(old, new, |one, other| one == other);
        assert_eq!(of(b"abc", b"abcd"), [Kept(0), Kept(1), Kept(2), New(3)]);
        assert_eq!(of(b"abc", b"ac"), [Kept(0), Kept(2)]);
        assert_eq!(of(b"abc", b"axc"), [Kept(0), New(1), Kept(2)]);
        assert_eq!(of(b"aab", b"ab"), [Kept(0), Kept(2)]);
        assert_eq!(of(b"", b"x"), [New(0)]);
        assert!(is_unchanged(&of(b"abc", b"abc"), 3) && !is_unchanged(&of(b"abc", b"ab"), 3));
    }
}
