//! Standard input and standard output: reads, writes, and early ends.

use std::fs::{self, OpenOptions};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{core, piped_through, subject, text, with};
use crate::support::command::{binary, run};
use crate::support::subject::assert_same_bytes;
use crate::support::tools::have;

#[test]
fn a_dump_on_standard_input_is_read_as_a_file_is() {
    let subject = subject();
    for arguments in
        [vec!["info"], vec!["threads"], vec!["regs"], vec!["regions"], vec!["read", "0x1000..+8"]]
    {
        let (verb, rest) = arguments.split_first().unwrap();
        let from_file = subject.run(verb, rest).exits(0).json();
        let piped = run(binary().args([verb, "-"]).args(rest).arg("--json"), subject.before());
        assert_eq!(piped.exits(0).json(), from_file);
    }
}

#[test]
fn what_is_no_dump_on_standard_input_is_named_so() {
    for bytes in [b"".as_slice(), b"hello, world"] {
        let message = run(binary().args(["info", "-", "--json"]), bytes).is_error("format");
        assert!(message.contains("standard input"), "{message}");
    }
}

#[test]
fn a_dump_goes_through_a_pipeline_and_is_edited_on_the_way() {
    if !have("zstd") {
        return;
    }
    let subject = subject();
    let packed = subject.folder().join("a.core.zst");
    fs::write(&packed, piped_through("zstd", &["-c"], subject.before())).unwrap();
    let mut unpack = Command::new("zstd").arg("-dc").arg(&packed).stdout(Stdio::piped()).spawn().unwrap();
    let mut edit = binary()
        .args(["write", "-", "@rsp", "cc", "-o", "-"])
        .stdin(unpack.stdout.take().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pack = Command::new("zstd")
        .stdin(edit.stdout.take().unwrap())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap();
    assert!(unpack.wait().unwrap().success() && edit.wait().unwrap().success() && pack.status.success());
    assert_same_bytes(&piped_through("zstd", &["-dc"], &pack.stdout), &with(&[0xcc]));
}

#[test]
fn a_compressed_dump_on_standard_input_is_unpacked() {
    if !have("zstd") {
        return;
    }
    let packed = piped_through("zstd", &["-c"], subject().before());
    let run = run(binary().args(["write", "-", "0x1000", "cc", "-o", "-"]), &packed);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_same_bytes(&run.stdout, &with(&[0xcc]));
}

#[test]
fn standard_output_gets_the_dump_and_nothing_else() {
    let subject = subject();
    let out = ["-o", "-"];
    let plain = subject.plain("write", &[&["0x1000", "cc"], &out[..]].concat()).exits(0);
    assert_same_bytes(&plain.stdout, &with(&[0xcc]));
    assert!(plain.stderr.contains("wrote 1 byte"), "{}", plain.stderr);
    let json = subject.run("write", &[&["0x1000", "cc"], &out[..]].concat()).exits(0);
    assert_same_bytes(&json.stdout, &with(&[0xcc]));
    let report: Value = serde_json::from_str(&json.stderr).unwrap();
    assert_eq!((&report["completed"], &report["output"]), (&1.into(), &"-".into()));
    let partial = subject.plain("write", &[&["0x103e", "cccccccc"], &out[..]].concat()).exits(1);
    assert_eq!(partial.stdout.len(), subject.before().len());
    let failed = subject.run("write", &[&["0x9000", "cc"], &out[..]].concat()).exits(2);
    let report: Value = serde_json::from_str(&failed.stderr).unwrap();
    assert!(failed.stdout.is_empty() && report["error"]["kind"] == "unmapped", "{failed}");
    subject.unchanged();
}

#[test]
fn a_dump_on_standard_input_is_not_edited_in_place() {
    let run = run(binary().args(["write", "-", "0x1000", "cc", "--json"]), &core().0);
    run.is_error("usage");
    let hint = run.json()["error"]["hint"].as_str().unwrap().to_owned();
    assert!(hint.contains("-o OUT") && hint.contains("-o -"), "{hint}");
}

#[test]
fn standard_input_is_the_dump_or_a_value_but_not_both() {
    let run = run(binary().args(["write", "-", "0x1000", "-", "-o", "-"]), &core().0).exits(2);
    assert!(run.stdout.is_empty() && run.stderr.contains("standard input"), "{run}");
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let subject = subject();
    let mut command = binary();
    command.arg("write").arg(subject.path()).args(["0x1000", "cc", "-o", "-"]).stdout(writer);
    let output = command.stderr(Stdio::piped()).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
    subject.unchanged();
}

#[test]
#[cfg(unix)]
fn standard_output_that_leads_into_the_dump_is_refused() {
    let subject = subject();
    let dump = OpenOptions::new().append(true).open(subject.path()).unwrap();
    let mut command = binary();
    command.arg("write").arg(subject.path()).args(["0x1000", "cc", "-o", "-"]).stdout(dump);
    let output = command.stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("the dump itself"), "{said}");
    subject.unchanged();
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_standard_output_is_an_error() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let subject = subject();
    let mut command = binary();
    command.arg("write").arg(subject.path()).args(["0x1000", "cc", "-o", "-"]).stdout(full);
    assert_eq!(command.stderr(Stdio::null()).status().unwrap().code(), Some(2));
}

#[test]
#[cfg(target_os = "linux")]
fn a_change_that_is_done_is_no_failure_where_nobody_can_be_told() {
    let subject = subject();
    let into_full = |verb: &str, arguments: &[&str]| {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = binary();
        let output = command.arg(verb).arg(subject.path()).args(arguments).stdout(full).output().unwrap();
        (output.status.code(), output.stderr.is_empty())
    };
    for json in [&[][..], &["--json"]] {
        assert_eq!(into_full("write", &[&["0x1000", "cc"], json].concat()), (Some(0), false));
        assert_eq!(into_full("log", json).0, Some(2));
        assert_eq!(into_full("undo", json), (Some(0), false));
        subject.unchanged();
        assert_eq!(into_full("recover", json), (Some(0), false));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_dump_is_neither_typed_in_nor_shown_on_a_terminal() {
    if !have("script") {
        return;
    }
    let subject = subject();
    let dumpedit = env!("CARGO_BIN_EXE_dumpedit");
    for line in
        [format!("{dumpedit} write {} 0x1000 cc -o -", text(subject.path())), format!("{dumpedit} info -")]
    {
        let script = Command::new("script").args(["-qec", &line, "/dev/null"]).stdin(Stdio::null()).output();
        let script = script.unwrap();
        let said = String::from_utf8_lossy(&script.stdout);
        assert!(said.contains("is a terminal") && said.contains("hint"), "{said}");
        assert_eq!(script.status.code(), Some(2));
    }
}
