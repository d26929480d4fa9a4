//! A named value of a dump: its places, and how it is compared.

use dumpedit_layout::{Access, Context, Layout, Place, Resolved};

use super::kind::FieldKind;
use crate::model::Pointer;

/// One of the places of a value, and how the value is stored there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldPlace {
    /// Where it is.
    pub place: Place,
    /// How it is stored.
    pub kind: FieldKind,
    /// How a value of another size gets room.
    pub room: Room,
}

impl FieldPlace {
    /// A place whose value keeps its size.
    pub(crate) fn fixed(place: Place, kind: FieldKind) -> FieldPlace {
        FieldPlace { place, kind, room: Room::Fixed }
    }

    /// The places of some bytes of memory, in every copy, where all of them are captured in one piece.
    pub(crate) fn in_memory(layout: &Layout, address: u64, size: u64, kind: FieldKind) -> Vec<FieldPlace> {
        let resolved = layout.resolve(Context::Process, address.into(), size, Access::Read);
        let Ok(Resolved { pieces, .. }) = resolved else { return Vec::new() };
        if pieces.iter().any(|piece| piece.size != size) {
            return Vec::new();
        }
        let stored = |file_offset| FieldPlace::fixed(Place { file_offset, size }, kind);
        pieces.iter().map(|piece| stored(piece.file_offset)).collect()
    }
}

/// How a value of another size gets room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Room {
    /// Not at all.
    #[default]
    Fixed,
    /// Behind the end of the file: a file offset leads there.
    Behind(Lead),
    /// In a copy of the table that it is a part of.
    InTable,
    /// It is none of its own: which thread it names follows from the order of the threads' notes, so that another one has these notes
    /// written anew in another order.
    InOrder,
}

/// A file offset in a dump, and what it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lead {
    /// Where it stands in the file, in bytes.
    pub at: u64,
    /// How it is written.
    pub pointer: Pointer,
    /// Where it leads; a value may begin behind that.
    pub to: u64,
}

impl Lead {
    pub(crate) fn new(at: u64, pointer: Pointer, to: u64) -> Lead {
        Lead { at, pointer, to }
    }
}

/// A named value of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Field {
    /// Its name: `crash.code`, `module[libc.so.6].name`.
    pub path: String,
    /// Where the file has it. Reads take the first; whoever sets it writes all of them.
    pub stored: Vec<FieldPlace>,
    pub(super) comparison: Comparison,
}

impl Field {
    /// A field of one place.
    pub fn alone(path: String, stored: FieldPlace) -> Field {
        Field { path, stored: vec![stored], comparison: Comparison::Never }
    }

    /// The place that reads take.
    pub fn first(&self) -> Option<FieldPlace> {
        self.stored.first().copied()
    }

    /// Whether two dumps of one process say the same there: places of the file and numbers of entries are compared by what
    /// they lead to.
    pub fn is_compared(&self) -> bool {
        self.comparison != Comparison::Never
    }

    /// Whether it belongs to bytes that are compared as such: of a note, or of a stream without file offsets.
    pub fn is_in_bytes(&self) -> bool {
        self.comparison == Comparison::Bytes
    }
}

/// A field, and the one of its places that a byte of the file is in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldAt {
    /// The field.
    pub field: Field,
    /// The place.
    pub stored: FieldPlace,
}

/// How two dumps are compared in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// By its value.
    Value,
    /// It belongs to a note or a stream whose bytes are compared.
    Bytes,
    /// Not at all: it is a place in the file, or a number of entries.
    Never,
}
