//! Input in the habits of other tools, and the line that is suggested instead: `mistakes/*.trycmd`.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::command::{NO_SYMBOLS, run};
use crate::testdata::folder;

/// Files of mistakes.
fn files() -> Vec<PathBuf> {
    let mistakes = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(mistakes).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 4, "{files:?}");
    files
}

/// Fills a folder with the dumps of the mistakes.
fn prepare(folder_of_dumps: &Path) {
    std::fs::create_dir_all(folder_of_dumps).unwrap();
    for dump in ["crash.dmp", "crash.core"] {
        std::fs::copy(folder().join(dump), folder_of_dumps.join(dump)).unwrap();
    }
    std::fs::create_dir(folder_of_dumps.join("fixture")).unwrap();
    std::fs::write(folder_of_dumps.join("slips.edits"), "wirte 0x220000 00\n").unwrap();
    std::fs::write(folder_of_dumps.join("rip.edits"), "set rip=0x401000\n").unwrap();
}

/// `TRYCMD=overwrite` writes the actual output to the files.
#[test]
#[cfg_attr(windows, ignore = "hints show commands as the shells of Unix take them")]
fn a_mistake_is_answered_with_what_to_type_instead() {
    let work = tempfile::tempdir().unwrap();
    let cases = trycmd::TestCases::new();
    cases.env(NO_SYMBOLS.0, NO_SYMBOLS.1);
    cases.register_bin("dumpedit", trycmd::cargo::cargo_bin!("dumpedit"));
    for file in files() {
        let copy = work.path().join(file.file_name().unwrap());
        std::fs::copy(&file, &copy).unwrap();
        prepare(&copy.with_extension("in"));
        cases.case(&copy);
    }
    cases.run();
    if std::env::var_os("TRYCMD").is_some_and(|mode| mode == "overwrite") {
        for file in files() {
            std::fs::copy(work.path().join(file.file_name().unwrap()), &file).unwrap();
        }
    }
}

/// The commands in a file's hints that are complete.
fn commands(text: &str) -> Vec<&str> {
    let hints = text.lines().filter_map(|line| line.strip_prefix("dumpedit: hint: "));
    let commands = hints.filter_map(|hint| hint.find("dumpedit ").and_then(|at| hint.get(at..)));
    commands.filter(|command| !command.contains('<')).collect()
}

#[test]
fn the_command_in_a_hint_works_as_it_stands() {
    let bin = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_dumpedit"), bin.path().join("dumpedit")).unwrap();
    let mut paths = vec![bin.path().to_owned()];
    paths.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    let paths = std::env::join_paths(paths).unwrap();
    let mut count = 0;
    for file in files() {
        let text = std::fs::read_to_string(file).unwrap();
        for command in commands(&text) {
            let work = tempfile::tempdir().unwrap();
            prepare(work.path());
            let mut shell = Command::new("sh");
            shell
                .current_dir(work.path())
                .env("PATH", &paths)
                .env(NO_SYMBOLS.0, NO_SYMBOLS.1)
                .args(["-c", command]);
            run(&mut shell, b"").exits(0);
            count += 1;
        }
    }
    assert!(count >= 50, "only {count} hints hold a command");
}
