//! Registers of a dump as other people's readers show them, under dumpedit's names.

mod eu_readelf;
mod gdb;
mod lldb;
mod minidump_crate;
pub(crate) mod stackwalk;

use std::path::Path;
use std::process::Command;

use super::tools::printed;

pub(crate) use eu_readelf::eu_readelf;
pub(crate) use gdb::gdb;
pub(crate) use lldb::{lldb, lldb_memory};
pub(crate) use minidump_crate::minidump_crate;
pub(crate) use stackwalk::{Walked, functions, walked};

/// Registers of one record, as a reader shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    /// Arguments that select the same record in dumpedit.
    pub(crate) choice: Vec<String>,
    /// Identifies the record: two views of one place are views of the same bytes.
    pub(crate) place: u64,
    /// Names and values in hex. A name that occurs twice is a register that is stored twice; reads take the first.
    pub(crate) registers: Vec<(String, String)>,
    /// Registers that the reader reports as absent.
    pub(crate) absent: Vec<String>,
}

impl View {
    fn new(choice: &[&str], place: u64) -> Self {
        let choice = choice.iter().map(|&part| part.to_owned()).collect();
        View { choice, place, registers: Vec::new(), absent: Vec::new() }
    }

    fn add(&mut self, name: &str, hex: &str) {
        self.registers.push((name.to_owned(), digits(hex)));
    }
}

/// Digits of a hex number, without `0x` and leading zeros.
pub(crate) fn digits(hex: &str) -> String {
    let digits = hex.trim_start_matches("0x").trim_start_matches('0');
    if digits.is_empty() { "0".to_owned() } else { digits.to_owned() }
}

/// Numbered names: `numbered("r", 3)` is `r0`, `r1`, `r2`.
fn numbered(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}{number}")).collect()
}

/// Registers that debuggers know of a machine, none of them part of another.
fn wholes(machine: &str) -> Vec<String> {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let segments = words("cs ss ds es fs gs");
    let float = || [words("fctrl fstat fop mxcsr"), numbered("st", 8)].concat();
    match machine {
        "amd64" | "x32" => [
            words("rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip eflags"),
            segments,
            words("fs_base gs_base orig_rax"),
            float(),
            numbered("xmm", 16),
        ]
        .concat(),
        "x86" => {
            let general = words("eax ebx ecx edx esi edi ebp esp eip eflags orig_eax");
            [general, segments, float(), numbered("xmm", 8)].concat()
        }
        "arm" => [numbered("r", 13), words("sp lr pc cpsr fpscr"), numbered("d", 32)].concat(),
        "arm64" => [numbered("x", 31), words("sp pc cpsr fpsr fpcr"), numbered("v", 32)].concat(),
        "riscv32" | "riscv64" => {
            let saved = numbered("s", 12).split_off(1);
            [words("pc ra sp gp tp"), numbered("t", 7), numbered("a", 8), saved].concat()
        }
        "ppc" | "ppc64" => {
            let vectors = [numbered("vr", 32), words("vscr vrsave")].concat();
            let float = numbered("f", 32);
            [numbered("r", 32), words("pc msr cr lr ctr xer orig_r3 trap"), float, vectors].concat()
        }
        "s390x" | "s390" => {
            let halves = |half| numbered("r", 16).into_iter().map(move |name| format!("{name}{half}"));
            let integers = match machine {
                "s390x" => numbered("r", 16),
                _ => halves("l").chain(halves("h")).collect(),
            };
            let others = words("pswm pswa fpc orig_r2 last_break system_call");
            [integers, numbered("acr", 16), numbered("f", 16), others].concat()
        }
        "mips" | "mips64" => {
            let arguments = if machine == "mips" { 4 } else { 8 };
            let temporaries = if machine == "mips" { 10 } else { 4 };
            let others = words("at v0 v1 t8 t9 k0 k1 gp sp s8 ra lo hi bad sr cause pc fsr fir");
            let temporaries = numbered("t", temporaries).into_iter().filter(|name| !others.contains(name));
            let temporaries: Vec<String> = temporaries.collect();
            [numbered("a", arguments), temporaries, numbered("s", 8), others, numbered("f", 32)].concat()
        }
        "sh" => [numbered("r", 16), words("pc pr sr gbr mach macl")].concat(),
        "hppa" => [
            words("flags r1 rp dp ret0 ret1 sp r31 sar pcoqh pcoqt pcsqh pcsqt"),
            numbered("r", 27).split_off(3),
            numbered("sr", 8),
            words("eiem iir isr ior ipsw ccr cr0 cr8 cr9 cr12 cr24 cr25 cr26"),
        ]
        .concat(),
        _ => panic!("no names for {machine}"),
    }
}

/// The output of a reader for a dump, whose path is its last argument.
fn said(command: &mut Command, dump: &Path) -> String {
    printed(command.arg(dump))
}
