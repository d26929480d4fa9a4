//! The notes of cores by name and number (the kernel's `linux/elf.h`).

/// NT_PRSTATUS: a thread's status, with its general registers.
pub const PRSTATUS: u32 = 1;
/// NT_FPREGSET: its floating point registers.
pub(crate) const FPREGSET: u32 = 2;
/// NT_PRPSINFO: the process's name and ids.
pub const PRPSINFO: u32 = 3;
/// NT_AUXV: the auxiliary vector.
pub const AUXV: u32 = 6;
/// NT_FILE: which file was mapped where.
pub const FILE: u32 = 0x4649_4c45;
/// NT_SIGINFO: the signal that a thread got.
pub const SIGINFO: u32 = 0x5349_4749;
/// NT_PRXFPREG: FXSAVE of 32-bit x86.
pub(crate) const PRXFPREG: u32 = 0x46e6_2b7f;
/// NT_X86_XSTATE: the XSAVE area.
pub const X86_XSTATE: u32 = 0x202;
/// NT_X86_XSAVE_LAYOUT: where the components of the XSAVE area stand.
pub const X86_XSAVE_LAYOUT: u32 = 0x205;
/// Linux's register sets by the kernel's `linux/elf.h`.
const LINUX: &[(u32, &str)] = &[
    (0x100, "NT_PPC_VMX"),
    (0x101, "NT_PPC_SPE"),
    (0x102, "NT_PPC_VSX"),
    (0x103, "NT_PPC_TAR"),
    (0x104, "NT_PPC_PPR"),
    (0x105, "NT_PPC_DSCR"),
    (0x106, "NT_PPC_EBB"),
    (0x107, "NT_PPC_PMU"),
    (0x108, "NT_PPC_TM_CGPR"),
    (0x109, "NT_PPC_TM_CFPR"),
    (0x10a, "NT_PPC_TM_CVMX"),
    (0x10b, "NT_PPC_TM_CVSX"),
    (0x10c, "NT_PPC_TM_SPR"),
    (0x10d, "NT_PPC_TM_CTAR"),
    (0x10e, "NT_PPC_TM_CPPR"),
    (0x10f, "NT_PPC_TM_CDSCR"),
    (0x110, "NT_PPC_PKEY"),
    (0x111, "NT_PPC_DEXCR"),
    (0x112, "NT_PPC_HASHKEYR"),
    (0x200, "NT_386_TLS"),
    (0x201, "NT_386_IOPERM"),
    (0x202, "NT_X86_XSTATE"),
    (0x203, "NT_X86_CET"),
    (0x204, "NT_X86_SHSTK"),
    (0x205, "NT_X86_XSAVE_LAYOUT"),
    (0x300, "NT_S390_HIGH_GPRS"),
    (0x301, "NT_S390_TIMER"),
    (0x302, "NT_S390_TODCMP"),
    (0x303, "NT_S390_TODPREG"),
    (0x304, "NT_S390_CTRS"),
    (0x305, "NT_S390_PREFIX"),
    (0x306, "NT_S390_LAST_BREAK"),
    (0x307, "NT_S390_SYSTEM_CALL"),
    (0x308, "NT_S390_TDB"),
    (0x309, "NT_S390_VXRS_LOW"),
    (0x30a, "NT_S390_VXRS_HIGH"),
    (0x30b, "NT_S390_GS_CB"),
    (0x30c, "NT_S390_GS_BC"),
    (0x30d, "NT_S390_RI_CB"),
    (0x400, "NT_ARM_VFP"),
    (0x401, "NT_ARM_TLS"),
    (0x402, "NT_ARM_HW_BREAK"),
    (0x403, "NT_ARM_HW_WATCH"),
    (0x404, "NT_ARM_SYSTEM_CALL"),
    (0x405, "NT_ARM_SVE"),
    (0x406, "NT_ARM_PAC_MASK"),
    (0x407, "NT_ARM_PACA_KEYS"),
    (0x408, "NT_ARM_PACG_KEYS"),
    (0x409, "NT_ARM_TAGGED_ADDR_CTRL"),
    (0x40a, "NT_ARM_PAC_ENABLED_KEYS"),
    (0x40b, "NT_ARM_SSVE"),
    (0x40c, "NT_ARM_ZA"),
    (0x40d, "NT_ARM_ZT"),
    (0x40e, "NT_ARM_FPMR"),
    (0x40f, "NT_ARM_POE"),
    (0x410, "NT_ARM_GCS"),
    (0x600, "NT_ARC_V2"),
    (0x700, "NT_VMCOREDD"),
    (0x800, "NT_MIPS_DSP"),
    (0x801, "NT_MIPS_FP_MODE"),
    (0x802, "NT_MIPS_MSA"),
    (0x900, "NT_RISCV_CSR"),
    (0x901, "NT_RISCV_VECTOR"),
    (0x902, "NT_RISCV_TAGGED_ADDR_CTRL"),
    (0xa00, "NT_LOONGARCH_CPUCFG"),
    (0xa01, "NT_LOONGARCH_CSR"),
    (0xa02, "NT_LOONGARCH_LSX"),
    (0xa03, "NT_LOONGARCH_LASX"),
    (0xa04, "NT_LOONGARCH_LBT"),
    (0xa05, "NT_LOONGARCH_HW_BREAK"),
    (0xa06, "NT_LOONGARCH_HW_WATCH"),
];

/// What every system of Unix's descent has.
const CORE: &[(u32, &str)] = &[
    (1, "NT_PRSTATUS"),
    (2, "NT_FPREGSET"),
    (3, "NT_PRPSINFO"),
    (4, "NT_TASKSTRUCT"),
    (5, "NT_PLATFORM"),
    (6, "NT_AUXV"),
    (7, "NT_GWINDOWS"),
    (8, "NT_ASRS"),
    (10, "NT_PSTATUS"),
    (13, "NT_PSINFO"),
    (14, "NT_PRCRED"),
    (15, "NT_UTSNAME"),
    (16, "NT_LWPSTATUS"),
    (17, "NT_LWPSINFO"),
    (20, "NT_PRFPXREG"),
    (0x46e6_2b7f, "NT_PRXFPREG"),
    (0x4649_4c45, "NT_FILE"),
    (0x5349_4749, "NT_SIGINFO"),
];

/// FreeBSD's by its `sys/elf_common.h`.
const FREEBSD: &[(u32, &str)] = &[
    (1, "NT_PRSTATUS"),
    (2, "NT_FPREGSET"),
    (3, "NT_PRPSINFO"),
    (7, "NT_THRMISC"),
    (8, "NT_PROCSTAT_PROC"),
    (9, "NT_PROCSTAT_FILES"),
    (10, "NT_PROCSTAT_VMMAP"),
    (11, "NT_PROCSTAT_GROUPS"),
    (12, "NT_PROCSTAT_UMASK"),
    (13, "NT_PROCSTAT_RLIMIT"),
    (14, "NT_PROCSTAT_OSREL"),
    (15, "NT_PROCSTAT_PSSTRINGS"),
    (16, "NT_PROCSTAT_AUXV"),
    (17, "NT_PTLWPINFO"),
    (18, "NT_PROCSTAT_KQUEUES"),
    (0x200, "NT_X86_SEGBASES"),
    (0x202, "NT_X86_XSTATE"),
    (0x400, "NT_ARM_VFP"),
    (0x401, "NT_ARM_TLS"),
];

/// NetBSD's by its `sys/exec_elf.h`, and those of threads by its `machine/ptrace.h`: x86 has odd numbers, others 32 and 34.
const NETBSD: &[(u32, &str)] = &[
    (1, "NT_NETBSDCORE_PROCINFO"),
    (2, "NT_NETBSDCORE_AUXV"),
    (24, "NT_NETBSDCORE_LWPSTATUS"),
    (32, "PT_GETREGS"),
    (33, "PT_GETREGS"),
    (34, "PT_GETFPREGS"),
    (35, "PT_GETFPREGS"),
    (37, "PT_GETXMMREGS"),
    (41, "PT_GETXSTATE"),
    (43, "PT_GETXSTATE"),
];

/// OpenBSD's by its `sys/exec_elf.h`.
const OPENBSD: &[(u32, &str)] = &[
    (10, "NT_OPENBSD_PROCINFO"),
    (11, "NT_OPENBSD_AUXV"),
    (20, "NT_OPENBSD_REGS"),
    (21, "NT_OPENBSD_FPREGS"),
    (22, "NT_OPENBSD_XFPREGS"),
    (23, "NT_OPENBSD_WCOOKIE"),
    (24, "NT_OPENBSD_PACMASK"),
];

/// ESP-IDF's by its `core_dump_elf.c`; each has an owner of its own.
const ESP_IDF: &[(u32, &str)] = &[
    (677, "ELF_ESP_CORE_DUMP_EXTRA_INFO_TYPE"),
    (678, "ELF_ESP_CORE_DUMP_TASK_INFO_TYPE"),
    (679, "ELF_ESP_CORE_DUMP_PANIC_DETAILS_TYPE"),
    (8266, "ELF_ESP_CORE_DUMP_INFO_TYPE"),
];

/// GDB's, by its `elf/common.h`.
const GDB: &[(u32, &str)] = &[(0xff00_0000, "NT_GDB_TDESC")];

/// Whose notes a namespace holds.
const SYSTEMS: &[(&[u8], &str)] = &[
    (b"CORE", "linux"),
    (b"LINUX", "linux"),
    (b"FreeBSD", "freebsd"),
    (b"NetBSD-CORE", "netbsd"),
    (b"OpenBSD", "openbsd"),
];

/// The system whose notes a namespace holds.
pub(super) fn system_of(namespace: &[u8]) -> Option<&'static str> {
    SYSTEMS.iter().find(|(name, _)| *name == namespace).map(|(_, system)| *system)
}

/// The owner of a note, without the thread that NetBSD and OpenBSD put behind theirs.
fn without_thread(namespace: &[u8]) -> &[u8] {
    let system = namespace.split(|byte| *byte == b'@').next().unwrap_or_default();
    if matches!(system, b"NetBSD-CORE" | b"OpenBSD") { system } else { namespace }
}

/// What a kind of note is called in the headers, where they name it.
pub(super) fn name(namespace: &[u8], kind: u32) -> Option<&'static str> {
    let names: &[(u32, &str)] = match without_thread(namespace) {
        b"LINUX" => LINUX,
        b"CORE" => CORE,
        b"FreeBSD" => FREEBSD,
        b"NetBSD-CORE" => NETBSD,
        b"OpenBSD" => OPENBSD,
        b"GDB" => GDB,
        owner if super::esp::owns(owner) => ESP_IDF,
        _ => &[],
    };
    names.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// What a note is called: its name, or else its namespace and number.
pub fn called(namespace: &[u8], kind: u32) -> String {
    name(namespace, kind).map_or_else(|| format!("{} {kind:#x}", printable(namespace)), str::to_owned)
}

/// The number of a note by its name in the headers of Linux.
pub fn number(name: &str) -> Option<u32> {
    CORE.iter().chain(LINUX).find(|(_, known)| *known == name).map(|(number, _)| *number)
}

/// The owner and the number of a note that only other systems than Linux have, by its name. Of threads of NetBSD and OpenBSD the
/// owner ends in an `@`, behind which the thread goes; of several numbers it is the first.
pub fn other_number(name: &str) -> Option<(&'static str, u32)> {
    let tables = [
        ("FreeBSD", "FreeBSD", FREEBSD),
        ("NetBSD-CORE", "NetBSD-CORE@", NETBSD),
        ("OpenBSD", "OpenBSD@", OPENBSD),
        ("GDB", "GDB", GDB),
    ];
    let of = |(process, thread, table): (&'static str, &'static str, &[(u32, &str)])| {
        let (number, _) = table.iter().find(|(_, known)| *known == name)?;
        Some((if is_of_threads(process, *number) { thread } else { process }, *number))
    };
    tables.into_iter().find_map(of)
}

/// Whether NetBSD or OpenBSD has such notes for each thread.
fn is_of_threads(system: &str, kind: u32) -> bool {
    match system {
        "NetBSD-CORE" => kind >= 24,
        _ => (20..=22).contains(&kind) || kind == 24,
    }
}

/// The owner that notes of a type mostly have.
pub fn owner(kind: u32) -> &'static str {
    if LINUX.iter().any(|(number, _)| *number == kind) || (0x100..0x1000).contains(&kind) || kind == PRXFPREG
    {
        "LINUX"
    } else {
        "CORE"
    }
}

/// What a kind of note is called in the headers, whoever owns it.
pub fn named(kind: u32) -> Option<&'static str> {
    LINUX.iter().chain(CORE).find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// A namespace as text without control characters, at most 64 bytes of it.
pub(super) fn printable(namespace: &[u8]) -> String {
    let text = String::from_utf8_lossy(namespace.get(..64).unwrap_or(namespace)).into_owned();
    text.chars()
        .map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter })
        .collect()
}
