//! Progress of a long call, and its cancellation.

use std::ops::ControlFlow;

/// Progress of a long call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all; 0 where the number is not known.
    pub total: u64,
}

impl Progress {
    /// `done` bytes of `total` are done.
    pub fn new(done: u64, total: u64) -> Progress {
        Progress { done, total }
    }
}

/// Function that a long call calls on its own thread, at most once a MiB; breaking off cancels the call.
pub type ProgressFn<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;
