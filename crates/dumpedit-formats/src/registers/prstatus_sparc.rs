//! Linux on SPARC: `struct elf_prstatus` with `elf_gregset_t` and `elf_fpregset_t`, of the kernel's `asm/elf_32.h`, `asm/elf_64.h` and the
//! register sets of `ptrace_64.c`. The windows of callers, which unwinders read, are in the stack's memory.

use dumpedit_layout::BlockKind::{Float, General};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::FPREGSET;
use crate::registers::evidence::Evidence::{Header, Reader};
use crate::registers::note::RegisterNote;

pub(crate) static PRSTATUS_SPARC: RecordFormat = RecordFormat::new(
    "PRSTATUS_SPARC",
    Machine::Sparc,
    &[
        Run::new("g1", 31, General, 76).stride(4),
        Run::new("psr", 4, General, 200).stride(4),
        Run::new("wim", 2, General, 216).stride(4),
        Run::new("f0", 32, Float, 0).stride(4),
        Run::new("fsr", 1, Float, 132),
    ],
);

pub(crate) static PRSTATUS_SPARC64: RecordFormat = RecordFormat::new(
    "PRSTATUS_SPARC64",
    Machine::Sparc64,
    &[
        Run::new("g1", 31, General, 120).stride(8),
        Run::new("tstate", 3, General, 368).stride(8),
        Run::new("y", 1, General, 392).within(8),
        Run::new("d0", 32, Float, 0).stride(8),
        Run::new("fsr", 3, Float, 256).stride(8),
    ],
);

/// Notes of a 32-bit thread besides its status.
pub(crate) static NOTES_32: &[RegisterNote] = &[RegisterNote::usual(FPREGSET, 400, Header)];

/// Notes of a 64-bit thread besides its status.
pub(crate) static NOTES_64: &[RegisterNote] = &[RegisterNote::usual(FPREGSET, 280, Reader)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// 32 registers of the window, then psr, pc, npc and y, or tstate, tpc, tnpc and y; 8 bytes each on SPARC V9.
    #[test]
    fn registers_stand_where_asm_elf_h_puts_them() {
        for (name, index) in
            [("g1", 1), ("o6", 14), ("l0", 16), ("i7", 31), ("pc", 33), ("npc", 34), ("y", 35)]
        {
            assert_eq!(places(&PRSTATUS_SPARC, name), [(General, 72 + 4 * index)], "{name}");
            assert_eq!(places(&PRSTATUS_SPARC64, name), [(General, 112 + 8 * index)], "{name}");
        }
        assert_eq!(places(&PRSTATUS_SPARC64, "d62"), [(Float, 248)]);
        assert_eq!(places(&PRSTATUS_SPARC64, "fprs"), [(Float, 272)]);
        assert_eq!(places(&PRSTATUS_SPARC, "f31"), [(Float, 124)]);
    }
}
