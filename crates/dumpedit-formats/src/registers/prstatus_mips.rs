//! Linux on MIPS: `struct elf_prstatus` with `elf_gregset_t`, `elf_fpregset_t` and the register sets of `ptrace.c`, of the kernel's
//! `asm/reg.h` and `asm/elf.h`. The low half of a vector of MIPS_MSA comes first in either byte order.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::{FPREGSET, MIPS_DSP, MIPS_FP_MODE, MIPS_MSA};
use crate::registers::evidence::Evidence::{Header, Reader};
use crate::registers::note::RegisterNote;
use crate::registers::nth;

/// o32: the registers follow six unused words.
pub(crate) static PRSTATUS_MIPS_O32: RecordFormat =
    RecordFormat::new("PRSTATUS_MIPS_O32", Machine::Mips, &const { runs(96, 4) });

/// n32: 64-bit registers in a 32-bit file.
pub(crate) static PRSTATUS_MIPS_N32: RecordFormat =
    RecordFormat::new("PRSTATUS_MIPS_N32", Machine::Mips64, &const { runs(72, 8) });

pub(crate) static PRSTATUS_MIPS_N64: RecordFormat =
    RecordFormat::new("PRSTATUS_MIPS_N64", Machine::Mips64, &const { runs(112, 8) });

/// Registers with r0 at byte `at`, in words of `word` bytes.
const fn runs(at: u32, word: u32) -> [Run; 12] {
    [
        Run::new("at", 31, General, nth(at, word, 1)).stride(word),
        Run::new("lo", 6, General, nth(at, word, 32)).stride(word),
        Run::new("w0", 32, Float, 0).stride(8).part(0, 64),
        Run::new("w0", 32, Note(MIPS_MSA), 0).stride(16).part(0, 64),
        Run::new("w0", 32, Note(MIPS_MSA), 8).stride(16).part(64, 64),
        Run::new("fsr", 2, Float, 256).stride(4),
        Run::new("fir", 1, Note(MIPS_MSA), 512),
        Run::new("fsr", 1, Note(MIPS_MSA), 516),
        Run::new("msair", 2, Note(MIPS_MSA), 520).stride(4),
        Run::new("hi1", 6, Note(MIPS_DSP), 0).stride(word),
        Run::new("dspctl", 1, Note(MIPS_DSP), 6 * word).within(word),
        Run::new("fp_mode", 1, Note(MIPS_FP_MODE), 0),
    ]
}

/// Notes of an o32 thread besides its status.
pub(crate) static NOTES_O32: &[RegisterNote] = &[
    RegisterNote::usual(FPREGSET, 264, Reader),
    RegisterNote::asked(MIPS_DSP, 28, Header),
    RegisterNote::asked(MIPS_FP_MODE, 4, Header),
    RegisterNote::asked(MIPS_MSA, 528, Header),
];

/// Notes of an n64 thread besides its status.
pub(crate) static NOTES_N64: &[RegisterNote] = &[
    RegisterNote::usual(FPREGSET, 264, Reader),
    RegisterNote::asked(MIPS_DSP, 56, Header),
    RegisterNote::asked(MIPS_FP_MODE, 4, Header),
    RegisterNote::asked(MIPS_MSA, 528, Header),
];

/// Notes of an n32 thread besides its status.
pub(crate) static NOTES_N32: &[RegisterNote] = &[
    RegisterNote::usual(FPREGSET, 264, Header),
    RegisterNote::asked(MIPS_DSP, 56, Header),
    RegisterNote::asked(MIPS_FP_MODE, 4, Header),
    RegisterNote::asked(MIPS_MSA, 528, Header),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `MIPS32_EF_R0`, `MIPS64_EF_R0` and the constants behind them, of `asm/reg.h`.
    #[test]
    fn registers_stand_where_asm_reg_h_puts_them() {
        let o32 = [("ra", 37), ("lo", 38), ("hi", 39), ("epc", 40), ("bad", 41), ("sr", 42), ("cause", 43)];
        for (name, index) in o32 {
            assert_eq!(places(&PRSTATUS_MIPS_O32, name), [(General, 72 + 4 * index)], "{name}");
            let index = index - 6;
            assert_eq!(places(&PRSTATUS_MIPS_N32, name), [(General, 72 + 8 * index)], "{name}");
            assert_eq!(places(&PRSTATUS_MIPS_N64, name), [(General, 112 + 8 * index)], "{name}");
        }
        assert_eq!(places(&PRSTATUS_MIPS_O32, "t0"), [(General, 72 + 4 * 14)]);
        assert_eq!(places(&PRSTATUS_MIPS_N64, "a4"), [(General, 112 + 8 * 8)]);
        assert_eq!(places(&PRSTATUS_MIPS_N64, "w1"), [(Float, 8), (Note(0x802), 16), (Note(0x802), 24)]);
        assert_eq!(places(&PRSTATUS_MIPS_N64, "fsr"), [(Float, 256), (Note(0x802), 516)]);
        assert_eq!(places(&PRSTATUS_MIPS_N64, "fir"), [(Float, 260), (Note(0x802), 512)]);
        assert_eq!(places(&PRSTATUS_MIPS_N64, "dspctl"), [(Note(0x800), 48)]);
    }
}
