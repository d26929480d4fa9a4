//! Linux on SuperH: `struct elf_prstatus` with `struct pt_regs` and `struct user_fpu_struct`, of the kernel's
//! `asm/ptrace_32.h` and `asm/user.h`.

use dumpedit_layout::BlockKind::{Float, General};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::FPREGSET;
use crate::registers::evidence::Evidence::Header;
use crate::registers::note::RegisterNote;

pub(crate) static PRSTATUS_SH: RecordFormat = RecordFormat::new(
    "PRSTATUS_SH",
    Machine::Sh,
    &[
        Run::new("r0", 16, General, 72).stride(4),
        Run::new("pc", 6, General, 136).stride(4),
        Run::new("tra", 1, General, 160),
        Run::new("fr0", 16, Float, 0).stride(4),
        Run::new("xf0", 16, Float, 64).stride(4),
        Run::new("fpscr", 2, Float, 128).stride(4),
    ],
);

/// Notes of a thread besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[RegisterNote::usual(FPREGSET, 200, Header)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `struct pt_regs`: regs, pc, pr, sr, gbr, mach, macl, tra; `struct user_fpu_struct`: fp_regs, xfp_regs, fpscr, fpul.
    #[test]
    fn registers_stand_where_the_kernel_puts_them() {
        let pinned = [
            ("r15", General, 72 + 4 * 15),
            ("pc", General, 72 + 4 * 16),
            ("pr", General, 72 + 4 * 17),
            ("sr", General, 72 + 4 * 18),
            ("gbr", General, 72 + 4 * 19),
            ("mach", General, 72 + 4 * 20),
            ("macl", General, 72 + 4 * 21),
            ("tra", General, 72 + 4 * 22),
            ("xf15", Float, 124),
            ("fpul", Float, 132),
        ];
        for (name, block, offset) in pinned {
            assert_eq!(places(&PRSTATUS_SH, name)[0], (block, offset), "{name}");
        }
    }
}
