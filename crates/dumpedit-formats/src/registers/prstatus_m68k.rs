//! Linux on m68k: `struct elf_prstatus` with `ELF_CORE_COPY_REGS` and `struct user_m68kfp_struct`, of the kernel's
//! `asm/elf.h` and `asm/user.h`. Its words are aligned to two bytes.

use dumpedit_layout::BlockKind::{Float, General};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::FPREGSET;
use crate::registers::evidence::Evidence::Reader;
use crate::registers::note::RegisterNote;

pub(crate) static PRSTATUS_M68K: RecordFormat = RecordFormat::new(
    "PRSTATUS_M68K",
    Machine::M68k,
    &[
        Run::new("d1", 7, General, 70).stride(4),
        Run::new("a0", 7, General, 98).stride(4),
        Run::new("d0", 1, General, 126),
        Run::new("a7", 1, General, 130),
        Run::new("orig_d0", 1, General, 134),
        Run::new("sr", 1, General, 140),
        Run::new("pc", 1, General, 142),
        Run::new("fp0", 8, Float, 0).stride(12),
        Run::new("fpcr", 3, Float, 96).stride(4),
    ],
);

/// Notes of a thread besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[RegisterNote::usual(FPREGSET, 108, Reader)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// The order of `ELF_CORE_COPY_REGS`: d1 to d7, a0 to a6, d0, a7, orig_d0, sr, pc.
    #[test]
    fn registers_stand_where_the_kernel_puts_them() {
        let pinned = [
            ("d1", General, 70),
            ("d7", General, 70 + 4 * 6),
            ("a0", General, 70 + 4 * 7),
            ("a6", General, 70 + 4 * 13),
            ("d0", General, 70 + 4 * 14),
            ("sp", General, 70 + 4 * 15),
            ("orig_d0", General, 70 + 4 * 16),
            ("sr", General, 70 + 4 * 17 + 2),
            ("pc", General, 70 + 4 * 18),
            ("fp7", Float, 84),
            ("fpiaddr", Float, 104),
        ];
        for (name, block, offset) in pinned {
            assert_eq!(places(&PRSTATUS_M68K, name)[0], (block, offset), "{name}");
        }
    }
}
