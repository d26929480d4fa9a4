//! Names that lead elsewhere: links, pipes, devices and folders in the place of a dump or an output.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{core, names, subject, text, with};
use crate::support::command::dumpedit;
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
