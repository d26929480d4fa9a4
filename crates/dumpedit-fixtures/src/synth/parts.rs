//! Where the parts of a spec that hold registers stand in the tables of its dump.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use dumpedit::{Context, Dump, RecordKind};

/// A part of a spec that holds registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// The record of a thread.
    Thread(usize),
    /// The context of a crash.
    Crash(usize),
    /// A note of a thread.
    ThreadNote(usize, usize),
}

/// The places of parts: file offset and size in bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts(HashMap<Part, (u64, u64)>);

impl Parts {
    /// Notes a part's place; the first place of a part is the one that counts.
    pub(crate) fn place(&mut self, part: Part, file_offset: u64, size: u64) {
        if let Entry::Vacant(entry) = self.0.entry(part) {
            entry.insert((file_offset, size));
        }
    }

    /// File offset and size in bytes of a part.
    pub(crate) fn get(&self, part: Part) -> Option<(u64, u64)> {
        self.0.get(&part).copied()
    }

    /// The context in a dump made of these tables whose record stands where a part does.
    pub(crate) fn context(&self, dump: &Dump, part: Part, kind: RecordKind) -> Option<Context> {
        let (at, _) = self.get(part)?;
        let (index, _) = dump.layout().records_holding([(at, at)], usize::MAX).find(|(_, record)| {
            record.kind == kind && record.blocks.iter().any(|block| block.file_offset == at)
        })?;
        Some(Context::Thread(index, kind.choice()))
    }
}
