//! The records of a thread that an edit changes.

use dumpedit::{AccessError, Context, NoticeKind, RecordChoice, RecordKind, Subject, ThreadIndex};

use super::every_record::wow64;
use super::opened::{Opened, both_ways, is_full, patched, refused, tells_of_register, told};
use crate::support::bytes::Order;
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context, x86};

const LITTLE: Order = Order::Little;

/// A bystander 8, and thread 7, which crashed, with these records: the dump both ways, the thread's context, and the records' file offsets.
fn crashed(thread: &[u8], exception: &[u8]) -> Vec<(Opened, Context, u64, u64)> {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(8, &amd64_context(amd64::FULL, 0x8000, 0x8800));
    let thread = dump.thread_with(7, thread);
    let exception = dump.exception_with(7, exception, 0x40_1000);
    let open = |opened: Opened| {
        let context = opened.dump.crashed_thread().unwrap();
        assert_eq!(context, Context::Thread(ThreadIndex(1), RecordChoice::Auto));
        (opened, context, thread, exception)
    };
    both_ways(dump.finish()).map(open).into()
}

fn equal_copies() -> Vec<(Opened, Context, u64, u64)> {
    let record = amd64_context(amd64::FULL, 0x40_1000, 0x7000);
    crashed(&record, &record)
}

fn different() -> Vec<(Opened, Context, u64, u64)> {
    let thread = amd64_context(amd64::FULL, 0x7ff8_0000, 0x6000);
    crashed(&thread, &amd64_context(amd64::FULL, 0x40_1000, 0x7000))
}

fn rax(record: u64) -> u64 {
    record + amd64::RAX as u64
}

fn rip(record: u64) -> u64 {
    record + amd64::RIP as u64
}

#[test]
fn the_effective_record_is_the_exception_s_for_its_thread_else_the_thread_s() {
    for (opened, context, ..) in different() {
        let value = |context, name| opened.dump.read_register(context, name).unwrap().to_u64().unwrap();
        assert_eq!((value(context, "pc"), value(context, "sp")), (0x40_1000, 0x7000));
        let bystander = opened.dump.thread(8).unwrap();
        assert_eq!((value(bystander, "pc"), value(bystander, "sp")), (0x8000, 0x8800));
        let threads = opened.dump.layout().threads();
        let effective = |index: usize| threads[index].effective().unwrap().kind;
        assert_eq!((effective(1), effective(0)), (RecordKind::Exception, RecordKind::Thread));
    }
}

#[test]
fn auto_edits_both_records_where_they_agree_on_pc_and_sp() {
    for (opened, context, thread, exception) in equal_copies() {
        let mut edit = opened.dump.edit();
        edit.set_register(context, "rax", 0x22u8).unwrap();
        let contexts: Vec<Context> = edit.changes().iter().map(|change| change.context).collect();
        let in_record = |choice| context.with_record(choice);
        assert_eq!(contexts, [in_record(RecordChoice::Exception), in_record(RecordChoice::Thread)]);
        assert!(edit.notices().is_empty(), "{:?}", edit.notices());
        let value = LITTLE.number(0x22, 8);
        opened.commits(edit, &[(rax(thread), &value), (rax(exception), &value)]);
    }
}

#[test]
fn records_that_agree_on_pc_and_sp_alone_agree() {
    let mut other = amd64_context(amd64::FULL, 0x40_1000, 0x7000);
    LITTLE.put(&mut other, amd64::RCX, 0x99, 8);
    for (opened, context, thread, exception) in
        crashed(&amd64_context(amd64::FULL, 0x40_1000, 0x7000), &other)
    {
        let mut edit = opened.dump.edit();
        edit.set_register(context, "rax", 0x22u8).unwrap();
        let value = LITTLE.number(0x22, 8);
        opened.commits(edit, &[(rax(thread), &value), (rax(exception), &value)]);
    }
}

#[test]
fn auto_edits_the_effective_record_where_they_differ_and_tells_the_other_s_value() {
    for (opened, context, _, exception) in different() {
        let mut edit = opened.dump.edit();
        edit.set_register(context, "rip", 0x40_2000u64).unwrap();
        assert_eq!(edit.changes().get(0).unwrap().context, context.with_record(RecordChoice::Exception));
        tells_of_register(edit.notices(), NoticeKind::RecordKeepsValue, "rip");
        let message = &told(edit.notices(), NoticeKind::RecordKeepsValue).message;
        assert!(message.ends_with("0x7ff80000"), "the value: {message}");
        opened.commits(edit, &[(rip(exception), &LITTLE.number(0x40_2000, 8))]);
    }
}

#[test]
fn records_that_differ_in_sp_alone_differ() {
    for (opened, context, _, exception) in crashed(
        &amd64_context(amd64::FULL, 0x40_1000, 0x6000),
        &amd64_context(amd64::FULL, 0x40_1000, 0x7000),
    ) {
        let mut edit = opened.dump.edit();
        edit.set_register(context, "rax", 0x22u8).unwrap();
        opened.commits(edit, &[(rax(exception), &LITTLE.number(0x22, 8))]);
    }
}

#[test]
fn records_that_agree_stay_in_step_over_several_operations_of_an_edit() {
    for (opened, context, thread, exception) in equal_copies() {
        let mut edit = opened.dump.edit();
        edit.set_register(context, "rip", 0x40_2000u64).unwrap();
        edit.set_register(context, "rax", 0x22u8).unwrap();
        let (new_rip, new_rax) = (LITTLE.number(0x40_2000, 8), LITTLE.number(0x22, 8));
        opened.commits(
            edit,
            &[
                (rip(thread), &new_rip),
                (rip(exception), &new_rip),
                (rax(thread), &new_rax),
                (rax(exception), &new_rax),
            ],
        );
    }
}

#[test]
fn raw_bytes_of_a_register_go_to_the_same_records_as_its_value() {
    for (opened, context, thread, exception) in equal_copies() {
        let part = opened.dump.register(context, "rax").unwrap();
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(context, part, &[0xcc; 8]), 8);
        opened.commits(edit, &[(rax(thread), &[0xcc; 8]), (rax(exception), &[0xcc; 8])]);
    }
    for (opened, context, _, exception) in different() {
        let part = opened.dump.register(context, "rax").unwrap();
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(context, part, &[0xcc; 8]), 8);
        tells_of_register(edit.notices(), NoticeKind::RecordKeepsValue, "rax");
        opened.commits(edit, &[(rax(exception), &[0xcc; 8])]);
    }
}

#[test]
fn one_record_behind_both_is_written_once() {
    let mut dump = MinidumpBuilder::amd64();
    let record = dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    dump.exception(7, (amd64::SIZE as u64, record), 0x40_1000);
    for opened in both_ways(dump.finish()) {
        let context = opened.dump.crashed_thread().unwrap();
        let mut edit = opened.dump.edit();
        edit.set_register(context, "rax", 0x22u8).unwrap();
        assert_eq!(edit.changes().len(), 1);
        assert!(edit.notices().is_empty(), "{:?}", edit.notices());
        opened.commits(edit, &[(rax(record), &LITTLE.number(0x22, 8))]);
    }
}

#[test]
fn thread_exception_and_both_choose_the_record() {
    for (choice, in_thread, in_exception) in [
        (RecordChoice::Thread, true, false),
        (RecordChoice::Exception, false, true),
        (RecordChoice::Both, true, true),
    ] {
        for (opened, context, thread, exception) in equal_copies().into_iter().chain(different()) {
            let mut edit = opened.dump.edit();
            edit.set_register(context.with_record(choice), "rax", 0x22u8).unwrap();
            let value = LITTLE.number(0x22, 8);
            let mut patches: Vec<(u64, &[u8])> = Vec::new();
            patches.extend(in_thread.then_some((rax(thread), value.as_slice())));
            patches.extend(in_exception.then_some((rax(exception), value.as_slice())));
            opened.commits(edit, &patches);
        }
    }
    for (opened, context, ..) in different() {
        let pc = |choice| opened.dump.read_register(context.with_record(choice), "pc").unwrap().to_u64();
        assert_eq!(pc(RecordChoice::Thread), Ok(0x7ff8_0000));
        assert_eq!(pc(RecordChoice::Exception), Ok(0x40_1000));
    }
}

#[test]
fn a_thread_without_the_chosen_record_is_an_error() {
    for (opened, ..) in different() {
        for choice in [RecordChoice::Exception, RecordChoice::Wow64] {
            let bystander = opened.dump.thread(8).unwrap().with_record(choice);
            let no_record = AccessError::NoRecord { thread: ThreadIndex(0), choice };
            assert_eq!(refused(opened.dump.edit().set_register(bystander, "rax", 1u8)), no_record);
            assert_eq!(refused(opened.dump.read_register(bystander, "rax")), no_record);
        }
    }
}

#[test]
fn wow64_chooses_the_32_bit_record_in_memory() {
    let wow64 = wow64();
    for opened in both_ways(wow64.file.clone()) {
        let thread = opened.dump.thread(7).unwrap();
        let narrow = thread.with_record(RecordChoice::Wow64);
        let mut edit = opened.dump.edit();
        edit.set_register(narrow, "eip", 0x1234u32).unwrap();
        edit.set_register(thread, "rip", 0x5678u32).unwrap();
        assert_eq!(edit.read_register(narrow, "pc").unwrap().to_u64(), Ok(0x1234));
        assert_eq!(edit.read_register(thread, "pc").unwrap().to_u64(), Ok(0x1234));
        assert_eq!(edit.read_register(thread, "rip").unwrap().to_u64(), Ok(0x5678));
        let wide = opened.dump.layout().threads()[0].record(RecordKind::Thread).unwrap().place().file_offset;
        opened.commits(
            edit,
            &[
                (wow64.context + x86::EIP as u64, &LITTLE.number(0x1234, 4)),
                (rip(wide), &LITTLE.number(0x5678, 8)),
            ],
        );
    }
}

#[test]
fn a_register_that_only_one_of_them_holds_is_written_there_with_a_notice() {
    let full = amd64_context(amd64::FULL, 0x40_1000, 0x7000);
    let control = amd64_context(amd64::CONTROL, 0x40_1000, 0x7000);
    for (opened, context, thread, _) in crashed(&full, &control) {
        let mut edit = opened.dump.edit();
        edit.set_register(context, "rax", 0x22u8).unwrap();
        tells_of_register(edit.notices(), NoticeKind::OnlyInOneRecord, "rax");
        opened.commits(edit, &[(rax(thread), &LITTLE.number(0x22, 8))]);
        let exception = context.with_record(RecordChoice::Exception);
        let error = refused(opened.dump.edit().set_register(exception, "rax", 1u8));
        assert!(matches!(error, AccessError::NotPresent { .. }), "{error:?}");
    }
    for (opened, context, _, exception) in crashed(&control, &full) {
        let mut edit = opened.dump.edit();
        edit.set_register(context, "rax", 0x22u8).unwrap();
        tells_of_register(edit.notices(), NoticeKind::OnlyInOneRecord, "rax");
        opened.commits(edit, &[(rax(exception), &LITTLE.number(0x22, 8))]);
    }
    // The only record with it is taken, though the records differ.
    let elsewhere = amd64_context(amd64::FULL, 0x7ff8_0000, 0x6000);
    for (opened, context, thread, _) in crashed(&elsewhere, &control) {
        assert_eq!(opened.dump.read_register(context, "rax").unwrap().to_u64(), Ok(0x1111));
        let mut edit = opened.dump.edit();
        edit.set_register(context, "rax", 0x22u8).unwrap();
        tells_of_register(edit.notices(), NoticeKind::OnlyInOneRecord, "rax");
        opened.commits(edit, &[(rax(thread), &LITTLE.number(0x22, 8))]);
    }
}

#[test]
fn several_exception_streams_each_count_for_their_thread() {
    let mut dump = MinidumpBuilder::amd64();
    for tid in [7, 8] {
        dump.thread_with(tid, &amd64_context(amd64::FULL, 0x1000, 0x7000));
    }
    let first = dump.exception_with(7, &amd64_context(amd64::FULL, 0x2000, 0x7000), 0x2000);
    let second = dump.exception_with(8, &amd64_context(amd64::FULL, 0x3000, 0x7000), 0x3000);
    let file = dump.finish();
    for opened in both_ways(file.clone()) {
        assert_eq!(opened.dump.crashed_thread().unwrap(), opened.dump.thread(7).unwrap());
        let mut edit = opened.dump.edit();
        for tid in [7, 8] {
            edit.set_register(opened.dump.thread(tid).unwrap(), "rip", tid).unwrap();
        }
        edit.commit().unwrap();
        let (seven, eight) = (LITTLE.number(7, 8), LITTLE.number(8, 8));
        assert_eq!(opened.now(), patched(&file, &[(rip(first), &seven), (rip(second), &eight)]));
    }
}

#[test]
fn setting_pc_tells_that_the_recorded_address_stays_where_it_differs() {
    for (opened, context, ..) in different() {
        let mut edit = opened.dump.edit();
        edit.set_register(context, "pc", 0x40_1000u64).unwrap();
        let stays = NoticeKind::RecordedCrashStays;
        assert!(edit.notices().iter().all(|notice| notice.kind != stays));
        edit.set_register(context, "pc", 0x40_2000u64).unwrap();
        assert!(told(edit.notices(), stays).about.contains(&Subject::Address(0x40_1000)));
    }
}
