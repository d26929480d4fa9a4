//! Linux on 32-bit ARM: `struct elf_prstatus` with `struct pt_regs`, and `struct user_vfp`, of the kernel's `linux/elfcore.h`,
//! `asm/ptrace.h`, `asm/user.h`. The doubles d0 to d31 are stored, and q0 is d0 and d1.

use dumpedit_layout::BlockKind::{General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::{ARM_TLS, ARM_VFP};
use crate::registers::evidence::Evidence::{Reader, Sample};
use crate::registers::note::RegisterNote;

pub(crate) static PRSTATUS_ARM: RecordFormat = RecordFormat::new(
    "PRSTATUS_ARM",
    Machine::Arm,
    &[
        Run::new("r0", 13, General, 72).stride(4),
        Run::new("sp", 1, General, 124),
        Run::new("lr", 1, General, 128),
        Run::new("pc", 1, General, 132),
        Run::new("cpsr", 1, General, 136),
        Run::new("orig_r0", 1, General, 140),
        Run::new("q0", 16, Note(ARM_VFP), 0).stride(16).part(0, 64),
        Run::new("q0", 16, Note(ARM_VFP), 8).stride(16).part(64, 64),
        Run::new("fpscr", 1, Note(ARM_VFP), 256),
        Run::new("tpidruro", 1, Note(ARM_TLS), 0),
    ],
);

/// Notes of a thread besides its status.
pub(crate) static NOTES: &[RegisterNote] =
    &[RegisterNote::usual(ARM_VFP, 264, Reader), RegisterNote::asked(ARM_TLS, 4, Sample)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `offsetof(struct elf_prstatus, pr_reg)` is 72; `ARM_r0` to `ARM_ORIG_r0` of `asm/ptrace.h`, `struct user_vfp` of
    /// `asm/user.h`.
    #[test]
    fn registers_stand_where_asm_ptrace_h_puts_them() {
        let pinned = [
            ("r0", 72),
            ("r12", 120),
            ("sp", 124),
            ("lr", 128),
            ("pc", 132),
            ("cpsr", 136),
            ("orig_r0", 140),
        ];
        for (name, offset) in pinned {
            assert_eq!(places(&PRSTATUS_ARM, name), [(General, offset)], "{name}");
        }
        assert_eq!(places(&PRSTATUS_ARM, "q15"), [(Note(ARM_VFP), 240), (Note(ARM_VFP), 248)]);
        assert_eq!(places(&PRSTATUS_ARM, "fpscr"), [(Note(ARM_VFP), 256)]);
    }
}
