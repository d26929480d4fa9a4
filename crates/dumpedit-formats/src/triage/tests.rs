//! Tests of the walk over triage dumps, built byte by byte.

use dumpedit_layout::{Access, Context, NamedAddress, RecordChoice, StopReason};

use super::*;
use crate::model::Content;

const STACK: u64 = 0xffff_8504_2989_0000;

/// A triage dump of AMD64: two data blocks, the second of which the stack repeats, one driver.
fn dump() -> Vec<u8> {
    let mut file = vec![0; 0x3000];
    let mut put = |at: usize, bytes: &[u8]| file[at..][..bytes.len()].copy_from_slice(bytes);
    put(0, b"PAGEDU64");
    let ints: &[(usize, u32)] = &[
        (0x30, 0x8664),
        (0x38, 0x1000_007e),
        (0xf00, 0xc000_0005),
        (0xf18, 2),
        (0xf98, 4),
        (0x348 + 0x30, 0x10_000f),
        (0x2004, 0x2f00),
        (0x2008, 0x2efc),
        (0x200c, 0x348),
        (0x2010, 0xf00),
        (0x2018, 0x2a00),
        (0x2028, 0x2400),
        (0x202c, 0x80),
        (0x2030, 0x2500),
        (0x2034, 1),
        (0x2038, 0x2600),
        (0x203c, 0x20),
        (0x2078, 0x2700),
        (0x207c, 2),
        (0x2500, 0x2600),
        (0x2500 + 0x48, 0x6000),
        (0x2500 + 0x88, 0x1a7b_e8e9),
        (0x2600, 3),
        (0x2708, 0x2800),
        (0x270c, 0x100),
        (0x2718, 0x2900),
        (0x271c, 0x100),
        (0x2a00, 1),
        (0x2a08, 0x0006_0006),
    ];
    ints.iter().for_each(|(at, value)| put(*at, &value.to_le_bytes()));
    let longs: &[(usize, u64)] = &[
        (0x40, 0xffff_ffff_c000_0005),
        (0x48, 0xffff_f800_0000_1234),
        (0x348 + 0xf8, 0xffff_f804_8b58_334c),
        (0xf10, 0xffff_f804_8b58_334c),
        (0xf20, 1),
        (0xf28, 8),
        (0x2048, STACK),
        (0x2500 + 0x38, 0xffff_f804_7944_0000),
        (0x2700, 0xffff_f804_7c62_a000),
        (0x2710, STACK - 0x40),
        (0x2a08 + 0x28, 0xffff_f804_79d3_0000),
        (0x2a08 + 0x30, 0xffff_f804_79d4_2000),
    ];
    longs.iter().for_each(|(at, value)| put(*at, &value.to_le_bytes()));
    put(0x2604, b"h\0a\0l\0");
    put(0x2a18, b"d\0a\0m\0");
    put(0x2efc, b"TRGD");
    file
}

fn parse(bytes: &[u8]) -> Layout {
    super::parse(bytes, |_| ()).unwrap()
}

#[test]
fn a_block_and_the_stack_that_repeats_it_are_copies() {
    let layout = parse(&dump());
    let resolved = layout.resolve(Context::Process, STACK.into(), 8, Access::Write).unwrap();
    let mut places: Vec<u64> = resolved.pieces.iter().map(|piece| piece.file_offset).collect();
    places.sort_unstable();
    assert_eq!(places, [0x2400, 0x2940]);
    let error = layout.resolve(Context::Process, 0x1000.into(), 8, Access::Read).unwrap_err();
    assert!(matches!(error, dumpedit_layout::AccessError::NotCaptured { reason: StopReason::Unmapped, .. }));
}

#[test]
fn registers_drivers_bug_check_and_exception_are_found() {
    let layout = parse(&dump());
    let part = Machine::Amd64.registers().part("rip").unwrap();
    let context = Context::Thread(ThreadIndex(0), RecordChoice::Auto);
    let rip = layout.resolve_part(context, part).unwrap();
    assert_eq!(rip.pieces.first().unwrap().file_offset, 0x348 + 0xf8);
    let [module] = layout.modules() else { panic!("{:?}", layout.modules()) };
    assert_eq!((module.name.as_str(), module.id.as_deref()), ("hal", Some("1A7BE8E96000")));
    let [bug_check, exception] = layout.faults() else { panic!("{:?}", layout.faults()) };
    assert_eq!(bug_check.name.as_deref(), Some("SYSTEM_THREAD_EXCEPTION_NOT_HANDLED"));
    assert_eq!(bug_check.parameters.first(), Some(&0xffff_ffff_c000_0005));
    let instruction = NamedAddress { name: "BugCheckParameter2", address: 0xffff_f800_0000_1234 };
    assert_eq!((bug_check.address, bug_check.address_field), (Some(instruction), "parameters[1]"));
    assert_eq!(exception.access, Some(NamedAddress { name: "write", address: 8 }));
    assert!(layout.notices().iter().all(|notice| !notice.to_string().contains("was not finished")));
}

#[test]
fn the_parameter_that_is_an_instruction_follows_from_the_bug_check() {
    let cases = [
        (0x0au32, Some("BugCheckParameter4")),
        (0x50, Some("BugCheckParameter3")),
        (0x1000_008e, Some("BugCheckParameter2")),
        (0x9f, None),
    ];
    for (code, expected) in cases {
        let mut bytes = dump();
        bytes[0x38..0x3c].copy_from_slice(&code.to_le_bytes());
        for at in [0x50, 0x58] {
            bytes[at..at + 8].copy_from_slice(&0x1234u64.to_le_bytes());
        }
        let address = |bytes: &[u8]| parse(bytes).fault().unwrap().address;
        assert_eq!(address(&bytes).map(|named| named.name), expected, "{code:#x}");
        // A parameter of zero is no known instruction.
        bytes[0x48..0x60].fill(0);
        assert_eq!(address(&bytes), None, "{code:#x}");
    }
}

#[test]
fn unloaded_drivers_are_read_and_stay_bytes_where_something_follows_them() {
    let layout = parse(&dump());
    let [module] = layout.unloaded_modules() else { panic!("{:?}", layout.unloaded_modules()) };
    assert_eq!((module.name.as_str(), module.base, module.size), ("dam", 0xffff_f804_79d3_0000, 0x12000));
    let model = read(&dump()).unwrap();
    let triage = model.triage().unwrap();
    assert_eq!(triage.unloaded.len(), 1);
    assert!(triage.parts.iter().all(|part| u64::from(part.field) != UNLOADED));
    let mut more = dump();
    more[0x2a48] = 1;
    let model = read(&more).unwrap();
    let triage = model.triage().unwrap();
    assert_eq!(triage.unloaded.len(), 0);
    assert!(triage.parts.iter().any(|part| u64::from(part.field) == UNLOADED));
    assert_eq!(parse(&more).unloaded_modules(), layout.unloaded_modules());
}

#[test]
fn tables_are_no_memory() {
    let layout = parse(&dump());
    for at in [0, 0x348, 0x2078, 0x2500, 0x2600, 0x2700, 0x2efc, 0x2fff] {
        assert!(layout.structure_in(at, at).is_some(), "{at:#x}");
    }
    for at in [0x2400, 0x2800, 0x29ff] {
        assert!(layout.structure_in(at, at).is_none(), "{at:#x}");
    }
}

#[test]
fn other_kernel_dumps_are_refused_by_what_they_are() {
    for (kind, name) in [(1, "full Windows kernel dump"), (6, "with a bitmap"), (99, "of an unknown type")] {
        let mut file = dump();
        file[0xf98] = kind;
        let error = super::parse(&file, |_| ()).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
    }
}

fn rewritten(bytes: &[u8]) -> Vec<u8> {
    let plan = plan(&read(bytes).unwrap(), 1 << 40).unwrap();
    let mut file = vec![0; usize::try_from(plan.size).unwrap()];
    for piece in &plan.pieces {
        let at = usize::try_from(piece.file_offset).unwrap();
        match &piece.content {
            Content::Bytes(held) => file[at..][..held.len()].copy_from_slice(held),
            Content::File(place) | Content::Cut { file: place, .. } => {
                let (from, size) = (place.file_offset as usize, place.size as usize);
                file[at..][..size].copy_from_slice(&bytes[from..][..size]);
            }
            other => assert!(matches!(other, Content::Zero(_)), "{other:?}"),
        }
    }
    for patch in &plan.patches {
        file[patch.file_offset as usize..][..patch.bytes.len()].copy_from_slice(&patch.bytes);
    }
    file
}

#[test]
fn a_dump_that_is_written_from_its_model_says_the_same_as_before() {
    let mut bytes = dump();
    bytes[0x2900..0x2a00].copy_from_slice(&[0x5a; 0x100]);
    bytes[0x2400..0x2480].copy_from_slice(&[0xa5; 0x80]);
    bytes[0x2f00..0x2f08].copy_from_slice(b"DumpBlob");
    let file = rewritten(&bytes);
    let (before, after) = (parse(&bytes), parse(&file));
    assert_eq!(before.modules(), after.modules());
    assert_eq!(before.unloaded_modules(), after.unloaded_modules());
    assert_eq!(after.unloaded_modules().len(), 1);
    assert_eq!(before.faults(), after.faults());
    let notices = |layout: &Layout| layout.notices().iter().map(|notice| notice.kind).collect::<Vec<_>>();
    assert_eq!(notices(&before), notices(&after));
    for address in [0xffff_f804_7c62_a000, STACK - 0x40, STACK, STACK + 0x7f] {
        let read = |layout: &Layout, file: &[u8]| {
            let resolved = layout.resolve(Context::Process, address.into(), 1, Access::Write).unwrap();
            let mut copies: Vec<u8> =
                resolved.pieces.iter().map(|piece| file[piece.file_offset as usize]).collect();
            copies.sort_unstable();
            copies
        };
        assert_eq!(read(&before, &bytes), read(&after, &file), "{address:#x}");
    }
    let model = read(&file).unwrap();
    let triage = model.triage().unwrap();
    assert_eq!((triage.bug_check.value, triage.parameters[0].value), (0x1000_007e, 0xffff_ffff_c000_0005));
    assert!(triage.is_finished);
    assert!(file.windows(8).any(|bytes| bytes == b"DumpBlob"));
    // Writing it again gives the same bytes.
    assert_eq!(rewritten(&file), file);
}

#[test]
fn a_page_beside_the_data_blocks_is_memory() {
    let mut bytes = dump();
    bytes[0x2060..0x2068].copy_from_slice(&0xffff_8000_0000_1000u64.to_le_bytes());
    bytes[0x2068..0x206c].copy_from_slice(&0x2b00u32.to_le_bytes());
    bytes[0x206c..0x2070].copy_from_slice(&0x40u32.to_le_bytes());
    for file in [bytes.clone(), rewritten(&bytes)] {
        let layout = parse(&file);
        let at = 0xffff_8000_0000_1000;
        let resolved = layout.resolve(Context::Process, at.into(), 0x40, Access::Write).unwrap();
        assert_eq!(resolved.outcome.completed, 0x40);
    }
}

#[test]
fn damaged_dumps_are_read_as_far_as_they_go() {
    let file = dump();
    for cut in (0..file.len()).step_by(3) {
        let _ = super::parse(&file[..cut], |_| ());
        let _ = read(&file[..cut]).map(|model| plan(&model, 1 << 30));
    }
    for at in (0x2000..0x2080).chain(0x2500..0x2720).chain(0x2a00..0x2a40) {
        for value in [0, 0x7f, 0xff] {
            let mut damaged = file.clone();
            damaged[at] = value;
            let _ = super::parse(&damaged, |_| ());
            let _ = read(&damaged).map(|model| plan(&model, 1 << 30));
        }
    }
}
