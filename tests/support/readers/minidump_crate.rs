//! The `minidump` crate, and the registers of each flag of its contexts.

use std::path::Path;

use minidump::format::{
    CONTEXT_AMD64, CONTEXT_ARM, CONTEXT_ARM64, CONTEXT_ARM64_OLD, CONTEXT_MIPS, CONTEXT_PPC, CONTEXT_PPC64,
    CONTEXT_SPARC, CONTEXT_X86, FLOATING_SAVE_AREA_PPC, VECTOR_SAVE_AREA_PPC,
};
use minidump::{
    Minidump, MinidumpContext, MinidumpException, MinidumpMiscInfo, MinidumpRawContext, MinidumpSystemInfo,
    MinidumpThreadList,
};

use super::View;
use crate::support::bytes::Order;

// Groups of ContextFlags: the first and the second are the same for all machines, the others are not.
const CONTROL: u64 = 0x1;
const INTEGER: u64 = 0x2;

/// Name, value and group of a register.
type Register = (String, u128, u64);

/// Every register of every thread's and every exception's context.
pub(crate) fn minidump_crate(path: &Path) -> Vec<View> {
    let dump = Minidump::read_path(path).unwrap();
    let Ok(system) = dump.get_stream::<MinidumpSystemInfo>() else { return Vec::new() };
    let misc = dump.get_stream::<MinidumpMiscInfo>().ok();
    let Ok(list) = dump.get_stream::<MinidumpThreadList<'_>>() else { return Vec::new() };
    let mut views = Vec::new();
    for (index, thread) in list.threads.iter().enumerate() {
        if let Some(context) = thread.context(&system, misc.as_ref()) {
            views.push(view(index, "thread", thread.raw.thread_context.rva, &context));
        }
    }
    if let Ok(exception) = dump.get_stream::<MinidumpException<'_>>()
        && let Some(context) = exception.context(&system, misc.as_ref())
    {
        let crashed = exception.raw.thread_id;
        let index = list.threads.iter().position(|thread| thread.raw.thread_id == crashed);
        let index = index.expect("the exception's thread is listed");
        views.push(view(index, "exception", exception.raw.thread_context.rva, &context));
    }
    views
}

fn view(index: usize, record: &str, rva: u32, context: &MinidumpContext) -> View {
    let (flags, registers) = match &context.raw {
        MinidumpRawContext::Amd64(raw) => (raw.context_flags.into(), amd64(raw)),
        MinidumpRawContext::X86(raw) => (raw.context_flags.into(), x86(raw)),
        MinidumpRawContext::Arm(raw) => (raw.context_flags.into(), arm(raw)),
        MinidumpRawContext::Arm64(raw) => (raw.context_flags.into(), arm64(raw)),
        MinidumpRawContext::OldArm64(raw) => (raw.context_flags, arm64_old(raw)),
        MinidumpRawContext::Mips(raw) => (raw.context_flags.into(), mips(raw)),
        MinidumpRawContext::Ppc(raw) => (raw.context_flags.into(), ppc(raw)),
        MinidumpRawContext::Ppc64(raw) => (raw.context_flags, ppc64(raw)),
        MinidumpRawContext::Sparc(raw) => (raw.context_flags.into(), sparc(raw)),
    };
    let mut view = View::new(&["--thread", &format!("index:{index}"), "--context", record], rva.into());
    let names_groups = registers.iter().any(|(.., group)| flags & group != 0);
    let (present, absent): (Vec<_>, Vec<_>) =
        registers.into_iter().partition(|(.., group)| flags & group != 0 || !names_groups);
    for (name, value, _) in &present {
        view.add(name, &format!("{value:x}"));
    }
    let elsewhere = |name: &String| present.iter().any(|(present, ..)| present == name);
    view.absent = absent.into_iter().map(|(name, ..)| name).filter(|name| !elsewhere(name)).collect();
    view
}

/// Fields of a context, under their own names.
macro_rules! fields {
    ($raw:ident, $group:expr, [$($field:ident)*]) => {
        [$((stringify!($field).to_owned(), u128::from($raw.$field), $group)),*]
    };
}

fn array<T: Copy + Into<u128>>(prefix: &str, values: &[T], group: u64) -> Vec<Register> {
    let named = |(number, value): (usize, &T)| (format!("{prefix}{number}"), (*value).into(), group);
    values.iter().enumerate().map(named).collect()
}

/// The number of `size` bytes at an offset.
fn number(bytes: &[u8], offset: usize, size: usize) -> u128 {
    bytes[offset..offset + size].iter().rev().fold(0, |value, byte| value << 8 | u128::from(*byte))
}

/// Registers that both forms of FXSAVE have (Intel manual, volume 1, table 10-2).
fn fxsave(area: &[u8], group: u64, vectors: usize) -> Vec<Register> {
    let mut registers = Vec::new();
    for (name, offset, size) in [("fctrl", 0, 2), ("fstat", 2, 2), ("ftw", 4, 1), ("fop", 6, 2)]
        .into_iter()
        .chain([("mxcsr", 24, 4), ("mxcsr_mask", 28, 4)])
    {
        registers.push((name.to_owned(), number(area, offset, size), group));
    }
    registers.extend((0..8).map(|n| (format!("st{n}"), number(area, 32 + 16 * n, 10), group)));
    registers.extend((0..vectors).map(|n| (format!("xmm{n}"), number(area, 160 + 16 * n, 16), group)));
    registers
}

fn amd64(raw: &CONTEXT_AMD64) -> Vec<Register> {
    const SEGMENTS: u64 = 0x4;
    const FLOATING_POINT: u64 = 0x8;
    const DEBUG_REGISTERS: u64 = 0x10;
    let mut registers = Vec::new();
    registers.extend(fields!(raw, CONTROL, [rip rsp cs ss eflags]));
    registers.extend(fields!(raw, INTEGER, [rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15]));
    registers.extend(fields!(raw, SEGMENTS, [ds es fs gs]));
    registers.extend(fields!(raw, DEBUG_REGISTERS, [dr0 dr1 dr2 dr3 dr6 dr7]));
    for (name, value) in [
        ("debugctl", raw.debug_control),
        ("last_branch_to", raw.last_branch_to_rip),
        ("last_branch_from", raw.last_branch_from_rip),
        ("last_exception_to", raw.last_exception_to_rip),
        ("last_exception_from", raw.last_exception_from_rip),
    ] {
        registers.push((name.to_owned(), value.into(), DEBUG_REGISTERS));
    }
    registers.extend(fxsave(&raw.float_save, FLOATING_POINT, 16));
    for (name, offset) in [("fip", 8), ("fdp", 16)] {
        registers.push((name.to_owned(), number(&raw.float_save, offset, 8), FLOATING_POINT));
    }
    registers.push(("mxcsr".to_owned(), raw.mx_csr.into(), FLOATING_POINT));
    registers
}

fn x86(raw: &CONTEXT_X86) -> Vec<Register> {
    const SEGMENTS: u64 = 0x4;
    const FLOATING_POINT: u64 = 0x8;
    const DEBUG_REGISTERS: u64 = 0x10;
    const EXTENDED_REGISTERS: u64 = 0x20;
    let mut registers = Vec::new();
    registers.extend(fields!(raw, CONTROL, [ebp eip cs eflags esp ss]));
    registers.extend(fields!(raw, INTEGER, [edi esi ebx edx ecx eax]));
    registers.extend(fields!(raw, SEGMENTS, [gs fs es ds]));
    registers.extend(fields!(raw, DEBUG_REGISTERS, [dr0 dr1 dr2 dr3 dr6 dr7]));
    let save = &raw.float_save;
    for (name, value) in [
        ("fctrl", save.control_word & 0xffff),
        ("fstat", save.status_word & 0xffff),
        ("ftag", save.tag_word & 0xffff),
        ("fioff", save.error_offset),
        ("fiseg", save.error_selector & 0xffff),
        ("fop", save.error_selector >> 16),
        ("fooff", save.data_offset),
        ("foseg", save.data_selector & 0xffff),
    ] {
        registers.push((name.to_owned(), value.into(), FLOATING_POINT));
    }
    let float = |n: usize| (format!("st{n}"), number(&save.register_area, 10 * n, 10), FLOATING_POINT);
    registers.extend((0..8).map(float));
    registers.extend(fxsave(&raw.extended_registers, EXTENDED_REGISTERS, 8));
    for (name, offset, size) in [("fioff", 8, 4), ("fiseg", 12, 2), ("fooff", 16, 4), ("foseg", 20, 2)] {
        let value = number(&raw.extended_registers, offset, size);
        registers.push((name.to_owned(), value, EXTENDED_REGISTERS));
    }
    registers
}

/// Breakpad's context of 32-bit ARM, whose flags have no CONTROL.
fn arm(raw: &CONTEXT_ARM) -> Vec<Register> {
    const FLOATING_POINT: u64 = 0x4;
    let mut registers = array("r", &raw.iregs[..13], INTEGER);
    for (name, value) in [("sp", raw.iregs[13]), ("lr", raw.iregs[14]), ("pc", raw.iregs[15])] {
        registers.push((name.to_owned(), value.into(), INTEGER));
    }
    registers.push(("cpsr".to_owned(), raw.cpsr.into(), INTEGER));
    let fpscr = Order::Little.number(raw.float_save.fpscr, 4);
    registers.push(("fpscr".to_owned(), number(&fpscr, 0, 4), FLOATING_POINT));
    registers.extend(array("d", &raw.float_save.regs, FLOATING_POINT));
    registers.extend(array("fpextra", &raw.float_save.extra, FLOATING_POINT));
    registers
}

fn arm64(raw: &CONTEXT_ARM64) -> Vec<Register> {
    const FLOATING_POINT: u64 = 0x4;
    const DEBUG_REGISTERS: u64 = 0x8;
    let mut registers = array("x", &raw.iregs[..29], INTEGER);
    for (name, value) in [("x29", raw.iregs[29]), ("x30", raw.iregs[30]), ("sp", raw.sp), ("pc", raw.pc)] {
        registers.push((name.to_owned(), value.into(), CONTROL));
    }
    registers.push(("cpsr".to_owned(), raw.cpsr.into(), CONTROL));
    registers.extend(array("v", &raw.float_regs, FLOATING_POINT));
    registers.extend(fields!(raw, FLOATING_POINT, [fpcr fpsr]));
    registers.extend(array("bcr", &raw.bcr, DEBUG_REGISTERS));
    registers.extend(array("bvr", &raw.bvr, DEBUG_REGISTERS));
    registers.extend(array("wcr", &raw.wcr, DEBUG_REGISTERS));
    registers.extend(array("wvr", &raw.wvr, DEBUG_REGISTERS));
    registers
}

/// Breakpad's older context of 64-bit ARM, whose flags have no CONTROL.
fn arm64_old(raw: &CONTEXT_ARM64_OLD) -> Vec<Register> {
    const FLOATING_POINT: u64 = 0x4;
    let mut registers = array("x", &raw.iregs, INTEGER);
    registers.extend(fields!(raw, INTEGER, [sp pc cpsr]));
    registers.extend(array("v", &raw.float_regs, FLOATING_POINT));
    registers.extend(fields!(raw, FLOATING_POINT, [fpsr fpcr]));
    registers
}

/// Values with names that are separated by spaces.
fn named<T: Copy + Into<u128>>(names: &str, values: &[T], group: u64) -> Vec<Register> {
    let named = names.split(' ').zip(values);
    named.map(|(name, value)| (name.to_owned(), (*value).into(), group)).collect()
}

fn mips(raw: &CONTEXT_MIPS) -> Vec<Register> {
    const FLOATING_POINT: u64 = 0x4;
    const DSP: u64 = 0x8;
    let integers =
        "at v0 v1 a0 a1 a2 a3 t0 t1 t2 t3 t4 t5 t6 t7 s0 s1 s2 s3 s4 s5 s6 s7 t8 t9 k0 k1 gp sp s8 ra";
    let mut registers = named(integers, &raw.iregs[1..], INTEGER);
    registers.extend(named("hi lo pc bad", &[raw.mdhi, raw.mdlo, raw.epc, raw.badvaddr], INTEGER));
    registers.extend(named("sr cause", &[raw.status, raw.cause], INTEGER));
    registers.extend(named("hi1 hi2 hi3", &raw.hi, DSP));
    registers.extend(named("lo1 lo2 lo3", &raw.lo, DSP));
    registers.extend(named("dspctl", &[raw.dsp_control], DSP));
    registers.extend(array("f", &raw.float_save.regs, FLOATING_POINT));
    registers.extend(named("fsr fir", &[raw.float_save.fpcsr, raw.float_save.fir], FLOATING_POINT));
    registers
}

// Groups of PPC and PPC64.
const BASE: u64 = 0x1;

fn ppc(raw: &CONTEXT_PPC) -> Vec<Register> {
    let mut registers = array("r", &raw.gpr, BASE);
    registers.extend(named("pc msr", &[raw.srr0, raw.srr1], BASE));
    registers.extend(fields!(raw, BASE, [cr xer lr ctr mq vrsave]));
    registers.extend(saved_by_ppc(&raw.float_save, &raw.vector_save));
    registers
}

fn ppc64(raw: &CONTEXT_PPC64) -> Vec<Register> {
    let mut registers = array("r", &raw.gpr, BASE);
    registers.extend(named("pc msr", &[raw.srr0, raw.srr1], BASE));
    registers.extend(fields!(raw, BASE, [cr xer lr ctr vrsave]));
    registers.extend(saved_by_ppc(&raw.float_save, &raw.vector_save));
    registers
}

fn saved_by_ppc(floats: &FLOATING_SAVE_AREA_PPC, vectors: &VECTOR_SAVE_AREA_PPC) -> Vec<Register> {
    const FLOATING_POINT: u64 = 0x8;
    const VECTOR: u64 = 0x20;
    let mut registers = array("f", &floats.fpregs, FLOATING_POINT);
    let fpscr = u64::from(floats.fpscr_pad) << 32 | u64::from(floats.fpscr);
    registers.extend(named("fpscr", &[fpscr], FLOATING_POINT));
    registers.extend(array("vr", &vectors.save_vr, VECTOR));
    registers.extend(named("vscr vrvalid", &[vectors.save_vscr, vectors.save_vrvalid.into()], VECTOR));
    registers
}

fn sparc(raw: &CONTEXT_SPARC) -> Vec<Register> {
    const FLOATING_POINT: u64 = 0x4;
    const EXTRA: u64 = 0x8;
    let mut registers = Vec::new();
    for (window, letter) in raw.g_r.chunks(8).zip(["g", "o", "l", "i"]) {
        registers.extend(array(letter, window, INTEGER));
    }
    // Always zero.
    registers.retain(|(name, ..)| name != "g0");
    registers.extend(fields!(raw, CONTROL, [ccr pc npc y]));
    registers.extend(fields!(raw, EXTRA, [asi fprs]));
    let doubles = raw.float_save.regs.iter().enumerate();
    registers
        .extend(doubles.map(|(number, value)| (format!("d{}", 2 * number), (*value).into(), FLOATING_POINT)));
    registers.extend(named("fsr", &[raw.float_save.fsr], FLOATING_POINT));
    registers
}
