//! Linux on ARC of the second version: `struct elf_prstatus` with `struct user_regs_struct`, whose registers are in descending order, and
//! `struct user_regs_arcv2`, of the kernel's `asm/ptrace.h`.

use dumpedit_layout::BlockKind::{General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::elf::note_kinds::ARC_V2;
use crate::registers::evidence::Evidence::Header;
use crate::registers::note::RegisterNote;

pub(crate) static PRSTATUS_ARC: RecordFormat = RecordFormat::new(
    "PRSTATUS_ARC",
    Machine::Arc,
    &[
        Run::new("bta", 1, General, 76),
        Run::new("lp_start", 3, General, 80).stride(4),
        Run::new("status32", 1, General, 92),
        Run::new("pc", 1, General, 96),
        Run::new("blink", 1, General, 100),
        Run::new("fp", 1, General, 104),
        Run::new("gp", 1, General, 108),
        Run::new("r12", 1, General, 112),
        Run::new("r11", 1, General, 116),
        Run::new("r10", 1, General, 120),
        Run::new("r9", 1, General, 124),
        Run::new("r8", 1, General, 128),
        Run::new("r7", 1, General, 132),
        Run::new("r6", 1, General, 136),
        Run::new("r5", 1, General, 140),
        Run::new("r4", 1, General, 144),
        Run::new("r3", 1, General, 148),
        Run::new("r2", 1, General, 152),
        Run::new("r1", 1, General, 156),
        Run::new("r0", 1, General, 160),
        Run::new("r25", 1, General, 172),
        Run::new("r24", 1, General, 176),
        Run::new("r23", 1, General, 180),
        Run::new("r22", 1, General, 184),
        Run::new("r21", 1, General, 188),
        Run::new("r20", 1, General, 192),
        Run::new("r19", 1, General, 196),
        Run::new("r18", 1, General, 200),
        Run::new("r17", 1, General, 204),
        Run::new("r16", 1, General, 208),
        Run::new("r15", 1, General, 212),
        Run::new("r14", 1, General, 216),
        Run::new("r13", 1, General, 220),
        Run::new("sp", 1, General, 164),
        Run::new("efa", 2, General, 224).stride(4),
        Run::new("r30", 1, Note(ARC_V2), 0),
        Run::new("r58", 2, Note(ARC_V2), 4).stride(4),
    ],
);

/// Notes of a thread besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[RegisterNote::usual(ARC_V2, 12, Header)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `struct user_regs_struct`: pad, the scratch registers down to r0 and sp, pad, the callee's registers r25 to r13, efa, stop_pc.
    #[test]
    fn registers_stand_where_the_kernel_puts_them() {
        let pinned = [
            ("bta", General, 76),
            ("lp_start", General, 72 + 4 * 2),
            ("lp_count", General, 72 + 4 * 4),
            ("status32", General, 72 + 4 * 5),
            ("ret", General, 72 + 4 * 6),
            ("blink", General, 72 + 4 * 7),
            ("gp", General, 72 + 4 * 9),
            ("r12", General, 72 + 4 * 10),
            ("r0", General, 72 + 4 * 22),
            ("sp", General, 72 + 4 * 23),
            ("r25", General, 72 + 4 * 25),
            ("r13", General, 72 + 4 * 37),
            ("efa", General, 72 + 4 * 38),
            ("stop_pc", General, 72 + 4 * 39),
            ("r59", Note(0x600), 8),
        ];
        for (name, block, offset) in pinned {
            assert_eq!(places(&PRSTATUS_ARC, name)[0], (block, offset), "{name}");
        }
    }
}
