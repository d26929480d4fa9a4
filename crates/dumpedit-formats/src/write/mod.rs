//! Writes models as files: plans the place of every byte of a dump.

mod blob;
mod error;
mod growth;
mod memory;
mod repair;
mod resized;
mod sheet;
mod starts;
mod table_end;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use dumpedit_layout::FileBytes;

use crate::model::{Content, Place};

pub(crate) use blob::{pointer_fields, rva};
pub(crate) use error::fits;
pub use error::{About, WriteError, WriteProblem};
pub use growth::Growth;
pub(crate) use growth::{Left, Row, check_whole, cut_off, is_unchanged, rows};
pub(crate) use memory::MemoryPlaces;
pub(crate) use repair::Repairs;
pub use repair::{Contradictions, Repair};
pub use resized::Resized;
pub(crate) use sheet::{Sheet, wide};
pub(crate) use starts::Starts;
pub(crate) use table_end::{Claim, DescribingTable, Meeting};

/// A planned dump: the bytes of its file, and their places.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// Pieces, disjoint. Gaps between them are zero.
    pub pieces: Vec<Piece>,
    /// Values that overwrite the pieces.
    pub patches: Vec<FileBytes>,
    /// The size of the file, in bytes.
    pub size: u64,
    /// Size of its tables, in bytes; memory follows them.
    pub tables: u64,
    /// Places of the stored bytes of each [memory](crate::model::Model::memory) entry; of size 0 where none are stored.
    pub memory: Vec<Place>,
    /// Places of the records of registers.
    pub parts: Parts,
}

/// Bytes of a planned file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Piece {
    /// File offset, in bytes.
    pub file_offset: u64,
    /// The bytes.
    pub content: Content,
}

/// A part of a model that holds registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The record of a thread, or all of its states, by the thread's index.
    Thread(usize),
    /// The record of a crash, by the crash's index.
    Crash(usize),
    /// A note or a state of a thread, by the thread's and its own index.
    Note(usize, usize),
}

/// Places in a file of the parts of a model that hold registers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts(HashMap<Part, Place>);

impl Parts {
    /// Adds the place of a part, unless the part has one.
    pub(crate) fn add(&mut self, part: Part, file_offset: u64, size: u64) {
        if let Entry::Vacant(entry) = self.0.entry(part) {
            entry.insert(Place { file_offset, size });
        }
    }

    /// The place of a part.
    pub fn get(&self, part: Part) -> Option<Place> {
        self.0.get(&part).copied()
    }
}
