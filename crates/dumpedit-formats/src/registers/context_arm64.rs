//! `CONTEXT` of `winnt.h` for 64-bit ARM, 912 bytes.

use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use super::context_kind::{ContextKind, ContextName, Fit};
use super::evidence::Evidence;

const CONTROL: u32 = 0x1;
const INTEGER: u32 = 0x2;
const FLOATING_POINT: u32 = 0x4;
const DEBUG_REGISTERS: u32 = 0x8;
const X18: u32 = 0x10;

pub(crate) static KIND: ContextKind = ContextKind {
    name: Some(ContextName::Windows),
    format: &FORMAT,
    size: 912,
    flags_at: 0,
    wide_flags: false,
    version: None,
    cpu: 0x40_0000,
    groups: CONTROL | INTEGER | FLOATING_POINT | DEBUG_REGISTERS | X18,
    all_flags: 0x40_0000 | 0x1f,
    architecture: 12,
    extends: false,
    evidence: Evidence::Made,
    fit: Fit::Room,
};

const fn run(first: &'static str, count: u16, byte: u32, stride: u32, needs: u32) -> Run {
    Run::new(first, count, BlockKind::General, byte).stride(stride).needs(needs)
}

static FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_ARM64",
    Machine::Arm64,
    &[
        run("cpsr", 1, 0x04, 0, CONTROL),
        run("x0", 18, 0x08, 8, INTEGER),
        run("x18", 1, 0x98, 0, INTEGER | X18),
        run("x19", 10, 0xa0, 8, INTEGER),
        run("x29", 2, 0xf0, 8, CONTROL),
        run("sp", 2, 0x100, 8, CONTROL),
        run("z0", 32, 0x110, 16, FLOATING_POINT).part(0, 128),
        run("fpcr", 1, 0x310, 0, FLOATING_POINT),
        run("fpsr", 1, 0x314, 0, FLOATING_POINT),
        run("bcr0", 8, 0x318, 4, DEBUG_REGISTERS),
        run("bvr0", 8, 0x338, 8, DEBUG_REGISTERS),
        run("wcr0", 2, 0x378, 4, DEBUG_REGISTERS),
        run("wvr0", 2, 0x380, 8, DEBUG_REGISTERS),
    ],
);

#[cfg(test)]
mod tests {
    use minidump_common::format::CONTEXT_ARM64;

    use super::*;
    use crate::registers::placed::Check;

    #[test]
    fn each_register_stands_where_the_header_has_its_field() {
        let mut check = Check::<CONTEXT_ARM64>::of(&KIND);
        check.field("cpsr", |context, value| context.cpsr = value as _);
        check.field("sp", |context, value| context.sp = value as _);
        check.field("pc", |context, value| context.pc = value as _);
        check.field("fpcr", |context, value| context.fpcr = value as _);
        check.field("fpsr", |context, value| context.fpsr = value as _);
        for index in 0..31 {
            check.field(&format!("x{index}"), |context, value| context.iregs[index] = value as _);
        }
        for index in 0..32 {
            check.field(&format!("v{index}"), |context, value| context.float_regs[index] = value);
        }
        for index in 0..8 {
            check.field(&format!("bcr{index}"), |context, value| context.bcr[index] = value as _);
            check.field(&format!("bvr{index}"), |context, value| context.bvr[index] = value as _);
        }
        for index in 0..2 {
            check.field(&format!("wcr{index}"), |context, value| context.wcr[index] = value as _);
            check.field(&format!("wvr{index}"), |context, value| context.wvr[index] = value as _);
        }
        check.finish();
    }
}
