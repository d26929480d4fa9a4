//! Growth of a dump's file in place: bytes behind its end, and then the header, which refers to them.

use dumpedit_layout::{FileBytes, Span, joined, without};

use super::{About, Piece, WriteError, WriteProblem};
use crate::model::{Memory, Place, Stored};

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
    /// Bytes of the existing file, sorted and disjoint, that nothing refers to any more and no piece copies, and bytes of the header that
    /// change: a value that is written there is lost.
    pub lost: Vec<Span>,
}

/// Places of the existing file that a growth leaves.
#[derive(Debug, Default)]
pub(crate) struct Left {
    /// Places that parts and tables had before.
    pub(crate) gone: Vec<Place>,
    /// Places that parts still have.
    pub(crate) stays: Vec<Place>,
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
            lost: Vec::new(),
        }
    }

    /// Determines the bytes of the existing file `bytes` that are lost.
    pub(crate) fn losing(mut self, bytes: &[u8], left: Left) -> Growth {
        let spans = |places: Vec<Place>| places.into_iter().filter_map(span).collect::<Vec<Span>>();
        let copied = joined(self.pieces.iter().filter_map(|piece| span(piece.content.place()?)));
        let overwritten = joined(self.patches.iter().filter_map(|patch| self.overwritten(patch)));
        let kept = spans(left.stays).into_iter().chain(without(&copied, &overwritten));
        let header = self.header.file_offset;
        let old = usize::try_from(header).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
        let changes = (header..).zip(self.header.bytes.iter().zip(old)).filter(|(_, (new, old))| new != old);
        let changes = changes.map(|(at, _)| Span { first: at, last: at });
        self.lost = joined(without(&joined(spans(left.gone)), &joined(kept)).into_iter().chain(changes));
        self
    }

    /// The bytes of the existing file whose copies a patch overwrites.
    fn overwritten(&self, patch: &FileBytes) -> Option<Span> {
        let behind = self.pieces.partition_point(|piece| piece.file_offset <= patch.file_offset);
        let piece = self.pieces.get(behind.checked_sub(1)?)?;
        let place = piece.content.place()?;
        let skipped = patch.file_offset.checked_sub(piece.file_offset)?;
        let size = place.size.checked_sub(skipped)?.min(super::wide(patch.bytes.len()));
        Span::of(place.file_offset.checked_add(skipped)?, size)
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

fn span(place: Place) -> Option<Span> {
    Span::of(place.file_offset, place.size)
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
    fn bytes_that_no_part_has_any_more_are_lost_unless_a_piece_copies_them() {
        let place = |file_offset, size| Place { file_offset, size };
        let piece = |file_offset, from| super::super::Piece {
            file_offset,
            content: crate::model::Content::File(from),
        };
        let mut growth = Growth::none(100);
        growth.pieces = vec![piece(100, place(10, 10)), piece(120, place(30, 4))];
        // Overwrites the copies of bytes 12 and 13.
        growth.patches = vec![FileBytes { file_offset: 102, bytes: vec![0; 2] }];
        growth.header = FileBytes { file_offset: 4, bytes: vec![7, 0, 7] };
        let left = Left { gone: vec![place(8, 14), place(28, 12)], stays: vec![place(38, 20)] };
        let lost = growth.losing(&[0; 100], left).lost;
        let lost: Vec<(u64, u64)> = lost.iter().map(|span| (span.first, span.last)).collect();
        assert_eq!(lost, [(4, 4), (6, 6), (8, 9), (12, 13), (20, 21), (28, 29), (34, 37)]);
    }

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
