//! Linux on Alpha: `struct elf_prstatus` with the output of `dump_elf_thread` of the kernel's `arch/alpha/kernel/process.c`: r0 to r30, pc,
//! unique; f0 to f30, fpcr.

use dumpedit_layout::BlockKind::{Float, General};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::FPREGSET;
use crate::registers::evidence::Evidence::Reader;
use crate::registers::note::RegisterNote;

pub(crate) static PRSTATUS_ALPHA: RecordFormat = RecordFormat::new(
    "PRSTATUS_ALPHA",
    Machine::Alpha,
    &[
        Run::new("v0", 31, General, 112).stride(8),
        Run::new("pc", 1, General, 360),
        Run::new("unique", 1, General, 368),
        Run::new("f0", 31, Float, 0).stride(8),
        Run::new("fpcr", 1, Float, 248),
    ],
);

/// Notes of a thread besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[RegisterNote::usual(FPREGSET, 256, Reader)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `dump_elf_thread`: `dest[0]` to `dest[30]`, `dest[31]` pc, `dest[32]` unique.
    #[test]
    fn registers_stand_where_the_kernel_puts_them() {
        let pinned = [
            ("r0", General, 112),
            ("ra", General, 112 + 8 * 26),
            ("sp", General, 112 + 8 * 30),
            ("pc", General, 112 + 8 * 31),
            ("unique", General, 112 + 8 * 32),
            ("f30", Float, 240),
            ("fpcr", Float, 248),
        ];
        for (name, block, offset) in pinned {
            assert_eq!(places(&PRSTATUS_ALPHA, name)[0], (block, offset), "{name}");
        }
    }
}
