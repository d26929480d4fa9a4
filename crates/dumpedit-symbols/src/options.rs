//! The places where symbol files are looked for.

use std::io;
use std::path::{Path, PathBuf};

/// The places where symbol files are looked for, and whether files of other builds are accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SymbolOptions {
    /// The root of the process's file system, if it is not this one. Files are then looked for only there and in the
    /// folders.
    pub sysroot: Option<PathBuf>,
    /// Folders that are searched first: for files by name, for the layouts of build ids and of symbol stores, and for a
    /// file of any name that has the module's id, among the first 1000 files of each folder. An entry may also be a
    /// symbol file, which is used for the module that has its id.
    pub folders: Vec<PathBuf>,
    /// Whether a file of another build than the module is accepted.
    pub trust: bool,
}

impl SymbolOptions {
    /// Sets the root of the process's file system.
    #[must_use]
    pub fn sysroot(self, sysroot: Option<PathBuf>) -> Self {
        SymbolOptions { sysroot, ..self }
    }

    /// Adds a folder to search, or a symbol file.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folders.push(folder.into());
        self
    }

    /// The folders and files that cannot be used, each with the reason.
    pub fn unusable(&self) -> impl Iterator<Item = (&Path, io::Error)> {
        let unfit = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        let folders = self.folders.iter().map(move |path| {
            let usable = path.metadata().and_then(|metadata| match metadata.is_dir() || metadata.is_file() {
                true => Ok(()),
                false => unfit("it is neither a folder nor a regular file"),
            });
            (path.as_path(), usable)
        });
        let sysroot = self.sysroot.iter().map(move |path| {
            let usable = path.metadata().and_then(|metadata| match metadata.is_dir() {
                true => Ok(()),
                false => unfit("it is not a folder"),
            });
            (path.as_path(), usable)
        });
        folders.chain(sysroot).filter_map(|(path, usable)| Some((path, usable.err()?)))
    }

    /// Sets whether a file of another build than the module is accepted.
    #[must_use]
    pub fn trust(self, trust: bool) -> Self {
        SymbolOptions { trust, ..self }
    }
}
