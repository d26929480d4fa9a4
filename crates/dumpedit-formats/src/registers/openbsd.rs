//! OpenBSD: `struct reg` and `struct fpreg` of `machine/reg.h` in notes of each thread; on i386 also FXSAVE's registers.

use dumpedit_layout::BlockKind::{ExtendedFloat, Float, General};
use dumpedit_layout::{Machine, RecordFormat, Run};

use super::evidence::Evidence::Header;
use super::note::SystemNote;
use super::{float_x86, joined};
use crate::elf::note_kinds::openbsd::{FPREGS, REGS, XFPREGS};

pub(crate) static OPENBSD_AMD64: RecordFormat = RecordFormat::new(
    "OPENBSD_AMD64",
    Machine::Amd64,
    &const { joined::<27>(&GENERAL_AMD64, &float_x86::fxsave_64(Float)) },
);

const GENERAL_AMD64: [Run; 17] = [
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
];

pub(crate) static OPENBSD_I386: RecordFormat = RecordFormat::new(
    "OPENBSD_I386",
    Machine::X86,
    &const {
        let float: [Run; 21] = joined(&float_x86::fxsave_32(ExtendedFloat), &float_x86::fsave(Float));
        joined::<29>(&GENERAL_I386, &float)
    },
);

const GENERAL_I386: [Run; 8] = [
    Run::new("eax", 8, General, 0).stride(4),
    Run::new("eip", 2, General, 32).stride(4),
    Run::new("cs", 1, General, 40),
    Run::new("ss", 1, General, 44),
    Run::new("ds", 1, General, 48),
    Run::new("es", 1, General, 52),
    Run::new("fs", 1, General, 56),
    Run::new("gs", 1, General, 60),
];

pub(crate) static OPENBSD_ARM64: RecordFormat = RecordFormat::new(
    "OPENBSD_ARM64",
    Machine::Arm64,
    &[
        Run::new("x0", 31, General, 0).stride(8),
        Run::new("sp", 2, General, 248).stride(8),
        Run::new("cpsr", 1, General, 264),
        Run::new("tpidr", 1, General, 272),
        Run::new("z0", 32, Float, 0).stride(16).part(0, 128),
        Run::new("fpsr", 2, Float, 512).stride(4),
    ],
);

/// `gsr` has the lower 32 bits only.
pub(crate) static OPENBSD_SPARC64: RecordFormat = RecordFormat::new(
    "OPENBSD_SPARC64",
    Machine::Sparc64,
    &[
        Run::new("tstate", 3, General, 0).stride(8),
        Run::new("y", 1, General, 24),
        Run::new("g1", 31, General, 40).stride(8),
        Run::new("d0", 32, Float, 0).stride(8),
        Run::new("fsr", 1, Float, 256),
        Run::new("gsr", 1, Float, 264).part(0, 32),
    ],
);

/// The notes of a thread on AMD64.
pub(crate) static NOTES_AMD64: &[SystemNote] =
    &[SystemNote::new(REGS, 192, General, Header), SystemNote::new(FPREGS, 512, Float, Header)];

/// The notes of a thread on i386.
pub(crate) static NOTES_I386: &[SystemNote] = &[
    SystemNote::new(REGS, 64, General, Header),
    SystemNote::new(FPREGS, 108, Float, Header),
    SystemNote::new(XFPREGS, 512, ExtendedFloat, Header),
];

/// The notes of a thread on ARM64.
pub(crate) static NOTES_ARM64: &[SystemNote] =
    &[SystemNote::new(REGS, 280, General, Header), SystemNote::new(FPREGS, 520, Float, Header)];

/// The notes of a thread on SPARC V9.
pub(crate) static NOTES_SPARC64: &[SystemNote] =
    &[SystemNote::new(REGS, 288, General, Header), SystemNote::new(FPREGS, 272, Float, Header)];

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
            (&OPENBSD_I386, "eip", 8 * 4),
            (&OPENBSD_ARM64, "x30", 30 * 8),
            (&OPENBSD_ARM64, "pc", 32 * 8),
            (&OPENBSD_SPARC64, "pc", 8),
            (&OPENBSD_SPARC64, "y", 3 * 8),
            (&OPENBSD_SPARC64, "o6", 4 * 8 + 14 * 8),
            (&OPENBSD_SPARC64, "i7", 35 * 8),
        ];
        for (format, name, offset) in pinned {
            assert_eq!(places(format, name), [(General, offset)], "{} {name}", format.name);
        }
    }

    #[test]
    fn floating_point_stands_where_machine_reg_h_puts_it() {
        assert_eq!(places(&OPENBSD_AMD64, "mxcsr"), [(Float, 24)]);
        assert_eq!(places(&OPENBSD_I386, "st1"), [(ExtendedFloat, 48), (Float, 38)]);
        assert_eq!(places(&OPENBSD_ARM64, "fpsr"), [(Float, 512)]);
        assert_eq!(places(&OPENBSD_SPARC64, "d62"), [(Float, 31 * 8)]);
        assert_eq!(places(&OPENBSD_SPARC64, "gsr"), [(Float, 264)]);
    }
}
