//! The header and the segments, whole and damaged.

use super::*;

#[test]
fn only_elf_is_recognized_and_only_cores_are_read() {
    let executable = core_of_type(2, LITTLE_64, AMD64, &[]);
    assert!(recognizes(&executable));
    assert!(!recognizes(b"MDMP"));
    for (file_type, kind) in [
        (1, "an ELF object file"),
        (2, "an ELF executable"),
        (3, "an ELF shared library or position-independent executable"),
        (9, "an ELF file of an unknown type"),
    ] {
        let error = parse(&core_of_type(file_type, LITTLE_64, AMD64, &[])).unwrap_err();
        assert_eq!(error, FormatError::NotACore { kind });
    }
}

#[test]
fn memory_of_both_classes_and_byte_orders_is_found() {
    for (encoding, machine, width) in [(LITTLE_64, AMD64, 8), (BIG_64, 21, 8), (BIG_32, PPC, 4)] {
        let file = core(encoding, machine, &[load(0x1000, 0x2000, b"abcd"), load(0x8000, 0x1000, &[])]);
        let layout = parse(&file).unwrap();
        assert_eq!(layout.pointer_width(), width);
        let regions = regions(&layout);
        let shape: Vec<_> =
            regions.iter().map(|region| (region.start, region.size, region.captured)).collect();
        assert_eq!(shape, [(0x1000, 0x2000, 4), (0x8000, 0x1000, 0)]);
        let offset = regions[0].file_offsets[0] as usize;
        assert_eq!(&file[offset..offset + 4], b"abcd");
        assert_eq!(regions[0].protection.unwrap().to_string(), "r-x");
        assert_eq!(layout.absence(0x1004), StopReason::NotCaptured);
        assert_eq!(layout.absence(0x4000), StopReason::Unmapped);
    }
}

#[test]
fn a_count_that_does_not_fit_stands_in_section_0() {
    let mut file = core(LITTLE_64, AMD64, &[load(0x1000, 0x1000, b"abcd")]);
    let section = file.len() as u64;
    file[56..58].copy_from_slice(&0xffffu16.to_le_bytes());
    file[40..48].copy_from_slice(&section.to_le_bytes());
    file[58..60].copy_from_slice(&64u16.to_le_bytes());
    file[60..62].copy_from_slice(&1u16.to_le_bytes());
    let whole = Bytes::new(LITTLE_64).raw(&[0; 44]).int(1).raw(&[0; 16]).bytes;
    file.extend(whole);
    let layout = parse(&file).unwrap();
    assert_eq!(regions(&layout).len(), 1);
    assert_eq!(notices(&layout), []);

    file.truncate(section as usize + 10);
    let layout = parse(&file).unwrap();
    assert!(layout.resolve(Context::Process, 0x1000.into(), 4, Access::Read).unwrap().outcome.is_full());
    assert!(notices(&layout).contains(&NoticeKind::ProgramHeaderCountLost));
}

#[test]
fn a_file_may_be_cut_anywhere_behind_its_header() {
    let noted = Bytes::new(LITTLE_64).note("CORE", 1, &status(11, 7, 0x401000));
    let segments = [notes(noted), load(0x1000, 0x1000, b"abcdefgh")];
    let file = core(LITTLE_64, AMD64, &segments);
    for length in 0..64 {
        let error = parse(&file[..length]).unwrap_err();
        assert!(matches!(error, FormatError::Broken { structure: "ELF header", .. }), "{length}");
    }
    let in_headers = parse(&file[..64 + 56 + 3]).unwrap();
    assert!(notices(&in_headers).contains(&NoticeKind::ProgramHeadersCutOff));
    let in_notes = parse(&file[..64 + 2 * 56 + 20 + 60]).unwrap();
    assert!(notices(&in_notes).contains(&NoticeKind::NoteSegmentCutOff));
    assert_eq!(in_notes.threads()[0].tid, 7);
    assert_eq!(in_notes.absence(0x1000), StopReason::EndOfFile);
    let in_memory = &file[..file.len() - 3];
    let in_memory = parse(in_memory).unwrap();
    assert_eq!(regions(&in_memory)[0].captured, 5);
    assert_eq!(in_memory.absence(0x1005), StopReason::EndOfFile);
}

#[test]
fn a_segment_may_end_at_the_end_of_the_address_space() {
    let last = load(u64::MAX - 3, 4, b"abcd");
    let past = load(u64::MAX - 7, 64, b"efgh");
    let layout = parse(&core(LITTLE_64, AMD64, &[last, past])).unwrap();
    assert_eq!(layout.captured_bytes(), 8);
    assert!(notices(&layout).contains(&NoticeKind::MemoryPastLastAddress));
}

#[test]
fn all_that_a_segment_stores_is_captured_though_it_maps_less() {
    let layout = parse(&core(LITTLE_64, AMD64, &[load(0x1000, 4, b"abcdefgh")])).unwrap();
    assert_eq!(layout.captured_bytes(), 8);
    assert_eq!(regions(&layout)[0].size, 8);
    assert!(notices(&layout).contains(&NoticeKind::SegmentStoresMore));
}

#[test]
fn program_headers_whose_number_is_cut_off_are_read_up_to_the_first_segment_s_bytes() {
    const COUNT: usize = 70_000;
    let segments: Vec<Segment> = (0..COUNT as u64).map(|index| load(index << 16, 1, b"x")).collect();
    let mut file = core(LITTLE_64, AMD64, &segments);
    file[56..58].copy_from_slice(&0xffffu16.to_le_bytes());
    let layout = parse(&file).unwrap();
    assert_eq!(layout.captured_bytes(), COUNT as u64);
    assert!(notices(&layout).contains(&NoticeKind::ProgramHeaderCountLost));
}

#[test]
fn a_machine_that_is_not_known_is_named_by_its_number() {
    let layout = parse(&core(LITTLE_64, 0x1234, &[load(0x1000, 4, b"abcd")])).unwrap();
    assert_eq!(layout.machine(), dumpedit_layout::Machine::Unknown);
    assert!(notices(&layout).contains(&NoticeKind::UnknownMachine));
}

#[test]
fn addresses_that_stand_for_several_physical_pages_are_read_and_not_written() {
    let file = |places: [u64; 2]| {
        let mut file = core(LITTLE_64, AMD64, &[load(0, 8, b"abcdefgh"), load(4, 8, b"ijklmnop")]);
        for (index, place) in places.into_iter().enumerate() {
            let at = 64 + 56 * index + 24;
            file[at..at + 8].copy_from_slice(&place.to_le_bytes());
        }
        file
    };
    let write = |places, address: u64, size| {
        let layout = parse(&file(places)).unwrap();
        layout.resolve(Context::Process, address.into(), size, Access::Read).unwrap();
        layout.resolve(Context::Process, address.into(), size, Access::Write).err()
    };
    let several = |address| Some(AccessError::SeveralPages { address });
    assert_eq!(write([0, 0x10_0000], 0, 8), several(4));
    assert_eq!(write([0, 0x10_0000], 6, 4), several(6));
    assert_eq!(write([0, 0x10_0000], 0, 4), None);
    assert_eq!(write([0, 0x10_0000], 8, 4), None);
    // The same page twice, and no physical addresses.
    assert_eq!(write([0x1000, 0x1004], 0, 8), None);
    assert_eq!(write([0, 0], 0, 8), None);
}

#[test]
fn the_tables_and_the_notes_are_structures() {
    let mut stolen = load(0x1000, 0x1000, &[]);
    stolen.file_size = 4096;
    let file = core(LITTLE_64, AMD64, &[notes(Bytes::new(LITTLE_64).note("X", 1, &[0; 64])), stolen]);
    let mut shifted = file.clone();
    // The segment's bytes begin with the file.
    shifted[64 + 56 + 8..64 + 56 + 16].fill(0);
    let layout = parse(&shifted).unwrap();
    for offset in [0, 63, 64, 64 + 2 * 56, file.len() as u64 - 1] {
        let at = (0x1000 + offset).into();
        assert!(layout.resolve(Context::Process, at, 1, Access::Write).is_err(), "{offset}");
        assert!(layout.resolve(Context::Process, at, 1, Access::Read).is_ok(), "{offset}");
    }
}
