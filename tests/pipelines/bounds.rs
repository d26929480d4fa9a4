//! Inputs that are longer than there is room for: memory stays bounded, and no more is read than is needed.

use std::fs::{File, OpenOptions};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{core, subject, text};
use crate::support::tools::skip;

#[test]
#[cfg(target_os = "linux")]
fn a_value_that_outruns_its_room_is_counted_and_not_held() {
    const LEN: u64 = 1 << 28;
    let subject = subject();
    let line = format!("ulimit -d 65536; exec {} \"$@\"", env!("CARGO_BIN_EXE_dumpedit"));
    let mut zeros = Command::new("head")
        .args(["-c", &LEN.to_string(), "/dev/zero"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = Command::new("sh")
        .args(["-c", &line, "sh", "write", text(subject.path()), "0x1030", "cccc", "-", "--json"])
        .stdin(zeros.stdout.take().unwrap())
        .output()
        .unwrap();
    zeros.wait().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!((&json["requested"], &json["completed"]), (&(LEN + 2).into(), &16.into()));
    assert_eq!(json["stopped"]["at"], "0x1040");
    let (_, offset) = core();
    subject.changed_only(&[(offset as u64 + 0x30, &[&[0xcc; 2][..], &[0; 14]].concat())]);
}

#[test]
fn a_file_that_outruns_its_room_is_not_even_read() {
    let subject = subject();
    let long = subject.folder().join("long");
    if File::create(&long).unwrap().set_len(1 << 40).is_err() {
        skip("this file system holds no file of 1 TiB");
        return;
    }
    let value = format!("file:{}", text(&long));
    subject.run("write", &["0x1030", &value]).is_partial(1 << 40, 16, "0x1040", "unmapped");
    subject.run("write", &["0x1030", &value, "--all-or-nothing"]).is_error("not-captured");
    subject.run("write", &["0x9000", &value]).is_error("not-captured");
    subject.run("write", &["0x1030", &value, "--expect", &value]).is_partial(
        1 << 40,
        16,
        "0x1040",
        "unmapped",
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_dump_on_standard_input_is_not_held_in_memory() {
    let subject = subject();
    let file = OpenOptions::new().write(true).open(subject.path()).unwrap();
    file.set_len(128 << 20).unwrap();
    let line = format!("ulimit -d 65536; exec {} read - 0x1000..+4 --raw", env!("CARGO_BIN_EXE_dumpedit"));
    let mut dump = Command::new("cat").arg(subject.path()).stdout(Stdio::piped()).spawn().unwrap();
    let output = Command::new("sh").args(["-c", &line]).stdin(dump.stdout.take().unwrap()).output().unwrap();
    assert!(dump.wait().unwrap().success());
    assert_eq!(output.stdout, [0, 1, 2, 3], "{}", String::from_utf8_lossy(&output.stderr));
}
