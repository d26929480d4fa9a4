//! A named value of a dump: its places, and how it is compared.

use dumpedit_layout::{Access, Context, Layout, Place, Resolved};

use super::kind::FieldKind;
use crate::model::Pointer;

/// A place of a value, and its encoding there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldPlace {
    /// Place in the file.
    pub place: Place,
    /// Encoding.
    pub kind: FieldKind,
    /// Room for a value of another size.
    pub room: Room,
}

impl FieldPlace {
    /// A place whose value keeps its size.
    pub(crate) fn fixed(place: Place, kind: FieldKind) -> FieldPlace {
        FieldPlace { place, kind, room: Room::Fixed }
    }

    /// The places of some bytes of memory, in every copy, where one capture holds all of them.
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

/// Room for a value of another size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Room {
    /// Nowhere.
    #[default]
    Fixed,
    /// Behind the end of the file, with a file offset that leads there.
    Behind(Lead),
    /// In a copy of the table that it is a part of.
    InTable,
    /// In no place of its own: the order of the threads' notes says which thread it names, so that for another thread the notes are
    /// rewritten in another order.
    InOrder,
}

impl Room {
    /// Whether a value that has this room takes the value of a field with another name along: the signal of the thread that crashed goes
    /// to the one that is named instead.
    pub fn moves(self, path: &str) -> bool {
        let is_signal = path == "crash.code" || path.starts_with("thread[") && path.ends_with("].signal");
        self == Room::InOrder && is_signal
    }
}

/// A stored file offset, and its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lead {
    /// File offset of the stored offset, in bytes.
    pub at: u64,
    /// Encoding of the offset.
    pub pointer: Pointer,
    /// Target, a file offset in bytes; a value may begin behind it.
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
    /// Name: `crash.code`, `module[libc.so.6].name`.
    pub path: String,
    /// Its places. Reads take the first; writes set all of them.
    pub stored: Vec<FieldPlace>,
    pub(super) comparison: Comparison,
}

impl Field {
    /// A field of one place.
    pub fn alone(path: String, stored: FieldPlace) -> Field {
        Field { path, stored: vec![stored], comparison: Comparison::Never }
    }

    /// The place for reads.
    pub fn first(&self) -> Option<FieldPlace> {
        self.stored.first().copied()
    }

    /// Whether the field is compared between two dumps of one process: file offsets and numbers of entries are compared by what they lead
    /// to.
    pub fn is_compared(&self) -> bool {
        self.comparison != Comparison::Never
    }

    /// Whether it belongs to bytes that are compared as a whole: of a note, or of a stream without file offsets.
    pub fn is_in_bytes(&self) -> bool {
        self.comparison == Comparison::Bytes
    }
}

/// A field, and its place that holds a byte of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldAt {
    /// The field.
    pub field: Field,
    /// The place.
    pub stored: FieldPlace,
}

/// Way in which a field of two dumps is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// By value.
    Value,
    /// With the bytes of the note or the stream that it belongs to.
    Bytes,
    /// Not at all: it is a file offset, or a number of entries.
    Never,
}
