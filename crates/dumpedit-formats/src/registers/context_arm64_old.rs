//! `MDRawContextARM64_Old` of Breakpad's `minidump_cpu_arm64.h`, 796 bytes. Its flags have no CONTROL group.

use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use super::context_kind::{ContextKind, ContextName, Fit};
use super::evidence::Evidence;

const INTEGER: u32 = 0x2;
const FLOATING_POINT: u32 = 0x4;

pub(crate) static KIND: ContextKind = ContextKind {
    name: Some(ContextName::Breakpad),
    format: &FORMAT,
    size: 796,
    flags_at: 0,
    wide_flags: false,
    version: None,
    cpu: 0x8000_0000,
    groups: INTEGER | FLOATING_POINT,
    all_flags: 0x8000_0000 | 6,
    architecture: 0x8003,
    extends: false,
    evidence: Evidence::Reader,
    fit: Fit::Room,
};

const fn run(first: &'static str, count: u16, byte: u32, stride: u32, needs: u32) -> Run {
    Run::new(first, count, BlockKind::General, byte).stride(stride).needs(needs)
}

static FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_ARM64_OLD",
    Machine::Arm64,
    &[
        run("x0", 31, 0x08, 8, INTEGER),
        run("sp", 2, 0x100, 8, INTEGER),
        run("cpsr", 1, 0x110, 0, INTEGER),
        run("fpsr", 2, 0x114, 4, FLOATING_POINT),
        run("z0", 32, 0x11c, 16, FLOATING_POINT).part(0, 128),
    ],
);

#[cfg(test)]
mod tests {
    use minidump_common::format::CONTEXT_ARM64_OLD;

    use super::*;
    use crate::registers::placed::Check;

    #[test]
    fn each_register_stands_where_the_header_has_its_field() {
        let mut check = Check::<CONTEXT_ARM64_OLD>::of(&KIND);
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
        check.finish();
    }
}
