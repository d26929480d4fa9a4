//! Writing memory: completely, a contiguous prefix, or nothing.

use dumpedit::{
    AccessError, Context, Dump, EditOptions, NoticeKind, Outcome, RecordChoice, Span, StopAt, StopReason,
    Subject, ThreadIndex,
};

use super::opened::{Opened, both_ways, everywhere, is_full, refused, stopped, told};
use crate::support::bytes::counting;
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};

const PROCESS: Context = Context::Process;

/// 256 bytes at 0x1000, 256 right behind them, and 16 at 0x2000 behind a gap; the second is first in the file.
fn three_regions() -> Vec<(Opened, Vec<u64>)> {
    let (first, second, third) = (counting(1, 256), counting(2, 256), counting(3, 16));
    let mut all = everywhere(&[(0x1100, &second), (0x1000, &first), (0x2000, &third)]);
    all.iter_mut().for_each(|(_, offsets)| offsets.swap(0, 1));
    all
}

#[test]
fn all_bytes_captured_is_full() {
    for (opened, offsets) in three_regions() {
        let mut edit = opened.dump.edit();
        let outcome = edit.write_bytes(PROCESS, 0x1010, &[0x90, 0x91]).unwrap();
        assert_eq!(outcome, Outcome::full(2));
        assert!(outcome.is_full());
        assert_eq!(outcome.complete(), Ok(2));
        let changes = edit.changes().clone();
        let change = changes.get(0).unwrap();
        assert_eq!((change.context, change.location), (PROCESS, 0x1010.into()));
        assert_eq!(change.file_offset, offsets[0] + 0x10);
        assert_eq!((change.old, change.new), (&counting(0x11, 2)[..], &[0x90, 0x91][..]));
        opened.commits(edit, &[(offsets[0] + 0x10, &[0x90, 0x91])]);
        let mut read = [0; 3];
        is_full(opened.dump.read_bytes(PROCESS, 0x100f, &mut read), 3);
        assert_eq!(read, [0x10, 0x90, 0x91]);
    }
}

#[test]
fn a_range_into_a_gap_writes_the_contiguous_prefix_and_the_outcome_says_where_and_why_it_stopped() {
    for (opened, offsets) in three_regions() {
        let bytes = vec![0xee; 0x1010];
        let mut edit = opened.dump.edit();
        let outcome = edit.write_bytes(PROCESS, 0x11fc, &bytes).unwrap();
        stopped(&outcome, 0x1010, 4, 0x1200, StopReason::Unmapped);
        opened.commits(edit, &[(offsets[1] + 0xfc, &bytes[..4])]);
    }
}

#[test]
fn a_range_past_what_was_captured_reads_the_same_prefix_and_leaves_the_rest_of_the_buffer() {
    for (opened, _) in three_regions() {
        let mut read = [0xaa; 8];
        let outcome = opened.dump.read_bytes(PROCESS, 0x11fc, &mut read).unwrap();
        stopped(&outcome, 8, 4, 0x1200, StopReason::Unmapped);
        assert_eq!(read, [0xfe, 0xff, 0, 1, 0xaa, 0xaa, 0xaa, 0xaa]);
    }
}

#[test]
fn a_first_byte_that_is_not_captured_is_an_error_with_the_nearest_region_and_never_skips_ahead() {
    for (opened, _) in three_regions() {
        for (address, region) in [
            (0x1fff, (0x2000, 0x200f)),
            (0x1200, (0x1100, 0x11ff)),
            (0x2010, (0x2000, 0x200f)),
            (0xffe, (0x1000, 0x10ff)),
        ] {
            let nearest = Some(Span::from(region));
            let expected = AccessError::NotCaptured { address, reason: StopReason::Unmapped, nearest };
            let mut edit = opened.dump.edit();
            assert_eq!(refused(edit.write_bytes(PROCESS, address, &[0xee; 64])), expected);
            let mut read = [0xaa; 64];
            assert_eq!(refused(opened.dump.read_bytes(PROCESS, address, &mut read)), expected);
            assert_eq!(read, [0xaa; 64]);
            opened.commits(edit, &[]);
        }
    }
}

#[test]
fn a_dump_without_memory_has_no_nearest_region() {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(1, 11, 0x1000, 0x1000)]);
    let dump = Dump::from_bytes(core.finish()).unwrap();
    let error = refused(dump.edit().write_bytes(PROCESS, 0x1000, &[0]));
    assert!(matches!(error, AccessError::NotCaptured { address: 0x1000, nearest: None, .. }), "{error:?}");
}

#[test]
fn all_or_nothing_makes_a_partial_range_an_error() {
    for (opened, offsets) in three_regions() {
        let mut edit = opened.dump.edit_with(EditOptions::default().all_or_nothing(true));
        let AccessError::Partial(partial) = refused(edit.write_bytes(PROCESS, 0x11fc, &[0xcc; 8])) else {
            panic!("not told to be partial");
        };
        assert_eq!((partial.requested, partial.completed), (8, 4));
        assert_eq!((partial.stop.at, partial.stop.reason), (StopAt::Address(0x1200), StopReason::Unmapped));
        assert!(edit.changes().is_empty());
        is_full(edit.write_bytes(PROCESS, 0x11fc, &[0xcc; 4]), 4);
        opened.commits(edit, &[(offsets[1] + 0xfc, &[0xcc; 4])]);
    }
}

#[test]
fn adjacent_regions_are_one_range_split_by_address() {
    for (opened, offsets) in three_regions() {
        let bytes = counting(0xa0, 8);
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(PROCESS, 0x10fc, &bytes), 8);
        let places: Vec<_> =
            edit.changes().iter().map(|change| (change.location, change.file_offset)).collect();
        assert_eq!(places, [(0x10fc.into(), offsets[0] + 0xfc), (0x1100.into(), offsets[1])]);
        opened.commits(edit, &[(offsets[0] + 0xfc, &bytes[..4]), (offsets[1], &bytes[4..])]);
    }
}

#[test]
fn no_bytes_are_full_anywhere() {
    for (opened, _) in three_regions() {
        for address in [0x1000, 0x1200, 0xdead_0000, u64::MAX] {
            let mut edit = opened.dump.edit();
            is_full(edit.write_bytes(PROCESS, address, &[]), 0);
            is_full(opened.dump.read_bytes(PROCESS, address, &mut []), 0);
            opened.commits(edit, &[]);
        }
    }
}

#[test]
fn the_context_is_checked_even_for_no_bytes() {
    for (opened, _) in three_regions() {
        let at = |index, choice| Context::Thread(ThreadIndex(index), choice);
        let mut edit = opened.dump.edit();
        assert_eq!(
            refused(edit.write_bytes(at(9, RecordChoice::Auto), 0x1000, &[])),
            AccessError::NoSuchThread { thread: ThreadIndex(9), count: 1 }
        );
        assert_eq!(
            refused(edit.write_bytes(at(0, RecordChoice::Wow64), 0x1000, &[])),
            AccessError::NoRecord { thread: ThreadIndex(0), choice: RecordChoice::Wow64 }
        );
        is_full(edit.write_bytes(at(0, RecordChoice::Auto), 0x1000, &[]), 0);
    }
}

#[test]
fn a_range_past_the_last_address_is_clipped_and_never_wraps() {
    for (opened, offsets) in everywhere(&[(u64::MAX - 15, &counting(1, 16)), (0, &counting(2, 16))]) {
        let mut edit = opened.dump.edit();
        let outcome = edit.write_bytes(PROCESS, u64::MAX - 7, &[0xcc; 12]).unwrap();
        stopped(&outcome, 12, 8, 1 << 64, StopReason::EndOfAddressSpace);
        opened.commits(edit, &[(offsets[0] + 8, &[0xcc; 8])]);
    }
}

#[test]
fn a_range_past_the_last_address_of_a_32_bit_target_is_clipped_and_never_wraps() {
    let mut core = ElfBuilder::i386();
    let core_offset = core.load(0xffff_fff0, &counting(1, 16));
    core.load(0, &counting(2, 16));
    let mut dump = MinidumpBuilder::x86();
    let dump_offset = dump.memory(0xffff_fff0, &counting(1, 16));
    dump.memory(0, &counting(2, 16));
    for (file, offset) in [(core.finish(), core_offset), (dump.finish(), dump_offset)] {
        for opened in both_ways(file) {
            let mut edit = opened.dump.edit();
            let outcome = edit.write_bytes(PROCESS, 0xffff_fff8, &[0xcc; 12]).unwrap();
            stopped(&outcome, 12, 8, 1 << 32, StopReason::EndOfAddressSpace);
            let error = refused(edit.write_bytes(PROCESS, 1 << 32, &[0xcc]));
            assert!(
                matches!(error, AccessError::NotCaptured { reason: StopReason::EndOfAddressSpace, .. }),
                "{error:?}"
            );
            opened.commits(edit, &[(offset + 8, &[0xcc; 8])]);
        }
    }
}

/// The reports about an address of a write that begins there, a read that begins there, and a write that ends there.
#[track_caller]
fn absent(opened: &Opened, address: u64, before: u64, reason: StopReason) {
    let mut edit = opened.dump.edit();
    for error in [
        refused(edit.write_bytes(PROCESS, address, &[0xcc])),
        refused(opened.dump.read_bytes(PROCESS, address, &mut [0])),
    ] {
        let AccessError::NotCaptured { address: named, reason: said, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!((named, said), (address, reason));
    }
    if before > 0 {
        let bytes = vec![0xcc; usize::try_from(before).unwrap() + 4];
        let outcome = edit.write_bytes(PROCESS, address - before, &bytes).unwrap();
        stopped(&outcome, before + 4, before, address.into(), reason);
    }
    drop(edit);
    opened.unchanged();
}

#[test]
fn mapped_memory_that_is_not_in_the_file_is_not_captured_and_told_apart_from_unmapped() {
    let mut core = ElfBuilder::x86_64();
    let offset = core.place(&counting(1, 16));
    core.load_at(0x1000, offset, 16, 32);
    core.load_at(0x3000, 0, 0, 0x1000);
    for opened in both_ways(core.finish()) {
        absent(&opened, 0x1010, 4, StopReason::NotCaptured);
        absent(&opened, 0x3000, 0, StopReason::NotCaptured);
        absent(&opened, 0x1020, 0, StopReason::Unmapped);
    }
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, &counting(1, 16));
    dump.mapped(0x1000, 0x1000);
    for opened in both_ways(dump.finish()) {
        absent(&opened, 0x1010, 4, StopReason::NotCaptured);
        absent(&opened, 0x2000, 0, StopReason::Unmapped);
    }
}

#[test]
fn memory_that_a_truncated_file_has_lost_is_not_captured_and_told_apart() {
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &counting(1, 64));
    let mut dump = MinidumpBuilder::amd64();
    dump.memory64(0x1000, &counting(1, 64));
    for mut file in [core.finish(), dump.finish()] {
        file.truncate(file.len() - 32);
        for opened in both_ways(file) {
            absent(&opened, 0x1020, 4, StopReason::EndOfFile);
            absent(&opened, 0x1040, 0, StopReason::Unmapped);
        }
    }
}

#[test]
fn memory_whose_rva_is_past_the_end_is_not_captured_and_told_apart() {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, &counting(1, 16));
    dump.memory_at(0x1010, 16, 0x00ff_0000);
    for opened in both_ways(dump.finish()) {
        absent(&opened, 0x1010, 4, StopReason::EndOfFile);
        assert_eq!(
            told(opened.dump.layout().notices(), NoticeKind::MemoryCutOff).about,
            [Subject::Address(0x1010)]
        );
    }
}

#[test]
fn a_thread_s_context_has_the_same_memory_as_the_process() {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x1000));
    let offset = dump.memory(0x1000, &counting(1, 16));
    for opened in both_ways(dump.finish()) {
        let crashed = opened.dump.crashed_thread().unwrap();
        let rsp = opened.dump.read_register(crashed, "rsp").unwrap().to_u64().unwrap();
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(crashed, rsp + 4, &[0xcc]), 1);
        assert_eq!(edit.changes().get(0).unwrap().context, PROCESS);
        opened.commits(edit, &[(offset + 4, &[0xcc])]);
    }
}
