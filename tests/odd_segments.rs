//! ELF cores with odd headers: notes of any alignment, segments without bytes, segments at the end of the address space, and more segments
//! than a 16-bit count can hold, all of one page.

use serde_json::json;

use crate::support::bytes::{Order, counting};
use crate::support::command::notice;
use crate::support::elf_builder::{ElfBuilder, NT_FPREGSET, machine, prstatus, prstatus_x86_64};
use crate::support::subject::Subject;

#[test]
fn notes_of_several_segments_are_read_whatever_they_are_aligned_to() {
    for align in [0, 1, 4, 8] {
        for wide in [true, false] {
            let mut core = ElfBuilder::new(Order::Little, wide, machine::X86_64);
            // x32 has a shorter status, so that its size is not a multiple of eight.
            let thread = |tid: u32, signal: u16| match wide {
                true => prstatus(tid, signal, 0x1000, 0x7000),
                false => {
                    let mut note = counting(1, 300);
                    Order::Little.put(&mut note, 12, signal.into(), 2);
                    Order::Little.put(&mut note, 24, tid.into(), 4);
                    ("CORE", 1, note[..296].to_vec())
                }
            };
            core.notes_aligned(&[thread(7, 0), ("CORE", NT_FPREGSET, counting(3, 512))], align);
            core.notes_aligned(&[("STRANGER", 77, counting(1, 5)), thread(8, 11)], align);
            let last = core.notes_aligned(&[("STRANGERS", 77, counting(1, 3)), thread(9, 0)], align)[1];
            let subject = Subject::new(core.finish());
            let threads = subject.run("threads", &[]).exits(0).json();
            let tids: Vec<_> =
                threads.as_array().unwrap().iter().map(|thread| thread["tid"].clone()).collect();
            assert_eq!(tids, [7, 8, 9], "p_align {align}");
            assert_eq!(threads[1]["crashed"], true);
            let registers = if wide { prstatus_x86_64::REGISTERS } else { 72 };
            subject.run("set", &["rax=0x42", "--thread", "9"]).is_full(8);
            subject.changed_only(&[(last + registers as u64 + 80, &0x42_u64.to_le_bytes())]);
            let float = subject.register("mxcsr", &["--thread", "7"]);
            assert!(float.is_some() && subject.register("mxcsr", &["--thread", "8"]).is_none());
        }
    }
}

#[test]
fn segments_without_bytes_are_mapped_and_not_captured() {
    let mut core = ElfBuilder::x86_64();
    core.load_at(0x1000, 0, 0, 0x1000);
    let offset = core.load(0x2000, &counting(1, 16));
    // Its offset is behind the file, where nothing can be cut off.
    core.load_at(0x3000, 0xffff_0000, 0, 0x1000);
    core.load_at(0x4000, 0, 0, 0);
    let subject = Subject::new(core.finish());
    let info = subject.run("info", &[]).exits(0).json();
    assert_eq!(
        (&info["regions"], &info["captured_bytes"], &info["notices"]),
        (&json!(3), &json!(16), &json!([]))
    );
    for (address, kind, said) in [
        ("0x1000", "not-captured", "mapped, but not"),
        ("0x3000", "not-captured", "mapped, but not"),
        ("0x4000", "unmapped", "unmapped"),
    ] {
        let message = subject.run("write", &[address, "cc"]).is_error_at(kind, address);
        assert!(message.contains(said), "{address}: {message}");
    }
    subject.run("write", &["0x2000", "cc"]).is_full(1);
    subject.changed_only(&[(offset, &[0xcc])]);
}

#[test]
fn segments_at_the_end_of_the_address_space_never_wrap() {
    // The class, the first address, and the size in the header for 16 bytes.
    let cases = [
        (true, u64::MAX - 15, 16),
        (true, u64::MAX - 15, 0x1000),
        (false, 0xffff_fff0, 16),
        (false, 0xffff_fff0, 0x1000),
    ];
    for (wide, start, size) in cases {
        let machine = if wide { machine::X86_64 } else { machine::I386 };
        let mut core = ElfBuilder::new(Order::Little, wide, machine);
        let low = core.load(0, &counting(0x80, 16));
        let offset = core.place(&counting(1, 16));
        core.load_at(start, offset, 16, size);
        let subject = Subject::new(core.finish());
        let last = format!("{:#x}", start + 15);
        let regions = subject.run("regions", &[]).exits(0).json();
        let region = regions.as_array().unwrap().last().unwrap();
        assert_eq!(
            (&region["start"], &region["size"]),
            (&json!(format!("{start:#x}")), &json!(16)),
            "{size:#x}"
        );
        let end = format!("{:#x}", u128::from(start) + 16);
        let json = subject.run("write", &[&last, "ccdd"]).is_partial(2, 1, &end, "end-of-address-space");
        assert_eq!(json["edits"].as_array().unwrap().len(), 1);
        subject.changed_only(&[(offset + 15, &[0xcc])]);
        assert_eq!(subject.run("read", &["0x0..+1"]).is_full(1)["bytes"], "80");
        assert!(low < offset);
    }
}

#[test]
fn of_131070_segments_that_share_a_page_one_write_counts_the_others_and_lists_few() {
    let count = 131_070_u64;
    let mut core = ElfBuilder::with_room(Order::Little, true, machine::X86_64, count as usize + 1).extended();
    let page = core.place(&counting(1, 4096));
    (0..count).for_each(|index| core.load_at(0x10_0000_0000 + index * 0x2000, page, 4096, 4096));
    core.notes(&[prstatus(7, 11, 0x1000, 0x10_0000_0000)]);
    let subject = Subject::new(core.finish());
    assert_eq!(subject.run("info", &[]).exits(0).json()["regions"], count);
    // The first, one in the middle, the last.
    for (index, byte) in [(0, 0), (65_535, 8), (131_069, 4095)] {
        let at = format!("{:#x}", 0x10_0000_0000_u64 + index * 0x2000 + byte);
        let run = subject.run("write", &[&at, "cc"]);
        let json = run.is_full(1);
        assert_eq!(json["edits"].as_array().unwrap().len(), 1);
        let told = notice(&json, "aliases");
        assert_eq!(told["count"], 131_069);
        assert!(told["addresses"].as_array().unwrap().len() < 20, "{told}");
        assert!(run.stdout.len() + run.stderr.len() < 4000, "{run}");
        let place = subject.run("where", &[&at]).is_full(1)["pieces"][0].clone();
        assert_eq!((&place["alias_count"], &place["file_offsets"]), (&json!(131_069), &json!([page + byte])));
        assert!(place["aliases"].as_array().unwrap().len() < 20);
    }
    subject.changed_only(&[(page, &[0xcc]), (page + 8, &[0xcc]), (page + 4095, &[0xcc])]);
    // A whole page, and one range over the gap between two neighbours.
    let json = subject.run("write", &["@rsp", &"a5".repeat(4096)]).is_full(4096);
    let told = notice(&json, "aliases");
    assert_eq!(told["count"], 131_069);
    assert!(told.to_string().len() < 2000, "{told}");
    subject.run("read", &["0x1000000000..+8192"]).is_partial(8192, 4096, "0x1000001000", "unmapped");
}
