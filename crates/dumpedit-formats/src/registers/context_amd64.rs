//! `CONTEXT` of `winnt.h` for AMD64, 1232 bytes.

use dumpedit_layout::{BlockKind, Machine, RecordFormat, Run};

use super::context_kind::{ContextKind, ContextName, Fit};
use super::evidence::Evidence;

const CONTROL: u32 = 0x1;
const INTEGER: u32 = 0x2;
const SEGMENTS: u32 = 0x4;
const FLOATING_POINT: u32 = 0x8;
const DEBUG_REGISTERS: u32 = 0x10;

pub(crate) static KIND: ContextKind = ContextKind {
    name: Some(ContextName::Windows),
    format: &FORMAT,
    size: 1232,
    flags_at: 0x30,
    wide_flags: false,
    version: None,
    cpu: 0x10_0000,
    groups: CONTROL | INTEGER | SEGMENTS | FLOATING_POINT | DEBUG_REGISTERS,
    all_flags: 0x10_0000 | 0x1f,
    architecture: 9,
    extends: true,
    evidence: Evidence::Reader,
    fit: Fit::Room,
};

/// LLDB's context: LLDB declares the union with FltSave and stores none of it, so that the fields behind it have other offsets, and its
/// contexts have 720 or 736 bytes.
pub(crate) static WITHOUT_FLOATS: ContextKind = ContextKind {
    name: None,
    format: &GENERAL_FORMAT,
    size: 0x100,
    flags_at: KIND.flags_at,
    wide_flags: false,
    version: None,
    cpu: KIND.cpu,
    groups: KIND.groups,
    all_flags: 0x10_0000,
    architecture: 9,
    extends: false,
    evidence: Evidence::Reader,
    fit: Fit::Named,
};

const fn run(first: &'static str, count: u16, byte: u32, stride: u32, needs: u32) -> Run {
    Run::new(first, count, BlockKind::General, byte).stride(stride).needs(needs)
}

const fn component(first: &'static str, count: u16, number: u8, byte: u32, stride: u32) -> Run {
    Run::new(first, count, BlockKind::Xstate(number), byte).stride(stride).gate(1 << number, 0)
}

static GENERAL_FORMAT: RecordFormat = RecordFormat::new("CONTEXT_AMD64", Machine::Amd64, GENERAL);

static FORMAT: RecordFormat = RecordFormat::new("CONTEXT_AMD64", Machine::Amd64, RUNS);

/// The registers in front of the floating point ones.
const GENERAL: &[Run] = RUNS.split_at(9).0;

const RUNS: &[Run] = &[
    run("cs", 1, 0x38, 0, CONTROL),
    run("ds", 4, 0x3a, 2, SEGMENTS),
    run("ss", 1, 0x42, 0, CONTROL),
    run("eflags", 1, 0x44, 0, CONTROL),
    run("dr0", 6, 0x48, 8, DEBUG_REGISTERS),
    run("rax", 4, 0x78, 8, INTEGER),
    run("rsp", 1, 0x98, 0, CONTROL),
    run("rbp", 11, 0xa0, 8, INTEGER),
    run("rip", 1, 0xf8, 0, CONTROL),
    // FltSave, an XMM_SAVE_AREA32.
    run("fctrl", 2, 0x100, 2, FLOATING_POINT),
    run("ftw", 1, 0x104, 0, FLOATING_POINT),
    run("fop", 1, 0x106, 0, FLOATING_POINT),
    run("fip", 2, 0x108, 8, FLOATING_POINT),
    // Breakpad on Linux leaves the MxCsr outside of FltSave zero, so that this one comes first.
    run("mxcsr", 2, 0x118, 4, FLOATING_POINT),
    run("mxcsr", 1, 0x34, 0, FLOATING_POINT),
    run("st0", 8, 0x120, 16, FLOATING_POINT),
    run("zmm0", 16, 0x1a0, 16, FLOATING_POINT).part(0, 128),
    run("debugctl", 5, 0x4a8, 8, DEBUG_REGISTERS),
    // The XSAVE area behind a CONTEXT_EX.
    component("zmm0", 16, 2, 0, 16).part(128, 128),
    component("bnd0", 4, 3, 0, 16),
    component("bndcfgu", 2, 4, 0, 8),
    component("k0", 8, 5, 0, 8),
    component("zmm0", 16, 6, 0, 32).part(256, 256),
    component("zmm16", 16, 7, 0, 64),
    component("pkru", 1, 9, 0, 0),
    component("u_cet", 2, 11, 0, 8),
    component("pl0_ssp", 3, 12, 0, 8),
    component("tilecfg", 1, 17, 0, 0),
    component("tmm0", 8, 18, 0, 1024),
    component("r16", 16, 19, 0, 8),
    Run::new("xstate_bv", 1, BlockKind::XstateHeader, 0),
];

#[cfg(test)]
mod tests {
    use minidump_common::format::{CONTEXT_AMD64, XMM_SAVE_AREA32};

    use super::*;
    use crate::registers::placed::Check;

    #[test]
    fn each_register_stands_where_the_header_has_its_field() {
        let mut check = Check::<CONTEXT_AMD64>::of(&KIND);
        macro_rules! fields {
            ($($field:ident = $name:literal;)*) => { $(check.field($name, |context, value| {
                context.$field = value as _;
            });)* };
        }
        fields! {
            cs = "cs"; ds = "ds"; es = "es"; fs = "fs"; gs = "gs"; ss = "ss"; eflags = "eflags";
            dr0 = "dr0"; dr1 = "dr1"; dr2 = "dr2"; dr3 = "dr3"; dr6 = "dr6"; dr7 = "dr7";
            rax = "rax"; rcx = "rcx"; rdx = "rdx"; rbx = "rbx"; rsp = "rsp"; rbp = "rbp"; rsi = "rsi"; rdi = "rdi";
            r8 = "r8"; r9 = "r9"; r10 = "r10"; r11 = "r11"; r12 = "r12"; r13 = "r13"; r14 = "r14"; r15 = "r15";
            rip = "rip"; debug_control = "debugctl"; last_branch_to_rip = "last_branch_to";
            last_branch_from_rip = "last_branch_from"; last_exception_to_rip = "last_exception_to";
            last_exception_from_rip = "last_exception_from";
        }
        check.copy("mxcsr", 1, |context, value| context.mx_csr = value as _);
        fn save(context: &mut CONTEXT_AMD64, change: impl FnOnce(&mut XMM_SAVE_AREA32)) {
            use scroll::Pwrite;
            let mut area = XMM_SAVE_AREA32::default();
            change(&mut area);
            context.float_save.pwrite_with(area, 0, scroll::LE).unwrap();
        }
        check.copy("mxcsr", 0, |context, value| save(context, |area| area.mx_csr = value as _));
        check.field("fctrl", |context, value| save(context, |area| area.control_word = value as _));
        check.field("fstat", |context, value| save(context, |area| area.status_word = value as _));
        check.field("ftw", |context, value| save(context, |area| area.tag_word = value as _));
        check.field("fop", |context, value| save(context, |area| area.error_opcode = value as _));
        check.field("fioff", |context, value| save(context, |area| area.error_offset = value as _));
        check.field("fiseg", |context, value| save(context, |area| area.error_selector = value as _));
        check.field("fip.u16.3", |context, value| save(context, |area| area.reserved2 = value as _));
        check.field("fooff", |context, value| save(context, |area| area.data_offset = value as _));
        check.field("foseg", |context, value| save(context, |area| area.data_selector = value as _));
        check.field("fdp.u16.3", |context, value| save(context, |area| area.reserved3 = value as _));
        check.field("mxcsr_mask", |context, value| save(context, |area| area.mx_csr_mask = value as _));
        for index in 0..8 {
            let name = format!("st{index}");
            check.field(&name, |context, value| save(context, |area| area.float_registers[index] = value));
        }
        for index in 0..16 {
            let name = format!("xmm{index}");
            check.field(&name, |context, value| save(context, |area| area.xmm_registers[index] = value));
        }
        check.finish();
    }
}
