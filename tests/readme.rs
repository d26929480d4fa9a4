//! The commands in the README, in cli/README.md and in that of the formats, and the output shown for them, with Unix paths; and the picture
//! of a session.
#![cfg(unix)]

use std::path::{Path, PathBuf};

use crate::support::command::{NO_SYMBOLS, binary, run};
use crate::testdata::folder;

/// The pages, and the name of each in the folder of its commands.
const PAGES: [(&str, &str); 3] =
    [("README.md", "main"), ("cli/README.md", "command"), ("crates/dumpedit-formats/README.md", "formats")];

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Whether to write the actual output to the pages and the picture.
fn overwrites() -> bool {
    std::env::var_os("TRYCMD").is_some_and(|mode| mode == "overwrite")
}

/// Runs each page's console blocks in a folder with a copy of testdata/, since some of them edit. `TRYCMD=overwrite` writes the actual
/// output to the pages.
#[test]
fn the_readme_shows_what_the_commands_print() {
    let work = tempfile::tempdir().unwrap();
    let cases = trycmd::TestCases::new();
    cases.env(NO_SYMBOLS.0, NO_SYMBOLS.1);
    cases.register_bin("dumpedit", trycmd::cargo::cargo_bin!("dumpedit"));
    let copy = |name: &str| work.path().join(name).with_extension("md");
    for (path, name) in PAGES {
        let text = std::fs::read_to_string(page(path)).unwrap();
        assert!(text.contains("```console\n$ dumpedit "), "{path} shows no command");
        let dumps = copy(name).with_extension("in").join("testdata");
        std::fs::create_dir_all(&dumps).unwrap();
        std::fs::write(copy(name), text).unwrap();
        for entry in std::fs::read_dir(folder()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), dumps.join(entry.file_name())).unwrap();
        }
        cases.case(copy(name));
    }
    cases.run();
    if overwrites() {
        for (path, name) in PAGES {
            std::fs::copy(copy(name), page(path)).unwrap();
        }
    }
}

#[test]
fn the_script_that_is_shown_is_the_one_in_testdata() {
    let script = std::fs::read_to_string(folder().join("crash.edits")).unwrap();
    let text = std::fs::read_to_string(page("cli/README.md")).unwrap();
    assert!(text.contains(&format!("```text\n{script}```\n")));
}

/// Commands in the picture.
const SESSION: [&[&str]; 6] = [
    &["threads", "crash.dmp"],
    &["read", "crash.dmp", "@rsp..+48", "--as", "ptr"],
    &["write", "crash.dmp", "@rsp", "48 8b 05", "ptr:@rip", "-o", "patched.dmp"],
    &["diff", "crash.dmp", "patched.dmp"],
    &["set", "crash.dmp", "rip=0x401000", "--thread", "4712"],
    &["undo", "crash.dmp"],
];

/// `TRYCMD=overwrite` writes testdata/session.svg.
#[test]
fn the_picture_shows_what_the_commands_print() {
    let work = tempfile::tempdir().unwrap();
    std::fs::copy(folder().join("crash.dmp"), work.path().join("crash.dmp")).unwrap();
    let mut session = String::new();
    for words in SESSION {
        let mut command = binary();
        command.current_dir(work.path()).args(words).args(["--color", "always"]);
        let run = run(&mut command, b"");
        let quoted =
            |word: &&str| if word.contains(' ') { format!("\"{word}\"") } else { (*word).to_owned() };
        let line = words.iter().map(quoted).collect::<Vec<_>>().join(" ");
        session.push_str(&format!(
            "\x1b[1m$ dumpedit {line}\x1b[0m\n{}\n",
            run.stderr + &String::from_utf8(run.stdout).unwrap()
        ));
    }
    let picture = anstyle_svg::Term::new().min_width_px(720).render_svg(session.trim_end()) + "\n";
    let path = folder().join("session.svg");
    if overwrites() {
        std::fs::write(&path, &picture).unwrap();
    }
    let shown = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(shown == picture, "testdata/session.svg is stale: TRYCMD=overwrite makes it again");
}
