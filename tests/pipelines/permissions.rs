//! Permissions of files with a dump's bytes: never wider than those of the dump, or of a replaced file.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{core, subject, text};
use crate::support::command::binary;
use crate::support::subject::Subject;
use crate::support::tools::{have, machine_lacks, skip};
use crate::support::user::{NOBODY, Ordinary, is_root};

/// A user and a group that are used nowhere else in these tests.
const SOMEBODY: u32 = 4711;

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Changes a list by the tool. `false` where it fails.
fn setfacl(arguments: &[&str], path: &Path) -> bool {
    let set = Command::new("setfacl").args(arguments).arg(path).output();
    let could = set.is_ok_and(|output| output.status.success());
    if !could {
        machine_lacks("a file system with access control lists");
    }
    could
}

/// The list in the tool's output, with the effective rights of each entry.
fn list(path: &Path) -> String {
    let shown = Command::new("getfacl").args(["-cnpE"]).arg(path).output().unwrap();
    assert!(shown.status.success(), "{shown:?}");
    String::from_utf8(shown.stdout).unwrap()
}

/// Every file that an edit, its copy, its receipt and a spec make from the dump.
fn made(subject: &Subject, binary: impl Fn() -> Command) -> Vec<PathBuf> {
    let name = |name: &str| subject.folder().join(name);
    let (out, packed, receipt, spec) = (name("out"), name("out.gz"), name("receipt"), name("spec"));
    let (reduced, folder) = (name("reduced"), name("folder"));
    let dump = text(subject.path());
    for arguments in [
        vec!["write", dump, "0x1000", "cc"],
        vec!["write", dump, "0x1000", "cc", "-o", text(&out), "--receipt", text(&receipt)],
        vec!["write", dump, "0x1000", "cc", "-o", text(&packed)],
        vec!["describe", dump, "-o", text(&spec)],
        vec!["describe", dump, "--folder", text(&folder)],
        vec!["reduce", dump, "-o", text(&reduced)],
    ] {
        let output = binary().args(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
    }
    let journal = PathBuf::from(format!("{dump}.dumpedit"));
    vec![journal, out, packed, receipt, reduced, spec, folder.join("dump.yaml")]
}

#[test]
fn a_folder_s_default_list_opens_nothing_to_whom_the_dump_is_not_open() {
    if !have("setfacl") {
        return;
    }
    let subject = subject();
    let named = format!("u:{SOMEBODY}:rw,g:{SOMEBODY}:rw,o::r,m::rwx");
    if !setfacl(&["-dm", &named], subject.folder()) {
        return;
    }
    set_mode(subject.path(), 0o640);
    for made in made(&subject, binary) {
        assert_eq!(list(&made), "user::rw-\ngroup::r--\nother::---\n\n", "{}", made.display());
    }
}

#[test]
fn the_list_of_the_dump_goes_with_its_bytes() {
    if !have("setfacl") {
        return;
    }
    let subject = subject();
    set_mode(subject.path(), 0o604);
    if !setfacl(&["-m", &format!("u:{SOMEBODY}:r,g:{SOMEBODY}:rw,g::-,m::r")], subject.path()) {
        return;
    }
    // The group bits of the mode are the mask.
    assert_eq!(mode(subject.path()), 0o644);
    let expected = format!(
        "user::rw-\nuser:{SOMEBODY}:r--\ngroup::---\ngroup:{SOMEBODY}:r--\nmask::r--\nother::r--\n\n"
    );
    for made in made(&subject, binary) {
        assert_eq!(list(&made), expected, "{}", made.display());
    }
}

#[test]
#[cfg(target_os = "linux")]
fn where_no_list_can_be_had_only_what_everybody_named_may_do_is_left() {
    let subject = subject();
    if !have("setfacl") || !setfacl(&["-m", &format!("u:{SOMEBODY}:-,g::r,m::r,o::r")], subject.path()) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mount = Command::new("mount").args(["-t", "ramfs", "none"]).arg(folder.path()).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        skip("no file system can be mounted here");
        return;
    }
    let out = folder.path().join("out");
    let run = subject.run("write", &["0x1000", "cc", "-o", text(&out)]);
    let found = fs::metadata(&out).map(|metadata| metadata.mode() & 0o7777);
    assert!(Command::new("umount").arg(folder.path()).status().unwrap().success());
    run.is_full(1);
    assert_eq!(found.unwrap(), 0o600);
}

#[test]
fn no_special_bit_is_taken_over() {
    let subject = subject();
    set_mode(subject.path(), 0o6755);
    set_mode(subject.folder(), 0o2755);
    for made in made(&subject, binary) {
        assert_eq!(mode(&made), 0o755, "{}", made.display());
    }
}

#[test]
fn what_the_superuser_makes_belongs_to_the_dump_s_owner() {
    if !is_root() {
        skip("only the superuser gives files away");
        return;
    }
    let subject = subject();
    set_mode(subject.path(), 0o640);
    chown(subject.path(), Some(NOBODY), Some(SOMEBODY)).unwrap();
    for made in made(&subject, binary) {
        let found = made.metadata().unwrap();
        assert_eq!((found.uid(), found.gid(), mode(&made)), (NOBODY, SOMEBODY, 0o640), "{}", made.display());
    }
}

#[test]
fn a_group_that_an_ordinary_user_is_not_in_can_do_no_more_than_everybody() {
    if !is_root() {
        skip("only the superuser gives a dump a group that he is not in");
        return;
    }
    for (of_dump, of_made) in [(0o664, 0o644), (0o660, 0o600), (0o646, 0o644)] {
        let subject = subject();
        set_mode(subject.path(), of_dump);
        let user = Ordinary::dumpedit();
        user.give(subject.path());
        chown(subject.path(), None, Some(SOMEBODY)).unwrap();
        set_mode(subject.path(), of_dump);
        for made in made(&subject, || user.command()) {
            let found = made.metadata().unwrap();
            assert_eq!(
                (found.uid(), found.gid(), mode(&made)),
                (NOBODY, NOBODY, of_made),
                "{}",
                made.display()
            );
        }
    }
}

#[test]
fn a_replaced_output_is_never_wider_than_it_was_nor_than_the_dump() {
    for (of_dump, of_out, of_result) in
        [(0o644, 0o600, 0o600), (0o600, 0o644, 0o600), (0o664, 0o646, 0o644), (0o444, 0o4755, 0o444)]
    {
        let subject = subject();
        let out = subject.folder().join("out");
        let spec = subject.folder().join("spec.yaml");
        fs::write(&spec, "format: elf-core\nthreads: [{registers: {rip: 1}}]\n").unwrap();
        set_mode(subject.path(), of_dump);
        let replace = |verb: &str, arguments: &[&str]| {
            fs::write(&out, b"old").unwrap();
            set_mode(&out, of_out);
            let mut command = binary();
            command.arg(verb).args(arguments).args(["--overwrite", "-o", text(&out)]);
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            let found = mode(&out);
            fs::remove_file(&out).unwrap();
            found
        };
        let dump = text(subject.path());
        assert_eq!(replace("write", &[dump, "0x1000", "cc"]), of_result, "{of_dump:o} over {of_out:o}");
        assert_eq!(replace("reduce", &[dump]), of_result, "{of_dump:o} over {of_out:o}");
        assert_eq!(replace("synth", &[text(&spec)]), of_out & 0o700, "a spec over {of_out:o}");
    }
}

#[test]
fn a_replaced_output_keeps_only_the_names_that_the_dump_is_open_to_as_well() {
    if !have("setfacl") {
        return;
    }
    let subject = subject();
    let out = subject.folder().join("out");
    fs::write(&out, b"old").unwrap();
    set_mode(subject.path(), 0o600);
    if !setfacl(&["-m", &format!("u:{SOMEBODY}:rw,u:{NOBODY}:r")], subject.path())
        || !setfacl(&["-m", &format!("u:{SOMEBODY}:r,u:1:rw,g::rw,o::rw")], &out)
    {
        return;
    }
    subject.run("write", &["0x1000", "cc", "-o", text(&out), "--overwrite"]).is_full(1);
    let expected =
        "user::rw-\nuser:1:---\nuser:4711:r--\nuser:65534:r--\ngroup::---\nmask::r--\nother::---\n\n";
    assert_eq!(list(&out), expected);
    assert_eq!(core().0.len(), fs::read(&out).unwrap().len());
}

#[test]
fn a_replaced_output_of_somebody_else_opens_the_dump_to_nobody_new() {
    if !is_root() {
        skip("only the superuser gives files away");
        return;
    }
    let subject = subject();
    let out = subject.folder().join("out");
    for (dump_owner, out_owner, owner) in [(NOBODY, NOBODY, NOBODY), (NOBODY, 0, 0), (0, NOBODY, 0)] {
        fs::write(&out, b"old").unwrap();
        chown(&out, Some(out_owner), None).unwrap();
        chown(subject.path(), Some(dump_owner), None).unwrap();
        set_mode(subject.path(), 0o600);
        set_mode(&out, 0o600);
        subject.run("write", &["0x1000", "cc", "-o", text(&out), "--overwrite"]).is_full(1);
        assert_eq!((out.metadata().unwrap().uid(), mode(&out)), (owner, 0o600));
    }
}
