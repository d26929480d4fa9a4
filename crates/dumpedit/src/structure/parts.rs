//! Parts of a dump that an edit adds and drops, and the model before and after.

use std::fmt;

use dumpedit_formats::model::{Model, Place};

use crate::edit::pending::Adopted;

/// The parts of an edit's dump, before and after.
#[derive(Debug)]
pub(crate) struct Structure {
    pub(super) old: Model,
    pub(super) new: Model,
    /// Bytes of added memory: the numbers of [`Content::Given`](dumpedit_formats::model::Content::Given) are indices of this list.
    pub(super) given: Vec<Adopted>,
    pub(super) changes: Vec<PartChange>,
    /// Places whose bytes the new model contains, each with the number of the edit's changes that it contains.
    pub(super) taken: Vec<(Place, usize)>,
    /// Whether the bytes of the edit contain it.
    pub(super) settled: bool,
}

/// A part of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DumpPart {
    /// Captured memory.
    Memory {
        /// First address.
        address: u64,
        /// Number of bytes.
        size: u64,
    },
    /// A thread.
    Thread {
        /// Id.
        tid: u64,
    },
    /// The new name of a thread without one.
    ThreadName {
        /// Id of the thread.
        tid: u64,
        /// The name.
        name: String,
    },
    /// A module.
    Module {
        /// Load address.
        base: u64,
        /// Size in memory, in bytes.
        size: u64,
        /// Its name.
        name: String,
    },
    /// A crash.
    Crash {
        /// Id of the thread.
        tid: u64,
        /// Code of the exception, or the signal.
        code: u32,
    },
}

impl fmt::Display for DumpPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DumpPart::Memory { address, size } => write!(f, "memory {address:#x}..+{size:#x}"),
            DumpPart::Thread { tid } => write!(f, "thread {tid}"),
            DumpPart::ThreadName { tid, name } => write!(f, "name {name} of thread {tid}"),
            DumpPart::Module { base, name, .. } => write!(f, "module {name} at {base:#x}"),
            DumpPart::Crash { tid, code } => write!(f, "crash of thread {tid} with code {code:#x}"),
        }
    }
}

/// A part that an edit adds to a dump, or drops from it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartChange {
    /// Whether it is added.
    pub added: bool,
    /// The part.
    pub part: DumpPart,
}

impl fmt::Display for PartChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.added { "added" } else { "dropped" }, self.part)
    }
}

impl Structure {
    /// A dump without changes.
    pub(super) fn of(model: Model) -> Structure {
        Structure {
            old: model.clone(),
            new: model,
            given: Vec::new(),
            changes: Vec::new(),
            taken: Vec::new(),
            settled: false,
        }
    }

    /// Whether the new model contains the byte at a file offset as the edit's change with an index left it.
    pub(super) fn holds_write(&self, change: usize, file_offset: u64) -> bool {
        let holds = |place: &Place| (place.file_offset..place.end()).contains(&file_offset);
        self.taken.iter().any(|(place, changes)| change < *changes && holds(place))
    }

    /// Whether the bytes of the edit contain it.
    pub(crate) fn is_settled(&self) -> bool {
        self.settled
    }

    pub(super) fn added(&mut self, part: DumpPart) {
        self.changes.push(PartChange { added: true, part });
    }

    pub(super) fn dropped(&mut self, part: DumpPart) {
        self.changes.push(PartChange { added: false, part });
    }
}
