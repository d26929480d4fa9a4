//! Linux on C-SKY: `struct elf_prstatus` with `struct pt_regs`, of the kernel's `asm/ptrace.h`, as the second calling convention
//! has it.

use dumpedit_layout::BlockKind::General;
use dumpedit_layout::{Machine, RecordFormat, Run};

pub(crate) static PRSTATUS_CSKY: RecordFormat = RecordFormat::new(
    "PRSTATUS_CSKY",
    Machine::Csky,
    &[
        Run::new("r31", 1, General, 72),
        Run::new("r15", 1, General, 76),
        Run::new("pc", 2, General, 80).stride(4),
        Run::new("r14", 1, General, 88),
        Run::new("orig_a0", 1, General, 92),
        Run::new("r0", 14, General, 96).stride(4),
        Run::new("r16", 15, General, 152).stride(4),
        Run::new("hi", 2, General, 212).stride(4),
        Run::new("dcsr", 1, General, 220),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `struct pt_regs`: tls, lr, pc, sr, usp, orig_a0, a0 to a3, r4 to r13, r16 to r30, rhi, rlo, dcsr.
    #[test]
    fn registers_stand_where_the_kernel_puts_them() {
        let pinned = [
            ("tls", 0),
            ("lr", 1),
            ("pc", 2),
            ("sr", 3),
            ("sp", 4),
            ("orig_a0", 5),
            ("a0", 6),
            ("a3", 9),
            ("r4", 10),
            ("r13", 19),
            ("r16", 20),
            ("r30", 34),
            ("hi", 35),
            ("lo", 36),
            ("dcsr", 37),
        ];
        for (name, index) in pinned {
            assert_eq!(places(&PRSTATUS_CSKY, name), [(General, 72 + 4 * index)], "{name}");
        }
    }
}
