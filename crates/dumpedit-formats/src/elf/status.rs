//! Offsets of the id and the signal in notes of threads and processes: `struct elf_prstatus` of the kernel's `linux/elfcore.h`, FreeBSD's
//! `struct prstatus`, `struct elf_prpsinfo`, and `siginfo_t`.

use dumpedit_layout::{ByteOrder, Machine};

use super::note_kinds::{netbsd, openbsd};
use crate::model::Crash;

/// Fields of a status, by the machine and the size of a word.
#[derive(Clone, Copy)]
pub(super) struct Status {
    machine: Machine,
    wide: bool,
}

impl Status {
    pub(super) fn of(machine: Machine, wide: bool) -> Status {
        Status { machine, wide }
    }

    /// Offsets of Linux's `pr_cursig`, of 16 bits, and `pr_pid`, of 32, in bytes.
    pub(super) fn linux(self) -> (usize, usize) {
        match (self.wide, self.machine) {
            (true, _) => (12, 32),
            // Its words are aligned to two bytes.
            (false, Machine::M68k) => (12, 22),
            (false, _) => (12, 24),
        }
    }

    /// Offsets of FreeBSD's `pr_cursig` and `pr_pid`, of 32 bits both, in bytes.
    pub(super) fn freebsd(self) -> (usize, usize) {
        if self.wide { (36, 40) } else { (20, 24) }
    }
}

/// A part of a note, as an offset and a size in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotePart {
    /// Name in the structure.
    pub name: &'static str,
    /// Offset.
    pub at: usize,
    /// Size.
    pub size: usize,
}

impl NotePart {
    /// A part by its name, its offset and its size.
    pub const fn new(name: &'static str, at: usize, size: usize) -> NotePart {
        NotePart { name, at, size }
    }
}

/// The parts of Linux's `struct elf_prstatus` in front of the registers, without the id and the signal of the thread.
pub fn status_parts(machine: Machine, wide: bool) -> impl Iterator<Item = NotePart> {
    let (_, id) = Status::of(machine, wide).linux();
    let word = if wide { 8usize } else { 4 };
    let behind = |words: usize| id.saturating_add(16).saturating_add(words.saturating_mul(word));
    let before = |words: usize| id.saturating_sub(words.saturating_mul(word));
    [
        NotePart::new("si_code", 4, 4),
        NotePart::new("si_errno", 8, 4),
        NotePart::new("pending signals", before(2), word),
        NotePart::new("held signals", before(1), word),
        NotePart::new("parent", id.saturating_add(4), 4),
        NotePart::new("group", id.saturating_add(8), 4),
        NotePart::new("session", id.saturating_add(12), 4),
        NotePart::new("times", behind(0), word.saturating_mul(8)),
    ]
    .into_iter()
}

/// Layout of Linux's `struct elf_prpsinfo`: offsets and sizes in bytes.
#[non_exhaustive]
pub struct ProcessInfo {
    /// Size of the whole structure.
    pub size: u64,
    /// Offset of `pr_pid`, of 32 bits.
    pub id_at: usize,
    /// Offset of `pr_fname`, of 16 bytes.
    pub name_at: usize,
}

impl ProcessInfo {
    /// Size of `pr_fname`, in front of `pr_psargs`.
    pub const NAME_SIZE: usize = 16;

    /// Size of `pr_psargs`.
    pub const ARGUMENTS_SIZE: usize = 80;

    /// Size of `pr_flag`, a word, at the first multiple of its size behind four bytes.
    pub(super) fn flag_size(&self) -> usize {
        if self.size == 136 { 8 } else { 4 }
    }

    /// Sizes of `pr_uid` and of `pr_gid`, between `pr_flag` and `pr_pid`.
    pub(super) fn user_size(&self) -> usize {
        self.id_at.saturating_sub(self.flag_size().saturating_mul(2)) / 2
    }

    /// The parts in front of the texts, without the id.
    pub fn parts(&self) -> impl Iterator<Item = NotePart> {
        let (flags_at, flags_size, user) = (self.flag_size(), self.flag_size(), self.user_size());
        let users = flags_size.saturating_add(flags_at);
        [
            NotePart::new("state", 0, 3),
            NotePart::new("niceness", 3, 1),
            NotePart::new("flags", flags_at, flags_size),
            NotePart::new("user", users, user),
            NotePart::new("user's group", users.saturating_add(user), user),
            NotePart::new("parent", self.id_at.saturating_add(4), 4),
            NotePart::new("group", self.id_at.saturating_add(8), 4),
            NotePart::new("session", self.id_at.saturating_add(12), 4),
        ]
        .into_iter()
    }

    /// The layout of a descriptor of a size.
    pub fn of_size(size: u64) -> Option<&'static ProcessInfo> {
        PROCESS_INFOS.iter().find(|info| info.size == size)
    }

    /// The layout on a machine's Linux: by the size of a word and, for 32 bits, of `__kernel_uid_t` (`asm/posix_types.h`).
    pub fn usual(machine: Machine, wide: bool) -> &'static ProcessInfo {
        let [of_64, of_32, of_32_with_short_ids] = PROCESS_INFOS;
        let has_short_ids = matches!(
            machine,
            Machine::X86 | Machine::Arm | Machine::Sh | Machine::M68k | Machine::S390 | Machine::Sparc
        );
        match (wide, has_short_ids) {
            (true, _) => of_64,
            (false, true) => of_32_with_short_ids,
            (false, false) => of_32,
        }
    }
}

/// Layouts of 64 bits, and of 32 bits with user ids of 32 and of 16.
pub(super) static PROCESS_INFOS: &[ProcessInfo; 3] = &[
    ProcessInfo { size: 136, id_at: 24, name_at: 40 },
    ProcessInfo { size: 128, id_at: 16, name_at: 32 },
    ProcessInfo { size: 124, id_at: 12, name_at: 28 },
];

/// Layout of FreeBSD's `struct prpsinfo`: offsets and sizes in bytes.
pub(super) struct FreeBsdProcess {
    /// Offset of `pr_fname`, of 17 bytes, in front of `pr_psargs`.
    pub(super) name_at: usize,
    /// Offset of `pr_pid`, of 32 bits, which structures of version 1 lack.
    pub(super) id_at: usize,
}

impl FreeBsdProcess {
    pub(super) const NAME_SIZE: usize = 17;
    pub(super) const ARGUMENTS_SIZE: usize = 81;

    pub(super) fn of(wide: bool) -> FreeBsdProcess {
        if wide {
            FreeBsdProcess { name_at: 16, id_at: 116 }
        } else {
            FreeBsdProcess { name_at: 8, id_at: 108 }
        }
    }

    /// Offset of `pr_psargs`.
    pub(super) fn arguments_at(&self) -> usize {
        self.name_at.saturating_add(FreeBsdProcess::NAME_SIZE)
    }
}

/// Offsets in FreeBSD's `struct ptrace_lwpinfo` of `sys/ptrace.h`, behind its size, in bytes.
pub(super) struct LwpInfo;

impl LwpInfo {
    /// Offset of `pl_lwpid`, of 32 bits.
    pub(super) const ID_AT: usize = 4;
    /// Offset of `pl_flags`, of 32 bits.
    pub(super) const FLAGS_AT: usize = 12;
    /// `PL_FLAG_SI`: `pl_siginfo` is valid.
    pub(super) const HAS_SIGINFO: u32 = 0x20;

    /// Offset of `pl_siginfo`.
    pub(super) fn siginfo_at(wide: bool) -> usize {
        if wide { 52 } else { 48 }
    }
}

/// Size of `pr_tname` of FreeBSD's `struct thrmisc`, in bytes.
pub(super) const FREEBSD_THREAD_NAME_SIZE: usize = 20;

/// Offsets of the threads' fields in a note of the process, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadsAt {
    /// Offset of the number of threads.
    pub count: usize,
    /// Offset of the id of the thread that got the signal.
    pub signalled: usize,
}

/// Layout of NetBSD's and OpenBSD's notes of the process and its signal, offsets and sizes in bytes: `struct netbsd_elfcore_procinfo` and
/// `struct elfcore_procinfo` of their `sys/exec_elf.h`. A version and the size come first.
#[non_exhaustive]
pub struct ProcessNote {
    /// Type of the note.
    pub kind: u32,
    /// Size of the whole structure.
    pub size: u32,
    /// Offset of `cpi_signo`, of 32 bits.
    pub signal_at: usize,
    /// Offset of `cpi_pid`, of 32 bits.
    pub id_at: usize,
    /// Offset of `cpi_name`, of 32 bytes.
    pub name_at: usize,
    /// Offsets of `cpi_nlwps` and `cpi_siglwp`, the number of threads and the one that got the signal; OpenBSD writes that one first.
    pub threads_at: Option<ThreadsAt>,
}

impl ProcessNote {
    /// Size of `cpi_name`.
    pub const NAME_SIZE: usize = 32;

    /// NetBSD's layout.
    pub const NETBSD: ProcessNote = ProcessNote {
        kind: netbsd::PROCINFO,
        size: 160,
        signal_at: 8,
        id_at: 80,
        name_at: 124,
        threads_at: Some(ThreadsAt { count: 120, signalled: 156 }),
    };

    /// OpenBSD's layout.
    pub const OPENBSD: ProcessNote = ProcessNote {
        kind: openbsd::PROCINFO,
        size: 104,
        signal_at: 8,
        id_at: 32,
        name_at: 72,
        threads_at: None,
    };

    /// A system's layout, where it has such a note.
    pub fn of(system: &str) -> Option<&'static ProcessNote> {
        match system {
            "netbsd" => Some(&ProcessNote::NETBSD),
            "openbsd" => Some(&ProcessNote::OPENBSD),
            _ => None,
        }
    }
}

/// Offsets and sizes in NetBSD's `struct ptrace_lwpstatus` of `sys/ptrace.h`, in bytes; only its last member differs between processes of
/// 32 and 64 bits.
pub(super) struct LwpStatus;

impl LwpStatus {
    /// Offset of `pl_name`.
    pub(super) const NAME_AT: usize = 36;
    pub(super) const NAME_SIZE: usize = 20;
    /// Offset of `pl_private`, a word.
    pub(super) const PRIVATE_AT: usize = 56;
}

/// Offsets of the fields of a `siginfo_t` that a fault has, in bytes; `si_signo` comes first.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct SignalInfo {
    /// Offset of `si_code`.
    pub code_at: usize,
    /// Offset of `si_addr`, a word.
    pub address_at: usize,
}

impl SignalInfo {
    /// Size of a `siginfo_t`, in bytes.
    pub const SIZE: usize = 128;

    /// The bytes of a `siginfo_t` with a crash's values, and otherwise zero.
    pub fn bytes(self, crash: &Crash, wide: bool, order: ByteOrder, size: usize) -> Vec<u8> {
        let address = crash.address.map_or(0, |address| address.value);
        let fields = [
            (0, u64::from(crash.code.value), 4),
            (self.code_at, crash.si_code.value.into(), 4),
            (self.address_at, address, if wide { 8 } else { 4 }),
        ];
        let mut bytes = vec![0; size];
        for (at, value, size) in fields {
            let room = bytes.get_mut(at..).unwrap_or_default();
            room.iter_mut().zip(order.bytes(value, size)).for_each(|(into, byte)| *into = byte);
        }
        bytes
    }

    /// A machine's layout; only MIPS has `si_code` in front of `si_errno`.
    pub fn of(machine: Machine, wide: bool) -> SignalInfo {
        let code_at = if matches!(machine, Machine::Mips | Machine::Mips64) { 4 } else { 8 };
        SignalInfo { code_at, address_at: if wide { 16 } else { 12 } }
    }

    /// FreeBSD's layout, where `si_pid`, `si_uid` and `si_status` come in front of `si_addr`.
    pub(super) fn of_freebsd() -> SignalInfo {
        SignalInfo { code_at: 8, address_at: 24 }
    }

    /// Whether a signal with a code has `si_addr`: faults have one, unless a process sent the signal. With SI_KERNEL, as of every
    /// general protection fault on x86-64, debuggers read it as well.
    pub fn has_address(signal: u32, code: u32) -> bool {
        /// SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGBUS of some machines, SIGSEGV.
        const FAULTS: [u32; 6] = [4, 5, 7, 8, 10, 11];
        /// `SI_KERNEL`: greater codes are those of signals that were sent on FreeBSD, and of tracing.
        const KERNEL: u32 = 0x80;
        FAULTS.contains(&signal) && (1..=KERNEL).contains(&code)
    }
}
