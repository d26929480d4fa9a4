//! Linux on 64-bit ARM: `struct elf_prstatus` with `struct user_pt_regs`, `struct user_fpsimd_state`,
//! `struct user_hwdebug_state`, `struct user_pac_mask` and its like, of the kernel's `linux/elfcore.h`, `asm/ptrace.h`.
//! The notes of scalable vectors are in `sve`.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use crate::elf::sve::{SSVE, SVE, ZA, array, control, fpsimd, predicates, vectors};

use crate::elf::note_kinds::FPREGSET;
use crate::registers::evidence::Evidence::{self, Header, Reader, Sample};
use crate::registers::note::RegisterNote;

/// NT_ARM_TLS and its like.
const TLS: u32 = 0x401;
const HW_BREAK: u32 = 0x402;
const HW_WATCH: u32 = 0x403;
const SYSTEM_CALL: u32 = 0x404;
const PAC_MASK: u32 = 0x406;
const PAC_ADDRESS_KEYS: u32 = 0x407;
const PAC_GENERIC_KEY: u32 = 0x408;
const TAGGED_ADDRESS_CONTROL: u32 = 0x409;
const PAC_ENABLED_KEYS: u32 = 0x40a;
const ZT: u32 = 0x40d;
const FPMR: u32 = 0x40e;
const POE: u32 = 0x40f;
const GCS: u32 = 0x410;

pub(crate) static PRSTATUS_AARCH64: RecordFormat =
    RecordFormat::new("PRSTATUS_AARCH64", Machine::Arm64, &const { runs() });

/// The same with the most significant byte first.
pub(crate) static PRSTATUS_AARCH64_BE: RecordFormat =
    RecordFormat::new("PRSTATUS_AARCH64_BE", Machine::Arm64, &const { runs() });

/// Of copies debuggers believe the one of streaming mode, then that of SVE, then NT_FPREGSET. What NT_ARM_SSVE has of a
/// thread that is not in streaming mode nobody reads.
const fn runs() -> [Run; 37] {
    [
        Run::new("x0", 31, General, 112).stride(8),
        Run::new("sp", 1, General, 360),
        Run::new("pc", 1, General, 368),
        Run::new("cpsr", 1, General, 376).within(8),
        z(vectors(SSVE)),
        z(vectors(SVE)),
        v(fpsimd(SVE)),
        v(Float),
        v(fpsimd(SSVE)),
        p(predicates(SSVE)),
        p(predicates(SVE)),
        fpsr(control(SSVE), 0),
        fpsr(control(SVE), 0),
        fpsr(fpsimd(SVE), 512),
        fpsr(Float, 512),
        fpsr(fpsimd(SSVE), 512),
        fpcr(control(SSVE), 4),
        fpcr(control(SVE), 4),
        fpcr(fpsimd(SVE), 516),
        fpcr(Float, 516),
        fpcr(fpsimd(SSVE), 516),
        Run::new("za", 1, array(ZA), 0).little(),
        Run::new("zt0", 1, Note(ZT), 0).little(),
        Run::new("tpidr", 2, Note(TLS), 0).stride(8),
        Run::new("bvr0", 16, Note(HW_BREAK), 8).stride(16),
        Run::new("bcr0", 16, Note(HW_BREAK), 16).stride(16),
        Run::new("wvr0", 16, Note(HW_WATCH), 8).stride(16),
        Run::new("wcr0", 16, Note(HW_WATCH), 16).stride(16),
        Run::new("syscallno", 1, Note(SYSTEM_CALL), 0),
        Run::new("pauth_dmask", 2, Note(PAC_MASK), 0).stride(8),
        Run::new("apiakey", 4, Note(PAC_ADDRESS_KEYS), 0).stride(16),
        Run::new("apgakey", 1, Note(PAC_GENERIC_KEY), 0),
        Run::new("tag_ctl", 1, Note(TAGGED_ADDRESS_CONTROL), 0),
        Run::new("pac_enabled_keys", 1, Note(PAC_ENABLED_KEYS), 0),
        Run::new("fpmr", 1, Note(FPMR), 0),
        Run::new("por", 1, Note(POE), 0),
        Run::new("gcs_features_enabled", 3, Note(GCS), 0).stride(8),
    ]
}

/// The scalable vectors, the least significant byte of each first in either byte order.
const fn z(block: BlockKind) -> Run {
    Run::new("z0", 32, block, 0).little()
}

/// The lowest 128 bits of them, in the target's byte order.
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

/// What a thread has besides its status. The scalable ones have the size that goes with vectors of 64 bytes, or that of
/// their header alone.
pub(crate) static NOTES: &[RegisterNote] = &const { notes(Reader, Sample) };

/// The same in the other byte order, of which there is no dump.
pub(crate) static NOTES_BE: &[RegisterNote] = &const { notes(Header, Header) };

const fn notes(reader: Evidence, sample: Evidence) -> [RegisterNote; 17] {
    [
        RegisterNote::usual(FPREGSET, 528, reader),
        RegisterNote::usual(TLS, 8, reader),
        RegisterNote::asked(HW_BREAK, 264, reader).varying(),
        RegisterNote::asked(HW_WATCH, 264, reader).varying(),
        RegisterNote::asked(SYSTEM_CALL, 4, sample),
        RegisterNote::asked(SVE, 2224, reader).varying(),
        RegisterNote::asked(PAC_MASK, 16, reader),
        RegisterNote::asked(PAC_ADDRESS_KEYS, 64, Header),
        RegisterNote::asked(PAC_GENERIC_KEY, 16, Header),
        RegisterNote::asked(TAGGED_ADDRESS_CONTROL, 8, sample),
        RegisterNote::asked(PAC_ENABLED_KEYS, 8, sample),
        RegisterNote::asked(SSVE, 2224, sample).varying(),
        RegisterNote::asked(ZA, 16, sample).varying(),
        RegisterNote::asked(ZT, 64, sample),
        RegisterNote::asked(FPMR, 8, Header),
        RegisterNote::asked(POE, 8, Header),
        RegisterNote::asked(GCS, 24, Header),
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
        let in_form = |offset| move |(block, _)| (block == Float || block == fpsimd(SVE)).then_some(offset);
        for (name, offset) in [("z0", 0), ("z31", 496), ("fpsr", 512), ("fpcr", 516)] {
            let found = places(&PRSTATUS_AARCH64, name).into_iter();
            let offsets: Vec<u32> = found.clone().filter_map(in_form(offset)).collect();
            assert_eq!(offsets, [offset, offset], "{name}");
            let order: Vec<BlockKind> = found.map(|(block, _)| block).collect();
            let scalable = if name.starts_with('z') {
                [vectors(SSVE), vectors(SVE)]
            } else {
                [control(SSVE), control(SVE)]
            };
            assert_eq!(order, [&scalable[..], &[fpsimd(SVE), Float, fpsimd(SSVE)]].concat(), "{name}");
        }
        assert_eq!(places(&PRSTATUS_AARCH64_BE, "cpsr"), [(General, 376)]);
    }
}
