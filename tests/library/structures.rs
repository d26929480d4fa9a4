//! Memory that shares file bytes with the format's own structures: readable, and writable only where the options allow it.

use dumpedit::{AccessError, Context, Dump, EditOptions, StopReason};

use super::every_record::wow64;
use super::opened::{both_ways, is_full, refused, stopped};
use crate::support::bytes::counting;
use crate::support::elf_builder::{ElfBuilder, prstatus, prstatus_x86_64};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};

const PROCESS: Context = Context::Process;

/// A dump whose memory at 0x1000 begins with eight bytes of its own and extends into a record: the file, the file offset of the memory, the
/// number of its plain bytes, and its size.
fn overlaps() -> Vec<(Vec<u8>, u64, u64, u64)> {
    let mut core = ElfBuilder::x86_64();
    let offset = core.place(&counting(1, 8));
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000)]);
    core.load_at(0x1000, offset, 64, 64);
    let mut dump = MinidumpBuilder::amd64();
    let plain = dump.place(&counting(1, 8));
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    dump.memory_at(0x1000, 64, plain);
    vec![(core.finish(), offset, 8, 64), (dump.finish(), plain, 8, 64)]
}

#[test]
fn a_range_that_meets_a_structure_stops_there_as_at_a_gap() {
    for (file, offset, plain, _) in overlaps() {
        for opened in both_ways(file) {
            let mut edit = opened.dump.edit();
            let outcome = edit.write_bytes(PROCESS, 0x1000, &[0xcc; 32]).unwrap();
            stopped(&outcome, 32, plain, (0x1000 + plain).into(), StopReason::Structure);
            opened.commits(edit, &[(offset, &[0xcc; 8])]);
        }
    }
}

#[test]
fn a_range_that_begins_in_a_structure_is_an_error() {
    for (file, offset, plain, _) in overlaps() {
        for opened in both_ways(file) {
            let mut edit = opened.dump.edit();
            assert_eq!(
                refused(edit.write_bytes(PROCESS, 0x1000 + plain, &[0xcc; 4])),
                AccessError::Structure { address: 0x1000 + plain, file_offset: offset + plain }
            );
            opened.commits(edit, &[]);
        }
    }
}

#[test]
fn the_header_and_the_directory_are_structures() {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000)]);
    core.load_at(0x1000, 0, 64 + 3 * 56, 64 + 3 * 56);
    core.load(0x9000, &counting(1, 16));
    let mut dump = MinidumpBuilder::amd64();
    dump.memory_at(0x1004, 32 + 12 - 4, 4);
    for file in [core.finish(), dump.finish()] {
        for opened in both_ways(file) {
            for address in [0x1004, 0x1020, 0x102b] {
                let error = refused(opened.dump.edit().write_bytes(PROCESS, address, &[0xcc]));
                assert!(matches!(error, AccessError::Structure { .. }), "{address:#x}: {error:?}");
            }
        }
    }
}

#[test]
fn allow_structure_lets_a_write_through() {
    for (file, offset, plain, size) in overlaps() {
        for opened in both_ways(file) {
            let mut edit = opened.dump.edit_with(EditOptions::default().allow_structure(true));
            is_full(edit.write_bytes(PROCESS, 0x1000, &vec![0xcc; size as usize]), size);
            is_full(edit.write_bytes(PROCESS, 0x1000 + plain, &[0xdd]), 1);
            let mut expected = vec![0xcc; size as usize];
            expected[plain as usize] = 0xdd;
            opened.commits(edit, &[(offset, &expected)]);
        }
    }
}

#[test]
fn structures_can_be_read() {
    for (file, offset, _, size) in overlaps() {
        for opened in both_ways(file) {
            let mut read = vec![0; size as usize];
            is_full(opened.dump.read_bytes(PROCESS, 0x1000, &mut read), size);
            let offset = offset as usize;
            assert_eq!(read, opened.before[offset..offset + read.len()]);
        }
    }
}

#[test]
fn registers_are_written_though_their_record_is_a_structure() {
    let mut core = ElfBuilder::x86_64();
    let record = core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000)])[0];
    for opened in both_ways(core.finish()) {
        let crashed = opened.dump.crashed_thread().unwrap();
        let mut edit = opened.dump.edit();
        let rip = opened.dump.register(crashed, "rip").unwrap();
        is_full(edit.write_bytes(crashed, rip, &[0xcc; 8]), 8);
        opened.commits(edit, &[(record + prstatus_x86_64::RIP as u64, &[0xcc; 8])]);
    }
}

#[test]
fn a_context_that_lies_in_memory_is_memory() {
    let wow64 = wow64();
    let dump = Dump::from_bytes(wow64.file.clone()).unwrap();
    let eip = wow64.context + 0xb8;
    let mut edit = dump.edit();
    is_full(edit.write_bytes(PROCESS, wow64.context_address + 0xb8, &[1, 2, 3, 4]), 4);
    edit.commit().unwrap();
    assert_eq!(dump.to_bytes().unwrap(), super::opened::patched(&wow64.file, &[(eip, &[1, 2, 3, 4])]));
}
