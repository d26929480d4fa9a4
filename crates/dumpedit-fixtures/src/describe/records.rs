//! Registers of records by name, and the remaining bytes: found by making the records and comparing their bytes.

use std::collections::HashMap;

use dumpedit::notation::{At, NumberText};
use dumpedit::{Context, Dump, Group, HeldRegister, RegisterPart, RegisterValue};

use super::difference::difference;
use super::slot::Slot;
use crate::encode::narrow;
use crate::error::FixtureError;
use crate::holders::Holders;
use crate::spec::{ContentSpec, CrashContext, MappingSpec, NoteSpec, Record, Register, Spec};
use crate::synth::{SynthOptions, context_of, lay_out};
use dumpedit_formats::write::Part;

/// Fills in the registers and the remaining bytes of every slot.
pub(super) fn fill(dump: &Dump, spec: &mut Spec, slots: &[Slot]) -> Result<(), FixtureError> {
    // Tables of a dump are no larger than the dump.
    let room = dump.layout().file_size().saturating_mul(4).saturating_add(1 << 24);
    let options = SynthOptions::default().max_size(room);
    let stacks = LabelledStacks::of(spec);
    let blank = without_memory(spec);
    let skeleton = lay_out(&blank, &options)?;
    let mut light = blank.clone();
    let empty = Dump::from_bytes(skeleton.tables()?)
        .map_err(|error| FixtureError::contradiction(error.to_string()))?;
    for slot in slots {
        let Some(context) = slot.context else { continue };
        let Some(counterpart) = context_of(&empty, &skeleton.plan.parts, slot.part) else { continue };
        let registers = registers(dump, context, &empty, counterpart, &stacks)?;
        if let Some(record) = record_mut(&mut light, slot.part) {
            record.registers = registers.iter().map(|(register, _)| register.clone()).collect();
            // Labels have no meaning without the memory.
            for (register, (_, number)) in record.registers.iter_mut().zip(&registers) {
                register.value = number.clone();
            }
        }
        if let Some(record) = record_mut(spec, slot.part) {
            record.registers = registers.into_iter().map(|(register, _)| register).collect();
        }
    }
    let made = lay_out(&light, &options)?;
    let tables = made.tables()?;
    for slot in slots {
        let mut original = vec![0; narrow(slot.size)];
        let held = dump.layout().file_size().saturating_sub(slot.file_offset).min(slot.size);
        if let Some(into) = original.get_mut(..narrow(held)) {
            dump.read_file(slot.file_offset, into)?;
        }
        let place = made.plan.parts.get(slot.part);
        let made = place.and_then(|place| {
            tables.get(narrow(place.file_offset)..narrow(place.file_offset.checked_add(place.size)?))
        });
        let Some(made) = made else { continue };
        let mut same_size = made.to_vec();
        same_size.resize(original.len(), 0);
        let rest = difference(&same_size, &original);
        if let Some(into) = rest_mut(spec, slot.part) {
            *into = rest;
        }
    }
    Ok(())
}

/// The bytes of a part that do not follow from its registers.
fn rest_mut(spec: &mut Spec, part: Part) -> Option<&mut ContentSpec> {
    let Part::Note(thread, at) = part else { return record_mut(spec, part).map(|record| &mut record.rest) };
    let thread = spec.threads.get_mut(thread)?;
    match &mut thread.states {
        Some(states) => states.get_mut(at).map(|state| &mut state.rest),
        None => thread.notes.as_mut()?.get_mut(at).map(|note| &mut note.rest),
    }
}

fn record_mut(spec: &mut Spec, part: Part) -> Option<&mut Record> {
    match part {
        Part::Thread(index) => spec.threads.get_mut(index).map(|thread| &mut thread.record),
        Part::Crash(index) => match spec.crashes.get_mut(index).map(|crash| &mut crash.context) {
            Some(CrashContext::Own(record)) => Some(record),
            _ => None,
        },
        Part::Note(..) => None,
    }
}

/// The same records without large parts.
fn without_memory(spec: &Spec) -> Spec {
    let mut light = spec.clone();
    light.memory = Vec::new();
    light.mappings = Vec::<MappingSpec>::new();
    light.modules = Vec::new();
    light.patches = ContentSpec::default();
    light.truncate = None;
    light.notes = Vec::<NoteSpec>::new();
    light.sections = Vec::new();
    light.load_notes = Vec::new();
    light.load_commands = Vec::new();
    light.parts = Vec::new();
    // MiscInfo has the places of components that are not compacted.
    light.streams.retain(|stream| stream.kind == 15);
    for thread in &mut light.threads {
        thread.stack = None;
        thread.name = None;
    }
    light
}

/// Stacks with labels.
struct LabelledStacks {
    /// First address and label.
    stacks: Vec<(u64, String)>,
    holders: Holders,
}

impl LabelledStacks {
    fn of(spec: &Spec) -> LabelledStacks {
        let mut stacks = Vec::new();
        let mut ranges = Vec::new();
        for region in &spec.memory {
            let label = region.label.as_ref().filter(|label| label.starts_with("stack"));
            let (Some(label), At::Address(address), Some(size)) = (label, &region.at, region.size) else {
                continue;
            };
            ranges.push((stacks.len(), *address, size));
            stacks.push((*address, label.clone()));
        }
        LabelledStacks { stacks, holders: Holders::of(ranges) }
    }

    /// An address as its stack's label and the offset from it.
    fn text(&self, address: u64) -> Option<String> {
        let (start, label) = self.stacks.get(self.holders.first(address)?)?;
        let offset = address.saturating_sub(*start);
        Some(if offset == 0 { label.clone() } else { format!("{label}+{offset:#x}") })
    }
}

/// The registers that differ from those of an empty record, each at the width that its value needs; and the same values without labels.
fn registers(
    dump: &Dump,
    context: Context,
    empty: &Dump,
    counterpart: Context,
    stacks: &LabelledStacks,
) -> Result<Vec<(Register, NumberText)>, FixtureError> {
    let names = dump.layout().machine_of(context).registers();
    let by_part = |held: HeldRegister| (held.part, held.value);
    let begun: HashMap<RegisterPart, RegisterValue> =
        empty.registers(counterpart)?.into_iter().map(by_part).collect();
    let parent = |part: RegisterPart| {
        names.get(part.id).and_then(|name| name.view).map_or(part.id, |view| view.parent)
    };
    let trimmed = |value: &RegisterValue| -> Vec<u8> {
        let bytes = value.to_le_bytes();
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
        bytes.get(..used).unwrap_or_default().to_vec()
    };
    // The widest of a register's parts comes first; a narrower one with the same value replaces it.
    let mut chosen: Vec<(RegisterPart, RegisterValue)> = Vec::new();
    let mut by_parent: HashMap<dumpedit::RegisterId, usize> = HashMap::new();
    let mut all: Vec<(RegisterPart, RegisterValue)> =
        dump.registers(context)?.into_iter().map(by_part).collect();
    let is_derived =
        |part| dump.layout().record_of(context).is_some_and(|record| record.derived(part).is_some());
    all.retain(|(part, _)| begun.contains_key(part) && !is_derived(*part));
    all.sort_by_key(|(part, _)| (parent(*part).0, std::cmp::Reverse(part.bits)));
    for (part, value) in all {
        match by_parent.get(&parent(part)).and_then(|at| chosen.get_mut(*at)) {
            Some(wider) => {
                if part.bits < wider.0.bits && trimmed(&wider.1) == trimmed(&value) {
                    *wider = (part, value);
                }
            }
            None => {
                by_parent.insert(parent(part), chosen.len());
                chosen.push((part, value));
            }
        }
    }
    chosen.retain(|(part, value)| begun.get(part) != Some(value));
    let register = |(part, value): (RegisterPart, RegisterValue)| {
        let number = NumberText::Number(value.clone().into());
        let general = names.get(part.id).is_some_and(|name| name.group == Group::General);
        let address = value.to_u64().ok().filter(|_| general);
        let in_stack = address.and_then(|address| stacks.text(address));
        let shown = in_stack.map_or_else(|| number.clone(), |text| NumberText::At(At::Module(text)));
        (Register { name: dump.layout().register_name(context, part), value: shown }, number)
    };
    Ok(chosen.into_iter().map(register).collect())
}
