//! Stamps by which writes to a file are detected.

use std::fs::File;
use std::io;
use std::time::SystemTime;

/// Metadata that every write to a file changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(crate) fn of(file: &File) -> io::Result<Stamp> {
        let metadata = file.metadata()?;
        Ok(Stamp { size: metadata.len(), modified: metadata.modified().ok() })
    }
}
