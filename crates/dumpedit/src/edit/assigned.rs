//! Places that the assignments of one operation set so far.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use dumpedit_layout::Piece;

use crate::error::Error;
use crate::field::value::FieldValue;

/// The assignments of an operation so far.
#[derive(Debug, Default)]
pub(crate) struct Assigned {
    /// Names, the present one last.
    names: Vec<String>,
    parts: Vec<AssignedPart>,
    /// Values of fields by path, each with the index of its name.
    fields: HashMap<String, (FieldValue, usize)>,
}

/// File bytes that an assignment set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AssignedPart {
    /// File offset of the first byte.
    pub(crate) start: u64,
    /// File offset behind the last byte.
    pub(crate) end: u64,
    /// Bits of each byte.
    pub(crate) mask: u8,
    /// Index of the name.
    by: usize,
}

impl Assigned {
    /// Begins the assignment to a name.
    pub(crate) fn begin(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    /// Adds the value of a field, unless another one was given.
    pub(crate) fn field(&mut self, path: &str, value: &FieldValue) -> Result<(), Error> {
        let by = self.present();
        match self.fields.entry(path.to_owned()) {
            Entry::Vacant(entry) => {
                entry.insert((value.clone(), by));
                Ok(())
            }
            Entry::Occupied(entry) if entry.get().0 == *value => Ok(()),
            Entry::Occupied(entry) => {
                let earlier = entry.get().1;
                Err(self.conflict(earlier))
            }
        }
    }

    /// Adds the pieces that the present assignment sets.
    pub(crate) fn add(&mut self, pieces: &[Piece]) {
        let by = self.present();
        let part = |piece: &Piece| {
            let end = piece.file_offset.saturating_add(piece.size);
            AssignedPart { start: piece.file_offset, end, mask: piece.mask, by }
        };
        self.parts.extend(pieces.iter().map(part));
    }

    /// The parts that share bytes with a piece.
    pub(crate) fn overlapping(&self, piece: &Piece) -> impl Iterator<Item = &AssignedPart> {
        let (start, end) = (piece.file_offset, piece.file_offset.saturating_add(piece.size));
        self.parts.iter().filter(move |part| part.start < end && start < part.end)
    }

    /// The error for the present assignment, which gives a part another value.
    pub(crate) fn conflict_with(&self, part: &AssignedPart) -> Error {
        self.conflict(part.by)
    }

    fn present(&self) -> usize {
        self.names.len().saturating_sub(1)
    }

    fn conflict(&self, earlier: usize) -> Error {
        let name = |index: usize| self.names.get(index).cloned().unwrap_or_default();
        Error::AssignedTwice { first: name(earlier), second: name(self.present()) }
    }
}
