//! The commit in place: the parts of the file that it keeps, and the files that it refuses.

use std::fs;

use dumpedit::{CommitError, CommitOptions, CommitStep, Context, Dump, Edit, Hold};

use super::opened::{Opened, everywhere, is_full};
use crate::support::bytes::counting;
use crate::support::elf_builder::ElfBuilder;
use crate::support::subject::Subject;
#[cfg(unix)]
use crate::support::user::is_ordinary_or_passes_as_nobody;

const PROCESS: Context = Context::Process;

/// A file of 64 captured bytes at 0x1000, and their offset in it.
fn a_file() -> (Subject, Dump, u64) {
    let mut core = ElfBuilder::x86_64();
    let offset = core.load(0x1000, &counting(1, 64));
    let subject = Subject::named("a.core", core.finish());
    let dump = Dump::open(subject.path()).unwrap();
    (subject, dump, offset)
}

fn an_edit(dump: &Dump) -> Edit {
    let mut edit = dump.edit();
    is_full(edit.write_bytes(PROCESS, 0x1000, &[0xcc; 8]), 8);
    edit
}

#[test]
#[cfg(unix)]
fn size_inode_permissions_and_all_other_bytes_stay() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    for mode in [0o600, 0o640, 0o444 | 0o200] {
        let (subject, dump, offset) = a_file();
        fs::set_permissions(subject.path(), fs::Permissions::from_mode(mode)).unwrap();
        let before = fs::metadata(subject.path()).unwrap();
        an_edit(&dump).commit().unwrap();
        let after = fs::metadata(subject.path()).unwrap();
        assert_eq!((before.ino(), before.mode(), before.len()), (after.ino(), after.mode(), after.len()));
        subject.changed_only(&[(offset, &[0xcc; 8])]);
    }
}

#[test]
fn a_cut_file_is_never_extended() {
    let mut core = ElfBuilder::x86_64();
    let offset = core.load(0x1000, &counting(1, 64));
    let mut file = core.finish();
    file.truncate(file.len() - 32);
    for opened in super::opened::both_ways(file.clone()) {
        let mut edit = opened.dump.edit();
        assert_eq!(edit.write_bytes(PROCESS, 0x1000, &[0xcc; 64]).unwrap().completed, 32);
        opened.commits(edit, &[(offset, &[0xcc; 32])]);
        assert_eq!(opened.now().len(), file.len());
    }
}

#[test]
fn the_receipt_has_the_changes_and_the_notices() {
    for (opened, offsets) in everywhere(&[(0x1000, &counting(1, 64))]) {
        let edit = an_edit(&opened.dump);
        let (changes, notices) = (edit.changes().clone(), edit.notices().to_vec());
        let receipt = edit.commit_with(CommitOptions::default().sync(false)).unwrap();
        assert_eq!((&receipt.changes, &receipt.notices), (&changes, &notices));
        assert_eq!(
            (changes.get(0).unwrap().old, changes.get(0).unwrap().new),
            (&counting(1, 8)[..], &[0xcc; 8][..])
        );
        opened.changed_only(&[(offsets[0], &[0xcc; 8])]);
    }
}

#[test]
#[cfg_attr(
    windows,
    ignore = "Windows cuts no file that is mapped, and neither replaces it in one step nor removes it at once"
)]
fn a_file_that_was_replaced_is_not_touched() {
    let (subject, dump, _) = a_file();
    let edit = an_edit(&dump);
    let other = subject.folder().join("other");
    fs::write(&other, subject.before()).unwrap();
    fs::rename(&other, subject.path()).unwrap();
    match edit.commit() {
        Err(CommitError::Replaced { path, .. }) => assert_eq!(path.as_deref(), Some(subject.path())),
        other => panic!("{other:?}"),
    }
    subject.unchanged();
}

#[test]
#[cfg_attr(
    windows,
    ignore = "Windows cuts no file that is mapped, and neither replaces it in one step nor removes it at once"
)]
fn a_file_that_has_changed_its_size_is_not_touched() {
    for resized in [-8i64, 8] {
        let (subject, dump, _) = a_file();
        let edit = an_edit(&dump);
        let len = subject.before().len().checked_add_signed(resized as isize).unwrap();
        fs::OpenOptions::new().write(true).open(subject.path()).unwrap().set_len(len as u64).unwrap();
        let before = subject.now();
        let result = edit.commit();
        assert!(matches!(result, Err(CommitError::Replaced { .. })), "{result:?}");
        assert_eq!(subject.now(), before);
    }
}

#[test]
#[cfg_attr(
    windows,
    ignore = "Windows cuts no file that is mapped, and neither replaces it in one step nor removes it at once"
)]
fn a_file_that_is_gone_is_not_made_anew() {
    let (subject, dump, _) = a_file();
    let edit = an_edit(&dump);
    fs::remove_file(subject.path()).unwrap();
    let result = edit.commit();
    let step = CommitStep::Identify;
    assert!(matches!(&result, Err(error) if error.step() == Some(step)), "{result:?}");
    assert!(!subject.path().exists());
}

#[test]
#[cfg(unix)]
fn a_read_only_file_is_read_and_its_edit_fails_with_nothing_changed() {
    let this = "library::commits::a_read_only_file_is_read_and_its_edit_fails_with_nothing_changed";
    if !is_ordinary_or_passes_as_nobody(this) {
        return;
    }
    let (subject, dump, _) = a_file();
    let mut permissions = fs::metadata(subject.path()).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(subject.path(), permissions).unwrap();
    let reopened = Dump::open(subject.path()).unwrap();
    let edit = an_edit(&reopened);
    for edit in [edit, an_edit(&dump)] {
        match edit.commit() {
            Err(CommitError::Unchanged { step: CommitStep::OpenToWrite, cause, .. }) => {
                assert_eq!(cause.kind(), std::io::ErrorKind::PermissionDenied);
            }
            other => panic!("{other:?}"),
        }
    }
    subject.unchanged();
}

#[test]
fn an_edit_without_writes_opens_nothing() {
    let (subject, dump, _) = a_file();
    fs::remove_file(subject.path()).unwrap();
    let receipt = dump.edit().commit().unwrap();
    assert!(receipt.changes.is_empty() && receipt.notices.is_empty());
}

#[test]
fn a_dump_that_was_committed_is_read_and_edited_on() {
    for (opened, offsets) in everywhere(&[(0x1000, &counting(1, 64))]) {
        an_edit(&opened.dump).commit().unwrap();
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(PROCESS, 0x1004, &[0xdd; 8]), 8);
        assert_eq!(edit.changes().get(0).unwrap().old, [0xcc, 0xcc, 0xcc, 0xcc, 9, 10, 11, 12]);
        edit.commit().unwrap();
        let expected = [[0xcc; 4].as_slice(), &[0xdd; 8]].concat();
        opened.changed_only(&[(offsets[0], &expected)]);
    }
}

#[test]
fn bytes_in_memory_have_no_path_and_are_given_back() {
    let mut core = ElfBuilder::x86_64();
    let offset = core.load(0x1000, &counting(1, 64));
    let opened = Opened::in_memory(core.finish());
    assert_eq!(opened.dump.path(), None);
    opened.commits(an_edit(&opened.dump), &[(offset, &[0xcc; 8])]);
}

#[test]
#[cfg_attr(windows, ignore = "on Windows nobody can write to a dump that is held")]
fn a_long_copy_is_refused_where_something_wrote_to_the_dump_since_it_was_asked_for() {
    use std::io::{Seek, SeekFrom, Write};
    use std::ops::ControlFlow;
    let mut core = ElfBuilder::x86_64();
    let offset = core.load(0x10_0000, &counting(1, 4 << 20));
    let subject = Subject::named("a.core", core.finish());
    let go_on = &mut |_| ControlFlow::Continue(());
    let hold = Hold::to_edit(subject.path(), std::time::Duration::ZERO, go_on).unwrap();
    let dump = Dump::open(subject.path()).unwrap();
    dump.keep(hold);
    let copy = || {
        let mut edit = dump.edit();
        let scripts = [dumpedit::notation::Script::new("script", "copy 0x100000..+0x200000 0x300000")];
        edit.apply_scripts(&scripts, &Default::default(), &mut |error| panic!("{error}"), &mut |_| {
            ControlFlow::Continue(())
        })
        .unwrap();
        edit
    };
    let refused = copy();
    let mut file = fs::File::options().write(true).open(subject.path()).unwrap();
    file.seek(SeekFrom::Start(offset + 7)).unwrap();
    file.write_all(b"other").unwrap();
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert!(matches!(refused.commit(), Err(CommitError::Replaced { .. })));
    subject.changed_only(&[(offset + 7, b"other")]);
    copy().commit().unwrap();
    let mut copied = subject.before()[offset as usize..][..2 << 20].to_vec();
    copied[7..12].copy_from_slice(b"other");
    subject.changed_only(&[(offset + 7, b"other"), (offset + (2 << 20), &copied)]);
}
