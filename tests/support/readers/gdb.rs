//! gdb, which reads cores of every machine as `gdb-multiarch`.

use std::path::Path;
use std::process::Command;

use super::{View, said, wholes};

/// The registers of every thread of a core.
pub(crate) fn gdb(core: &Path, machine: &str) -> Vec<View> {
    let mut gdb = Command::new("gdb-multiarch");
    gdb.args(["-nx", "-batch", "-ex", "set print max-depth -1"]);
    for name in names(machine) {
        let command = match name.as_str() {
            name if is_float(name) => format!("info registers {name}"),
            name => format!("output/x ${}", expression(name)),
        };
        gdb.args(["-ex", &format!("echo \\n->{name}\\n"), "-ex", &format!("thread apply all -s {command}")]);
    }
    let text = said(gdb.arg("-core"), core);
    let mut views: Vec<View> = Vec::new();
    let (mut name, mut thread) = ("", 0);
    for line in text.lines() {
        if let Some(next) = line.strip_prefix("->") {
            name = next;
        } else if let Some((_, rest)) = line.split_once("(LWP ").filter(|_| line.starts_with("Thread ")) {
            thread = rest.split_once(')').unwrap().0.parse().unwrap();
        } else if let Some(value) = value(line).filter(|_| !name.is_empty() && thread != 0) {
            let position = views.iter().position(|view| view.place == thread).unwrap_or_else(|| {
                views.push(View::new(&["--thread", &thread.to_string()], thread));
                views.len() - 1
            });
            views[position].add(name, &value);
        }
    }
    views
}

fn names(machine: &str) -> Vec<String> {
    let mut names = wholes(machine);
    if ["amd64", "x32"].contains(&machine) {
        // Two at their whole width, of which xmm3 and xmm15 are parts.
        names.retain(|name| !["xmm3", "xmm15"].contains(&name.as_str()));
        names.extend(["ymm3", "ymm15"].map(str::to_owned));
    }
    if machine == "ppc64" {
        // Registers that the tests do not change by their parts.
        names.extend((16..32).map(|number| format!("vs{number}")));
    }
    // For o32, gdb shows halves of floating point registers: for odd ones the upper half of the one below.
    names.retain(|name| machine != "mips" || !is_float(name));
    // gdb shows a program counter without the Thumb bit.
    names.retain(|name| machine != "arm" || name != "pc");
    names
}

/// Whether gdb would convert the register's value to an integer, and shows its bytes in another form.
fn is_float(name: &str) -> bool {
    name.starts_with("st") || name.strip_prefix('f').is_some_and(|number| number.parse::<u8>().is_ok())
}

/// The expression of the register as one number.
fn expression(name: &str) -> String {
    match name {
        "vscr" | "vrsave" => name.to_owned(),
        _ if name.starts_with("xmm") || ["vr", "vs"].iter().any(|prefix| name.starts_with(prefix)) => {
            format!("{name}.uint128")
        }
        _ if name.starts_with("ymm") => format!("{name}.v2_int128"),
        _ if name.starts_with('v') => format!("{name}.q.u[0]"),
        _ if name.starts_with('d') && name != "ds" => format!("{name}.u64"),
        _ => name.to_owned(),
    }
}

/// Parses a number, two numbers as a vector's halves, or the raw bytes of a floating point register.
fn value(line: &str) -> Option<String> {
    if let Some((_, raw)) = line.split_once("(raw 0x") {
        return raw.strip_suffix(')').map(str::to_owned);
    }
    // MIPS: `f4:  0x3ff0000000000000 flt: 0 dbl: 1`.
    if let Some((_, rest)) = line.split_once(": ").filter(|(name, _)| is_float(name)) {
        return rest.split_whitespace().next()?.strip_prefix("0x").map(str::to_owned);
    }
    if let Some(halves) = line.strip_prefix('{') {
        let (low, high) = halves.strip_suffix('}')?.split_once(", ")?;
        let part = |hex: &str| u128::from_str_radix(hex.strip_prefix("0x")?, 16).ok();
        return Some(format!("{:x}{:032x}", part(high)?, part(low)?));
    }
    line.strip_prefix("0x")
        .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        .map(str::to_owned)
}
