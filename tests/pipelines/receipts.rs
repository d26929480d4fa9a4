//! The receipt of an edit: its contents, and files that it never replaces.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{core, names, subject, text};
use crate::support::bytes::hex;
use crate::support::command::{Run, binary, run};
use crate::support::subject::{Subject, assert_same_bytes};

fn receipt_of(subject: &Subject, arguments: &[&str]) -> (Run, PathBuf) {
    let receipt = subject.folder().join("receipt.json");
    let run = subject.run("write", &[arguments, &["--receipt", text(&receipt)]].concat());
    (run, receipt)
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[test]
fn a_receipt_tells_what_an_edit_did() {
    let subject = subject();
    let (run, receipt) = receipt_of(&subject, &["0x1000", "cc dd", "--hash"]);
    run.is_full(2);
    let receipt: Value = serde_json::from_slice(&fs::read(receipt).unwrap()).unwrap();
    let keys: Vec<&String> = receipt.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["dumpedit", "input", "output", "requested", "completed", "stopped", "edits", "notices"]
    );
    assert_eq!(receipt["dumpedit"], env!("CARGO_PKG_VERSION"));
    for (dump, bytes) in [(&receipt["input"], subject.before()), (&receipt["output"], &subject.now())] {
        assert_eq!((&dump["name"], &dump["size"]), (&"a.core".into(), &bytes.len().into()));
        assert_eq!(dump["sha256"], sha256(bytes));
    }
    let (_, offset) = core();
    let edit = &receipt["edits"][0];
    assert_eq!((&edit["location"], &edit["file_offset"]), (&"0x1000".into(), &offset.into()));
    assert_eq!((&edit["old"], &edit["new"]), (&"0001".into(), &"ccdd".into()));
    assert!(!names(subject.folder()).iter().any(|name| name.starts_with(".dumpedit-")));
}

#[test]
fn a_receipt_names_an_output_and_hashes_what_is_in_it() {
    for name in ["out.core", "out.zst", "-"] {
        let subject = subject();
        let out = if name == "-" { PathBuf::from("-") } else { subject.folder().join(name) };
        let (run, receipt) = receipt_of(&subject, &["0x103f", "cccc", "--hash", "-o", text(&out)]);
        assert_eq!(run.code, 1, "{}", run.stderr);
        let receipt: Value = serde_json::from_slice(&fs::read(receipt).unwrap()).unwrap();
        let (mut expected, offset) = core();
        expected[offset + 63] = 0xcc;
        assert_eq!((&receipt["output"]["name"], &receipt["completed"]), (&name.into(), &1.into()));
        assert_eq!(receipt["output"]["sha256"], sha256(&expected));
        assert_eq!(receipt["input"]["sha256"], sha256(subject.before()));
        assert_eq!(receipt["output"].get("compressed").is_some(), name == "out.zst");
    }
}

#[test]
fn one_edit_gives_one_receipt() {
    let receipt = || {
        let (run, receipt) = receipt_of(&subject(), &["0x1000", "cc", "--dry-run"]);
        assert_eq!((run.code, receipt.exists()), (2, false), "a dry run has no receipt");
        let subject = subject();
        let (run, receipt) = receipt_of(&subject, &["0x1000", "cc", "--hash"]);
        run.is_full(1);
        fs::read(receipt).unwrap()
    };
    assert_same_bytes(&receipt(), &receipt());
}

#[test]
fn a_receipt_that_has_no_place_keeps_the_edit_from_happening() {
    let subject = subject();
    let receipt = subject.folder().join("receipt.json");
    fs::write(&receipt, b"precious").unwrap();
    receipt_of(&subject, &["0x1000", "cc"]).0.is_error("commit");
    assert_eq!(fs::read(&receipt).unwrap(), b"precious");
    let write = |receipt: &str, more: &[&str]| {
        subject.run("write", &[&["0x1000", "cc", "--receipt", receipt], more].concat())
    };
    write(text(&subject.folder().join("nowhere/receipt.json")), &[]).is_error("commit");
    write(text(subject.path()), &["--overwrite"]).is_error("usage");
    write("-", &[]).is_error("usage");
    subject.unchanged();
    receipt_of(&subject, &["0x1000", "cc", "--overwrite"]).0.is_full(1);
    assert!(fs::read(&receipt).unwrap().starts_with(b"{"));
}

#[test]
#[cfg(unix)]
fn a_receipt_never_replaces_the_dump_the_output_or_the_journal_whatever_names_lead_there() {
    use std::os::unix::fs::symlink;
    let subject = subject();
    let name = |name: &str| subject.folder().join(name);
    fs::create_dir(name("folder")).unwrap();
    fs::write(name("y.core"), b"precious").unwrap();
    fs::hard_link(subject.path(), name("hard")).unwrap();
    symlink("y.core", name("y.link")).unwrap();
    symlink("a.core", name("a.link")).unwrap();
    let write = |dump: &str, arguments: &[&str]| {
        let mut command = binary();
        command.current_dir(subject.folder()).args(["write", dump, "0x1000", "cc", "--json", "--overwrite"]);
        run(command.args(arguments), b"")
    };
    for receipt in ["y.core", "./y.core", "folder/../y.core", text(&name("y.core")), "y.link"] {
        let message = write("a.core", &["-o", "y.core", "--receipt", receipt]).is_error("usage");
        assert!(message.contains("OUT"), "{message}");
    }
    write("a.core", &["-o", "new", "--receipt", "folder/../new"]).is_error("usage");
    for dump in ["a.core", "a.link"] {
        for receipt in ["a.core", "folder/../a.core", "a.link"] {
            write(dump, &["-o", "y.core", "--receipt", receipt]).is_error("usage");
            write(dump, &["--receipt", receipt]).is_error("usage");
        }
        write(dump, &["--receipt", "hard"]).is_error("commit");
        for option in ["-o", "--receipt"] {
            let message = write(dump, &[option, "folder/../a.core.dumpedit"]).is_error("usage");
            assert!(message.contains("journal"), "{message}");
        }
    }
    if cfg!(target_os = "linux") {
        let mut command = binary();
        command.args(["write", "-", "0x1000", "cc", "-o", text(&name("new")), "--overwrite", "--receipt"]);
        command.arg(subject.path()).stdin(File::open(subject.path()).unwrap());
        assert_eq!(command.stderr(Stdio::null()).status().unwrap().code(), Some(2));
    }
    assert_eq!(fs::read(name("y.core")).unwrap(), b"precious");
    assert_eq!(names(subject.folder()), ["a.core", "a.link", "folder", "hard", "y.core", "y.link"]);
    subject.unchanged();
}

#[test]
fn an_edit_that_fails_has_no_receipt() {
    let subject = subject();
    let (run, receipt) = receipt_of(&subject, &["0x9000", "cc"]);
    run.is_error("unmapped");
    assert!(!receipt.exists());
    let exists = subject.folder().join("exists");
    fs::write(&exists, b"").unwrap();
    let (run, receipt) = receipt_of(&subject, &["0x1000", "cc", "-o", text(&exists)]);
    run.is_error("commit");
    assert!(!receipt.exists());
    assert_eq!(names(subject.folder()), ["a.core", "exists"]);
}
