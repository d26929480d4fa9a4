//! Where symbol files are looked for.

use std::path::PathBuf;

/// Where symbol files are looked for, and which are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SymbolOptions {
    /// Where the root of the file system of the process is, if not here: files are then looked for there and in the folders
    /// only.
    pub sysroot: Option<PathBuf>,
    /// Folders that are looked into first: for files by their names, and for the layouts of build ids and of symbol stores. A file
    /// among them is of the module that has its id.
    pub folders: Vec<PathBuf>,
    /// Whether a file is taken that is of another build than the module.
    pub trust: bool,
}

impl SymbolOptions {
    /// Where the root of the file system of the process is.
    #[must_use]
    pub fn sysroot(self, sysroot: Option<PathBuf>) -> Self {
        SymbolOptions { sysroot, ..self }
    }

    /// One more folder that is looked into, or a symbol file.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folders.push(folder.into());
        self
    }

    /// Whether a file is taken that is of another build than the module.
    #[must_use]
    pub fn trust(self, trust: bool) -> Self {
        SymbolOptions { trust, ..self }
    }
}
