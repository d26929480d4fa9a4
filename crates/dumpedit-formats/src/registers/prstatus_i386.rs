//! Linux on 32-bit Intel: `struct elf_prstatus` with `struct user_regs_struct`, `struct user_i387_struct` (FSAVE) and
//! `struct user_fxsr_struct`, of the kernel's `linux/elfcore.h`, `asm/user_32.h`.

use dumpedit_layout::BlockKind::{ExtendedFloat, Float, General, Xstate, XstateHeader, XstateLegacy};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::xstate::{
    AVX, BNDCSR, BNDREGS, MXCSR, MXCSR_INITIAL, OPMASK, PKRU, SSE, X87, X87_CONTROL_INITIAL, ZMM_HI256,
};

use crate::elf::note_kinds::{FPREGSET, PRXFPREG, X86_XSTATE};
use crate::registers::evidence::Evidence::Reader;
use crate::registers::note::RegisterNote;

/// Of two copies debuggers believe the one in the XSAVE area, then FXSAVE, then FSAVE.
pub(crate) static PRSTATUS_I386: RecordFormat = RecordFormat::new(
    "PRSTATUS_I386",
    Machine::X86,
    &[
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
        Run::new("fctrl", 1, XstateLegacy, 0).gate(X87, X87_CONTROL_INITIAL),
        Run::new("fstat", 1, XstateLegacy, 2).gate(X87, 0),
        Run::new("ftw", 1, XstateLegacy, 4).gate(X87, 0),
        Run::new("fop", 1, XstateLegacy, 6).gate(X87, 0),
        Run::new("fioff", 1, XstateLegacy, 8).gate(X87, 0),
        Run::new("fiseg", 1, XstateLegacy, 12).gate(X87, 0),
        Run::new("fooff", 1, XstateLegacy, 16).gate(X87, 0),
        Run::new("foseg", 1, XstateLegacy, 20).gate(X87, 0),
        Run::new("mxcsr", 1, XstateLegacy, 24).gate(MXCSR, MXCSR_INITIAL),
        Run::new("mxcsr_mask", 1, XstateLegacy, 28),
        Run::new("st0", 8, XstateLegacy, 32).stride(16).gate(X87, 0),
        Run::new("zmm0", 8, XstateLegacy, 160).stride(16).part(0, 128).gate(SSE, 0),
        Run::new("zmm0", 8, Xstate(2), 0).stride(16).part(128, 128).gate(AVX, 0),
        Run::new("bnd0", 4, Xstate(3), 0).stride(16).gate(BNDREGS, 0),
        Run::new("bndcfgu", 2, Xstate(4), 0).stride(8).gate(BNDCSR, 0),
        Run::new("k0", 8, Xstate(5), 0).stride(8).gate(OPMASK, 0),
        Run::new("zmm0", 8, Xstate(6), 0).stride(32).part(256, 256).gate(ZMM_HI256, 0),
        Run::new("pkru", 1, Xstate(9), 0).gate(PKRU, 0),
        Run::new("xstate_bv", 1, XstateHeader, 0),
        Run::new("fctrl", 1, ExtendedFloat, 0),
        Run::new("fstat", 1, ExtendedFloat, 2),
        Run::new("ftw", 1, ExtendedFloat, 4),
        Run::new("fop", 1, ExtendedFloat, 6),
        Run::new("fioff", 1, ExtendedFloat, 8),
        Run::new("fiseg", 1, ExtendedFloat, 12),
        Run::new("fooff", 1, ExtendedFloat, 16),
        Run::new("foseg", 1, ExtendedFloat, 20),
        Run::new("mxcsr", 1, ExtendedFloat, 24),
        Run::new("mxcsr_mask", 1, ExtendedFloat, 28),
        Run::new("st0", 8, ExtendedFloat, 32).stride(16),
        Run::new("zmm0", 8, ExtendedFloat, 160).stride(16).part(0, 128),
        Run::new("fctrl", 1, Float, 0),
        Run::new("fstat", 1, Float, 4),
        Run::new("ftag", 1, Float, 8),
        Run::new("fioff", 1, Float, 12),
        Run::new("fiseg", 1, Float, 16),
        Run::new("fop", 1, Float, 18),
        Run::new("fooff", 1, Float, 20),
        Run::new("foseg", 1, Float, 24),
        Run::new("st0", 8, Float, 28).stride(10),
    ],
);

/// What a thread has besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[
    RegisterNote::usual(FPREGSET, 108, Reader),
    RegisterNote::usual(PRXFPREG, 512, Reader),
    RegisterNote::usual(X86_XSTATE, 832, Reader),
];

#[cfg(test)]
mod tests {
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
