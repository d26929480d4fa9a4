//! The two dumps that are compared, and why one of them cannot be.

use crate::error::Error;

/// One of the two dumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The first, which a script would edit.
    A,
    /// The second, which it would become.
    B,
}

impl Side {
    /// Its letter.
    pub fn name(self) -> &'static str {
        match self {
            Side::A => "A",
            Side::B => "B",
        }
    }
}

/// Why two dumps could not be compared to the end.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", .side.name())]
#[non_exhaustive]
pub struct DiffError {
    /// The dump that could not be read.
    pub side: Side,
    /// What is wrong with it.
    pub cause: Error,
}

impl Side {
    pub(super) fn failed(self) -> impl Fn(Error) -> DiffError {
        move |cause| DiffError { side: self, cause }
    }
}
