//! A dump for every kind of record, built byte by byte, its registers full of random bytes.

use super::random::Random;
use crate::support::bytes::Order;
use crate::support::elf_builder::{
    ElfBuilder, NT_FPREGSET, NT_PRSTATUS, NT_X86_XSTATE, Note, fxsave, machine, prstatus_aarch64,
    prstatus_i386, prstatus_x86_64,
};
use crate::support::minidump_builder::{
    MinidumpBuilder, amd64, amd64_context, arm64, arm64_old, context, processor, stream, x86,
};

const LITTLE: Order = Order::Little;

/// `PROCESSOR_ARCHITECTURE_ARM`.
const ARM: u16 = 5;
/// `EM_ARM`.
const EM_ARM: u16 = 40;
const NT_PRXFPREG: u32 = 0x46e6_2b7f;
const NT_X86_SHSTK: u32 = 0x204;
const NT_ARM_VFP: u32 = 0x400;
const NT_ARM_TLS: u32 = 0x401;
const NT_ARM_HW_BREAK: u32 = 0x402;
const NT_ARM_HW_WATCH: u32 = 0x403;
const NT_ARM_SYSTEM_CALL: u32 = 0x404;
const NT_ARM_PAC_MASK: u32 = 0x406;
pub(crate) const NT_ARM_SVE: u32 = 0x405;
pub(crate) const NT_ARM_SSVE: u32 = 0x40b;
pub(crate) const NT_ARM_ZA: u32 = 0x40c;
const NT_ARM_ZT: u32 = 0x40d;

/// A dump with a name for messages.
pub(crate) type Named = (String, Vec<u8>);

/// Minidumps of every machine.
pub(crate) fn minidumps() -> Vec<Named> {
    let mut random = Random(1);
    let mut all = contexts(&mut random);
    all.extend(extended_contexts(&mut random));
    all.push(("x86 under WOW64".to_owned(), wow64().file));
    all
}

/// Minidumps of one thread, by the context's size and flags.
fn contexts(random: &mut Random) -> Vec<Named> {
    let contexts = [
        ("AMD64", LITTLE, processor::AMD64, amd64::SIZE, (amd64::FLAGS, 0x10_001f)),
        ("x86", LITTLE, processor::X86, x86::SIZE, (x86::FLAGS, 0x1_003f)),
        ("x86 without ExtendedRegisters", LITTLE, processor::X86, 204, (x86::FLAGS, 0x1_001f)),
        ("big-endian x86", Order::Big, processor::X86, x86::SIZE, (x86::FLAGS, 0x1_003f)),
        ("ARM64", LITTLE, processor::ARM64, arm64::SIZE, (arm64::FLAGS, 0x40_001f)),
        ("big-endian ARM64", Order::Big, processor::ARM64, arm64::SIZE, (arm64::FLAGS, 0x40_001f)),
        ("old ARM64", LITTLE, processor::ARM64_OLD, arm64_old::SIZE, (arm64_old::FLAGS, arm64_old::FULL)),
        ("ARM of Windows", LITTLE, ARM, 416, (0, 0x20_000f)),
        ("ARM of Breakpad", LITTLE, ARM, 368, (0, 0x4000_0006)),
        ("ARM of Crashpad", LITTLE, ARM, 364, (0, 0x4000_0006)),
        ("big-endian ARM", Order::Big, ARM, 368, (0, 0x4000_0006)),
        ("MIPS", LITTLE, processor::MIPS, 600, (0, 0x4_000e)),
        ("big-endian MIPS", Order::Big, processor::MIPS, 600, (0, 0x4_000e)),
        ("MIPS64", LITTLE, processor::MIPS64, 600, (0, 0x8_000e)),
        ("big-endian MIPS64", Order::Big, processor::MIPS64, 600, (0, 0x8_000e)),
        ("MIPS64 of Crashpad", LITTLE, processor::MIPS64, 640, (0, 0x8_000e)),
        ("big-endian MIPS64 of Crashpad", Order::Big, processor::MIPS64, 640, (4, 0x8_000e)),
        ("PPC", LITTLE, processor::PPC, 1004, (0, 0x2000_0029)),
        ("big-endian PPC", Order::Big, processor::PPC, 1004, (0, 0x2000_0029)),
        ("PPC64", LITTLE, processor::PPC64, 1160, (0, 0x100_0029)),
        ("big-endian PPC64", Order::Big, processor::PPC64, 1160, (4, 0x100_0029)),
        ("SPARC", LITTLE, processor::SPARC, 584, (0, 0x1000_000f)),
        ("big-endian SPARC", Order::Big, processor::SPARC, 584, (0, 0x1000_000f)),
        ("RISCV", LITTLE, processor::RISCV32, 268, (0, 0x80_0003)),
        ("RISCV64", LITTLE, processor::RISCV64, 528, (0, 0x800_0003)),
    ];
    let file = |(name, order, processor, size, (at, flags)): (&str, Order, u16, usize, (usize, u32))| {
        let mut record = random.bytes(size);
        order.put(&mut record, at, flags.into(), 4);
        let mut dump = MinidumpBuilder::new(order, processor);
        dump.thread_with(7, &record);
        (format!("minidump, {name}"), dump.finish())
    };
    contexts.into_iter().map(file).collect()
}

/// Components of an XSAVE area that Intel's processors do not compact: number, offset and size, in bytes.
const COMPONENTS: [(usize, u64, u64); 7] = [
    (2, 576, 256),
    (3, 960, 64),
    (4, 1024, 64),
    (5, 1088, 64),
    (6, 1152, 512),
    (7, 1664, 1024),
    (9, 2688, 8),
];

/// Size of that area, with its 512 legacy bytes.
const AREA: usize = 2696;

/// Contexts with a CONTEXT_EX and an XSAVE area behind them, compacted and not.
fn extended_contexts(random: &mut Random) -> Vec<Named> {
    const AMD64: (&str, u16, usize, usize, u64) =
        ("AMD64", processor::AMD64, amd64::SIZE, amd64::FLAGS, 0x10_005f);
    const X86: (&str, u16, usize, usize, u64) = ("x86", processor::X86, x86::SIZE, x86::FLAGS, 0x1_007f);
    let mut all = Vec::new();
    for ((name, processor, size, flags_at, flags), compacted, in_use) in [
        (AMD64, true, 0x1afc),
        (AMD64, true, 0x0a04),
        (AMD64, true, 0),
        (AMD64, false, 0x02fc),
        (AMD64, false, 0),
        (X86, true, 0x1afc),
        (X86, true, 0),
    ] {
        let mut dump = MinidumpBuilder::new(LITTLE, processor);
        let area = if compacted {
            // AVX, MPX, AVX-512, PKRU and both halves of CET, packed.
            let mask = 1 << 63 | 0x1afc;
            let mut area = random.bytes(64 + 256 + 64 + 64 + 64 + 512 + 1024 + 8 + 16 + 24);
            area[..64].fill(0);
            LITTLE.put(&mut area, 0, in_use, 8);
            LITTLE.put(&mut area, 8, mask, 8);
            area
        } else {
            let mut area = random.bytes(AREA - 512);
            area[..64].fill(0);
            LITTLE.put(&mut area, 0, in_use, 8);
            // MINIDUMP_MISC_INFO_5: the components' places in XSTATE_CONFIG_FEATURE_MSC_INFO.
            let mut misc = vec![0; 1364];
            LITTLE.put(&mut misc, 0, 1364, 4);
            LITTLE.put(&mut misc, 832, 528, 4);
            LITTLE.put(&mut misc, 836, AREA as u64, 4);
            LITTLE.put(&mut misc, 840, 0x2ff, 8);
            for (number, offset, size) in COMPONENTS {
                LITTLE.put(&mut misc, 848 + 8 * number, offset, 4);
                LITTLE.put(&mut misc, 852 + 8 * number, size, 4);
            }
            dump.stream(15, &misc);
            area
        };
        let mut record = random.bytes(size);
        LITTLE.put(&mut record, flags_at, flags, 4);
        let skipped = 24 + 8;
        let back = |bytes: usize| (bytes as u64).wrapping_neg();
        let whole = (size + skipped + area.len()) as u64;
        record.extend(LITTLE.fields(&[(back(size), 4), (whole, 4), (back(size), 4), (size as u64, 4)]));
        record.extend(LITTLE.fields(&[(skipped as u64, 4), (area.len() as u64, 4), (0, 8)]));
        record.extend(area);
        dump.thread_with(7, &record);
        let form = if compacted { "compacted" } else { "not compacted" };
        all.push((format!("minidump, {name} with XSTATE {form}, in use {in_use:#x}"), dump.finish()));
    }
    all
}

/// A 64-bit minidump of a 32-bit process.
pub(super) struct Wow64 {
    pub(super) file: Vec<u8>,
    /// File offset and address of the 32-bit context.
    pub(super) context: u64,
    pub(super) context_address: u64,
}

/// The context is 4 bytes behind the target of the second TLS slot of the thread's TEB64; its registers are random bytes, except for esp =
/// 0x30_0000, where 16 bytes of stack are.
pub(super) fn wow64() -> Wow64 {
    const TEB: u64 = 0x7f_0000;
    const RESERVED: u64 = 0x20_0000;
    let mut dump = MinidumpBuilder::amd64();
    let record = amd64_context(amd64::FULL, 0x40_1000, 0x7000);
    let rva = dump.place(&record);
    let thread = [(1, 4), (7, 4), (0, 4), (0, 4), (0, 4), (TEB, 8), (0, 8), (0, 4), (0, 4)];
    let mut list = LITTLE.fields(&thread);
    list.extend(LITTLE.fields(&[(record.len() as u64, 4), (rva, 4)]));
    dump.stream(stream::THREAD_LIST, &list);
    dump.memory(TEB + 0x1480, &LITTLE.fields(&[(0, 8), (RESERVED, 8), (0, 8)]));
    let mut reserved = Random(2).bytes(4 + x86::SIZE);
    LITTLE.put(&mut reserved, 4 + x86::FLAGS, 0x1_003f, 4);
    LITTLE.put(&mut reserved, 4 + x86::ESP, 0x30_0000, 4);
    let context = dump.memory(RESERVED, &reserved) + 4;
    dump.memory(0x30_0000, &[0; 16]);
    Wow64 { file: dump.finish(), context, context_address: RESERVED + 4 }
}

/// An XSAVE area as Linux writes it, with these components in use.
pub(super) fn xsave_area(random: &mut Random, in_use: u64) -> Vec<u8> {
    let mut area = random.bytes(AREA);
    area[fxsave::XSTATE_BV..fxsave::XSTATE_BV + 64].fill(0);
    LITTLE.put(&mut area, fxsave::XCR0, 0x2ff, 8);
    LITTLE.put(&mut area, fxsave::XSTATE_BV, in_use, 8);
    area
}

/// A status note of random registers, with the thread's signal and id.
fn status(random: &mut Random, order: Order, size: usize, signal: usize, id: usize) -> Note {
    let mut note = random.bytes(size);
    order.put(&mut note, signal, 11, 2);
    order.put(&mut note, id, 7, 4);
    ("CORE", NT_PRSTATUS, note)
}

/// Cores of x86_64, x32 and i386.
pub(crate) fn intel_cores() -> Vec<Named> {
    let random = &mut Random(4);
    use {prstatus_i386 as narrow, prstatus_x86_64 as wide};
    let mut all = Vec::new();
    let mut core = |name: String, wide: bool, machine: u16, notes: &[Note]| {
        let mut core = ElfBuilder::new(LITTLE, wide, machine);
        core.notes(notes);
        all.push((format!("core, {name}"), core.finish()));
    };
    let wide_status = |random: &mut Random| status(random, LITTLE, wide::SIZE, wide::SIGNAL, wide::PID);
    let narrow_status = |random: &mut Random, size| status(random, LITTLE, size, narrow::SIGNAL, narrow::PID);
    let float = |random: &mut Random, size| ("CORE", NT_FPREGSET, random.bytes(size));
    let extended = |random: &mut Random| ("LINUX", NT_PRXFPREG, random.bytes(fxsave::SIZE));
    let xsave = |random: &mut Random, in_use| ("LINUX", NT_X86_XSTATE, xsave_area(random, in_use));
    // All components in use, one of the two components of a 256-bit vector, none.
    for in_use in [0x2ff, 0x3, 0x4, 0] {
        let notes = [
            wide_status(random),
            float(random, fxsave::SIZE),
            xsave(random, in_use),
            ("LINUX", NT_X86_SHSTK, random.bytes(8)),
        ];
        core(format!("x86_64, in use {in_use:#x}"), true, machine::X86_64, &notes);
    }
    let notes = [narrow_status(random, 296), float(random, fxsave::SIZE), xsave(random, 0x3)];
    core("x32".to_owned(), false, machine::X86_64, &notes);
    for in_use in [0x2ff, 0] {
        let notes = [
            narrow_status(random, narrow::SIZE),
            float(random, 108),
            extended(random),
            xsave(random, in_use),
        ];
        core(format!("i386, in use {in_use:#x}"), false, machine::I386, &notes);
    }
    let notes = [narrow_status(random, narrow::SIZE), float(random, 108), extended(random)];
    core("i386 without XSAVE".to_owned(), false, machine::I386, &notes);
    let notes = [wide_status(random), float(random, fxsave::SIZE)];
    core("x86_64 without XSAVE".to_owned(), true, machine::X86_64, &notes);
    all
}

/// Cores of ARM in both widths and both orders.
pub(crate) fn arm_cores() -> Vec<Named> {
    let random = &mut Random(6);
    use prstatus_aarch64 as wide;
    let mut all = Vec::new();
    for order in [LITTLE, Order::Big] {
        let mut core = ElfBuilder::new(order, false, EM_ARM);
        core.notes(&[
            status(random, order, 148, prstatus_i386::SIGNAL, prstatus_i386::PID),
            ("LINUX", NT_ARM_VFP, random.bytes(260)),
            ("LINUX", NT_ARM_TLS, random.bytes(4)),
        ]);
        all.push((format!("core, arm, {order:?}"), core.finish()));
        let mut core = ElfBuilder::new(order, true, machine::AARCH64);
        core.notes(&[
            status(random, order, wide::SIZE, wide::SIGNAL, wide::PID),
            ("CORE", NT_FPREGSET, random.bytes(528)),
            ("LINUX", NT_ARM_TLS, random.bytes(8)),
            ("LINUX", NT_ARM_HW_BREAK, random.bytes(8 + 16 * 16)),
            ("LINUX", NT_ARM_HW_WATCH, random.bytes(8 + 16 * 16)),
            ("LINUX", NT_ARM_SYSTEM_CALL, random.bytes(4)),
            ("LINUX", NT_ARM_PAC_MASK, random.bytes(16)),
        ]);
        all.push((format!("core, aarch64, {order:?}"), core.finish()));
        for (form, notes) in scalable_notes(random, order) {
            let mut core = ElfBuilder::new(order, true, machine::AARCH64);
            let thread = [
                status(random, order, wide::SIZE, wide::SIGNAL, wide::PID),
                ("CORE", NT_FPREGSET, random.bytes(528)),
            ];
            core.notes(&[&thread[..], &notes].concat());
            all.push((format!("core, aarch64, {order:?}, {form}"), core.finish()));
        }
    }
    all
}

/// A machine whose notes have one size each: its name and number, whether its files have 64 bits, its byte orders, the size of its status
/// and the offset of the id in it, and the other notes.
type Plain = (&'static str, u16, bool, &'static [Order], usize, usize, &'static [(&'static str, u32, usize)]);

/// Machines of Linux other than Intel's and ARM's, with every note of registers.
const PLAIN: &[Plain] = &[
    ("ppc", 20, false, &[Order::Big], 268, 24, &[("CORE", 2, 264), ("LINUX", 0x100, 544)]),
    ("ppc with VSX", 20, false, &[Order::Big], 268, 24, &[("CORE", 2, 264), ("LINUX", 0x102, 256)]),
    (
        "ppc64",
        21,
        true,
        &[Order::Big, Order::Little],
        504,
        32,
        &[
            ("CORE", 2, 264),
            ("LINUX", 0x100, 544),
            ("LINUX", 0x102, 256),
            ("LINUX", 0x103, 8),
            ("LINUX", 0x104, 8),
            ("LINUX", 0x105, 8),
            ("LINUX", 0x106, 24),
            ("LINUX", 0x107, 40),
            ("LINUX", 0x108, 384),
            ("LINUX", 0x109, 264),
            ("LINUX", 0x10a, 544),
            ("LINUX", 0x10b, 256),
            ("LINUX", 0x10c, 24),
            ("LINUX", 0x10d, 8),
            ("LINUX", 0x10e, 8),
            ("LINUX", 0x10f, 8),
            ("LINUX", 0x110, 24),
        ],
    ),
    (
        "mips o32",
        8,
        false,
        &[Order::Little, Order::Big],
        256,
        24,
        &[("CORE", 2, 264), ("LINUX", 0x800, 28), ("LINUX", 0x801, 4), ("LINUX", 0x802, 528)],
    ),
    ("mips n32", 8, false, &[Order::Little, Order::Big], 440, 24, MIPS64_NOTES),
    ("mips n64", 8, true, &[Order::Little, Order::Big], 480, 32, MIPS64_NOTES),
    ("riscv64", 243, true, &[Order::Little], 376, 32, &[("CORE", 2, 264)]),
    ("riscv32", 243, false, &[Order::Little], 204, 24, &[("CORE", 2, 264)]),
    ("riscv32 with F alone", 243, false, &[Order::Little], 204, 24, &[("CORE", 2, 132)]),
    ("sparc64", 43, true, &[Order::Big], 408, 32, &[("CORE", 2, 280)]),
    ("sparc", 2, false, &[Order::Big], 228, 24, &[("CORE", 2, 400)]),
    ("sparc32plus", 18, false, &[Order::Big], 228, 24, &[("CORE", 2, 400)]),
    ("m68k", 4, false, &[Order::Big], 154, 22, &[("CORE", 2, 108)]),
    (
        "loongarch64",
        258,
        true,
        &[Order::Little],
        480,
        32,
        &[("CORE", 2, 268), ("LINUX", 0xa02, 512), ("LINUX", 0xa03, 1024), ("LINUX", 0xa04, 40)],
    ),
    (
        "loongarch64 without LASX",
        258,
        true,
        &[Order::Little],
        480,
        32,
        &[("CORE", 2, 268), ("LINUX", 0xa02, 512)],
    ),
    ("alpha", 0x9026, true, &[Order::Little], 384, 32, &[("CORE", 2, 256)]),
    ("hppa", 15, false, &[Order::Big], 396, 24, &[("CORE", 2, 256)]),
    ("sh", 42, false, &[Order::Little, Order::Big], 168, 24, &[("CORE", 2, 200)]),
    ("microblaze", 189, false, &[Order::Little, Order::Big], 228, 24, &[]),
    ("xtensa", 94, false, &[Order::Little, Order::Big], 588, 24, &[]),
    ("csky", 252, false, &[Order::Little], 220, 24, &[("CORE", 2, 400)]),
    ("csky, big-endian", 252, false, &[Order::Big], 220, 24, &[]),
    ("csky, of an early kernel", 252, false, &[Order::Little, Order::Big], 228, 24, &[]),
    ("arc", 195, false, &[Order::Little], 236, 24, &[("LINUX", 0x600, 12)]),
    ("s390x", 22, true, &[Order::Big], 336, 32, S390_NOTES),
    ("s390", 22, false, &[Order::Big], 224, 24, S390_NOTES),
    ("s390 without high halves", 22, false, &[Order::Big], 224, 24, &[("CORE", 2, 136)]),
];

/// Notes of MIPS with 64-bit registers.
const MIPS64_NOTES: &[(&str, u32, usize)] =
    &[("CORE", 2, 264), ("LINUX", 0x800, 56), ("LINUX", 0x801, 4), ("LINUX", 0x802, 528)];

/// Notes of z/Architecture of either width.
const S390_NOTES: &[(&str, u32, usize)] = &[
    ("CORE", 2, 136),
    ("LINUX", 0x300, 64),
    ("LINUX", 0x301, 8),
    ("LINUX", 0x302, 8),
    ("LINUX", 0x303, 4),
    ("LINUX", 0x304, 128),
    ("LINUX", 0x305, 4),
    ("LINUX", 0x306, 8),
    ("LINUX", 0x307, 4),
    ("LINUX", 0x308, 256),
    ("LINUX", 0x309, 128),
    ("LINUX", 0x30a, 256),
    ("LINUX", 0x30b, 32),
    ("LINUX", 0x30c, 32),
];

/// Cores of the other machines, in each of their byte orders.
pub(crate) fn plain_cores() -> Vec<Named> {
    let random = &mut Random(8);
    let mut all = Vec::new();
    for &(name, machine, wide, orders, size, id, others) in PLAIN {
        for &order in orders {
            let mut notes = vec![status(random, order, size, 12, id)];
            notes.extend(others.iter().map(|&(owner, kind, size)| (owner, kind, random.bytes(size))));
            let mut core = ElfBuilder::new(order, wide, machine);
            core.notes(&notes);
            all.push((format!("core, {name}, {order:?}"), core.finish()));
        }
    }
    all.extend(cores_of_the_bsds(random));
    for (wide, size, id, length) in [(true, 376, 32, 16), (true, 376, 32, 64), (false, 204, 24, 32)] {
        let word = if wide { 8 } else { 4 };
        let mut vectors = random.bytes(5 * word + 32 * length);
        LITTLE.put(&mut vectors, 4 * word, length as u64, word);
        let mut core = ElfBuilder::new(LITTLE, wide, 243);
        core.notes(&[status(random, LITTLE, size, 12, id), ("LINUX", 0x901, vectors)]);
        all.push((format!("core, riscv, {word} bytes, vectors of {length} bytes"), core.finish()));
    }
    all
}

/// Cores of the BSDs, with every note of registers; the first of each core is that of the general ones.
fn cores_of_the_bsds(random: &mut Random) -> Vec<Named> {
    const AARCH64: u16 = 183;
    const SPARCV9: u16 = 43;
    // NetBSD's `struct xstate`: masks of the components that the processor has and of those in use, and the components.
    let mut xstate = |in_use: u64| {
        let mut area = random.bytes(2384);
        LITTLE.put(&mut area, 0, 0xe7, 8);
        LITTLE.put(&mut area, 8, in_use, 8);
        area
    };
    let (all_in_use, none_in_use) = (xstate(0xe7), xstate(0));
    let mut status = |size: usize, signal: usize| {
        let mut note = random.bytes(size);
        LITTLE.put(&mut note, signal, 11, 4);
        LITTLE.put(&mut note, signal + 4, 7, 4);
        note
    };
    let (of_64, of_32, of_arm) = (status(224, 36), status(104, 20), status(320, 36));
    let mut bytes = |size| random.bytes(size);
    let mut float = |size| ("FreeBSD", 2, bytes(size));
    let (fxsave, fsave, vectors) = (float(512), float(176), float(528));
    let mut area = |in_use| ("FreeBSD", NT_X86_XSTATE, xsave_area(random, in_use));
    let (whole, part) = (area(0x2ff), area(0x3));
    let mut of = |owner, kind, size| (owner, kind, random.bytes(size));
    const NETBSD: &str = "NetBSD-CORE@1";
    const OPENBSD: &str = "OpenBSD@77";
    let cores: Vec<(&str, Order, bool, u16, Vec<Note>)> = vec![
        (
            "FreeBSD amd64",
            LITTLE,
            true,
            machine::X86_64,
            vec![("FreeBSD", 1, of_64), fxsave, of("FreeBSD", 0x200, 16), whole],
        ),
        ("FreeBSD i386", LITTLE, false, machine::I386, vec![("FreeBSD", 1, of_32), fsave, part]),
        (
            "FreeBSD arm64",
            LITTLE,
            true,
            AARCH64,
            vec![("FreeBSD", 1, of_arm), vectors, of("FreeBSD", 0x401, 16)],
        ),
        (
            "NetBSD amd64",
            LITTLE,
            true,
            machine::X86_64,
            vec![of(NETBSD, 33, 208), of(NETBSD, 35, 512), (NETBSD, 41, all_in_use)],
        ),
        (
            "NetBSD i386",
            LITTLE,
            false,
            machine::I386,
            vec![of(NETBSD, 33, 64), of(NETBSD, 35, 108), (NETBSD, 43, none_in_use)],
        ),
        ("NetBSD arm64", LITTLE, true, AARCH64, vec![of(NETBSD, 32, 280), of(NETBSD, 34, 528)]),
        ("OpenBSD amd64", LITTLE, true, machine::X86_64, vec![of(OPENBSD, 20, 192), of(OPENBSD, 21, 512)]),
        (
            "OpenBSD i386",
            LITTLE,
            false,
            machine::I386,
            vec![of(OPENBSD, 20, 64), of(OPENBSD, 21, 108), of(OPENBSD, 22, 512)],
        ),
        ("OpenBSD arm64", LITTLE, true, AARCH64, vec![of(OPENBSD, 20, 280), of(OPENBSD, 21, 520)]),
        ("OpenBSD sparc64", Order::Big, true, SPARCV9, vec![of(OPENBSD, 20, 288), of(OPENBSD, 21, 272)]),
    ];
    let file = |(name, order, wide, machine, notes): (&str, Order, bool, u16, Vec<Note>)| {
        let mut core = ElfBuilder::new(order, wide, machine);
        core.notes(&notes);
        (format!("core, {name}"), core.finish())
    };
    cores.into_iter().map(file).collect()
}

/// Combinations of notes of scalable vectors.
fn scalable_notes(random: &mut Random, order: Order) -> Vec<(String, Vec<Note>)> {
    let mut all = Vec::new();
    for length in [16, 32, 256] {
        let mut sve = |kind, length, scalable| sve_note(random, order, kind, length, scalable);
        let [simd, full] = [false, true].map(|scalable| sve(NT_ARM_SVE, length, scalable));
        let [idle, streaming] = [false, true].map(|scalable| sve(NT_ARM_SSVE, length, scalable));
        // Vectors may have another length in streaming mode.
        let shorter = sve(NT_ARM_SVE, 16, true);
        let zt = ("LINUX", NT_ARM_ZT, random.bytes(64));
        let [off, on] = [false, true].map(|on| za_note(random, order, length.min(64), on));
        for (form, notes) in [
            ("SVE", vec![full.clone()]),
            ("SVE as FPSIMD", vec![simd.clone()]),
            ("SVE beside SSVE that is idle", vec![full, idle, off.clone()]),
            ("streaming, SVE as FPSIMD", vec![simd, streaming.clone(), on, zt]),
            ("streaming beside shorter SVE", vec![shorter, streaming.clone()]),
            ("streaming alone", vec![streaming, off]),
        ] {
            all.push((format!("{form}, {length} bytes"), notes));
        }
    }
    all
}

/// `struct user_sve_header`, or `struct user_za_header`: size, maximum size, length of vectors and its maximum, flags.
pub(crate) fn sve_header(order: Order, size: usize, length: usize, flags: u64) -> Vec<u8> {
    let length = length as u64;
    order.fields(&[(size as u64, 4), (8768, 4), (length, 2), (256, 2), (flags, 2), (0, 2)])
}

/// A note of random SVE registers, in the form of SVE or in that of FPREGSET.
pub(crate) fn sve_note(random: &mut Random, order: Order, kind: u32, length: usize, scalable: bool) -> Note {
    let control = (16 + 34 * length + length / 8).next_multiple_of(16);
    let size = if scalable { (control + 8).next_multiple_of(16) } else { 16 + 528 };
    let mut note = sve_header(order, size, length, scalable.into());
    note.extend(random.bytes(size - 16));
    ("LINUX", kind, note)
}

/// A note of the ZA array.
fn za_note(random: &mut Random, order: Order, length: usize, on: bool) -> Note {
    let size = if on { 16 + length * length } else { 16 };
    let mut note = sve_header(order, size, length, 0);
    note.extend(random.bytes(size - 16));
    ("LINUX", NT_ARM_ZA, note)
}

/// A minidump of one AMD64 thread with these flags.
pub(super) fn amd64_with_flags(flags: u32) -> (Vec<u8>, u64) {
    let mut dump = MinidumpBuilder::amd64();
    let fields = [(amd64::RAX, 0x1122_3344_5566_7788, 8), (amd64::RIP, 0x40_1000, 8)];
    let record = dump.thread_with(7, &context(LITTLE, amd64::SIZE, (amd64::FLAGS, flags), &fields));
    (dump.finish(), record)
}
