//! The folder of real dumps, which is not part of the project.

use std::path::PathBuf;

use super::tools::skip;

/// Real minidumps; none, with a message, where the corpus is missing.
pub(crate) fn minidumps() -> Vec<PathBuf> {
    dumps("minidump")
}

/// Real cores, including those with scalable vectors, matrices and memory tags; none, with a message, where the corpus is missing.
pub(crate) fn cores() -> Vec<PathBuf> {
    [dumps("elf"), dumps("sve")].concat()
}

/// Dumps in one of the corpus's folders, sorted; none, with a message, where the corpus is missing.
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

/// A program beside the corpus that makes dumps; none, with a message, where it is missing.
pub(crate) fn maker(name: &str) -> Option<PathBuf> {
    let maker = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/makers")).join(name);
    (maker.is_file() || skip(&format!("{} is not here", maker.display()))).then_some(maker)
}
