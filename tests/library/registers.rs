//! Writing registers: exact width, parts, raw bytes, and registers that a record lacks.

use dumpedit::{
    AccessError, Context, Dump, EditOptions, Error, HeldRegister, Location, Machine, NoticeKind,
    RecordChoice, StopAt, StopReason, ThreadIndex, ValueError,
};

use super::every_record::amd64_with_flags;
use super::opened::{Opened, both_ways, is_full, refused, told};
use crate::support::bytes::Order;
use crate::support::elf_builder::{ElfBuilder, prstatus, prstatus_x86_64};
use crate::support::minidump_builder::{MinidumpBuilder, amd64, processor, x86};

const LITTLE: Order = Order::Little;

/// A thread whose rax is 0x1122334455667788 in a core and in a minidump: its context, and the file offsets of rax and rip.
fn threads() -> Vec<(Opened, Context, u64, u64)> {
    let mut core = ElfBuilder::x86_64();
    let mut note = prstatus(7, 11, 0x40_1000, 0x7000);
    LITTLE.put(&mut note.2, prstatus_x86_64::RAX, 0x1122_3344_5566_7788, 8);
    let record = core.notes(&[note])[0];
    let core = (core.finish(), record + prstatus_x86_64::RAX as u64, record + prstatus_x86_64::RIP as u64);
    let (dump, record) = amd64_with_flags(amd64::FULL);
    let dump = (dump, record + amd64::RAX as u64, record + amd64::RIP as u64);
    let open = |(file, rax, rip): (Vec<u8>, u64, u64)| {
        both_ways(file).map(|opened| {
            let context = opened.dump.crashed_thread().unwrap();
            (opened, context, rax, rip)
        })
    };
    [core, dump].into_iter().flat_map(open).collect()
}

#[test]
fn a_register_write_of_exact_width_is_full() {
    for (opened, context, _, rip) in threads() {
        let location = Location::from(opened.dump.register(context, "rip").unwrap());
        let mut edit = opened.dump.edit();
        is_full(edit.write_bytes(context, location, &[1, 2, 3, 4, 5, 6, 7, 8]), 8);
        let changes = edit.changes().clone();
        let change = changes.get(0).unwrap();
        assert_eq!(change.context, context.with_record(RecordChoice::Thread));
        assert_eq!((change.location, change.file_offset), (location, rip));
        assert_eq!(change.old, LITTLE.number(0x40_1000, 8));
        opened.commits(edit, &[(rip, &[1, 2, 3, 4, 5, 6, 7, 8])]);
        let mut edit = opened.dump.edit();
        edit.set_register(context, "rip", 0x40_2000u64).unwrap();
        opened.commits(edit, &[(rip, &LITTLE.number(0x40_2000, 8))]);
        assert_eq!(opened.dump.read_register(context, "rip").unwrap().to_u64(), Ok(0x40_2000));
    }
}

#[test]
fn raw_bytes_past_the_end_of_a_register_are_partial() {
    for (opened, context, _, rip) in threads() {
        let part = opened.dump.register(context, "rip").unwrap();
        let location = Location::Register { part, byte: 4 };
        let mut edit = opened.dump.edit();
        let outcome = edit.write_bytes(context, location, &[0xcc; 6]).unwrap();
        assert_eq!((outcome.requested, outcome.completed), (6, 4));
        let stop = outcome.stopped.unwrap();
        assert_eq!(stop.at, StopAt::Register { id: part.id, byte: 8 });
        assert_eq!(stop.reason, StopReason::EndOfRegister);
        assert_eq!(
            refused(edit.write_bytes(context, Location::Register { part, byte: 8 }, &[0xcc])),
            AccessError::PastRegister { register: "rip".to_owned(), byte: 8, size: 8 }
        );
        opened.commits(edit, &[(rip + 4, &[0xcc; 4])]);
        let mut whole_or_none = opened.dump.edit_with(EditOptions::default().all_or_nothing(true));
        let error = refused(whole_or_none.write_bytes(context, location, &[0xdd; 6]));
        assert!(matches!(error, AccessError::Partial(partial) if partial.completed == 4), "{error:?}");
        let mut read = [0; 6];
        let outcome = opened.dump.read_bytes(context, location, &mut read).unwrap();
        assert_eq!((outcome.completed, read), (4, [0xcc, 0xcc, 0xcc, 0xcc, 0, 0]));
    }
}

#[test]
fn a_value_that_does_not_fit_is_an_error_and_never_truncated() {
    for (opened, context, ..) in threads() {
        let mut edit = opened.dump.edit();
        let mut does_not_fit = |name: &str, value: i128, bits| {
            match edit.set_register(context, name, value) {
                Err(Error::Value(ValueError::DoesNotFit { bits: said, .. })) => assert_eq!(said, bits),
                other => panic!("{name} = {value}: {other:?}"),
            };
        };
        does_not_fit("rax", 1 << 64, 64);
        does_not_fit("rax", -(1 << 63) - 1, 64);
        does_not_fit("eax", 1 << 32, 32);
        does_not_fit("ax", 1 << 16, 16);
        does_not_fit("al", 256, 8);
        does_not_fit("ah", -129, 8);
        does_not_fit("zf", 2, 1);
        assert!(edit.changes().is_empty());
        opened.commits(edit, &[]);
    }
}

#[test]
fn a_negative_value_is_two_s_complement_of_the_register_s_width() {
    for (opened, context, rax, _) in threads() {
        let mut edit = opened.dump.edit();
        edit.set_register(context, "ax", -2i32).unwrap();
        opened.commits(edit, &[(rax, &[0xfe, 0xff])]);
    }
}

#[test]
fn a_sub_register_changes_only_its_bits_of_the_parent() {
    for (name, value, expected) in [
        ("eax", 0xaabb_ccdd_u32, 0x1122_3344_aabb_ccdd_u64),
        ("ax", 0xccdd, 0x1122_3344_5566_ccdd),
        ("al", 0xdd, 0x1122_3344_5566_77dd),
        ("ah", 0xcc, 0x1122_3344_5566_cc88),
    ] {
        for (opened, context, rax, _) in threads() {
            let mut edit = opened.dump.edit();
            edit.set_register(context, name, value).unwrap();
            assert_eq!(edit.read_register(context, "rax").unwrap().to_u64(), Ok(expected), "{name}");
            opened.commits(edit, &[(rax, &LITTLE.number(expected, 8))]);
            assert_eq!(opened.dump.read_register(context, name).unwrap().to_u64(), Ok(value.into()));
        }
    }
}

#[test]
fn a_sub_register_of_a_big_endian_record_is_at_the_other_end() {
    let mut dump = MinidumpBuilder::new(Order::Big, processor::X86);
    let fields = [(x86::EAX, 0x1122_3344, 4)];
    let record =
        crate::support::minidump_builder::context(Order::Big, x86::SIZE, (x86::FLAGS, x86::FULL), &fields);
    let eax = dump.thread_with(7, &record) + x86::EAX as u64;
    for opened in both_ways(dump.finish()) {
        let context = opened.dump.crashed_thread().unwrap();
        assert_eq!(opened.dump.read_register(context, "eax").unwrap().to_u64(), Ok(0x1122_3344));
        assert_eq!(opened.dump.read_register(context, "ah").unwrap().to_u64(), Ok(0x33));
        let mut edit = opened.dump.edit();
        edit.set_register(context, "ax", 0xaabbu16).unwrap();
        edit.set_register(context, "cf", 1u8).unwrap();
        // EFlags stands at 0xc0.
        opened.commits(edit, &[(eax + 2, &[0xaa, 0xbb]), (eax + 0x13, &[1])]);
    }
}

#[test]
fn a_flag_has_no_bytes_and_is_set_by_its_name() {
    for (opened, context, ..) in threads() {
        let part = opened.dump.register(context, "zf").unwrap();
        let mut edit = opened.dump.edit();
        assert_eq!(
            refused(edit.write_bytes(context, part, &[1])),
            AccessError::NotBytes { register: "zf".to_owned(), bits: 1 }
        );
        edit.set_register(context, "zf", 1u8).unwrap();
        assert_eq!(edit.read_register(context, "eflags").unwrap().to_u64(), Ok(0x40));
        edit.set_register(context, "cf", 1u8).unwrap();
        edit.set_register(context, "zf", 0u8).unwrap();
        assert_eq!(edit.read_register(context, "eflags").unwrap().to_u64(), Ok(1));
    }
}

#[test]
fn generic_names_stand_for_the_machine_s_own() {
    for (opened, context, ..) in threads() {
        for (generic, own) in
            [("pc", "rip"), ("sp", "rsp"), ("fp", "rbp"), ("flags", "eflags"), ("RIP", "rip")]
        {
            let part = |name| opened.dump.register(context, name).unwrap();
            assert_eq!(part(generic), part(own), "{generic}");
        }
    }
}

#[test]
fn a_register_that_the_flags_do_not_name_is_not_present() {
    let (file, record) = amd64_with_flags(amd64::CONTROL);
    for opened in both_ways(file) {
        let context = opened.dump.crashed_thread().unwrap();
        let not_present = |register: &str| AccessError::NotPresent {
            register: register.to_owned(),
            record: "CONTEXT_AMD64",
            thread: ThreadIndex(0),
        };
        let mut edit = opened.dump.edit();
        for name in ["rax", "al", "xmm0", "dr0", "ds", "xmm0.u32.1"] {
            assert_eq!(refused(edit.set_register(context, name, 1u8)), not_present(name));
            assert_eq!(refused(opened.dump.read_register(context, name)), not_present(name));
        }
        edit.set_register(context, "rip", 1u8).unwrap();
        opened.commits(edit, &[(record + amd64::RIP as u64, &LITTLE.number(1, 8))]);
    }
}

#[test]
fn a_register_whose_xstate_mask_or_note_is_missing_is_not_present() {
    for (opened, context, ..) in threads() {
        let xmm0 = refused(opened.dump.edit().set_register(context, "ymm0", 1u8));
        assert!(matches!(xmm0, AccessError::NotPresent { .. }), "{xmm0:?}");
        let k0 = refused(opened.dump.edit().set_register(context, "k0", 1u8));
        assert!(matches!(k0, AccessError::NotPresent { .. }), "{k0:?}");
    }
}

#[test]
fn a_record_whose_flags_name_no_group_holds_all_with_a_notice_and_keeps_its_flags() {
    for flags in [0, 0x10_0000] {
        let (file, record) = amd64_with_flags(flags);
        for opened in both_ways(file) {
            told(opened.dump.layout().notices(), NoticeKind::ContextWithoutGroups);
            let context = opened.dump.crashed_thread().unwrap();
            let mut edit = opened.dump.edit();
            edit.set_register(context, "rax", 1u8).unwrap();
            edit.set_register(context, "dr7", 2u8).unwrap();
            edit.set_register(context, "xmm15.u64.1", 3u8).unwrap();
            let at = |offset: u64| record + offset;
            opened.commits(
                edit,
                &[
                    (at(amd64::RAX as u64), &LITTLE.number(1, 8)),
                    (at(0x70), &LITTLE.number(2, 8)),
                    (at(amd64::XMM0 as u64 + 15 * 16 + 8), &LITTLE.number(3, 8)),
                ],
            );
        }
    }
}

#[test]
fn setting_registers_never_changes_the_context_flags() {
    for flags in [amd64::FULL, amd64::CONTROL, 0x10_001f, 0x1f] {
        let (file, record) = amd64_with_flags(flags);
        let opened = Opened::in_memory(file);
        let context = opened.dump.crashed_thread().unwrap();
        let mut edit = opened.dump.edit();
        for HeldRegister { part, .. } in opened.dump.registers(context).unwrap() {
            let name = Machine::Amd64.registers().display(part);
            edit.set_register(context, &name, 0x55u8).unwrap();
        }
        edit.commit().unwrap();
        let at = record as usize + amd64::FLAGS;
        assert_eq!(LITTLE.get(&opened.now(), at, 4), u64::from(flags));
    }
}

#[test]
fn an_unknown_register_names_itself_and_the_machine() {
    for (opened, context, ..) in threads() {
        for name in ["rrr", "rax.u32.2", "xmm0.u24.0", ""] {
            let error = refused(opened.dump.edit().set_register(context, name, 1u8));
            assert!(
                matches!(&error, AccessError::NoSuchRegister { name: of, machine: Machine::Amd64, .. } if of == name),
                "{error:?}"
            );
        }
    }
}

#[test]
fn a_register_needs_a_thread() {
    for (opened, context, ..) in threads() {
        let rip = opened.dump.register(context, "rip").unwrap();
        let mut edit = opened.dump.edit();
        assert_eq!(refused(edit.write_bytes(Context::Process, rip, &[0; 8])), AccessError::NeedsThread);
        assert_eq!(refused(edit.set_register(Context::Process, "rip", 1u8)), AccessError::NeedsThread);
        let mut read = [0; 8];
        assert_eq!(
            refused(opened.dump.read_bytes(Context::Process, rip, &mut read)),
            AccessError::NeedsThread
        );
    }
}

#[test]
fn registers_that_are_stored_twice_stay_in_step() {
    let (file, record) = amd64_with_flags(0x10_001f);
    let dump = Dump::from_bytes(file.clone()).unwrap();
    let mut edit = dump.edit();
    edit.set_register(dump.crashed_thread().unwrap(), "mxcsr", 0x1fa0u32).unwrap();
    edit.commit().unwrap();
    let mxcsr = LITTLE.number(0x1fa0, 4);
    // MxCsr of CONTEXT, and of its FltSave.
    let patches: [(u64, &[u8]); 2] = [(record + 0x34, &mxcsr), (record + 0x118, &mxcsr)];
    assert_eq!(dump.to_bytes().unwrap(), super::opened::patched(&file, &patches));
}
