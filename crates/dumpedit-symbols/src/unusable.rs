//! Notices about folders and files that were given for symbols and cannot be used.

use std::path::Path;

use dumpedit_layout::{Notice, NoticeKind};

use crate::file::SymbolFile;
use crate::options::SymbolOptions;
use crate::sources;

/// A notice for each folder or file that cannot be read, and for each file that is not a symbol file.
pub(crate) fn notices(options: &SymbolOptions) -> Vec<Notice> {
    let unusable = options.unusable().map(|(path, error)| notice(path, &error.to_string()));
    let files =
        options.folders.iter().filter(|path| path.is_file()).filter_map(|path| {
            match SymbolFile::open(path).and_then(|file| sources::recognizes(&file)) {
                Ok(true) => None,
                Ok(false) => Some(notice(path, "it is not a supported symbol file")),
                Err(error) => Some(notice(path, &error.to_string())),
            }
        });
    unusable.chain(files).collect()
}

fn notice(path: &Path, why: &str) -> Notice {
    let text = format!("symbols are not searched for in {}: {why}", path.display());
    Notice::new(NoticeKind::SymbolsPlaceUnusable, text)
}
