//! `MDRawContextSPARC` of Breakpad's `minidump_cpu_sparc.h`, 584 bytes: the registers of SPARC V9. For a V8 process the header has psr, wim
//! and tbr in the places of ccr, asi and fprs.

use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use super::context_kind::{ContextKind, ContextName, Fit};
use super::evidence::Evidence;

const CONTROL: u32 = 0x1;
const INTEGER: u32 = 0x2;
const FLOATING_POINT: u32 = 0x4;
const EXTRA: u32 = 0x8;

pub(crate) static KIND: ContextKind = ContextKind {
    name: Some(ContextName::Breakpad),
    format: &FORMAT,
    size: 584,
    flags_at: 0,
    wide_flags: false,
    version: None,
    cpu: 0x1000_0000,
    groups: CONTROL | INTEGER | FLOATING_POINT | EXTRA,
    all_flags: 0x1000_000f,
    architecture: 0x8001,
    extends: false,
    evidence: Evidence::Header,
    fit: Fit::Size,
};

const fn run(first: &'static str, count: u16, byte: u32, stride: u32, needs: u32) -> Run {
    Run::new(first, count, BlockKind::General, byte).stride(stride).needs(needs)
}

static FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_SPARC",
    Machine::Sparc64,
    &[
        run("g1", 31, 0x10, 8, INTEGER),
        run("ccr", 1, 0x108, 0, CONTROL),
        run("pc", 2, 0x110, 8, CONTROL),
        run("y", 1, 0x120, 0, CONTROL).within(8),
        run("asi", 1, 0x128, 0, EXTRA),
        run("fprs", 1, 0x130, 0, EXTRA),
        run("d0", 32, 0x138, 8, FLOATING_POINT),
        run("fsr", 1, 0x240, 0, FLOATING_POINT),
    ],
);

#[cfg(test)]
mod tests {
    use minidump_common::format::{CONTEXT_SPARC, FLOATING_SAVE_AREA_SPARC};

    use super::*;
    use crate::registers::placed::Check;

    #[test]
    fn each_register_stands_where_the_header_has_its_field() {
        let mut check = Check::with(&KIND, || CONTEXT_SPARC {
            context_flags: 0,
            flag_pad: 0,
            g_r: [0; 32],
            ccr: 0,
            pc: 0,
            npc: 0,
            y: 0,
            asi: 0,
            fprs: 0,
            float_save: FLOATING_SAVE_AREA_SPARC { regs: [0; 32], filler: 0, fsr: 0 },
        });
        for (group, letter) in (0..).zip(["g", "o", "l", "i"]) {
            for index in (0..8).filter(|index| (group, *index) != (0, 0)) {
                check.field(&format!("{letter}{index}"), |context, value| {
                    context.g_r[8 * group + index] = value as _;
                });
            }
        }
        for index in 0..32 {
            check.field(&format!("d{}", 2 * index), |context, value| {
                context.float_save.regs[index] = value as _;
            });
        }
        check.field("ccr", |context, value| context.ccr = value as _);
        check.field("pc", |context, value| context.pc = value as _);
        check.field("npc", |context, value| context.npc = value as _);
        check.field("y", |context, value| context.y = value as _);
        check.field("asi", |context, value| context.asi = value as _);
        check.field("fprs", |context, value| context.fprs = value as _);
        check.field("fsr", |context, value| context.float_save.fsr = value as _);
        check.finish();
    }
}
