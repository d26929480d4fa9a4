//! What is told of places that symbols were to be looked for in, and that are none for that.

use std::path::Path;

use dumpedit_layout::{Notice, NoticeKind};

use crate::file::SymbolFile;
use crate::options::SymbolOptions;
use crate::sources;

/// A notice of each place that cannot be looked into, and of each file that is no symbol file.
pub(crate) fn notices(options: &SymbolOptions) -> Vec<Notice> {
    let unusable = options.unusable().map(|(path, error)| notice(path, &error.to_string()));
    let files =
        options.folders.iter().filter(|path| path.is_file()).filter_map(|path| {
            match SymbolFile::open(path).and_then(|file| sources::recognizes(&file)) {
                Ok(true) => None,
                Ok(false) => Some(notice(path, "it is no symbol file of a kind that is read")),
                Err(error) => Some(notice(path, &error.to_string())),
            }
        });
    unusable.chain(files).collect()
}

fn notice(path: &Path, why: &str) -> Notice {
    let text = format!("symbols are not looked for in {}: {why}", path.display());
    Notice::new(NoticeKind::SymbolsPlaceUnusable, text)
}
