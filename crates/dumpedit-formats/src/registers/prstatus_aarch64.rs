//! Linux on 64-bit ARM: `struct elf_prstatus` with `struct user_pt_regs`, `struct user_fpsimd_state`,
//! `struct user_hwdebug_state`, `struct user_pac_mask` and its like, of the kernel's `linux/elfcore.h`, `asm/ptrace.h`.
//! The notes of scalable vectors are in `sve`.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use crate::elf::sve::{array, control, fpsimd, predicates, vectors};

use crate::elf::note_kinds::{
    ARM_FPMR, ARM_GCS, ARM_HW_BREAK, ARM_HW_WATCH, ARM_PAC_ENABLED_KEYS, ARM_PAC_MASK, ARM_PACA_KEYS,
    ARM_PACG_KEYS, ARM_POE, ARM_SSVE, ARM_SVE, ARM_SYSTEM_CALL, ARM_TAGGED_ADDR_CTRL, ARM_TLS, ARM_ZA,
    ARM_ZT, FPREGSET,
};
use crate::registers::evidence::Evidence::{self, Header, Reader, Sample};
use crate::registers::note::RegisterNote;

pub(crate) static PRSTATUS_AARCH64: RecordFormat =
    RecordFormat::new("PRSTATUS_AARCH64", Machine::Arm64, &const { runs() });

/// Big-endian processes.
pub(crate) static PRSTATUS_AARCH64_BE: RecordFormat =
    RecordFormat::new("PRSTATUS_AARCH64_BE", Machine::Arm64, &const { runs() });

/// Copies in the order in which debuggers believe them: streaming mode, SVE, NT_FPREGSET. NT_ARM_SSVE of a thread that is not in streaming
/// mode is not read.
const fn runs() -> [Run; 37] {
    [
        Run::new("x0", 31, General, 112).stride(8),
        Run::new("sp", 1, General, 360),
        Run::new("pc", 1, General, 368),
        Run::new("cpsr", 1, General, 376).within(8),
        z(vectors(ARM_SSVE)),
        z(vectors(ARM_SVE)),
        v(fpsimd(ARM_SVE)),
        v(Float),
        v(fpsimd(ARM_SSVE)),
        p(predicates(ARM_SSVE)),
        p(predicates(ARM_SVE)),
        fpsr(control(ARM_SSVE), 0),
        fpsr(control(ARM_SVE), 0),
        fpsr(fpsimd(ARM_SVE), 512),
        fpsr(Float, 512),
        fpsr(fpsimd(ARM_SSVE), 512),
        fpcr(control(ARM_SSVE), 4),
        fpcr(control(ARM_SVE), 4),
        fpcr(fpsimd(ARM_SVE), 516),
        fpcr(Float, 516),
        fpcr(fpsimd(ARM_SSVE), 516),
        Run::new("za", 1, array(ARM_ZA), 0).little(),
        Run::new("zt0", 1, Note(ARM_ZT), 0).little(),
        Run::new("tpidr", 2, Note(ARM_TLS), 0).stride(8),
        Run::new("bvr0", 16, Note(ARM_HW_BREAK), 8).stride(16),
        Run::new("bcr0", 16, Note(ARM_HW_BREAK), 16).stride(16),
        Run::new("wvr0", 16, Note(ARM_HW_WATCH), 8).stride(16),
        Run::new("wcr0", 16, Note(ARM_HW_WATCH), 16).stride(16),
        Run::new("syscallno", 1, Note(ARM_SYSTEM_CALL), 0),
        Run::new("pauth_dmask", 2, Note(ARM_PAC_MASK), 0).stride(8),
        Run::new("apiakey", 4, Note(ARM_PACA_KEYS), 0).stride(16),
        Run::new("apgakey", 1, Note(ARM_PACG_KEYS), 0),
        Run::new("tag_ctl", 1, Note(ARM_TAGGED_ADDR_CTRL), 0),
        Run::new("pac_enabled_keys", 1, Note(ARM_PAC_ENABLED_KEYS), 0),
        Run::new("fpmr", 1, Note(ARM_FPMR), 0),
        Run::new("por", 1, Note(ARM_POE), 0),
        Run::new("gcs_features_enabled", 3, Note(ARM_GCS), 0).stride(8),
    ]
}

/// The scalable vectors, the least significant byte of each first in either byte order.
const fn z(block: BlockKind) -> Run {
    Run::new("z0", 32, block, 0).little()
}

/// The lowest 128 bits of the vectors, in the target's byte order.
const fn v(block: BlockKind) -> Run {
    Run::new("z0", 32, block, 0).stride(16).part(0, 128)
}

/// p0 to p15 and ffr.
const fn p(block: BlockKind) -> Run {
    Run::new("p0", 17, block, 0).little()
}

const fn fpsr(block: BlockKind, byte: u32) -> Run {
    Run::new("fpsr", 1, block, byte)
}

const fn fpcr(block: BlockKind, byte: u32) -> Run {
    Run::new("fpcr", 1, block, byte)
}

/// Notes of a thread besides its status. The scalable ones have the size for vectors of 64 bytes, or that of their header only.
pub(crate) static NOTES: &[RegisterNote] = &const { notes(Reader, Sample) };

/// The same notes of big-endian processes, of which there is no dump.
pub(crate) static NOTES_BE: &[RegisterNote] = &const { notes(Header, Header) };

const fn notes(reader: Evidence, sample: Evidence) -> [RegisterNote; 17] {
    [
        RegisterNote::usual(FPREGSET, 528, reader),
        RegisterNote::usual(ARM_TLS, 8, reader),
        RegisterNote::asked(ARM_HW_BREAK, 264, reader).varying(),
        RegisterNote::asked(ARM_HW_WATCH, 264, reader).varying(),
        RegisterNote::asked(ARM_SYSTEM_CALL, 4, sample),
        RegisterNote::asked(ARM_SVE, 2224, reader).varying(),
        RegisterNote::asked(ARM_PAC_MASK, 16, reader),
        RegisterNote::asked(ARM_PACA_KEYS, 64, Header),
        RegisterNote::asked(ARM_PACG_KEYS, 16, Header),
        RegisterNote::asked(ARM_TAGGED_ADDR_CTRL, 8, sample),
        RegisterNote::asked(ARM_PAC_ENABLED_KEYS, 8, sample),
        RegisterNote::asked(ARM_SSVE, 2224, sample).varying(),
        RegisterNote::asked(ARM_ZA, 16, sample).varying(),
        RegisterNote::asked(ARM_ZT, 64, sample),
        RegisterNote::asked(ARM_FPMR, 8, Header),
        RegisterNote::asked(ARM_POE, 8, Header),
        RegisterNote::asked(ARM_GCS, 24, Header),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `offsetof(struct elf_prstatus, pr_reg)` is 112; `struct user_pt_regs`, `struct user_fpsimd_state` and
    /// `struct user_hwdebug_state` of `asm/ptrace.h`.
    #[test]
    fn registers_stand_where_asm_ptrace_h_puts_them() {
        let pinned = [
            ("x0", General, 112),
            ("x30", General, 352),
            ("sp", General, 360),
            ("pc", General, 368),
            ("cpsr", General, 376),
            ("tpidr", Note(0x401), 0),
            ("tpidr2", Note(0x401), 8),
            ("bvr1", Note(0x402), 24),
            ("bcr1", Note(0x402), 32),
            ("wvr0", Note(0x403), 8),
            ("pauth_cmask", Note(0x406), 8),
            ("apdbkey", Note(0x407), 48),
            ("apgakey", Note(0x408), 0),
            ("tag_ctl", Note(0x409), 0),
            ("pac_enabled_keys", Note(0x40a), 0),
            ("zt0", Note(0x40d), 0),
            ("gcspr", Note(0x410), 16),
        ];
        for (name, block, offset) in pinned {
            assert_eq!(places(&PRSTATUS_AARCH64, name), [(block, offset)], "{name}");
        }
        let in_form =
            |offset| move |(block, _)| (block == Float || block == fpsimd(ARM_SVE)).then_some(offset);
        for (name, offset) in [("z0", 0), ("z31", 496), ("fpsr", 512), ("fpcr", 516)] {
            let found = places(&PRSTATUS_AARCH64, name).into_iter();
            let offsets: Vec<u32> = found.clone().filter_map(in_form(offset)).collect();
            assert_eq!(offsets, [offset, offset], "{name}");
            let order: Vec<BlockKind> = found.map(|(block, _)| block).collect();
            let scalable = if name.starts_with('z') {
                [vectors(ARM_SSVE), vectors(ARM_SVE)]
            } else {
                [control(ARM_SSVE), control(ARM_SVE)]
            };
            assert_eq!(
                order,
                [&scalable[..], &[fpsimd(ARM_SVE), Float, fpsimd(ARM_SSVE)]].concat(),
                "{name}"
            );
        }
        assert_eq!(places(&PRSTATUS_AARCH64_BE, "cpsr"), [(General, 376)]);
    }
}
