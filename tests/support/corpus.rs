//! The folder of real dumps, which is not part of the project.

use std::path::PathBuf;

/// The dumps under one of the corpus's folders, sorted; none, with a printed line, where the corpus is not here.
pub(crate) fn dumps(folder: &str) -> Vec<PathBuf> {
    let root = std::env::var_os("DUMPEDIT_DUMPS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/dumps")),
        PathBuf::from,
    );
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else {
        eprintln!("skipped: no real dumps in {} (DUMPEDIT_DUMPS names the folder)", root.display());
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", root.join(folder).display());
    paths
}

/// The cores of the corpus, those with SVE, SME and memory tags among them.
pub(crate) fn cores() -> Vec<PathBuf> {
    [dumps("elf"), dumps("sve")].concat()
}
