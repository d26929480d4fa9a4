//! A dump's edits in the log, and edits that leave no trace in it.

use std::time::{SystemTime, UNIX_EPOCH};

use dumpedit::{CommitError, CommitOptions, Context, Dump, EntryKind, History, UndoOptions};
use serde_json::{Value, json};

use super::journal_of;
use crate::support::bytes::{counting, hex};
use crate::support::process::{RSP, TID, dumped};
use crate::support::subject::Subject;

fn subject() -> (Subject, u64) {
    let memory = counting(1, 256);
    let mut dumped = dumped(&[(RSP, &memory)]).remove(0);
    (dumped.subject, dumped.offsets.remove(0))
}

fn entries(subject: &Subject) -> Vec<Value> {
    subject.run("log", &[]).exits(0).json().as_array().unwrap().clone()
}

#[test]
fn the_log_has_number_kind_time_command_and_every_byte() {
    let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (subject, offset) = subject();
    let new = hex(&counting(0x80, 200));
    subject.run("write", &["@rsp+4", &new]).is_full(200);
    subject.run("set", &["rax=7", "--thread", &TID.to_string()]).is_full(8);
    subject.run("undo", &[]).exits(0);

    let log = entries(&subject);
    assert_eq!(log.len(), 3);
    for (entry, (number, kind)) in log.iter().zip([(1, "edit"), (2, "edit"), (3, "undo")]) {
        assert_eq!((&entry["number"], &entry["kind"]), (&json!(number), &json!(kind)));
        let time = entry["time"].as_u64().unwrap();
        let ended = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!((began..=ended).contains(&time), "{entry}");
    }
    assert_eq!(log[0]["command"], format!("write @rsp+0x4 hex:{new}"));
    assert_eq!(log[1]["command"], format!("set rax=7 --thread {TID}"));
    assert_eq!((&log[2]["command"], &log[2]["to"]), (&json!("undo --to 1"), &json!(1)));
    assert!(log[1].get("to").is_none());
    assert_eq!(
        log[0]["edits"],
        json!([{
            "location": format!("{:#x}", RSP + 4),
            "file_offset": offset + 4,
            "length": 200,
            "old": hex(&counting(5, 200)),
            "new": new,
        }])
    );
    assert_eq!(log[2]["edits"][0]["old"], log[1]["edits"][0]["new"]);
    assert_eq!(log[2]["edits"][0]["new"], log[1]["edits"][0]["old"]);
    let location = log[1]["edits"][0]["location"].as_str().unwrap();
    assert!(location.starts_with("reg:rax"), "{location}");
}

#[test]
fn for_people_the_log_is_a_line_an_edit_and_its_bytes_are_shortened() {
    let (subject, _) = subject();
    assert_eq!(subject.plain("log", &[]).exits(0).text(), "");
    subject.run("write", &["@rsp", &hex(&[0xee; 200])]).is_full(200);
    subject.run("set", &["rax=7"]).is_full(8);
    let run = subject.plain("log", &[]).exits(0);
    let lines: Vec<&str> = run.text().lines().collect();
    assert!(lines[0].starts_with("1  ") && lines[0].contains("write @rsp"), "{run}");
    assert!(lines[1].contains("0x7ffe1000") && lines[1].contains(" -> "), "{run}");
    assert!(lines[1].len() < 200, "{run}");
    assert!(lines[2].starts_with("2  ") && lines[2].ends_with("set rax=7"), "{run}");
}

#[test]
fn the_log_of_a_dump_is_the_history_that_the_library_gives() {
    let (subject, offset) = subject();
    let dump = Dump::open(subject.path()).unwrap();
    let mut edit = dump.edit();
    edit.write_bytes(Context::Process, RSP, &[0xaa, 0xbb]).unwrap().complete().unwrap();
    edit.write_bytes(Context::Process, RSP + 9, &[0xcc]).unwrap().complete().unwrap();
    edit.commit_with(CommitOptions::default().command("two stretches")).unwrap();
    let history = History::of(subject.path()).log().unwrap().entries;
    assert_eq!(history.len(), 1);
    assert_eq!((history[0].number, history[0].kind), (1, EntryKind::Edit));
    assert_eq!(history[0].command, "two stretches");
    let extents: Vec<_> =
        history[0].extents.iter().map(|extent| (extent.file_offset, extent.old, extent.new)).collect();
    assert_eq!(extents, [(offset, &[1, 2][..], &[0xaa, 0xbb][..]), (offset + 9, &[10], &[0xcc])]);
    assert!(!History::of(subject.path()).is_unfinished().unwrap());
}

#[test]
#[cfg_attr(windows, ignore = "Windows does not replace a file that is mapped")]
fn a_history_is_that_of_the_file_which_the_name_leads_to_now() {
    let (subject, offset) = subject();
    let dump = Dump::open(subject.path()).unwrap();
    let (by_name, by_dump) = (History::of(subject.path()), dump.history().unwrap());
    subject.run("write", &["@rsp", "a0"]).is_full(1);
    for history in [&by_name, &by_dump] {
        assert_eq!(history.log().unwrap().entries[0].in_force, Some(true));
    }
    let other = subject.folder().join("other");
    std::fs::write(&other, subject.before()).unwrap();
    std::fs::rename(&other, subject.path()).unwrap();
    for history in [&by_name, &by_dump] {
        assert!(matches!(history.log(), Err(CommitError::OtherJournal { .. })));
        let mut read = [0];
        let now = history.dump().unwrap();
        now.read_bytes(Context::Process, RSP, &mut read).unwrap().complete().unwrap();
        assert_eq!(read, subject.before()[offset as usize..][..1]);
        assert!(matches!(history.undo(UndoOptions::default()), Err(CommitError::ChangedSince { .. })));
    }
    subject.unchanged();
}

#[test]
fn an_edit_that_keeps_nothing_removes_its_journal_or_leaves_the_earlier_entries() {
    let (subject, offset) = subject();
    subject.run("write", &["@rsp", "a0", "--no-undo"]).is_full(1);
    assert!(!journal_of(subject.path()).exists());
    subject.run("undo", &[]).is_error("commit");
    subject.changed_only(&[(offset, &[0xa0])]);

    subject.run("write", &["@rsp+1", "b0"]).is_full(1);
    subject.run("write", &["@rsp+2", "c0c1", "--no-undo", "--no-sync"]).is_full(2);
    let told = subject.plain("log", &[]).exits(0).text().to_owned();
    assert!(told.contains("cannot be undone"), "{told}");
    subject.run("undo", &[]).exits(0);
    subject.changed_only(&[(offset, &[0xa0]), (offset + 2, &[0xc0, 0xc1])]);
}

#[test]
fn an_edit_that_keeps_nothing_over_a_kept_one_does_not_make_the_journal_another_files() {
    let (subject, offset) = subject();
    subject.run("write", &["@rsp", "a0"]).is_full(1);
    subject.run("write", &["@rsp", "b0", "--no-undo"]).is_full(1);
    let json = subject.run("write", &["@rsp+1", "c0"]).is_full(1);
    assert_eq!(json["notices"], json!([]));
    subject.run("undo", &[]).exits(0);
    subject.changed_only(&[(offset, &[0xb0])]);
    subject.run("undo", &[]).is_error("expect");
    subject.changed_only(&[(offset, &[0xb0])]);
}

#[test]
fn an_edit_without_syncs_is_undone_like_any_other() {
    let (subject, _) = subject();
    subject.run("write", &["@rsp", "a0a1a2", "--no-sync"]).is_full(3);
    assert_eq!(entries(&subject).len(), 1);
    subject.run("undo", &[]).is_full(3);
    subject.unchanged();
}

#[test]
fn what_does_not_edit_the_dump_leaves_no_journal() {
    let (subject, _) = subject();
    let out = subject.folder().join("out");
    let wrong = "00000000";
    subject.run("write", &["@rsp", "a0", "--dry-run"]).exits(0);
    subject.run("write", &["@rsp", "a0", "-o", out.to_str().unwrap()]).exits(0);
    subject.run("write", &["@rsp", "a0a1a2a3", "--expect", wrong]).is_error("expect");
    subject.run("write", &["0x10", "a0"]).is_error("unmapped");
    for verb in ["info", "threads", "regions", "regs", "log", "recover"] {
        subject.run(verb, &[]).exits(0);
    }
    for dump in [subject.path(), &out] {
        assert!(!journal_of(dump).exists(), "{}", dump.display());
    }
    assert_eq!(std::fs::read_dir(subject.folder()).unwrap().count(), 2, "the dump and its edited copy");
}

#[test]
fn recover_says_in_json_and_in_words_that_there_is_nothing_to_do() {
    let (subject, _) = subject();
    assert_eq!(
        subject.run("recover", &[]).exits(0).json(),
        json!({ "recovered": "nothing", "edits": [], "notices": [] })
    );
    subject.run("write", &["@rsp", "a0"]).is_full(1);
    let bytes = subject.now();
    assert_eq!(
        subject.run("recover", &[]).exits(0).json(),
        json!({ "recovered": "nothing", "edits": [], "notices": [] })
    );
    assert_eq!(subject.plain("recover", &[]).exits(0).text(), "no edit was interrupted\n");
    assert_eq!(subject.now(), bytes);
}

#[test]
fn the_history_of_what_is_no_file_is_an_error() {
    let (subject, _) = subject();
    let missing = subject.folder().join("missing");
    for path in [subject.folder(), &missing] {
        for verb in ["log", "undo", "recover"] {
            let run =
                crate::support::command::dumpedit(&[verb.as_ref(), path.as_os_str(), "--json".as_ref()]);
            run.is_error("commit");
        }
    }
}
