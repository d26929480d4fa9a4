//! A journal belongs to a dump's contents: it stays valid for copies, does not match another dump, and its damaged parts are reported and
//! never cut off.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::journal_files::unseal;
use super::journal_of;
use crate::support::bytes::counting;
use crate::support::command::{Run, binary, notice, notices, run};
use crate::support::elf_builder::ElfBuilder;
use crate::support::process::{RSP, dumped};
use crate::support::subject::Subject;

fn subject() -> (Subject, usize) {
    let memory = counting(1, 64);
    let mut dumped = dumped(&[(RSP, &memory)]).remove(0);
    (dumped.subject, dumped.offsets.remove(0) as usize)
}

/// A dump with three edits: a0 at the stack pointer, b0 and c0 in the two bytes behind it.
fn edited() -> (Subject, usize) {
    let (subject, offset) = subject();
    for (at, value) in [("@rsp", "a0"), ("@rsp+1", "b0"), ("@rsp+2", "c0")] {
        subject.run("write", &[at, value]).is_full(1);
    }
    (subject, offset)
}

fn on(verb: &str, dump: &Path, arguments: &[&str]) -> Run {
    run(binary().arg(verb).arg(dump).args(arguments).arg("--json"), b"")
}

fn copy_with_journal(subject: &Subject, name: &str) -> PathBuf {
    let copy = subject.folder().join(name);
    fs::copy(subject.path(), &copy).unwrap();
    fs::copy(journal_of(subject.path()), journal_of(&copy)).unwrap();
    copy
}

/// Offset of each entry in a journal.
fn entries(journal: &[u8]) -> Vec<usize> {
    journal.windows(4).enumerate().filter(|(_, bytes)| bytes == b"EDIT").map(|(at, _)| at).skip(1).collect()
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

fn listing(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_copy_that_took_its_journal_along_is_undone_and_the_original_stays() {
    let (subject, _) = edited();
    let copy = copy_with_journal(&subject, "copy");
    let before = (subject.now(), fs::read(journal_of(subject.path())).unwrap());
    assert_eq!(on("log", &copy, &[]).exits(0).json().as_array().unwrap().len(), 3);
    assert_eq!(on("undo", &copy, &[]).exits(0).json()["undone"], json!([3]));
    assert_eq!(on("undo", &copy, &["--all"]).exits(0).json()["undone"], json!([2, 1]));
    assert_eq!(fs::read(&copy).unwrap(), subject.before());
    assert_eq!((subject.now(), fs::read(journal_of(subject.path())).unwrap()), before);
}

#[test]
fn a_dump_that_was_moved_or_restored_from_a_backup_goes_on_with_its_journal() {
    let (subject, offset) = edited();
    let (dump, journal) = (subject.now(), fs::read(journal_of(subject.path())).unwrap());
    // The backup: new inodes under the old names.
    fs::remove_file(subject.path()).unwrap();
    fs::remove_file(journal_of(subject.path())).unwrap();
    fs::write(subject.path(), dump).unwrap();
    fs::write(journal_of(subject.path()), journal).unwrap();
    let json = subject.run("write", &["@rsp+3", "d0"]).is_full(1);
    assert_eq!(notices(&json), [""; 0]);
    assert_eq!(subject.run("undo", &["--to", "1"]).exits(0).json()["undone"], json!([4, 3, 2]));
    subject.changed_only(&[(offset as u64, &[0xa0])]);
}

#[test]
fn verbs_that_change_nothing_leave_dump_journal_and_folder_as_they_are() {
    let (subject, _) = edited();
    // For some, the journal belongs to another file, and for others it is damaged.
    for what in ["fine", "other header", "other bytes", "damaged", "cut"] {
        let copy = copy_with_journal(&subject, "copy");
        match what {
            "other header" => flip(&copy, 8),
            "other bytes" => {
                let mut bytes = subject.before().to_vec();
                bytes[200] ^= 1;
                fs::write(&copy, bytes).unwrap();
            }
            "damaged" => flip(&journal_of(&copy), 60),
            "cut" => {
                let journal = fs::read(journal_of(&copy)).unwrap();
                fs::write(journal_of(&copy), &journal[..journal.len() - 7]).unwrap();
            }
            _ => {}
        }
        let before =
            (fs::read(&copy).unwrap(), fs::read(journal_of(&copy)).unwrap(), listing(subject.folder()));
        for (verb, arguments) in [
            ("info", &[][..]),
            ("log", &[]),
            ("log", &["--verify"]),
            ("undo", &["--to", "99"]),
            ("redo", &[]),
            ("recover", &[]),
            ("write", &["@rsp", "00", "--dry-run"]),
            ("write", &["@rsp", "00", "--expect", "77"]),
        ] {
            on(verb, &copy, arguments);
            let after =
                (fs::read(&copy).unwrap(), fs::read(journal_of(&copy)).unwrap(), listing(subject.folder()));
            assert!(before == after, "{what}: {verb} {arguments:?}");
        }
        fs::remove_file(&copy).unwrap();
        fs::remove_file(journal_of(&copy)).unwrap();
    }
}

#[test]
fn another_dump_copied_over_the_same_file_keeps_its_bytes_and_is_told_no_edits() {
    for (same_header, kind) in [(false, "commit"), (true, "expect")] {
        let (subject, offset) = edited();
        let mut other = subject.before().to_vec();
        other[offset..offset + 64].reverse();
        if !same_header {
            // Another process's: the size of the note segment differs.
            other[64 + 40] ^= 1;
        }
        fs::write(subject.path(), &other).unwrap();
        let journal = fs::read(journal_of(subject.path())).unwrap();
        let undo = subject.run("undo", &[]).is_error(kind);
        assert!(!undo.is_empty());
        subject.run("undo", &["--all"]).is_error(kind);
        assert_eq!(subject.now(), other);
        assert_eq!(fs::read(journal_of(subject.path())).unwrap(), journal);
        subject.run("log", &[]).is_error("commit");
        let told = subject.plain("log", &[]).exits(2).stderr;
        assert!(told.contains("belongs to another file") && told.contains("hint"), "{told}");
        // The next edit sets the whole journal aside, with a notice.
        let edit = subject.run("write", &["@rsp+3", "d0"]).is_full(1);
        notice(&edit, "journal-stale");
        assert_eq!(fs::read(subject.path().with_extension("core.dumpedit.stale")).unwrap(), journal);
        subject.run("undo", &[]).exits(0);
        assert_eq!(subject.now(), other);
    }
}

#[test]
fn one_flipped_byte_anywhere_in_an_entry_is_told_and_no_entry_is_cut_away() {
    let (subject, offset) = edited();
    let journal = fs::read(journal_of(subject.path())).unwrap();
    let begins = entries(&journal);
    assert_eq!(begins.len(), 3);
    let (dump, ends) = (subject.now(), [begins[1], begins[2], journal.len()]);
    for (index, (begin, end)) in begins.iter().zip(ends).enumerate() {
        for at in (*begin..end).step_by(7) {
            // The seal of an entry matters for the last one only, where the dump's contents replace it.
            if at >= end - 4 {
                continue;
            }
            let copy = subject.folder().join("copy");
            fs::write(&copy, &dump).unwrap();
            fs::write(journal_of(&copy), &journal).unwrap();
            flip(&journal_of(&copy), at);
            let log = dumpedit::History::of(&copy).log().unwrap();
            let numbers: Vec<u64> = log.entries.iter().map(|entry| entry.number).collect();
            let damaged = index as u64 + 1;
            let left: Vec<u64> = (1..=3).filter(|number| *number != damaged).collect();
            assert_eq!(numbers, left, "byte {at}");
            let told: Vec<u64> = log.damage.iter().map(|damage| damage.number).collect();
            assert_eq!(told, [damaged], "byte {at}");
            // Readable entries are undone; others stay, and are named.
            let undone = dumpedit::History::of(&copy).undo(dumpedit::UndoOptions::default().to(0)).unwrap();
            assert_eq!(undone.passed_over, [damaged], "byte {at}");
            let mut expected = subject.before().to_vec();
            expected[offset + index] = dump[offset + index];
            assert_eq!(fs::read(&copy).unwrap(), expected, "byte {at}");
            for name in listing(subject.folder()) {
                if name.starts_with("copy") {
                    fs::remove_file(subject.folder().join(name)).unwrap();
                }
            }
        }
    }
}

#[test]
fn a_damaged_journal_is_told_by_the_log_and_set_aside_aloud_by_the_next_edit() {
    let (subject, offset) = edited();
    let journal = fs::read(journal_of(subject.path())).unwrap();
    let last = *entries(&journal).last().unwrap();
    flip(&journal_of(subject.path()), last + 20);
    let damaged = fs::read(journal_of(subject.path())).unwrap();
    let log = subject.run("log", &[]).exits(1);
    assert_eq!(log.json().as_array().unwrap().len(), 2);
    assert!(log.stderr.contains("entry 3 is damaged"), "{log}");
    let verified = subject.run("log", &["--verify"]).exits(1).json();
    assert_eq!(verified["damage"][0]["number"], 3);
    assert_eq!(verified["damage"][0]["length"], journal.len() - last);

    let edit = subject.run("write", &["@rsp+3", "d0"]).is_full(1);
    notice(&edit, "journal-damaged");
    assert_eq!(fs::read(subject.path().with_extension("core.dumpedit.damaged")).unwrap(), damaged);
    // Readable entries were carried over, and others are still named.
    let log = subject.run("log", &[]).exits(1);
    let numbers: Vec<u64> =
        log.json().as_array().unwrap().iter().map(|entry| entry["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 4]);
    assert!(log.stderr.contains("entry 3 is missing"), "{log}");
    let undo = subject.run("undo", &["--all"]).exits(1);
    assert_eq!(undo.json()["undone"], json!([4, 2, 1]));
    assert_eq!(undo.json()["passed_over"], json!([3]));
    subject.changed_only(&[(offset as u64 + 2, &[0xc0])]);
}

#[test]
fn a_journal_whose_header_is_damaged_still_takes_the_dump_back() {
    let (subject, _) = edited();
    flip(&journal_of(subject.path()), 20);
    let log = subject.run("log", &[]).exits(1);
    assert_eq!(log.json().as_array().unwrap().len(), 3);
    assert!(log.stderr.contains("header"), "{log}");
    subject.run("undo", &["--all"]).exits(0);
    subject.unchanged();
}

#[test]
fn verify_says_what_was_checked() {
    let (subject, _) = edited();
    let told = subject.plain("log", &["--verify"]).exits(0).text().to_owned();
    assert!(told.contains("verified: 3 checksums") && told.contains("3 of the 3"), "{told}");
    subject.run("undo", &[]).exits(0);
    let told = subject.plain("log", &["--verify"]).exits(0).text().to_owned();
    assert!(told.contains("verified: 4 checksums") && told.contains("2 of the 2"), "{told}");
}

#[test]
fn forget_drops_the_oldest_edits_and_what_is_left_is_undone() {
    let (subject, offset) = edited();
    assert_eq!(subject.run("forget", &["--keep", "2"]).exits(0).json(), json!({ "kept": 2, "notices": [] }));
    let log = subject.run("log", &[]).exits(0).json();
    assert_eq!(log.as_array().unwrap().len(), 2);
    assert_eq!(subject.run("forget", &["--keep", "9"]).exits(0).json(), json!({ "kept": 2, "notices": [] }));
    subject.run("write", &["@rsp+3", "d0"]).is_full(1);
    assert_eq!(subject.run("undo", &["--all"]).exits(0).json()["undone"], json!([4, 3, 2]));
    subject.changed_only(&[(offset as u64, &[0xa0])]);
    subject.run("redo", &[]).exits(0);
    assert_eq!(subject.run("forget", &[]).exits(0).json(), json!({ "kept": 0, "notices": [] }));
    assert!(!journal_of(subject.path()).exists());
    subject.changed_only(&[(offset as u64, &[0xa0, 0xb0])]);
    subject.run("undo", &[]).is_error("commit");
    assert_eq!(subject.run("forget", &[]).exits(0).json(), json!({ "kept": 0, "notices": [] }));
}

#[test]
fn forget_keeps_what_was_taken_back_after_the_edits_that_stay_and_refuses_an_interrupted_edit() {
    let (subject, offset) = edited();
    subject.run("undo", &[]).exits(0);
    subject.run("forget", &["--keep", "1"]).exits(0);
    assert_eq!(subject.run("redo", &[]).exits(0).json()["redone"], json!([3]));
    subject.changed_only(&[(offset as u64, &[0xa0, 0xb0, 0xc0])]);
    unseal(&subject);
    let journal = fs::read(journal_of(subject.path())).unwrap();
    subject.run("forget", &[]).is_error("unfinished");
    assert_eq!(fs::read(journal_of(subject.path())).unwrap(), journal);
}

#[test]
fn recover_puts_the_old_bytes_back_over_foreign_ones_only_where_it_is_asked_to() {
    let (subject, offset) = subject();
    subject.run("write", &["@rsp", "e0e1e2e3"]).is_full(4);
    unseal(&subject);
    let mut bytes = subject.now();
    bytes[offset + 3] = 0x99;
    fs::write(subject.path(), &bytes).unwrap();
    let told = subject.plain("recover", &[]).exits(2).stderr;
    assert!(told.contains("--discard-later"), "{told}");
    assert_eq!(subject.now(), bytes);
    let json = subject.run("recover", &["--discard-later"]).exits(0).json();
    assert_eq!(json["recovered"], "old");
    assert_eq!(json["edits"][0]["new"], "01020304");
    subject.unchanged();
    subject.run("write", &["@rsp", "a0"]).is_full(1);
}

#[test]
fn recovery_and_undo_write_only_where_an_edit_could() {
    // Memory that covers the file's headers can be edited with --allow-structure only; a journal with writes of such bytes without it is
    // not followed.
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &counting(1, 16));
    core.load_at(0x9000, 0, 512, 512);
    let subject = Subject::new(core.finish());
    subject.run("write", &["0x9018", "u64:0x1122334455667788", "--allow-structure"]).is_full(8);
    let mut journal = fs::read(journal_of(subject.path())).unwrap();
    let begin = entries(&journal)[0];
    assert_eq!(journal[begin + 6..begin + 8], [1, 0]);
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
    subject.run("redo", &[]).exits(0);

    // The same journal without the flag, with new checksums.
    let dump = subject.now();
    journal[begin + 6] = 0;
    let sum = crc32(&journal[begin..begin + 140]);
    journal[begin + 140..begin + 144].copy_from_slice(&sum);
    let trailer = journal.len() - 32;
    let sum = crc32(&journal[begin..trailer]);
    journal[trailer + 4..trailer + 8].copy_from_slice(&sum);
    let sum = crc32(&journal[trailer..trailer + 24]);
    journal[trailer + 24..trailer + 28].copy_from_slice(&sum);
    fs::write(journal_of(subject.path()), &journal).unwrap();
    let message = subject.run("undo", &[]).is_error("commit");
    assert!(message.contains("neither captured memory nor a register"), "{message}");
    assert_eq!(subject.now(), dump);
    // The same, interrupted before the last byte.
    let seal = journal.len() - 4;
    journal[seal..].fill(0);
    fs::write(journal_of(subject.path()), &journal).unwrap();
    let mut half = dump;
    half[0x18] = subject.before()[0x18];
    assert_ne!(half, subject.before());
    fs::write(subject.path(), &half).unwrap();
    let message = subject.run("recover", &[]).is_error("unfinished");
    assert!(message.contains("neither captured memory nor a register"), "{message}");
    assert_eq!(subject.now(), half);
}

/// The CRC-32 of some bytes, as stored in a journal.
fn crc32(bytes: &[u8]) -> [u8; 4] {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    (!sum).to_le_bytes()
}

#[test]
#[cfg_attr(
    windows,
    ignore = "a file that others make longer has no holes on Windows, so that 64 GiB are read"
)]
fn a_journal_that_claims_gigabytes_costs_nothing_where_a_dump_is_only_looked_at() {
    let (subject, _) = edited();
    let journal = fs::read(journal_of(subject.path())).unwrap();
    let file = fs::File::options().write(true).open(journal_of(subject.path())).unwrap();
    file.set_len(64 << 30).unwrap();
    for verb in ["info", "threads", "regions", "modules"] {
        let told = subject.plain(verb, &[]).exits(0);
        assert!(!told.stderr.contains("interrupted"), "{told}");
    }
    // Zeros behind the last entry come from a power failure: they are no damage.
    assert_eq!(subject.run("log", &[]).exits(0).json().as_array().unwrap().len(), 3);
    subject.run("write", &["@rsp+3", "d0"]).is_full(1);
    assert!(fs::metadata(journal_of(subject.path())).unwrap().len() < 2 * journal.len() as u64);
    subject.run("undo", &["--all"]).exits(0);
    subject.unchanged();
}

#[test]
fn an_edit_reads_a_journal_from_its_end_only() {
    // A thousand entries in the middle are lost, and the next edit is still added behind them.
    let (subject, offset) = edited();
    let journal = fs::read(journal_of(subject.path())).unwrap();
    let begins = entries(&journal);
    flip(&journal_of(subject.path()), begins[0] + 20);
    let json = subject.run("write", &["@rsp+3", "d0"]).is_full(1);
    assert_eq!(notices(&json), [""; 0]);
    assert_eq!(listing(subject.folder()).len(), 2);
    subject.run("undo", &["--to", "1"]).exits(0);
    subject.changed_only(&[(offset as u64, &[0xa0])]);
    subject.run("undo", &[]).exits(2);
}

/// A dump with two names, whose edit of two places was killed between them, by its first name.
#[cfg(target_os = "linux")]
fn half_edited() -> Option<(Subject, PathBuf, usize)> {
    let (subject, offset) = subject();
    let other = subject.folder().join("other");
    fs::hard_link(subject.path(), &other).unwrap();
    let script = subject.folder().join("script");
    fs::write(&script, "write @rsp e0e1\nwrite @rsp+16 f0f1\n").unwrap();
    if !super::killed_at_write(4, "apply", subject.path(), &[script.to_str().unwrap()]) {
        return None;
    }
    fs::remove_file(script).unwrap();
    subject.changed_only(&[(offset as u64, &[0xe0, 0xe1])]);
    Some((subject, other, offset))
}

#[test]
#[cfg(target_os = "linux")]
fn an_interrupted_edit_is_found_and_ended_by_every_name_of_the_dump() {
    for (verb, arguments, edited) in [
        ("recover", &[][..], &[][..]),
        ("undo", &[], &[]),
        ("write", &["@rsp+8", "77"], &[(8, 0x77)]),
        ("write", &["@rsp", "77"], &[(0, 0x77)]),
    ] {
        let Some((subject, other, offset)) = half_edited() else { return };
        for name in [subject.path(), &other] {
            assert_eq!(notices(&on("info", name, &[]).exits(0).json()), ["edit-interrupted"]);
        }
        on(verb, &other, arguments).exits(0);
        let mut expected = subject.before().to_vec();
        edited.iter().for_each(|(at, byte)| expected[offset + at] = *byte);
        assert_eq!(subject.now(), expected, "{verb}");
        for name in [subject.path(), &other] {
            assert!(!dumpedit::History::of(name).is_unfinished().unwrap(), "{verb}");
            assert_eq!(on("recover", name, &[]).exits(0).json()["recovered"], "nothing");
        }
        on("write", subject.path(), &["@rsp+1", "66"]).exits(0);
        on("undo", subject.path(), &[]).exits(0);
        assert_eq!(subject.now(), expected, "{verb}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_dump_that_was_renamed_while_its_edit_was_interrupted_is_recovered_under_its_new_name() {
    let Some((subject, other, _)) = half_edited() else { return };
    fs::remove_file(&other).unwrap();
    let moved = subject.folder().join("moved");
    fs::rename(subject.path(), &moved).unwrap();
    assert_eq!(notices(&on("info", &moved, &[]).exits(0).json()), ["edit-interrupted"]);
    // The journal's own dump is gone, which does not matter.
    assert_eq!(on("recover", &moved, &[]).exits(0).json()["recovered"], "old");
    assert_eq!(fs::read(&moved).unwrap(), subject.before());
}

#[test]
#[cfg(unix)]
fn a_journal_of_somebody_else_is_not_used() {
    use std::os::unix::fs::chown;
    let (subject, _) = edited();
    let journal = journal_of(subject.path());
    if chown(&journal, Some(4711), None).is_err() {
        crate::support::tools::machine_lacks("the right to give a file away");
        return;
    }
    let before = (subject.now(), fs::read(&journal).unwrap());
    for (verb, arguments) in [("undo", &[][..]), ("log", &[]), ("forget", &[]), ("write", &["@rsp", "00"])] {
        let message = subject.run(verb, arguments).is_error("commit");
        assert!(message.contains("belongs to another user"), "{message}");
    }
    subject.run("info", &[]).exits(0);
    assert!((subject.now(), fs::read(&journal).unwrap()) == before);
    chown(&journal, Some(0), None).unwrap();
    subject.run("undo", &["--all"]).exits(0);
    subject.unchanged();
}

#[test]
#[cfg(unix)]
fn a_journal_that_root_makes_belongs_to_the_dumps_owner() {
    use std::os::unix::fs::{MetadataExt, chown};
    let (subject, _) = subject();
    if chown(subject.path(), Some(4711), Some(4712)).is_err() {
        crate::support::tools::machine_lacks("the right to give a file away");
        return;
    }
    for verb in ["write", "forget"] {
        let arguments = if verb == "write" { &["@rsp", "a0"][..] } else { &["--keep", "1"] };
        subject.run("write", &["@rsp+1", "b0"]).exits(0);
        subject.run(verb, arguments).exits(0);
        let journal = journal_of(subject.path()).metadata().unwrap();
        assert_eq!((journal.uid(), journal.gid()), (4711, 4712), "{verb}");
    }
    subject.run("undo", &["--all"]).exits(0);
}
