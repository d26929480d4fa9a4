//! Filling and copying memory, under the contract of a write: full, partial, or an error that changes nothing.

use crate::library::random::Random;
use crate::support::bytes::{counting, hex};
use crate::support::command::{binary, run};
use crate::support::process::{Dumped, RSP, TID, dumped};

/// 256 bytes at 0x1000, 256 right behind them that come first in the file, and 16 at 0x2000 behind a gap.
fn regions() -> Vec<Dumped> {
    let (first, second, third) = (counting(1, 256), counting(2, 256), counting(3, 16));
    let mut all = dumped(&[(0x1100, &second), (0x1000, &first), (0x2000, &third)]);
    all.iter_mut().for_each(|dumped| dumped.offsets.swap(0, 1));
    all
}

#[test]
fn a_pattern_goes_on_over_adjacent_regions_and_its_last_repetition_is_cut() {
    for Dumped { subject, offsets } in regions() {
        subject.run("fill", &["0x10fa..+0x0b", "aa bb", "u8:0xcc"]).is_full(11);
        let bytes = [0xaa, 0xbb, 0xcc, 0xaa, 0xbb, 0xcc, 0xaa, 0xbb, 0xcc, 0xaa, 0xbb];
        subject.changed_only(&[(offsets[0] + 0xfa, &bytes[..6]), (offsets[1], &bytes[6..])]);
    }
}

#[test]
fn a_range_into_a_gap_is_filled_as_far_as_it_is_captured() {
    for Dumped { subject, offsets } in regions() {
        subject.run("fill", &["0x11fc..0x2010", "00"]).is_partial(0xe14, 4, "0x1200", "unmapped");
        subject.changed_only(&[(offsets[1] + 0xfc, &[0; 4])]);
        subject.run("undo", &[]).exits(0);
        subject.run("fill", &["0x11fc..0x2010", "00", "--all-or-nothing"]).is_error("unmapped");
        subject.run("fill", &["0x1200..+1", "00"]).is_error("unmapped");
        subject.run("fill", &["0x1000..+1", "hex:"]).is_error("usage");
        subject.run("fill", &["0x1010..0x1000", "00"]).is_error("value");
        subject.unchanged();
        subject.run("fill", &["0x1000..+0", "00", "--allow-empty"]).is_full(0);
    }
}

#[test]
fn a_fill_that_expects_other_bytes_changes_nothing() {
    for Dumped { subject, offsets } in regions() {
        subject.run("fill", &["0x1000..+8", "00", "--expect", "01 02"]).is_error("expect");
        subject.unchanged();
        subject.run("fill", &["0x1000..+8", "ee ff"]).is_full(8);
        subject.run("fill", &["0x1000..+8", "00", "--expect", "ee ff"]).is_full(8);
        subject.changed_only(&[(offsets[0], &[0; 8])]);
    }
}

#[test]
fn a_register_is_filled_as_its_bytes_are_stored() {
    for Dumped { subject, .. } in regions() {
        subject.run("fill", &["reg:rax..+8", "11 22"]).is_full(8);
        assert_eq!(subject.register("rax", &[]), Some(0x2211_2211_2211_2211));
        subject.run("fill", &["reg:rax+6..+8", "00"]).is_partial(8, 2, "reg:rax+8", "end-of-register");
        assert_eq!(subject.register("rax", &[]), Some(0x2211_2211_2211));
    }
}

#[test]
fn a_range_is_copied_to_wherever_it_is_asked_for_and_may_overlap_it() {
    for (from, to) in [(0x1000u64, 0x1004u64), (0x1004, 0x1000), (0x10f8, 0x1100), (0x1000, 0x1000)] {
        for Dumped { subject, .. } in regions() {
            let read = |at: u64, len| {
                let json = subject.run("read", &[&format!("{at:#x}..+{len}")]).json();
                json["bytes"].as_str().unwrap().to_owned()
            };
            let expected = read(from, 16);
            subject.run("copy", &[&format!("{from:#x}..+16"), &format!("{to:#x}")]).is_full(16);
            assert_eq!(read(to, 16), expected, "{from:#x} to {to:#x}");
        }
    }
}

#[test]
fn a_copy_ends_where_the_first_of_its_two_ranges_does() {
    for Dumped { subject, offsets } in regions() {
        subject.run("copy", &["0x11fc..+16", "0x1000"]).is_partial(16, 4, "0x1200", "unmapped");
        let copied = &counting(2, 256)[252..];
        subject.changed_only(&[(offsets[0], copied)]);
        subject.run("undo", &[]).exits(0);
        subject.run("copy", &["0x1000..+32", "0x2008"]).is_partial(32, 8, "0x2010", "unmapped");
        subject.changed_only(&[(offsets[2] + 8, &counting(1, 8))]);
        subject.run("undo", &[]).exits(0);
        for arguments in [
            ["0x11fc..+16", "0x1000"],
            ["0x1000..+32", "0x2008"],
            ["0x1200..+1", "0x1000"],
            ["0x1000..+1", "0x3000"],
        ] {
            subject.run("copy", &[&arguments[..], &["--all-or-nothing"]].concat()).is_error("unmapped");
        }
        subject.run("copy", &["0x1000..+4", "0x2000", "--expect", "00"]).is_error("expect");
        subject.run("copy", &["0x1000..+4", "0x2000", "--expect", "00000000"]).is_error("expect");
        subject.unchanged();
        subject.run("copy", &["0x1000..+4", "0x2000", "--expect", &hex(&counting(3, 4))]).is_full(4);
        subject.changed_only(&[(offsets[2], &counting(1, 4))]);
    }
}

#[test]
fn memory_is_copied_into_a_register_and_back() {
    for Dumped { subject, .. } in regions() {
        subject.run("copy", &["0x1000..+8", "reg:rbx"]).is_full(8);
        assert_eq!(subject.register("rbx", &[]), Some(0x0807_0605_0403_0201));
        subject.run("copy", &["reg:rsp..+8", "0x2000", "--thread", &TID.to_string()]).is_full(8);
        let json = subject.run("read", &["0x2000..+8", "--as", "ptr"]).json();
        assert_eq!(json["values"][0], format!("{RSP:#x}"));
    }
}

#[test]
fn long_stretches_are_copied_as_they_were_however_they_overlap_and_are_taken_back_and_done_again() {
    const AT: u64 = 0x10_0000;
    let memory = Random(5).bytes(3 << 20);
    for Dumped { subject, offsets } in dumped(&[(AT, &memory)]).into_iter().take(1) {
        for (from, to, len) in [
            (0, 0x18_0000, 0x18_0000),
            (0x18_0000, 0, 0x18_0000),
            (0, 0x1003, 0x20_0001),
            (0x1003, 0, 0x20_0001),
            (0, 0x17_ffff, 0x18_0000),
            (7, 7, 0x18_0000),
        ] {
            let range = format!("{:#x}..+{len:#x}", AT + from as u64);
            subject.run("copy", &[&range, &format!("{:#x}", AT + to as u64)]).is_full(len as u64);
            let mut copied = memory.clone();
            copied.copy_within(from..from + len, to);
            subject.changed_only(&[(offsets[0], &copied)]);
            subject.run("undo", &[]).exits(0);
            subject.unchanged();
            subject.run("redo", &[]).exits(0);
            subject.changed_only(&[(offsets[0], &copied)]);
            assert_eq!(subject.run("log", &[]).exits(0).json().as_array().unwrap().len(), 3);
            subject.run("undo", &[]).exits(0);
            subject.unchanged();
            subject.run("forget", &[]).exits(0);
        }
    }
}

#[test]
fn a_long_copy_takes_what_the_lines_before_it_wrote_and_not_what_those_behind_it_write() {
    const AT: u64 = 0x10_0000;
    let memory = Random(6).bytes(6 << 20);
    for Dumped { subject, offsets } in dumped(&[(AT, &memory)]) {
        let script = subject.folder().join("script");
        let lines = [
            "copy 0x100000..+0x200000 0x300000",
            "write 0x100010 str:behind",
            "copy 0x100000..+0x200000 0x500000",
            "fill 0x300020..+4 ff",
            "copy 0x400000..+0x180000 0x100000",
        ];
        std::fs::write(&script, lines.join("\n")).unwrap();
        subject.run("apply", &[script.to_str().unwrap()]).exits(0);
        let mut expected = memory.clone();
        expected.copy_within(0..0x20_0000, 0x20_0000);
        expected[0x10..0x16].copy_from_slice(b"behind");
        expected.copy_within(0..0x20_0000, 0x40_0000);
        expected[0x20_0020..0x20_0024].fill(0xff);
        expected.copy_within(0x30_0000..0x48_0000, 0);
        subject.changed_only(&[(offsets[0], &expected)]);
        subject.run("undo", &[]).exits(0);
        subject.unchanged();
    }
}

#[test]
fn a_copy_within_a_dump_needs_no_temporary_file_however_long_it_is() {
    const SIZE: usize = 17 << 20;
    let memory = Random(7).bytes(SIZE);
    let Dumped { subject, offsets } =
        dumped(&[(0x1000_0000, &memory), (0x2000_0000, &vec![1; SIZE])]).remove(0);
    let copy = |name: &str, folder: &std::path::Path| {
        let mut command = binary();
        command.arg("copy").arg(subject.path()).args([&format!("0x10000000..+{SIZE}"), "0x20000000"]);
        run(command.env(name, folder), b"")
    };
    copy(if cfg!(windows) { "TMP" } else { "TMPDIR" }, &subject.folder().join("nowhere")).exits(0);
    subject.changed_only(&[(offsets[1], &memory)]);
}
