//! Linux on AMD64: `struct elf_prstatus` with `struct user_regs_struct`, and `struct user_i387_struct` (FXSAVE), of the kernel's
//! `linux/elfcore.h`, `asm/user_64.h`; with 32-bit pointers (x32) the same registers have smaller offsets.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::{FPREGSET, X86_SHSTK, X86_XSTATE};
use crate::registers::evidence::Evidence::{Header, Reader};
use crate::registers::note::RegisterNote;
use crate::registers::{float_x86, joined};

pub(crate) static PRSTATUS_X86_64: RecordFormat =
    RecordFormat::new("PRSTATUS_X86_64", Machine::Amd64, &const { runs(112) });

pub(crate) static PRSTATUS_X32: RecordFormat =
    RecordFormat::new("PRSTATUS_X32", Machine::X32, &const { runs(72) });

/// Registers of a record whose `pr_reg` is at `registers`, in bytes. Of two copies debuggers believe the one in the XSAVE area.
const fn runs(registers: u32) -> [Run; 59] {
    let shadow_stack = [Run::new("pl3_ssp", 1, Note(X86_SHSTK), 0)];
    let float: [Run; 31] = joined(&float_x86::XSAVE_64, &float_x86::fxsave_64(Float));
    let others: [Run; 32] = joined(&float, &shadow_stack);
    joined(&general(registers), &others)
}

/// The general registers.
const fn general(registers: u32) -> [Run; 27] {
    [
        word("r15", registers, 0),
        word("r14", registers, 1),
        word("r13", registers, 2),
        word("r12", registers, 3),
        word("rbp", registers, 4),
        word("rbx", registers, 5),
        word("r11", registers, 6),
        word("r10", registers, 7),
        word("r9", registers, 8),
        word("r8", registers, 9),
        word("rax", registers, 10),
        word("rcx", registers, 11),
        word("rdx", registers, 12),
        word("rsi", registers, 13),
        word("rdi", registers, 14),
        word("orig_rax", registers, 15),
        word("rip", registers, 16),
        word("cs", registers, 17),
        word("eflags", registers, 18),
        word("rsp", registers, 19),
        word("ss", registers, 20),
        word("fs_base", registers, 21),
        word("gs_base", registers, 22),
        word("ds", registers, 23),
        word("es", registers, 24),
        word("fs", registers, 25),
        word("gs", registers, 26),
    ]
}

/// A word of `pr_reg`.
const fn word(name: &'static str, registers: u32, index: u32) -> Run {
    Run::new(name, 1, General, registers.saturating_add(index.saturating_mul(8)))
}

/// Notes of a thread of either width besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[
    RegisterNote::usual(FPREGSET, 512, Reader),
    RegisterNote::usual(X86_XSTATE, 832, Reader),
    RegisterNote::asked(X86_SHSTK, 8, Header),
];

#[cfg(test)]
mod tests {
    use dumpedit_layout::BlockKind::{Xstate, XstateLegacy};

    use super::*;
    use crate::elf::machines::tests::places;

    /// `offsetof(struct elf_prstatus, pr_reg)` is 112, and 72 for x32; `struct user_regs_struct` of `sys/user.h` has
    /// 27 words.
    #[test]
    fn general_registers_stand_where_sys_user_h_puts_them() {
        let pinned = [
            ("r15", 0),
            ("rbp", 32),
            ("rbx", 40),
            ("r8", 72),
            ("rax", 80),
            ("rcx", 88),
            ("rdx", 96),
            ("rsi", 104),
            ("rdi", 112),
            ("orig_rax", 120),
            ("rip", 128),
            ("cs", 136),
            ("eflags", 144),
            ("rsp", 152),
            ("ss", 160),
            ("fs_base", 168),
            ("gs_base", 176),
            ("ds", 184),
            ("es", 192),
            ("fs", 200),
            ("gs", 208),
        ];
        for (name, offset) in pinned {
            assert_eq!(places(&PRSTATUS_X86_64, name), [(General, 112 + offset)], "{name}");
            assert_eq!(places(&PRSTATUS_X32, name), [(General, 72 + offset)], "{name}");
        }
    }

    /// The Intel manual, volume 1, tables 10-2 (FXSAVE) and 13-3 (components).
    #[test]
    fn vectors_are_put_together_from_the_components_and_the_xsave_area_comes_first() {
        assert_eq!(
            places(&PRSTATUS_X86_64, "zmm3"),
            [(XstateLegacy, 208), (Xstate(2), 48), (Xstate(6), 96), (Float, 208)]
        );
        assert_eq!(places(&PRSTATUS_X86_64, "zmm17"), [(Xstate(7), 64)]);
        assert_eq!(places(&PRSTATUS_X86_64, "st7"), [(XstateLegacy, 144), (Float, 144)]);
        assert_eq!(places(&PRSTATUS_X86_64, "mxcsr"), [(XstateLegacy, 24), (Float, 24)]);
        assert_eq!(places(&PRSTATUS_X86_64, "k7"), [(Xstate(5), 56)]);
    }
}
