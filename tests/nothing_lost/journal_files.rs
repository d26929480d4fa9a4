//! The journal's file: its path, its permissions, and that only the dump's own journal is trusted.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::journal_of;
use crate::support::bytes::counting;
#[cfg(target_os = "linux")]
use crate::support::elf_builder::ElfBuilder;
use crate::support::process::{RSP, dumped};
use crate::support::subject::Subject;

fn subject() -> (Subject, usize) {
    let memory = counting(1, 64);
    let mut dumped = dumped(&[(RSP, &memory)]).remove(0);
    (dumped.subject, dumped.offsets.remove(0) as usize)
}

fn write(subject: &Subject, value: &str) -> Vec<String> {
    let json = subject.run("write", &["@rsp", value]).exits(0).json();
    crate::support::command::notices(&json).into_iter().map(str::to_owned).collect()
}

fn numbers(subject: &Subject) -> Vec<u64> {
    let log = subject.run("log", &[]).exits(0).json();
    log.as_array().unwrap().iter().map(|entry| entry["number"].as_u64().unwrap()).collect()
}

/// The files beside the dump, sorted.
fn beside(dump: &Path) -> Vec<String> {
    let entries = fs::read_dir(dump.parent().unwrap()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
#[cfg(unix)]
fn the_journal_is_open_to_nobody_whom_the_dump_is_not_open_to() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    for mode in [0o600, 0o640, 0o644, 0o666, 0o400, 0o604, 0o755] {
        for group in [None, Some(4711)] {
            let (subject, _) = subject();
            if group.is_some() && chown(subject.path(), None, group).is_err() {
                continue;
            }
            fs::set_permissions(subject.path(), fs::Permissions::from_mode(mode)).unwrap();
            if fs::OpenOptions::new().write(true).open(subject.path()).is_err() {
                continue;
            }
            write(&subject, "a0");
            let journal = journal_of(subject.path()).metadata().unwrap();
            let found = journal.permissions().mode() & 0o7777;
            assert_eq!(found & !mode, 0, "{found:o} beside {mode:o}");
            if journal.gid() != subject.path().metadata().unwrap().gid() {
                // The dump's mode does not apply to the journal's group.
                assert_eq!(found & 0o060 & !(mode << 3), 0, "{found:o} beside {mode:o} of another group");
            } else {
                assert_eq!(found & 0o600, mode & 0o600, "{found:o} beside {mode:o}");
            }
        }
    }
}

#[test]
#[cfg(unix)]
fn behind_a_symbolic_link_the_journal_is_beside_the_dump_and_the_link_stays() {
    let (subject, offset) = subject();
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(subject.path(), &link).unwrap();
    let through = |verb: &str, arguments: &[&str]| {
        crate::support::command::run(
            crate::support::command::binary().arg(verb).arg(&link).args(arguments).arg("--json"),
            b"",
        )
    };
    through("write", &["@rsp", "a0a1"]).is_full(2);
    subject.changed_only(&[(offset as u64, &[0xa0, 0xa1])]);
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(beside(&link), ["link"]);
    assert!(journal_of(subject.path()).is_file());
    assert_eq!(through("log", &[]).json().as_array().unwrap().len(), 1);
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
    through("redo", &[]).exits(0);
    subject.changed_only(&[(offset as u64, &[0xa0, 0xa1])]);
}

#[test]
#[cfg(unix)]
fn all_hard_links_of_a_dump_see_an_edit_and_its_undo() {
    use std::os::unix::fs::MetadataExt;
    let (subject, _) = subject();
    let other = subject.folder().join("other");
    fs::hard_link(subject.path(), &other).unwrap();
    let inode = subject.path().metadata().unwrap().ino();
    write(&subject, "a0a1");
    assert_eq!(fs::read(&other).unwrap(), subject.now());
    subject.run("undo", &[]).exits(0);
    assert_eq!(fs::read(&other).unwrap(), subject.before());
    let inodes = [other.metadata().unwrap().ino(), subject.path().metadata().unwrap().ino()];
    assert_eq!(inodes, [inode; 2]);
}

#[test]
fn a_stale_journal_beside_a_fresh_dump_of_the_same_name_is_set_aside() {
    for longer in [false, true] {
        let (subject, offset) = subject();
        write(&subject, "a0");
        let stale = fs::read(journal_of(subject.path())).unwrap();
        // The new dump: another file, or the same one rewritten and longer.
        let mut fresh = subject.before().to_vec();
        if longer {
            fresh.push(0);
        } else {
            let new = subject.folder().join("new");
            fs::write(&new, &fresh).unwrap();
            fs::rename(&new, subject.path()).unwrap();
        }
        fs::write(subject.path(), &fresh).unwrap();
        subject.run("log", &[]).is_error("commit");
        subject.run("info", &[]).exits(0);
        assert_eq!(subject.now(), fresh);

        let notices = write(&subject, "b0");
        assert_eq!(notices, ["journal-stale"]);
        fresh[offset] = 0xb0;
        assert_eq!(subject.now(), fresh);
        assert_eq!(numbers(&subject), [1]);
        let aside = subject.path().with_extension("core.dumpedit.stale");
        assert_eq!(fs::read(aside).unwrap(), stale, "{:?}", beside(subject.path()));
        subject.run("undo", &["--all"]).exits(0);
        fresh[offset] = 1;
        assert_eq!(subject.now(), fresh);
    }
}

#[test]
fn a_dump_that_was_set_aside_twice_keeps_both_journals() {
    let (subject, _) = subject();
    for round in 0..3 {
        let mut longer = subject.before().to_vec();
        longer.resize(longer.len() + round, 0);
        fs::write(subject.path(), longer).unwrap();
        write(&subject, "a0");
    }
    assert_eq!(
        beside(subject.path()),
        ["memory.core", "memory.core.dumpedit", "memory.core.dumpedit.stale", "memory.core.dumpedit.stale2"]
    );
}

#[test]
fn an_unsealed_journal_over_a_dump_that_was_written_anew_is_refused_and_changes_nothing() {
    let (subject, offset) = subject();
    write(&subject, "a0a1");
    unseal(&subject);
    // The same inode and length, but the bytes of another process.
    let mut fresh = subject.before().to_vec();
    fresh[offset..offset + 2].fill(0x55);
    fs::write(subject.path(), &fresh).unwrap();
    let journal = fs::read(journal_of(subject.path())).unwrap();
    for (verb, arguments) in [("recover", &[][..]), ("undo", &[]), ("write", &["@rsp", "b0"])] {
        let message = subject.run(verb, arguments).is_error("unfinished");
        assert!(message.contains("was not recovered"), "{message}");
        let hint = subject.plain(verb, arguments).exits(2).stderr;
        assert!(hint.contains("remove") && hint.contains(".dumpedit"), "{hint}");
    }
    assert_eq!(subject.now(), fresh);
    assert_eq!(fs::read(journal_of(subject.path())).unwrap(), journal);
    // The user follows the hint after a look.
    fs::remove_file(journal_of(subject.path())).unwrap();
    write(&subject, "b0");
    assert_eq!(subject.now()[offset], 0xb0);
}

/// Removes the seal of the last entry, as if the edit had died just before it.
pub(super) fn unseal(subject: &Subject) {
    let mut journal = fs::read(journal_of(subject.path())).unwrap();
    let seal = journal.len() - 4;
    assert_eq!(journal[seal..], *b"DONE");
    journal[seal..].fill(0);
    fs::write(journal_of(subject.path()), journal).unwrap();
}

#[test]
fn a_journal_of_another_version_is_an_error_and_stays() {
    let (subject, _) = subject();
    write(&subject, "a0");
    let dump = subject.now();
    let mut journal = fs::read(journal_of(subject.path())).unwrap();
    journal[8] = 9;
    fs::write(journal_of(subject.path()), &journal).unwrap();
    for (verb, arguments) in [("log", &[][..]), ("undo", &[]), ("recover", &[]), ("write", &["@rsp", "b0"])] {
        let message = subject.run(verb, arguments).is_error("commit");
        assert!(message.contains("version 9"), "{message}");
    }
    subject.run("info", &[]).exits(0);
    assert_eq!(subject.now(), dump);
    assert_eq!(fs::read(journal_of(subject.path())).unwrap(), journal);
}

/// CRC-32, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
}

#[test]
fn a_journal_of_the_version_before_is_read_and_goes_on() {
    let (subject, _) = subject();
    write(&subject, "a0");
    let mut journal = fs::read(journal_of(subject.path())).unwrap();
    journal[8] = 2;
    let sum = crc32(&journal[..28]).to_le_bytes();
    journal[28..32].copy_from_slice(&sum);
    fs::write(journal_of(subject.path()), &journal).unwrap();
    let path = subject.path().to_str().unwrap();
    assert_eq!(subject.run("log", &[]).json().as_array().unwrap().len(), 1);
    crate::support::command::dumpedit(&["add", "memory", path, "0x10", "str:added"]).exits(0);
    // It contains a dump that grew, which the version before does not support.
    assert_eq!(fs::read(journal_of(subject.path())).unwrap()[8], 3);
    crate::support::command::dumpedit(&["undo", path, "--all"]).exits(0);
    subject.unchanged();
}

#[test]
fn a_journal_cut_at_any_length_does_no_harm() {
    let (subject, offset) = subject();
    write(&subject, "a0");
    subject.run("write", &["@rsp+1", "b0b1"]).is_full(2);
    let (dump, journal) = (subject.now(), fs::read(journal_of(subject.path())).unwrap());
    // Through the library: the binary would take seconds for this many lengths.
    let mut kept = std::collections::BTreeSet::new();
    for len in 0..journal.len() {
        fs::write(subject.path(), &dump).unwrap();
        fs::write(journal_of(subject.path()), &journal[..len]).unwrap();
        let history = dumpedit::History::of(subject.path());
        let entries = history.log().unwrap().entries;
        kept.insert(entries.len());
        history.recover(false).unwrap();
        assert_eq!(subject.now(), dump, "cut at {len}");
        let opened = dumpedit::Dump::open(subject.path()).unwrap();
        let mut edit = opened.edit();
        edit.write_bytes(dumpedit::Context::Process, RSP + 8, &[0xc0]).unwrap().complete().unwrap();
        edit.commit_with(dumpedit::CommitOptions::default().sync(false)).unwrap();
        assert_eq!(history.log().unwrap().entries.len(), entries.len() + 1, "cut at {len}");
        history.undo(dumpedit::UndoOptions::default().to(0)).unwrap();
        let mut expected = subject.before().to_vec();
        if entries.is_empty() {
            expected[offset] = 0xa0;
        }
        if entries.len() < 2 {
            expected[offset + 1..offset + 3].copy_from_slice(&[0xb0, 0xb1]);
        }
        assert_eq!(subject.now(), expected, "cut at {len}");
        for file in beside(subject.path()).iter().filter(|file| file.contains("stale")) {
            fs::remove_file(subject.folder().join(file)).unwrap();
        }
    }
    assert_eq!(kept.into_iter().collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_journal_with_any_byte_damaged_never_gives_wrong_bytes_back() {
    let (subject, _) = subject();
    write(&subject, "a0");
    subject.run("write", &["@rsp", "b0b1"]).is_full(2);
    let (dump, journal) = (subject.now(), fs::read(journal_of(subject.path())).unwrap());
    let mut one = subject.before().to_vec();
    let at = dump.iter().zip(&one).position(|(now, before)| now != before).unwrap();
    one[at] = 0xa0;
    let (mut refused, mut undone) = (0, 0);
    for damaged in 0..journal.len() {
        {
            let bit = [0x01, 0x80][damaged % 2];
            let mut journal = journal.clone();
            journal[damaged] ^= bit;
            fs::write(subject.path(), &dump).unwrap();
            fs::write(journal_of(subject.path()), &journal).unwrap();
            let history = dumpedit::History::of(subject.path());
            match history.undo(dumpedit::UndoOptions::default()) {
                Ok(_) => {
                    undone += 1;
                    let now = subject.now();
                    assert!(
                        now == one || now == dump,
                        "byte {damaged}, bit {bit:#x}: {:x?}",
                        &now[at..at + 2]
                    );
                }
                Err(_) => {
                    refused += 1;
                    assert_eq!(subject.now(), dump, "byte {damaged}, bit {bit:#x}");
                }
            }
            for file in beside(subject.path()).iter().filter(|file| file.contains("stale")) {
                fs::remove_file(subject.folder().join(file)).unwrap();
            }
        }
    }
    assert!(refused > journal.len() / 3 && undone > journal.len() / 3, "{refused} refused, {undone} undone");
}

#[test]
fn a_file_with_the_journals_name_that_is_none_is_left_as_it_is_and_the_edit_refused() {
    for garbage in [&b"notes of mine"[..], &[0xff; 200], b"DUMPEDI!"] {
        let (subject, _) = subject();
        fs::write(journal_of(subject.path()), garbage).unwrap();
        let before = journal_of(subject.path()).metadata().unwrap();
        for verb in ["log", "undo", "redo", "forget"] {
            let message = subject.run(verb, &[]).is_error("commit");
            assert!(message.contains("is not a journal"), "{message}");
        }
        subject.run("info", &[]).exits(0);
        is_refused_with_a_way_out(&subject);
        assert_eq!(fs::read(journal_of(subject.path())).unwrap(), garbage);
        let after = journal_of(subject.path()).metadata().unwrap();
        assert_eq!(before.permissions(), after.permissions());
        assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    }
}

#[test]
fn a_journal_that_was_not_finished_being_made_is_begun_anew() {
    for begun in [&b""[..], b"DUMPEDIT", &[0; 4096]] {
        let (subject, _) = subject();
        fs::write(journal_of(subject.path()), begun).unwrap();
        assert_eq!(numbers(&subject), [0; 0]);
        assert_eq!(write(&subject, "a0"), [""; 0]);
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn a_journals_name_that_is_taken_by_no_file_is_an_error_and_changes_nothing() {
    let (subject, _) = subject();
    fs::create_dir(journal_of(subject.path())).unwrap();
    is_refused_with_a_way_out(&subject);
    assert!(journal_of(subject.path()).is_dir());
    fs::remove_dir(journal_of(subject.path())).unwrap();
    #[cfg(unix)]
    for target in ["nowhere", "precious"] {
        let precious = subject.folder().join("precious");
        fs::write(&precious, b"precious").unwrap();
        std::os::unix::fs::symlink(subject.folder().join(target), journal_of(subject.path())).unwrap();
        is_refused_with_a_way_out(&subject);
        assert!(!subject.folder().join("nowhere").exists());
        assert_eq!(fs::read(precious).unwrap(), b"precious");
        fs::remove_file(journal_of(subject.path())).unwrap();
    }
    write(&subject, "a0");
}

#[track_caller]
fn is_refused_with_a_way_out(subject: &Subject) {
    subject.run("write", &["@rsp", "a0"]).is_error("commit");
    let told = subject.plain("write", &["@rsp", "a0"]).exits(2).stderr;
    assert!(told.contains("hint") && told.contains("-o OUT"), "{told}");
    subject.unchanged();
    let out = subject.folder().join("way-out");
    subject.run("write", &["@rsp", "a0", "-o", out.to_str().unwrap()]).exits(0);
    fs::remove_file(out).unwrap();
}

#[test]
#[cfg(unix)]
fn in_a_folder_that_cannot_be_written_an_edit_is_an_error_that_names_a_way_out() {
    use std::os::unix::fs::PermissionsExt;
    let (subject, _) = subject();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::set_permissions(subject.path(), fs::Permissions::from_mode(0o666)).unwrap();
    fs::set_permissions(elsewhere.path(), fs::Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(subject.folder(), fs::Permissions::from_mode(0o555)).unwrap();
    let somebody = crate::support::user::Ordinary::dumpedit();
    let run = |verb: &str, arguments: &[&str]| {
        let mut command = somebody.command();
        crate::support::command::run(command.arg(verb).arg(subject.path()).args(arguments), b"")
    };
    run("write", &["@rsp", "a0", "--json"]).is_error("commit");
    let told = run("write", &["@rsp", "a0"]).exits(2).stderr;
    assert!(told.contains("journal") && told.contains("-o OUT"), "{told}");
    run("undo", &["--json"]).is_error("commit");
    assert_eq!(
        run("recover", &["--json"]).exits(0).json(),
        json!({ "recovered": "nothing", "edits": [], "notices": [] })
    );
    subject.unchanged();
    run("write", &["@rsp", "a0", "-o", elsewhere.path().join("out").to_str().unwrap()]).exits(0);
    subject.unchanged();
    fs::set_permissions(subject.folder(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
#[cfg(unix)]
fn a_pipe_in_place_of_a_dump_is_an_error_and_nobody_waits_at_it() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    if !std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|status| status.success()) {
        crate::support::tools::skip("mkfifo is not here");
        return;
    }
    for verb in ["log", "undo", "recover"] {
        let line = [verb.as_ref(), pipe.as_os_str(), "--json".as_ref()];
        crate::support::command::dumpedit(&line).is_error("commit");
    }
    assert_eq!(beside(&pipe), ["pipe"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_journal_has_a_hole_where_the_old_bytes_are_zeros_and_takes_them_back() {
    use std::os::unix::fs::MetadataExt;
    const SIZE: u64 = 24 << 20;
    let mut core = ElfBuilder::x86_64();
    core.load_at(0x1000_0000, 0x1000, SIZE, SIZE);
    let subject = Subject::new(core.finish());
    let file = fs::File::options().write(true).open(subject.path()).unwrap();
    file.set_len(0x1000 + SIZE).unwrap();
    let before = subject.now();
    // Some bytes in the middle are not zero.
    subject.run("write", &["0x10800003", "str:here", "--no-undo"]).is_full(4);
    let with_text = subject.now();
    subject.run("fill", &["0x10000000..+0x1800000", "5a"]).is_full(SIZE);
    assert!(subject.now()[0x1000..].iter().all(|byte| *byte == 0x5a));
    let journal = journal_of(subject.path()).metadata().unwrap();
    assert!(journal.len() > SIZE && journal.blocks() * 512 < SIZE / 4, "{} blocks", journal.blocks());
    let log = subject.run("log", &["--verify"]).exits(0).json();
    assert_eq!(log["damage"].as_array().map(Vec::len), Some(0), "{log}");
    subject.run("undo", &[]).exits(0);
    assert!(subject.now() == with_text && with_text != before);
    subject.run("redo", &[]).exits(0);
    unseal(&subject);
    let mut half = with_text.clone();
    half[0x1000..0x90_0000].fill(0x5a);
    fs::write(subject.path(), half).unwrap();
    assert_eq!(subject.run("recover", &[]).exits(0).json()["recovered"], "old");
    assert!(subject.now() == with_text);
}
