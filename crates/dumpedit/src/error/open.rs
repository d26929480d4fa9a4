//! Errors of opening a dump.

use std::io;
use std::path::PathBuf;

use dumpedit_formats::FormatError;

use super::CommitError;
use crate::notation::PathText;
use crate::store::special::SpecialFile;

/// The reason why a dump could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file could not be opened or mapped.
    #[error("cannot open {}: {cause}", PathText(.path))]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// The path leads to something that is not a regular file.
    #[error("cannot open {}: it is a {kind}, not a file", PathText(.path))]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// Type of the file.
        kind: SpecialFile,
    },
    /// The file is not a dump that can be read.
    #[error("{}: {cause}", PathText(.path))]
    Format {
        /// Path of the file.
        path: PathBuf,
        /// Error of the format.
        cause: FormatError,
    },
    /// The bytes are not a dump that can be read.
    #[error(transparent)]
    Bytes(#[from] FormatError),
    /// The stream could not be read to its end.
    #[error("{cause}")]
    Stream {
        /// Error of its reader.
        cause: io::Error,
    },
    /// The stream could not be kept in a temporary file.
    #[error("cannot store it in a temporary file: {cause}")]
    Spool {
        /// The system's error.
        cause: io::Error,
    },
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
    /// The dump cannot be held, or an interrupted edit of it cannot be completed or undone.
    #[error(transparent)]
    InPlace(#[from] CommitError),
}
