//! The folder of real dumps, which is not part of the project.

use std::path::PathBuf;

use super::tools::skip;

/// Real minidumps; none, said aloud, where the corpus is not here.
pub(crate) fn minidumps() -> Vec<PathBuf> {
    dumps("minidump")
}

/// Real cores, with those that hold scalable vectors, matrices and memory tags; none, said aloud, where the corpus is not
/// here.
pub(crate) fn cores() -> Vec<PathBuf> {
    [dumps("elf"), dumps("sve")].concat()
}

/// The dumps under one of the corpus's folders, sorted; none, said aloud, where the corpus is not here.
pub(crate) fn dumps(folder: &str) -> Vec<PathBuf> {
    let root = std::env::var_os("DUMPEDIT_DUMPS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/dumps")),
        PathBuf::from,
    );
    let folder = root.join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        skip(&format!("there are no real dumps in {} (DUMPEDIT_DUMPS names the corpus)", folder.display()));
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths
}

/// A program that makes dumps, beside the corpus; none, said aloud, where it is not here.
pub(crate) fn maker(name: &str) -> Option<PathBuf> {
    let maker = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/makers")).join(name);
    (maker.is_file() || skip(&format!("{} is not here", maker.display()))).then_some(maker)
}
