//! Names and numbers of the notes of cores (the kernel's `linux/elf.h`).

/// A table of notes, and a constant for each of them.
macro_rules! notes {
    ($(#[doc = $about:literal])+ $table:ident: $($name:ident = $number:literal $header:literal $(: $doc:literal)?,)+) => {
        $(#[doc = concat!($header, $(": ", $doc,)? ".")] pub const $name: u32 = $number;)+

        $(#[doc = $about])+
        pub(super) static $table: &[(u32, &str)] = &[$(($number, $header),)+];
    };
}

notes! {
    /// Linux's register sets by the kernel's `linux/elf.h`.
    LINUX:
    PPC_VMX = 0x100 "NT_PPC_VMX",
    PPC_SPE = 0x101 "NT_PPC_SPE",
    PPC_VSX = 0x102 "NT_PPC_VSX",
    PPC_TAR = 0x103 "NT_PPC_TAR",
    PPC_PPR = 0x104 "NT_PPC_PPR",
    PPC_DSCR = 0x105 "NT_PPC_DSCR",
    PPC_EBB = 0x106 "NT_PPC_EBB",
    PPC_PMU = 0x107 "NT_PPC_PMU",
    PPC_TM_CGPR = 0x108 "NT_PPC_TM_CGPR",
    PPC_TM_CFPR = 0x109 "NT_PPC_TM_CFPR",
    PPC_TM_CVMX = 0x10a "NT_PPC_TM_CVMX",
    PPC_TM_CVSX = 0x10b "NT_PPC_TM_CVSX",
    PPC_TM_SPR = 0x10c "NT_PPC_TM_SPR",
    PPC_TM_CTAR = 0x10d "NT_PPC_TM_CTAR",
    PPC_TM_CPPR = 0x10e "NT_PPC_TM_CPPR",
    PPC_TM_CDSCR = 0x10f "NT_PPC_TM_CDSCR",
    PPC_PKEY = 0x110 "NT_PPC_PKEY",
    PPC_DEXCR = 0x111 "NT_PPC_DEXCR",
    PPC_HASHKEYR = 0x112 "NT_PPC_HASHKEYR",
    I386_TLS = 0x200 "NT_386_TLS",
    I386_IOPERM = 0x201 "NT_386_IOPERM",
    X86_XSTATE = 0x202 "NT_X86_XSTATE": "the XSAVE area",
    X86_CET = 0x203 "NT_X86_CET",
    X86_SHSTK = 0x204 "NT_X86_SHSTK",
    X86_XSAVE_LAYOUT = 0x205 "NT_X86_XSAVE_LAYOUT": "where the components of the XSAVE area stand",
    S390_HIGH_GPRS = 0x300 "NT_S390_HIGH_GPRS",
    S390_TIMER = 0x301 "NT_S390_TIMER",
    S390_TODCMP = 0x302 "NT_S390_TODCMP",
    S390_TODPREG = 0x303 "NT_S390_TODPREG",
    S390_CTRS = 0x304 "NT_S390_CTRS",
    S390_PREFIX = 0x305 "NT_S390_PREFIX",
    S390_LAST_BREAK = 0x306 "NT_S390_LAST_BREAK",
    S390_SYSTEM_CALL = 0x307 "NT_S390_SYSTEM_CALL",
    S390_TDB = 0x308 "NT_S390_TDB",
    S390_VXRS_LOW = 0x309 "NT_S390_VXRS_LOW",
    S390_VXRS_HIGH = 0x30a "NT_S390_VXRS_HIGH",
    S390_GS_CB = 0x30b "NT_S390_GS_CB",
    S390_GS_BC = 0x30c "NT_S390_GS_BC",
    S390_RI_CB = 0x30d "NT_S390_RI_CB",
    ARM_VFP = 0x400 "NT_ARM_VFP",
    ARM_TLS = 0x401 "NT_ARM_TLS",
    ARM_HW_BREAK = 0x402 "NT_ARM_HW_BREAK",
    ARM_HW_WATCH = 0x403 "NT_ARM_HW_WATCH",
    ARM_SYSTEM_CALL = 0x404 "NT_ARM_SYSTEM_CALL",
    ARM_SVE = 0x405 "NT_ARM_SVE",
    ARM_PAC_MASK = 0x406 "NT_ARM_PAC_MASK",
    ARM_PACA_KEYS = 0x407 "NT_ARM_PACA_KEYS",
    ARM_PACG_KEYS = 0x408 "NT_ARM_PACG_KEYS",
    ARM_TAGGED_ADDR_CTRL = 0x409 "NT_ARM_TAGGED_ADDR_CTRL",
    ARM_PAC_ENABLED_KEYS = 0x40a "NT_ARM_PAC_ENABLED_KEYS",
    ARM_SSVE = 0x40b "NT_ARM_SSVE",
    ARM_ZA = 0x40c "NT_ARM_ZA",
    ARM_ZT = 0x40d "NT_ARM_ZT",
    ARM_FPMR = 0x40e "NT_ARM_FPMR",
    ARM_POE = 0x40f "NT_ARM_POE",
    ARM_GCS = 0x410 "NT_ARM_GCS",
    ARC_V2 = 0x600 "NT_ARC_V2",
    VMCOREDD = 0x700 "NT_VMCOREDD",
    MIPS_DSP = 0x800 "NT_MIPS_DSP",
    MIPS_FP_MODE = 0x801 "NT_MIPS_FP_MODE",
    MIPS_MSA = 0x802 "NT_MIPS_MSA",
    RISCV_CSR = 0x900 "NT_RISCV_CSR",
    RISCV_VECTOR = 0x901 "NT_RISCV_VECTOR",
    RISCV_TAGGED_ADDR_CTRL = 0x902 "NT_RISCV_TAGGED_ADDR_CTRL",
    LOONGARCH_CPUCFG = 0xa00 "NT_LOONGARCH_CPUCFG",
    LOONGARCH_CSR = 0xa01 "NT_LOONGARCH_CSR",
    LOONGARCH_LSX = 0xa02 "NT_LOONGARCH_LSX",
    LOONGARCH_LASX = 0xa03 "NT_LOONGARCH_LASX",
    LOONGARCH_LBT = 0xa04 "NT_LOONGARCH_LBT",
    LOONGARCH_HW_BREAK = 0xa05 "NT_LOONGARCH_HW_BREAK",
    LOONGARCH_HW_WATCH = 0xa06 "NT_LOONGARCH_HW_WATCH",
}

notes! {
    /// Notes of every system of Unix's descent.
    CORE:
    PRSTATUS = 1 "NT_PRSTATUS": "a thread's status, with its general registers",
    FPREGSET = 2 "NT_FPREGSET": "its floating point registers",
    PRPSINFO = 3 "NT_PRPSINFO": "the process's name and ids",
    TASKSTRUCT = 4 "NT_TASKSTRUCT",
    PLATFORM = 5 "NT_PLATFORM",
    AUXV = 6 "NT_AUXV": "the auxiliary vector",
    GWINDOWS = 7 "NT_GWINDOWS",
    ASRS = 8 "NT_ASRS",
    PSTATUS = 10 "NT_PSTATUS",
    PSINFO = 13 "NT_PSINFO",
    PRCRED = 14 "NT_PRCRED",
    UTSNAME = 15 "NT_UTSNAME",
    LWPSTATUS = 16 "NT_LWPSTATUS",
    LWPSINFO = 17 "NT_LWPSINFO",
    PRFPXREG = 20 "NT_PRFPXREG",
    PRXFPREG = 0x46e6_2b7f "NT_PRXFPREG": "FXSAVE of 32-bit x86",
    FILE = 0x4649_4c45 "NT_FILE": "which file was mapped where",
    SIGINFO = 0x5349_4749 "NT_SIGINFO": "the signal that a thread got",
}

/// FreeBSD's by its `sys/elf_common.h`.
pub mod freebsd {
    notes! {
        /// Every number with its name.
        KINDS:
        PRSTATUS = 1 "NT_PRSTATUS",
        FPREGSET = 2 "NT_FPREGSET",
        PRPSINFO = 3 "NT_PRPSINFO",
        THRMISC = 7 "NT_THRMISC",
        PROCSTAT_PROC = 8 "NT_PROCSTAT_PROC",
        PROCSTAT_FILES = 9 "NT_PROCSTAT_FILES",
        PROCSTAT_VMMAP = 10 "NT_PROCSTAT_VMMAP",
        PROCSTAT_GROUPS = 11 "NT_PROCSTAT_GROUPS",
        PROCSTAT_UMASK = 12 "NT_PROCSTAT_UMASK",
        PROCSTAT_RLIMIT = 13 "NT_PROCSTAT_RLIMIT",
        PROCSTAT_OSREL = 14 "NT_PROCSTAT_OSREL",
        PROCSTAT_PSSTRINGS = 15 "NT_PROCSTAT_PSSTRINGS",
        PROCSTAT_AUXV = 16 "NT_PROCSTAT_AUXV",
        PTLWPINFO = 17 "NT_PTLWPINFO",
        PROCSTAT_KQUEUES = 18 "NT_PROCSTAT_KQUEUES",
        X86_SEGBASES = 0x200 "NT_X86_SEGBASES",
        X86_XSTATE = 0x202 "NT_X86_XSTATE",
        ARM_VFP = 0x400 "NT_ARM_VFP",
        ARM_TLS = 0x401 "NT_ARM_TLS",
    }
}

/// NetBSD's by its `sys/exec_elf.h`, and those of threads by its `machine/ptrace.h`: x86 has odd numbers, others 32 and 34.
pub mod netbsd {
    notes! {
        /// Every number with its name.
        KINDS:
        PROCINFO = 1 "NT_NETBSDCORE_PROCINFO",
        AUXV = 2 "NT_NETBSDCORE_AUXV",
        LWPSTATUS = 24 "NT_NETBSDCORE_LWPSTATUS",
        REGS = 32 "PT_GETREGS",
        REGS_X86 = 33 "PT_GETREGS",
        FPREGS = 34 "PT_GETFPREGS",
        FPREGS_X86 = 35 "PT_GETFPREGS",
        XMMREGS = 37 "PT_GETXMMREGS",
        XSTATE_AMD64 = 41 "PT_GETXSTATE",
        XSTATE_I386 = 43 "PT_GETXSTATE",
    }
}

/// OpenBSD's by its `sys/exec_elf.h`.
pub mod openbsd {
    notes! {
        /// Every number with its name.
        KINDS:
        PROCINFO = 10 "NT_OPENBSD_PROCINFO",
        AUXV = 11 "NT_OPENBSD_AUXV",
        REGS = 20 "NT_OPENBSD_REGS",
        FPREGS = 21 "NT_OPENBSD_FPREGS",
        XFPREGS = 22 "NT_OPENBSD_XFPREGS",
        WCOOKIE = 23 "NT_OPENBSD_WCOOKIE",
        PACMASK = 24 "NT_OPENBSD_PACMASK",
    }
}

/// ESP-IDF's by its `core_dump_elf.c`; each has an owner of its own.
pub mod esp_idf {
    notes! {
        /// Every number with its name.
        KINDS:
        EXTRA_INFO = 677 "ELF_ESP_CORE_DUMP_EXTRA_INFO_TYPE",
        TASK_INFO = 678 "ELF_ESP_CORE_DUMP_TASK_INFO_TYPE",
        PANIC_DETAILS = 679 "ELF_ESP_CORE_DUMP_PANIC_DETAILS_TYPE",
        INFO = 8266 "ELF_ESP_CORE_DUMP_INFO_TYPE",
    }
}

/// GDB's, by its `elf/common.h`.
pub mod gdb {
    notes! {
        /// Every number with its name.
        KINDS:
        TDESC = 0xff00_0000 "NT_GDB_TDESC",
    }
}

/// System of the notes in a namespace.
const SYSTEMS: &[(&[u8], &str)] = &[
    (b"CORE", "linux"),
    (b"LINUX", "linux"),
    (b"FreeBSD", "freebsd"),
    (b"NetBSD-CORE", "netbsd"),
    (b"OpenBSD", "openbsd"),
];

/// The system of the notes in a namespace.
pub(super) fn system_of(namespace: &[u8]) -> Option<&'static str> {
    SYSTEMS.iter().find(|(name, _)| *name == namespace).map(|(_, system)| *system)
}

/// Whether a note is one of ESP-IDF's own.
pub(super) fn is_of_esp_idf(namespace: &[u8]) -> bool {
    namespace.starts_with(b"ESP_")
}

/// The owner of a note, without the thread that NetBSD and OpenBSD put behind theirs.
fn without_thread(namespace: &[u8]) -> &[u8] {
    let system = namespace.split(|byte| *byte == b'@').next().unwrap_or_default();
    if matches!(system, b"NetBSD-CORE" | b"OpenBSD") { system } else { namespace }
}

/// The name of a kind of note in the headers, where they have one.
pub(super) fn name(namespace: &[u8], kind: u32) -> Option<&'static str> {
    let names: &[(u32, &str)] = match without_thread(namespace) {
        b"LINUX" => LINUX,
        b"CORE" => CORE,
        b"FreeBSD" => freebsd::KINDS,
        b"NetBSD-CORE" => netbsd::KINDS,
        b"OpenBSD" => openbsd::KINDS,
        b"GDB" => gdb::KINDS,
        owner if is_of_esp_idf(owner) => esp_idf::KINDS,
        _ => &[],
    };
    names.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// The display name of a note: its name, or else its namespace and number.
pub fn called(namespace: &[u8], kind: u32) -> String {
    name(namespace, kind).map_or_else(|| format!("{} {kind:#x}", printable(namespace)), str::to_owned)
}

/// The number of a note by its name in the headers of Linux.
pub fn number(name: &str) -> Option<u32> {
    CORE.iter().chain(LINUX).find(|(_, known)| *known == name).map(|(number, _)| *number)
}

/// The owner and the number of a note by its name, for notes that Linux does not have. The owner of notes of threads of NetBSD and OpenBSD
/// ends in an `@`, to be followed by the thread; of several numbers it is the first.
pub fn other_number(name: &str) -> Option<(&'static str, u32)> {
    let tables = [
        ("FreeBSD", "FreeBSD", freebsd::KINDS),
        ("NetBSD-CORE", "NetBSD-CORE@", netbsd::KINDS),
        ("OpenBSD", "OpenBSD@", openbsd::KINDS),
        ("GDB", "GDB", gdb::KINDS),
    ];
    let of = |(process, thread, table): (&'static str, &'static str, &[(u32, &str)])| {
        let (number, _) = table.iter().find(|(_, known)| *known == name)?;
        Some((if is_of_threads(process, *number) { thread } else { process }, *number))
    };
    tables.into_iter().find_map(of)
}

/// Whether NetBSD or OpenBSD has notes of this kind for each thread.
fn is_of_threads(system: &str, kind: u32) -> bool {
    match system {
        "NetBSD-CORE" => kind >= netbsd::LWPSTATUS,
        _ => (openbsd::REGS..=openbsd::XFPREGS).contains(&kind) || kind == openbsd::PACMASK,
    }
}

/// The usual owner of notes of a type.
pub fn owner(kind: u32) -> &'static str {
    if LINUX.iter().any(|(number, _)| *number == kind) || (0x100..0x1000).contains(&kind) || kind == PRXFPREG
    {
        "LINUX"
    } else {
        "CORE"
    }
}

/// The name of a kind of note in the headers, of any owner.
pub fn named(kind: u32) -> Option<&'static str> {
    LINUX.iter().chain(CORE).find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// A namespace as text without control characters, at most its first 64 bytes.
pub(super) fn printable(namespace: &[u8]) -> String {
    let text = String::from_utf8_lossy(namespace.get(..64).unwrap_or(namespace)).into_owned();
    text.chars()
        .map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter })
        .collect()
}
