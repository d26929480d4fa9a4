//! Outcome of a command that did not fail, and its exit code.

use std::process::ExitCode;

/// Outcome of a command that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// Everything that was asked for.
    All,
    /// A part of it.
    Part,
    /// Nothing, since the bytes to change are not there.
    Nothing,
}

impl From<Done> for ExitCode {
    fn from(done: Done) -> Self {
        match done {
            Done::All => ExitCode::SUCCESS,
            Done::Part | Done::Nothing => ExitCode::from(1),
        }
    }
}
