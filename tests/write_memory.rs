//! Writing memory: full, partial, or an error that changes nothing.

use crate::support::bytes::{Order, counting, hex};
use crate::support::command::notice;
use crate::support::elf_builder::{ElfBuilder, machine, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::process::{Dumped, dumped};
use crate::support::subject::{Subject, edited_offsets};

/// 256 bytes at 0x1000, 256 right behind them, and 16 at 0x2000 behind a gap; the second is first in the file.
fn three_regions() -> Vec<Dumped> {
    let (first, second, third) = (counting(1, 256), counting(2, 256), counting(3, 16));
    let mut all = dumped(&[(0x1100, &second), (0x1000, &first), (0x2000, &third)]);
    all.iter_mut().for_each(|dumped| dumped.offsets.swap(0, 1));
    all
}

#[test]
fn captured_bytes_are_written_in_full_and_nothing_else_changes() {
    for Dumped { subject, offsets } in three_regions() {
        let json = subject.run("write", &["0x1010", "90 91 92 93"]).is_full(4);
        subject.changed_only(&[(offsets[0] + 0x10, &[0x90, 0x91, 0x92, 0x93])]);
        let edit = &json["edits"][0];
        assert_eq!(json["edits"].as_array().unwrap().len(), 1);
        assert_eq!(edit["location"], "0x1010");
        assert_eq!(edit["file_offset"], offsets[0] + 0x10);
        assert_eq!(edit["length"], 4);
        assert_eq!(edit["old"], hex(&counting(0x11, 4)));
        assert_eq!(edit["new"], "90919293");
    }
}

#[test]
fn a_write_is_read_back() {
    for Dumped { subject, .. } in three_regions() {
        subject.run("write", &["0x2000", "u64:0x1122334455667788"]).is_full(8);
        let json = subject.run("read", &["0x2000..+8"]).is_full(8);
        assert_eq!(json["bytes"], "8877665544332211");
    }
}

#[test]
fn adjacent_regions_are_one_range_split_by_address() {
    for Dumped { subject, offsets } in three_regions() {
        let bytes = counting(0xa0, 8);
        let json = subject.run("write", &["0x10fc", &hex(&bytes)]).is_full(8);
        subject.changed_only(&[(offsets[0] + 0xfc, &bytes[..4]), (offsets[1], &bytes[4..])]);
        let mut expected = [offsets[0] + 0xfc, offsets[1]];
        expected.sort_unstable();
        assert_eq!(edited_offsets(&json), expected);
    }
}

#[test]
fn a_range_into_a_gap_writes_the_prefix_and_says_where_and_why_it_stopped() {
    for Dumped { subject, offsets } in three_regions() {
        let bytes = counting(0xa0, 16);
        subject.run("write", &["0x11fc", &hex(&bytes)]).is_partial(16, 4, "0x1200", "unmapped");
        subject.changed_only(&[(offsets[1] + 0xfc, &bytes[..4])]);
    }
}

#[test]
fn a_range_over_a_gap_never_reaches_the_region_behind_it() {
    for Dumped { subject, offsets } in three_regions() {
        let bytes = vec![0xee; 0x1010];
        subject.run("write", &["0x1000", &hex(&bytes)]).is_partial(0x1010, 0x200, "0x1200", "unmapped");
        subject.changed_only(&[(offsets[0], &bytes[..0x100]), (offsets[1], &bytes[..0x100])]);
    }
}

#[test]
fn a_partial_write_tells_a_person_how_far_it_got() {
    for Dumped { subject, .. } in three_regions() {
        let run = subject.plain("write", &["0x11fc", &"cc".repeat(16)]).exits(1);
        let said = format!("{}{}", run.text(), run.stderr);
        assert!(said.contains("wrote 4 of 16 bytes, stopped at 0x1200 (unmapped)"), "{run}");
    }
}

#[test]
fn a_first_byte_outside_is_an_error_that_names_the_nearest_region() {
    for Dumped { subject, .. } in three_regions() {
        let message = subject.run("write", &["0x1ff8", &"cc".repeat(16)]).is_error_at("unmapped", "0x1ff8");
        assert!(message.contains("0x1ff8") && message.contains("0x2000"), "{message}");
        let message = subject.run("write", &["0x1200", "cc"]).is_error_at("unmapped", "0x1200");
        assert!(message.contains("0x1000") || message.contains("0x1100"), "{message}");
        subject.unchanged();
    }
}

#[test]
fn all_or_nothing_turns_a_partial_write_into_an_error() {
    for Dumped { subject, .. } in three_regions() {
        let run = subject.run("write", &["0x11fc", &"cc".repeat(16), "--all-or-nothing"]);
        assert!(run.is_error("unmapped").contains("0x1200"), "{run}");
        subject.unchanged();
        subject.run("write", &["0x11fc", "cccccccc", "--all-or-nothing"]).is_full(4);
    }
}

#[test]
fn no_bytes_at_all_are_written_in_full_anywhere() {
    for Dumped { subject, .. } in three_regions() {
        subject.run("write", &["0x1000", "str:", "--allow-empty"]).is_full(0);
        subject.run("write", &["0xdead0000", "str:", "--allow-empty"]).is_full(0);
        subject.unchanged();
    }
}

#[test]
fn the_thread_is_checked_even_where_no_bytes_are_written() {
    for Dumped { subject, .. } in three_regions() {
        subject.run("write", &["0x1000", "str:", "--thread", "99", "--allow-empty"]).is_error("thread");
    }
}

#[test]
fn several_values_are_written_one_after_the_other() {
    for Dumped { subject, offsets } in three_regions() {
        subject.run("write", &["0x1000", "9090", "u16:0x0102", "str:hi"]).is_full(6);
        subject.changed_only(&[(offsets[0], b"\x90\x90\x02\x01hi")]);
    }
}

#[test]
fn a_range_past_the_last_address_is_clipped_and_never_wraps() {
    for Dumped { subject, offsets } in dumped(&[(u64::MAX - 15, &counting(1, 16)), (0, &counting(2, 16))]) {
        let bytes = counting(0xa0, 12);
        let at = "0xfffffffffffffff8";
        let reason = "end-of-address-space";
        subject.run("write", &[at, &hex(&bytes)]).is_partial(12, 8, "0x10000000000000000", reason);
        subject.changed_only(&[(offsets[0] + 8, &bytes[..8])]);
    }
}

#[test]
fn a_32_bit_target_ends_at_4_gib() {
    let mut core = ElfBuilder::i386();
    let core_offset = core.load(0xffff_fff0, &counting(1, 16));
    core.load(0, &counting(2, 16));
    let mut dump = MinidumpBuilder::x86();
    let dump_offset = dump.memory(0xffff_fff0, &counting(1, 16));
    dump.memory(0, &counting(2, 16));
    for (file, offset) in [(core.finish(), core_offset), (dump.finish(), dump_offset)] {
        let subject = Subject::new(file);
        let bytes = counting(0xa0, 12);
        let run = subject.run("write", &["0xfffffff8", &hex(&bytes)]);
        run.is_partial(12, 8, "0x100000000", "end-of-address-space");
        subject.changed_only(&[(offset + 8, &bytes[..8])]);
        subject.run("write", &["0x100000000", "cc"]).is_error_at("end-of-address-space", "0x100000000");
    }
}

/// A core whose segment has 16 bytes in the file and 32 in memory.
fn half_captured_core() -> (Subject, u64) {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(1, 11, 0x1000, 0x1000)]);
    let offset = core.place(&counting(1, 16));
    core.load_at(0x1000, offset, 16, 32);
    core.load_at(0x3000, 0, 0, 0x1000);
    (Subject::new(core.finish()), offset)
}

#[test]
fn memory_that_was_mapped_but_not_stored_is_told_apart_from_unmapped() {
    let (subject, offset) = half_captured_core();
    subject.run("write", &["0x100c", &"cc".repeat(8)]).is_partial(8, 4, "0x1010", "not-captured");
    subject.changed_only(&[(offset + 12, &[0xcc; 4])]);
    for (address, kind, said) in [
        ("0x1010", "not-captured", "not captured"),
        ("0x3000", "not-captured", "not captured"),
        ("0x5000", "unmapped", "unmapped"),
    ] {
        let message = subject.run("write", &[address, "cc"]).is_error_at(kind, address);
        assert!(message.contains(said), "{address}: {message}");
        subject.run("read", &[&format!("{address}..+1")]).is_error_at(kind, address);
    }
}

#[test]
fn a_minidump_tells_mapped_memory_from_its_memory_info_list() {
    let mut dump = MinidumpBuilder::amd64();
    let offset = dump.memory(0x1000, &counting(1, 16));
    dump.mapped(0x1000, 0x1000);
    let subject = Subject::new(dump.finish());
    subject.run("write", &["0x100c", &"cc".repeat(8)]).is_partial(8, 4, "0x1010", "not-captured");
    subject.changed_only(&[(offset + 12, &[0xcc; 4])]);
    assert!(subject.run("write", &["0x2000", "cc"]).is_error("unmapped").contains("unmapped"));
}

#[test]
fn a_cut_file_is_written_up_to_its_end_and_never_extended() {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(1, 11, 0x1000, 0x1000)]);
    let core_offset = core.load(0x1000, &counting(1, 64));
    let mut dump = MinidumpBuilder::amd64();
    dump.memory64(0x1000, &counting(1, 64));
    let dump = dump.finish();
    let dump_offset = dump.len() as u64 - 64;
    for (mut file, offset) in [(core.finish(), core_offset), (dump, dump_offset)] {
        file.truncate(file.len() - 32);
        let subject = Subject::new(file);
        subject.run("write", &["0x101c", &"cc".repeat(8)]).is_partial(8, 4, "0x1020", "end-of-file");
        subject.changed_only(&[(offset + 28, &[0xcc; 4])]);
        let message = subject.run("write", &["0x1020", "cc"]).is_error_at("end-of-file", "0x1020");
        assert!(message.contains("end of the file"), "{message}");
    }
}

#[test]
fn a_descriptor_past_the_end_of_the_file_holds_nothing() {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory(0x1000, &counting(1, 16));
    dump.memory_at(0x2000, 16, 0x00ff_0000);
    let subject = Subject::new(dump.finish());
    let message = subject.run("write", &["0x2000", "cc"]).is_error_at("end-of-file", "0x2000");
    assert!(message.contains("end of the file"), "{message}");
    subject.unchanged();
    let info = subject.run("info", &[]).exits(0).json();
    assert_eq!(notice(&info, "memory-cut-off")["address"], "0x2000");
}

#[test]
fn typed_values_take_the_byte_order_of_the_target() {
    let big = ElfBuilder::new(Order::Big, true, machine::PPC64);
    for (mut core, bytes) in
        [(big, [0x12u8, 0x34, 0x56, 0x78]), (ElfBuilder::x86_64(), [0x78, 0x56, 0x34, 0x12])]
    {
        let offset = core.load(0x1000, &counting(1, 16));
        let subject = Subject::new(core.finish());
        subject.run("write", &["0x1004", "u32:0x12345678"]).is_full(4);
        subject.changed_only(&[(offset + 4, &bytes)]);
    }
}

#[test]
fn a_pointer_has_the_width_of_the_target_and_must_fit() {
    let mut core = ElfBuilder::i386();
    let offset = core.load(0x1000, &counting(1, 16));
    let subject = Subject::new(core.finish());
    subject.run("write", &["0x1000", "ptr:0x80001000"]).is_full(4);
    subject.changed_only(&[(offset, &[0, 0x10, 0, 0x80])]);
    subject.run("write", &["0x1000", "ptr:0xffffffff80002000"]).is_full(4);
    subject.changed_only(&[(offset, &[0, 0x20, 0, 0x80])]);
    subject.run("write", &["0x1000", "ptr:0x100000000"]).is_error("value");
    subject.changed_only(&[(offset, &[0, 0x20, 0, 0x80])]);
}

#[cfg(unix)]
#[test]
fn inode_and_permissions_stay() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    for Dumped { subject, .. } in three_regions() {
        std::fs::set_permissions(subject.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
        let before = std::fs::metadata(subject.path()).unwrap();
        subject.run("write", &["0x1000", "cc"]).is_full(1);
        let after = std::fs::metadata(subject.path()).unwrap();
        assert_eq!((before.ino(), before.mode(), before.len()), (after.ino(), after.mode(), after.len()));
    }
}

#[test]
fn a_minidump_that_lists_its_memory_only_as_a_stack_can_be_written() {
    let mut dump = MinidumpBuilder::amd64();
    let stack = dump.place(&counting(1, 64));
    let context = dump.place(&amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    dump.thread(1, (0x7000, 64, stack), (amd64::SIZE as u64, context));
    let subject = Subject::new(dump.finish());
    subject.run("write", &["@rsp+8", "9090"]).is_full(2);
    subject.changed_only(&[(stack + 8, &[0x90, 0x90])]);
}
