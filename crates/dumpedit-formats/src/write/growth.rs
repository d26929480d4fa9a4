//! How a dump's file grows in place: bytes behind its end, and then the header, which leads to them.

use dumpedit_layout::FileBytes;

use super::{About, Piece, WriteError, WriteProblem};
use crate::model::{Memory, Stored};

/// What a dump's file gets so that it says what a changed model does. Nothing of the file moves, and of the bytes that it has
/// only the header changes, and file offsets that lead to values of another size.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Growth {
    /// The pieces behind the end of the file, none of which meets another. What lies in none is zero.
    pub pieces: Vec<Piece>,
    /// File offsets of the file that there is which lead behind its end now. Pieces that are copies of them are copies of these.
    pub repointed: Vec<FileBytes>,
    /// Values that go over the pieces.
    pub patches: Vec<FileBytes>,
    /// What changes of the header, once all else is there; no bytes where nothing does.
    pub header: FileBytes,
    /// The size of the file then, in bytes.
    pub size: u64,
    /// The [memory](crate::model::Model::memory) entries that are listed elsewhere than the model says, since that list cannot
    /// grow in place.
    pub elsewhere: Vec<usize>,
}

impl Growth {
    /// That of a file that says it already, and has so many bytes.
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

/// An entry of a table that is written anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// One that stays as it is, by its index in the old table.
    Kept(usize),
    /// One that is to be made, by its index in the new table.
    New(usize),
}

/// The entries of a new table, by what the old one has. What stays keeps its order.
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

/// Whether a new table has the entries of the old one, of which there are so many.
pub(crate) fn is_unchanged(rows: &[Row], old: usize) -> bool {
    rows.len() == old && rows.iter().all(|row| matches!(row, Row::Kept(_)))
}

/// Makes sure that no memory says that its bytes are behind the end of a file: what is appended would be taken for them.
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

/// The error of a dump that cannot grow, since a part of it is said to be behind its end.
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
