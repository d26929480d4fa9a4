//! The edited copy as a file: holes, shared blocks, other file systems, and what is left where it fails.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::{names, subject, text, with};
use crate::support::bytes::counting;
use crate::support::command::{binary, dumpedit};
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::{machine_lacks, skip};

/// A core of 1 TiB that is all hole but for its head; `None` where the file system cannot hold it.
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
        skip("/dev/shm is no file system of its own");
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
fn a_folder_that_cannot_be_synced_gets_no_output() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65534;
    let subject = subject();
    let folder = subject.folder().join("not-to-be-read");
    fs::create_dir(&folder).unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(subject.folder(), 0o755);
    mode(subject.path(), 0o644);
    mode(&folder, 0o300);
    let mut command = binary();
    command.arg("write").arg(subject.path()).args(["0x1000", "cc", "-o", text(&folder.join("out"))]);
    // The superuser may read any folder.
    if fs::metadata(subject.path()).unwrap().uid() == 0 {
        chown(&folder, Some(NOBODY), None).unwrap();
        command.uid(NOBODY);
    }
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => return machine_lacks(&format!("a binary that everyone may run: {error}")),
    };
    mode(&folder, 0o700);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("no output was left behind"), "{said}");
    assert!(names(&folder).is_empty());
}
