//! Why types could not be read.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why debug information could not be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TypeError {
    /// The system's.
    #[error("cannot read {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The file does not say what it must.
    #[error("the debug information in {} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, with section and offset where they are known.
        what: String,
    },
    /// The debug information refers to another file that is not here, or is another build's.
    #[error("the debug information in {} is incomplete: {what}", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// Which file is missing, and where it was looked for.
        what: String,
    },
    /// A name stands for several different things.
    #[error("the debug information in {} is ambiguous: {what}", path.display())]
    Ambiguous {
        /// The file.
        path: PathBuf,
        /// What there are several of.
        what: String,
    },
    /// The debug information uses what is not read here.
    #[error("the debug information in {} uses what is not supported: {what}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What.
        what: String,
    },
}
