//! NetBSD: `struct reg` and `struct fpreg` of `machine/reg.h` in notes of each thread, with the numbers of `machine/ptrace.h`; and `struct
//! xstate` of `x86/cpu_extended_state.h`.

use dumpedit_layout::BlockKind::{Float, General, XstateLegacy};
use dumpedit_layout::{Machine, RecordFormat, Run};

use super::evidence::Evidence::{Header, Reader};
use super::note::SystemNote;
use super::{float_x86, joined};
use crate::elf::note_kinds::netbsd::{FPREGS, FPREGS_X86, REGS, REGS_X86, XSTATE_AMD64, XSTATE_I386};

pub(crate) static NETBSD_AMD64: RecordFormat = RecordFormat::new(
    "NETBSD_AMD64",
    Machine::Amd64,
    &const {
        let float: [Run; 31] = joined(&float_x86::XSAVE_64, &float_x86::fxsave_64(Float));
        joined::<48>(&GENERAL_AMD64, &float)
    },
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
    Run::new("gs", 1, General, 120),
    Run::new("fs", 1, General, 128),
    Run::new("es", 1, General, 136),
    Run::new("ds", 1, General, 144),
    Run::new("rip", 1, General, 168),
    Run::new("cs", 1, General, 176),
    Run::new("eflags", 1, General, 184),
    Run::new("rsp", 1, General, 192),
    Run::new("ss", 1, General, 200),
];

pub(crate) static NETBSD_I386: RecordFormat = RecordFormat::new(
    "NETBSD_I386",
    Machine::X86,
    &const {
        let float: [Run; 28] = joined(&float_x86::XSAVE_32, &float_x86::fsave(Float));
        joined::<36>(&GENERAL_I386, &float)
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

pub(crate) static NETBSD_ARM64: RecordFormat = RecordFormat::new(
    "NETBSD_ARM64",
    Machine::Arm64,
    &[
        Run::new("x0", 31, General, 0).stride(8),
        Run::new("sp", 2, General, 248).stride(8),
        Run::new("cpsr", 1, General, 264),
        Run::new("tpidr", 1, General, 272),
        Run::new("z0", 32, Float, 0).stride(16).part(0, 128),
        Run::new("fpcr", 1, Float, 512),
        Run::new("fpsr", 1, Float, 516),
    ],
);

/// The notes of a thread on AMD64.
pub(crate) static NOTES_AMD64: &[SystemNote] = &[
    SystemNote::new(REGS_X86, 208, General, Reader),
    SystemNote::new(FPREGS_X86, 512, Float, Reader),
    SystemNote::new(XSTATE_AMD64, 2384, XstateLegacy, Header),
];

/// The notes of a thread on i386.
pub(crate) static NOTES_I386: &[SystemNote] = &[
    SystemNote::new(REGS_X86, 64, General, Reader),
    SystemNote::new(FPREGS_X86, 108, Float, Reader),
    SystemNote::new(XSTATE_I386, 2384, XstateLegacy, Header),
];

/// The notes of a thread on ARM64.
pub(crate) static NOTES_ARM64: &[SystemNote] =
    &[SystemNote::new(REGS, 280, General, Reader), SystemNote::new(FPREGS, 528, Float, Header)];

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

    #[test]
    fn floating_point_stands_where_machine_reg_h_puts_it() {
        assert_eq!(places(&NETBSD_AMD64, "mxcsr"), [(XstateLegacy, 24), (Float, 24)]);
        assert_eq!(places(&NETBSD_I386, "st1"), [(XstateLegacy, 48), (Float, 38)]);
        assert_eq!(places(&NETBSD_ARM64, "z31"), [(Float, 496)]);
        assert_eq!(places(&NETBSD_ARM64, "fpcr"), [(Float, 512)]);
        assert_eq!(places(&NETBSD_ARM64, "fpsr"), [(Float, 516)]);
    }
}
