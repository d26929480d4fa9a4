//! Linux on PowerPC: `struct elf_prstatus` with `struct pt_regs`, `struct thread_fp_state` and the register sets of
//! `ptrace-view.c`, of the kernel's `asm/ptrace.h` and `asm/elf.h`. A 32-bit register in a slot of 8 bytes is the slot's
//! low half.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::{
    FPREGSET, PPC_DSCR, PPC_EBB, PPC_PKEY, PPC_PMU, PPC_PPR, PPC_TAR, PPC_TM_CDSCR, PPC_TM_CFPR, PPC_TM_CGPR,
    PPC_TM_CPPR, PPC_TM_CTAR, PPC_TM_CVMX, PPC_TM_CVSX, PPC_TM_SPR, PPC_VMX, PPC_VSX,
};
use crate::registers::evidence::Evidence::{self, Header, Reader, Sample};
use crate::registers::note::RegisterNote;
use crate::registers::nth;

pub(crate) static PRSTATUS_PPC: RecordFormat =
    RecordFormat::new("PRSTATUS_PPC", Machine::Ppc, &const { runs("mq", 72, 4) });

pub(crate) static PRSTATUS_PPC64: RecordFormat =
    RecordFormat::new("PRSTATUS_PPC64", Machine::Ppc64, &const { runs("softe", 112, 8) });

pub(crate) static PRSTATUS_PPC64_LE: RecordFormat =
    RecordFormat::new("PRSTATUS_PPC64_LE", Machine::Ppc64, &const { runs("softe", 112, 8) });

/// Registers from byte `at` on, in words of `word` bytes. Word 39 is `of_39`.
const fn runs(of_39: &'static str, at: u32, word: u32) -> [Run; 38] {
    [
        Run::new("r0", 32, General, at).stride(word),
        Run::new("pc", 1, General, nth(at, word, 32)),
        Run::new("msr", 2, General, nth(at, word, 33)).stride(word),
        Run::new("ctr", 1, General, nth(at, word, 35)),
        Run::new("lr", 1, General, nth(at, word, 36)),
        Run::new("xer", 1, General, nth(at, word, 37)).within(word),
        Run::new("cr", 1, General, nth(at, word, 38)).within(word),
        Run::new(of_39, 1, General, nth(at, word, 39)),
        Run::new("trap", 2, General, nth(at, word, 40)).stride(word),
        Run::new("dsisr", 1, General, nth(at, word, 42)).within(word),
        Run::new("result", 1, General, nth(at, word, 43)),
        Run::new("vs0", 32, Float, 0).stride(8).part(64, 64),
        Run::new("fpscr", 1, Float, 256),
        Run::new("vs0", 32, Note(PPC_VSX), 0).stride(8).part(0, 64),
        Run::new("vr0", 32, Note(PPC_VMX), 0).stride(16),
        Run::new("vscr", 1, Note(PPC_VMX), 512).within(16),
        Run::new("vrsave", 1, Note(PPC_VMX), 528),
        Run::new("tar", 1, Note(PPC_TAR), 0),
        Run::new("ppr", 1, Note(PPC_PPR), 0),
        Run::new("dscr", 1, Note(PPC_DSCR), 0),
        Run::new("ebbrr", 3, Note(PPC_EBB), 0).stride(8),
        Run::new("siar", 5, Note(PPC_PMU), 0).stride(8),
        Run::new("amr", 3, Note(PPC_PKEY), 0).stride(8),
        Run::new("cr0", 32, Note(PPC_TM_CGPR), 0).stride(word),
        Run::new("cctr", 1, Note(PPC_TM_CGPR), nth(0, word, 35)),
        Run::new("clr", 1, Note(PPC_TM_CGPR), nth(0, word, 36)),
        Run::new("cxer", 1, Note(PPC_TM_CGPR), nth(0, word, 37)).within(word),
        Run::new("ccr", 1, Note(PPC_TM_CGPR), nth(0, word, 38)).within(word),
        Run::new("cvs0", 32, Note(PPC_TM_CFPR), 0).stride(8).part(64, 64),
        Run::new("cfpscr", 1, Note(PPC_TM_CFPR), 256),
        Run::new("cvs0", 32, Note(PPC_TM_CVSX), 0).stride(8).part(0, 64),
        Run::new("cvr0", 32, Note(PPC_TM_CVMX), 0).stride(16),
        Run::new("cvscr", 1, Note(PPC_TM_CVMX), 512).within(16),
        Run::new("cvrsave", 1, Note(PPC_TM_CVMX), 528),
        Run::new("tfhar", 3, Note(PPC_TM_SPR), 0).stride(8),
        Run::new("ctar", 1, Note(PPC_TM_CTAR), 0),
        Run::new("cppr", 1, Note(PPC_TM_CPPR), 0),
        Run::new("cdscr", 1, Note(PPC_TM_CDSCR), 0),
    ]
}

/// Notes of a 32-bit thread besides its status: under a 64-bit kernel those of 64 bits, of which the checkpointed registers may fill only
/// half of their note.
pub(crate) static NOTES_32: &[RegisterNote] = &const {
    let checkpointed = RegisterNote::asked(PPC_TM_CGPR, 192, Header).varying();
    notes(RegisterNote::asked(PPC_VSX, 256, Header), checkpointed, Header)
};

/// Notes of a 64-bit thread besides its status.
pub(crate) static NOTES_64: &[RegisterNote] =
    &const { notes(RegisterNote::usual(PPC_VSX, 256, Header), CHECKPOINTED, Header) };

/// The same notes of little-endian processes, in which newer notes were seen.
pub(crate) static NOTES_64_LE: &[RegisterNote] =
    &const { notes(RegisterNote::usual(PPC_VSX, 256, Reader), CHECKPOINTED, Sample) };

const CHECKPOINTED: RegisterNote = RegisterNote::asked(PPC_TM_CGPR, 384, Header);

const fn notes(vsx: RegisterNote, checkpointed: RegisterNote, sample: Evidence) -> [RegisterNote; 17] {
    [
        RegisterNote::usual(FPREGSET, 264, Reader),
        RegisterNote::usual(PPC_VMX, 544, Reader),
        vsx,
        RegisterNote::asked(PPC_TAR, 8, sample),
        RegisterNote::asked(PPC_PPR, 8, sample),
        RegisterNote::asked(PPC_DSCR, 8, sample),
        RegisterNote::asked(PPC_EBB, 24, Header),
        RegisterNote::asked(PPC_PMU, 40, Header),
        checkpointed,
        RegisterNote::asked(PPC_TM_CFPR, 264, Header),
        RegisterNote::asked(PPC_TM_CVMX, 544, Header),
        RegisterNote::asked(PPC_TM_CVSX, 256, Header),
        RegisterNote::asked(PPC_TM_SPR, 24, Header),
        RegisterNote::asked(PPC_TM_CTAR, 8, Header),
        RegisterNote::asked(PPC_TM_CPPR, 8, Header),
        RegisterNote::asked(PPC_TM_CDSCR, 8, Header),
        RegisterNote::asked(PPC_PKEY, 24, Header),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `PT_R0` to `PT_RESULT` of `asm/ptrace.h`, which are indices of words; notes by the regset maps of GDB's `ppc-linux-tdep.c`.
    #[test]
    fn registers_stand_where_asm_ptrace_h_puts_them() {
        for (format, at, word) in
            [(&PRSTATUS_PPC, 72, 4), (&PRSTATUS_PPC64, 112, 8), (&PRSTATUS_PPC64_LE, 112, 8)]
        {
            let words = [
                ("r0", 0),
                ("r31", 31),
                ("nip", 32),
                ("msr", 33),
                ("orig_gpr3", 34),
                ("ctr", 35),
                ("lr", 36),
                ("xer", 37),
                ("cr", 38),
                ("trap", 40),
                ("dar", 41),
                ("dsisr", 42),
                ("result", 43),
            ];
            for (name, index) in words {
                assert_eq!(places(format, name), [(General, at + word * index)], "{name}");
            }
            assert_eq!(places(format, "vs3"), [(Float, 24), (Note(0x102), 24)]);
            assert_eq!(places(format, "fpscr"), [(Float, 256)]);
            assert_eq!(places(format, "vs35"), [(Note(0x100), 48)]);
            assert_eq!(places(format, "vscr"), [(Note(0x100), 512)]);
            assert_eq!(places(format, "vrsave"), [(Note(0x100), 528)]);
            assert_eq!(places(format, "bescr"), [(Note(0x106), 16)]);
            assert_eq!(places(format, "mmcr0"), [(Note(0x107), 32)]);
            assert_eq!(places(format, "ccr"), [(Note(0x108), 38 * word)]);
            assert_eq!(places(format, "cvs31"), [(Note(0x109), 248), (Note(0x10b), 248)]);
            assert_eq!(places(format, "tfiar"), [(Note(0x10c), 16)]);
        }
    }
}
