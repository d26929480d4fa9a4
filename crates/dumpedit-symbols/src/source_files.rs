//! Names of source files: whole paths, or their last parts.

use std::borrow::Cow;

/// Whether a name is the whole path of a source file, or its last parts.
pub(crate) fn is_of_file(path: &str, file: &str) -> bool {
    let (path, file) = (with_slashes(path), with_slashes(file));
    ends_with(&path, &file) || ends_with(&without_dots(&path), &without_dots(&file))
}

fn ends_with(path: &str, file: &str) -> bool {
    path.strip_suffix(file).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// In a Windows path, either of two signs separates folders.
fn with_slashes(path: &str) -> Cow<'_, str> {
    if path.contains('\\') { Cow::Owned(path.replace('\\', "/")) } else { Cow::Borrowed(path) }
}

/// A path without `.`, and without folders that a `..` after them leaves.
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            (".", _) => {}
            ("..", Some(&last)) if !matches!(last, "" | "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// The full path of a source file that was compiled in a folder.
pub(crate) fn within(folder: &str, file: String) -> String {
    let has_drive = matches!(file.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    // Compilers write names in angle brackets for what is not a file.
    if folder.is_empty() || file.is_empty() || has_drive || file.starts_with(['/', '\\', '<']) {
        return file;
    }
    let sign = if folder.contains('\\') { '\\' } else { '/' };
    format!("{}{sign}{file}", folder.trim_end_matches(sign))
}

/// The ways to name a source file: its name alone, then with more and more of its folders.
pub(crate) fn file_names(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.rmatch_indices(['/', '\\']).map(|(at, _)| at + 1).chain([0]);
    ends.filter_map(|at| path.get(at..)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_meant_by_its_whole_path_and_by_the_last_parts_of_it() {
        let unix = within("/build/out", "../src/./a.c".to_owned());
        for file in [
            "a.c",
            "./a.c",
            "../src/./a.c",
            "src/a.c",
            "build/src/a.c",
            "/build/src/a.c",
            "/build/out/../src/a.c",
        ] {
            assert!(is_of_file(&unix, file), "{file}");
        }
        for file in ["/a.c", "/src/a.c", "rc/a.c", "/build/out/src/a.c", "/build/out/a.c", "b.c"] {
            assert!(!is_of_file(&unix, file), "{file}");
        }
        let windows = within(r"C:\build", r"src\a.c".to_owned());
        for file in ["a.c", r"src\a.c", "src/a.c", r"C:\build\src\a.c", "C:/build/src/a.c", r"build\src\a.c"]
        {
            assert!(is_of_file(&windows, file), "{file}");
        }
        for file in [r"D:\build\src\a.c", r"\src\a.c", r"C:\src\a.c"] {
            assert!(!is_of_file(&windows, file), "{file}");
        }
        for whole in ["/s/a.c", r"D:\s\a.c", "<artificial>", ""] {
            assert_eq!(within("/build", whole.to_owned()), whole);
        }
        assert_eq!(within("/build/", "a.c".to_owned()), "/build/a.c");
        assert_eq!(within("", "a.c".to_owned()), "a.c");
    }
}
