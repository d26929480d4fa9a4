//! Offsets of each register in each kind of context, by the headers.

use super::LITTLE;
use crate::support::bytes::Order;
use crate::support::minidump_builder::{amd64, arm64, arm64_old, processor, x86};

/// Consecutive registers: their names, the offsets of each copy of the first, the distance between registers and their size, in bytes.
pub(super) type Row = (&'static str, &'static [usize], usize, usize);

/// A kind of context.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) order: Order,
    pub(super) processor: u16,
    pub(super) size: usize,
    /// Offset of ContextFlags, and their value that names every group.
    pub(super) flags: (usize, u32),
    pub(super) rows: &'static [Row],
}

/// `CONTEXT` of winnt.h for AMD64, with its XMM_SAVE_AREA32 at 0x100.
pub(super) const AMD64: &[Row] = &[
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

/// `CONTEXT` of winnt.h for x86: FSAVE in FloatSave, and FXSAVE in ExtendedRegisters, from 0xcc on.
pub(super) const X86: &[Row] = &[
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

pub(super) const INTEGERS_OF_ARM: Row =
    ("r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 sp lr pc cpsr fpscr", &[0x04], 4, 4);
pub(super) const QUADS: &str = "q0 q1 q2 q3 q4 q5 q6 q7 q8 q9 q10 q11 q12 q13 q14 q15";
pub(super) const EXTRA: &str = "fpextra0 fpextra1 fpextra2 fpextra3 fpextra4 fpextra5 fpextra6 fpextra7";

/// `CONTEXT` of winnt.h for 32-bit ARM.
pub(super) const ARM_WINDOWS: &[Row] = &[
    INTEGERS_OF_ARM,
    (QUADS, &[0x50], 16, 16),
    ("bvr0 bvr1 bvr2 bvr3 bvr4 bvr5 bvr6 bvr7", &[0x150], 4, 4),
    ("bcr0 bcr1 bcr2 bcr3 bcr4 bcr5 bcr6 bcr7", &[0x170], 4, 4),
    ("wvr0 wcr0", &[0x190], 4, 4),
];

/// `MDRawContextARM` of Breakpad, whose doubles are aligned to eight bytes.
pub(super) const ARM_BREAKPAD: &[Row] = &[INTEGERS_OF_ARM, (QUADS, &[0x50], 16, 16), (EXTRA, &[0x150], 4, 4)];

/// The same where the doubles are aligned to four bytes.
pub(super) const ARM_UNALIGNED: &[Row] =
    &[INTEGERS_OF_ARM, (QUADS, &[0x4c], 16, 16), (EXTRA, &[0x14c], 4, 4)];

pub(super) const X0_TO_X30: &str = "x0 x1 x2 x3 x4 x5 x6 x7 x8 x9 x10 x11 x12 x13 x14 x15 x16 x17 x18 x19 x20 x21 x22 x23 x24 \
                         x25 x26 x27 x28 x29 x30 sp pc";
pub(super) const V0_TO_V31: &str = "v0 v1 v2 v3 v4 v5 v6 v7 v8 v9 v10 v11 v12 v13 v14 v15 v16 v17 v18 v19 v20 v21 v22 v23 v24 \
                         v25 v26 v27 v28 v29 v30 v31";

/// `ARM64_NT_CONTEXT` of winnt.h.
pub(super) const ARM64: &[Row] = &[
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
pub(super) const ARM64_OLD: &[Row] =
    &[(X0_TO_X30, &[0x08], 8, 8), ("cpsr fpsr fpcr", &[0x110], 4, 4), (V0_TO_V31, &[0x11c], 16, 16)];

pub(super) const R1_TO_R31: &str =
    "at v0 v1 a0 a1 a2 a3 t0 t1 t2 t3 t4 t5 t6 t7 s0 s1 s2 s3 s4 s5 s6 s7 t8 t9 k0 k1 gp sp s8 ra";
pub(super) const N64: &str =
    "at v0 v1 a0 a1 a2 a3 a4 a5 a6 a7 t0 t1 t2 t3 s0 s1 s2 s3 s4 s5 s6 s7 t8 t9 k0 k1 gp sp s8 ra";
pub(super) const R0_TO_R31: &str = "r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 r13 r14 r15 r16 r17 r18 r19 r20 r21 r22 r23 r24 r25 \
                         r26 r27 r28 r29 r30 r31";
pub(super) const F0_TO_F31: &str = "f0 f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 f13 f14 f15 f16 f17 f18 f19 f20 f21 f22 f23 f24 f25 \
                         f26 f27 f28 f29 f30 f31";
pub(super) const VR0_TO_VR31: &str = "vr0 vr1 vr2 vr3 vr4 vr5 vr6 vr7 vr8 vr9 vr10 vr11 vr12 vr13 vr14 vr15 vr16 vr17 vr18 vr19 \
                           vr20 vr21 vr22 vr23 vr24 vr25 vr26 vr27 vr28 vr29 vr30 vr31";

/// `MDRawContextMIPS` of Breakpad; MIPS has the low halves of its 64-bit numbers.
pub(super) const MIPS: &[Row] = &[
    (R1_TO_R31, &[16], 8, 4),
    ("hi lo", &[264], 8, 4),
    ("hi1 hi2 hi3 lo1 lo2 lo3 dspctl", &[280], 4, 4),
    ("pc bad", &[312], 8, 4),
    ("sr cause", &[328], 4, 4),
    (F0_TO_F31, &[336], 8, 8),
    ("fsr fir", &[592], 4, 4),
];
pub(super) const BIG_MIPS: &[Row] = &[
    (R1_TO_R31, &[20], 8, 4),
    ("hi lo", &[268], 8, 4),
    ("hi1 hi2 hi3 lo1 lo2 lo3 dspctl", &[280], 4, 4),
    ("pc bad", &[316], 8, 4),
    ("sr cause", &[328], 4, 4),
    (F0_TO_F31, &[336], 8, 8),
    ("fsr fir", &[592], 4, 4),
];
pub(super) const MIPS64: &[Row] = &[
    (N64, &[16], 8, 8),
    ("hi lo", &[264], 8, 8),
    ("hi1l hi2l hi3l lo1l lo2l lo3l dspctl", &[280], 4, 4),
    ("pc bad", &[312], 8, 8),
    ("srl causel", &[328], 4, 4),
    (F0_TO_F31, &[336], 8, 8),
    ("fsr fir", &[592], 4, 4),
];

/// `MinidumpContextMIPS64` of Crashpad.
pub(super) const MIPS64_CRASHPAD: &[Row] = &[
    (N64, &[16], 8, 8),
    ("hi lo hi1 hi2 hi3 lo1 lo2 lo3", &[264], 8, 8),
    ("dspctl", &[328], 0, 4),
    ("pc bad sr cause", &[336], 8, 8),
    (F0_TO_F31, &[368], 8, 8),
    ("fsr fir", &[624], 8, 4),
];

/// `MDRawContextPPC` of Breakpad.
pub(super) const PPC: &[Row] = &[
    ("pc msr", &[4], 4, 4),
    (R0_TO_R31, &[12], 4, 4),
    ("cr xer lr ctr mq vrsave", &[140], 4, 4),
    (F0_TO_F31, &[164], 8, 8),
    (VR0_TO_VR31, &[428], 16, 16),
    ("vscr", &[940], 0, 4),
    ("vrvalid", &[972], 0, 4),
];
pub(super) const BIG_PPC: &[Row] = &[
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
pub(super) const PPC64: &[Row] = &[
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
pub(super) const BIG_PPC64: &[Row] = &[
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

/// `MDRawContextSPARC` of Breakpad. `y` is the low half of 64 bits.
const fn sparc(y: &'static [usize]) -> [Row; 6] {
    [
        (
            "g1 g2 g3 g4 g5 g6 g7 o0 o1 o2 o3 o4 o5 o6 o7 l0 l1 l2 l3 l4 l5 l6 l7 i0 i1 i2 i3 i4 i5 i6 i7",
            &[16],
            8,
            8,
        ),
        ("ccr pc npc", &[264], 8, 8),
        ("y", y, 0, 4),
        ("asi fprs", &[296], 8, 8),
        (
            "d0 d2 d4 d6 d8 d10 d12 d14 d16 d18 d20 d22 d24 d26 d28 d30 d32 d34 d36 d38 d40 d42 d44 d46 d48 d50 d52 d54 \
             d56 d58 d60 d62",
            &[312],
            8,
            8,
        ),
        ("fsr", &[576], 0, 8),
    ]
}

/// Little-endian processes, by Breakpad's tables.
pub(super) const SPARC: &[Row] = &sparc(&[288]);

/// Big-endian processes.
pub(super) const BIG_SPARC: &[Row] = &sparc(&[292]);

pub(super) const X1_TO_X31: &str =
    "ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6";

/// `MDRawContextRISCV` of Breakpad, with the low halves of the floating point registers.
pub(super) const RISCV32: &[Row] = &[
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
pub(super) const RISCV64: &[Row] = &[
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

pub(super) const KINDS: &[Kind] = &[
    kind("MIPS", processor::MIPS, 600, (0, 0x4_000e), MIPS),
    big("MIPS, big-endian", processor::MIPS, 600, (0, 0x4_000e), BIG_MIPS),
    kind("MIPS64", processor::MIPS64, 600, (0, 0x8_000e), MIPS64),
    kind("MIPS64 of Crashpad", processor::MIPS64, 640, (0, 0x8_000e), MIPS64_CRASHPAD),
    kind("PPC", processor::PPC, 1004, (0, 0x2000_0029), PPC),
    big("PPC, big-endian", processor::PPC, 1004, (0, 0x2000_0029), BIG_PPC),
    kind("PPC64", processor::PPC64, 1160, (0, 0x100_0029), PPC64),
    big("PPC64, big-endian", processor::PPC64, 1160, (4, 0x100_0029), BIG_PPC64),
    kind("SPARC", processor::SPARC, 584, (0, 0x1000_000f), SPARC),
    big("SPARC, big-endian", processor::SPARC, 584, (0, 0x1000_000f), BIG_SPARC),
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

/// A big-endian x86: the words whose order does not depend on their other half.
pub(super) const BIG_X86: &[Row] = &[
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

/// A register: its name, the offsets of its copies in the record, and its size, in bytes.
pub(super) struct Placed {
    pub(super) name: &'static str,
    pub(super) copies: Vec<usize>,
    pub(super) size: usize,
}

pub(super) fn placed(rows: &'static [Row]) -> Vec<Placed> {
    let of_row = |&(names, first, step, size): &'static Row| {
        names.split_whitespace().enumerate().map(move |(index, name)| Placed {
            name,
            copies: first.iter().map(|at| at + step * index).collect(),
            size,
        })
    };
    rows.iter().flat_map(of_row).collect()
}
