//! `info`: summarizes a dump.

use std::fmt::Write as _;

use dumpedit::{Fault, Layout, NamedAddress, Process, RecordKind, ThreadIndex};
use serde_json::{Value, json};

use crate::args::DumpArgument;
use crate::commands::open::open;
use crate::done::Done;
use crate::failure::Failure;
use crate::output::{Output, json, text};

pub(super) fn run(arguments: &DumpArgument, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    let layout = dump.layout();
    let regions = layout.region_count();
    let process = layout.process();
    let wow64 = layout.threads().iter().filter(|thread| thread.record(RecordKind::Wow64).is_some()).count();
    if output.is_json() {
        let crash = |fault: &Fault| {
            let parameters = fault.parameters.iter().map(|parameter| json::hex(*parameter));
            json!({
                "index": fault.thread.0,
                "tid": tid(layout, fault.thread),
                "code": json::hex(fault.code),
                "name": fault.name,
                "address": fault.address.map(|at| json::hex(at.address)),
                "flags": json::hex(fault.flags),
                "parameters": parameters.collect::<Value>(),
                "access": fault.access.map(|access| json!({ "kind": access.name, "address": json::hex(access.address) })),
            })
        };
        output.notices(layout.notices());
        output.document(&json!({
            "format": layout.format().name(),
            "machine": layout.machine().name(),
            "os": layout.os(),
            "pid": process.pid,
            "name": process.name,
            "command_line": process.command_line,
            "started": process.started,
            "time": process.dumped,
            "byte_order": layout.byte_order().name(),
            "pointer_width": layout.pointer_width(),
            "file_size": layout.file_size(),
            "threads": layout.threads().len(),
            "wow64": layout.is_wow64(),
            "regions": regions,
            "captured_bytes": layout.captured_bytes(),
            "modules": layout.modules().len(),
            "crash": layout.fault().map(crash),
            "crashes": layout.faults().iter().map(crash).collect::<Value>(),
            "untouched": layout.untouched(),
        }))?;
        return Ok(Done::All);
    }
    let bits = u32::from(layout.pointer_width()).saturating_mul(8);
    let mut lines = Vec::new();
    lines.push(("format", layout.format().to_string()));
    let narrow = match wow64 {
        _ if !layout.is_wow64() => String::new(),
        0 => ", WOW64 (without 32-bit records)".to_owned(),
        _ => format!(", WOW64 ({} with a 32-bit record)", text::counted(wow64, "thread")),
    };
    lines.push((
        "machine",
        format!("{}, {} endian, {bits}-bit pointers{narrow}", layout.machine(), layout.byte_order()),
    ));
    lines.push(("system", layout.os().unwrap_or("not named").to_owned()));
    lines.push(("file", text::size(u128::from(layout.file_size()))));
    if let Some(pid) = process.pid {
        let name = process.name.as_deref().map(|name| format!(", {name}")).unwrap_or_default();
        lines.push(("process", format!("{pid}{name}")));
    }
    if let Some(line) = &process.command_line {
        lines.push(("command", cut(line)));
    }
    if let Some(told) = times(process) {
        lines.push(("time", told));
    }
    let crashed = layout.crashed().and_then(|index| layout.threads().get(index.0 as usize));
    let crashed = crashed.map_or(String::new(), |thread| format!(", {} crashed", thread.tid));
    lines.push(("threads", format!("{}{crashed}", layout.threads().len())));
    for fault in layout.faults() {
        let of = if layout.faults().len() == 1 {
            String::new()
        } else {
            tid(layout, fault.thread).map_or(String::new(), |tid| format!("thread {tid}: "))
        };
        lines.push(("crash", format!("{of}{}", described(fault))));
    }
    let captured = text::size(u128::from(layout.captured_bytes()));
    lines.push(("memory", format!("{captured} captured, {}", text::counted(regions, "region"))));
    lines.push(("modules", layout.modules().len().to_string()));
    if !layout.untouched().is_empty() {
        lines.push(("untouched", layout.untouched().join(", ")));
    }
    for notice in layout.notices() {
        lines.push(("notice", notice.to_string()));
    }
    let lines = lines.iter().map(|(name, value)| format!("{name:<10} {}\n", text::shown(value)));
    output.data(lines.collect::<String>().as_bytes())?;
    Ok(Done::All)
}

fn tid(layout: &Layout, thread: ThreadIndex) -> Option<u64> {
    layout.threads().get(thread.0 as usize).map(|thread| thread.tid)
}

/// The start of a line that may be very long.
fn cut(line: &str) -> String {
    const MOST: usize = 200;
    let end = line.char_indices().nth(MOST).map(|(at, _)| at);
    end.and_then(|end| line.get(..end)).map_or_else(|| line.to_owned(), |shown| format!("{shown}…"))
}

/// Times of the dump and of the start of the process, if the dump has them.
fn times(process: &Process) -> Option<String> {
    let dumped = process.dumped.map(|time| format!("{} UTC", text::utc(time)));
    let started = process.started.map(|time| format!("process started {} UTC", text::utc(time)));
    match (dumped, started) {
        (Some(dumped), Some(started)) => Some(format!("{dumped}, {started}")),
        (dumped, started) => dumped.or(started),
    }
}

fn described(fault: &Fault) -> String {
    let mut text = fault.name.as_ref().map_or(String::new(), |name| format!("{name}, "));
    let _ = write!(text, "code {:#x}", fault.code);
    if let Some(NamedAddress { name, address }) = fault.address {
        let _ = write!(text, ", {name} {address:#x}");
    }
    match fault.access {
        Some(NamedAddress { name, address }) => {
            let _ = write!(text, ", {name} of {address:#x}");
        }
        None if fault.parameters.is_empty() => {}
        None => {
            let parameters = fault.parameters.iter().map(|parameter| format!("{parameter:#x}"));
            let _ = write!(text, ", parameters {}", parameters.collect::<Vec<_>>().join(" "));
        }
    }
    if fault.flags != 0 {
        let _ = write!(text, ", flags {:#x}", fault.flags);
    }
    text
}
