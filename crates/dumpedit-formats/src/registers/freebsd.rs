//! FreeBSD: `struct prstatus` of `sys/procfs.h` with `struct reg` of `machine/reg.h`, `struct fpreg` of the same header, the XSAVE area,
//! `struct segbasereg` of `x86/reg.h`, and the output of `get_arm64_tls`.

use dumpedit_layout::BlockKind::{Float, General, Note, XstateLegacy};
use dumpedit_layout::{Machine, RecordFormat, Run};

use super::evidence::Evidence::{Header, Reader, Sample};
use super::note::SystemNote;
use super::{float_x86, joined};
use crate::elf::note_kinds::freebsd::{ARM_TLS, FPREGSET, PRSTATUS, X86_SEGBASES, X86_XSTATE};

pub(crate) static FREEBSD_AMD64: RecordFormat = RecordFormat::new(
    "FREEBSD_AMD64",
    Machine::Amd64,
    &const {
        let float: [Run; 31] = joined(&float_x86::XSAVE_64, &float_x86::fxsave_64(Float));
        let bases = [Run::new("fs_base", 2, Note(X86_SEGBASES), 0).stride(8)];
        joined::<56>(&GENERAL_AMD64, &joined::<32>(&float, &bases))
    },
);

const GENERAL_AMD64: [Run; 24] = [
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
];

pub(crate) static FREEBSD_I386: RecordFormat = RecordFormat::new(
    "FREEBSD_I386",
    Machine::X86,
    &const {
        let float: [Run; 28] = joined(&float_x86::XSAVE_32, &float_x86::fsave(Float));
        joined::<44>(&GENERAL_I386, &float)
    },
);

const GENERAL_I386: [Run; 16] = [
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
];

pub(crate) static FREEBSD_ARM64: RecordFormat = RecordFormat::new(
    "FREEBSD_ARM64",
    Machine::Arm64,
    &[
        Run::new("x0", 31, General, 48).stride(8),
        Run::new("sp", 2, General, 296).stride(8),
        Run::new("cpsr", 1, General, 312),
        Run::new("z0", 32, Float, 0).stride(16).part(0, 128),
        Run::new("fpsr", 2, Float, 512).stride(4),
        Run::new("tpidr", 2, Note(ARM_TLS), 0).stride(8),
    ],
);

/// The notes of a thread on AMD64.
pub(crate) static NOTES_AMD64: &[SystemNote] = &[
    SystemNote::new(PRSTATUS, 224, General, Reader),
    SystemNote::new(FPREGSET, 512, Float, Reader),
    SystemNote::new(X86_SEGBASES, 16, Note(X86_SEGBASES), Header),
    SystemNote::new(X86_XSTATE, 832, XstateLegacy, Sample),
];

/// The notes of a thread on i386.
pub(crate) static NOTES_I386: &[SystemNote] = &[
    SystemNote::new(PRSTATUS, 104, General, Reader),
    SystemNote::new(FPREGSET, 176, Float, Reader),
    SystemNote::new(X86_XSTATE, 832, XstateLegacy, Sample),
];

/// The notes of a thread on ARM64.
pub(crate) static NOTES_ARM64: &[SystemNote] = &[
    SystemNote::new(PRSTATUS, 320, General, Reader),
    SystemNote::new(FPREGSET, 528, Float, Reader),
    SystemNote::new(ARM_TLS, 16, Note(ARM_TLS), Header),
];

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

    #[test]
    fn floating_point_stands_in_fpregset_and_in_the_xsave_area() {
        assert_eq!(places(&FREEBSD_AMD64, "mxcsr"), [(XstateLegacy, 24), (Float, 24)]);
        assert_eq!(places(&FREEBSD_AMD64, "st7"), [(XstateLegacy, 144), (Float, 144)]);
        assert_eq!(places(&FREEBSD_AMD64, "gs_base"), [(Note(X86_SEGBASES), 8)]);
        // `fpr_acc` of i386 follows an environment of seven words.
        assert_eq!(places(&FREEBSD_I386, "st1"), [(XstateLegacy, 48), (Float, 38)]);
        // `fp_q`, `fp_sr` and `fp_cr`.
        assert_eq!(places(&FREEBSD_ARM64, "z31"), [(Float, 496)]);
        assert_eq!(places(&FREEBSD_ARM64, "fpsr"), [(Float, 512)]);
        assert_eq!(places(&FREEBSD_ARM64, "fpcr"), [(Float, 516)]);
    }
}
