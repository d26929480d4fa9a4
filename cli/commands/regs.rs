//! `regs`: the registers of a thread.

use dumpedit::{Group, RecordChoice, RegisterPart, RegisterValue};
use serde_json::{Value, json};

use crate::args::RegsArguments;
use crate::commands::{Done, open, reading};
use crate::failure::Failure;
use crate::output::{Output, text};

pub(super) fn run(arguments: &RegsArguments, output: &mut Output) -> Result<Done, Failure> {
    let dump = open(&arguments.dump, output)?;
    output.notices(dump.layout().notices());
    let context = reading(&dump, &arguments.thread, output, |thread| Ok(thread?))?;
    let (index, found) = dump.layout().thread(context)?;
    // Debuggers show the 32-bit record of a WOW64 thread first.
    let wow64 = context.with_record(RecordChoice::Wow64);
    let wow64 = Some(wow64).filter(|_| context == context.with_record(RecordChoice::Auto));
    let wow64 = wow64.filter(|context| dump.layout().record_of(*context).is_some());
    let mut sets = Vec::new();
    for context in wow64.into_iter().chain([context]) {
        let values = dump.registers(context)?;
        let record = dump.layout().record_of(context).map_or("thread", |record| record.kind.name());
        let registers = dump.layout().machine_of(context).registers();
        sets.push(Set { record, registers, values });
    }
    if output.is_json() {
        output.document(&json!({
            "tid": found.tid,
            "index": index.0,
            "context": sets.first().map(|set| set.record),
            "registers": sets.iter().flat_map(Set::listed).collect::<Vec<_>>(),
        }))?;
        return Ok(Done::All);
    }
    let name = found.name.as_ref().map_or(String::new(), |name| format!(" ({})", text::shown(name)));
    let mut text = String::new();
    for set in &sets {
        if !text.is_empty() {
            text.push('\n');
        }
        let title = format!("thread {}{name}, {} record", found.tid, set.record);
        text.push_str(&format!("{}\n", output.style.faint(&title)));
        set.tell(&mut text);
    }
    output.data(text.as_bytes())?;
    Ok(Done::All)
}

/// Longer values (of the ZA array) are shown by their ends.
const MOST_DIGITS: usize = 512;

/// The registers of a record.
struct Set {
    record: &'static str,
    registers: &'static dumpedit::Registers,
    values: Vec<(RegisterPart, RegisterValue)>,
}

impl Set {
    fn listed(&self) -> impl Iterator<Item = Value> + '_ {
        self.values.iter().map(|(part, value)| {
            let (name, value) = (self.registers.name(part.id), value.to_string());
            json!({ "name": name, "value": value, "size": part.size(), "context": self.record })
        })
    }

    fn tell(&self, text: &mut String) {
        let Set { registers, values, .. } = self;
        let mut group = None;
        // Of a vector's widths, a person wants the greatest that the record holds.
        let widest = values
            .iter()
            .filter(|(part, _)| !values.iter().any(|(other, _)| covers(registers, *other, *part)));
        for (part, value) in widest {
            let this = registers.get(part.id).map(|register| register.group);
            if group.is_some() && group != this {
                text.push('\n');
            }
            group = this;
            text.push_str(&line(registers.name(part.id), value, this));
        }
    }
}

/// Whether one listed register is a wider view of another, or one of the same bits with a name that comes first.
fn covers(registers: &dumpedit::Registers, other: RegisterPart, part: RegisterPart) -> bool {
    let root = |part: RegisterPart| {
        registers.get(part.id).and_then(|register| register.view).map_or(part.id, |view| view.parent)
    };
    let comes_first = other.bits > part.bits || (other.bits == part.bits && other.id < part.id);
    comes_first && root(other) == root(part)
}

fn line(name: &str, value: &RegisterValue, group: Option<Group>) -> String {
    let digits = usize::try_from(value.bits().div_ceil(4)).unwrap_or(usize::MAX);
    let hex: String = value.to_le_bytes().iter().rev().map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.get(hex.len().saturating_sub(digits)..).unwrap_or(&hex);
    if digits > MOST_DIGITS {
        const ENDS: usize = 16;
        let (first, last) = (hex.get(..ENDS), hex.get(digits.saturating_sub(ENDS)..));
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        return format!("{name:<10} 0x{first}…{last}  {} bytes\n", digits / 2);
    }
    let decimal = match (group, value.to_u64()) {
        (Some(Group::General), Ok(number)) if number < 1_000_000 => format!("  {number}"),
        _ => String::new(),
    };
    format!("{name:<10} 0x{hex}{decimal}\n")
}
