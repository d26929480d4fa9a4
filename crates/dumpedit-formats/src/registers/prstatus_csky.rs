//! Linux on C-SKY: `struct elf_prstatus` with the registers that `ELF_CORE_COPY_REGS` of the kernel's `abiv2/inc/abi/elf.h` writes, in the
//! order of GDB's `csky_gregset_offset`; and `struct user_fp`, as GDB reads it on little-endian processors: on big-endian ones the order of
//! its numbers' halves is not known. The first calling convention has a status of 148 bytes and another stack pointer, and no table.

use dumpedit_layout::BlockKind::{Float, General};
use dumpedit_layout::{Machine, RecordFormat, Run};

use super::joined;
use crate::elf::note_kinds::FPREGSET;
use crate::registers::evidence::Evidence::Header;
use crate::registers::note::RegisterNote;

pub(crate) static PRSTATUS_CSKY: RecordFormat =
    RecordFormat::new("PRSTATUS_CSKY", Machine::Csky, &const { joined::<9>(&GENERAL, &FLOAT) });

pub(crate) static PRSTATUS_CSKY_BE: RecordFormat =
    RecordFormat::new("PRSTATUS_CSKY_BE", Machine::Csky, &GENERAL);

const GENERAL: [Run; 6] = [
    Run::new("pc", 1, General, 72),
    Run::new("r1", 1, General, 76),
    Run::new("r0", 1, General, 80),
    Run::new("psr", 1, General, 84),
    Run::new("r2", 29, General, 88).stride(4),
    Run::new("r31", 1, General, 204),
];

const FLOAT: [Run; 3] = [
    Run::new("vr0", 16, Float, 0).stride(16),
    Run::new("fr16", 16, Float, 256).stride(8),
    Run::new("fcr", 3, Float, 384).stride(4),
];

/// Notes of a thread besides its status.
pub(crate) static NOTES: &[RegisterNote] = &[RegisterNote::usual(FPREGSET, 400, Header)];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `ELF_CORE_COPY_REGS` of `abiv2/inc/abi/elf.h`: pc, a1, a0, sr, a2, a3, r4 to r13, usp, lr, r16 to r30, tls.
    #[test]
    fn registers_stand_where_the_kernel_copies_them_and_gdb_reads_them() {
        let kernel = [
            ("pc", 0),
            ("a1", 1),
            ("a0", 2),
            ("sr", 3),
            ("a2", 4),
            ("a3", 5),
            ("r4", 6),
            ("r13", 15),
            ("sp", 16),
            ("lr", 17),
            ("r16", 18),
            ("r30", 32),
            ("tls", 33),
        ];
        // `csky_gregset_offset` of GDB's csky-linux-tdep.c: 72 is GDB's number of pc, 89 that of psr.
        let gdb = ["pc", "r1", "r0", "psr"].map(str::to_owned).into_iter();
        let gdb = gdb.chain((2..32).map(|number| format!("r{number}"))).zip(0..);
        for (name, index) in kernel.map(|(name, index)| (name.to_owned(), index)).into_iter().chain(gdb) {
            assert_eq!(places(&PRSTATUS_CSKY, &name), [(General, 72 + 4 * index)], "{name}");
            assert_eq!(places(&PRSTATUS_CSKY_BE, &name), [(General, 72 + 4 * index)], "{name}");
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
