//! `eu-readelf -n`, which prints the notes of a core: a note's owner, size and type, and its fields as `name: value`.

use std::path::Path;
use std::process::Command;

use super::{View, said};

/// Notes with registers.
const WITH_REGISTERS: [&str; 11] = [
    "PRSTATUS",
    "FPREGSET",
    "PRXFPREG",
    "ARM_TLS",
    "ARM_VFP",
    "ARM_HW_BREAK",
    "ARM_HW_WATCH",
    "PPC_VMX",
    "S390_HIGH_GPRS",
    "S390_LAST_BREAK",
    "S390_SYSTEM_CALL",
];

/// Machines with 32-bit registers.
const NARROW: [&str; 5] = ["x86", "arm", "ppc", "s390", "m68k"];

/// Fields of these notes that are no registers.
const OTHER_FIELDS: [&str; 16] = [
    "info.si_signo",
    "info.si_code",
    "info.si_errno",
    "cursig",
    "sigpend",
    "sighold",
    "pid",
    "ppid",
    "pgrp",
    "sid",
    "utime",
    "stime",
    "cutime",
    "cstime",
    "fpvalid",
    "dbg_info",
];

const OTHER_NAMES: [(&str, &str); 11] = [
    ("rflags", "eflags"),
    ("fs.base", "fs_base"),
    ("gs.base", "gs_base"),
    ("pstate", "cpsr"),
    ("spsr", "cpsr"),
    ("fcw", "fctrl"),
    ("fsw", "fstat"),
    ("tls", "tpidr"),
    ("nip", "pc"),
    ("state", "tstate"),
    ("orig_gpr3", "orig_r3"),
];

/// Every register of every thread of a core.
pub(crate) fn eu_readelf(core: &Path, machine: &str) -> Vec<View> {
    let mut views: Vec<View> = Vec::new();
    let mut holds_registers = false;
    for line in said(Command::new("eu-readelf").arg("-n"), core).lines() {
        let is_note = line.starts_with("  ") && !line.starts_with("   ");
        if is_note && let Some(kind) = line.split_whitespace().nth(2) {
            holds_registers = WITH_REGISTERS.contains(&kind);
            if kind == "PRSTATUS" {
                views.push(View::new(&["--thread", &format!("index:{}", views.len())], views.len() as u64));
            }
        } else if holds_registers && let Some(view) = views.last_mut() {
            let fields = fields(line, NARROW.contains(&machine)).into_iter();
            for (name, value) in fields.filter(|(name, _)| !OTHER_FIELDS.contains(&name.as_str())) {
                if let Some(name) = known(&name, machine) {
                    view.add(&name, &value);
                }
            }
        }
    }
    // eu-readelf knows no registers of the BSDs' notes.
    views.retain(|view| !view.registers.is_empty());
    views
}

/// `name: value` parts with hex or signed decimal values, which have 32 bits on machines of [`NARROW`].
fn fields(line: &str, narrow: bool) -> Vec<(String, String)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let field = |pair: &[&str]| {
        let value = pair[1].trim_end_matches(',');
        let hex = match value.parse::<i64>() {
            Ok(number) if narrow => format!("{:x}", number as u32),
            Ok(number) => format!("{number:x}"),
            Err(_) => value.strip_prefix("0x")?.to_owned(),
        };
        Some((pair[0].strip_suffix(':')?.to_owned(), hex))
    };
    words.windows(2).filter_map(field).collect()
}

/// dumpedit's name for a field.
fn known(field: &str, machine: &str) -> Option<String> {
    // eu-readelf reads fpscr from the note's first word, where d0 is (fpscr is behind d31), and fstat from the upper half of FSAVE's first
    // word (it is the second word). For a big-endian vscr it shows the first word of the slot, for PowerPC's fpscr the bytes from four
    // behind it on, and for alpha's pc and unique the words behind them.
    const MISREAD: [(&str, &str); 8] = [
        ("arm", "fpscr"),
        ("x86", "fstat"),
        ("ppc", "vscr"),
        ("ppc64", "vscr"),
        ("ppc", "fpscr"),
        ("ppc64", "fpscr"),
        ("alpha", "pc"),
        ("alpha", "unique"),
    ];
    if MISREAD.contains(&(machine, field)) {
        return None;
    }
    // It reads the floating point registers of s390 from seven bytes before them.
    let number = |prefix| field.strip_prefix(prefix).filter(|number: &&str| number.parse::<u8>().is_ok());
    if machine.starts_with("s390") && number('f').is_some() {
        return None;
    }
    if let Some(slot) = field.strip_prefix("DBG").and_then(|field| field.strip_suffix("_EL1")) {
        return Some(slot.to_lowercase());
    }
    if machine == "arm" && field == "tls" {
        return Some("tpidruro".to_owned());
    }
    if (machine, field) == ("alpha", "s6") {
        return Some("fp".to_owned());
    }
    if machine == "s390" && number('r').is_some() {
        return Some(format!("{field}l"));
    }
    if let Some(register) = field.strip_prefix("high_") {
        return Some(format!("{register}h"));
    }
    if let Some(number) = number('a').filter(|_| machine.starts_with("s390")) {
        return Some(format!("acr{number}"));
    }
    if field == "spr0" {
        return Some("softe".to_owned());
    }
    let other = OTHER_NAMES.iter().find(|(theirs, _)| *theirs == field);
    Some(other.map_or(field, |(_, ours)| *ours).to_owned())
}
