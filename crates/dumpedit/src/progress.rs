//! How far a long call has got, and how it is broken off.

use std::ops::ControlFlow;

/// How far a long call has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all; 0 where that is not known.
    pub total: u64,
}

impl Progress {
    /// So many bytes of all are done.
    pub fn new(done: u64, total: u64) -> Progress {
        Progress { done, total }
    }
}

/// What a long call calls from its own thread, at most once a MiB; breaking off cancels it.
pub type ProgressFn<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;
