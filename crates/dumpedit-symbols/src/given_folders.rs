//! The symbol files in the folders that the user gives, found by identity and not by name.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::file::SymbolFile;
use crate::identity::Identity;
use crate::options::SymbolOptions;
use crate::sources::{self, Asked};
use crate::target::SymbolTarget;

/// The most files of a folder that are read, in the order of their names.
const MOST_FILES: usize = 1000;

/// The symbol files in the folders that the user gives. Subfolders are not searched.
#[derive(Debug, Default)]
pub(crate) struct GivenFolders {
    files: OnceLock<Vec<(PathBuf, Identity)>>,
}

impl GivenFolders {
    /// The files that have a module's id.
    pub(crate) fn of_id(&self, id: &str, target: &SymbolTarget, options: &SymbolOptions) -> Vec<PathBuf> {
        let files = self.files.get_or_init(|| {
            let folders = options.folders.iter().filter(|folder| folder.is_dir());
            let files = folders.flat_map(|folder| files_in(folder));
            files
                .filter_map(|path| Some((identity(&path, target)?, path)))
                .map(|(id, path)| (path, id))
                .collect()
        });
        files.iter().filter(|(_, identity)| identity.is(id)).map(|(path, _)| path.clone()).collect()
    }
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files.retain(|path| path.is_file());
    files.truncate(MOST_FILES);
    files
}

fn identity(path: &Path, target: &SymbolTarget) -> Option<Identity> {
    let file = Arc::new(SymbolFile::open(path).ok()?);
    sources::open(&file, Asked { target, id: None }).ok()??.identity()
}
