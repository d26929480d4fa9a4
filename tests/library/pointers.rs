//! Pointers at the target's width, and locations as text, as addresses and in canonical form.

use dumpedit::{
    AccessError, ByteOrder, Context, Dump, Error, Location, Outcome, Pointers, RecordChoice, StopReason,
    ValueError,
};

use super::every_record::{amd64_with_flags, wow64};
use super::opened::{both_ways, everywhere, is_full, stopped};
use crate::support::bytes::{Order, counting};
use crate::support::elf_builder::{ElfBuilder, machine};
use crate::support::minidump_builder::{MinidumpBuilder, amd64};

const PROCESS: Context = Context::Process;

/// A core of a machine with the captured bytes at 0x1000, and their file offset.
fn core(order: Order, wide: bool, machine: u16, bytes: &[u8]) -> (Vec<u8>, u64) {
    let mut core = ElfBuilder::new(order, wide, machine);
    let offset = core.load(0x1000, bytes);
    (core.finish(), offset)
}

#[test]
fn pointers_are_read_at_the_target_s_width_and_order_and_zero_extended() {
    let bytes: Vec<u8> = (0..16).map(|index| 0xf0 + index).collect();
    for (order, wide, machine, expected) in [
        (Order::Little, true, machine::X86_64, vec![0xf7f6_f5f4_f3f2_f1f0_u64, 0xfffe_fdfc_fbfa_f9f8]),
        (Order::Little, false, machine::I386, vec![0xf3f2_f1f0, 0xf7f6_f5f4]),
        (Order::Big, true, machine::PPC64, vec![0xf0f1_f2f3_f4f5_f6f7, 0xf8f9_fafb_fcfd_feff]),
        (Order::Big, false, 20, vec![0xf0f1_f2f3, 0xf4f5_f6f7]),
    ] {
        for opened in both_ways(core(order, wide, machine, &bytes).0) {
            let width = u64::from(opened.dump.layout().pointer_width());
            let Pointers { values: pointers, outcome, .. } =
                opened.dump.read_pointers(PROCESS, 0x1000, 2).unwrap();
            assert_eq!((pointers, outcome), (expected.clone(), Outcome::full(2 * width)));
        }
    }
}

#[test]
fn of_a_partial_read_only_whole_pointers_are_returned_and_the_outcome_counts_bytes() {
    for (opened, _) in everywhere(&[(0x1000, &counting(1, 20))]) {
        let Pointers { values: pointers, outcome, .. } =
            opened.dump.read_pointers(PROCESS, 0x1000, 4).unwrap();
        assert_eq!(pointers, [0x0807_0605_0403_0201, 0x100f_0e0d_0c0b_0a09]);
        stopped(&outcome, 32, 20, 0x1014, StopReason::Unmapped);
        let Pointers { values: pointers, outcome, .. } =
            opened.dump.read_pointers(PROCESS, 0x1000, 0).unwrap();
        assert_eq!((pointers.len(), outcome), (0, Outcome::full(0)));
        assert!(opened.dump.read_pointers(PROCESS, 0x1014, 1).is_err());
    }
}

#[test]
fn pointers_are_written_at_the_target_s_width_and_order() {
    for (order, wide, machine, stored) in [
        (
            Order::Little,
            true,
            machine::X86_64,
            vec![0xf0, 0xde, 0xbc, 0x9a, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        ),
        (Order::Little, false, machine::I386, vec![0xf0, 0xde, 0xbc, 0x9a, 1, 0, 0, 0]),
        (Order::Big, true, machine::PPC64, vec![0, 0, 0, 0, 0x9a, 0xbc, 0xde, 0xf0, 0, 0, 0, 0, 0, 0, 0, 1]),
        (Order::Big, false, 20, vec![0x9a, 0xbc, 0xde, 0xf0, 0, 0, 0, 1]),
    ] {
        let (file, offset) = core(order, wide, machine, &counting(1, 32));
        for opened in both_ways(file) {
            let mut edit = opened.dump.edit();
            is_full(edit.write_pointers(PROCESS, 0x1004, &[0x9abc_def0, 1]), stored.len() as u64);
            opened.commits(edit, &[(offset + 4, &stored)]);
            let pointers = opened.dump.read_pointers(PROCESS, 0x1004, 2).unwrap().values;
            assert_eq!(pointers, [0x9abc_def0, 1]);
        }
    }
}

#[test]
fn a_pointer_that_fits_neither_zero_nor_sign_extended_is_an_error_and_writes_none() {
    for (order, machine) in [(Order::Little, machine::I386), (Order::Big, 20)] {
        let (file, offset) = core(order, false, machine, &counting(1, 32));
        for opened in both_ways(file) {
            let mut edit = opened.dump.edit();
            for value in [0x1_0000_0000, 0xffff_ffff_7fff_ffff, 0x8000_0000_0000_0000] {
                match edit.write_pointers(PROCESS, 0x1000, &[1, value]) {
                    Err(Error::Value(ValueError::PointerDoesNotFit { value: said, width: 4 })) => {
                        assert_eq!(said, value);
                    }
                    other => panic!("{value:#x}: {other:?}"),
                }
            }
            assert!(edit.changes().is_empty());
            is_full(edit.write_pointers(PROCESS, 0x1000, &[0xffff_ffff_8000_0000, 0xffff_ffff]), 8);
            let stored = [order.number(0x8000_0000, 4), order.number(0xffff_ffff, 4)].concat();
            opened.commits(edit, &[(offset, &stored)]);
        }
    }
}

#[test]
fn pointers_past_what_was_captured_are_partial_in_bytes() {
    for (opened, offsets) in everywhere(&[(0x1000, &counting(1, 20))]) {
        let mut edit = opened.dump.edit();
        let outcome = edit.write_pointers(PROCESS, 0x1008, &[0x1111, u64::MAX]).unwrap();
        stopped(&outcome, 16, 12, 0x1014, StopReason::Unmapped);
        let stored = [&[0x11, 0x11, 0, 0, 0, 0, 0, 0][..], &[0xff; 4]].concat();
        opened.commits(edit, &[(offsets[0] + 8, &stored)]);
    }
}

#[test]
fn pointers_of_a_wow64_context_have_four_bytes() {
    let dump = Dump::from_bytes(wow64().file).unwrap();
    let thread = dump.thread(7).unwrap();
    let narrow = thread.with_record(RecordChoice::Wow64);
    let esp = dump.read_register(narrow, "esp").unwrap().to_u64().unwrap();
    assert_eq!(dump.read_register(narrow, "sp").unwrap().to_u64(), Ok(esp));
    let mut edit = dump.edit();
    is_full(edit.write_pointers(narrow, esp, &[0x1111_2222, 0x3333_4444]), 8);
    edit.commit().unwrap();
    assert_eq!(dump.read_pointers(narrow, esp, 2).unwrap().values, [0x1111_2222, 0x3333_4444]);
    assert_eq!(dump.read_pointers(thread, esp, 1).unwrap().values, [0x3333_4444_1111_2222]);
    assert_eq!(dump.layout().pointer_width(), 8);
}

#[test]
fn a_location_is_displayed_as_text_that_dumpedit_reads_back() {
    let (file, _) = amd64_with_flags(amd64::FULL);
    let dump = Dump::from_bytes(file).unwrap();
    let context = dump.crashed_thread().unwrap();
    assert_eq!(dump.display(PROCESS, 0x7ffe_1000), "0x7ffe1000");
    assert_eq!(dump.display(context, u64::MAX), "0xffffffffffffffff");
    for (name, byte, text) in [
        ("rip", 0, "reg:rip"),
        ("pc", 4, "reg:rip+4"),
        ("AL", 0, "reg:al"),
        ("zf", 0, "reg:zf"),
        ("xmm0.u32.2", 0, "reg:xmm0.u32.2"),
        ("xmm0.f64.1", 3, "reg:xmm0.u64.1+3"),
    ] {
        let part = dump.register(context, name).unwrap();
        assert_eq!(dump.display(context, Location::Register { part, byte }), text);
        let at: dumpedit::notation::At = text.parse().unwrap();
        assert_eq!(at.to_string(), text);
        let dumpedit::notation::At::InRegister { name, byte: read } = at else { panic!("{at:?}") };
        assert_eq!((dump.register(context, &name).unwrap(), read), (part, byte));
    }
}

#[test]
fn an_address_is_linear_and_a_register_is_not() {
    let (file, _) = amd64_with_flags(amd64::FULL);
    let dump = Dump::from_bytes(file).unwrap();
    let context = dump.crashed_thread().unwrap();
    assert_eq!(dump.linearize(PROCESS, 0x7ffe_1000), Ok(0x7ffe_1000));
    assert_eq!(dump.linearize(context, u64::MAX), Ok(u64::MAX));
    let rip = dump.register(context, "rip").unwrap();
    let not_linear = AccessError::NotLinear { register: "rip".to_owned() };
    assert_eq!(dump.linearize(context, rip), Err(not_linear));
    let nobody = Context::Thread(dumpedit::ThreadIndex(9), RecordChoice::Auto);
    let error = dump.linearize(nobody, 0x1000).unwrap_err();
    assert!(matches!(error, AccessError::NoSuchThread { count: 1, .. }), "{error:?}");
}

#[test]
fn a_canonical_address_is_zero_extended() {
    let narrow = [
        ElfBuilder::i386().finish(),
        core(Order::Big, false, 20, &[0; 16]).0,
        MinidumpBuilder::x86().finish(),
    ];
    for file in narrow {
        let dump = Dump::from_bytes(file).unwrap();
        assert_eq!(dump.layout().pointer_width(), 4);
        assert_eq!(dump.canonicalize(0xffff_ffff_8000_1000), 0x8000_1000.into());
        assert_eq!(dump.linearize(PROCESS, 0xffff_ffff_8000_1000), Ok(0x8000_1000));
        assert_eq!(dump.canonicalize(0x8000_1000), 0x8000_1000.into());
        assert_eq!(dump.canonicalize(0xffff_ffff_7000_1000), 0xffff_ffff_7000_1000.into());
    }
    for file in [ElfBuilder::x86_64().finish(), MinidumpBuilder::amd64().finish()] {
        let dump = Dump::from_bytes(file).unwrap();
        assert_eq!(dump.layout().byte_order(), ByteOrder::Little);
        assert_eq!(dump.canonicalize(0xffff_ffff_8000_1000), 0xffff_ffff_8000_1000.into());
    }
}
