//! Why a dump could not be opened.

use std::io;
use std::path::PathBuf;

use dumpedit_formats::FormatError;

use super::CommitError;
use crate::notation::PathText;
use crate::store::special::SpecialFile;

/// Why a dump could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file could not be opened or mapped.
    #[error("cannot open {}: {cause}", PathText(.path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The name leads to something that is not a regular file.
    #[error("cannot open {}: it is a {kind}, not a file", PathText(.path))]
    NotAFile {
        /// The name.
        path: PathBuf,
        /// What it is.
        kind: SpecialFile,
    },
    /// The file is not a dump that can be read.
    #[error("{}: {cause}", PathText(.path))]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: FormatError,
    },
    /// The bytes are not a dump that can be read.
    #[error(transparent)]
    Bytes(#[from] FormatError),
    /// The stream could not be read to its end.
    #[error("{cause}")]
    Stream {
        /// What its reader said.
        cause: io::Error,
    },
    /// The stream could not be kept in a temporary file.
    #[error("cannot keep it in a temporary file: {cause}")]
    Spool {
        /// What the system said.
        cause: io::Error,
    },
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
    /// The dump cannot be kept from others, or an edit of it that was interrupted cannot be brought to an end.
    #[error(transparent)]
    InPlace(#[from] CommitError),
}
