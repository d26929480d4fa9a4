//! `MDRawContextRISCV` and `MDRawContextRISCV64` of Breakpad's `minidump_cpu_riscv.h`, 268 and 528 bytes; the latter is also Crashpad's
//! `MinidumpContextRISCV64`.

use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use super::context_kind::{ContextKind, ContextName, Fit};
use super::evidence::Evidence;

const INTEGER: u32 = 0x1;
const FLOATING_POINT: u32 = 0x2;

pub(crate) static RISCV32: ContextKind = ContextKind {
    name: Some(ContextName::Breakpad),
    format: &RISCV32_FORMAT,
    size: 268,
    flags_at: 0,
    wide_flags: false,
    version: Some(1),
    cpu: 0x80_0000,
    groups: INTEGER | FLOATING_POINT,
    all_flags: 0x80_0003,
    architecture: 0x8005,
    extends: false,
    evidence: Evidence::Header,
    fit: Fit::Size,
};

pub(crate) static RISCV64: ContextKind = ContextKind {
    name: Some(ContextName::Breakpad),
    format: &RISCV64_FORMAT,
    size: 528,
    flags_at: 0,
    wide_flags: false,
    version: Some(1),
    cpu: 0x800_0000,
    groups: INTEGER | FLOATING_POINT,
    all_flags: 0x800_0003,
    architecture: 0x8006,
    extends: false,
    evidence: Evidence::Header,
    fit: Fit::Size,
};

const fn run(first: &'static str, count: u16, byte: u32, stride: u32, needs: u32) -> Run {
    Run::new(first, count, BlockKind::General, byte).stride(stride).needs(needs)
}

static RISCV32_FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_RISCV",
    Machine::Riscv32,
    &[
        run("pc", 1, 0x08, 0, INTEGER),
        run("ra", 31, 0x0c, 4, INTEGER),
        run("ft0", 32, 0x88, 4, FLOATING_POINT).part(0, 32),
        run("fcsr", 1, 0x108, 0, FLOATING_POINT),
    ],
);

static RISCV64_FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_RISCV64",
    Machine::Riscv64,
    &[
        run("pc", 1, 0x08, 0, INTEGER),
        run("ra", 31, 0x10, 8, INTEGER),
        run("ft0", 32, 0x108, 8, FLOATING_POINT),
        run("fcsr", 1, 0x208, 0, FLOATING_POINT),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registers::placed::slot_offsets;

    /// `context_flags`, `version`, `pc`, `x1` to `x31`, `fpregs` and `fcsr` of the header.
    #[test]
    fn each_register_stands_where_the_header_has_its_field() {
        for (kind, word, f0, fcsr, half) in [(&RISCV32, 4, 136, 264, "l"), (&RISCV64, 8, 264, 520, "")] {
            assert_eq!(slot_offsets(kind, "pc"), [8]);
            for index in 1..32 {
                assert_eq!(slot_offsets(kind, &format!("x{index}")), [8 + word * index], "x{index}");
            }
            for (name, index) in [("ft0", 0), ("fs0", 8), ("fa0", 10), ("fa7", 17), ("ft11", 31)] {
                assert_eq!(slot_offsets(kind, &format!("{name}{half}")), [f0 + word * index], "{name}");
            }
            assert_eq!(slot_offsets(kind, "fcsr"), [fcsr]);
        }
    }
}
