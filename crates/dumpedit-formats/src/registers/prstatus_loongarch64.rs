//! Linux on LoongArch: `struct elf_prstatus` with `struct user_pt_regs`, `struct user_fp_state`, `struct user_lsx_state`,
//! `struct user_lasx_state` and `struct user_lbt_state`, of the kernel's `asm/ptrace.h`.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::{FPREGSET, LOONGARCH_LASX, LOONGARCH_LBT, LOONGARCH_LSX};
use crate::registers::evidence::Evidence::{Header, Sample};
use crate::registers::note::RegisterNote;

/// A longer vector register contains the shorter one.
pub(crate) static PRSTATUS_LOONGARCH64: RecordFormat = RecordFormat::new(
    "PRSTATUS_LOONGARCH64",
    Machine::LoongArch64,
    &[
        Run::new("r1", 31, General, 120).stride(8),
        Run::new("orig_a0", 1, General, 368),
        Run::new("pc", 1, General, 376),
        Run::new("badv", 1, General, 384),
        Run::new("xr0", 32, Float, 0).stride(8).part(0, 64),
        Run::new("fcc", 1, Float, 256),
        Run::new("fcsr", 1, Float, 264),
        Run::new("xr0", 32, Note(LOONGARCH_LSX), 0).stride(16).part(0, 128),
        Run::new("xr0", 32, Note(LOONGARCH_LASX), 0).stride(32),
        Run::new("scr0", 4, Note(LOONGARCH_LBT), 0).stride(8),
        Run::new("eflags", 2, Note(LOONGARCH_LBT), 32).stride(4),
    ],
);

/// Notes of a thread besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[
    RegisterNote::usual(FPREGSET, 268, Sample),
    RegisterNote::usual(LOONGARCH_LSX, 512, Sample),
    RegisterNote::usual(LOONGARCH_LASX, 1024, Sample),
    RegisterNote::asked(LOONGARCH_LBT, 40, Header),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `struct user_pt_regs`: 32 registers, orig_a0, csr_era, csr_badv; `struct user_lbt_state`: scr, eflags, ftop.
    #[test]
    fn registers_stand_where_the_kernel_puts_them() {
        let pinned = [
            ("ra", General, 112 + 8),
            ("s8", General, 112 + 8 * 31),
            ("orig_a0", General, 112 + 8 * 32),
            ("era", General, 112 + 8 * 33),
            ("badv", General, 112 + 8 * 34),
            ("xr31", Float, 248),
            ("fcc", Float, 256),
            ("fcsr", Float, 264),
            ("scr3", Note(0xa04), 24),
            ("ftop", Note(0xa04), 36),
        ];
        for (name, block, offset) in pinned {
            assert_eq!(places(&PRSTATUS_LOONGARCH64, name)[0], (block, offset), "{name}");
        }
    }
}
