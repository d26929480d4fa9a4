//! `regs`: the registers of a thread.

use dumpedit::{Context, Group, RecordChoice, RegisterPart, RegisterValue};
use serde_json::{Value, json};

use crate::args::RegsArguments;
use crate::commands::{Done, open, thread};
use crate::failure::Failure;
use crate::output::Output;

pub(super) fn run(arguments: &RegsArguments, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    output.notices(dump.layout().notices());
    let context = thread(&dump, &arguments.thread)??;
    let values = dump.registers(context)?;
    let (index, found) = dump.layout().thread(context)?;
    let choice = match context {
        Context::Thread(_, choice) => choice,
        _ => RecordChoice::Auto,
    };
    let record = found.chosen(choice).first().map_or("thread", |record| record.kind.name());
    let registers = dump.layout().machine_of(context).registers();
    if output.is_json() {
        let listed = values.iter().map(|(part, value)| {
            json!({ "name": registers.name(part.id), "value": value.to_string(), "size": part.bits.div_ceil(8) })
        });
        output.document(&json!({
            "tid": found.tid,
            "index": index.0,
            "context": record,
            "registers": listed.collect::<Value>(),
        }))?;
        return Ok(Done::All);
    }
    let name = found.name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
    let mut text =
        format!("{}\n", output.style.faint(&format!("thread {}{name}, {record} record", found.tid)));
    let mut group = None;
    // Of a vector's widths, a person wants the greatest that the record holds.
    let widest =
        values.iter().filter(|(part, _)| !values.iter().any(|(other, _)| covers(registers, *other, *part)));
    for (part, value) in widest {
        let this = registers.get(part.id).map(|register| register.group);
        if group.is_some() && group != this {
            text.push('\n');
        }
        group = this;
        text.push_str(&line(registers.name(part.id), value, this));
    }
    output.data(text.as_bytes())?;
    Ok(Done::All)
}

/// Whether one listed register is a wider view of another.
fn covers(registers: &dumpedit::Registers, other: RegisterPart, part: RegisterPart) -> bool {
    let root = |part: RegisterPart| {
        registers.get(part.id).and_then(|register| register.view).map_or(part.id, |view| view.parent)
    };
    other.bits > part.bits && root(other) == root(part)
}

fn line(name: &str, value: &RegisterValue, group: Option<Group>) -> String {
    let digits = usize::from(value.bits().div_ceil(4));
    let hex: String = value.to_le_bytes().iter().rev().map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.get(hex.len().saturating_sub(digits)..).unwrap_or(&hex);
    let decimal = match (group, value.to_u64()) {
        (Some(Group::General), Ok(number)) if number < 1_000_000 => format!("  {number}"),
        _ => String::new(),
    };
    format!("{name:<10} 0x{hex}{decimal}\n")
}
