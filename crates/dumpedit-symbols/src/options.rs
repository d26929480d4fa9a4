//! Where symbol files are looked for.

use std::io;
use std::path::{Path, PathBuf};

/// Where symbol files are looked for, and which are believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SymbolOptions {
    /// Where the root of the file system of the process is, if not here: files are then looked for there and in the folders
    /// only.
    pub sysroot: Option<PathBuf>,
    /// Folders that are looked into first: for files by their names, for the layouts of build ids and of symbol stores, and for a
    /// file of any name that has the module's id, among the first 1000 files of each. A file among them is of the module that has its id.
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

    /// The places among them that cannot be looked into, each with the reason.
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
                false => unfit("it is no folder"),
            });
            (path.as_path(), usable)
        });
        folders.chain(sysroot).filter_map(|(path, usable)| Some((path, usable.err()?)))
    }

    /// Whether a file is taken that is of another build than the module.
    #[must_use]
    pub fn trust(self, trust: bool) -> Self {
        SymbolOptions { trust, ..self }
    }
}
