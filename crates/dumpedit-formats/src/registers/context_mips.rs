//! Contexts of MIPS: `MDRawContextMIPS` of Breakpad's `minidump_cpu_mips.h`, 600 bytes, of MIPS and of MIPS64, and Crashpad's
//! `MinidumpContextMIPS64`, 640 bytes. The registers of MIPS are the low halves of 64-bit numbers, whose high halves, in Linux's dumps the
//! sign, are not written.

use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use super::context_kind::{ContextKind, ContextName, Fit};
use super::evidence::Evidence;

const INTEGER: u32 = 0x2;
const FLOATING_POINT: u32 = 0x4;
const DSP: u32 = 0x8;

pub(crate) static MIPS: ContextKind = ContextKind {
    name: Some(ContextName::Breakpad),
    format: &MIPS_FORMAT,
    size: 600,
    flags_at: 0,
    wide_flags: false,
    version: None,
    cpu: 0x4_0000,
    groups: INTEGER | FLOATING_POINT | DSP,
    all_flags: 0x4_000e,
    architecture: 1,
    extends: false,
    evidence: Evidence::Header,
    fit: Fit::Size,
};

pub(crate) static MIPS64: ContextKind = ContextKind {
    name: Some(ContextName::Breakpad),
    format: &MIPS64_FORMAT,
    size: 600,
    flags_at: 0,
    wide_flags: false,
    version: None,
    cpu: 0x8_0000,
    groups: INTEGER | FLOATING_POINT | DSP,
    all_flags: 0x8_000e,
    architecture: 0x8004,
    extends: false,
    evidence: Evidence::Header,
    fit: Fit::Size,
};

pub(crate) static MIPS64_CRASHPAD: ContextKind = ContextKind {
    name: Some(ContextName::Crashpad),
    format: &MIPS64_CRASHPAD_FORMAT,
    size: 640,
    flags_at: 0,
    wide_flags: true,
    version: None,
    cpu: 0x8_0000,
    groups: INTEGER | FLOATING_POINT | DSP,
    all_flags: 0x8_000e,
    architecture: 0x8004,
    extends: false,
    evidence: Evidence::Header,
    fit: Fit::Size,
};

const fn run(first: &'static str, count: u16, byte: u32, stride: u32, needs: u32) -> Run {
    Run::new(first, count, BlockKind::General, byte).stride(stride).needs(needs)
}

static MIPS_FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_MIPS",
    Machine::Mips,
    &[
        run("at", 31, 0x10, 8, INTEGER).within(8),
        run("hi", 1, 0x108, 0, INTEGER).within(8),
        run("lo", 1, 0x110, 0, INTEGER).within(8),
        run("hi1", 1, 0x118, 0, DSP),
        run("hi2", 1, 0x11c, 0, DSP),
        run("hi3", 1, 0x120, 0, DSP),
        run("lo1", 1, 0x124, 0, DSP),
        run("lo2", 1, 0x128, 0, DSP),
        run("lo3", 1, 0x12c, 0, DSP),
        run("dspctl", 1, 0x130, 0, DSP),
        run("pc", 2, 0x138, 8, INTEGER).within(8),
        run("sr", 2, 0x148, 4, INTEGER),
        run("w0", 32, 0x150, 8, FLOATING_POINT).part(0, 64),
        run("fsr", 2, 0x250, 4, FLOATING_POINT),
    ],
);

static MIPS64_FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_MIPS64",
    Machine::Mips64,
    &[
        run("at", 31, 0x10, 8, INTEGER),
        run("hi", 1, 0x108, 0, INTEGER),
        run("lo", 1, 0x110, 0, INTEGER),
        run("hi1", 1, 0x118, 0, DSP).part(0, 32),
        run("hi2", 1, 0x11c, 0, DSP).part(0, 32),
        run("hi3", 1, 0x120, 0, DSP).part(0, 32),
        run("lo1", 1, 0x124, 0, DSP).part(0, 32),
        run("lo2", 1, 0x128, 0, DSP).part(0, 32),
        run("lo3", 1, 0x12c, 0, DSP).part(0, 32),
        run("dspctl", 1, 0x130, 0, DSP),
        run("pc", 2, 0x138, 8, INTEGER),
        run("sr", 2, 0x148, 4, INTEGER).part(0, 32),
        run("w0", 32, 0x150, 8, FLOATING_POINT).part(0, 64),
        run("fsr", 2, 0x250, 4, FLOATING_POINT),
    ],
);

static MIPS64_CRASHPAD_FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_MIPS64",
    Machine::Mips64,
    &[
        run("at", 31, 0x10, 8, INTEGER),
        run("hi", 1, 0x108, 0, INTEGER),
        run("lo", 1, 0x110, 0, INTEGER),
        run("hi1", 1, 0x118, 0, DSP),
        run("hi2", 1, 0x120, 0, DSP),
        run("hi3", 1, 0x128, 0, DSP),
        run("lo1", 1, 0x130, 0, DSP),
        run("lo2", 1, 0x138, 0, DSP),
        run("lo3", 1, 0x140, 0, DSP),
        run("dspctl", 1, 0x148, 0, DSP),
        run("pc", 4, 0x150, 8, INTEGER),
        run("w0", 32, 0x170, 8, FLOATING_POINT).part(0, 64),
        run("fsr", 2, 0x270, 8, FLOATING_POINT).within(8),
    ],
);

#[cfg(test)]
mod tests {
    use minidump_common::format::CONTEXT_MIPS;

    use super::*;
    use crate::registers::placed::{Check, slot_offsets};

    #[test]
    fn each_register_stands_where_the_header_has_its_field() {
        for (kind, [sr, cause], half) in [(&MIPS, ["sr", "cause"], ""), (&MIPS64, ["srl", "causel"], "l")] {
            let mut check = Check::<CONTEXT_MIPS>::of(kind);
            for index in 1..32 {
                check.field(&format!("r{index}"), |context, value| context.iregs[index] = value as _);
            }
            for index in 0..3 {
                let (hi, lo) = (format!("hi{}{half}", index + 1), format!("lo{}{half}", index + 1));
                check.field(&hi, |context, value| context.hi[index] = value as _);
                check.field(&lo, |context, value| context.lo[index] = value as _);
            }
            check.field("hi", |context, value| context.mdhi = value as _);
            check.field("lo", |context, value| context.mdlo = value as _);
            check.field("dspctl", |context, value| context.dsp_control = value as _);
            check.field("epc", |context, value| context.epc = value as _);
            check.field("badvaddr", |context, value| context.badvaddr = value as _);
            check.field(sr, |context, value| context.status = value as _);
            check.field(cause, |context, value| context.cause = value as _);
            for index in 0..32 {
                check.field(&format!("f{index}"), |context, value| {
                    context.float_save.regs[index] = value as _;
                });
            }
            check.field("fsr", |context, value| context.float_save.fpcsr = value as _);
            check.field("fir", |context, value| context.float_save.fir = value as _);
            check.finish();
        }
    }

    /// `MinidumpContextMIPS64` of Crashpad's `minidump_context.h`, all of whose fields have 64 bits, except the first half of the one with
    /// DSPControl.
    #[test]
    fn the_context_of_crashpad_follows_its_header() {
        let fields = [
            ("at", 16),
            ("ra", 8 + 8 * 31),
            ("hi", 264),
            ("lo", 272),
            ("hi1", 280),
            ("hi3", 296),
            ("lo1", 304),
            ("lo3", 320),
            ("dspctl", 328),
            ("pc", 336),
            ("bad", 344),
            ("sr", 352),
            ("cause", 360),
            ("f0", 368),
            ("f31", 368 + 8 * 31),
            ("fsr", 624),
            ("fir", 632),
        ];
        for (name, at) in fields {
            assert_eq!(slot_offsets(&MIPS64_CRASHPAD, name), [at], "{name}");
        }
    }
}
