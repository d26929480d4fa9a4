//! Addresses with several copies in the file, and file bytes with several addresses.

use dumpedit::{Context, Dump, Error, NoticeKind, Subject};

use super::opened::{Opened, both_ways, is_full, told};
use crate::support::bytes::{Order, counting};
use crate::support::elf_builder::{ElfBuilder, machine};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};

const PROCESS: Context = Context::Process;

/// 0x1000 twice in the MemoryList, in the Memory64List and as a stack, each where `wanted`, and the file offsets in that order. Each copy
/// counts up from 1, or from its own number where they are not `equal`.
fn copies(wanted: [bool; 4], equal: bool) -> (Vec<u8>, Vec<u64>) {
    let bytes = |copy: u8| counting(if equal { 1 } else { copy }, 32);
    let [first, second, third, fourth] = wanted;
    let mut dump = MinidumpBuilder::amd64();
    let mut offsets = Vec::new();
    let context = dump.place(&amd64_context(amd64::FULL, 0x40_1000, 0x1000));
    let stack = fourth.then(|| dump.place(&bytes(4)));
    dump.thread(7, stack.map_or((0, 0, 0), |stack| (0x1000, 32, stack)), (amd64::SIZE as u64, context));
    // The second in the list is first in the file.
    let listed_second = second.then(|| dump.place(&bytes(2)));
    offsets.extend(first.then(|| dump.memory(0x1000, &bytes(1))));
    if let Some(offset) = listed_second {
        dump.memory_at(0x1000, 32, offset);
        offsets.push(offset);
    }
    if third {
        dump.memory64(0x1000, &bytes(3));
    }
    let file = dump.finish();
    offsets.extend(third.then_some(file.len() as u64 - 32));
    offsets.extend(stack);
    (file, offsets)
}

#[test]
fn every_copy_of_an_address_is_written() {
    for equal in [true, false] {
        let (file, offsets) = copies([true; 4], equal);
        for opened in both_ways(file) {
            let mut edit = opened.dump.edit();
            is_full(edit.write_bytes(PROCESS, 0x1004, &[0xa0, 0xa1]), 2);
            let mut changed: Vec<u64> = edit.changes().iter().map(|change| change.file_offset - 4).collect();
            changed.sort_unstable();
            let mut expected = offsets.clone();
            expected.sort_unstable();
            assert_eq!(changed, expected);
            let patches: Vec<(u64, &[u8])> =
                offsets.iter().map(|offset| (offset + 4, [0xa0, 0xa1].as_slice())).collect();
            opened.commits(edit, &patches);
        }
    }
}

#[test]
fn reads_take_the_memory_list_then_the_memory64_list_then_the_stack_and_in_a_list_the_first_listed() {
    for (wanted, value) in [
        ([true, true, true, true], 1),
        ([false, true, true, true], 2),
        ([false, false, true, true], 3),
        ([false, false, false, true], 4),
    ] {
        let (file, _) = copies(wanted, false);
        for opened in both_ways(file) {
            let mut read = [0; 2];
            is_full(opened.dump.read_bytes(PROCESS, 0x1000, &mut read), 2);
            assert_eq!(read, [value, value + 1]);
        }
    }
}

#[test]
fn a_notice_tells_of_copies_that_differ_and_of_equal_ones_there_is_none() {
    for equal in [true, false] {
        let (file, _) = copies([true; 4], equal);
        for opened in both_ways(file) {
            let mut edit = opened.dump.edit();
            is_full(edit.write_bytes(PROCESS, 0x1004, &[0xa0]), 1);
            match equal {
                true => assert!(edit.notices().is_empty(), "{:?}", edit.notices()),
                false => assert_eq!(told(edit.notices(), NoticeKind::CopiesDiffer).count, Some(3)),
            }
        }
    }
}

/// Segments over the same 32 file bytes: at 0x1000, right behind at 0x1020, and at 0x9000.
fn aliased() -> (Vec<u8>, u64) {
    let mut core = ElfBuilder::x86_64();
    let offset = core.place(&counting(1, 32));
    for address in [0x1000, 0x1020, 0x9000] {
        core.load_at(address, offset, 32, 32);
    }
    (core.finish(), offset)
}

#[test]
fn file_bytes_behind_several_addresses_are_written_once_and_a_notice_counts_the_others() {
    let (file, offset) = aliased();
    for opened in both_ways(file) {
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(PROCESS, 0x1004, &[0xa0, 0xa1]), 2);
        assert_eq!(edit.changes().len(), 1);
        let aliases = told(edit.notices(), NoticeKind::Aliases);
        assert_eq!(aliases.about, [Subject::Address(0x1024), Subject::Address(0x9004)]);
        assert_eq!(aliases.count, Some(2));
        opened.commits(edit, &[(offset + 4, &[0xa0, 0xa1])]);
        let mut read = [0; 2];
        is_full(opened.dump.read_bytes(PROCESS, 0x9004, &mut read), 2);
        assert_eq!(read, [0xa0, 0xa1]);
    }
}

#[test]
fn of_many_other_addresses_a_notice_names_a_few() {
    let count = 70_000u64;
    let mut core = ElfBuilder::with_room(Order::Little, true, machine::X86_64, count as usize).extended();
    let offset = core.place(&counting(1, 64));
    (0..count).for_each(|index| core.load_at(0x10_0000 + index * 0x1000, offset, 64, 64));
    let opened = Opened::in_memory(core.finish());
    let mut edit = opened.dump.edit();
    is_full(edit.write_bytes(PROCESS, 0x10_0004, &[0xa0]), 1);
    let aliases = told(edit.notices(), NoticeKind::Aliases);
    assert_eq!(aliases.count, Some(69_999));
    assert!(aliases.about.len() < 10 && aliases.message.len() < 400, "{aliases:?}");
    opened.commits(edit, &[(offset + 4, &[0xa0])]);
}

#[test]
fn unequal_values_for_one_file_byte_are_an_error_that_names_both_addresses() {
    let (file, offset) = aliased();
    for opened in both_ways(file) {
        let mut bytes = [0xaa; 64];
        bytes[37] = 0xbb;
        let mut edit = opened.dump.edit();
        match edit.write_bytes(PROCESS, 0x1000, &bytes) {
            Err(Error::Conflict { first: 0x1005, second: 0x1025, file_offset }) => {
                assert_eq!(file_offset, offset + 5);
            }
            other => panic!("{other:?}"),
        }
        assert!(edit.changes().is_empty());
        opened.commits(edit, &[]);
    }
}

#[test]
fn equal_values_for_one_file_byte_are_no_conflict() {
    let (file, offset) = aliased();
    for opened in both_ways(file) {
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(PROCESS, 0x1000, &[0xaa; 64]), 64);
        assert_eq!(edit.changes().len(), 1);
        opened.commits(edit, &[(offset, &[0xaa; 32])]);
    }
}

#[test]
fn between_operations_the_later_value_for_a_file_byte_wins() {
    let (file, offset) = aliased();
    for opened in both_ways(file) {
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(PROCESS, 0x1000, &[0xaa; 4]), 4);
        is_full(edit.write_bytes(PROCESS, 0x9002, &[0xbb; 4]), 4);
        opened.commits(edit, &[(offset, &[0xaa, 0xaa, 0xbb, 0xbb, 0xbb, 0xbb])]);
    }
}

#[test]
fn a_copy_bridges_a_gap_that_another_leaves() {
    let mut builder = MinidumpBuilder::amd64();
    let low = builder.memory(0x1000, &counting(1, 16));
    let high = builder.memory(0x1018, &counting(0x19, 16));
    let bridge = builder.memory(0x1008, &counting(9, 24));
    let dump = Dump::from_bytes(builder.finish()).unwrap();
    let before = dump.to_bytes().unwrap();
    let mut edit = dump.edit();
    is_full(edit.write_bytes(PROCESS, 0x1000, &[0xcc; 40]), 40);
    edit.commit().unwrap();
    let patches: [(u64, &[u8]); 3] = [(low, &[0xcc; 16]), (bridge, &[0xcc; 24]), (high, &[0xcc; 16])];
    assert_eq!(dump.to_bytes().unwrap(), super::opened::patched(&before, &patches));
}
