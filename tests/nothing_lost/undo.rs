//! Undo restores the old bytes of the file, and respects changes that others made since.

use dumpedit::{CommitError, CommitOptions, Context, Dump, History, Location, UndoOptions};
use serde_json::json;

use super::{journal_of, testdata};
use crate::support::bytes::counting;
use crate::support::corpus;
use crate::support::process::{RSP, dumped};
use crate::support::subject::Subject;

fn core() -> (Subject, u64) {
    let memory = counting(1, 64);
    let mut dumped = dumped(&[(RSP, &memory)]).remove(0);
    (dumped.subject, dumped.offsets.remove(0))
}

#[test]
fn undo_restores_every_kind_of_edit_byte_for_byte() {
    let edits: [(&str, &str, &[&str], i32); 8] = [
        ("crash.dmp", "write", &["@rsp", "0011223344556677"], 0),
        ("crash.dmp", "write", &["@rsp", "aa", "u32:7", "strz:abc"], 0),
        ("crash.dmp", "set", &["rip=0x401000", "rsp=0x10", "--context", "both"], 0),
        ("live.dmp", "set", &["zf=1", "cf=1", "al=0x7f"], 0),
        ("crash.core", "set", &["rip=0x401000", "zf=1", "xmm0.u32.2=7"], 0),
        ("crash.core", "set", &["ymm3=1"], 0),
        ("crash32.core", "set", &["eip=1", "esp=2", "ax=3"], 0),
        ("crash.core", "write", &["reg:rax+4", "0102030405060708"], 1),
    ];
    for (name, verb, arguments, code) in edits {
        let subject = testdata(name);
        subject.run(verb, arguments).exits(code);
        assert_ne!(subject.now(), subject.before(), "{name} {arguments:?}");
        let json = subject.run("undo", &[]).exits(0).json();
        assert_eq!(json["undone"], json!([1]));
        subject.unchanged();
    }
}

#[test]
fn whatever_byte_of_the_file_a_write_takes_undo_gives_back() {
    const OFFSETS: u64 = 24;
    let mut subjects: Vec<Subject> =
        ["crash.dmp", "crash.core", "crash32.core", "live.dmp"].map(testdata).into();
    let others = [corpus::minidumps(), corpus::cores()].concat().into_iter().step_by(12);
    subjects.extend(others.filter_map(|path| {
        let is_small = path.metadata().is_ok_and(|metadata| metadata.len() < 1 << 20);
        Dump::open(&path).ok().filter(|_| is_small)?;
        Some(Subject::new(std::fs::read(path).unwrap()))
    }));
    let mut random = 1u64;
    let (mut written, mut undone) = (0, 0);
    for subject in subjects {
        let size = subject.before().len() as u64;
        for round in 0..OFFSETS {
            random = random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            // Most tables are at the start.
            let at = (random >> 20) % if round % 2 == 0 { size.min(0x3000) } else { size };
            let mut edit = Dump::open(subject.path()).unwrap().edit();
            if edit.write_bytes(Context::Process, Location::Offset(at), b"AAAA").is_err() {
                continue;
            }
            edit.commit_with(CommitOptions::default().sync(false)).unwrap();
            written += 1;
            match History::of(subject.path()).undo(UndoOptions::default()) {
                Ok(_) => undone += 1,
                Err(error) => panic!("{at:#x}: {error}"),
            }
            subject.unchanged();
        }
    }
    assert!(written > 20 && undone == written, "{undone} of {written}");
}

#[test]
fn undo_of_a_partial_write_restores_the_part() {
    let memory = counting(1, 16);
    for dumped in dumped(&[(RSP, &memory)]) {
        dumped.subject.run("write", &["@rsp+12", "a0a1a2a3a4a5"]).is_partial(6, 4, "0x7ffe1010", "unmapped");
        let json = dumped.subject.run("undo", &[]).is_full(4);
        assert_eq!(json["edits"][0]["old"], "a0a1a2a3");
        assert_eq!(json["edits"][0]["new"], "0d0e0f10");
        dumped.subject.unchanged();
    }
}

#[test]
fn a_set_that_wakes_a_vector_register_is_undone_with_its_header_bit() {
    let subject = testdata("crash.core");
    let json = subject.run("set", &["ymm5=0x123456789abcdef0123456789abcdef01"]).exits(0).json();
    assert!(!json["edits"].as_array().unwrap().is_empty());
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
}

#[test]
fn undo_goes_back_edit_by_edit_and_redo_goes_on_again() {
    let (subject, offset) = core();
    subject.run("write", &["@rsp", "ffff"]).is_full(2);
    subject.run("write", &["@rsp+1", "eeee"]).is_full(2);
    assert_eq!(subject.run("undo", &[]).exits(0).json()["undone"], json!([2]));
    subject.changed_only(&[(offset, &[0xff, 0xff])]);
    assert_eq!(subject.run("undo", &[]).exits(0).json()["undone"], json!([1]));
    subject.unchanged();
    let message = subject.run("undo", &[]).is_error("commit");
    assert!(message.contains("no edits to undo"), "{message}");
    assert_eq!(subject.run("redo", &[]).exits(0).json()["redone"], json!([1]));
    subject.changed_only(&[(offset, &[0xff, 0xff])]);
    assert_eq!(subject.run("redo", &["--all"]).exits(0).json()["redone"], json!([2]));
    subject.changed_only(&[(offset, &[0xff, 0xee, 0xee])]);
    assert!(subject.run("redo", &[]).is_error("commit").contains("no undone edits"));
    let log = subject.run("log", &[]).exits(0).json();
    let kinds: Vec<&str> =
        log.as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["edit", "edit", "undo", "undo", "redo", "redo"]);
}

#[test]
fn a_new_edit_ends_what_could_be_done_again_and_the_log_shows_what_is_in_force() {
    let (subject, offset) = core();
    subject.run("write", &["@rsp", "a0"]).is_full(1);
    subject.run("write", &["@rsp+1", "b0"]).is_full(1);
    subject.run("undo", &[]).exits(0);
    let told = subject.plain("log", &[]).exits(0).text().to_owned();
    assert_eq!(told.matches("(undone)").count(), 1, "{told}");
    subject.run("write", &["@rsp+2", "c0"]).is_full(1);
    subject.run("redo", &[]).is_error("commit");
    let log = subject.run("log", &[]).exits(0).json();
    let in_force: Vec<_> = log.as_array().unwrap().iter().map(|entry| entry["in_force"].clone()).collect();
    assert_eq!(in_force, [json!(true), json!(false), json!(null), json!(true)]);
    subject.changed_only(&[(offset, &[0xa0]), (offset + 2, &[0xc0])]);
    subject.run("undo", &["--all"]).exits(0);
    subject.unchanged();
}

#[test]
fn redo_refuses_where_something_else_has_changed_the_bytes_since() {
    let (subject, offset) = core();
    subject.run("write", &["@rsp", "ffff"]).is_full(2);
    subject.run("undo", &[]).exits(0);
    let mut bytes = subject.now();
    bytes[offset as usize] = 0x77;
    std::fs::write(subject.path(), &bytes).unwrap();
    subject.run("redo", &[]).is_error("expect");
    assert_eq!(subject.now(), bytes);
    subject.run("redo", &["--discard-later"]).exits(0);
    subject.changed_only(&[(offset, &[0xff, 0xff])]);
}

#[test]
fn undo_to_a_number_takes_back_all_that_came_after_it() {
    let (subject, offset) = core();
    subject.run("write", &["@rsp", "a1a1a1a1"]).is_full(4);
    subject.run("write", &["@rsp+2", "b2b2b2b2"]).is_full(4);
    subject.run("write", &["@rsp+1", "c3"]).is_full(1);
    let json = subject.run("undo", &["--to", "1"]).exits(0).json();
    assert_eq!(json["undone"], json!([3, 2]));
    subject.changed_only(&[(offset, &[0xa1; 4])]);
    assert_eq!(subject.run("undo", &["--all"]).exits(0).json()["undone"], json!([1]));
    subject.unchanged();
}

#[test]
fn the_library_undoes_to_a_number_and_says_what_it_changed() {
    let (subject, offset) = core();
    for byte in [1u8, 2, 3] {
        let mut edit = Dump::open(subject.path()).unwrap().edit();
        edit.write_bytes(Context::Process, RSP + u64::from(byte), &[0xe0 | byte])
            .unwrap()
            .complete()
            .unwrap();
        edit.commit().unwrap();
    }
    let history = History::of(subject.path());
    assert_eq!(history.log().unwrap().entries.len(), 3);
    let undone = history.undo(UndoOptions::default().to(1)).unwrap();
    assert_eq!(undone.numbers, [3, 2]);
    let extents: Vec<_> =
        undone.extents.iter().map(|extent| (extent.file_offset, extent.old, extent.new)).collect();
    assert_eq!(extents, [(offset + 2, &[0xe2][..], &[3][..]), (offset + 3, &[0xe3], &[4])]);
    subject.changed_only(&[(offset + 1, &[0xe1])]);
    history.undo(UndoOptions::default().to(0)).unwrap();
    subject.unchanged();
}

#[test]
fn undo_refuses_where_something_else_has_changed_the_bytes_since() {
    let (subject, offset) = core();
    subject.run("write", &["@rsp", "a0a1a2a3"]).is_full(4);
    let mut bytes = subject.now();
    bytes[offset as usize + 2] = 0x77;
    std::fs::write(subject.path(), &bytes).unwrap();
    let run = subject.run("undo", &[]);
    let message = run.is_error("expect");
    assert!(message.contains(&format!("{:#x}", offset + 2)), "{message}");
    assert!(subject.plain("undo", &[]).exits(2).stderr.contains("--discard-later"));
    assert_eq!(subject.now(), bytes);
    assert!(matches!(
        History::of(subject.path()).undo(UndoOptions::default()),
        Err(CommitError::ChangedSince { file_offset, .. }) if file_offset == offset + 2
    ));
    assert_eq!(History::of(subject.path()).log().unwrap().entries.len(), 1, "a refusal is not an entry");

    let json = subject.run("undo", &["--discard-later"]).exits(0).json();
    assert_eq!(json["edits"][0]["old"], "a0a177a3", "what is discarded is told");
    subject.unchanged();
    let log = subject.run("log", &[]).exits(0).json();
    assert_eq!(log[1]["edits"][0]["old"], "a0a177a3", "and the journal keeps it");
    subject.run("redo", &[]).exits(0);
    subject.changed_only(&[(offset, &[0xa0, 0xa1, 0xa2, 0xa3])]);
}

#[test]
fn undo_leaves_alone_what_others_changed_elsewhere() {
    let (subject, offset) = core();
    subject.run("write", &["@rsp", "a0a1"]).is_full(2);
    let mut bytes = subject.now();
    bytes[offset as usize + 5] = 0x77;
    std::fs::write(subject.path(), &bytes).unwrap();
    subject.run("undo", &[]).exits(0);
    subject.changed_only(&[(offset + 5, &[0x77])]);
}

#[test]
fn where_there_is_nothing_to_undo_it_is_an_error_and_no_journal_appears() {
    let (subject, _) = core();
    for arguments in [&[][..], &["--all"], &["--to", "0"], &["--discard-later"]] {
        subject.run("undo", arguments).is_error("commit");
    }
    assert!(!journal_of(subject.path()).exists());
    assert!(matches!(
        History::of(subject.path()).undo(UndoOptions::default()),
        Err(CommitError::NothingToUndo { latest: 0, .. })
    ));
    subject.run("write", &["@rsp", "00"]).is_full(1);
    for to in ["1", "2", "18446744073709551615"] {
        subject.run("undo", &["--to", to]).is_error("commit");
    }
    assert_eq!(subject.run("log", &[]).json().as_array().unwrap().len(), 1);
}

#[test]
fn a_partial_edit_says_how_it_is_taken_back_only_where_it_can_be() {
    let memory = counting(1, 4);
    for (arguments, told) in [(&[][..], true), (&["--no-undo"], false), (&["--dry-run"], false)] {
        let subject = dumped(&[(RSP, &memory)]).remove(0).subject;
        let arguments = [&["@rsp", "a0a1a2a3a4a5"], arguments].concat();
        let run = subject.plain("write", &arguments).exits(1);
        assert_eq!(run.stderr.contains("dumpedit undo"), told, "{run}");
    }
}

#[test]
fn a_dry_run_of_undo_or_redo_tells_the_same_and_changes_nothing() {
    let (subject, _) = core();
    subject.run("write", &["@rsp", "ffff"]).is_full(2);
    subject.run("write", &["@rsp+1", "eeee"]).is_full(2);
    let state = || (subject.now(), std::fs::read(journal_of(subject.path())).unwrap());
    for (verb, arguments) in [("undo", &["--all"][..]), ("undo", &[]), ("redo", &[])] {
        let before = state();
        let dry = subject.run(verb, &[arguments, &["--dry-run"]].concat()).exits(0).json();
        assert!(state() == before, "{verb} {arguments:?}");
        assert_eq!(dry["dry_run"], true);
        let mut done = subject.run(verb, arguments).exits(0).json();
        assert!(state() != before, "{verb} {arguments:?}");
        done["dry_run"] = json!(true);
        assert_eq!(done, dry);
        if verb == "undo" && arguments == ["--all"] {
            subject.run("redo", &["--all"]).exits(0);
        }
    }
    let plain = subject.plain("undo", &["--dry-run"]).exits(0);
    assert!(plain.text().starts_with("would undo edit 2 (2 bytes)\n"), "{plain}");
    let message = subject.run("redo", &["--dry-run"]).is_error("commit");
    assert!(message.contains("no undone edits"), "{message}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_dry_run_of_undo_leaves_an_interrupted_edit_to_be_recovered() {
    let (subject, _) = core();
    if !super::killed_at_write(3, "write", subject.path(), &["@rsp", "ffff"]) {
        return;
    }
    let state = || (subject.now(), std::fs::read(journal_of(subject.path())).unwrap());
    let before = state();
    let run = subject.run("undo", &["--dry-run"]);
    run.is_error("unfinished");
    assert!(run.json()["error"]["hint"].as_str().unwrap().starts_with("dumpedit recover "), "{run}");
    assert!(state() == before);
}
