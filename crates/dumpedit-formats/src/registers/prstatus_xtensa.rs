//! Linux on Xtensa: `struct elf_prstatus` with `struct user_pt_regs`, of the kernel's `asm/ptrace.h`. ESP-IDF writes the same.

use dumpedit_layout::BlockKind::General;
use dumpedit_layout::{Machine, RecordFormat, Run};

pub(crate) static PRSTATUS_XTENSA: RecordFormat = RecordFormat::new(
    "PRSTATUS_XTENSA",
    Machine::Xtensa,
    &[
        Run::new("pc", 6, General, 72).stride(4),
        Run::new("windowstart", 3, General, 96).stride(4),
        Run::new("syscall", 1, General, 108),
        Run::new("ar0", 64, General, 328).stride(4),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `struct user_pt_regs`: pc, ps, lbeg, lend, lcount, sar, windowstart, windowbase, threadptr, syscall, reserved to word 63, a.
    #[test]
    fn registers_stand_where_the_kernel_puts_them() {
        let pinned = [
            ("pc", General, 72),
            ("ps", General, 76),
            ("sar", General, 72 + 4 * 5),
            ("windowstart", General, 72 + 4 * 6),
            ("windowbase", General, 72 + 4 * 7),
            ("threadptr", General, 72 + 4 * 8),
            ("syscall", General, 72 + 4 * 9),
            ("ar0", General, 72 + 4 * 64),
            ("ar63", General, 72 + 4 * 127),
        ];
        for (name, block, offset) in pinned {
            assert_eq!(places(&PRSTATUS_XTENSA, name)[0], (block, offset), "{name}");
        }
    }
}
