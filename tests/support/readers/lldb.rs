//! LLDB, which reads cores and minidumps. For a thread with two records it shows the exception's.

use std::path::Path;
use std::process::Command;

use super::super::command::dumpedit;
use super::{View, said, wholes};

/// The registers of every thread, as far as LLDB has them; none where it cannot load the file.
pub(crate) fn lldb(dump: &Path, machine: &str) -> Vec<View> {
    let threads = dumpedit(&["threads".as_ref(), dump.as_os_str(), "--json".as_ref()]).exits(0).json();
    let mut lldb = Command::new("lldb");
    lldb.args(["--no-lldbinit", "--batch", "-o", "thread list"]);
    for number in 1..=threads.as_array().unwrap().len() {
        lldb.args(["-o", &format!("thread select {number}"), "-o", "register read --all"]);
    }
    let text = said(lldb.arg("--core"), dump);
    let names = [wholes(machine), exception_state(machine)].concat();
    // Ids by LLDB's thread numbers: `* thread #1: tid = 5669, …`.
    let mut ids = Vec::new();
    let mut views: Vec<View> = Vec::new();
    for line in text.lines() {
        let line = line.trim_start_matches(['*', ' ']);
        if let Some((number, rest)) =
            line.strip_prefix("thread #").and_then(|rest| rest.split_once(": tid = "))
        {
            ids.push((number.to_owned(), id(rest.split([',', ' ']).next().unwrap())));
        } else if let Some(number) = line.strip_prefix("(lldb) thread select ") {
            let id = ids.iter().find(|(listed, _)| listed == number).map(|(_, id)| *id);
            views.extend(id.map(|id| View::new(&["--thread", &id.to_string()], id)));
        } else if let Some((name, value)) = line.split_once(" = ") {
            let name = renamed(name.trim(), machine);
            if let (Some(value), Some(view)) = (value_of(value), views.last_mut())
                && names.iter().any(|known| known == name)
            {
                view.add(name, &value);
            }
        }
    }
    views
}

/// Reads bytes of the process with LLDB.
pub(crate) fn lldb_memory(dump: &Path, address: u64, count: usize) -> Vec<u8> {
    let mut lldb = Command::new("lldb");
    let read = format!("memory read --size 1 --format x --count {count} {address:#x}");
    let text = said(lldb.args(["--no-lldbinit", "--batch", "-o", &read, "--core"]), dump);
    let rows =
        text.lines().filter_map(|line| line.strip_prefix("0x")?.split_once(": ")).map(|(_, bytes)| bytes);
    let bytes = rows.flat_map(|row| row.split_whitespace().map_while(|byte| byte.strip_prefix("0x")));
    bytes.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// Registers of macOS's exception states.
fn exception_state(machine: &str) -> Vec<String> {
    let names: &[&str] = if machine == "arm64" { &["far", "esr", "exception"] } else { &[] };
    names.iter().map(|&name| name.to_owned()).collect()
}

fn id(text: &str) -> u64 {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
        None => text.parse().unwrap(),
    }
}

fn renamed<'a>(name: &'a str, machine: &str) -> &'a str {
    match (machine, name) {
        (_, "rflags") => "eflags",
        ("arm64", "fp") => "x29",
        ("arm64", "lr") => "x30",
        ("arm", "fp") => "r11",
        _ => name,
    }
}

/// Parses a hex number, or `{0x.. 0x..}`, a register's bytes from the lowest on. Floating point numbers are left out.
fn value_of(text: &str) -> Option<String> {
    if let Some(bytes) = text.strip_prefix('{') {
        let bytes = bytes.split_once('}')?.0.split_whitespace();
        return bytes.rev().map(|byte| byte.strip_prefix("0x")).collect();
    }
    text.split_whitespace().next()?.strip_prefix("0x").map(str::to_owned)
}
