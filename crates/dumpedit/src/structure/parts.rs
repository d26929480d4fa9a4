//! The parts of a dump as an edit changes them: which it adds and drops, and the model before and after.

use std::fmt;

use dumpedit_formats::model::Model;

use crate::edit::pending::Adopted;

/// The parts of an edit's dump, as they were and as they will be.
#[derive(Debug)]
pub(crate) struct Structure {
    pub(super) old: Model,
    pub(super) new: Model,
    /// The bytes of added memory: [`Content::Given`](dumpedit_formats::model::Content::Given) names them by their index.
    pub(super) given: Vec<Adopted>,
    pub(super) changes: Vec<PartChange>,
    /// Whether it stands in the edit's bytes.
    pub(super) settled: bool,
}

/// A part of a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DumpPart {
    /// Captured memory.
    Memory {
        /// Its first address.
        address: u64,
        /// How many bytes there are.
        size: u64,
    },
    /// A thread.
    Thread {
        /// Its id.
        tid: u64,
    },
    /// The name of a thread that had none.
    ThreadName {
        /// The id of the thread.
        tid: u64,
        /// The name.
        name: String,
    },
    /// A module.
    Module {
        /// Its load address.
        base: u64,
        /// Its size in memory, in bytes.
        size: u64,
        /// Its name.
        name: String,
    },
    /// What a dump says of a crash.
    Crash {
        /// The id of the thread.
        tid: u64,
        /// The exception's code, or the signal.
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

/// A part that an edit adds to a dump, or takes out of it.
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
    /// A dump as it is.
    pub(super) fn of(model: Model) -> Structure {
        Structure { old: model.clone(), new: model, given: Vec::new(), changes: Vec::new(), settled: false }
    }

    /// Whether it stands in the edit's bytes.
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
