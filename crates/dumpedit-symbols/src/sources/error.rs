//! Errors for symbol files that cannot be read.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a symbol file could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The system cannot read the file.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// The file does not have the form of its kind.
    #[error("{} is a damaged {kind}: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The kind of file: `PE file`, `PDB`, …
        kind: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Files of this kind are not supported.
    #[error("{} {problem}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What the file is or has, as the rest of a sentence.
        problem: String,
    },
}

/// A file and its kind, for the errors about it.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) path: &'a Path,
    pub(crate) kind: &'static str,
}

impl Subject<'_> {
    pub(crate) fn damaged(self, problem: impl fmt::Display) -> SourceError {
        SourceError::Damaged { path: self.path.to_owned(), kind: self.kind, problem: problem.to_string() }
    }

    pub(crate) fn unsupported(self, problem: impl fmt::Display) -> SourceError {
        SourceError::Unsupported { path: self.path.to_owned(), problem: problem.to_string() }
    }

    /// An error of reading the file. A file that ends too early is damaged.
    pub(crate) fn read(self, source: io::Error) -> SourceError {
        match source.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged("it is cut off"),
            _ => SourceError::Read { path: self.path.to_owned(), cause: source },
        }
    }
}

/// Why a file could not be read, without its path.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Damaged {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It does not have the form of its kind.
    #[error("{0}")]
    Format(String),
    /// It has more than is read.
    #[error("it has too many {0}")]
    TooMany(&'static str),
}

impl From<SourceError> for Damaged {
    /// Drops the path, since the message about a refused file has it.
    fn from(error: SourceError) -> Damaged {
        match error {
            SourceError::Read { cause, .. } => Damaged::Io(cause),
            SourceError::Damaged { kind, problem, .. } => {
                Damaged::Format(format!("it is a damaged {kind}: {problem}"))
            }
            SourceError::Unsupported { problem, .. } => Damaged::Format(format!("it {problem}")),
        }
    }
}

impl From<object::Error> for Damaged {
    fn from(error: object::Error) -> Damaged {
        let text = error.to_string();
        let mut letters = text.chars();
        let first = letters.next().map(|first| first.to_ascii_lowercase());
        Damaged::Format(first.into_iter().chain(letters).collect())
    }
}
