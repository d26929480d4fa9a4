//! The commands in the README, and the output that it shows for them, with paths as Unix has them.
#![cfg(unix)]

use std::path::Path;

use crate::testdata::folder;

/// Runs the README's console blocks in a folder that has a copy of testdata/, since some of them edit.
/// With `TRYCMD=overwrite` the README gets the output that came.
#[test]
fn the_readme_shows_what_the_commands_print() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&readme).unwrap();
    assert!(text.contains("```console\n$ dumpedit "), "the README shows no command");

    let script = std::fs::read_to_string(folder().join("crash.edits")).unwrap();
    assert!(text.contains(&format!("```text\n{script}```\n")), "the README shows another script");

    let work = tempfile::tempdir().unwrap();
    let (copy, dumps) = (work.path().join("README.md"), work.path().join("README.in/testdata"));
    std::fs::create_dir_all(&dumps).unwrap();
    std::fs::write(&copy, text).unwrap();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), dumps.join(entry.file_name())).unwrap();
    }
    let cases = trycmd::TestCases::new();
    cases.register_bin("dumpedit", trycmd::cargo::cargo_bin!("dumpedit")).case(&copy).run();
    if std::env::var_os("TRYCMD").is_some_and(|mode| mode == "overwrite") {
        std::fs::copy(&copy, &readme).unwrap();
    }
}
