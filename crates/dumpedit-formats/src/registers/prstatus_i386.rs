//! Linux on 32-bit Intel: `struct elf_prstatus` with `struct user_regs_struct`, `struct user_i387_struct` (FSAVE) and
//! `struct user_fxsr_struct`, of the kernel's `linux/elfcore.h`, `asm/user_32.h`.

use dumpedit_layout::BlockKind::{ExtendedFloat, Float, General};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::{FPREGSET, PRXFPREG, X86_XSTATE};
use crate::registers::evidence::Evidence::Reader;
use crate::registers::note::RegisterNote;
use crate::registers::{float_x86, joined};

pub(crate) static PRSTATUS_I386: RecordFormat =
    RecordFormat::new("PRSTATUS_I386", Machine::X86, &const { runs() });

/// Copies in the order in which debuggers believe them: the XSAVE area, FXSAVE, FSAVE.
const fn runs() -> [Run; 57] {
    let float: [Run; 31] = joined(&float_x86::XSAVE_32, &float_x86::fxsave_32(ExtendedFloat));
    let float: [Run; 40] = joined(&float, &float_x86::fsave(Float));
    joined(&GENERAL, &float)
}

/// The general registers.
const GENERAL: [Run; 17] = [
    Run::new("ebx", 1, General, 72),
    Run::new("ecx", 1, General, 76),
    Run::new("edx", 1, General, 80),
    Run::new("esi", 1, General, 84),
    Run::new("edi", 1, General, 88),
    Run::new("ebp", 1, General, 92),
    Run::new("eax", 1, General, 96),
    Run::new("ds", 1, General, 100),
    Run::new("es", 1, General, 104),
    Run::new("fs", 1, General, 108),
    Run::new("gs", 1, General, 112),
    Run::new("orig_eax", 1, General, 116),
    Run::new("eip", 1, General, 120),
    Run::new("cs", 1, General, 124),
    Run::new("eflags", 1, General, 128),
    Run::new("esp", 1, General, 132),
    Run::new("ss", 1, General, 136),
];

/// Notes of a thread besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[
    RegisterNote::usual(FPREGSET, 108, Reader),
    RegisterNote::usual(PRXFPREG, 512, Reader),
    RegisterNote::usual(X86_XSTATE, 832, Reader),
];

#[cfg(test)]
mod tests {
    use dumpedit_layout::BlockKind::{Xstate, XstateLegacy};

    use super::*;
    use crate::elf::machines::tests::places;

    /// `offsetof(struct elf_prstatus, pr_reg)` is 72; the order is that of `struct user_regs_struct` of `sys/user.h`.
    #[test]
    fn general_registers_stand_where_sys_user_h_puts_them() {
        let pinned = [
            ("ebx", 0),
            ("ecx", 4),
            ("edx", 8),
            ("esi", 12),
            ("edi", 16),
            ("ebp", 20),
            ("eax", 24),
            ("ds", 28),
            ("es", 32),
            ("fs", 36),
            ("gs", 40),
            ("orig_eax", 44),
            ("eip", 48),
            ("cs", 52),
            ("eflags", 56),
            ("esp", 60),
            ("ss", 64),
        ];
        for (name, offset) in pinned {
            assert_eq!(places(&PRSTATUS_I386, name), [(General, 72 + offset)], "{name}");
        }
    }

    /// `struct user_fpregs_struct` and `struct user_fpxregs_struct` of `sys/user.h`.
    #[test]
    fn floating_point_stands_in_three_notes() {
        assert_eq!(places(&PRSTATUS_I386, "st2"), [(XstateLegacy, 64), (ExtendedFloat, 64), (Float, 48)]);
        assert_eq!(places(&PRSTATUS_I386, "fooff"), [(XstateLegacy, 16), (ExtendedFloat, 16), (Float, 20)]);
        assert_eq!(places(&PRSTATUS_I386, "ftag"), [(Float, 8)]);
        assert_eq!(
            places(&PRSTATUS_I386, "zmm1"),
            [(XstateLegacy, 176), (Xstate(2), 16), (Xstate(6), 32), (ExtendedFloat, 176)]
        );
    }
}
