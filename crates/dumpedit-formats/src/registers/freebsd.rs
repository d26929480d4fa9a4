//! FreeBSD: `struct prstatus` of `sys/procfs.h` with `struct reg` of `machine/reg.h`.

use dumpedit_layout::BlockKind::General;
use dumpedit_layout::{Machine, RecordFormat, Run};

pub(crate) static FREEBSD_AMD64: RecordFormat = RecordFormat::new(
    "FREEBSD_AMD64",
    Machine::Amd64,
    &[
        Run::new("r15", 1, General, 48),
        Run::new("r14", 1, General, 56),
        Run::new("r13", 1, General, 64),
        Run::new("r12", 1, General, 72),
        Run::new("r11", 1, General, 80),
        Run::new("r10", 1, General, 88),
        Run::new("r9", 1, General, 96),
        Run::new("r8", 1, General, 104),
        Run::new("rdi", 1, General, 112),
        Run::new("rsi", 1, General, 120),
        Run::new("rbp", 1, General, 128),
        Run::new("rbx", 1, General, 136),
        Run::new("rdx", 1, General, 144),
        Run::new("rcx", 1, General, 152),
        Run::new("rax", 1, General, 160),
        Run::new("fs", 1, General, 172),
        Run::new("gs", 1, General, 174),
        Run::new("es", 1, General, 180),
        Run::new("ds", 1, General, 182),
        Run::new("rip", 1, General, 184),
        Run::new("cs", 1, General, 192),
        Run::new("eflags", 1, General, 200),
        Run::new("rsp", 1, General, 208),
        Run::new("ss", 1, General, 216),
    ],
);

pub(crate) static FREEBSD_I386: RecordFormat = RecordFormat::new(
    "FREEBSD_I386",
    Machine::X86,
    &[
        Run::new("fs", 1, General, 28),
        Run::new("es", 1, General, 32),
        Run::new("ds", 1, General, 36),
        Run::new("edi", 1, General, 40),
        Run::new("esi", 1, General, 44),
        Run::new("ebp", 1, General, 48),
        Run::new("ebx", 1, General, 56),
        Run::new("edx", 1, General, 60),
        Run::new("ecx", 1, General, 64),
        Run::new("eax", 1, General, 68),
        Run::new("eip", 1, General, 80),
        Run::new("cs", 1, General, 84),
        Run::new("eflags", 1, General, 88),
        Run::new("esp", 1, General, 92),
        Run::new("ss", 1, General, 96),
        Run::new("gs", 1, General, 100),
    ],
);

pub(crate) static FREEBSD_ARM64: RecordFormat = RecordFormat::new(
    "FREEBSD_ARM64",
    Machine::Arm64,
    &[
        Run::new("x0", 31, General, 48).stride(8),
        Run::new("sp", 2, General, 296).stride(8),
        Run::new("cpsr", 1, General, 312),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    #[test]
    fn registers_stand_where_machine_reg_h_puts_them() {
        let pinned = [
            (&FREEBSD_AMD64, "r15", 48),
            (&FREEBSD_AMD64, "rax", 48 + 14 * 8),
            (&FREEBSD_AMD64, "rip", 48 + 136),
            (&FREEBSD_AMD64, "ss", 48 + 168),
            (&FREEBSD_I386, "eip", 28 + 13 * 4),
            (&FREEBSD_I386, "gs", 28 + 18 * 4),
            (&FREEBSD_ARM64, "x30", 48 + 30 * 8),
            (&FREEBSD_ARM64, "pc", 48 + 32 * 8),
        ];
        for (format, name, offset) in pinned {
            assert_eq!(places(format, name), [(General, offset)], "{} {name}", format.name);
        }
    }
}
