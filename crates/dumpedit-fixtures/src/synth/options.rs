//! Options of a synthesis.

use std::path::PathBuf;

/// Options of a synthesis.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SynthOptions {
    /// Folder that paths of side files are relative to; without one no file is read.
    pub folder: Option<PathBuf>,
    /// Whether files outside that folder may be read.
    pub allow_outside: bool,
    /// Most bytes of the dump.
    pub max_size: u64,
}

impl Default for SynthOptions {
    fn default() -> Self {
        SynthOptions { folder: None, allow_outside: false, max_size: 4 << 30 }
    }
}

impl SynthOptions {
    /// Sets the folder that paths of side files are relative to.
    #[must_use]
    pub fn folder(self, folder: impl Into<PathBuf>) -> Self {
        SynthOptions { folder: Some(folder.into()), ..self }
    }

    /// Sets whether files outside that folder may be read.
    #[must_use]
    pub fn allow_outside(self, allow_outside: bool) -> Self {
        SynthOptions { allow_outside, ..self }
    }

    /// Sets the most bytes of the dump.
    #[must_use]
    pub fn max_size(self, max_size: u64) -> Self {
        SynthOptions { max_size, ..self }
    }
}
