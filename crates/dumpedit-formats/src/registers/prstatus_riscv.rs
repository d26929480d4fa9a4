//! Linux on RISC-V: `struct elf_prstatus` with `struct user_regs_struct`, whose first word is the program counter, and `struct
//! __riscv_d_ext_state` or, on processors with single precision only, `struct __riscv_f_ext_state`, of the kernel's `linux/elfcore.h` and
//! `asm/ptrace.h`.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use super::joined;
use crate::elf::note_kinds::{FPREGSET, RISCV_VECTOR};
use crate::elf::riscv_vector::VECTORS;
use crate::registers::evidence::Evidence::Header;
use crate::registers::note::RegisterNote;
use crate::registers::nth;

pub(crate) static PRSTATUS_RISCV32: RecordFormat =
    RecordFormat::new("PRSTATUS_RISCV32", Machine::Riscv32, &const { joined::<8>(&runs(72, 4), &SINGLES) });

pub(crate) static PRSTATUS_RISCV64: RecordFormat =
    RecordFormat::new("PRSTATUS_RISCV64", Machine::Riscv64, &const { runs(112, 8) });

/// Registers from byte `at` on, in words of `word` bytes.
const fn runs(at: u32, word: u32) -> [Run; 6] {
    [
        Run::new("pc", 1, General, at),
        Run::new("ra", 31, General, nth(at, word, 1)).stride(word),
        Run::new("ft0", 32, Float, 0).stride(8),
        Run::new("fcsr", 1, Float, 256),
        Run::new("vstart", 4, Note(RISCV_VECTOR), 0).stride(word),
        Run::new("v0", 32, VECTORS, 0).little(),
    ]
}

/// NT_FPREGSET of processors with single precision only.
const SINGLE: BlockKind = BlockKind::Part(FPREGSET, 0);

const SINGLES: [Run; 2] =
    [Run::new("ft0", 32, SINGLE, 0).stride(4).part(0, 32), Run::new("fcsr", 1, SINGLE, 128)];

/// Notes of a 64-bit thread besides its status, with vectors of 16 bytes.
pub(crate) static NOTES_64: &[RegisterNote] = &[DOUBLES, VECTORS_OF_16];

/// Notes of a 32-bit thread besides its status.
pub(crate) static NOTES_32: &[RegisterNote] =
    &[DOUBLES, RegisterNote::asked(FPREGSET, 132, Header).in_block(SINGLE), VECTORS_OF_16];

const DOUBLES: RegisterNote = RegisterNote::usual(FPREGSET, 264, Header);
const VECTORS_OF_16: RegisterNote = RegisterNote::asked(RISCV_VECTOR, 552, Header).varying();

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `struct user_regs_struct` of `asm/ptrace.h`: pc, ra, sp, gp, tp, t0 to t2, s0, s1, a0 to a7, s2 to s11, t3 to t6.
    #[test]
    fn registers_stand_where_asm_ptrace_h_puts_them() {
        let words = [
            ("pc", 0),
            ("ra", 1),
            ("sp", 2),
            ("t2", 7),
            ("s0", 8),
            ("a0", 10),
            ("s2", 18),
            ("t3", 28),
            ("t6", 31),
        ];
        for (name, index) in words {
            assert_eq!(places(&PRSTATUS_RISCV64, name), [(General, 112 + 8 * index)], "{name}");
            assert_eq!(places(&PRSTATUS_RISCV32, name), [(General, 72 + 4 * index)], "{name}");
        }
        assert_eq!(places(&PRSTATUS_RISCV64, "fa0"), [(Float, 80)]);
        assert_eq!(places(&PRSTATUS_RISCV64, "fcsr"), [(Float, 256)]);
        assert_eq!(places(&PRSTATUS_RISCV32, "fa0"), [(Float, 80), (SINGLE, 40)]);
        assert_eq!(places(&PRSTATUS_RISCV32, "fcsr"), [(Float, 256), (SINGLE, 128)]);
    }
}
