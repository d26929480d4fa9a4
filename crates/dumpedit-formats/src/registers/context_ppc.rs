//! `MDRawContextPPC` and `MDRawContextPPC64` of Breakpad's `minidump_cpu_ppc.h` and `minidump_cpu_ppc64.h`, 1004 and 1160 bytes, modelled
//! on the thread states of macOS.

use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use super::context_kind::{ContextKind, ContextName, Fit};
use super::evidence::Evidence;

const BASE: u32 = 0x1;
const FLOATING_POINT: u32 = 0x8;
const VECTOR: u32 = 0x20;

pub(crate) static PPC: ContextKind = ContextKind {
    name: Some(ContextName::Breakpad),
    format: &PPC_FORMAT,
    size: 1004,
    flags_at: 0,
    wide_flags: false,
    version: None,
    cpu: 0x2000_0000,
    groups: BASE | FLOATING_POINT | VECTOR,
    all_flags: 0x2000_0029,
    architecture: 3,
    extends: false,
    evidence: Evidence::Header,
    fit: Fit::Size,
};

pub(crate) static PPC64: ContextKind = ContextKind {
    name: Some(ContextName::Breakpad),
    format: &PPC64_FORMAT,
    size: 1160,
    flags_at: 0,
    wide_flags: true,
    version: None,
    cpu: 0x100_0000,
    groups: BASE | FLOATING_POINT | VECTOR,
    all_flags: 0x100_0029,
    architecture: 0x8002,
    extends: false,
    evidence: Evidence::Header,
    fit: Fit::Size,
};

const fn run(first: &'static str, count: u16, byte: u32, stride: u32, needs: u32) -> Run {
    Run::new(first, count, BlockKind::General, byte).stride(stride).needs(needs)
}

static PPC_FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_PPC",
    Machine::Ppc,
    &[
        run("pc", 1, 0x04, 0, BASE),
        run("msr", 1, 0x08, 0, BASE),
        run("r0", 32, 0x0c, 4, BASE),
        run("cr", 2, 0x8c, 4, BASE),
        run("lr", 2, 0x94, 4, BASE),
        run("mq", 1, 0x9c, 0, BASE),
        run("vrsave", 1, 0xa0, 0, BASE),
        run("vs0", 32, 0xa4, 8, FLOATING_POINT).part(64, 64),
        run("fpscr", 1, 0x1a4, 0, FLOATING_POINT).part(32, 32),
        run("fpscr", 1, 0x1a8, 0, FLOATING_POINT).part(0, 32),
        run("vr0", 32, 0x1ac, 16, VECTOR),
        run("vscr", 1, 0x3ac, 0, VECTOR).within(16),
        run("vrvalid", 1, 0x3cc, 0, VECTOR),
    ],
);

static PPC64_FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_PPC64",
    Machine::Ppc64,
    &[
        run("pc", 1, 0x08, 0, BASE),
        run("msr", 1, 0x10, 0, BASE),
        run("r0", 32, 0x18, 8, BASE),
        run("cr", 2, 0x118, 8, BASE).within(8),
        run("lr", 2, 0x128, 8, BASE),
        run("vrsave", 1, 0x138, 0, BASE).within(8),
        run("vs0", 32, 0x140, 8, FLOATING_POINT).part(64, 64),
        run("fpscr", 1, 0x240, 0, FLOATING_POINT).part(32, 32),
        run("fpscr", 1, 0x244, 0, FLOATING_POINT).part(0, 32),
        run("vr0", 32, 0x248, 16, VECTOR),
        run("vscr", 1, 0x448, 0, VECTOR).within(16),
        run("vrvalid", 1, 0x468, 0, VECTOR),
    ],
);

#[cfg(test)]
mod tests {
    use minidump_common::format::{CONTEXT_PPC, CONTEXT_PPC64, FLOATING_SAVE_AREA_PPC, VECTOR_SAVE_AREA_PPC};

    use super::*;
    use crate::registers::placed::Check;

    const FLOATS: FLOATING_SAVE_AREA_PPC = FLOATING_SAVE_AREA_PPC { fpregs: [0; 32], fpscr_pad: 0, fpscr: 0 };
    const VECTORS: VECTOR_SAVE_AREA_PPC = VECTOR_SAVE_AREA_PPC {
        save_vr: [0; 32],
        save_vscr: 0,
        save_pad5: [0; 4],
        save_vrvalid: 0,
        save_pad6: [0; 7],
    };

    macro_rules! check {
        ($kind:ident, $structure:expr, [$($more:literal = $field:ident),*]) => {
            let mut check = Check::with(&$kind, $structure);
            for index in 0..32 {
                check.field(&format!("r{index}"), |context, value| context.gpr[index] = value as _);
                check.field(&format!("f{index}"), |context, value| {
                    context.float_save.fpregs[index] = value as _;
                });
                check.field(&format!("vr{index}"), |context, value| context.vector_save.save_vr[index] = value);
            }
            $(check.field($more, |context, value| context.$field = value as _);)*
            check.copy("fpscr", 0, |context, value| context.float_save.fpscr = value as _);
            check.copy("fpscr", 1, |context, value| context.float_save.fpscr_pad = value as _);
            check.field("vscr", |context, value| context.vector_save.save_vscr = value);
            check.field("vrvalid", |context, value| context.vector_save.save_vrvalid = value as _);
            check.finish();
        };
    }

    #[test]
    fn each_register_stands_where_the_header_has_its_field() {
        let narrow = || CONTEXT_PPC {
            context_flags: 0,
            srr0: 0,
            srr1: 0,
            gpr: [0; 32],
            cr: 0,
            xer: 0,
            lr: 0,
            ctr: 0,
            mq: 0,
            vrsave: 0,
            float_save: FLOATS,
            vector_save: VECTORS,
        };
        check!(
            PPC,
            narrow,
            [
                "pc" = srr0,
                "msr" = srr1,
                "cr" = cr,
                "xer" = xer,
                "lr" = lr,
                "ctr" = ctr,
                "mq" = mq,
                "vrsave" = vrsave
            ]
        );
    }

    #[test]
    fn each_register_of_64_bits_stands_where_the_header_has_its_field() {
        let wide = || CONTEXT_PPC64 {
            context_flags: 0,
            srr0: 0,
            srr1: 0,
            gpr: [0; 32],
            cr: 0,
            xer: 0,
            lr: 0,
            ctr: 0,
            vrsave: 0,
            float_save: FLOATS,
            vector_save: VECTORS,
        };
        check!(
            PPC64,
            wide,
            ["pc" = srr0, "msr" = srr1, "cr" = cr, "xer" = xer, "lr" = lr, "ctr" = ctr, "vrsave" = vrsave]
        );
    }
}
