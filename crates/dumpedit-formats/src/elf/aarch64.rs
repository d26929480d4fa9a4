//! Linux on 64-bit ARM: `struct elf_prstatus` with `struct user_pt_regs`, `struct user_fpsimd_state`,
//! `struct user_hwdebug_state` and `struct user_pac_mask`, of the kernel's `linux/elfcore.h`, `asm/ptrace.h`.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

/// NT_ARM_TLS, NT_ARM_HW_BREAK, NT_ARM_HW_WATCH, NT_ARM_SYSTEM_CALL and NT_ARM_PAC_MASK.
const TLS: u32 = 0x401;
const HW_BREAK: u32 = 0x402;
const HW_WATCH: u32 = 0x403;
const SYSTEM_CALL: u32 = 0x404;
const PAC_MASK: u32 = 0x406;

pub(super) static PRSTATUS_AARCH64: RecordFormat =
    RecordFormat { name: "PRSTATUS_AARCH64", machine: Machine::Arm64, runs: &const { runs(376) } };

/// The same with the most significant byte first, where the low half of `pstate` is its second.
pub(super) static PRSTATUS_AARCH64_BE: RecordFormat =
    RecordFormat { name: "PRSTATUS_AARCH64_BE", machine: Machine::Arm64, runs: &const { runs(380) } };

const fn runs(pstate: u32) -> [Run; 14] {
    [
        Run::new("x0", 31, General, 112).stride(8),
        Run::new("sp", 1, General, 360),
        Run::new("pc", 1, General, 368),
        Run::new("cpsr", 1, General, pstate),
        Run::new("v0", 32, Float, 0).stride(16),
        Run::new("fpsr", 1, Float, 512),
        Run::new("fpcr", 1, Float, 516),
        Run::new("tpidr", 1, Note(TLS), 0),
        Run::new("bvr0", 16, Note(HW_BREAK), 8).stride(16),
        Run::new("bcr0", 16, Note(HW_BREAK), 16).stride(16),
        Run::new("wvr0", 16, Note(HW_WATCH), 8).stride(16),
        Run::new("wcr0", 16, Note(HW_WATCH), 16).stride(16),
        Run::new("syscallno", 1, Note(SYSTEM_CALL), 0),
        Run::new("pauth_dmask", 2, Note(PAC_MASK), 0).stride(8),
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
            ("v0", Float, 0),
            ("v31", Float, 496),
            ("fpsr", Float, 512),
            ("fpcr", Float, 516),
            ("tpidr", Note(0x401), 0),
            ("bvr1", Note(0x402), 24),
            ("bcr1", Note(0x402), 32),
            ("wvr0", Note(0x403), 8),
            ("pauth_cmask", Note(0x406), 8),
        ];
        for (name, block, offset) in pinned {
            assert_eq!(places(&PRSTATUS_AARCH64, name), [(block, offset)], "{name}");
        }
        assert_eq!(places(&PRSTATUS_AARCH64_BE, "cpsr"), [(General, 380)]);
    }
}
