//! What a synthesis may do.

use std::path::PathBuf;

/// What a synthesis may do.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SynthOptions {
    /// The folder that the names of side files count from; without one no file is read.
    pub folder: Option<PathBuf>,
    /// Whether files outside that folder may be read.
    pub allow_outside: bool,
    /// The most bytes that the dump may have.
    pub max_size: u64,
}

impl Default for SynthOptions {
    fn default() -> Self {
        SynthOptions { folder: None, allow_outside: false, max_size: 4 << 30 }
    }
}

impl SynthOptions {
    /// The folder that the names of side files count from.
    #[must_use]
    pub fn folder(self, folder: impl Into<PathBuf>) -> Self {
        SynthOptions { folder: Some(folder.into()), ..self }
    }

    /// Whether files outside that folder may be read.
    #[must_use]
    pub fn allow_outside(self, allow_outside: bool) -> Self {
        SynthOptions { allow_outside, ..self }
    }

    /// The most bytes that the dump may have.
    #[must_use]
    pub fn max_size(self, max_size: u64) -> Self {
        SynthOptions { max_size, ..self }
    }
}
