//! One writer at a time, any number of readers, and every verb's report of an interrupted edit.

use std::fs;
use std::ops::ControlFlow;
use std::time::Duration;

use dumpedit::{CommitError, CommitOptions, Context, Dump, History, Progress, Recovered, UndoOptions};
use serde_json::{Value, json};

use super::journal_files::unseal;
use super::journal_of;
use crate::support::bytes::counting;
use crate::support::command::{dumpedit, notice, notices};
use crate::support::other_editor::OtherEditor;
use crate::support::process::{RSP, dumped};
use crate::support::subject::Subject;

fn subject() -> (Subject, usize) {
    let memory = counting(1, 64);
    let mut dumped = dumped(&[(RSP, &memory)]).remove(0);
    (dumped.subject, dumped.offsets.remove(0) as usize)
}

#[test]
fn while_one_writer_holds_the_dump_others_are_refused_after_their_wait_and_readers_go_on() {
    let (subject, offset) = subject();
    subject.run("write", &["@rsp", "a0"]).is_full(1);
    let holder = OtherEditor::of(subject.path());
    let before = (subject.now(), fs::read(journal_of(subject.path())).unwrap());
    for (verb, arguments) in [
        ("write", &["@rsp", "b0"][..]),
        ("write", &["@rsp", "b0", "--no-undo", "--no-sync"]),
        ("set", &["rax=1"]),
        ("undo", &[]),
        ("redo", &[]),
        ("forget", &[]),
        ("recover", &[]),
    ] {
        let arguments = [arguments, &["--wait", "0"]].concat();
        let message = subject.run(verb, &arguments).is_error("locked");
        assert!(message.contains("another process"), "{message}");
        assert_eq!(subject.plain(verb, &arguments).exits(2).stderr.lines().count(), 1);
    }
    let mut edit = Dump::open(subject.path()).unwrap().edit();
    edit.write_bytes(Context::Process, RSP, &[1]).unwrap().complete().unwrap();
    let at_once = CommitOptions::default().wait(Duration::ZERO);
    assert!(matches!(edit.commit_with(at_once), Err(CommitError::Locked { .. })));
    for verb in ["info", "threads", "regions", "regs", "log"] {
        let run = subject.plain(verb, &[]).exits(0);
        assert!(!run.stderr.contains("interrupted"), "{run}");
    }
    assert_eq!(subject.run("read", &["@rsp..+1"]).is_full(1)["bytes"], "a0");
    subject.run("write", &["@rsp", "b0", "--dry-run"]).exits(0);
    assert_eq!((subject.now(), fs::read(journal_of(subject.path())).unwrap()), before);

    drop(holder);
    subject.run("write", &["@rsp", "b0"]).is_full(1);
    assert_eq!(subject.now()[offset], 0xb0);
}

#[test]
fn an_edit_that_is_being_made_is_not_told_as_an_interrupted_one() {
    let (subject, _) = subject();
    subject.run("write", &["@rsp", "a0"]).is_full(1);
    unseal(&subject);
    let holder = OtherEditor::of(subject.path());
    assert!(!History::of(subject.path()).is_unfinished().unwrap());
    drop(holder);
    assert!(History::of(subject.path()).is_unfinished().unwrap());
}

#[test]
fn of_a_hundred_writers_at_once_each_gets_its_turn_and_finds_what_the_one_before_it_left() {
    const WRITERS: usize = 100;
    let (subject, offset) = subject();
    // Each adds one to a byte: the old value in its report is the one that it found, and no other process finds the same.
    let mut olds: Vec<String> = std::thread::scope(|scope| {
        let write = |number: usize| {
            let subject = &subject;
            let value = format!("{number:02x}");
            move || {
                let json = subject.run("write", &["@rsp", &value, "--wait", "600"]).is_full(1);
                json["edits"][0]["old"].as_str().unwrap().to_owned()
            }
        };
        let writers: Vec<_> = (0..WRITERS).map(|number| scope.spawn(write(number + 0x80))).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    olds.sort();
    olds.dedup();
    assert_eq!(olds.len(), WRITERS, "{olds:?}");
    let last = subject.now()[offset];
    subject.changed_only(&[(offset as u64, &[last])]);
    let entries = History::of(subject.path()).log().unwrap().entries;
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
    assert_eq!(numbers, (1..=WRITERS as u64).collect::<Vec<_>>());
    subject.run("undo", &["--all"]).exits(0);
    subject.unchanged();
}

/// A dump with one whole edit, a0 over 01, and an interrupted one with the first `written` of four bytes.
fn interrupted(written: usize) -> (Subject, usize) {
    let (subject, offset) = subject();
    subject.run("write", &["@rsp+16", "a0"]).is_full(1);
    let before = subject.now();
    subject.run("write", &["@rsp", "e0e1e2e3"]).is_full(4);
    unseal(&subject);
    let mut bytes = subject.now();
    bytes[offset + written..offset + 4].copy_from_slice(&before[offset + written..offset + 4]);
    fs::write(subject.path(), bytes).unwrap();
    (subject, offset)
}

#[test]
fn every_verb_says_that_an_edit_was_interrupted_and_how_it_is_ended() {
    let (subject, _) = interrupted(2);
    let verbs: [(&str, &[&str]); 9] = [
        ("info", &[]),
        ("threads", &[]),
        ("modules", &[]),
        ("regions", &[]),
        ("regs", &[]),
        ("read", &["@rsp..+4"]),
        ("where", &["@rsp"]),
        ("log", &[]),
        ("write", &["@rsp", "00", "--dry-run"]),
    ];
    let (bytes, journal) = (subject.now(), fs::read(journal_of(subject.path())).unwrap());
    for (verb, arguments) in verbs {
        let plain = subject.plain(verb, arguments).exits(0);
        assert!(plain.stderr.contains("interrupted"), "{plain}");
        let run = subject.run(verb, arguments).exits(0);
        match run.json() {
            // A list has no room for notices.
            Value::Array(_) => assert!(run.stderr.contains("interrupted"), "{run}"),
            object => {
                assert!(notices(&object).iter().any(|kind| kind.ends_with("interrupted")), "{object}");
                assert!(!run.stderr.contains("notice"), "{run}");
            }
        }
    }
    assert_eq!(subject.now(), bytes);
    assert_eq!(fs::read(journal_of(subject.path())).unwrap(), journal);
}

#[test]
fn recover_takes_back_what_is_in_part_there_and_keeps_what_is_whole() {
    for (written, name) in [(0, "old"), (1, "old"), (3, "old"), (4, "new")] {
        let (subject, offset) = interrupted(written);
        let json = subject.run("recover", &[]).exits(0).json();
        assert_eq!(json["recovered"], name);
        let restored = if name == "old" && written > 0 { 1 } else { 0 };
        assert_eq!(json["edits"].as_array().unwrap().len(), restored, "{json}");
        let whole = (offset as u64 + 16, &[0xa0][..]);
        match name {
            "old" => subject.changed_only(&[whole]),
            _ => subject.changed_only(&[whole, (offset as u64, &[0xe0, 0xe1, 0xe2, 0xe3])]),
        }
        let history = History::of(subject.path());
        assert!(!history.is_unfinished().unwrap());
        assert_eq!(history.recover(false).unwrap().recovered, Recovered::Nothing);
        assert_eq!(history.log().unwrap().entries.len(), if name == "old" { 1 } else { 2 });
        history.undo(UndoOptions::default().to(0)).unwrap();
        subject.unchanged();
    }
}

#[test]
fn the_next_edit_brings_an_interrupted_one_to_an_end_and_says_so() {
    for written in [0, 2, 4] {
        let (subject, offset) = interrupted(written);
        let json = subject.run("write", &["@rsp+2", "ccdd"]).is_full(2);
        notice(&json, "interrupted-edit-ended");
        let first = if written == 4 { [0xe0, 0xe1] } else { [1, 2] };
        let (at, rest) = (offset as u64, [0xcc, 0xdd]);
        subject.changed_only(&[(at, &first), (at + 2, &rest), (at + 16, &[0xa0])]);
        subject.run("undo", &["--all"]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn undo_takes_back_an_interrupted_edit_and_none_before_it() {
    for written in [0, 2, 4] {
        let (subject, offset) = interrupted(written);
        let json = subject.run("undo", &[]).exits(0).json();
        assert_eq!(json["undone"], json!([2]));
        notice(&json, "interrupted-edit-ended");
        subject.changed_only(&[(offset as u64 + 16, &[0xa0])]);
        let (subject, _) = interrupted(written);
        assert_eq!(subject.run("undo", &["--all"]).exits(0).json()["undone"], json!([2, 1]));
        subject.unchanged();
    }
}

#[test]
fn recovery_refuses_where_a_byte_is_neither_the_old_nor_the_new_one() {
    let (subject, offset) = interrupted(2);
    let mut bytes = subject.now();
    bytes[offset + 3] = 0x99;
    fs::write(subject.path(), &bytes).unwrap();
    let message = subject.run("recover", &[]).is_error("unfinished");
    assert!(message.contains(&format!("{:#x}", offset + 3)), "{message}");
    assert!(matches!(History::of(subject.path()).recover(false), Err(CommitError::NotRecovered { .. })));
    subject.run("write", &["@rsp+40", "00"]).is_error("unfinished");
    assert_eq!(subject.now(), bytes);
}

#[test]
fn a_dump_that_was_moved_with_its_journal_is_recovered_all_the_same() {
    let (subject, offset) = interrupted(2);
    let moved = subject.folder().join("moved");
    fs::copy(subject.path(), &moved).unwrap();
    fs::copy(journal_of(subject.path()), journal_of(&moved)).unwrap();
    let history = History::of(&moved);
    assert!(history.is_unfinished().unwrap());
    assert_eq!(history.recover(false).unwrap().recovered, Recovered::Old);
    let bytes = fs::read(&moved).unwrap();
    assert_eq!(bytes[offset..offset + 4], subject.before()[offset..offset + 4]);
    assert_eq!(history.log().unwrap().entries.len(), 1);
}

#[test]
fn what_could_have_been_recovered_is_not_set_aside_by_recover() {
    let (subject, _) = interrupted(2);
    let mut bytes = subject.now();
    bytes.pop();
    fs::write(subject.path(), &bytes).unwrap();
    let journal = fs::read(journal_of(subject.path())).unwrap();
    subject.run("recover", &[]).is_error("unfinished");
    assert_eq!((subject.now(), fs::read(journal_of(subject.path())).unwrap()), (bytes, journal));
}

#[test]
fn no_copy_is_made_of_a_half_edited_dump() {
    let (subject, _) = interrupted(2);
    let (out, before) = (subject.folder().join("out"), subject.now());
    subject.run("write", &["@rsp", "00", "-o", out.to_str().unwrap()]).is_error("unfinished");
    assert!(!out.exists());
    assert_eq!(subject.now(), before);
}

#[test]
fn a_library_edit_that_was_made_before_a_recovery_is_refused_and_can_be_made_again() {
    let (subject, offset) = interrupted(2);
    let write = || {
        let mut edit = Dump::open(subject.path()).unwrap().edit();
        edit.write_bytes(Context::Process, RSP, &[0x77]).unwrap().complete().unwrap();
        edit.commit()
    };
    assert!(matches!(write(), Err(CommitError::WasInterrupted { .. })));
    subject.changed_only(&[(offset as u64 + 16, &[0xa0])]);
    write().unwrap();
    assert_eq!(subject.now()[offset], 0x77);
}

#[test]
#[cfg_attr(
    windows,
    ignore = "Windows neither replaces a file that is mapped in one step nor removes it at once"
)]
fn an_edit_whose_name_is_lost_meanwhile_is_written_and_says_so() {
    let size = 4 << 20;
    let memory = counting(1, size);
    for given in [false, true] {
        let subject = dumped(&[(RSP, &memory)]).remove(0).subject;
        let (other, kept) = (subject.folder().join("other"), subject.folder().join("kept"));
        fs::copy(subject.path(), &other).unwrap();
        fs::hard_link(subject.path(), &kept).unwrap();
        let mut edit = Dump::open(subject.path()).unwrap().edit();
        edit.write_bytes(Context::Process, RSP, &vec![0xab; size]).unwrap().complete().unwrap();
        let mut lose = true;
        let mut progress = |_: Progress| {
            if std::mem::take(&mut lose) {
                if given {
                    fs::rename(&other, subject.path()).unwrap();
                } else {
                    fs::remove_file(subject.path()).unwrap();
                }
            }
            ControlFlow::Continue(())
        };
        let error = edit.commit_with(CommitOptions::default().progress(&mut progress)).unwrap_err();
        let how = if given { "was replaced by another file" } else { "was removed" };
        assert!(error.to_string().starts_with("the edit was written, but "), "{error}");
        assert!(error.to_string().contains(how), "{error}");
        assert!(matches!(error, CommitError::NameLost { .. }), "{error:?}");
        assert_ne!(fs::read(&kept).unwrap(), subject.before());
        if given {
            subject.unchanged();
        }
    }
}

#[test]
fn an_edit_is_refused_where_another_has_moved_its_location() {
    use crate::support::elf_builder::ElfBuilder;

    // A segment over the file's own headers lets an edit move the other one in the file.
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &counting(1, 16));
    core.load_at(0x9000, 0, 512, 512);
    let subject = Subject::new(core.finish());
    let mut edit = Dump::open(subject.path()).unwrap().edit();
    edit.write_bytes(Context::Process, 0x1000, &[0x77]).unwrap().complete().unwrap();
    // p_offset of the first program header.
    subject.run("write", &["0x9048", "u64:64", "--allow-structure"]).is_full(8);
    let before = subject.now();
    assert!(matches!(edit.commit(), Err(CommitError::Replaced { .. })));
    assert_eq!(subject.now(), before);
}

#[test]
#[cfg(unix)]
fn a_second_writer_is_refused_by_every_name_of_the_dump() {
    let (subject, _) = subject();
    let other = subject.folder().join("other");
    fs::hard_link(subject.path(), &other).unwrap();
    let holder = OtherEditor::of(subject.path());
    let edit = || {
        let mut edit = Dump::open(&other).unwrap().edit();
        edit.write_bytes(Context::Process, RSP, &[1]).unwrap().complete().unwrap();
        edit.commit_with(CommitOptions::default().wait(Duration::ZERO))
    };
    assert!(matches!(edit(), Err(CommitError::Locked { .. })));
    subject.unchanged();
    drop(holder);
    edit().unwrap();
}

#[test]
#[cfg(unix)]
fn a_journal_that_is_more_open_than_the_dump_is_narrowed() {
    use std::os::unix::fs::PermissionsExt;

    let (subject, _) = subject();
    fs::set_permissions(subject.path(), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(journal_of(subject.path()), b"").unwrap();
    fs::set_permissions(journal_of(subject.path()), fs::Permissions::from_mode(0o666)).unwrap();
    subject.run("write", &["@rsp", "a0"]).is_full(1);
    assert_eq!(fs::metadata(journal_of(subject.path())).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(target_os = "linux")]
#[test]
fn log_names_the_way_out_of_an_undo_and_a_redo_that_were_killed() {
    for verb in ["undo", "redo"] {
        for nth in 2.. {
            let subject = super::testdata("crash.dmp");
            let path = subject.path().to_str().unwrap();
            let name = ["add", "module", path, "0x71000", "--size", "4096", "--name", "x"];
            dumpedit(&name).exits(0);
            if verb == "redo" {
                subject.run("undo", &[]).exits(0);
            }
            if !super::killed_at_write(nth, verb, subject.path(), &[]) {
                return;
            }
            for more in [&[][..], &["--verify"]] {
                let told = subject.plain("log", more).exits(0);
                let hint = format!("dumpedit recover {path} finishes or undoes it");
                assert!(told.stderr.contains("was interrupted") && told.stderr.contains(&hint), "{told}");
                assert!(!told.stderr.contains("forget") && !told.text().contains("changed"), "{told}");
                assert!(told.text().contains("(not finished)"), "{told}");
            }
            let log = subject.run("log", &[]).exits(0).json();
            let kept = log.as_array().unwrap().len();
            assert_eq!(
                (kept, &log[0]["in_force"]),
                if verb == "undo" { (2, &json!(true)) } else { (3, &json!(false)) }
            );
            assert_eq!(log[kept - 1]["finished"], false);
            let recovered = subject.run("recover", &[]).exits(0).json()["recovered"].clone();
            if recovered == "new" {
                break;
            }
        }
    }
}

#[test]
fn an_interrupted_edit_is_not_in_force() {
    for written in [0, 2, 4] {
        let (subject, _) = interrupted(written);
        let log = subject.run("log", &[]).exits(0).json();
        assert_eq!((&log[0]["in_force"], &log[1]["in_force"]), (&json!(true), &json!(null)));
        let verified = subject.plain("log", &["--verify"]).exits(0);
        assert!(verified.text().contains("1 of the 1 edits in force"), "{verified}");
    }
}
