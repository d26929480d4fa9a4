//! The edited copy: properties that it inherits from the dump, and the files after copies that fail.

use std::fs;
use std::ops::ControlFlow;

use dumpedit::{CommitError, Context, Dump, Edit, Output, OutputOptions, Progress};

use super::opened::{Opened, everywhere, is_full, patched};
use crate::support::bytes::{Order, counting};
use crate::support::elf_builder::{ElfBuilder, machine};
use crate::support::subject::{Subject, assert_same_bytes};
use crate::support::tools::skip;

const PROCESS: Context = Context::Process;

fn unwatched(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// A file of `size` captured bytes at 0x1000, an edit of the first eight, and their offset in it.
fn an_edit(size: usize) -> (Subject, Edit, u64) {
    let mut core = ElfBuilder::x86_64();
    let offset = core.load(0x1000, &counting(1, size));
    let subject = Subject::named("a.core", core.finish());
    let mut edit = Dump::open(subject.path()).unwrap().edit();
    is_full(edit.write_bytes(PROCESS, 0x1000, &[0xcc; 8]), 8);
    (subject, edit, offset)
}

fn names(subject: &Subject) -> Vec<String> {
    let entries = fs::read_dir(subject.folder()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_edited_copy_leaves_the_dump_alone() {
    for (opened, offsets) in everywhere(&[(0x1000, &counting(1, 64))]) {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out");
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(PROCESS, 0x1000, &[0xcc; 8]), 8);
        let context = opened.dump.crashed_thread().unwrap();
        edit.set_register(context, "zf", 1u8).unwrap();
        let changes = edit.changes().clone();
        assert_eq!(edit.commit_to(&output).unwrap().changes, changes);
        opened.unchanged();
        let zf = changes.get(1).unwrap();
        let expected = patched(&opened.before, &[(offsets[0], &[0xcc; 8]), (zf.file_offset, zf.new)]);
        assert_same_bytes(&fs::read(&output).unwrap(), &expected);
        let copy = Dump::open(&output).unwrap();
        assert_eq!(copy.read_register(context, "zf").unwrap().to_u64(), Ok(1));
    }
}

#[test]
fn an_output_that_exists_is_not_overwritten_unless_that_is_asked_for() {
    let (subject, mut edit, offset) = an_edit(64);
    let output = subject.folder().join("out");
    fs::write(&output, b"precious").unwrap();
    match edit.write_out(&output, &mut unwatched) {
        Err(CommitError::OutputExists { path }) => assert_eq!(path, output),
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(&output).unwrap(), b"precious");
    assert_eq!(names(&subject), ["a.core", "out"]);

    let mut edit = Dump::open(subject.path()).unwrap().edit();
    is_full(edit.write_bytes(PROCESS, 0x1000, &[0xcc; 8]), 8);
    let overwrite = OutputOptions::default().overwrite(true);
    edit.write_out(Output::Path { path: output.as_path().into(), options: overwrite }, &mut unwatched)
        .unwrap();
    assert_same_bytes(&fs::read(&output).unwrap(), &patched(subject.before(), &[(offset, &[0xcc; 8])]));
    assert_eq!(names(&subject), ["a.core", "out"]);
}

#[test]
fn an_output_that_is_the_dump_itself_is_refused_under_any_name() {
    let link = |subject: &Subject, name: &str| {
        let path = subject.folder().join(name);
        match name {
            "hard" => fs::hard_link(subject.path(), &path).unwrap(),
            #[cfg(unix)]
            "soft" => std::os::unix::fs::symlink(subject.path(), &path).unwrap(),
            _ => {}
        }
        if path.exists() { path } else { subject.path().to_owned() }
    };
    for name in ["itself", "hard", "soft"] {
        for overwrite in [false, true] {
            let (subject, mut edit, _) = an_edit(64);
            let output = link(&subject, name);
            let options = OutputOptions::default().overwrite(overwrite);
            let result =
                edit.write_out(Output::Path { path: output.as_path().into(), options }, &mut unwatched);
            assert!(matches!(result, Err(CommitError::OutputIsInput { .. })), "{name}: {result:?}");
            subject.unchanged();
        }
    }
}

#[test]
fn an_output_that_cannot_be_written_leaves_nothing_behind() {
    let (subject, mut edit, _) = an_edit(64);
    let output = subject.folder().join("nowhere").join("out");
    let result = edit.write_out(&output, &mut unwatched);
    assert!(matches!(result, Err(CommitError::Output { .. })), "{result:?}");
    assert_eq!(names(&subject), ["a.core"]);
    subject.unchanged();
}

#[test]
#[cfg_attr(
    windows,
    ignore = "Windows cuts no file that is mapped, and neither replaces it in one step nor removes it at once"
)]
fn a_copy_of_a_file_that_was_cut_meanwhile_leaves_nothing_behind() {
    let (subject, mut edit, _) = an_edit(64);
    let file = fs::OpenOptions::new().write(true).open(subject.path()).unwrap();
    file.set_len(subject.before().len() as u64 - 8).unwrap();
    let result = edit.write_out(subject.folder().join("out"), &mut unwatched);
    assert!(result.is_err(), "{result:?}");
    assert_eq!(names(&subject), ["a.core"]);
}

#[test]
#[cfg(unix)]
fn permissions_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    for mode in [0o600, 0o640, 0o444] {
        let (subject, mut edit, offset) = an_edit(64);
        fs::set_permissions(subject.path(), fs::Permissions::from_mode(mode)).unwrap();
        let output = subject.folder().join("out");
        edit.write_out(&output, &mut unwatched).unwrap();
        assert_eq!(fs::metadata(&output).unwrap().permissions().mode() & 0o777, mode);
        assert_same_bytes(&fs::read(&output).unwrap(), &patched(subject.before(), &[(offset, &[0xcc; 8])]));
    }
}

#[test]
#[cfg(unix)]
fn holes_are_kept_and_can_be_written_into() {
    use std::os::unix::fs::MetadataExt;
    const SIZE: u64 = 64 << 20;
    let mut core = ElfBuilder::with_room(Order::Little, true, machine::X86_64, 2);
    let offset = core.place(&counting(1, 16));
    core.load_at(0x1000, offset, SIZE - offset, SIZE - offset);
    let subject = Subject::named("sparse.core", core.finish());
    fs::OpenOptions::new().write(true).open(subject.path()).unwrap().set_len(SIZE).unwrap();
    let dump = Dump::open(subject.path()).unwrap();
    let mut edit = dump.edit();
    is_full(edit.write_bytes(PROCESS, 0x1000 + (32 << 20), &[0xcc; 8]), 8);
    let output = subject.folder().join("out");
    edit.write_out(&output, &mut unwatched).unwrap();
    let metadata = fs::metadata(&output).unwrap();
    assert_eq!(metadata.len(), SIZE);
    if fs::metadata(subject.path()).unwrap().blocks() * 512 > SIZE / 2 {
        skip("this file system keeps no holes");
        return;
    }
    assert!(metadata.blocks() * 512 < 1 << 20, "{} bytes on disk", metadata.blocks() * 512);
    let copy = Dump::open(&output).unwrap();
    let mut read = [0; 10];
    is_full(copy.read_bytes(PROCESS, 0xfff + (32 << 20), &mut read), 10);
    assert_eq!(read, [0, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0]);
}

#[test]
fn progress_rises_to_the_total_and_is_told_at_most_once_a_mib() {
    let (subject, mut edit, _) = an_edit((5 << 20) / 2);
    let size = subject.before().len() as u64;
    let mut told: Vec<Progress> = Vec::new();
    let mut progress = |progress| {
        told.push(progress);
        ControlFlow::Continue(())
    };
    edit.write_out(subject.folder().join("out"), &mut progress).unwrap();
    assert!(told.windows(2).all(|pair| pair[0].done + (1 << 20) <= pair[1].done || pair[1].done == size));
    assert!(told.iter().all(|progress| progress.total == size));
    assert_eq!(told.last().map(|progress| progress.done), Some(size));
    assert_eq!(told.len(), 3);
}

#[test]
fn a_copy_that_is_cancelled_leaves_nothing_behind() {
    for after in 0..3 {
        let (subject, mut edit, _) = an_edit((5 << 20) / 2);
        let mut calls = 0;
        let mut progress = |_| {
            calls += 1;
            if calls > after { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let output = subject.folder().join("out");
        let result = edit.write_out(&output, &mut progress);
        assert!(matches!(result, Err(CommitError::Cancelled)), "{result:?}");
        assert_eq!(names(&subject), ["a.core"]);
        subject.unchanged();
    }
}

#[test]
fn bytes_in_memory_are_written_to_a_file() {
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &counting(1, 64));
    let opened = Opened::in_memory(core.finish());
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out");
    opened.dump.edit().write_out(&output, &mut unwatched).unwrap();
    assert_same_bytes(&fs::read(&output).unwrap(), &opened.before);
}

#[test]
fn an_edit_that_was_written_out_writes_the_same_again_and_can_be_committed() {
    const SIZE: u64 = 1 << 20;
    let mut core = ElfBuilder::with_room(Order::Little, true, machine::X86_64, 2);
    let offset = core.place(&counting(1, 16));
    core.load_at(0x1000, offset, SIZE - offset, SIZE - offset);
    let subject = Subject::named("sparse.core", core.finish());
    fs::OpenOptions::new().write(true).open(subject.path()).unwrap().set_len(SIZE).unwrap();
    let mut edit = Dump::open(subject.path()).unwrap().edit();
    is_full(edit.write_bytes(PROCESS, 0x1000, &[0xcc; 8]), 8);
    // Zeros that a copy with holes need not receive.
    is_full(edit.write_bytes(PROCESS, 0x1000 + SIZE / 2, &vec![0; 1 << 18]), 1 << 18);
    let expected = patched(&fs::read(subject.path()).unwrap(), &[(offset, &[0xcc; 8])]);
    for name in ["one", "other"] {
        let output = subject.folder().join(name);
        edit.write_out(&output, &mut unwatched).unwrap();
        assert_same_bytes(&fs::read(&output).unwrap(), &expected);
    }
    let mut streamed = Vec::new();
    edit.write_out(&mut streamed, &mut unwatched).unwrap();
    assert_same_bytes(&streamed, &expected);
    edit.commit().unwrap();
    assert_same_bytes(&fs::read(subject.path()).unwrap(), &expected);
}
