//! Lines of a script that add and drop parts, and the parts.

use std::collections::HashSet;

use dumpedit_layout::ThreadIndex;

use crate::diff::{OneSided, Side};
use crate::notation::Line;

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
}

impl Parts {
    /// Whether there are no such lines.
    pub(super) fn is_empty(&self) -> bool {
        self.drops.is_empty() && self.adds.is_empty()
    }

    pub(super) fn says_memory(&self, one: &OneSided) -> bool {
        self.memory.contains(&one.first)
    }

    pub(super) fn says_thread(&self, side: Side, index: ThreadIndex) -> bool {
        self.threads.contains(&(side, index))
    }
}
