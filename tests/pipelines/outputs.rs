//! The edited copy as a file: holes, shared blocks, other file systems, and the files after a failure.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{core, names, subject, text, with};
use crate::support::bytes::counting;
use crate::support::command::{binary, dumpedit};
use crate::support::elf_builder::{ElfBuilder, prstatus};
#[cfg(unix)]
use crate::support::other_editor::OtherEditor;
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::{have, machine_lacks, skip};
#[cfg(unix)]
use crate::support::user::{NOBODY, Ordinary};

/// A core of 1 TiB that is a hole except for its head; `None` where the file system cannot hold it.
#[cfg(unix)]
fn tebibyte() -> Option<Subject> {
    const SIZE: u64 = 1 << 40;
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x1000)]);
    let offset = core.place(&counting(1, 16));
    core.load_at(0x1000, offset, SIZE - offset, SIZE - offset);
    let subject = Subject::named("sparse.core", core.finish());
    let file = OpenOptions::new().write(true).open(subject.path()).unwrap();
    if file.set_len(SIZE).is_err() {
        skip("this file system holds no file of 1 TiB");
        return None;
    }
    if !is_sparse(subject.path()) {
        skip("this file system keeps no holes");
        return None;
    }
    Some(subject)
}

#[cfg(unix)]
fn is_sparse(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).unwrap().blocks() * 512 < 1 << 20
}

#[test]
#[cfg(unix)]
fn a_core_of_a_tebibyte_is_edited_in_place_without_filling_it() {
    let Some(subject) = tebibyte() else { return };
    subject.run("info", &[]).exits(0);
    subject.run("write", &["0x8000001000", "cccccccc"]).is_full(4);
    subject.run("set", &["rip=7"]).is_full(8);
    let read = subject.run("read", &["0x8000000ffe..+8"]).is_full(8);
    assert_eq!(read["bytes"], "0000cccccccc0000");
    assert!(is_sparse(subject.path()));
    assert_eq!(fs::metadata(subject.path()).unwrap().len(), 1 << 40);
}

#[test]
#[cfg(unix)]
fn a_core_of_a_tebibyte_is_copied_without_filling_the_copy() {
    let Some(subject) = tebibyte() else { return };
    let out = subject.folder().join("out");
    subject.run("write", &["0x8000001000", "cccccccc", "-o", text(&out)]).is_full(4);
    assert_eq!(fs::metadata(&out).unwrap().len(), 1 << 40);
    assert!(is_sparse(&out));
    let read = dumpedit(&["read", text(&out), "0x8000000ffe..+8", "--raw"]).exits(0);
    assert_eq!(read.stdout, [0, 0, 0xcc, 0xcc, 0xcc, 0xcc, 0, 0]);
    let head = |path: &Path| {
        let mut head = vec![0; 4096];
        File::open(path).unwrap().read_exact(&mut head).unwrap();
        head
    };
    assert_same_bytes(&head(&out), &head(subject.path()));
}

#[test]
#[cfg(target_os = "linux")]
fn a_copy_shares_the_dump_s_blocks_where_the_file_system_can() {
    let subject = subject();
    OpenOptions::new().append(true).open(subject.path()).unwrap().write_all(&vec![7; 4 << 20]).unwrap();
    let probe = subject.folder().join("probe");
    let mut clone = Command::new("cp");
    clone.arg("--reflink=always").args([subject.path(), &probe]).stderr(Stdio::null());
    if !clone.status().is_ok_and(|status| status.success()) {
        machine_lacks("a file system that shares blocks");
        return;
    }
    let out = subject.folder().join("out");
    subject.run("write", &["0x1000", "cc", "-o", text(&out)]).is_full(1);
    let Ok(shown) = Command::new("filefrag").arg("-v").arg(&out).output() else {
        skip("filefrag is not here");
        return;
    };
    assert!(String::from_utf8_lossy(&shown.stdout).contains("shared"), "{shown:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_may_be_on_another_file_system() {
    use std::os::unix::fs::MetadataExt;
    let subject = subject();
    let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
    let elsewhere = Path::new("/dev/shm");
    if device(elsewhere).is_none() || device(elsewhere) == device(subject.folder()) {
        skip("/dev/shm is not a file system of its own");
        return;
    }
    let folder = tempfile::tempdir_in(elsewhere).unwrap();
    let out = folder.path().join("out");
    subject.run("write", &["0x1000", "cc", "-o", text(&out)]).is_full(1);
    assert_same_bytes(&fs::read(&out).unwrap(), &with(&[0xcc]));
    assert_eq!(names(folder.path()), ["out"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_no_output_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mount = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=64k", "none"])
        .arg(folder.path())
        .stderr(Stdio::null())
        .status();
    if !mount.is_ok_and(|status| status.success()) {
        skip("no file system can be mounted here");
        return;
    }
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &counting(1, 1 << 20));
    let subject = Subject::new(core.finish());
    let run = subject.run("write", &["0x1000", "cc", "-o", text(&folder.path().join("out"))]);
    let left = names(folder.path());
    assert!(Command::new("umount").arg(folder.path()).status().unwrap().success());
    run.is_error("commit");
    assert!(left.is_empty(), "{left:?}");
    subject.unchanged();
}

#[test]
#[cfg(unix)]
fn a_folder_that_may_be_written_and_not_read_gets_its_output() {
    use std::os::unix::fs::{PermissionsExt, chown};
    let subject = subject();
    let folder = subject.folder().join("not-to-be-read");
    fs::create_dir(&folder).unwrap();
    let mode = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    let user = Ordinary::dumpedit();
    let mut command = user.command();
    command.arg("write").arg(subject.path()).args(["0x1000", "cc", "-o", text(&folder.join("out"))]);
    user.give(subject.path());
    if user.is_nobody() {
        chown(&folder, Some(NOBODY), None).unwrap();
    }
    mode(0o300);
    let output = command.output().unwrap();
    mode(0o700);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_same_bytes(&fs::read(folder.join("out")).unwrap(), &with(&[0xcc]));
    assert_eq!(names(&folder), ["out"]);
}

/// Runs the binary on the subject with a fault in one of its system calls.
#[cfg(target_os = "linux")]
fn with_fault(fault: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={fault}")]);
    let output = command.arg(env!("CARGO_BIN_EXE_dumpedit")).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// The commands that make a file, each of which syncs it once and then its folder.
#[cfg(target_os = "linux")]
fn commands(subject: &Subject) -> (PathBuf, Vec<Vec<String>>) {
    let name = |name: &str| subject.folder().join(name);
    let out = name("out");
    fs::write(name("spec.yaml"), "format: elf-core\nthreads: [{registers: {rip: 1}}]\n").unwrap();
    let (dump, to, spec) = (text(subject.path()), text(&out), name("spec.yaml"));
    let commands = [
        vec!["write", dump, "0x1000", "cc", "-o", to, "--overwrite"],
        vec!["reduce", dump, "-o", to, "--overwrite"],
        vec!["synth", text(&spec), "-o", to, "--overwrite"],
    ];
    let owned = commands.map(|words| words.into_iter().map(str::to_owned).collect());
    (out, owned.into())
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_that_is_there_is_never_said_not_to_be() {
    if !have("strace") {
        return;
    }
    let subject = subject();
    let (out, commands) = commands(&subject);
    for words in commands {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for old in [true, false] {
            for (fault, said) in
                [("EIO", "may be lost if the machine crashes"), ("EINVAL", ""), ("EOPNOTSUPP", "")]
            {
                let _ = fs::remove_file(&out);
                if old {
                    fs::write(&out, b"old").unwrap();
                }
                let (code, stderr) = with_fault(&format!("fsync:error={fault}:when=2"), &words);
                assert_eq!(code, Some(0), "{words:?}: {stderr}");
                let told = stderr.contains("machine crashes");
                assert!(stderr.contains(said) && told != said.is_empty(), "{words:?}, {fault}: {stderr}");
                assert!(fs::read(&out).unwrap().starts_with(b"\x7fELF"), "{words:?}");
            }
        }
        assert_eq!(names(subject.folder()), ["a.core", "out", "spec.yaml"]);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn where_a_call_before_the_new_name_fails_the_name_leads_where_it_led() {
    if !have("strace") {
        return;
    }
    let subject = subject();
    let (out, commands) = commands(&subject);
    for words in commands {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        for fault in
            ["fsync:error=EIO:when=1", "/^rename:error=EIO", "fchmod:error=EIO", "fchmod:error=EPERM"]
        {
            fs::write(&out, b"old").unwrap();
            let (code, stderr) = with_fault(fault, &words);
            assert_eq!(code, Some(2), "{words:?}, {fault}: {stderr}");
            assert!(stderr.contains("no output was left behind"), "{words:?}, {fault}: {stderr}");
            assert_eq!(fs::read(&out).unwrap(), b"old");
            assert_eq!(names(subject.folder()), ["a.core", "out", "spec.yaml"], "{words:?}, {fault}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_temporary_file_that_cannot_be_removed_is_named() {
    if !have("strace") {
        return;
    }
    let subject = subject();
    let out = subject.folder().join("out");
    let words = ["write", text(subject.path()), "0x1000", "cc", "-o", text(&out), "--overwrite"];
    let mut command = Command::new("strace");
    let faults = ["-e", "inject=/^rename:error=EIO", "-e", "inject=/^unlink:error=EIO"];
    command.args(["-f", "-qq", "-o", "/dev/null"]).args(faults);
    let output = command.arg(env!("CARGO_BIN_EXE_dumpedit")).args(words).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let left: Vec<String> = names(subject.folder()).into_iter().filter(|name| name != "a.core").collect();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(left.len() == 1 && stderr.contains(&left[0]), "{left:?}: {stderr}");
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_written_is_no_failure_where_nobody_can_be_told() {
    let subject = subject();
    let (out, commands) = commands(&subject);
    let folder = subject.folder().join("folder");
    let describe = ["describe", text(subject.path()), "--folder", text(&folder)].map(str::to_owned).to_vec();
    for words in commands.into_iter().chain([describe]) {
        for json in [&[][..], &["--json"]] {
            let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
            let output = binary().args(&words).args(json).stdout(full).output().unwrap();
            assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), false), "{words:?}");
            assert!(out.exists() || folder.join("dump.yaml").exists());
            let _ = (fs::remove_file(&out), fs::remove_dir_all(&folder));
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_receipt_that_cannot_be_finished_says_so_of_itself_and_not_of_the_output() {
    if !have("strace") {
        return;
    }
    let subject = subject();
    let (out, receipt) = (subject.folder().join("out"), subject.folder().join("receipt"));
    let words =
        ["write", text(subject.path()), "0x1000", "cc", "-o", text(&out), "--receipt", text(&receipt)];
    let (code, stderr) = with_fault("fsync:error=EIO:when=3", &words);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("receipt") && !stderr.contains("no output"), "{stderr}");
    assert_same_bytes(&fs::read(&out).unwrap(), &with(&[0xcc]));
    assert_eq!(names(subject.folder()), ["a.core", "out"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_cannot_be_filled_with_a_spec_is_left_as_it_was() {
    if !have("strace") {
        return;
    }
    let subject = subject();
    let folder = subject.folder().join("folder");
    let words = ["describe", text(subject.path()), "--folder", text(&folder)];
    let (code, stderr) = with_fault("write:error=ENOSPC:when=1", &words);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("the incomplete spec was deleted") && !folder.exists(), "{stderr}");
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_that_cannot_be_written_is_told_by_the_name_that_was_given() {
    if !have("strace") {
        return;
    }
    let subject = subject();
    let (out, commands) = commands(&subject);
    let describe = ["describe", text(subject.path()), "-o", text(&out), "--overwrite"];
    for words in commands.into_iter().chain([describe.map(str::to_owned).to_vec()]) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // A copy is written at offsets; otherwise the first write is to the output.
        let call = if words[0] == "write" { "pwrite64" } else { "write" };
        let (code, stderr) = with_fault(&format!("{call}:error=ENOSPC:when=1"), &words);
        assert_eq!(code, Some(2), "{words:?}: {stderr}");
        assert!(stderr.contains(&format!("cannot write {}: No space", text(&out))), "{words:?}: {stderr}");
        assert!(!stderr.contains(".dumpedit-"), "{words:?}: {stderr}");
        assert_eq!(names(subject.folder()), ["a.core", "spec.yaml"], "{words:?}");
    }
    subject.run("write", &["0x1000", "cc"]).exits(0);
    subject.run("write", &["0x1000", "dd"]).exits(0);
    let (code, stderr) =
        with_fault("write:error=ENOSPC:when=1", &["forget", text(subject.path()), "--keep", "1"]);
    assert!(code == Some(2) && !stderr.contains(".dumpedit-"), "{stderr}");
}

/// Every command that makes a copy of the dump, in any form, without its output.
#[cfg(unix)]
fn copies<'a>(dump: &'a str, out: &'a str, spec: &'a str) -> Vec<Vec<&'a str>> {
    vec![
        vec!["write", dump, "0x1000", "cc", "-o", out],
        vec!["write", dump, "0x1000", "cc", "-o", "-"],
        vec!["reduce", dump, "-o", out],
        vec!["describe", dump],
        vec!["describe", dump, "-o", spec],
        vec!["diff", "--script", dump, dump],
    ]
}

#[test]
#[cfg(unix)]
fn a_dump_that_is_being_edited_is_not_copied() {
    let subject = subject();
    let name = |name: &str| subject.folder().join(name);
    let (out, spec) = (name("out"), name("spec"));
    let editor = OtherEditor::of(subject.path());
    for words in copies(text(subject.path()), text(&out), text(&spec)) {
        let run = dumpedit(&[&words[..], &["--wait", "0.01"]].concat()).exits(2);
        assert!(run.stdout.is_empty() && run.stderr.contains("another process"), "{run}");
        assert_eq!(names(subject.folder()), ["a.core"], "{words:?}");
    }
    // Standard input from this file does not get around the check.
    let mut command = binary();
    command.args(["write", "-", "0x1000", "cc", "-o", text(&out), "--wait", "0"]);
    let output = command.stdin(File::open(subject.path()).unwrap()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    drop(editor);
    for words in copies(text(subject.path()), text(&out), text(&spec)) {
        dumpedit(&[&words[..], &["--wait", "0"]].concat()).exits(0);
        let _ = fs::remove_file(&out);
    }
}

#[test]
#[cfg(unix)]
fn a_copy_waits_until_an_edit_is_done() {
    let subject = subject();
    let out = subject.folder().join("out");
    let editor = OtherEditor::of(subject.path());
    let mut command = binary();
    command.args(["write", text(subject.path()), "0x1001", "dd", "-o", text(&out), "--wait", "600"]);
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    while !waits_for_a_lock(child.id()) {
        assert!(child.try_wait().unwrap().is_none());
    }
    let (_, offset) = core();
    std::os::unix::fs::FileExt::write_all_at(editor.file(), &[0xcc], offset as u64).unwrap();
    drop(editor);
    assert!(child.wait().unwrap().success());
    assert_same_bytes(&fs::read(&out).unwrap(), &with(&[0xcc, 0xdd]));
}

/// Whether a process has the dump open and has not created its output.
#[cfg(unix)]
fn waits_for_a_lock(process: u32) -> bool {
    let files = fs::read_dir(format!("/proc/{process}/fd"));
    if !Path::new("/proc/self/fd").exists() {
        return true;
    }
    let leads = |entry: std::io::Result<fs::DirEntry>| fs::read_link(entry.ok()?.path()).ok();
    files.is_ok_and(|files| files.filter_map(leads).any(|path| path.ends_with("a.core")))
}
