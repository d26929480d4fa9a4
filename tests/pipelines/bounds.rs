//! Inputs longer than their room: memory stays bounded, and no more is read than needed.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{core, piped_through, subject, text};
use crate::support::command::{Run, binary, dumpedit, run};
use crate::support::subject::Subject;
use crate::support::tools::{have, skip};

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
    subject.run("write", &["0x1030", &value, "--all-or-nothing"]).is_error("unmapped");
    subject.run("write", &["0x9000", &value]).is_error("unmapped");
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

// Endless input. Without the limits under test, it would fill the disk, or never end.

/// Runs the binary with a device as its standard input.
#[cfg(target_os = "linux")]
fn from_device(device: &str, arguments: &[&str]) -> Run {
    let output = binary().args(arguments).stdin(File::open(device).unwrap()).output().unwrap();
    Run {
        line: format!("{arguments:?} < {device}"),
        code: output.status.code().unwrap(),
        stdout: output.stdout,
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_no_dump_is_read_no_further_than_its_first_bytes() {
    for device in ["/dev/zero", "/dev/urandom"] {
        let message = from_device(device, &["info", "-", "--json"]).is_error("format");
        assert!(message.contains("standard input") && message.contains("neither"), "{message}");
    }
    let (reader, mut writer) = std::io::pipe().unwrap();
    let mut executable = core().0;
    // e_type: an executable file.
    executable[16] = 2;
    let mut command = binary();
    let child = command.args(["info", "-"]).stdin(reader).stderr(Stdio::piped()).spawn().unwrap();
    drop(command);
    writer.write_all(&executable[..600]).unwrap();
    // The other end of the pipe is still open.
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("executable"), "{output:?}");
    drop(writer);
}

#[test]
fn a_compressed_file_that_is_no_dump_is_unpacked_no_further_than_its_first_bytes() {
    if !have("gzip") {
        return;
    }
    let packed = piped_through("gzip", &["-c"], &vec![0; 4 << 20]);
    // Only the start of the packed bytes is valid.
    let packed = [&packed[..packed.len() / 2], &[0xff; 4096]].concat();
    let packed = Subject::named("a.core", packed);
    let message = packed.run("info", &[]).is_error("format");
    assert!(message.contains("neither") && message.contains("gzip"), "{message}");
}

#[test]
fn how_much_is_unpacked_or_kept_of_standard_input_is_bounded() {
    let (dump, _) = core();
    let size = dump.len() as u64;
    let read = |input: &[u8], most: u64| {
        let most = most.to_string();
        run(binary().args(["info", "-", "--json", "--max-unpacked", &most]), input)
    };
    let mut packed = vec![dump.clone()];
    for tool in ["zstd", "gzip", "xz", "lz4"] {
        if have(tool) {
            packed.push(piped_through(tool, &["-c"], &dump));
        }
    }
    for packed in packed {
        read(&packed, size).exits(0);
        let refused = read(&packed, size - 1);
        let message = refused.is_error("open");
        assert!(message.contains("has more than"), "{message}");
        let hint = refused.json()["error"]["hint"].to_string();
        assert!(hint.contains("--max-unpacked"), "{hint}");
    }
    for (text, works) in [("1K", false), ("64K", true), ("0x10000", true), ("1T", true), ("16777216T", false)]
    {
        let run = run(binary().args(["info", "-", "--max-unpacked", text]), &dump);
        assert_eq!(run.code == 0, works, "{run}");
    }
}

/// Every operand that takes the bytes of a file, or the file of a text, from a device or a pipe.
#[test]
#[cfg(target_os = "linux")]
fn a_value_in_a_file_is_in_a_regular_file() {
    let subject = subject();
    let pipe = subject.folder().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let spec = subject.folder().join("spec.yaml");
    for (name, kind) in [("/dev/zero", "device"), (text(&pipe), "pipe"), (text(subject.folder()), "folder")] {
        let value = format!("file:{name}");
        let script = format!("write 0x1000 {value}\n");
        for arguments in [
            vec!["write", "0x1000", &value],
            vec!["write", "0x1000", "00", "--expect", &value],
            vec!["fill", "0x1000..+8", &value],
            vec!["fill", "0x1000..+8", "00", "--expect", &value],
            vec!["find", &value],
            vec!["find", "00", "--replace", &value],
            vec!["apply", "-"],
        ] {
            let run = subject.run_with(arguments[0], &arguments[1..], script.as_bytes());
            let message = run.is_error("value");
            assert!(message.contains(name) && message.contains(kind), "{message}");
        }
        let receipt = subject.run("write", &["0x1000", "cc", "--receipt", name, "--overwrite"]);
        let message = receipt.is_error("commit");
        assert!(message.contains(kind), "{message}");
        fs::write(&spec, format!("format: elf-core\nmemory: [{{at: 0x1000, content: \"{value}\"}}]\n"))
            .unwrap();
        let out = subject.folder().join("out");
        dumpedit(&["synth", text(&spec), "-o", text(&out), "--allow-outside", "--json"]).is_error("open");
        subject.unchanged();
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_stream_without_an_end_is_no_value() {
    let subject = subject();
    let dump = text(subject.path());
    for arguments in [["write", dump, "0x1000", "-", "--json"], ["fill", dump, "0x1000..+8", "-", "--json"]] {
        from_device("/dev/zero", &arguments).is_error("value");
    }
    subject.unchanged();
}

#[test]
#[cfg(target_os = "linux")]
fn a_script_and_a_spec_are_text() {
    let subject = subject();
    let dump = text(subject.path());
    let out = subject.folder().join("out");
    for device in ["/dev/zero", "/dev/urandom"] {
        for arguments in [
            vec!["apply", dump, "-", "--json"],
            vec!["apply", dump, device, "--json"],
            vec!["synth", "-", "-o", text(&out), "--json"],
            vec!["synth", device, "-o", text(&out), "--json"],
        ] {
            let message = from_device(device, &arguments).is_error("usage");
            assert!(message.contains("not text"), "{message}");
        }
    }
    subject.unchanged();
}
