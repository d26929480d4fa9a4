//! Linux on C-SKY: `struct elf_prstatus` with `struct pt_regs`, of the kernel's `asm/ptrace.h`, as the second calling convention
//! has it; and `struct user_fp`, as GDB reads it of processors in little-endian order: in the other one the order of the halves
//! of its numbers is not known.

use dumpedit_layout::BlockKind::{Float, General};
use dumpedit_layout::{Machine, RecordFormat, Run};

use super::joined;
use crate::elf::note_kinds::FPREGSET;
use crate::registers::evidence::Evidence::Header;
use crate::registers::note::RegisterNote;

pub(crate) static PRSTATUS_CSKY: RecordFormat =
    RecordFormat::new("PRSTATUS_CSKY", Machine::Csky, &const { joined::<12>(&GENERAL, &FLOAT) });

pub(crate) static PRSTATUS_CSKY_BE: RecordFormat =
    RecordFormat::new("PRSTATUS_CSKY_BE", Machine::Csky, &GENERAL);

const GENERAL: [Run; 9] = [
    Run::new("r31", 1, General, 72),
    Run::new("r15", 1, General, 76),
    Run::new("pc", 2, General, 80).stride(4),
    Run::new("r14", 1, General, 88),
    Run::new("orig_a0", 1, General, 92),
    Run::new("r0", 14, General, 96).stride(4),
    Run::new("r16", 15, General, 152).stride(4),
    Run::new("hi", 2, General, 212).stride(4),
    Run::new("dcsr", 1, General, 220),
];

const FLOAT: [Run; 3] = [
    Run::new("vr0", 16, Float, 0).stride(16),
    Run::new("fr16", 16, Float, 256).stride(8),
    Run::new("fcr", 3, Float, 384).stride(4),
];

/// What a thread has besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[RegisterNote::usual(FPREGSET, 400, Header)];

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
            assert_eq!(places(&PRSTATUS_CSKY_BE, name), [(General, 72 + 4 * index)], "{name}");
        }
    }

    /// `struct user_fp` and GDB's `csky_supply_fregset`: vr0 to vr15, fr16 to fr31, fcr, fesr, fid.
    #[test]
    fn floating_point_stands_where_gdb_reads_it() {
        for (name, offset) in [
            ("vr0", 0),
            ("vr15", 240),
            ("fr16", 256),
            ("fr31", 376),
            ("fcr", 384),
            ("fesr", 388),
            ("fid", 392),
        ] {
            assert_eq!(places(&PRSTATUS_CSKY, name), [(Float, offset)], "{name}");
            assert_eq!(places(&PRSTATUS_CSKY_BE, name), [], "{name}");
        }
    }
}
