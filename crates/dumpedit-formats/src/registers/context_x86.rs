//! `CONTEXT` of `winnt.h` for 32-bit Intel, 716 bytes: FSAVE in FloatSave, and FXSAVE in ExtendedRegisters.

use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use super::context_kind::{ContextKind, ContextName, Fit};
use super::evidence::Evidence;

const CONTROL: u32 = 0x1;
const INTEGER: u32 = 0x2;
const SEGMENTS: u32 = 0x4;
const FLOATING_POINT: u32 = 0x8;
const DEBUG_REGISTERS: u32 = 0x10;
const EXTENDED_REGISTERS: u32 = 0x20;

pub(crate) static KIND: ContextKind = ContextKind {
    name: Some(ContextName::Windows),
    format: &FORMAT,
    size: 716,
    flags_at: 0,
    wide_flags: false,
    version: None,
    cpu: 0x1_0000,
    groups: CONTROL | INTEGER | SEGMENTS | FLOATING_POINT | DEBUG_REGISTERS | EXTENDED_REGISTERS,
    all_flags: 0x1_0000 | 0x3f,
    architecture: 0,
    extends: true,
    evidence: Evidence::Reader,
    fit: Fit::Room,
};

/// `CONTEXT` from before SSE.
pub(crate) static WITHOUT_EXTENDED_REGISTERS: ContextKind = ContextKind {
    name: Some(ContextName::Short),
    format: &FORMAT,
    size: 204,
    flags_at: 0,
    wide_flags: false,
    version: None,
    cpu: KIND.cpu,
    groups: KIND.groups,
    all_flags: 0x1_0000 | 0x1f,
    architecture: 0,
    extends: false,
    evidence: Evidence::Header,
    fit: Fit::Room,
};

const fn run(first: &'static str, count: u16, byte: u32, stride: u32, needs: u32) -> Run {
    Run::new(first, count, BlockKind::General, byte).stride(stride).needs(needs)
}

const fn component(first: &'static str, count: u16, number: u8, byte: u32, stride: u32) -> Run {
    Run::new(first, count, BlockKind::Xstate(number), byte).stride(stride).gate(1 << number, 0)
}

static FORMAT: RecordFormat = RecordFormat::new(
    "CONTEXT_X86",
    Machine::X86,
    &[
        run("dr0", 6, 0x04, 4, DEBUG_REGISTERS),
        // FloatSave, a FLOATING_SAVE_AREA. The opcode of the last instruction is in the selector's upper half.
        run("fctrl", 3, 0x1c, 4, FLOATING_POINT),
        run("fioff", 1, 0x28, 0, FLOATING_POINT),
        run("fiseg", 1, 0x2c, 0, FLOATING_POINT),
        run("fop", 1, 0x2e, 0, FLOATING_POINT),
        run("fooff", 1, 0x30, 0, FLOATING_POINT),
        run("foseg", 1, 0x34, 0, FLOATING_POINT),
        run("st0", 8, 0x38, 10, FLOATING_POINT),
        run("gs", 1, 0x8c, 0, SEGMENTS),
        run("fs", 1, 0x90, 0, SEGMENTS),
        run("es", 1, 0x94, 0, SEGMENTS),
        run("ds", 1, 0x98, 0, SEGMENTS),
        run("edi", 1, 0x9c, 0, INTEGER),
        run("esi", 1, 0xa0, 0, INTEGER),
        run("ebx", 1, 0xa4, 0, INTEGER),
        run("edx", 1, 0xa8, 0, INTEGER),
        run("ecx", 1, 0xac, 0, INTEGER),
        run("eax", 1, 0xb0, 0, INTEGER),
        run("ebp", 1, 0xb4, 0, CONTROL),
        run("eip", 1, 0xb8, 0, CONTROL),
        run("cs", 1, 0xbc, 0, CONTROL),
        run("eflags", 1, 0xc0, 0, CONTROL),
        run("esp", 1, 0xc4, 0, CONTROL),
        run("ss", 1, 0xc8, 0, CONTROL),
        // ExtendedRegisters, as FXSAVE writes it.
        run("fctrl", 2, 0xcc, 2, EXTENDED_REGISTERS),
        run("ftw", 1, 0xd0, 0, EXTENDED_REGISTERS),
        run("fop", 1, 0xd2, 0, EXTENDED_REGISTERS),
        run("fioff", 1, 0xd4, 0, EXTENDED_REGISTERS),
        run("fiseg", 1, 0xd8, 0, EXTENDED_REGISTERS),
        run("fooff", 1, 0xdc, 0, EXTENDED_REGISTERS),
        run("foseg", 1, 0xe0, 0, EXTENDED_REGISTERS),
        run("mxcsr", 2, 0xe4, 4, EXTENDED_REGISTERS),
        run("st0", 8, 0xec, 16, EXTENDED_REGISTERS),
        run("zmm0", 8, 0x16c, 16, EXTENDED_REGISTERS).part(0, 128),
        // The XSAVE area behind a CONTEXT_EX.
        component("zmm0", 8, 2, 0, 16).part(128, 128),
        component("bnd0", 4, 3, 0, 16),
        component("bndcfgu", 2, 4, 0, 8),
        component("k0", 8, 5, 0, 8),
        component("zmm0", 8, 6, 0, 32).part(256, 256),
        component("pkru", 1, 9, 0, 0),
        component("u_cet", 2, 11, 0, 8),
        component("pl0_ssp", 3, 12, 0, 8),
        Run::new("xstate_bv", 1, BlockKind::XstateHeader, 0),
    ],
);

#[cfg(test)]
mod tests {
    use minidump_common::format::{CONTEXT_X86, XMM_SAVE_AREA32};

    use super::*;
    use crate::registers::placed::Check;

    #[test]
    fn each_register_stands_where_the_header_has_its_field() {
        let mut check = Check::<CONTEXT_X86>::of(&KIND);
        macro_rules! fields {
            ($($field:ident = $name:literal;)*) => { $(check.field($name, |context, value| {
                context.$field = value as _;
            });)* };
        }
        fields! {
            dr0 = "dr0"; dr1 = "dr1"; dr2 = "dr2"; dr3 = "dr3"; dr6 = "dr6"; dr7 = "dr7";
            gs = "gs"; fs = "fs"; es = "es"; ds = "ds"; cs = "cs"; ss = "ss";
            edi = "edi"; esi = "esi"; ebx = "ebx"; edx = "edx"; ecx = "ecx"; eax = "eax";
            ebp = "ebp"; eip = "eip"; eflags = "eflags"; esp = "esp";
        }
        check.copy("fctrl", 0, |context, value| context.float_save.control_word = value as _);
        check.copy("fstat", 0, |context, value| context.float_save.status_word = value as _);
        check.field("ftag", |context, value| context.float_save.tag_word = value as _);
        check.copy("fioff", 0, |context, value| context.float_save.error_offset = value as _);
        check.copy("fiseg", 0, |context, value| context.float_save.error_selector = value as _);
        check.copy("fooff", 0, |context, value| context.float_save.data_offset = value as _);
        check.copy("foseg", 0, |context, value| context.float_save.data_selector = value as _);
        for index in 0..8 {
            check.copy(&format!("st{index}"), 0, |context, value| {
                let area = &mut context.float_save.register_area[index * 10..][..10];
                area.copy_from_slice(&value.to_le_bytes()[..10]);
            });
        }
        fn save(context: &mut CONTEXT_X86, change: impl FnOnce(&mut XMM_SAVE_AREA32)) {
            use scroll::Pwrite;
            let mut area = XMM_SAVE_AREA32::default();
            change(&mut area);
            context.extended_registers.pwrite_with(area, 0, scroll::LE).unwrap();
        }
        check.copy("fctrl", 1, |context, value| save(context, |area| area.control_word = value as _));
        check.copy("fstat", 1, |context, value| save(context, |area| area.status_word = value as _));
        check.field("ftw", |context, value| save(context, |area| area.tag_word = value as _));
        check.copy("fop", 0, |context, value| context.float_save.error_selector = (value << 16) as _);
        check.copy("fop", 1, |context, value| save(context, |area| area.error_opcode = value as _));
        check.copy("fioff", 1, |context, value| save(context, |area| area.error_offset = value as _));
        check.copy("fiseg", 1, |context, value| save(context, |area| area.error_selector = value as _));
        check.copy("fooff", 1, |context, value| save(context, |area| area.data_offset = value as _));
        check.copy("foseg", 1, |context, value| save(context, |area| area.data_selector = value as _));
        check.field("mxcsr", |context, value| save(context, |area| area.mx_csr = value as _));
        check.field("mxcsr_mask", |context, value| save(context, |area| area.mx_csr_mask = value as _));
        for index in 0..8 {
            let name = format!("st{index}");
            check.copy(&name, 1, |context, value| save(context, |area| area.float_registers[index] = value));
            let name = format!("xmm{index}");
            check.field(&name, |context, value| save(context, |area| area.xmm_registers[index] = value));
        }
        check.finish();
    }
}
