//! What tells that somebody has written to a file.

use std::fs::File;
use std::io;
use std::time::SystemTime;

/// What changes when somebody writes to a file.
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
