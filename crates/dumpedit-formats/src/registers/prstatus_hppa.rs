//! Linux on PA-RISC: `struct elf_prstatus` with `ELF_CORE_COPY_REGS` and 32 doubles, of the kernel's `asm/elf.h`. gr0 is always zero, and
//! the processor status word is stored in its place.

use dumpedit_layout::BlockKind::{Float, General};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::FPREGSET;
use crate::registers::evidence::Evidence::Sample;
use crate::registers::note::RegisterNote;

pub(crate) static PRSTATUS_HPPA: RecordFormat = RecordFormat::new(
    "PRSTATUS_HPPA",
    Machine::Hppa,
    &[
        Run::new("flags", 1, General, 72),
        Run::new("r1", 31, General, 76).stride(4),
        Run::new("sr0", 8, General, 200).stride(4),
        Run::new("pcoqh", 5, General, 232).stride(4),
        Run::new("iir", 5, General, 252).stride(4),
        Run::new("cr24", 8, General, 272).stride(4),
        Run::new("cr8", 6, General, 304).stride(4),
        Run::new("fr0", 32, Float, 0).stride(8),
    ],
);

/// Notes of a thread besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[RegisterNote::usual(FPREGSET, 256, Sample)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `ELF_CORE_COPY_REGS` of `asm/elf.h`, whose indices are of words.
    #[test]
    fn registers_stand_where_the_kernel_puts_them() {
        let pinned = [
            ("flags", General, 72),
            ("rp", General, 72 + 4 * 2),
            ("sp", General, 72 + 4 * 30),
            ("sr7", General, 72 + 4 * 39),
            ("pcoqh", General, 72 + 4 * 40),
            ("pcoqt", General, 72 + 4 * 41),
            ("pcsqh", General, 72 + 4 * 42),
            ("pcsqt", General, 72 + 4 * 43),
            ("sar", General, 72 + 4 * 44),
            ("iir", General, 72 + 4 * 45),
            ("isr", General, 72 + 4 * 46),
            ("ior", General, 72 + 4 * 47),
            ("ipsw", General, 72 + 4 * 48),
            ("cr0", General, 72 + 4 * 49),
            ("cr24", General, 72 + 4 * 50),
            ("cr31", General, 72 + 4 * 57),
            ("cr8", General, 72 + 4 * 58),
            ("ccr", General, 72 + 4 * 62),
            ("eiem", General, 72 + 4 * 63),
            ("fr31", Float, 248),
        ];
        for (name, block, offset) in pinned {
            assert_eq!(places(&PRSTATUS_HPPA, name)[0], (block, offset), "{name}");
        }
    }
}
