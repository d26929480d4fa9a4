//! Unusual layouts of producers: counts elsewhere, odd alignments, padding, duplicates, signs, other byte orders.

use serde_json::json;

use crate::support::bytes::{Order, counting};
use crate::support::command::{notice, notices};
use crate::support::elf_builder::{ElfBuilder, fxsave, machine, nt_file, prstatus, prstatus_x86_64};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context, processor, stream, x86};
use crate::support::subject::Subject;

/// Checks that one byte of a region can be written, at its file offset.
#[track_caller]
fn can_be_written(subject: &Subject, address: u64, offset: u64) {
    subject.run("write", &[&format!("{address:#x}"), "cc"]).is_full(1);
    subject.changed_only(&[(offset, &[0xcc])]);
}

#[test]
fn the_count_of_segments_may_stand_in_section_0() {
    let mut core = ElfBuilder::x86_64().extended();
    core.notes(&[prstatus(7, 11, 0x1000, 0x1000)]);
    let offset = core.load(0x1000, &counting(1, 16));
    let subject = Subject::new(core.finish());
    assert_eq!(subject.run("info", &[]).exits(0).json()["regions"], 1);
    can_be_written(&subject, 0x1000, offset);
}

#[test]
fn notes_may_be_aligned_to_anything_and_stand_in_several_segments() {
    for align in [0, 1, 4] {
        let mut core = ElfBuilder::x86_64();
        core.notes_aligned(&[prstatus(7, 0, 0x1000, 0x7000)], align);
        let second = core.notes_aligned(&[prstatus(8, 11, 0x2000, 0x7000)], align)[0];
        let subject = Subject::new(core.finish());
        assert_eq!(subject.run("info", &[]).exits(0).json()["threads"], 2, "p_align {align}");
        subject.run("set", &["rip=0x42"]).is_full(8);
        subject.changed_only(&[(second + prstatus_x86_64::RIP as u64, &0x42_u64.to_le_bytes())]);
    }
}

#[test]
fn notes_of_another_owner_are_not_linux_s() {
    let mut core = ElfBuilder::x86_64();
    let (_, kind, bytes) = prstatus(7, 11, 0x1000, 0x7000);
    core.notes(&[("STRANGER", kind, bytes), prstatus(8, 11, 0x2000, 0x7000)]);
    let subject = Subject::new(core.finish());
    let threads = subject.run("threads", &[]).exits(0).json();
    assert_eq!(threads.as_array().unwrap().len(), 1);
    assert_eq!(threads[0]["tid"], 8);
}

#[test]
fn a_core_cut_in_its_notes_still_has_its_memory() {
    let mut core = ElfBuilder::x86_64();
    let offset = core.load(0x1000, &counting(1, 16));
    core.notes(&[prstatus(7, 11, 0x1000, 0x7000), ("LINUX", 0x202, vec![0; fxsave::SIZE])]);
    let mut file = core.finish();
    file.truncate(file.len() - 100);
    let subject = Subject::new(file);
    let info = subject.run("info", &[]).exits(0).json();
    assert!(!notices(&info).is_empty(), "{info}");
    can_be_written(&subject, 0x1000, offset);
}

#[test]
fn a_core_cut_in_its_program_headers_opens_with_a_notice_or_fails_with_a_reason() {
    let mut core = ElfBuilder::x86_64();
    core.load(0x1000, &counting(1, 16));
    core.load(0x2000, &counting(1, 16));
    let mut file = core.finish();
    file.truncate(64 + 56 + 20);
    let subject = Subject::new(file);
    let run = subject.run("info", &[]);
    match run.code {
        0 => assert!(!notices(&run.json()).is_empty(), "{run}"),
        _ => drop(run.is_error("format")),
    }
}

#[test]
fn a_segment_may_end_at_the_last_address() {
    let mut core = ElfBuilder::x86_64();
    let offset = core.load(u64::MAX - 15, &counting(1, 16));
    let subject = Subject::new(core.finish());
    let regions = subject.run("regions", &[]).exits(0).json();
    assert_eq!((&regions[0]["start"], &regions[0]["size"]), (&json!("0xfffffffffffffff0"), &json!(16)));
    can_be_written(&subject, u64::MAX, offset + 15);
}

#[test]
fn regions_tell_mapped_sizes_from_captured_ones() {
    let mut core = ElfBuilder::x86_64();
    let offset = core.place(&counting(1, 16));
    core.load_at(0x3000, 0, 0, 0x1000);
    core.load_at(0x1000, offset, 16, 0x1000);
    let subject = Subject::new(core.finish());
    let regions = subject.run("regions", &[]).exits(0).json();
    let pick =
        |key: &str| regions.as_array().unwrap().iter().map(|region| region[key].clone()).collect::<Vec<_>>();
    assert_eq!(pick("start"), [json!("0x1000"), json!("0x3000")]);
    assert_eq!(pick("size"), [json!(0x1000), json!(0x1000)]);
    assert_eq!(pick("captured"), [json!(16), json!(0)]);
    assert_eq!(pick("file_offsets"), [json!([offset]), json!([])]);
    assert_eq!(pick("protection"), [json!("rw-"), json!("rw-")]);
}

#[test]
fn a_big_endian_core_has_its_memory() {
    for (wide, machine, name) in [(true, machine::PPC64, "ppc64"), (false, 20, "ppc"), (true, 22, "s390x")] {
        let mut core = ElfBuilder::new(Order::Big, wide, machine);
        let offset = core.load(0x1000, &counting(1, 16));
        let subject = Subject::new(core.finish());
        let info = subject.run("info", &[]).exits(0).json();
        assert_eq!(info["byte_order"], "big");
        assert_eq!(info["machine"], name);
        assert_eq!(info["pointer_width"], if wide { 8 } else { 4 });
        can_be_written(&subject, 0x1004, offset + 4);
    }
}

#[test]
fn modules_of_a_core_come_from_nt_file() {
    let mut core = ElfBuilder::x86_64();
    core.code(0x40_1000, 0x2000);
    core.code(0x7f00_0000, 0x2000);
    let files = [
        (0x40_0000, 0x40_1000, 0, "/usr/bin/crash"),
        (0x40_1000, 0x40_3000, 1, "/usr/bin/crash"),
        (0x7f00_0000, 0x7f00_2000, 0, "/lib/libc-2.20.so"),
    ];
    core.notes(&[prstatus(7, 11, 0x1000, 0x7000), nt_file(&files)]);
    let subject = Subject::new(core.finish());
    let modules = subject.run("modules", &[]).exits(0).json();
    assert_eq!(modules[0]["base"], "0x400000");
    assert_eq!(modules[0]["size"], 0x3000);
    assert_eq!(modules[0]["name"], "/usr/bin/crash");
    assert_eq!(modules[1]["base"], "0x7f000000");
}

#[test]
fn lists_may_have_padding_behind_their_counts() {
    let mut dump = MinidumpBuilder::amd64();
    dump.padded();
    let record = dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    let offset = dump.memory(0x1000, &counting(1, 16));
    dump.module(0x40_0000, 0x1000, "C:\\crash.exe");
    let subject = Subject::new(dump.finish());
    let info = subject.run("info", &[]).exits(0).json();
    assert_eq!((&info["threads"], &info["captured_bytes"]), (&json!(1), &json!(16)));
    can_be_written(&subject, 0x1000, offset);
    assert_eq!(subject.run("threads", &[]).json()[0]["records"][0]["file_offset"], record);
    assert_eq!(subject.run("modules", &[]).json()[0]["name"], "C:\\crash.exe");
}

#[test]
fn unused_and_unknown_streams_stay_untouched() {
    let mut dump = MinidumpBuilder::amd64();
    dump.stream(0, &[]);
    dump.stream(0x4d7a_0099, &counting(1, 16));
    let offset = dump.memory(0x1000, &counting(1, 16));
    let subject = Subject::new(dump.finish());
    can_be_written(&subject, 0x1000, offset);
}

#[test]
fn of_a_stream_that_occurs_twice_no_memory_is_lost() {
    let mut dump = MinidumpBuilder::amd64();
    let other = dump.place(&counting(1, 16));
    let list = Order::Little.fields(&[(1, 4), (0x2000, 8), (16, 4), (other, 4)]);
    dump.stream(stream::MEMORY_LIST, &list);
    let offset = dump.memory(0x1000, &counting(1, 16));
    let subject = Subject::new(dump.finish());
    for (address, offset) in [("0x1000", offset), ("0x2000", other)] {
        let piece = subject.run("where", &[address]).is_full(1)["pieces"][0].clone();
        assert_eq!(piece["file_offsets"], json!([offset]));
    }
}

#[test]
fn memory_of_both_lists_is_there() {
    let mut dump = MinidumpBuilder::amd64();
    let offset = dump.memory(0x1000, &counting(1, 16));
    dump.memory64(0x2000, &counting(1, 16));
    let file = dump.finish();
    let offset64 = file.len() as u64 - 16;
    let subject = Subject::new(file);
    subject.run("write", &["0x1000", "cc"]).is_full(1);
    subject.run("write", &["0x2000", "cc"]).is_full(1);
    subject.changed_only(&[(offset, &[0xcc]), (offset64, &[0xcc])]);
}

#[test]
fn overlapping_regions_all_count() {
    let mut dump = MinidumpBuilder::amd64();
    let low = dump.memory(0x1000, &counting(1, 32));
    let high = dump.memory(0x1010, &counting(0x11, 32));
    let subject = Subject::new(dump.finish());
    subject.run("write", &["0x1008", &"cc".repeat(32)]).is_full(32);
    subject.changed_only(&[(low + 8, &[0xcc; 24]), (high, &[0xcc; 24])]);
}

#[test]
fn a_cut_memory64_list_keeps_what_is_left() {
    let mut dump = MinidumpBuilder::amd64();
    dump.memory64(0x1000, &counting(1, 16));
    dump.memory64(0x2000, &counting(1, 16));
    dump.memory64(0x3000, &counting(1, 16));
    let mut file = dump.finish();
    let end = file.len() as u64;
    file.truncate(file.len() - 24);
    let subject = Subject::new(file);
    let info = subject.run("info", &[]).exits(0).json();
    assert!(!notices(&info).is_empty(), "{info}");
    assert_eq!(info["captured_bytes"], 24);
    can_be_written(&subject, 0x2007, end - 32 + 7);
}

#[test]
fn sign_extended_addresses_of_a_32_bit_target_are_cut_with_a_notice() {
    let mut dump = MinidumpBuilder::x86();
    let offset = dump.memory(0xffff_ffff_8000_1000, &counting(1, 16));
    let subject = Subject::new(dump.finish());
    let info = subject.run("info", &[]).exits(0).json();
    assert_eq!(notice(&info, "sign-extended-address")["address"], "0xffffffff80001000");
    assert_eq!(subject.run("regions", &[]).json()[0]["start"], "0x80001000");
    can_be_written(&subject, 0x8000_1000, offset);
}

#[test]
fn a_big_endian_minidump_is_read_in_its_order() {
    let mut dump = MinidumpBuilder::new(Order::Big, 3);
    let offset = dump.memory(0x1000, &counting(1, 16));
    let subject = Subject::new(dump.finish());
    assert_eq!(&subject.before()[..4], b"PMDM");
    let info = subject.run("info", &[]).exits(0).json();
    assert_eq!((&info["format"], &info["byte_order"]), (&json!("minidump"), &json!("big")));
    subject.run("write", &["0x1004", "u32:0x01020304"]).is_full(4);
    subject.changed_only(&[(offset + 4, &[1, 2, 3, 4])]);
}

#[test]
fn a_big_endian_context_is_read_in_its_order() {
    let fields = [(x86::EAX, 0x1122_3344, 4), (x86::EIP, 0x40_1000, 4)];
    let record =
        crate::support::minidump_builder::context(Order::Big, x86::SIZE, (x86::FLAGS, x86::FULL), &fields);
    let mut dump = MinidumpBuilder::new(Order::Big, processor::X86);
    let record = dump.thread_with(7, &record);
    let subject = Subject::new(dump.finish());
    assert_eq!(subject.register("eip", &[]), Some(0x40_1000));
    subject.run("set", &["ax=0xaabb"]).exits(0);
    subject.changed_only(&[(record + x86::EAX as u64 + 2, &[0xaa, 0xbb])]);
}

#[test]
fn stacks_without_bytes_are_no_memory() {
    let mut dump = MinidumpBuilder::amd64();
    let context = dump.place(&amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    dump.thread(7, (0x7000, 0, 0), (amd64::SIZE as u64, context));
    dump.thread(8, (0x8000, 64, 0), (amd64::SIZE as u64, context));
    let subject = Subject::new(dump.finish());
    assert_eq!(subject.run("threads", &[]).exits(0).json().as_array().unwrap().len(), 2);
    for address in ["0x7000", "0x8000"] {
        assert_eq!(subject.run("write", &[address, "cc"]).code, 2, "{address}");
    }
    subject.unchanged();
}

#[test]
fn several_exception_streams_each_count_for_their_thread() {
    let mut dump = MinidumpBuilder::amd64();
    for tid in [7, 8] {
        dump.thread_with(tid, &amd64_context(amd64::FULL, 0x1000, 0x7000));
    }
    let first = dump.exception_with(7, &amd64_context(amd64::FULL, 0x2000, 0x7000), 0x2000);
    let second = dump.exception_with(8, &amd64_context(amd64::FULL, 0x3000, 0x7000), 0x3000);
    let subject = Subject::new(dump.finish());
    assert_eq!(subject.register("rip", &[]), Some(0x2000), "the first names the crashed thread");
    assert_eq!(subject.register("rip", &["--thread", "8"]), Some(0x3000));
    let rip = |record: u64| record + amd64::RIP as u64;
    subject.run("set", &["rip=1"]).is_full(8);
    subject.run("set", &["rip=2", "--thread", "8"]).is_full(8);
    subject.changed_only(&[(rip(first), &1_u64.to_le_bytes()), (rip(second), &2_u64.to_le_bytes())]);
}

#[test]
fn a_checksum_in_the_header_is_noticed_and_not_kept_up() {
    let mut dump = MinidumpBuilder::amd64();
    let offset = dump.memory(0x1000, &counting(1, 16));
    let mut file = dump.finish();
    Order::Little.put(&mut file, 16, 0x1234_5678, 4);
    let subject = Subject::new(file);
    let info = subject.run("info", &[]).exits(0).json();
    notice(&info, "header-checksum");
    can_be_written(&subject, 0x1000, offset);
}
