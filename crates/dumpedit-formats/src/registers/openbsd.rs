//! OpenBSD: `struct reg` of `machine/reg.h`, in a note of each thread.

use dumpedit_layout::BlockKind::General;
use dumpedit_layout::{Machine, RecordFormat, Run};

pub(crate) static OPENBSD_AMD64: RecordFormat = RecordFormat::new(
    "OPENBSD_AMD64",
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
        Run::new("rsp", 1, General, 120),
        Run::new("rip", 1, General, 128),
        Run::new("eflags", 1, General, 136),
        Run::new("cs", 1, General, 144),
        Run::new("ss", 1, General, 152),
        Run::new("ds", 1, General, 160),
        Run::new("es", 1, General, 168),
        Run::new("fs", 1, General, 176),
        Run::new("gs", 1, General, 184),
    ],
);

pub(crate) static OPENBSD_SPARC64: RecordFormat = RecordFormat::new(
    "OPENBSD_SPARC64",
    Machine::Sparc64,
    &[Run::new("tstate", 4, General, 0).stride(8), Run::new("g1", 31, General, 40).stride(8)],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    #[test]
    fn registers_stand_where_machine_reg_h_puts_them() {
        let pinned = [
            (&OPENBSD_AMD64, "rsp", 15 * 8),
            (&OPENBSD_AMD64, "rip", 16 * 8),
            (&OPENBSD_AMD64, "gs", 23 * 8),
            (&OPENBSD_SPARC64, "pc", 8),
            (&OPENBSD_SPARC64, "o6", 4 * 8 + 14 * 8),
            (&OPENBSD_SPARC64, "i7", 35 * 8),
        ];
        for (format, name, offset) in pinned {
            assert_eq!(places(format, name), [(General, offset)], "{} {name}", format.name);
        }
    }
}
