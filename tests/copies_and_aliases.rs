//! Addresses with several copies in the file, and file bytes with several addresses.

use serde_json::json;

use crate::support::bytes::counting;
use crate::support::command::{binary, notice, notices, run};
use crate::support::elf_builder::ElfBuilder;
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::{Subject, edited_offsets};

/// A dump with 0x1000 in the MemoryList twice, in the Memory64List and as a thread's stack, and the file offsets of the copies in that
/// order. The copies are equal, or count up from 1, 2, 3 and 4.
fn four_copies(equal: bool) -> (Subject, [u64; 4]) {
    let bytes = |copy: u8| counting(if equal { 1 } else { copy }, 32);
    let mut dump = MinidumpBuilder::amd64();
    let stack = dump.place(&bytes(4));
    let context = dump.place(&amd64_context(amd64::FULL, 0x40_1000, 0x1000));
    dump.thread(7, (0x1000, 32, stack), (amd64::SIZE as u64, context));
    dump.memory64(0x1000, &bytes(3));
    let first = dump.memory(0x1000, &bytes(1));
    let second = dump.memory(0x1000, &bytes(2));
    let file = dump.finish();
    let third = file.len() as u64 - 32;
    (Subject::new(file), [first, second, third, stack])
}

#[test]
fn every_copy_of_an_address_is_written() {
    for equal in [true, false] {
        let (subject, offsets) = four_copies(equal);
        let json = subject.run("write", &["0x1004", "a0a1"]).is_full(2);
        subject.changed_only(&offsets.map(|offset| (offset + 4, [0xa0, 0xa1].as_slice())));
        let mut expected = offsets.map(|offset| offset + 4);
        expected.sort_unstable();
        assert_eq!(edited_offsets(&json), expected);
    }
}

#[test]
fn copies_that_differ_are_noticed_and_equal_ones_are_not() {
    let noticed = |equal| {
        let (subject, _) = four_copies(equal);
        notices(&subject.run("write", &["0x1004", "a0a1"]).is_full(2)).len()
    };
    assert!(noticed(false) > noticed(true));
}

#[test]
fn reads_take_the_memory_list_then_the_memory64_list_then_the_stack() {
    let list = |dump: &mut MinidumpBuilder| {
        dump.memory(0x1000, &counting(1, 32));
    };
    let list64 = |dump: &mut MinidumpBuilder| dump.memory64(0x1000, &counting(3, 32));
    let read = |with_list: bool, with_list64: bool| {
        let mut dump = MinidumpBuilder::amd64();
        let stack = dump.place(&counting(4, 32));
        let context = dump.place(&amd64_context(amd64::FULL, 0x40_1000, 0x1000));
        dump.thread(7, (0x1000, 32, stack), (amd64::SIZE as u64, context));
        if with_list64 {
            list64(&mut dump);
        }
        if with_list {
            list(&mut dump);
        }
        let subject = Subject::new(dump.finish());
        subject.run("read", &["0x1000..+1"]).is_full(1)["bytes"].clone()
    };
    assert_eq!(read(true, true), "01");
    assert_eq!(read(false, true), "03");
    assert_eq!(read(false, false), "04");
}

#[test]
fn within_a_list_reads_take_the_first_listed() {
    let mut dump = MinidumpBuilder::amd64();
    // The first in the list is last in the file.
    let second = dump.place(&counting(2, 32));
    let first = dump.place(&counting(1, 32));
    dump.memory_at(0x1000, 32, first);
    dump.memory_at(0x1000, 32, second);
    let subject = Subject::new(dump.finish());
    assert_eq!(subject.run("read", &["0x1000..+2"]).is_full(2)["bytes"], "0102");
}

#[test]
fn a_copy_of_a_part_is_written_where_it_is_a_copy() {
    let mut dump = MinidumpBuilder::amd64();
    let whole = dump.memory(0x1000, &counting(1, 64));
    let part = dump.memory(0x1010, &counting(0x11, 16));
    let subject = Subject::new(dump.finish());
    subject.run("write", &["0x100c", &"cc".repeat(40)]).is_full(40);
    subject.changed_only(&[(whole + 12, &[0xcc; 40]), (part, &[0xcc; 16])]);
}

#[test]
fn a_copy_bridges_a_gap_that_another_leaves() {
    let mut dump = MinidumpBuilder::amd64();
    let low = dump.memory(0x1000, &counting(1, 16));
    let high = dump.memory(0x1018, &counting(0x19, 16));
    let bridge = dump.memory(0x1008, &counting(9, 24));
    let subject = Subject::new(dump.finish());
    subject.run("write", &["0x1000", &"cc".repeat(48)]).is_partial(48, 40, "0x1028", "unmapped");
    subject.changed_only(&[(low, &[0xcc; 16]), (bridge, &[0xcc; 24]), (high, &[0xcc; 16])]);
}

/// Two segments over the same 32 file bytes, at 0x1000 and right behind at 0x1020, and a third at 0x9000.
fn aliased() -> (Subject, u64) {
    let mut core = ElfBuilder::x86_64();
    let offset = core.place(&counting(1, 32));
    for address in [0x1000, 0x1020, 0x9000] {
        core.load_at(address, offset, 32, 32);
    }
    (Subject::new(core.finish()), offset)
}

#[test]
fn shared_file_bytes_are_written_once_and_the_other_addresses_are_named() {
    let (subject, offset) = aliased();
    let json = subject.run("write", &["0x1004", "a0a1"]).is_full(2);
    subject.changed_only(&[(offset + 4, &[0xa0, 0xa1])]);
    assert_eq!(edited_offsets(&json), [offset + 4]);
    assert_eq!(notice(&json, "aliases")["addresses"], json!(["0x1024", "0x9004"]));
    assert_eq!(subject.run("read", &["0x9004..+2"]).is_full(2)["bytes"], "a0a1");
}

#[test]
fn unequal_values_for_one_file_byte_are_a_conflict_that_names_both_addresses() {
    let (subject, _) = aliased();
    let bytes = format!("{}{}", "aa".repeat(32), "bb".repeat(32));
    let message = subject.run("write", &["0x1000", &bytes]).is_error("conflict");
    assert!(message.contains("0x1000") && message.contains("0x1020"), "{message}");
    subject.unchanged();
}

#[test]
fn equal_values_for_one_file_byte_are_no_conflict() {
    let (subject, offset) = aliased();
    subject.run("write", &["0x1000", &"aa".repeat(64)]).is_full(64);
    subject.changed_only(&[(offset, &[0xaa; 32])]);
}

#[test]
fn between_operations_the_later_wins() {
    let (subject, offset) = aliased();
    subject.run("write", &["0x1000", "aa"]).is_full(1);
    subject.run("write", &["0x9000", "bb"]).is_full(1);
    subject.changed_only(&[(offset, &[0xbb])]);
}

#[test]
fn where_lists_copies_and_aliases() {
    let (subject, offsets) = four_copies(true);
    let json = subject.run("where", &["0x1004", "2"]).is_full(2);
    let piece = &json["pieces"][0];
    assert_eq!(piece["address"], "0x1004");
    assert_eq!(piece["length"], 2);
    let listed: Vec<u64> =
        piece["file_offsets"].as_array().unwrap().iter().map(|offset| offset.as_u64().unwrap()).collect();
    assert_eq!(listed, offsets.map(|offset| offset + 4));
    let (subject, offset) = aliased();
    let piece = &subject.run("where", &["0x1004", "2"]).is_full(2)["pieces"][0];
    assert_eq!(piece["file_offsets"], serde_json::json!([offset + 4]));
    let aliases = piece["aliases"].to_string();
    assert!(aliases.contains("0x1024") && aliases.contains("0x9004"), "{aliases}");
}

#[test]
fn a_page_behind_131070_segments_is_written_once_and_its_aliases_are_counted() {
    let count = 131_070u64;
    let mut core = ElfBuilder::with_room(
        crate::support::bytes::Order::Little,
        true,
        crate::support::elf_builder::machine::X86_64,
        count as usize,
    )
    .extended();
    let offset = core.place(&counting(1, 64));
    (0..count).for_each(|index| core.load_at(0x10_0000 + index * 0x1000, offset, 64, 64));
    let subject = Subject::new(core.finish());
    let json = subject.run("write", &["0x100004", "a0"]).is_full(1);
    subject.changed_only(&[(offset + 4, &[0xa0])]);
    let told = notice(&json, "aliases");
    assert_eq!(told["count"], 131_069, "the other addresses");
    assert!(told.to_string().len() < 2000, "a few addresses are named, not all");
    assert_eq!(subject.run("info", &[]).exits(0).json()["regions"], count);
}

#[test]
#[cfg(unix)]
fn forty_thousand_nested_descriptors_cost_no_gigabytes() {
    let count = 40_000u64;
    let mut dump = MinidumpBuilder::amd64();
    let rva = dump.place(&vec![0x55; 2 * count as usize]);
    (0..count).for_each(|index| dump.memory_at(0x10_0000 + index, 2 * (count - index), rva + index));
    let subject = Subject::new(dump.finish());
    let middle = format!("{:#x}", 0x10_0000 + count);
    for (verb, arguments) in [
        ("info", vec![]),
        ("regions", vec![]),
        ("write", vec![middle.as_str(), "u64:7"]),
        ("where", vec![&middle]),
    ] {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "ulimit -v 524288 && exec \"$0\" \"$@\""]).arg(binary().get_program());
        let outcome = run(command.arg(verb).arg(subject.path()).args(arguments).arg("--json"), b"");
        assert_eq!(outcome.code, 0, "{verb}: exit {}\n{}", outcome.code, outcome.stderr);
    }
    assert_eq!(subject.now().len(), subject.before().len());
}
