//! Linux on z/Architecture: `struct elf_prstatus` with `s390_regs`, `s390_fp_regs` and the register sets of `ptrace.c`, of
//! the kernel's `asm/ptrace.h` and `asm/elf.h`.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::{
    FPREGSET, S390_CTRS, S390_GS_BC, S390_GS_CB, S390_HIGH_GPRS, S390_LAST_BREAK, S390_PREFIX,
    S390_SYSTEM_CALL, S390_TDB, S390_TIMER, S390_TODCMP, S390_TODPREG, S390_VXRS_HIGH, S390_VXRS_LOW,
};
use crate::registers::evidence::Evidence::{Header, Reader, Sample};
use crate::registers::note::RegisterNote;

pub(crate) static PRSTATUS_S390X: RecordFormat = RecordFormat::new(
    "PRSTATUS_S390X",
    Machine::S390x,
    &const {
        let general = [
            Run::new("pswm", 2, General, 112).stride(8),
            Run::new("r0", 16, General, 128).stride(8),
            Run::new("acr0", 16, General, 256).stride(4),
            Run::new("orig_r2", 1, General, 320),
            Run::new("last_break", 1, Note(S390_LAST_BREAK), 0),
        ];
        runs(general, 8)
    },
);

/// A 31-bit process: the high halves of its registers are in a note of their own.
pub(crate) static PRSTATUS_S390: RecordFormat = RecordFormat::new(
    "PRSTATUS_S390",
    Machine::S390,
    &const {
        let general = [
            Run::new("pswm", 2, General, 72).stride(4),
            Run::new("r0", 16, General, 80).stride(4).part(0, 32),
            Run::new("acr0", 16, General, 144).stride(4),
            Run::new("orig_r2", 1, General, 208),
            Run::new("last_break", 1, Note(S390_LAST_BREAK), 4),
        ];
        runs(general, 4)
    },
);

/// The general registers, and the registers of both widths, with words of `word` bytes.
const fn runs([psw, integers, access, orig_r2, last_break]: [Run; 5], word: u32) -> [Run; 20] {
    [
        psw,
        integers,
        access,
        orig_r2,
        last_break,
        Run::new("r0", 16, Note(S390_HIGH_GPRS), 0).stride(4).part(32, 32),
        Run::new("fpc", 1, Float, 0),
        Run::new("v0", 16, Float, 8).stride(8).part(64, 64),
        Run::new("v0", 16, Note(S390_VXRS_LOW), 0).stride(8).part(0, 64),
        Run::new("v16", 16, Note(S390_VXRS_HIGH), 0).stride(16),
        Run::new("timer", 1, Note(S390_TIMER), 0),
        Run::new("todcmp", 1, Note(S390_TODCMP), 0),
        Run::new("todpreg", 1, Note(S390_TODPREG), 0),
        Run::new("cr0", 16, Note(S390_CTRS), 0).stride(word),
        Run::new("prefix", 1, Note(S390_PREFIX), 0),
        Run::new("system_call", 1, Note(S390_SYSTEM_CALL), 0),
        Run::new("tdb0", 4, Note(S390_TDB), 0).stride(8),
        Run::new("tr0", 16, Note(S390_TDB), 128).stride(8),
        Run::new("gsd", 3, Note(S390_GS_CB), 8).stride(8),
        Run::new("bc_gsd", 3, Note(S390_GS_BC), 8).stride(8),
    ]
}

/// Notes of a thread besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[
    RegisterNote::usual(FPREGSET, 136, Reader),
    RegisterNote::usual(S390_LAST_BREAK, 8, Reader),
    RegisterNote::usual(S390_SYSTEM_CALL, 4, Reader),
    RegisterNote::asked(S390_TIMER, 8, Header),
    RegisterNote::asked(S390_TODCMP, 8, Header),
    RegisterNote::asked(S390_TODPREG, 4, Header),
    RegisterNote::asked(S390_CTRS, 128, Header),
    RegisterNote::asked(S390_PREFIX, 4, Header),
    RegisterNote::asked(S390_TDB, 256, Header),
    RegisterNote::asked(S390_VXRS_LOW, 128, Sample),
    RegisterNote::asked(S390_VXRS_HIGH, 256, Sample),
    RegisterNote::asked(S390_GS_CB, 32, Header),
    RegisterNote::asked(S390_GS_BC, 32, Header),
];

/// Notes of a 31-bit thread besides its status.
pub(crate) static NOTES_31: &[RegisterNote] = &[
    RegisterNote::usual(FPREGSET, 136, Reader),
    RegisterNote::usual(S390_LAST_BREAK, 8, Reader),
    RegisterNote::usual(S390_SYSTEM_CALL, 4, Reader),
    RegisterNote::usual(S390_HIGH_GPRS, 64, Reader),
    RegisterNote::asked(S390_TIMER, 8, Header),
    RegisterNote::asked(S390_TODCMP, 8, Header),
    RegisterNote::asked(S390_TODPREG, 4, Header),
    RegisterNote::asked(S390_CTRS, 64, Header),
    RegisterNote::asked(S390_PREFIX, 4, Header),
    RegisterNote::asked(S390_TDB, 256, Header),
    RegisterNote::asked(S390_VXRS_LOW, 128, Header),
    RegisterNote::asked(S390_VXRS_HIGH, 256, Header),
    RegisterNote::asked(S390_GS_CB, 32, Header),
    RegisterNote::asked(S390_GS_BC, 32, Header),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `s390_regs` of `asm/ptrace.h`; notes by the register maps of GDB's `s390-linux-tdep.c`.
    #[test]
    fn registers_stand_where_asm_ptrace_h_puts_them() {
        let pinned = [
            ("pswm", General, 112, 72),
            ("pswa", General, 120, 76),
            ("r15", General, 248, 140),
            ("acr0", General, 256, 144),
            ("acr15", General, 316, 204),
            ("orig_r2", General, 320, 208),
            ("last_break", Note(0x306), 0, 4),
            ("cr1", Note(0x304), 8, 4),
            ("fpc", Float, 0, 0),
            ("atia", Note(0x308), 24, 24),
            ("tr15", Note(0x308), 248, 248),
            ("v31", Note(0x30a), 240, 240),
            ("gsepla", Note(0x30b), 24, 24),
        ];
        for (name, block, wide, narrow) in pinned {
            assert_eq!(places(&PRSTATUS_S390X, name)[0], (block, wide), "{name}");
            assert_eq!(places(&PRSTATUS_S390, name)[0], (block, narrow), "{name}");
        }
        assert_eq!(places(&PRSTATUS_S390, "r15"), [(General, 140), (Note(0x300), 60)]);
        assert_eq!(places(&PRSTATUS_S390X, "v15"), [(Float, 128), (Note(0x309), 120)]);
    }
}
