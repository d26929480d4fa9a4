//! The context record of a thread that an edit changes, of two.

use serde_json::json;

use crate::support::bytes::Order;
use crate::support::command::notice;
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::{Subject, edited_offsets};

/// A crashed thread 7 with these records, and a bystander 8; and the records' file offsets.
fn two_records(thread: &[u8], exception: &[u8]) -> (Subject, u64, u64) {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(8, &amd64_context(amd64::FULL, 0x8000, 0x8800));
    let thread = dump.thread_with(7, thread);
    let exception = dump.exception_with(7, exception, 0x40_1000);
    (Subject::new(dump.finish()), thread, exception)
}

fn equal_copies() -> (Subject, u64, u64) {
    let record = amd64_context(amd64::FULL, 0x40_1000, 0x7000);
    two_records(&record, &record)
}

/// The thread's record is in the exception dispatcher, the exception's at the fault.
fn different() -> (Subject, u64, u64) {
    let (thread, exception) =
        (amd64_context(amd64::FULL, 0x7ff8_0000, 0x6000), amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    two_records(&thread, &exception)
}

fn new_rip(record: u64) -> (u64, [u8; 8]) {
    (record + amd64::RIP as u64, 0x40_2000_u64.to_le_bytes())
}

#[test]
fn one_record_behind_both_is_written_once() {
    let mut dump = MinidumpBuilder::amd64();
    let record = dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    dump.exception(7, (amd64::SIZE as u64, record), 0x40_1000);
    let subject = Subject::new(dump.finish());
    let json = subject.run("set", &["rip=0x402000"]).is_full(8);
    let (at, bytes) = new_rip(record);
    subject.changed_only(&[(at, &bytes)]);
    assert_eq!(edited_offsets(&json), [at]);
}

#[test]
fn equal_copies_are_both_written() {
    let (subject, thread, exception) = equal_copies();
    let json = subject.run("set", &["rip=0x402000"]).is_full(8);
    let ((first, bytes), (second, _)) = (new_rip(thread), new_rip(exception));
    subject.changed_only(&[(first, &bytes), (second, &bytes)]);
    assert_eq!(edited_offsets(&json), [first, second]);
    let contexts: Vec<_> = json["edits"].as_array().unwrap().iter().map(|edit| &edit["context"]).collect();
    assert!(contexts.contains(&&"thread".into()) && contexts.contains(&&"exception".into()), "{json}");
}

#[test]
fn of_different_records_the_exception_s_is_written_and_the_other_s_value_is_told() {
    let (subject, _, exception) = different();
    let json = subject.run("set", &["rip=0x402000"]).is_full(8);
    let (at, bytes) = new_rip(exception);
    subject.changed_only(&[(at, &bytes)]);
    assert_eq!(json["edits"][0]["context"], "exception");
    let kept = notice(&json, "record-keeps-value");
    assert_eq!((&kept["tid"], &kept["register"]), (&json!(7), &json!("rip")));
    assert!(kept["message"].as_str().unwrap().ends_with("0x7ff80000"), "the value: {kept}");
}

#[test]
fn the_context_option_chooses_the_record() {
    for (choice, in_thread, in_exception) in
        [("thread", true, false), ("exception", false, true), ("both", true, true)]
    {
        for (subject, thread, exception) in [equal_copies(), different()] {
            subject.run("set", &["rip=0x402000", "--context", choice]).is_full(8);
            let (thread, exception) = (new_rip(thread), new_rip(exception));
            let mut patches: Vec<(u64, &[u8])> = Vec::new();
            patches.extend(in_thread.then_some((thread.0, thread.1.as_slice())));
            patches.extend(in_exception.then_some((exception.0, exception.1.as_slice())));
            subject.changed_only(&patches);
        }
    }
}

#[test]
fn reads_take_the_exception_s_record() {
    let (subject, ..) = different();
    assert_eq!(subject.register("rip", &[]), Some(0x40_1000));
    assert_eq!(subject.register("rip", &["--context", "thread"]), Some(0x7ff8_0000));
    assert_eq!(subject.register("rip", &["--context", "exception"]), Some(0x40_1000));
    let threads = subject.run("threads", &[]).exits(0).json();
    assert_eq!(threads[1]["pc"], "0x401000");
    assert_eq!(threads[1]["sp"], "0x7000");
    let place = subject.run("where", &["reg:rip"]).exits(0).json();
    let (_, _, exception) = different();
    assert_eq!(place["pieces"][0]["file_offsets"], serde_json::json!([exception + amd64::RIP as u64]));
}

#[test]
fn an_address_through_a_register_takes_the_exception_s_record() {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x7ff8_0000, 0x6000));
    dump.exception_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000), 0x40_1000);
    let (wrong, right) = (dump.memory(0x6000, &[0; 16]), dump.memory(0x7000, &[0; 16]));
    let subject = Subject::new(dump.finish());
    subject.run("write", &["@sp+4", "cc"]).is_full(1);
    subject.changed_only(&[(right + 4, &[0xcc])]);
    subject.run("write", &["@sp+4", "cc", "--context", "thread"]).is_full(1);
    subject.changed_only(&[(right + 4, &[0xcc]), (wrong + 4, &[0xcc])]);
}

#[test]
fn a_register_that_only_the_other_record_holds_is_written_there_with_a_notice() {
    let thread = amd64_context(amd64::FULL, 0x40_1000, 0x7000);
    let exception = amd64_context(amd64::CONTROL, 0x40_1000, 0x7000);
    let (subject, thread, _) = two_records(&thread, &exception);
    let json = subject.run("set", &["rax=0x22"]).is_full(8);
    subject.changed_only(&[(thread + amd64::RAX as u64, &0x22_u64.to_le_bytes())]);
    assert_eq!(notice(&json, "only-in-one-record")["register"], "rax");
    subject.run("set", &["rax=0x33", "--context", "exception"]).is_error("register");
}

#[test]
fn a_bystander_has_no_exception_record() {
    let (subject, ..) = different();
    subject.run("set", &["rip=0x402000", "--thread", "8", "--context", "exception"]).exits(2);
    subject.run("regs", &["--thread", "8", "--context", "wow64"]).exits(2);
    subject.unchanged();
}

#[test]
fn the_record_keeps_its_flags_and_the_other_s_bytes() {
    let (subject, thread, exception) = different();
    subject.run("set", &["rip=1", "rax=2", "--context", "both"]).is_full(16);
    for record in [thread, exception] {
        let flags = subject.number_at(Order::Little, record + amd64::FLAGS as u64, 4);
        assert_eq!(flags, u64::from(amd64::FULL));
        assert_eq!(subject.number_at(Order::Little, record + amd64::RCX as u64, 8), 0);
    }
}

#[test]
fn threads_lists_the_records_with_their_places() {
    let (subject, thread, exception) = different();
    let threads = subject.run("threads", &[]).exits(0).json();
    let records = threads[1]["records"].as_array().unwrap();
    let mut seen: Vec<_> = records
        .iter()
        .map(|record| (record["kind"].as_str().unwrap(), record["file_offset"].as_u64()))
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, [("exception", Some(exception)), ("thread", Some(thread))]);
    assert!(records.iter().all(|record| record["size"] == amd64::SIZE), "{threads}");
}
