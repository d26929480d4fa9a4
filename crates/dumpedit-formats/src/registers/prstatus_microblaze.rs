//! Linux on MicroBlaze: `struct elf_prstatus` with `struct pt_regs`, of the kernel's `asm/ptrace.h`.

use dumpedit_layout::BlockKind::General;
use dumpedit_layout::{Machine, RecordFormat, Run};

pub(crate) static PRSTATUS_MICROBLAZE: RecordFormat = RecordFormat::new(
    "PRSTATUS_MICROBLAZE",
    Machine::Microblaze,
    &[
        Run::new("r1", 31, General, 76).stride(4),
        Run::new("pc", 2, General, 200).stride(4),
        Run::new("ear", 4, General, 208).stride(4),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `struct pt_regs`: r0 to r31, pc, msr, ear, esr, fsr, pt_mode.
    #[test]
    fn registers_stand_where_the_kernel_puts_them() {
        let pinned = [
            ("r1", General, 76),
            ("r31", General, 72 + 4 * 31),
            ("pc", General, 72 + 4 * 32),
            ("msr", General, 72 + 4 * 33),
            ("ear", General, 72 + 4 * 34),
            ("esr", General, 72 + 4 * 35),
            ("fsr", General, 72 + 4 * 36),
            ("pt_mode", General, 72 + 4 * 37),
        ];
        for (name, block, offset) in pinned {
            assert_eq!(places(&PRSTATUS_MICROBLAZE, name)[0], (block, offset), "{name}");
        }
    }
}
