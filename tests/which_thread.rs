//! The default thread, and names of threads.

use crate::support::bytes::counting;
use crate::support::command::dumpedit;
use crate::support::elf_builder::{ElfBuilder, prstatus, prstatus_x86_64};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::Subject;

/// A minidump of threads whose rip is 0x1000 times their number, from 1, and the file offset of each rip.
fn minidump(tids: &[u64], crashed: Option<u64>) -> (Subject, Vec<u64>) {
    let mut dump = MinidumpBuilder::amd64();
    let mut places = Vec::new();
    for (index, &tid) in (1u64..).zip(tids) {
        let record = dump.thread_with(tid, &amd64_context(amd64::FULL, 0x1000 * index, 0x7000));
        places.push((tid, record));
    }
    if let Some(&(tid, record)) = places.iter().find(|(tid, _)| Some(*tid) == crashed) {
        dump.exception(tid, (amd64::SIZE as u64, record), 0x1000);
    }
    let offsets = places.iter().map(|(_, record)| record + amd64::RIP as u64).collect();
    (Subject::named("threads.dmp", dump.finish()), offsets)
}

/// The same threads in a core, each with its signal.
fn core(threads: &[(u32, u16)]) -> (Subject, Vec<u64>) {
    let mut core = ElfBuilder::x86_64();
    let note = |(index, (tid, signal)): (u64, &(u32, u16))| prstatus(*tid, *signal, 0x1000 * index, 0x7000);
    let notes: Vec<_> = (1u64..).zip(threads).map(note).collect();
    let offsets = core.notes(&notes).iter().map(|at| at + prstatus_x86_64::RIP as u64).collect();
    (Subject::named("threads.core", core.finish()), offsets)
}

#[track_caller]
fn sets(subject: &Subject, arguments: &[&str], offset: u64) {
    let arguments: Vec<&str> = ["rip=0x42"].iter().chain(arguments).copied().collect();
    subject.run("set", &arguments).is_full(8);
    subject.changed_only(&[(offset, &0x42_u64.to_le_bytes())]);
}

#[test]
fn all_threads_are_refused_where_one_is_meant_and_where_there_is_none_of_a_name() {
    let crash = "testdata/crash.dmp";
    for arguments in [
        &["read", crash, "@rsp"][..],
        &["print", crash, "x"],
        &["where", crash, "@rsp"],
        &["find", crash, "str:bytes"],
        &["strings", crash],
        &["set", crash, "rax=1", "--dry-run"],
        &["write", crash, "@rsp", "00", "--dry-run"],
        &["fill", crash, "@rsp..+4", "00", "--dry-run"],
        &["copy", crash, "@rsp..+4", "@rsp+8", "--dry-run"],
    ] {
        let with =
            |thread| dumpedit(&[arguments, &["--thread", thread, "--json"]].concat()).is_error("usage");
        assert_eq!(with("all"), "'all' means every thread, but one thread is expected here", "{arguments:?}");
        assert_eq!(with("worker"), "'worker' is not a thread", "{arguments:?}");
    }
    for verb in ["regs", "threads"] {
        dumpedit(&[verb, crash, "--thread", "all"]).exits(0);
    }
}

#[test]
fn the_crashed_thread_is_meant_by_default() {
    let (subject, offsets) = minidump(&[10, 11, 12], Some(11));
    sets(&subject, &[], offsets[1]);
    let (subject, offsets) = core(&[(10, 0), (11, 11), (12, 6)]);
    sets(&subject, &[], offsets[1]);
}

#[test]
fn the_crashed_thread_can_be_named() {
    let (subject, offsets) = minidump(&[10, 11], Some(11));
    sets(&subject, &["--thread", "crashed"], offsets[1]);
    let threads = subject.run("threads", &[]).exits(0).json();
    assert_eq!((&threads[0]["crashed"], &threads[1]["crashed"]), (&false.into(), &true.into()));
}

#[test]
fn the_only_thread_is_meant_where_none_crashed() {
    for (subject, offsets) in [minidump(&[10], None), core(&[(10, 0)])] {
        sets(&subject, &[], offsets[0]);
    }
}

#[test]
fn several_threads_and_no_crash_are_an_error_of_edits_that_lists_them() {
    for (subject, _) in [minidump(&[4710, 4711], None), core(&[(4710, 0), (4711, 0)])] {
        for (verb, arguments) in [("set", vec!["rip=1"]), ("write", vec!["reg:rip", "00"])] {
            let message = subject.run(verb, &arguments).is_error("thread");
            assert!(message.contains("4710") && message.contains("4711"), "{message}");
        }
        subject.run("set", &["rip=1", "--thread", "crashed"]).is_error("thread");
        subject.unchanged();
    }
}

#[test]
fn a_thread_is_named_by_its_id_or_its_index() {
    for thread in ["12", "0xc", "index:2", "index:0x2"] {
        for (subject, offsets) in [minidump(&[10, 11, 12], Some(11)), core(&[(10, 0), (11, 11), (12, 0)])] {
            sets(&subject, &["--thread", thread], offsets[2]);
        }
    }
}

#[test]
fn threads_of_one_id_are_told_apart_by_their_indices() {
    let (subject, _) = minidump(&[10, 11, 10], None);
    let other = subject.folder().join("other.dmp");
    std::fs::copy(subject.path(), &other).unwrap();
    let told = subject.plain("set", &["rip=0x42", "--thread", "index:2"]).exits(0);
    assert!(told.text().contains("rip (thread record of thread 10 (index:2)): 0x3000 -> 0x42"), "{told}");
    let regs = subject.plain("regs", &["rip", "--thread", "all"]).exits(0);
    let titles: Vec<&str> = regs.text().lines().filter(|line| line.starts_with("thread")).collect();
    let labels = ["10 (index:0)", "11", "10 (index:2)"].map(|label| format!("thread {label}, thread record"));
    assert_eq!(titles, labels);
    let diff = subject.plain("diff", &[other.to_str().unwrap()]).exits(1);
    assert!(diff.text().contains("thread 10 (index:2), thread record"), "{diff}");
    let undone = subject.plain("undo", &[]).exits(0);
    assert!(undone.text().contains("thread 10 (index:2)): 0x42 -> 0x3000"), "{undone}");
}

#[test]
fn an_id_that_occurs_twice_is_an_error_that_lists_indices() {
    for (subject, offsets) in [minidump(&[10, 11, 11], Some(10)), core(&[(10, 11), (11, 0), (11, 0)])] {
        let message = subject.run("set", &["rip=1", "--thread", "11"]).is_error("thread");
        assert!(message.contains("index:1") && message.contains("index:2"), "{message}");
        subject.unchanged();
        sets(&subject, &["--thread", "index:2"], offsets[2]);
    }
}

#[test]
fn an_unknown_thread_is_an_error() {
    for (subject, _) in [minidump(&[10], None), core(&[(10, 0)])] {
        for thread in ["99", "index:1", "index:99999999999999999999"] {
            assert_eq!(subject.run("set", &["rip=1", "--thread", thread]).code, 2, "{thread}");
        }
        subject.run("set", &["rip=1", "--thread", "99"]).is_error("thread");
        subject.run("set", &["rip=1", "--thread", "index:1"]).is_error("thread");
        subject.unchanged();
    }
}

#[test]
fn addresses_need_no_thread() {
    let mut dump = MinidumpBuilder::amd64();
    let offset = dump.memory(0x1000, &[0; 16]);
    for tid in [1, 2] {
        dump.thread_with(tid, &amd64_context(amd64::FULL, 0x1000, 0x1000));
    }
    let subject = Subject::new(dump.finish());
    subject.run("write", &["0x1004", "cc"]).is_full(1);
    subject.changed_only(&[(offset + 4, &[0xcc])]);
}

#[test]
fn a_dump_without_threads_says_so() {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, &[0; 16]);
    let subject = Subject::new(dump.finish());
    assert_eq!(subject.run("threads", &[]).exits(0).json(), serde_json::json!([]));
    subject.run("regs", &[]).is_error("thread");
}

/// A core of two threads without a crash.
fn without_a_crash() -> Subject {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(11, 0, 0x40_1000, 0x1000), prstatus(22, 0, 0x40_2000, 0x2000)]);
    core.load(0x1000, &counting(1, 16));
    core.load(0x2000, &counting(2, 16));
    Subject::new(core.finish())
}

#[test]
fn reads_of_a_dump_that_names_no_crash_take_the_first_thread_and_say_so() {
    let subject = without_a_crash();
    let words =
        "the dump does not say which thread crashed: thread 11, the first, is used; --thread chooses another";
    for (verb, arguments) in [
        ("regs", &[][..]),
        ("read", &["@rsp..+4"]),
        ("where", &["@rsp"]),
        ("find", &["01", "--range", "@rsp..+4"]),
        ("describe", &["--memory", "@rsp..+4"]),
    ] {
        let run = subject.plain(verb, arguments).exits(0);
        assert_eq!(run.stderr.matches(words).count(), 1, "{run}");
    }
    assert_eq!(subject.run("read", &["@rsp..+1"]).is_full(1)["bytes"], "01");
    assert_eq!(subject.run("read", &["@rsp..+1", "--thread", "22"]).is_full(1)["bytes"], "02");
    // Commands that need no thread take none.
    for (verb, arguments) in
        [("read", &["0x1000..+4"][..]), ("find", &["0102030405060708"]), ("regs", &["--thread", "22"])]
    {
        assert_eq!(subject.plain(verb, arguments).exits(0).stderr, "", "{verb}");
    }
}

#[test]
fn an_edit_of_a_dump_that_names_no_crash_asks_whose_registers_are_meant() {
    let subject = without_a_crash();
    for (verb, arguments) in
        [("set", &["rax=1"][..]), ("write", &["@rsp", "00"]), ("write", &["reg:rax", "00"])]
    {
        let run = subject.plain(verb, arguments).exits(2);
        assert!(run.stderr.contains("choose one of: 11 22"), "{run}");
        assert!(run.stderr.contains("--thread TID"), "{run}");
    }
    subject.unchanged();
    subject.plain("set", &["rax=1", "--thread", "22"]).exits(0);
}

#[test]
fn a_thread_is_named_by_its_name_where_only_it_has_that() {
    let mut dump = MinidumpBuilder::amd64();
    let record = |dump: &mut MinidumpBuilder, tid: u64| {
        dump.thread_with(tid, &amd64_context(amd64::FULL, 0x1000 * tid, 0x7000)) + amd64::RIP as u64
    };
    let offsets = [record(&mut dump, 10), record(&mut dump, 11), record(&mut dump, 12)];
    dump.thread_names(&[(10, "pool"), (11, "a worker"), (12, "pool")]);
    let subject = Subject::named("named.dmp", dump.finish());
    let shown = subject.plain("threads", &[]).exits(0);
    assert!(shown.text().lines().any(|line| line.ends_with("a worker")), "{shown}");
    let one = subject.run("threads", &["--thread", "name:a worker"]).exits(0).json();
    assert_eq!(one[0]["tid"], 11);
    let several = subject.run("set", &["rip=1", "--thread", "name:pool"]).is_error("thread");
    assert_eq!(several, "several threads are called 'pool': 10 12");
    let none = subject.run("regs", &["--thread", "name:main"]).is_error("thread");
    assert_eq!(none, "there is no thread called 'main'; the names are pool a worker pool");
    let bare = subject.plain("regs", &["--thread", "worker"]).exits(2);
    assert!(bare.stderr.contains("hint: write a thread id, index:N, name:NAME or crashed"), "{bare}");
    subject.unchanged();

    let script = subject.folder().join("set.edits");
    std::fs::write(&script, "set rip=0x42 --thread 'name:a worker'\n").unwrap();
    subject.run("apply", &[script.to_str().unwrap()]).exits(0);
    subject.changed_only(&[(offsets[1], &0x42_u64.to_le_bytes())]);

    let (core, _) = core(&[(10, 0)]);
    let unnamed = core.run("regs", &["--thread", "name:main"]).is_error("thread");
    assert_eq!(unnamed, "there is no thread called 'main': no thread of the dump has a name");
}
