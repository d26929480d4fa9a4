//! Lines of a script that add and drop parts, and the parts.

use std::collections::HashSet;

use dumpedit_layout::ThreadIndex;

use crate::diff::{OneSided, Side};
use crate::notation::{Addition, Line, Operation, Removal};
use crate::structure::lost::LostBytes;

const OF_MEMORY: &[&str] = &["mapping["];
const OF_MODULES: &[&str] = &["mapping[", "note.file", "note[NT_FILE"];
const OF_CRASHES: &[&str] = &["note.siginfo", "note[NT_SIGINFO"];

/// Lines for the parts of a script.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Lines in front of all others.
    pub(super) drops: Vec<Line>,
    /// Lines behind all others.
    pub(super) adds: Vec<Line>,
    /// First addresses of the memory in these lines.
    pub(super) memory: HashSet<u64>,
    /// Threads in these lines.
    pub(super) threads: HashSet<(Side, ThreadIndex)>,
    /// Bytes of A whose new values these lines lose.
    pub(super) lost: LostBytes,
}

impl Parts {
    /// Whether there are no such lines.
    pub(super) fn is_empty(&self) -> bool {
        self.drops.is_empty() && self.adds.is_empty()
    }

    /// Beginnings of the names of rows and notes that have others before them once these lines are done: they are not compared.
    pub(super) fn moved(&self) -> Vec<&'static str> {
        let of_line = |line: &Line| -> &'static [&'static str] {
            match &line.operation {
                Operation::Add(part) => match &**part {
                    Addition::Memory { .. } => OF_MEMORY,
                    Addition::Module { .. } => OF_MODULES,
                    Addition::Thread { .. } | Addition::Crash { .. } => OF_CRASHES,
                    Addition::Images { .. } => &[],
                },
                Operation::Drop(Removal::Memory(_)) => OF_MEMORY,
                Operation::Drop(Removal::Module(_)) => OF_MODULES,
                Operation::Drop(Removal::Thread(_) | Removal::Crash(_)) => OF_CRASHES,
                _ => &[],
            }
        };
        self.drops.iter().chain(&self.adds).flat_map(of_line).copied().collect()
    }

    /// Whether a line adds or drops a module.
    pub(super) fn has_modules(&self) -> bool {
        self.drops.iter().chain(&self.adds).any(|line| match &line.operation {
            Operation::Drop(part) => matches!(part, Removal::Module(_)),
            Operation::Add(part) => matches!(**part, Addition::Module { .. }),
            _ => false,
        })
    }

    pub(super) fn says_memory(&self, one: &OneSided) -> bool {
        self.memory.contains(&one.first)
    }

    pub(super) fn says_thread(&self, side: Side, index: ThreadIndex) -> bool {
        self.threads.contains(&(side, index))
    }
}
