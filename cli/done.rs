//! How far a command that did not fail got, and the exit code that says so.

use std::process::ExitCode;

/// How far a command that did not fail got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// Everything that was asked for.
    All,
    /// A part of it.
    Part,
    /// Nothing, since what was to be changed is not there.
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
