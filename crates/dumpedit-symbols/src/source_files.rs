//! Names of source files: the last parts of a path, as many as are written.

/// Whether the path of a source file is meant by the last parts of it.
pub(crate) fn is_of_file(path: &str, file: &str) -> bool {
    let before = path.strip_suffix(file);
    before.is_some_and(|before| before.is_empty() || before.ends_with(['/', '\\']))
}

/// The ways to name a source file: its name alone, and with more and more of its folders.
pub(crate) fn file_names(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.rmatch_indices(['/', '\\']).map(|(at, _)| at + 1).chain([0]);
    ends.filter_map(|at| path.get(at..)).filter(|name| !name.is_empty())
}
