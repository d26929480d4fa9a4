//! The outcome of a command that did not fail, and its exit code.

use std::process::ExitCode;

/// Outcome of a command that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// Everything was done.
    All,
    /// A part was done.
    Part,
    /// Nothing was done, since the bytes to change do not exist.
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
