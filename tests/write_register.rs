//! Writing registers: exact widths, sub-registers, raw bytes, and registers that a record does not hold.

use crate::support::bytes::{Order, counting};
use crate::support::command::{notice, notices};
use crate::support::elf_builder::{
    ElfBuilder, NT_FPREGSET, NT_PRSTATUS, NT_X86_XSTATE, fxsave, machine, prstatus, prstatus_aarch64,
    prstatus_i386, prstatus_x86_64,
};
use crate::support::minidump_builder::{
    MinidumpBuilder, amd64, amd64_context, arm64, arm64_old, context, processor, x86,
};
use crate::support::process::{Dumped, dumped};
use crate::support::subject::{Subject, edited_offsets};

const LITTLE: Order = Order::Little;

/// A dump of one thread, the file offset of its record, and the offsets of registers in the record.
struct OneThread {
    subject: Subject,
    record: u64,
    rax: usize,
    rip: usize,
}

fn amd64_threads() -> [OneThread; 2] {
    let mut core = ElfBuilder::x86_64();
    let record = core.notes(&[prstatus(7, 11, 0x40_1000, 0x7000)])[0];
    let (rax, rip) = (prstatus_x86_64::RAX, prstatus_x86_64::RIP);
    let core = OneThread { subject: Subject::named("a.core", core.finish()), record, rax, rip };
    let mut dump = MinidumpBuilder::amd64();
    let record = dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    let (rax, rip) = (amd64::RAX, amd64::RIP);
    [core, OneThread { subject: Subject::named("a.dmp", dump.finish()), record, rax, rip }]
}

#[test]
fn a_register_is_set_in_full_and_nothing_else_changes() {
    for OneThread { subject, record, rip, .. } in amd64_threads() {
        let json = subject.run("set", &["rip=0x1122334455667788"]).is_full(8);
        let offset = record + rip as u64;
        subject.changed_only(&[(offset, &LITTLE.number(0x1122_3344_5566_7788, 8))]);
        let edit = &json["edits"][0];
        assert_eq!(edit["location"], "reg:rip");
        assert_eq!(edit["tid"], 7);
        assert_eq!(edit["index"], 0);
        assert_eq!(edit["context"], "thread");
        assert_eq!(edit["file_offset"], offset);
        assert_eq!(edit["length"], 8);
        assert_eq!(edit["old"], "0010400000000000");
        assert_eq!(edit["new"], "8877665544332211");
        assert_eq!(subject.register("rip", &[]), Some(0x1122_3344_5566_7788));
    }
}

#[test]
fn several_registers_are_set_in_one_edit() {
    for OneThread { subject, record, rax, rip } in amd64_threads() {
        subject.run("set", &["rip=0x401234", "rax=-1"]).is_full(16);
        subject.changed_only(&[
            (record + rip as u64, &LITTLE.number(0x40_1234, 8)),
            (record + rax as u64, &[0xff; 8]),
        ]);
    }
}

#[test]
fn one_bad_register_leaves_the_others_as_they_were() {
    for OneThread { subject, .. } in amd64_threads() {
        subject.run("set", &["rip=0x401234", "eax=0x100000000"]).is_error("value");
        subject.run("set", &["rip=0x401234", "nosuch=1"]).is_error("register");
        subject.unchanged();
    }
}

#[test]
fn a_sub_register_changes_only_its_bits_of_the_parent() {
    let cases = [
        ("eax=0xaabbccdd", 0x1122_3344_aabb_ccdd_u64),
        ("ax=0xccdd", 0x1122_3344_5566_ccdd),
        ("al=0xdd", 0x1122_3344_5566_77dd),
        ("ah=0xcc", 0x1122_3344_5566_cc88),
    ];
    for (assignment, expected) in cases {
        for OneThread { subject, record, rax, .. } in amd64_threads() {
            subject.run("set", &["rax=0x1122334455667788"]).is_full(8);
            subject.run("set", &[assignment]).exits(0);
            subject.changed_only(&[(record + rax as u64, &LITTLE.number(expected, 8))]);
        }
    }
}

#[test]
fn a_flag_changes_only_its_bit() {
    for (OneThread { subject, record, .. }, eflags) in
        amd64_threads().into_iter().zip([prstatus_x86_64::EFLAGS, amd64::EFLAGS])
    {
        subject.run("set", &["eflags=0x246"]).exits(0);
        subject.run("set", &["zf=0"]).exits(0);
        assert_eq!(subject.number_at(LITTLE, record + eflags as u64, 4), 0x206);
        subject.run("set", &["cf=1"]).exits(0);
        assert_eq!(subject.number_at(LITTLE, record + eflags as u64, 4), 0x207);
        subject.run("set", &["zf=2"]).is_error("value");
    }
}

#[test]
fn a_value_that_does_not_fit_is_an_error_and_never_truncated() {
    for OneThread { subject, .. } in amd64_threads() {
        for assignment in [
            "eax=0x100000000",
            "al=256",
            "al=-129",
            "rax=0x10000000000000000",
            "eax=u64:0x100000000",
            "rax=hex:9090",
            "rax=hex:909090909090909090",
        ] {
            subject.run("set", &[assignment]).is_error("value");
        }
        subject.unchanged();
    }
}

#[test]
fn raw_bytes_past_the_end_of_a_register_are_partial() {
    for OneThread { subject, record, rip, .. } in amd64_threads() {
        let run = subject.run("write", &["reg:rip+4", "a0a1a2a3a4a5"]);
        assert_eq!(run.json()["stopped"]["reason"], "end-of-register", "{run}");
        assert_eq!((run.code, &run.json()["completed"]), (1, &4.into()), "{run}");
        subject.changed_only(&[(record + rip as u64 + 4, &[0xa0, 0xa1, 0xa2, 0xa3])]);
        subject.run("write", &["reg:rip+8", "a0"]).is_error("register");
        subject.run("write", &["reg:rip+4", "a0a1a2a3a4a5", "--all-or-nothing"]).is_error("register");
        subject.changed_only(&[(record + rip as u64 + 4, &[0xa0, 0xa1, 0xa2, 0xa3])]);
    }
}

#[test]
fn raw_bytes_of_a_register_are_written_as_stored() {
    for OneThread { subject, record, rip, .. } in amd64_threads() {
        let json = subject.run("write", &["reg:rip+4", "0102"]).is_full(2);
        assert_eq!(json["edits"][0]["location"], "reg:rip+4");
        subject.changed_only(&[(record + rip as u64 + 4, &[1, 2])]);
        let read = subject.run("read", &["reg:rip+4..+2"]).is_full(2);
        assert_eq!(read["bytes"], "0102");
    }
}

#[test]
fn the_generic_names_stand_for_the_machine_s_own() {
    for (generic, own) in [("pc", "rip"), ("sp", "rsp"), ("fp", "rbp")] {
        for OneThread { subject, .. } in amd64_threads() {
            subject.run("set", &[&format!("{generic}=0x123456")]).is_full(8);
            assert_eq!(subject.register(own, &[]), Some(0x12_3456), "{generic}");
        }
    }
}

#[test]
fn a_group_that_the_flags_do_not_name_is_not_present() {
    let mut dump = MinidumpBuilder::amd64();
    let record = dump.thread_with(7, &amd64_context(amd64::CONTROL, 0x40_1000, 0x7000));
    let subject = Subject::new(dump.finish());
    let message = subject.run("set", &["rax=1"]).is_error("register");
    assert!(message.contains("rax is not present in this record"), "{message}");
    subject.unchanged();
    subject.run("set", &["rip=1"]).is_full(8);
    subject.changed_only(&[(record + amd64::RIP as u64, &LITTLE.number(1, 8))]);
    assert_eq!(subject.register("rax", &[]), None);
}

#[test]
fn a_record_whose_flags_name_no_group_holds_them_all_and_keeps_its_flags() {
    for flags in [0, 0x10_0000] {
        let mut dump = MinidumpBuilder::amd64();
        let record = dump.thread_with(7, &amd64_context(flags, 0x40_1000, 0x7000));
        let subject = Subject::new(dump.finish());
        let info = subject.run("info", &[]).exits(0).json();
        assert!(!notices(&info).is_empty(), "{info}");
        subject.run("set", &["rax=1"]).is_full(8);
        subject.changed_only(&[(record + amd64::RAX as u64, &LITTLE.number(1, 8))]);
    }
}

#[test]
fn a_register_without_its_note_is_not_present() {
    let [core, _] = amd64_threads();
    let message = core.subject.run("set", &["xmm0.u32.0=1"]).is_error("register");
    assert!(message.contains("not present"), "{message}");
    core.subject.unchanged();
}

#[test]
fn an_unknown_register_is_an_error_that_names_it() {
    for OneThread { subject, .. } in amd64_threads() {
        let message = subject.run("set", &["rrr=1"]).is_error("register");
        assert!(message.contains("rrr"), "{message}");
        subject.run("read", &["@rrr..+4"]).is_error("register");
        subject.run("write", &["reg:rrr", "00"]).is_error("register");
        subject.unchanged();
    }
}

#[test]
fn every_first_machine_has_its_registers_in_both_containers() {
    struct Case {
        name: &'static str,
        file: Vec<u8>,
        record: u64,
        /// Register, its offset in the record, its bytes.
        registers: [(&'static str, usize, usize); 3],
    }
    let core = |order_wide_machine: (bool, u16), size: usize, pid: usize, signal: usize| {
        let mut note = vec![0; size];
        LITTLE.put(&mut note, pid, 7, 4);
        LITTLE.put(&mut note, signal, 11, 2);
        let mut core = ElfBuilder::new(LITTLE, order_wide_machine.0, order_wide_machine.1);
        let record = core.notes(&[("CORE", NT_PRSTATUS, note)])[0];
        (core.finish(), record)
    };
    let dump = |processor: u16, size: usize, flags: (usize, u32)| {
        let mut dump = MinidumpBuilder::new(LITTLE, processor);
        let record = dump.thread_with(7, &context(LITTLE, size, flags, &[]));
        (dump.finish(), record)
    };
    let case = |name, (file, record), registers| Case { name, file, record, registers };
    let cases = [
        case(
            "i386 core",
            core((false, machine::I386), prstatus_i386::SIZE, prstatus_i386::PID, prstatus_i386::SIGNAL),
            [("eax", prstatus_i386::EAX, 4), ("eip", prstatus_i386::EIP, 4), ("esp", prstatus_i386::ESP, 4)],
        ),
        case(
            "aarch64 core",
            core(
                (true, machine::AARCH64),
                prstatus_aarch64::SIZE,
                prstatus_aarch64::PID,
                prstatus_aarch64::SIGNAL,
            ),
            [
                ("x0", prstatus_aarch64::X0, 8),
                ("pc", prstatus_aarch64::PC, 8),
                ("sp", prstatus_aarch64::SP, 8),
            ],
        ),
        case(
            "x86 minidump",
            dump(processor::X86, x86::SIZE, (x86::FLAGS, x86::FULL)),
            [("eax", x86::EAX, 4), ("eip", x86::EIP, 4), ("esp", x86::ESP, 4)],
        ),
        case(
            "arm64 minidump",
            dump(processor::ARM64, arm64::SIZE, (arm64::FLAGS, arm64::FULL)),
            [("x0", arm64::X0, 8), ("pc", arm64::PC, 8), ("sp", arm64::SP, 8)],
        ),
        case(
            "old arm64 minidump",
            dump(processor::ARM64_OLD, arm64_old::SIZE, (arm64_old::FLAGS, arm64_old::FULL)),
            [("x0", arm64_old::X0, 8), ("pc", arm64_old::PC, 8), ("sp", arm64_old::SP, 8)],
        ),
    ];
    for Case { name, file, record, registers } in cases {
        let subject = Subject::named(name, file);
        let values = [0x1234_5678_u64, 0x2345_6789, 0x3456_789a];
        for ((register, ..), value) in registers.iter().zip(values) {
            subject.run("set", &[&format!("{register}={value:#x}")]).exits(0);
        }
        let patches: Vec<(u64, Vec<u8>)> = registers
            .iter()
            .zip(values)
            .map(|((_, at, size), value)| (record + *at as u64, LITTLE.number(value, *size)))
            .collect();
        let patches: Vec<(u64, &[u8])> = patches.iter().map(|(at, bytes)| (*at, bytes.as_slice())).collect();
        subject.changed_only(&patches);
        for ((register, ..), value) in registers.iter().zip(values) {
            assert_eq!(subject.register(register, &[]), Some(value), "{name} {register}");
        }
    }
}

#[test]
fn the_lower_half_of_an_arm64_register_is_its_w_name() {
    let mut dump = MinidumpBuilder::new(LITTLE, processor::ARM64);
    let fields = [(arm64::X0, 0x1122_3344_5566_7788, 8)];
    let record = context(LITTLE, arm64::SIZE, (arm64::FLAGS, arm64::FULL), &fields);
    let record = dump.thread_with(7, &record);
    let subject = Subject::new(dump.finish());
    subject.run("set", &["w0=0xaabbccdd"]).is_full(4);
    subject.changed_only(&[(record + arm64::X0 as u64, &LITTLE.number(0xaabb_ccdd, 4))]);
    subject.run("set", &["v0.u16.3=0x0102"]).exits(0);
    assert_eq!(subject.number_at(LITTLE, record + arm64::V0 as u64 + 6, 2), 0x0102);
}

#[test]
fn vector_registers_are_written_in_the_floating_point_note_and_in_the_xsave_area() {
    let mut xsave = counting(0, fxsave::SIZE + 64 + 256);
    LITTLE.put(&mut xsave, fxsave::XCR0, 7, 8);
    xsave[fxsave::XSTATE_BV..fxsave::XSTATE_BV + 64].fill(0);
    LITTLE.put(&mut xsave, fxsave::XSTATE_BV, 7, 8);
    let fpregset = xsave[..fxsave::SIZE].to_vec();
    let mut core = ElfBuilder::x86_64();
    let notes = core.notes(&[
        prstatus(7, 11, 0x40_1000, 0x7000),
        ("CORE", NT_FPREGSET, fpregset),
        ("LINUX", NT_X86_XSTATE, xsave),
    ]);
    let subject = Subject::new(core.finish());
    let json = subject.run("set", &["xmm1.u32.2=0xaabbccdd"]).exits(0).json();
    let at = (fxsave::XMM0 + 16 + 8) as u64;
    let bytes = LITTLE.number(0xaabb_ccdd, 4);
    subject.changed_only(&[(notes[1] + at, &bytes), (notes[2] + at, &bytes)]);
    assert_eq!(edited_offsets(&json), [notes[1] + at, notes[2] + at]);
}

#[test]
fn a_lane_of_a_minidump_s_vector_register_can_be_written_as_bytes_too() {
    let mut dump = MinidumpBuilder::amd64();
    let record = dump.thread_with(7, &amd64_context(amd64::FULL, 0x40_1000, 0x7000));
    let subject = Subject::new(dump.finish());
    subject.run("write", &["reg:xmm0.u32.2", "01020304"]).is_full(4);
    subject.changed_only(&[(record + amd64::XMM0 as u64 + 8, &[1, 2, 3, 4])]);
    subject.run("write", &["reg:xmm0+4", "a0a1"]).is_full(2);
    let xmm0 = record + amd64::XMM0 as u64;
    subject.changed_only(&[(xmm0 + 8, &[1, 2, 3, 4]), (xmm0 + 4, &[0xa0, 0xa1])]);
}

#[test]
fn setting_pc_says_that_the_recorded_address_of_the_crash_stays() {
    let mut dump = MinidumpBuilder::amd64();
    let record = amd64_context(amd64::FULL, 0x40_1000, 0x7000);
    let rva = dump.thread_with(7, &record);
    dump.exception(7, (record.len() as u64, rva), 0x40_1000);
    let subject = Subject::new(dump.finish());
    let json = subject.run("set", &["rip=0x402000"]).is_full(8);
    assert_eq!(notice(&json, "recorded-crash-stays")["address"], "0x401000");
    subject.changed_only(&[(rva + amd64::RIP as u64, &LITTLE.number(0x40_2000, 8))]);
}

#[test]
fn registers_of_a_machine_without_a_table_fail_and_memory_stays_editable() {
    let mut core = ElfBuilder::new(LITTLE, false, machine::OPENRISC);
    core.notes(&[("CORE", NT_PRSTATUS, vec![0; 216])]);
    let offset = core.load(0x1000, &counting(1, 16));
    let subject = Subject::new(core.finish());
    assert_eq!(subject.run("info", &[]).exits(0).json()["machine"], "unknown");
    subject.run("set", &["nosuch=1"]).is_error("register");
    subject.run("write", &["0x1000", "cc"]).is_full(1);
    subject.changed_only(&[(offset, &[0xcc])]);
}

#[test]
fn memory_is_reached_through_a_register() {
    for Dumped { subject, offsets } in dumped(&[(0x7ffe_1000, &counting(1, 64))]) {
        subject.run("write", &["@rsp+0x10", "cc"]).is_full(1);
        subject.changed_only(&[(offsets[0] + 0x10, &[0xcc])]);
    }
}

#[test]
fn registers_that_are_always_zero_are_shown_and_refuse_to_be_set() {
    let mut core = ElfBuilder::new(LITTLE, true, machine::RISCV);
    core.notes(&[("CORE", NT_PRSTATUS, counting(1, 376))]);
    let subject = Subject::new(core.finish());
    assert_eq!(subject.register("zero", &[]), Some(0));
    let message = subject.run("set", &["x0=1"]).is_error("register");
    assert!(message.contains("zero is always zero on riscv64 and cannot be set"), "{message}");
    subject.unchanged();
}

#[test]
fn the_addressing_mode_stays_when_the_pc_of_a_31_bit_process_is_set() {
    let order = Order::Big;
    let mut status = vec![0; 224];
    order.put(&mut status, 76, 0x8040_009a, 4);
    let mut core = ElfBuilder::new(order, false, machine::S390);
    let note = core.notes(&[("CORE", NT_PRSTATUS, status)])[0];
    let subject = Subject::new(core.finish());
    let shown = |name: &str| subject.run("regs", &[name]).exits(0).json()["registers"][0]["value"].clone();
    assert_eq!(shown("pc"), "0x40009a");
    subject.run("set", &["pc=0x123456"]).exits(0);
    subject.changed_only(&[(note + 76, &[0x80, 0x12, 0x34, 0x56])]);
    assert_eq!((shown("pc"), shown("pswa")), ("0x123456".into(), "0x80123456".into()));
    subject.run("set", &["pc=0x80000000"]).is_error("value");
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
}

/// A core of PA-RISC whose program counter and its successor have privilege level 3, and the file offset of its status.
fn hppa_core() -> (Subject, u64) {
    let order = Order::Big;
    let mut status = vec![0; 396];
    order.put(&mut status, 72 + 4 * 40, 0x107eb, 4);
    order.put(&mut status, 72 + 4 * 41, 0x107ef, 4);
    let mut core = ElfBuilder::new(order, false, machine::PARISC);
    let note = core.notes(&[("CORE", NT_PRSTATUS, status)])[0];
    (Subject::new(core.finish()), note)
}

#[test]
fn the_privilege_level_stays_when_the_pc_of_pa_risc_is_set() {
    let (subject, note) = hppa_core();
    let shown = |name: &str| subject.run("regs", &[name]).exits(0).json()["registers"][0]["value"].clone();
    assert_eq!(shown("pc"), "0x107e8");
    let json = subject.run("set", &["pc=0x20000"]).exits(0).json();
    let message = &notice(&json, "beside-pc-stays")["message"];
    assert_eq!(message, "pcoqt stays 0x107ef: setting pc does not change it");
    subject.changed_only(&[(note + 72 + 4 * 40, &[0, 2, 0, 3])]);
    assert_eq!((shown("pc"), shown("pcoqh")), ("0x20000".into(), "0x20003".into()));
    let message = subject.run("set", &["pc=0x20001"]).is_error("value");
    assert!(message.contains("0x20001 is not a multiple of 4"), "{message}");
    subject.run("undo", &[]).exits(0);
    subject.unchanged();
}

#[test]
fn a_successor_of_pc_that_is_zero_is_told_of_too() {
    let (subject, _) = hppa_core();
    subject.run("set", &["pcoqt=0"]).exits(0);
    let json = subject.run("set", &["pc=0x20000"]).exits(0).json();
    let message = &notice(&json, "beside-pc-stays")["message"];
    assert_eq!(message, "pcoqt stays 0x0: setting pc does not change it");
}

#[test]
fn nothing_is_said_of_a_successor_of_pc_that_follows_it() {
    let (subject, _) = hppa_core();
    let json = subject.run("set", &["pcoqt=0x20007", "pc=0x20000"]).exits(0).json();
    assert!(!notices(&json).contains(&"beside-pc-stays"), "{json}");
}

#[test]
fn one_place_gets_one_value_in_one_command() {
    for OneThread { subject, record, rip, .. } in amd64_threads() {
        for (set, message) in [
            (&["rip=1", "rip=2"][..], "rip is given two values"),
            (&["rip=1", "pc=2"], "rip and pc share bits of the file, which cannot hold both values"),
            (&["rax=0x1122", "al=0x33"], "rax and al share bits of the file, which cannot hold both values"),
        ] {
            assert_eq!(subject.run("set", set).is_error("conflict"), message);
            subject.unchanged();
        }
        // Equal values are one value, and parts of one register are several places.
        subject.run("set", &["rip=0x1234", "pc=0x1234", "rax=0x1122", "al=0x22", "bl=1", "bh=2"]).exits(0);
        assert_eq!(subject.now()[record as usize + rip..][..2], [0x34, 0x12]);
        // The later of two operations counts.
        let script = subject.folder().join("script");
        std::fs::write(&script, "set rip=1\nset rip=2\n").unwrap();
        subject.run("apply", &[script.to_str().unwrap()]).exits(0);
        assert_eq!(subject.register("rip", &[]), Some(2));
    }
}
