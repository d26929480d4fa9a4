//! Errors for types that cannot be read.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why debug information could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TypeError {
    /// The system cannot read the file.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// The debug information is damaged.
    #[error("the debug information in {} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the section and the offset if they are known.
        what: String,
    },
    /// The debug information refers to another file that is missing or of another build.
    #[error("the debug information in {} is incomplete: {what}", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// The file that is missing, and where it was looked for.
        what: String,
    },
    /// A name has several different meanings.
    #[error("the debug information in {} is ambiguous: {what}", path.display())]
    Ambiguous {
        /// The file.
        path: PathBuf,
        /// The things that have the name.
        what: String,
    },
    /// The debug information uses something that is not supported here.
    #[error("the debug information in {} uses what is not supported: {what}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it uses.
        what: String,
    },
}
