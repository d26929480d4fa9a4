//! `info`: what a dump is.

use dumpedit::RecordKind;
use serde_json::json;

use crate::args::DumpArgument;
use crate::commands::{Done, open};
use crate::failure::Failure;
use crate::output::{Output, json, text};

pub(super) fn run(arguments: &DumpArgument, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    let layout = dump.layout();
    let regions = layout.region_count();
    let wow64 = layout.threads().iter().filter(|thread| thread.record(RecordKind::Wow64).is_some()).count();
    if output.is_json() {
        let fault = layout.fault().map(|fault| {
            json!({
                "index": fault.thread.0,
                "tid": layout.crashed().and_then(|index| layout.threads().get(index.0 as usize)).map(|thread| thread.tid),
                "code": json::hex(fault.code),
                "address": fault.address.map(|(_, address)| json::hex(address)),
            })
        });
        output.document(&json!({
            "format": layout.format().name(),
            "machine": layout.machine().name(),
            "os": layout.os(),
            "byte_order": layout.byte_order().name(),
            "pointer_width": layout.pointer_width(),
            "file_size": layout.file_size(),
            "threads": layout.threads().len(),
            "wow64": layout.is_wow64(),
            "regions": regions,
            "captured_bytes": layout.captured_bytes(),
            "modules": layout.modules().len(),
            "crash": fault,
            "untouched": layout.untouched(),
            "notices": json::notices(layout.notices()),
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
    let crashed = layout.crashed().and_then(|index| layout.threads().get(index.0 as usize));
    let crashed = crashed.map_or(String::new(), |thread| format!(", {} crashed", thread.tid));
    lines.push(("threads", format!("{}{crashed}", layout.threads().len())));
    if let Some(fault) = layout.fault() {
        let address = fault.address.map_or(String::new(), |(name, address)| format!(", {name} {address:#x}"));
        lines.push(("crash", format!("code {:#x}{address}", fault.code)));
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
