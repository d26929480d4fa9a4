//! Paths that lead elsewhere: links, pipes, devices and folders in the place of a dump or an output.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use super::{core, names, subject, text, with};
use crate::support::command::{binary, dumpedit};
use crate::support::subject::assert_same_bytes;

#[test]
#[cfg(unix)]
fn an_output_that_is_a_link_stands_for_what_it_leads_to() {
    use std::os::unix::fs::symlink;
    let subject = subject();
    let (link, real) = (subject.folder().join("link"), subject.folder().join("real"));
    symlink("real", &link).unwrap();
    let arguments = ["0x1000", "cc", "-o", text(&link), "--overwrite"];
    subject.run("write", &arguments).is_error("commit");
    fs::write(&real, b"precious").unwrap();
    subject.run("write", &arguments[..4]).is_error("commit");
    assert_eq!(fs::read(&real).unwrap(), b"precious");
    subject.run("write", &arguments).is_full(1);
    assert_same_bytes(&fs::read(&real).unwrap(), &with(&[0xcc]));
    assert!(link.is_symlink() && !real.is_symlink());
    assert_eq!(names(subject.folder()), ["a.core", "link", "real"]);
}

#[test]
#[cfg(unix)]
fn an_output_that_is_no_file_is_refused() {
    let subject = subject();
    let pipe = subject.folder().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (out, kind) in [(text(&pipe), "pipe"), ("/dev/null", "device"), (text(subject.folder()), "folder")] {
        for overwrite in [&[][..], &["--overwrite"]] {
            let arguments = [&["0x1000", "cc", "-o", out], overwrite].concat();
            let message = subject.run("write", &arguments).is_error("commit");
            assert!(message.contains(kind), "{message}");
        }
    }
    subject.unchanged();
}

#[test]
#[cfg(unix)]
fn a_dump_that_is_no_file_is_refused_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (path, kind) in [(text(&pipe), "pipe"), ("/dev/zero", "device"), (text(folder.path()), "folder")] {
        for arguments in [vec!["info", path], vec!["write", path, "0x1000", "cc"]] {
            let run = dumpedit(&arguments).exits(2);
            let errors: Vec<&str> = run.stderr.lines().filter(|line| !line.contains("hint:")).collect();
            assert!(errors.len() == 1 && errors[0].contains(kind), "{run}");
        }
    }
}

#[test]
#[cfg(unix)]
fn links_to_a_dump_are_kept_and_lead_to_the_edited_one() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let subject = subject();
    let (soft, hard) = (subject.folder().join("soft"), subject.folder().join("hard"));
    symlink("a.core", &soft).unwrap();
    fs::hard_link(subject.path(), &hard).unwrap();
    let inode = fs::metadata(subject.path()).unwrap().ino();
    for (name, byte) in [(&soft, "aa"), (&hard, "bb")] {
        dumpedit(&["write", text(name), "0x1000", byte, "--json"]).is_full(1);
    }
    let (_, offset) = core();
    subject.changed_only(&[(offset as u64, &[0xbb])]);
    assert_eq!(fs::read_link(&soft).unwrap(), Path::new("a.core"));
    assert!([subject.path(), &hard].iter().all(|path| fs::metadata(path).unwrap().ino() == inode));
}

/// A dump on standard input has an identity as well.
#[test]
#[cfg(unix)]
fn a_dump_on_standard_input_is_never_its_own_output() {
    let subject = subject();
    let hard = subject.folder().join("hard");
    let soft = subject.folder().join("soft");
    fs::hard_link(subject.path(), &hard).unwrap();
    std::os::unix::fs::symlink("a.core", &soft).unwrap();
    let inputs =
        ["-", "/dev/stdin", "/dev/fd/0"].into_iter().filter(|name| *name == "-" || Path::new(name).exists());
    for input in inputs {
        for out in [subject.path(), &hard, &soft] {
            for words in [
                vec!["write", input, "0x1000", "cc", "--overwrite", "-o", text(out)],
                vec!["set", input, "rip=7", "--overwrite", "-o", text(out)],
                vec!["reduce", input, "--overwrite", "-o", text(out)],
                vec!["synth", input, "--overwrite", "-o", text(out)],
                vec!["write", input, "0x1000", "cc", "--overwrite", "-o", "-", "--receipt", text(out)],
            ] {
                let mut command = binary();
                command.args(&words).stdin(File::open(subject.path()).unwrap());
                let output = command.output().unwrap();
                assert_eq!(output.status.code(), Some(2), "{words:?}: {output:?}");
                subject.unchanged();
            }
        }
    }
}

/// `>>` leads a command's output into the dump that it reads.
#[test]
#[cfg(unix)]
fn nothing_is_printed_into_the_dump() {
    let subject = subject();
    let other = subject.folder().join("other");
    fs::copy(subject.path(), &other).unwrap();
    let dump = text(subject.path());
    for words in [
        vec!["info", dump],
        vec!["read", dump, "0x1000..+4", "--raw"],
        vec!["write", dump, "0x1000", "cc"],
        vec!["write", dump, "0x1000", "cc", "-o", "-"],
        vec!["write", "-", "0x1000", "cc", "-o", "-"],
        vec!["describe", dump],
        vec!["reduce", dump, "-o", "-"],
        vec!["find", dump, "00"],
        vec!["diff", "--script", text(&other), dump],
    ] {
        let append = || fs::OpenOptions::new().append(true).open(subject.path()).unwrap();
        let mut command = binary();
        command.args(&words).stdin(File::open(subject.path()).unwrap()).stdout(append());
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains("the dump itself"), "{words:?}: {output:?}");
        subject.unchanged();
    }
}

#[test]
#[cfg(unix)]
fn a_script_is_never_replaced_by_what_it_makes() {
    let subject = subject();
    let script = subject.folder().join("script");
    let link = subject.folder().join("link");
    std::os::unix::fs::symlink("script", &link).unwrap();
    fs::write(&script, "write 0x1000 cc\n").unwrap();
    for name in [text(&script), "-"] {
        for option in ["-o", "--receipt"] {
            let mut command = binary();
            command.args(["apply", text(subject.path()), name, "--overwrite", option, text(&link), "--json"]);
            let output = command.stdin(File::open(&script).unwrap()).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{output:?}");
            assert_eq!(fs::read(&script).unwrap(), b"write 0x1000 cc\n");
        }
    }
    subject.unchanged();
}
