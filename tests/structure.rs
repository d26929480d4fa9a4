//! Ranges that overlap the format's own structures stop there, unless an option allows them.

use crate::support::bytes::counting;
use crate::support::elf_builder::{ElfBuilder, prstatus};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use crate::support::subject::Subject;

/// A dump, an address whose bytes are its first structure, and the file offset of that address. Eight plain bytes are in front of it.
struct Overlap {
    subject: Subject,
    address: u64,
    offset: u64,
}

fn overlaps() -> Vec<Overlap> {
    let mut core = ElfBuilder::x86_64();
    let plain = core.place(&counting(1, 16));
    // The descriptions are behind a note's head of 12 bytes and its padded owner of 8.
    let notes = core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000)])[0] - 20;
    assert_eq!(notes, plain + 16);
    core.load_at(0x1000, plain, 64, 64);
    let core =
        Overlap { subject: Subject::named("notes.core", core.finish()), address: 0x1010, offset: notes };

    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    let plain = dump.place(&counting(1, 16));
    // The lists are behind all that was placed before.
    dump.memory_at(0x1000, 64, plain);
    let list =
        Overlap { subject: Subject::named("list.dmp", dump.finish()), address: 0x1010, offset: plain + 16 };
    vec![core, list]
}

#[test]
fn a_range_that_meets_a_structure_stops_there() {
    for Overlap { subject, address, offset } in overlaps() {
        let at = format!("{address:#x}");
        let run = subject.run("write", &[&format!("{:#x}", address - 4), &"cc".repeat(8)]);
        run.is_partial(8, 4, &at, "structure");
        subject.changed_only(&[(offset - 4, &[0xcc; 4])]);
    }
}

#[test]
fn a_structure_at_the_first_byte_is_an_error() {
    for Overlap { subject, address, .. } in overlaps() {
        let at = format!("{address:#x}");
        subject.run("write", &[&at, "cc"]).is_error_at("structure", &at);
        subject.unchanged();
    }
}

#[test]
fn the_header_and_the_directory_are_structure() {
    let mut core = ElfBuilder::x86_64();
    core.load_at(0x1000, 4, 0x100, 0x100);
    let mut dump = MinidumpBuilder::amd64();
    dump.memory_at(0x1000, 0x30, 4);
    for file in [core.finish(), dump.finish()] {
        let subject = Subject::new(file);
        for at in ["0x1000", "0x1024"] {
            subject.run("write", &[at, "cc"]).is_error_at("structure", at);
        }
        subject.unchanged();
    }
}

#[test]
fn allow_structure_lets_a_write_through() {
    for Overlap { subject, address, offset } in overlaps() {
        let run =
            subject.run("write", &[&format!("{:#x}", address - 4), &"cc".repeat(8), "--allow-structure"]);
        run.is_full(8);
        subject.changed_only(&[(offset - 4, &[0xcc; 8])]);
    }
}

#[test]
fn reading_a_structure_is_allowed() {
    for Overlap { subject, address, offset } in overlaps() {
        let json = subject.run("read", &[&format!("{:#x}..+8", address - 4)]).is_full(8);
        let offset = usize::try_from(offset).unwrap();
        let expected = crate::support::bytes::hex(&subject.before()[offset - 4..offset + 4]);
        assert_eq!(json["bytes"], expected);
    }
}

#[test]
fn all_or_nothing_counts_a_structure_as_partial() {
    for Overlap { subject, address, .. } in overlaps() {
        let at = format!("{:#x}", address - 4);
        subject.run("write", &[&at, &"cc".repeat(8), "--all-or-nothing"]).is_error("structure");
        subject.unchanged();
    }
}
