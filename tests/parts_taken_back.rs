//! A part that is dropped right after it was added: the dump has the size and the bytes from before.

use std::fs;

use dumpedit::{Dump, Edit, History, NewCrash, NewModule, NewThread, ThreadIndex, UndoOptions};

use crate::parts::{AT, both, real};
use crate::support::command::{Run, binary, dumpedit, run};
use crate::support::subject::{Subject, assert_same_bytes};

/// Parts that can be added to a dump and dropped again: the commands that add and drop each.
const AND_BACK: [[&[&str]; 2]; 5] = [
    [&["memory", "0x7f0000", "str:hello"], &["memory", "0x7f0000..+5"]],
    [&["thread", "99", "--like", "index:0"], &["thread", "99"]],
    [&["module", "0x7f0000", "--size", "0x1000", "--name", "/opt/added"], &["module", "0x7f0000"]],
    [
        &[
            "module",
            "0x7f0000",
            "--size",
            "0x1000",
            "--name",
            "/opt/added",
            "--id",
            "00112233445566778899aabbccddeeff01234567",
        ],
        &["module", "0x7f0000"],
    ],
    [&["crash", "--thread", "99", "--code", "11"], &["crash", "99"]],
];

/// Runs `add` or `drop` on a dump.
fn part(verb: &str, path: &str, words: &[&str]) -> Run {
    let (kind, rest) = words.split_first().unwrap();
    dumpedit(&[&[verb, *kind, path], rest].concat())
}

#[test]
fn a_part_that_is_dropped_right_after_it_was_added_gives_back_size_and_bytes() {
    for subject in both() {
        let path = subject.path().to_str().unwrap();
        // A crash needs a thread without one.
        let thread = &AND_BACK[1][0];
        let mut states = Vec::new();
        for [added, dropped] in AND_BACK {
            if added[0] == "crash" {
                if part("drop", path, &["crash", "crashed"]).code != 0 {
                    continue;
                }
                part("add", path, thread).exits(0);
            }
            let before = subject.now();
            part("add", path, added).exits(0);
            let with = subject.now();
            assert!(with.len() > before.len(), "{added:?}");
            let run = part("drop", path, dropped).exits(0);
            assert!(run.stderr.contains("from before the dropped parts were added"), "{run}");
            assert_same_bytes(&subject.now(), &before);
            states.push((before, with));
        }
        // Each drop is an edit of its own, which is undone and redone to the byte.
        let history = History::of(subject.path());
        let entries = history.log().unwrap().entries;
        assert!(entries.iter().all(|entry| entry.in_force == Some(true)), "{entries:?}");
        assert!(states.len() >= 3);
        let (before, with) = states.last().unwrap();
        history.undo(UndoOptions::default()).unwrap();
        assert_same_bytes(&subject.now(), with);
        history.redo(UndoOptions::default()).unwrap();
        assert_same_bytes(&subject.now(), before);
        history.undo(UndoOptions::default().to(0)).unwrap();
        subject.unchanged();
        history.redo(UndoOptions::default().to(u64::MAX)).unwrap();
        assert_same_bytes(&subject.now(), before);
    }
}

#[test]
fn parts_that_are_dropped_in_the_opposite_order_give_back_each_state() {
    for subject in both() {
        let path = subject.path().to_str().unwrap();
        let mut states = vec![subject.now()];
        for [added, _] in &AND_BACK[..3] {
            part("add", path, added).exits(0);
            states.push(subject.now());
        }
        for [_, dropped] in AND_BACK[..3].iter().rev() {
            states.pop();
            part("drop", path, dropped).exits(0);
            assert_same_bytes(&subject.now(), states.last().unwrap());
        }
        dumpedit(&["undo", path, "--all"]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn a_part_that_is_dropped_without_undo_right_after_it_was_added_is_an_undone_edit() {
    for subject in both() {
        let path = subject.path().to_str().unwrap();
        subject.run("set", &["rax=0x1234"]).exits(0);
        let before = subject.now();
        for [added, dropped] in AND_BACK.into_iter().take(3) {
            part("add", path, added).exits(0);
            let with = subject.now();
            part("drop", path, &[dropped, &["--no-undo"]].concat()).exits(0);
            assert_same_bytes(&subject.now(), &before);
            let log = dumpedit(&["log", path, "--json"]).exits(0).json();
            let in_force = log.as_array().unwrap().iter().filter(|entry| entry["in_force"] == true);
            assert_eq!(in_force.count(), 1, "{log}");
            dumpedit(&["redo", path]).exits(0);
            assert_same_bytes(&subject.now(), &with);
            dumpedit(&["undo", path]).exits(0);
            assert_same_bytes(&subject.now(), &before);
        }
        part("add", path, AND_BACK[0][0]).exits(0);
        part("drop", path, &[AND_BACK[0][1], &["--no-undo"]].concat()).exits(0);
        dumpedit(&["undo", path]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn an_undo_says_that_the_file_was_cut_since_the_edit() {
    let [_, subject] = both();
    let path = subject.path().to_str().unwrap();
    part("add", path, AND_BACK[0][0]).exits(0);
    let bytes = subject.now();
    fs::write(subject.path(), &bytes[..bytes.len() - 1]).unwrap();
    let message = subject.run("undo", &["--discard-later"]).is_error("expect");
    assert!(message.ends_with("after its last edit; it was cut since then"), "{message}");
}

/// A change to a dump between two edits of it; the name of the dump is given as well.
type Change<'a> = &'a dyn Fn(&Subject, &str);

#[test]
fn a_part_that_is_dropped_after_something_else_changed_stays_in_the_file() {
    let between: [Change<'_>; 4] = [
        &|_, path| drop(part("add", path, AND_BACK[1][0]).exits(0)),
        &|subject, _| drop(subject.run("write", &["0x7f0000", "str:J"]).is_full(1)),
        // The journal does not contain this byte.
        &|subject, _| {
            let mut bytes = subject.now();
            let at = bytes.windows(5).position(|found| found == b"hello").unwrap();
            bytes[at] = b'j';
            fs::write(subject.path(), bytes).unwrap();
        },
        &|_, path| drop(dumpedit(&["forget", path]).exits(0)),
    ];
    for subject in both() {
        for change in between {
            fs::write(subject.path(), subject.before()).unwrap();
            let _ = fs::remove_file(crate::nothing_lost::journal_of(subject.path()));
            let path = subject.path().to_str().unwrap();
            let [added, dropped] = AND_BACK[0];
            part("add", path, added).exits(0);
            change(&subject, path);
            let size = subject.now().len();
            let run = part("drop", path, dropped).exits(0);
            assert!(run.stderr.contains("stay in the file"), "{run}");
            assert!(subject.now().len() > size);
            assert!(!subject.plain("read", &["0x7f0000..+5"]).stderr.is_empty());
        }
    }
}

#[test]
fn a_second_exception_of_a_thread_that_is_dropped_right_after_leaves_the_first() {
    let [_, subject] = both();
    let path = subject.path().to_str().unwrap();
    part("add", path, &["crash", "--thread", "crashed", "--code", "0xc0000094"]).exits(0);
    let run = part("drop", path, &["crash", "crashed"]).exits(0);
    assert!(run.stderr.contains("from before the dropped parts were added"), "{run}");
    subject.unchanged();
    // Without an add in front, all exceptions of the thread are dropped.
    part("add", path, &["crash", "--thread", "crashed", "--code", "0xc0000094"]).exits(0);
    part("add", path, AND_BACK[1][0]).exits(0);
    part("drop", path, &["crash", "crashed"]).exits(0);
    assert_eq!(part("drop", path, &["crash", "crashed"]).code, 2);
}

#[test]
fn what_a_script_did_beside_adding_a_part_is_not_taken_back_with_it() {
    for subject in both() {
        let path = subject.path().to_str().unwrap();
        let script = "add memory 0x7f0000 str:hello\nset rax=0x1234\n";
        run(binary().args(["apply", path, "-"]), script.as_bytes()).exits(0);
        part("drop", path, AND_BACK[0][1]).exits(0);
        assert_eq!(subject.register("rax", &[]), Some(0x1234));
        dumpedit(&["undo", path, "--all"]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn parts_of_real_dumps_that_are_dropped_again_give_back_size_and_bytes() {
    let mut taken_back = 0;
    for path in real() {
        let bytes = fs::read(&path).unwrap();
        if bytes.len() > 4 << 20 || Dump::from_bytes(bytes.clone()).is_err() {
            continue;
        }
        let subject = Subject::named("dump", bytes);
        let name = subject.path();
        let commit = |change: &dyn Fn(&mut Edit) -> Result<(), dumpedit::Error>| {
            let dump = Dump::open(name).ok()?;
            let mut edit = dump.edit();
            change(&mut edit).and_then(|()| edit.settle()).ok()?;
            edit.commit_with(dumpedit::CommitOptions::default().sync(false)).ok()
        };
        let thread = NewThread::new(99).like(ThreadIndex(0));
        if commit(&|edit| edit.add_memory(AT, b"a page of bytes", None)).is_some() {
            commit(&|edit| edit.drop_memory(AT, AT + 14)).unwrap();
            subject.unchanged();
            taken_back += 1;
        }
        let module =
            NewModule::new(AT, 0x2000, "/opt/added").with_id("00112233445566778899aabbccddeeff01234567");
        if commit(&|edit| edit.add_module(&module)).is_some() {
            commit(&|edit| edit.drop_module(AT)).unwrap();
            subject.unchanged();
            taken_back += 1;
        }
        let threads = Dump::open(name).unwrap().layout().threads().len();
        for index in [0, threads.saturating_sub(1)].into_iter().filter(|index| *index < threads) {
            let tid = Dump::open(name).unwrap().layout().threads()[index].tid;
            if commit(&|edit| edit.add_crash(&NewCrash::new(tid, 11))).is_some() {
                commit(&|edit| edit.drop_crash(tid)).unwrap();
                subject.unchanged();
                taken_back += 1;
            }
        }
        if commit(&|edit| edit.add_thread(&thread)).is_some() {
            commit(&|edit| edit.drop_thread(edit.dump().layout().thread_by_id(99).unwrap())).unwrap();
            subject.unchanged();
            taken_back += 1;
        }
    }
    assert!(real().is_empty() || taken_back > 60, "{taken_back}");
}
