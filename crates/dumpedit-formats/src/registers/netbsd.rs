//! NetBSD: `struct reg` of `machine/reg.h`, in a note of each thread.

use dumpedit_layout::BlockKind::General;
use dumpedit_layout::{Machine, RecordFormat, Run};

pub(crate) static NETBSD_AMD64: RecordFormat = RecordFormat::new(
    "NETBSD_AMD64",
    Machine::Amd64,
    &[
        Run::new("rdi", 1, General, 0),
        Run::new("rsi", 1, General, 8),
        Run::new("rdx", 1, General, 16),
        Run::new("rcx", 1, General, 24),
        Run::new("r8", 8, General, 32).stride(8),
        Run::new("rbp", 1, General, 96),
        Run::new("rbx", 1, General, 104),
        Run::new("rax", 1, General, 112),
        Run::new("gs", 1, General, 120),
        Run::new("fs", 1, General, 128),
        Run::new("es", 1, General, 136),
        Run::new("ds", 1, General, 144),
        Run::new("rip", 1, General, 168),
        Run::new("cs", 1, General, 176),
        Run::new("eflags", 1, General, 184),
        Run::new("rsp", 1, General, 192),
        Run::new("ss", 1, General, 200),
    ],
);

pub(crate) static NETBSD_I386: RecordFormat = RecordFormat::new(
    "NETBSD_I386",
    Machine::X86,
    &[
        Run::new("eax", 8, General, 0).stride(4),
        Run::new("eip", 2, General, 32).stride(4),
        Run::new("cs", 1, General, 40),
        Run::new("ss", 1, General, 44),
        Run::new("ds", 1, General, 48),
        Run::new("es", 1, General, 52),
        Run::new("fs", 1, General, 56),
        Run::new("gs", 1, General, 60),
    ],
);

pub(crate) static NETBSD_ARM64: RecordFormat = RecordFormat::new(
    "NETBSD_ARM64",
    Machine::Arm64,
    &[
        Run::new("x0", 31, General, 0).stride(8),
        Run::new("sp", 2, General, 248).stride(8),
        Run::new("cpsr", 1, General, 264),
        Run::new("tpidr", 1, General, 272),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    #[test]
    fn registers_stand_where_machine_reg_h_puts_them() {
        let pinned = [
            (&NETBSD_AMD64, "rdi", 0),
            (&NETBSD_AMD64, "rip", 21 * 8),
            (&NETBSD_AMD64, "rsp", 24 * 8),
            (&NETBSD_I386, "eip", 8 * 4),
            (&NETBSD_ARM64, "pc", 32 * 8),
            (&NETBSD_ARM64, "tpidr", 34 * 8),
        ];
        for (format, name, offset) in pinned {
            assert_eq!(places(format, name), [(General, offset)], "{} {name}", format.name);
        }
    }
}
