//! Minidumps whose streams are padded, listed twice, overlap, are unknown, or are outside of the file.

use serde_json::{Value, json};

use crate::support::bytes::{Order, counting};
use crate::support::command::{notice, notices};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context, stream};
use crate::support::subject::Subject;

const LITTLE: Order = Order::Little;

fn info(subject: &Subject) -> Value {
    subject.run("info", &[]).exits(0).json()
}

#[test]
fn descriptors_past_the_end_of_the_file_are_counted_in_a_notice_and_cost_no_other() {
    for past in [1, 3, 300] {
        let mut dump = MinidumpBuilder::amd64();
        let first = dump.memory(0x1000, &counting(1, 16));
        (0..past).for_each(|index| dump.memory_at(0x10_0000 + 0x1000 * index, 16, 0x00ff_0000));
        let last = dump.memory(0x2000, &counting(1, 16));
        let subject = Subject::new(dump.finish());
        let info = info(&subject);
        let cut = notice(&info, "memory-cut-off");
        assert_eq!((&cut["count"], &cut["address"]), (&json!(past), &json!("0x100000")));
        assert_eq!(notices(&info).len(), 1);
        subject.run("write", &["0x1000", "cc"]).is_full(1);
        subject.run("write", &["0x2000", "cc"]).is_full(1);
        subject.changed_only(&[(first, &[0xcc]), (last, &[0xcc])]);
    }
}

#[test]
fn streams_and_contexts_past_the_end_of_the_file_are_counted_too() {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread(7, (0x7000, 64, 0x00fd_0000), (amd64::SIZE as u64, 0x00fe_0000));
    dump.thread(8, (0x8000, 64, 0x00fd_0000), (amd64::SIZE as u64, 0x00fe_0000));
    let good = dump.thread_with(9, &amd64_context(amd64::FULL, 0x40_1000, 0x9000));
    let mut file = dump.finish();
    // One more directory entry: a stream behind the end of the file.
    let count = LITTLE.get(&file, 8, 4);
    LITTLE.put(&mut file, 8, count + 1, 4);
    for (at, value) in [(0, u64::from(stream::EXCEPTION)), (4, 168), (8, 0x00ff_0000)] {
        LITTLE.put(&mut file, 32 + 12 * count as usize + at, value, 4);
    }
    let subject = Subject::new(file);
    let info = info(&subject);
    for (kind, count) in [("context-past-end", 2), ("memory-cut-off", 2), ("stream-cut-off", 1)] {
        assert_eq!(notice(&info, kind)["count"], count, "{kind}");
    }
    assert_eq!(subject.run("threads", &[]).json().as_array().unwrap().len(), 3);
    subject.run("set", &["rip=1", "--thread", "9"]).is_full(8);
    subject.changed_only(&[(good + amd64::RIP as u64, &1_u64.to_le_bytes())]);
}

#[test]
fn a_thread_list_that_is_listed_twice_lists_its_threads_once() {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    dump.memory(0x1000, &counting(1, 16));
    let mut file = dump.finish();
    let count = LITTLE.get(&file, 8, 4) as usize;
    let entries: Vec<Vec<u8>> = (0..count).map(|index| file[32 + 12 * index..][..12].to_vec()).collect();
    for (index, entry) in entries.iter().enumerate() {
        file[32 + 12 * (count + index)..][..12].copy_from_slice(entry);
    }
    LITTLE.put(&mut file, 8, 2 * count as u64, 4);
    let subject = Subject::new(file);
    assert_eq!(subject.run("threads", &[]).exits(0).json().as_array().unwrap().len(), 1);
    let info = subject.run("info", &[]).json();
    assert_eq!(info["captured_bytes"], 16);
    notice(&info, "stream-repeated");
    let offsets = subject.run("where", &["0x1000"]).is_full(1)["pieces"][0]["file_offsets"].clone();
    assert_eq!(offsets.as_array().unwrap().len(), 1, "it is one copy, listed twice");
}

#[test]
fn streams_that_overlap_are_noticed_and_both_read() {
    let mut dump = MinidumpBuilder::amd64();
    let offset = dump.memory(0x1000, &counting(1, 16));
    let mut file = dump.finish();
    // An unknown stream has the MemoryList's bytes as well.
    let count = LITTLE.get(&file, 8, 4) as usize;
    let list = (0..count).map(|index| 32 + 12 * index).find(|&at| LITTLE.get(&file, at, 4) == 5).unwrap();
    let place = LITTLE.get(&file, list + 8, 4);
    for (at, value) in [(0, 0x4d7a_0099), (4, 10), (8, place + 2)] {
        LITTLE.put(&mut file, 32 + 12 * count + at, value, 4);
    }
    LITTLE.put(&mut file, 8, count as u64 + 1, 4);
    let subject = Subject::new(file);
    let info = subject.run("info", &[]).exits(0).json();
    notice(&info, "streams-overlap");
    assert!(info["untouched"].to_string().contains("0x4d7a0099"), "{info}");
    subject.run("write", &["0x1000", "cc"]).is_full(1);
    subject.changed_only(&[(offset, &[0xcc])]);
}

#[test]
fn every_list_may_be_padded_behind_its_count() {
    let mut dump = MinidumpBuilder::amd64();
    dump.padded();
    let stack = dump.place(&counting(9, 16));
    let context = dump.place(&amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    for tid in [7, 8, 9] {
        dump.thread(tid, (0x7000 + 0x1000 * tid, 16, stack), (amd64::SIZE as u64, context));
    }
    for index in 0..3 {
        dump.memory(0x1000 * (index + 1), &counting(1, 16));
        dump.module(0x40_0000 + 0x1000 * index, 0x1000, "C:\\crash.exe");
    }
    let subject = Subject::new(dump.finish());
    let threads = subject.run("threads", &[]).exits(0).json();
    let tids: Vec<_> = threads.as_array().unwrap().iter().map(|thread| thread["tid"].clone()).collect();
    assert_eq!(tids, [7, 8, 9]);
    let modules = subject.run("modules", &[]).exits(0).json();
    let bases: Vec<_> = modules.as_array().unwrap().iter().map(|module| module["base"].clone()).collect();
    assert_eq!(bases, ["0x400000", "0x401000", "0x402000"]);
    for address in ["0x1000", "0x2000", "0x3000", "0xe000", "0xf000", "0x10000"] {
        subject.run("where", &[address, "16"]).is_full(16);
    }
    assert_eq!(info(&subject)["notices"], json!([]));
}

#[test]
fn a_stack_that_only_its_thread_lists_is_memory() {
    let mut dump = MinidumpBuilder::amd64();
    let stack = dump.place(&counting(1, 32));
    let context = dump.place(&amd64_context(amd64::FULL, 0x40_1000, 0x7008));
    dump.thread(7, (0x7000, 32, stack), (amd64::SIZE as u64, context));
    let subject = Subject::new(dump.finish());
    assert_eq!(subject.run("read", &["@rsp..+4"]).is_full(4)["bytes"], "090a0b0c");
    subject.run("write", &["@rsp", "a0a1"]).is_full(2);
    subject.changed_only(&[(stack + 8, &[0xa0, 0xa1])]);
}

#[test]
fn threads_have_the_names_that_the_dump_gives_them() {
    let mut dump = MinidumpBuilder::amd64();
    for tid in [7, 8, 9] {
        dump.thread_with(tid, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    }
    dump.thread_names(&[(9, "GC \u{2014} m\u{e4}rker"), (7, "Main"), (7, "Other"), (1234, "Nobody")]);
    let subject = Subject::new(dump.finish());
    let threads = subject.run("threads", &[]).exits(0).json();
    let names: Vec<_> = threads.as_array().unwrap().iter().map(|thread| thread["name"].clone()).collect();
    assert_eq!(names, [json!("Main"), json!(null), json!("GC \u{2014} m\u{e4}rker")]);
    assert!(subject.plain("threads", &[]).exits(0).text().contains("Main"));
}

#[test]
fn an_exception_of_a_thread_that_is_not_listed_can_be_edited() {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    let record = dump.exception_with(99, &amd64_context(amd64::FULL, 0x40_2000, 0x7000), 0x40_2000);
    let subject = Subject::new(dump.finish());
    assert_eq!(notice(&info(&subject), "exception-of-unlisted-thread")["tid"], 99);
    assert_eq!(subject.register("rip", &["--thread", "99"]), Some(0x40_2000));
    subject.run("set", &["rip=1", "--thread", "99"]).is_full(8);
    subject.changed_only(&[(record + amd64::RIP as u64, &1_u64.to_le_bytes())]);
}
