//! The contexts of minidumps of every kind, built byte by byte: each register stands where the headers say, is read
//! from there, and set there and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::bytes::{Order, counting};
use crate::support::command::notice;
use crate::support::minidump_builder::{
    MinidumpBuilder, amd64, arm64, arm64_old, context, processor, stream, x86,
};
use crate::support::subject::{Subject, assert_same_bytes};

const LITTLE: Order = Order::Little;

/// Registers that stand one after the other: their names, the offsets of each copy of the first, the step to the next
/// and the size, in bytes.
type Row = (&'static str, &'static [usize], usize, usize);

/// A kind of context.
struct Kind {
    name: &'static str,
    order: Order,
    processor: u16,
    size: usize,
    /// Where its ContextFlags are, and their value that names every group.
    flags: (usize, u32),
    rows: &'static [Row],
}

/// `CONTEXT` of winnt.h for AMD64, with its XMM_SAVE_AREA32 at 0x100.
const AMD64: &[Row] = &[
    ("mxcsr", &[0x118, 0x34], 0, 4),
    ("cs ds es fs gs ss", &[0x38], 2, 2),
    ("eflags", &[0x44], 0, 4),
    ("dr0 dr1 dr2 dr3 dr6 dr7", &[0x48], 8, 8),
    ("rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15 rip", &[0x78], 8, 8),
    ("fctrl fstat", &[0x100], 2, 2),
    ("ftw", &[0x104], 0, 1),
    ("fop", &[0x106], 0, 2),
    ("fip fdp", &[0x108], 8, 8),
    ("mxcsr_mask", &[0x11c], 0, 4),
    ("st0 st1 st2 st3 st4 st5 st6 st7", &[0x120], 16, 10),
    (
        "xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7 xmm8 xmm9 xmm10 xmm11 xmm12 xmm13 xmm14 xmm15",
        &[0x1a0],
        16,
        16,
    ),
    ("debugctl last_branch_to last_branch_from last_exception_to last_exception_from", &[0x4a8], 8, 8),
];

/// `CONTEXT` of winnt.h for x86: FSAVE in FloatSave, and what FXSAVE writes in ExtendedRegisters, from 0xcc on.
const X86: &[Row] = &[
    ("dr0 dr1 dr2 dr3 dr6 dr7", &[0x04], 4, 4),
    ("fctrl", &[0x1c, 0xcc], 0, 2),
    ("fstat", &[0x20, 0xce], 0, 2),
    ("ftag", &[0x24], 0, 2),
    ("fioff", &[0x28, 0xd4], 0, 4),
    ("fiseg", &[0x2c, 0xd8], 0, 2),
    ("fop", &[0x2e, 0xd2], 0, 2),
    ("fooff", &[0x30, 0xdc], 0, 4),
    ("foseg", &[0x34, 0xe0], 0, 2),
    ("gs fs es ds edi esi ebx edx ecx eax ebp eip cs eflags esp ss", &[0x8c], 4, 4),
    ("ftw", &[0xd0], 0, 1),
    ("mxcsr mxcsr_mask", &[0xe4], 4, 4),
    ("st0", &[0x38, 0xec], 0, 10),
    ("st1", &[0x42, 0xfc], 0, 10),
    ("st7", &[0x7e, 0x15c], 0, 10),
    ("xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7", &[0x16c], 16, 16),
];

const INTEGERS_OF_ARM: Row = ("r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 sp lr pc cpsr fpscr", &[0x04], 4, 4);
const QUADS: &str = "q0 q1 q2 q3 q4 q5 q6 q7 q8 q9 q10 q11 q12 q13 q14 q15";
const EXTRA: &str = "fpextra0 fpextra1 fpextra2 fpextra3 fpextra4 fpextra5 fpextra6 fpextra7";

/// `CONTEXT` of winnt.h for 32-bit ARM.
const ARM_WINDOWS: &[Row] = &[
    INTEGERS_OF_ARM,
    (QUADS, &[0x50], 16, 16),
    ("bvr0 bvr1 bvr2 bvr3 bvr4 bvr5 bvr6 bvr7", &[0x150], 4, 4),
    ("bcr0 bcr1 bcr2 bcr3 bcr4 bcr5 bcr6 bcr7", &[0x170], 4, 4),
    ("wvr0 wcr0", &[0x190], 4, 4),
];

/// `MDRawContextARM` of Breakpad, whose doubles are aligned to eight bytes.
const ARM_BREAKPAD: &[Row] = &[INTEGERS_OF_ARM, (QUADS, &[0x50], 16, 16), (EXTRA, &[0x150], 4, 4)];

/// The same where they are aligned to four.
const ARM_UNALIGNED: &[Row] = &[INTEGERS_OF_ARM, (QUADS, &[0x4c], 16, 16), (EXTRA, &[0x14c], 4, 4)];

const X0_TO_X30: &str = "x0 x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11 x12 x13 x14 x15 x16 x17 x18 x19 x20 x21 x22 x23 x24 \
                         x25 x26 x27 x28 x29 x30 sp pc";
const V0_TO_V31: &str = "v0 v1 v2 v3 v4 v5 v6 v7 v8 v9 v10 v11 v12 v13 v14 v15 v16 v17 v18 v19 v20 v21 v22 v23 v24 \
                         v25 v26 v27 v28 v29 v30 v31";

/// `ARM64_NT_CONTEXT` of winnt.h.
const ARM64: &[Row] = &[
    ("cpsr", &[0x04], 0, 4),
    (X0_TO_X30, &[0x08], 8, 8),
    (V0_TO_V31, &[0x110], 16, 16),
    ("fpcr fpsr", &[0x310], 4, 4),
    ("bcr0 bcr1 bcr2 bcr3 bcr4 bcr5 bcr6 bcr7", &[0x318], 4, 4),
    ("bvr0 bvr1 bvr2 bvr3 bvr4 bvr5 bvr6 bvr7", &[0x338], 8, 8),
    ("wcr0 wcr1", &[0x378], 4, 4),
    ("wvr0 wvr1", &[0x380], 8, 8),
];

/// `MDRawContextARM64_Old` of Breakpad.
const ARM64_OLD: &[Row] =
    &[(X0_TO_X30, &[0x08], 8, 8), ("cpsr fpsr fpcr", &[0x110], 4, 4), (V0_TO_V31, &[0x11c], 16, 16)];

const R1_TO_R31: &str =
    "at v0 v1 a0 a1 a2 a3 t0 t1 t2 t3 t4 t5 t6 t7 s0 s1 s2 s3 s4 s5 s6 s7 t8 t9 k0 k1 gp sp s8 ra";
const N64: &str =
    "at v0 v1 a0 a1 a2 a3 a4 a5 a6 a7 t0 t1 t2 t3 s0 s1 s2 s3 s4 s5 s6 s7 t8 t9 k0 k1 gp sp s8 ra";
const R0_TO_R31: &str = "r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 r13 r14 r15 r16 r17 r18 r19 r20 r21 r22 r23 r24 r25 \
                         r26 r27 r28 r29 r30 r31";
const F0_TO_F31: &str = "f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 f13 f14 f15 f16 f17 f18 f19 f20 f21 f22 f23 f24 f25 \
                         f26 f27 f28 f29 f30 f31";
const VR0_TO_VR31: &str = "vr0 vr1 vr2 vr3 vr4 vr5 vr6 vr7 vr8 vr9 vr10 vr11 vr12 vr13 vr14 vr15 vr16 vr17 vr18 vr19 \
                           vr20 vr21 vr22 vr23 vr24 vr25 vr26 vr27 vr28 vr29 vr30 vr31";

/// `MDRawContextMIPS` of Breakpad, of whose numbers of 64 bits MIPS has the low halves.
const MIPS: &[Row] = &[
    (R1_TO_R31, &[16], 8, 4),
    ("hi lo", &[264], 8, 4),
    ("hi1 hi2 hi3 lo1 lo2 lo3 dspctl", &[280], 4, 4),
    ("pc bad", &[312], 8, 4),
    ("sr cause", &[328], 4, 4),
    (F0_TO_F31, &[336], 8, 8),
    ("fsr fir", &[592], 4, 4),
];
const BIG_MIPS: &[Row] = &[
    (R1_TO_R31, &[20], 8, 4),
    ("hi lo", &[268], 8, 4),
    ("hi1 hi2 hi3 lo1 lo2 lo3 dspctl", &[280], 4, 4),
    ("pc bad", &[316], 8, 4),
    ("sr cause", &[328], 4, 4),
    (F0_TO_F31, &[336], 8, 8),
    ("fsr fir", &[592], 4, 4),
];
const MIPS64: &[Row] = &[
    (N64, &[16], 8, 8),
    ("hi lo", &[264], 8, 8),
    ("hi1l hi2l hi3l lo1l lo2l lo3l dspctl", &[280], 4, 4),
    ("pc bad", &[312], 8, 8),
    ("srl causel", &[328], 4, 4),
    (F0_TO_F31, &[336], 8, 8),
    ("fsr fir", &[592], 4, 4),
];

/// `MinidumpContextMIPS64` of Crashpad.
const MIPS64_CRASHPAD: &[Row] = &[
    (N64, &[16], 8, 8),
    ("hi lo hi1 hi2 hi3 lo1 lo2 lo3", &[264], 8, 8),
    ("dspctl", &[328], 0, 4),
    ("pc bad sr cause", &[336], 8, 8),
    (F0_TO_F31, &[368], 8, 8),
    ("fsr fir", &[624], 8, 4),
];

/// `MDRawContextPPC` of Breakpad.
const PPC: &[Row] = &[
    ("pc msr", &[4], 4, 4),
    (R0_TO_R31, &[12], 4, 4),
    ("cr xer lr ctr mq vrsave", &[140], 4, 4),
    (F0_TO_F31, &[164], 8, 8),
    (VR0_TO_VR31, &[428], 16, 16),
    ("vscr", &[940], 0, 4),
    ("vrvalid", &[972], 0, 4),
];
const BIG_PPC: &[Row] = &[
    ("pc msr", &[4], 4, 4),
    (R0_TO_R31, &[12], 4, 4),
    ("cr xer lr ctr mq vrsave", &[140], 4, 4),
    (F0_TO_F31, &[164], 8, 8),
    ("fpscr", &[420], 0, 8),
    (VR0_TO_VR31, &[428], 16, 16),
    ("vscr", &[952], 0, 4),
    ("vrvalid", &[972], 0, 4),
];

/// `MDRawContextPPC64` of Breakpad.
const PPC64: &[Row] = &[
    ("pc msr", &[8], 8, 8),
    (R0_TO_R31, &[24], 8, 8),
    ("cr xer", &[280], 8, 4),
    ("lr ctr", &[296], 8, 8),
    ("vrsave", &[312], 0, 4),
    (F0_TO_F31, &[320], 8, 8),
    (VR0_TO_VR31, &[584], 16, 16),
    ("vscr", &[1096], 0, 4),
    ("vrvalid", &[1128], 0, 4),
];
const BIG_PPC64: &[Row] = &[
    ("pc msr", &[8], 8, 8),
    (R0_TO_R31, &[24], 8, 8),
    ("cr xer", &[284], 8, 4),
    ("lr ctr", &[296], 8, 8),
    ("vrsave", &[316], 0, 4),
    (F0_TO_F31, &[320], 8, 8),
    ("fpscr", &[576], 0, 8),
    (VR0_TO_VR31, &[584], 16, 16),
    ("vscr", &[1108], 0, 4),
    ("vrvalid", &[1128], 0, 4),
];

/// `MDRawContextSPARC` of Breakpad.
const SPARC: &[Row] = &[
    (
        "g1 g2 g3 g4 g5 g6 g7 o0 o1 o2 o3 o4 o5 o6 o7 l0 l1 l2 l3 l4 l5 l6 l7 i0 i1 i2 i3 i4 i5 i6 i7",
        &[16],
        8,
        8,
    ),
    ("ccr pc npc y asi fprs", &[264], 8, 8),
    (
        "d0 d2 d4 d6 d8 d10 d12 d14 d16 d18 d20 d22 d24 d26 d28 d30 d32 d34 d36 d38 d40 d42 d44 d46 d48 d50 d52 d54 \
         d56 d58 d60 d62",
        &[312],
        8,
        8,
    ),
    ("fsr", &[576], 0, 8),
];

const X1_TO_X31: &str =
    "ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6";

/// `MDRawContextRISCV` of Breakpad, with the low halves of the floating point registers.
const RISCV32: &[Row] = &[
    ("pc", &[8], 0, 4),
    (X1_TO_X31, &[12], 4, 4),
    (
        "ft0l ft1l ft2l ft3l ft4l ft5l ft6l ft7l fs0l fs1l fa0l fa1l fa2l fa3l fa4l fa5l fa6l fa7l fs2l fs3l fs4l fs5l \
         fs6l fs7l fs8l fs9l fs10l fs11l ft8l ft9l ft10l ft11l",
        &[136],
        4,
        4,
    ),
    ("fcsr", &[264], 0, 4),
];

/// `MDRawContextRISCV64` of Breakpad, and Crashpad's.
const RISCV64: &[Row] = &[
    ("pc", &[8], 0, 8),
    (X1_TO_X31, &[16], 8, 8),
    (
        "ft0 ft1 ft2 ft3 ft4 ft5 ft6 ft7 fs0 fs1 fa0 fa1 fa2 fa3 fa4 fa5 fa6 fa7 fs2 fs3 fs4 fs5 fs6 fs7 fs8 fs9 fs10 \
         fs11 ft8 ft9 ft10 ft11",
        &[264],
        8,
        8,
    ),
    ("fcsr", &[520], 0, 4),
];

const KINDS: &[Kind] = &[
    kind("MIPS", processor::MIPS, 600, (0, 0x4_000e), MIPS),
    big("MIPS, big-endian", processor::MIPS, 600, (0, 0x4_000e), BIG_MIPS),
    kind("MIPS64", processor::MIPS64, 600, (0, 0x8_000e), MIPS64),
    kind("MIPS64 of Crashpad", processor::MIPS64, 640, (0, 0x8_000e), MIPS64_CRASHPAD),
    kind("PPC", processor::PPC, 1004, (0, 0x2000_0029), PPC),
    big("PPC, big-endian", processor::PPC, 1004, (0, 0x2000_0029), BIG_PPC),
    kind("PPC64", processor::PPC64, 1160, (0, 0x100_0029), PPC64),
    big("PPC64, big-endian", processor::PPC64, 1160, (4, 0x100_0029), BIG_PPC64),
    kind("SPARC", processor::SPARC, 584, (0, 0x1000_000f), SPARC),
    big("SPARC, big-endian", processor::SPARC, 584, (0, 0x1000_000f), SPARC),
    kind("RISCV", processor::RISCV32, 268, (0, 0x80_0003), RISCV32),
    kind("RISCV64", processor::RISCV64, 528, (0, 0x800_0003), RISCV64),
    kind("AMD64", processor::AMD64, amd64::SIZE, (amd64::FLAGS, 0x10_001f), AMD64),
    kind("x86", processor::X86, x86::SIZE, (x86::FLAGS, 0x1_003f), X86),
    big("x86, big-endian", processor::X86, x86::SIZE, (x86::FLAGS, 0x1_003f), BIG_X86),
    big("ARM64, big-endian", processor::ARM64, arm64::SIZE, (arm64::FLAGS, 0x40_001f), ARM64),
    kind("ARM of Windows", processor::ARM, 416, (0, 0x20_000f), ARM_WINDOWS),
    kind("ARM of Breakpad", processor::ARM, 368, (0, 0x4000_0006), ARM_BREAKPAD),
    kind("ARM of Breakpad, unaligned", processor::ARM, 364, (0, 0x4000_0006), ARM_UNALIGNED),
    kind("ARM64", processor::ARM64, arm64::SIZE, (arm64::FLAGS, 0x40_001f), ARM64),
    kind("ARM64, old", processor::ARM64_OLD, arm64_old::SIZE, (arm64_old::FLAGS, 0x8000_0006), ARM64_OLD),
];

/// Of a big-endian x86, the words whose order does not depend on what stands in their other half.
const BIG_X86: &[Row] = &[
    ("dr0 dr1 dr2 dr3 dr6 dr7", &[0x04], 4, 4),
    ("gs fs es ds edi esi ebx edx ecx eax ebp eip cs eflags esp ss", &[0x8c], 4, 4),
    ("mxcsr mxcsr_mask", &[0xe4], 4, 4),
    ("xmm0 xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7", &[0x16c], 16, 16),
];

const fn kind(
    name: &'static str,
    processor: u16,
    size: usize,
    flags: (usize, u32),
    rows: &'static [Row],
) -> Kind {
    Kind { name, order: LITTLE, processor, size, flags, rows }
}

const fn big(
    name: &'static str,
    processor: u16,
    size: usize,
    flags: (usize, u32),
    rows: &'static [Row],
) -> Kind {
    Kind { order: Order::Big, ..kind(name, processor, size, flags, rows) }
}

/// A register: its name, where its copies are in the record, and its size in bytes.
struct Placed {
    name: &'static str,
    copies: Vec<usize>,
    size: usize,
}

fn placed(rows: &'static [Row]) -> Vec<Placed> {
    let of_row = |&(names, first, step, size): &'static Row| {
        names.split_whitespace().enumerate().map(move |(index, name)| Placed {
            name,
            copies: first.iter().map(|at| at + step * index).collect(),
            size,
        })
    };
    rows.iter().flat_map(of_row).collect()
}

/// The number that bytes are, in hex as the command line has it.
fn hex_number(order: Order, bytes: &[u8]) -> String {
    let mut bytes = bytes.to_vec();
    if order == Order::Little {
        bytes.reverse();
    }
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let digits = digits.trim_start_matches('0');
    format!("0x{}", if digits.is_empty() { "0" } else { digits })
}

/// The values that `regs` shows, by name.
fn shown(subject: &Subject, arguments: &[&str]) -> BTreeMap<String, String> {
    let json = subject.run("regs", arguments).exits(0).json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let registers = json["registers"].as_array().unwrap();
    registers.iter().map(|register| (text(&register["name"]), text(&register["value"]))).collect()
}

/// Every file byte that `where` names for a register.
fn places(subject: &Subject, name: &str, size: usize) -> BTreeSet<u64> {
    let json = subject.run("where", &[&format!("reg:{name}")]).is_full(size as u64);
    let mut bytes = BTreeSet::new();
    for piece in json["pieces"].as_array().unwrap() {
        let length = piece["length"].as_u64().unwrap();
        for offset in piece["file_offsets"].as_array().unwrap() {
            bytes.extend(offset.as_u64().unwrap()..offset.as_u64().unwrap() + length);
        }
    }
    bytes
}

/// Checks that registers are read from these places in a record, found there, and set there and nowhere else.
fn check(name: &str, order: Order, subject: &Subject, record: u64, registers: &[Placed]) {
    let before = subject.before();
    let at = |copy: usize| record as usize + copy;
    let values = shown(subject, &[]);
    let mut assignments = Vec::new();
    let mut expected = before.to_vec();
    for register in registers {
        let stored = &before[at(register.copies[0])..][..register.size];
        let value = values.get(register.name).unwrap_or_else(|| panic!("{name}: no {}", register.name));
        assert_eq!(*value, hex_number(order, stored), "{name}: {}", register.name);
        let bytes = register.copies.iter().flat_map(|&copy| at(copy)..at(copy) + register.size);
        let bytes: BTreeSet<u64> = bytes.map(|byte| byte as u64).collect();
        assert_eq!(places(subject, register.name, register.size), bytes, "{name}: {}", register.name);
        let new: Vec<u8> = stored.iter().map(|byte| !byte).collect();
        assignments.push(format!("{}={}", register.name, hex_number(order, &new)));
        for &copy in &register.copies {
            expected[at(copy)..at(copy) + register.size].copy_from_slice(&new);
        }
    }
    let assignments: Vec<&str> = assignments.iter().map(String::as_str).collect();
    subject.run("set", &assignments).exits(0);
    assert_same_bytes(&subject.now(), &expected);
}

#[test]
fn every_register_of_every_kind_is_read_found_and_set_where_the_headers_have_it() {
    for Kind { name, order, processor, size, flags, rows } in KINDS {
        let mut record = counting(7, *size);
        order.put(&mut record, flags.0, flags.1.into(), 4);
        let mut dump = MinidumpBuilder::new(*order, *processor);
        let memory = dump.memory(0x1000, &counting(1, 16));
        let offset = dump.thread_with(7, &record);
        let subject = Subject::new(dump.finish());
        check(name, *order, &subject, offset, &placed(rows));
        let number = order.get(subject.before(), memory as usize + 4, 4);
        let read = subject.plain("read", &["0x1004..+4", "--as", "u32"]).exits(0);
        assert!(
            read.text().contains(&format!("{number:#x}")) || read.text().contains(&number.to_string()),
            "{read}"
        );
    }
}

#[test]
fn a_group_that_the_flags_do_not_name_is_not_there() {
    let cases = [
        ("AMD64", 0x10_0002, "rax", "xmm0"),
        ("AMD64", 0x10_0008, "xmm0", "rax"),
        ("x86", 0x1_0008, "st0", "mxcsr"),
        ("x86", 0x1_0020, "xmm0", "eip"),
        ("ARM of Windows", 0x20_0002, "r12", "pc"),
        ("ARM of Windows", 0x20_0008, "bvr0", "q0"),
        ("ARM of Breakpad", 0x4000_0002, "pc", "q0"),
        ("ARM64", 0x40_0001, "x29", "x28"),
        ("ARM64", 0x40_0004, "v0", "pc"),
        ("ARM64, old", 0x8000_0002, "pc", "v0"),
        ("MIPS", 0x4_0002, "pc", "f0"),
        ("MIPS64", 0x8_0008, "hi1l", "pc"),
        ("PPC", 0x2000_0001, "pc", "f0"),
        ("PPC64", 0x100_0020, "vr0", "pc"),
        ("SPARC", 0x1000_0001, "pc", "g1"),
        ("RISCV", 0x80_0001, "pc", "fcsr"),
        ("RISCV64", 0x800_0002, "fcsr", "pc"),
    ];
    for (name, flags, there, absent) in cases {
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
        let mut record = counting(7, kind.size);
        LITTLE.put(&mut record, kind.flags.0, flags, 4);
        let mut dump = MinidumpBuilder::new(LITTLE, kind.processor);
        dump.thread_with(7, &record);
        let subject = Subject::new(dump.finish());
        let values = shown(&subject, &[]);
        assert!(values.contains_key(there) && !values.contains_key(absent), "{name} {flags:#x}: {values:?}");
        let message = subject.run("set", &[&format!("{absent}=1")]).is_error("register");
        assert!(message.contains("not present"), "{message}");
        subject.unchanged();
    }
}

/// An AMD64 context, a CONTEXT_EX, and an XSAVE area that begins with its header: the file, and where the record is.
fn extended(in_use: u64, compaction: u64, components: usize, misc: Option<Vec<u8>>) -> (Subject, u64) {
    let mut record = counting(7, amd64::SIZE);
    LITTLE.put(&mut record, amd64::FLAGS, 0x10_005f, 4);
    let area_size = 64 + components;
    let back = (amd64::SIZE as u64).wrapping_neg();
    // Three pairs of an offset from here and a length: of the whole, of the context, of the XSAVE area.
    let whole = (amd64::SIZE + 24 + area_size) as u64;
    let context_ex =
        [(back, 4), (whole, 4), (back, 4), (amd64::SIZE as u64, 4), (24, 4), (area_size as u64, 4)];
    record.extend(LITTLE.fields(&context_ex));
    record.extend(LITTLE.fields(&[(in_use, 8), (compaction, 8)]));
    record.extend([0; 48]);
    record.extend(counting(0x91, components));
    let mut dump = MinidumpBuilder::amd64();
    if let Some(misc) = misc {
        dump.stream(stream::MISC_INFO, &misc);
    }
    let offset = dump.thread_with(7, &record);
    (Subject::new(dump.finish()), offset)
}

/// MINIDUMP_MISC_INFO_5 with the places of XSAVE components: number, offset from the area's 512 legacy bytes, size.
fn misc_info(components: &[(usize, u64, u64)]) -> Vec<u8> {
    const CONFIG: usize = 832;
    let mut misc = vec![0; 1364];
    let enabled = components.iter().fold(3, |mask, (number, ..)| mask | 1 << number);
    for (at, value, size) in
        [(0, 1364, 4), (CONFIG, 528, 4), (CONFIG + 4, 0xa88, 4), (CONFIG + 8, enabled, 8)]
    {
        LITTLE.put(&mut misc, at, value, size);
    }
    for (number, offset, size) in components {
        LITTLE.put(&mut misc, CONFIG + 16 + 8 * number, *offset, 4);
        LITTLE.put(&mut misc, CONFIG + 20 + 8 * number, *size, 4);
    }
    misc
}

/// From the start of the record to the first component behind the XSAVE header.
const COMPONENTS: usize = amd64::SIZE + 24 + 64;

#[test]
fn xsave_components_stand_where_the_mask_or_the_misc_info_puts_them() {
    let at = |name: &'static str, offset: usize, size: usize| Placed {
        name,
        copies: vec![COMPONENTS + offset],
        size,
    };
    // AVX, opmask, the shadow stack's registers: one behind the other as the mask names them.
    let compacted = extended(0x8fe7, 1 << 63 | 1 << 2 | 1 << 5 | 1 << 11, 256 + 64 + 16, None);
    let registers = [at("k0", 256, 8), at("k7", 256 + 56, 8), at("u_cet", 320, 8), at("pl3_ssp", 328, 8)];
    check("compacted", LITTLE, &compacted.0, compacted.1, &registers);
    // The same with AVX left out of the mask.
    let without_avx = extended(0x8fe7, 1 << 63 | 1 << 5 | 1 << 11, 64 + 16, None);
    let registers = [at("k0", 0, 8), at("u_cet", 64, 8)];
    check("compacted without AVX", LITTLE, &without_avx.0, without_avx.1, &registers);
    assert!(!shown(&without_avx.0, &[]).contains_key("ymm0"));
    // Not compacted: AVX at 576, opmask at 1088, PKRU at 2688, counted from the legacy bytes.
    let misc = misc_info(&[(2, 576, 256), (5, 1088, 64), (9, 2688, 8)]);
    let loose = extended(0x227, 0, 2688 + 8 - 576, Some(misc));
    let registers = [at("k0", 1088 - 576, 8), at("pkru", 2688 - 576, 4)];
    check("not compacted", LITTLE, &loose.0, loose.1, &registers);
}

#[test]
fn a_ymm_register_is_two_places_and_both_are_set() {
    let forms = [(1 << 63 | 1 << 2, None), (0, Some(misc_info(&[(2, 576, 256)]))), (0, None)];
    for (compaction, misc) in forms {
        let (subject, record) = extended(7, compaction, 256, misc);
        let (low, high) = (record + 0x1a0 + 32, record + COMPONENTS as u64 + 32);
        let stored = |at: u64| &subject.before()[at as usize..at as usize + 16];
        let value = hex_number(LITTLE, &[stored(low), stored(high)].concat());
        assert_eq!(shown(&subject, &[])["ymm2"], value);
        subject.run("set", &[&format!("ymm2=0x{}{}", "a1".repeat(16), "b2".repeat(16))]).is_full(32);
        subject.changed_only(&[(low, &[0xb2; 16]), (high, &[0xa1; 16])]);
    }
}

#[test]
fn a_component_that_is_not_in_use_reads_as_zero_and_comes_into_use_where_it_is_set() {
    let (subject, record) = extended(3, 1 << 63 | 1 << 2, 256, None);
    let (header, area) = (record + amd64::SIZE as u64 + 24, record + COMPONENTS as u64);
    let low = &subject.before()[record as usize + 0x1a0..][..16];
    assert_eq!(shown(&subject, &[])["ymm0"], hex_number(LITTLE, low));
    subject.run("set", &["ymm2.u128.1=0x1122"]).is_full(16);
    // The upper halves that were not in use are zero, as they read before.
    let mut components = [0; 256];
    components[32..34].copy_from_slice(&[0x22, 0x11]);
    subject.changed_only(&[(header, &[7]), (area, &components)]);
}

#[test]
fn components_that_are_not_compacted_and_whose_places_no_stream_has_are_said_to_be_such() {
    let (subject, _) = extended(0x227, 0, 2688 + 8 - 576, None);
    for register in ["k0", "zmm1", "pkru"] {
        let message = subject.run("set", &[&format!("{register}=1")]).is_error("register");
        assert!(message.contains("does not say") && !message.contains("not present"), "{message}");
    }
    subject.unchanged();
    subject.run("set", &["ymm1=1"]).is_full(32);
    // With room for AVX alone, the others are not there.
    let (subject, _) = extended(0x227, 0, 256, None);
    assert!(subject.run("set", &["k0=1"]).is_error("register").contains("not present"));
}

/// A dump of one thread and the exception that it had, both with this context.
fn one_context(processor: u16, context: &[u8]) -> (Subject, u64) {
    let mut dump = MinidumpBuilder::new(LITTLE, processor);
    dump.memory(0x1000, &counting(1, 32));
    let offset = dump.thread_with(7, context);
    (Subject::new(dump.finish()), offset)
}

#[test]
fn of_a_context_that_ends_before_its_floating_point_registers_the_general_ones_stand() {
    let general: Vec<Row> = AMD64.iter().copied().filter(|(_, copies, ..)| copies[0] < 0x100).collect();
    // LLDB writes contexts of 720 and of 736 bytes, whose flags name no floating point registers.
    for (size, flags) in
        [(720, 0x10_0007), (736, 0x10_0007), (720, 0x10_001f), (256, 0x10_001f), (1231, 0x10_001f)]
    {
        let mut context = counting(7, size);
        LITTLE.put(&mut context, amd64::FLAGS, flags, 4);
        let (subject, record) = one_context(processor::AMD64, &context);
        let held =
            general.iter().copied().filter(|(names, ..)| flags & 0x10 != 0 || !names.starts_with("dr"));
        let held: &'static [Row] = held.collect::<Vec<Row>>().leak();
        check(&format!("{size} bytes"), LITTLE, &subject, record, &placed(held));
        for register in ["xmm0", "mxcsr", "st0", "debugctl"] {
            let message = subject.run("set", &[&format!("{register}=1")]).is_error("register");
            assert!(message.contains("not present"), "{message}");
        }
    }
    for size in [0, 1, 0x34, 255] {
        let mut context = counting(7, size.max(0x34));
        LITTLE.put(&mut context, amd64::FLAGS, 0x10_0007, 4);
        let (subject, _) = one_context(processor::AMD64, &context[..size]);
        subject.run("set", &["rip=1"]).is_error("thread");
        subject.unchanged();
    }
}

#[test]
fn a_context_whose_flags_name_another_machine_is_never_taken_for_one_of_the_dump_s() {
    // By the processor of the dump: the kind that the flags name, and whether the context is one of it.
    let kinds = [
        ("AMD64", 0x10_000f, "rip"),
        ("x86", 0x1_003f, "eip"),
        ("ARM64", 0x40_001f, "x5"),
        ("ARM of Windows", 0x20_000f, "r5"),
        ("ARM of Breakpad", 0x4000_0006, "r5"),
    ];
    let processors = [
        (processor::AMD64, "AMD64"),
        (processor::X86, "x86"),
        (processor::ARM64, "ARM64"),
        (processor::ARM, "ARM"),
    ];
    for ((name, flags, register), (processor, of_dump)) in
        kinds.iter().flat_map(|kind| processors.map(|processor| (*kind, processor)))
    {
        if name.starts_with(of_dump) && !(of_dump == "ARM" && name == "ARM64") {
            continue;
        }
        let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
        let mut context = vec![0; kind.size];
        LITTLE.put(&mut context, kind.flags.0, flags, 4);
        let (subject, record) = one_context(processor, &context);
        let place = placed(kind.rows).into_iter().find(|place| place.name == register).unwrap();
        let run = subject.run("set", &[&format!("{register}=0x11223344")]).exits(0);
        notice(&run.json(), "odd-record");
        subject.changed_only(&[(record + place.copies[0] as u64, &[0x44, 0x33, 0x22, 0x11])]);
        notice(&subject.run("info", &[]).json(), "context-of-another-machine");
        // Too short for what its flags name, it is nothing at all.
        let (subject, _) = one_context(processor, &context[..kind.size.min(200) - 1]);
        for register in ["rip", "eip", "x5", "r5", "pc"] {
            assert_eq!(
                subject.run("set", &[&format!("{register}=1")]).code,
                2,
                "{name} in a dump of {of_dump}"
            );
        }
        subject.unchanged();
    }
    // A machine that no table knows.
    for flags in [0x2_0003, 0x4_0003, 0x80_0003, 0x100_0003] {
        let mut context = vec![0; arm64::SIZE];
        LITTLE.put(&mut context, 0, flags, 4);
        let (subject, _) = one_context(processor::ARM64, &context);
        subject.run("set", &["x5=1"]).is_error("thread");
        subject.unchanged();
    }
}

#[test]
fn a_bit_that_machines_share_names_none_where_the_size_or_another_bit_names_another() {
    const IA64: u16 = 6;
    // The bit of MIPS64 is that of IA64, whose context has 2672 bytes.
    for processor in [IA64, processor::MIPS64] {
        let mut context = vec![0; 2672];
        LITTLE.put(&mut context, 0, 0x8_002f, 4);
        let (subject, _) = one_context(processor, &context);
        assert_eq!(subject.run("set", &["pc=1"]).code, 2);
        subject.unchanged();
    }
    // Those of RISCV64, SPARC and PPC say on other machines how a context came about.
    let shared = [
        (processor::RISCV64, 0x800_0000u64),
        (processor::SPARC, 0x1000_0000),
        (processor::PPC, 0x2000_0000),
        (processor::ARM, 0x4000_0000),
    ];
    for (processor, bit) in shared {
        let mut context = vec![0; amd64::SIZE];
        LITTLE.put(&mut context, amd64::FLAGS, 0x10_001f | bit, 4);
        LITTLE.put(&mut context, 0, 0x10_001f | bit, 4);
        for processor in [processor, processor::AMD64] {
            let (subject, record) = one_context(processor, &context);
            subject.run("set", &["rip=0x11223344"]).exits(0);
            subject.changed_only(&[(record + 0xf8, &[0x44, 0x33, 0x22, 0x11])]);
        }
    }
}

#[test]
fn a_writing_verb_repeats_what_is_odd_about_the_record() {
    let mut context = counting(7, arm64::SIZE);
    LITTLE.put(&mut context, arm64::FLAGS, 0x40_0000, 4);
    let (subject, _) = one_context(processor::ARM64, &context);
    for (verb, arguments) in [("set", vec!["x5=1"]), ("write", vec!["reg:x5", "u64:2"])] {
        notice(&subject.run(verb, &arguments).exits(0).json(), "odd-record");
    }
    let notices = subject.run("write", &["0x1000", "u64:2"]).exits(0).json()["notices"].clone();
    assert_eq!(notices, serde_json::json!([]), "memory is no record");
}

#[test]
fn a_process_of_32_bits_on_arm64_has_pointers_of_four_bytes() {
    let x86 =
        (14, context(LITTLE, x86::SIZE, (x86::FLAGS, x86::FULL), &[(x86::ESP, 0x1000, 4)]), "esp", "x86");
    let arm = (13, context(LITTLE, 416, (0, 0x20_000f), &[(0x38, 0x1000, 4)]), "sp", "arm");
    for (processor, context, sp, machine) in [x86, arm] {
        let (subject, _) = one_context(processor, &context);
        let info = subject.run("info", &[]).exits(0).json();
        assert_eq!((&info["machine"], &info["pointer_width"]), (&machine.into(), &4.into()));
        assert_eq!(subject.register(sp, &[]), Some(0x1000));
        subject.run("write", &[&format!("@{sp}"), "ptr:0x1"]).is_full(4);
    }
}
