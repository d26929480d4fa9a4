//! The walk over triage dumps that are put together byte by byte.

use dumpedit_layout::{Access, Context, NamedAddress, RecordChoice, StopReason};

use super::*;

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
    ];
    ints.iter().for_each(|(at, value)| put(*at, &value.to_le_bytes()));
    let longs: &[(usize, u64)] = &[
        (0x40, 0xffff_ffff_c000_0005),
        (0x348 + 0xf8, 0xffff_f804_8b58_334c),
        (0xf10, 0xffff_f804_8b58_334c),
        (0xf20, 1),
        (0xf28, 8),
        (0x2048, STACK),
        (0x2500 + 0x38, 0xffff_f804_7944_0000),
        (0x2700, 0xffff_f804_7c62_a000),
        (0x2710, STACK - 0x40),
    ];
    longs.iter().for_each(|(at, value)| put(*at, &value.to_le_bytes()));
    put(0x2604, b"h\0a\0l\0");
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
    assert_eq!(exception.access, Some(NamedAddress { name: "write", address: 8 }));
    assert!(layout.notices().iter().all(|notice| !notice.to_string().contains("written to its end")));
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

#[test]
fn damaged_dumps_are_read_as_far_as_they_go() {
    let file = dump();
    for cut in (0..file.len()).step_by(3) {
        let _ = super::parse(&file[..cut], |_| ());
    }
    for at in (0x2000..0x2080).chain(0x2500..0x2720) {
        for value in [0, 0x7f, 0xff] {
            let mut damaged = file.clone();
            damaged[at] = value;
            let _ = super::parse(&damaged, |_| ());
        }
    }
}
