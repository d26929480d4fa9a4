//! The lines of a script that add and drop parts, and what they are about.

use std::collections::HashSet;

use dumpedit_layout::ThreadIndex;

use crate::diff::{OneSided, Side};
use crate::notation::Line;

/// The lines for the parts of a script.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// In front of all others.
    pub(super) drops: Vec<Line>,
    /// Behind all others.
    pub(super) adds: Vec<Line>,
    /// The first addresses of memory that they are about.
    pub(super) memory: HashSet<u64>,
    /// The threads that they are about.
    pub(super) threads: HashSet<(Side, ThreadIndex)>,
}

impl Parts {
    /// Whether no line adds or drops anything.
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
