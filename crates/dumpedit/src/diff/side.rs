//! The two sides of a comparison, and its error.

use crate::error::Error;

/// One of the two dumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The first, which a script edits.
    A,
    /// The second, which the script produces.
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

/// The reason why two dumps could not be compared completely.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", .side.name())]
#[non_exhaustive]
pub struct DiffError {
    /// The dump that could not be read.
    pub side: Side,
    /// Error of reading it.
    pub cause: Error,
}

impl Side {
    pub(super) fn failed(self) -> impl Fn(Error) -> DiffError {
        move |cause| DiffError { side: self, cause }
    }
}
