//! Models as files: where every byte of a dump in the making goes.

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
pub use error::{About, WriteError, WriteProblem};
pub use growth::Growth;
pub(crate) use growth::{Row, check_whole, cut_off, is_unchanged, rows};
pub(crate) use memory::MemoryPlaces;
pub(crate) use repair::Repairs;
pub use repair::{Contradictions, Repair};
pub use resized::Resized;
pub(crate) use sheet::{Sheet, wide};
pub(crate) use starts::Starts;
pub(crate) use table_end::{Claim, DescribingTable, Meeting};

/// A dump in the making: which bytes go where in its file.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// The pieces, none of which meets another. What lies in none is zero.
    pub pieces: Vec<Piece>,
    /// Values that go over the pieces.
    pub patches: Vec<FileBytes>,
    /// The size of the file, in bytes.
    pub size: u64,
    /// How many bytes its tables have; memory stands behind them.
    pub tables: u64,
    /// Where the bytes of each [memory](crate::model::Model::memory) entry are stored; of size 0 where none are.
    pub memory: Vec<Place>,
    /// Where the records of registers are.
    pub parts: Parts,
}

/// Bytes of a file in the making.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Piece {
    /// Where they go, in bytes.
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

/// Where the parts of a model that hold registers are in a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts(HashMap<Part, Place>);

impl Parts {
    /// Adds a part's place; the first place of a part counts.
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
