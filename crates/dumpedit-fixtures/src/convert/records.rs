//! Registers of threads in records of another container: set by name in a dump that has only these records.
//!
//! Knows nothing of the places of registers in records.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dumpedit::{
    BlockKind, Context, ContextRecord, Dump, Edit, Format, HeldRegister, Number, RegisterId, RegisterPart,
    RegisterValue,
};
use dumpedit_formats::model::Model;
use dumpedit_formats::write::{Part, Parts, WriteError};

use super::ConvertError;
use super::loss::{LossKind, Losses};
use crate::encode::narrow;
use crate::error::FixtureError;
use crate::synth::{context_of, image};

/// Most bytes of all threads' records.
const MOST: u64 = 1 << 32;

/// Records of a thread with its registers.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// The record itself.
    pub(super) record: Vec<u8>,
    /// Notes behind it; `None` for notes without any of the thread's registers.
    pub(super) notes: Vec<Option<Vec<u8>>>,
    /// Flags of the record for the registers that the thread has.
    pub(super) groups: u32,
    /// Whether the record holds the register that the dump has elsewhere.
    pub(super) has_more: bool,
}

/// Components of the XSAVE areas of these records, as bits.
pub(super) fn components(dump: &Dump, contexts: &[Context]) -> u64 {
    let blocks = contexts.iter().filter_map(|context| dump.layout().record_of(*context));
    blocks.flat_map(|record| &record.blocks).fold(0, |mask, block| match block.kind {
        BlockKind::Xstate(bit) => mask | 1u64.checked_shl(bit.into()).unwrap_or(0),
        _ => mask,
    })
}

/// Sources of a thread's registers.
#[derive(Debug, Default)]
pub(super) struct Registers {
    /// Records, of which later ones override earlier ones.
    pub(super) contexts: Vec<Context>,
    /// Records of another machine, whose registers are lost.
    pub(super) foreign: Vec<Context>,
    /// A register that the dump has outside of records, and its value.
    pub(super) more: Option<(&'static str, u64)>,
    /// A register that the new dump has outside of records.
    pub(super) elsewhere: Option<&'static str>,
}

/// Fills the registers into the blank records of a model with these threads.
pub(super) fn fill(
    dump: &Dump,
    threads: &[Registers],
    blank: &Model,
    losses: &mut Losses,
) -> Result<Vec<Filled>, ConvertError> {
    let plan = dumpedit_formats::plan(blank, MOST).map_err(ConvertError::NoRoom)?;
    let bytes = image(blank, dump, MOST)?.to_bytes().map_err(FixtureError::from)?;
    let made = Dump::from_bytes(bytes).map_err(|error| FixtureError::contradiction(error.to_string()))?;
    let width = dump.layout().pointer_width();
    if made.layout().pointer_width() != width {
        let (format, machine) = (blank.target.format, blank.target.machine);
        return Err(ConvertError::NoRecordOfWidth { format, machine, width });
    }
    let mut edit = made.edit();
    let mut lost: BTreeMap<String, u64> = BTreeMap::new();
    let mut filled = Vec::with_capacity(threads.len());
    for (index, registers) in threads.iter().enumerate() {
        let notes = blank.threads.get(index).map_or(0, |thread| thread.notes.len());
        let mut one = Filled { notes: vec![None; notes], ..Filled::default() };
        let mut of_thread = foreign_registers(dump, &registers.foreign)?;
        if let Some(target) = context_of(&made, &plan.parts, Part::Thread(index)) {
            let mut thread = Thread {
                dump,
                made: &made,
                edit: &mut edit,
                target,
                used: BTreeSet::new(),
                lost: BTreeSet::new(),
                begun: made.registers(target)?.into_iter().map(|held| (held.part, held.value)).collect(),
            };
            for context in &registers.contexts {
                thread.carry(*context)?;
            }
            thread.carry_components(&registers.contexts)?;
            if let Some((name, value)) = registers.more
                && let Ok(part) = made.register(target, name)
            {
                one.has_more = thread.set(part, &value.to_le_bytes()).is_ok();
            }
            if let Some(elsewhere) = registers.elsewhere {
                thread.lost.remove(elsewhere);
            }
            let Thread { used, lost: of_own, .. } = thread;
            of_thread.extend(of_own);
            if let Some(record) = made.layout().record_of(target) {
                one.groups = groups(record, &used);
                one.notes = held_notes(&made, target, &used, &plan.parts, index, notes)?;
            }
        }
        for name in of_thread {
            let count = lost.entry(name).or_default();
            *count = count.saturating_add(1);
        }
        filled.push(one);
    }
    edit.commit().map_err(|error| FixtureError::contradiction(error.to_string()))?;
    let bytes = |part: Part| -> Result<Vec<u8>, dumpedit::Error> {
        let Some(place) = plan.parts.get(part) else { return Ok(Vec::new()) };
        let mut bytes = vec![0; narrow(place.size)];
        made.read_file(place.file_offset, &mut bytes)?;
        Ok(bytes)
    };
    for (index, one) in filled.iter_mut().enumerate() {
        one.record = bytes(Part::Thread(index))?;
        for (at, note) in one.notes.iter_mut().enumerate() {
            if note.is_some() {
                *note = Some(bytes(Part::Note(index, at))?);
            }
        }
    }
    let threads_with_most = lost.values().copied().max().unwrap_or(0);
    for (at, name) in lost.into_keys().enumerate() {
        losses.add(LossKind::Register, if at == 0 { threads_with_most } else { 0 }, Some(name));
    }
    Ok(filled)
}

impl From<WriteError> for ConvertError {
    fn from(error: WriteError) -> Self {
        ConvertError::NoRoom(error)
    }
}

/// A thread whose registers are converted.
struct Thread<'t> {
    dump: &'t Dump,
    made: &'t Dump,
    edit: &'t mut Edit,
    target: Context,
    used: BTreeSet<u16>,
    lost: BTreeSet<String>,
    /// Values of the blank record.
    begun: HashMap<RegisterPart, RegisterValue>,
}

impl Thread<'_> {
    fn carry(&mut self, context: Context) -> Result<(), ConvertError> {
        let Some(source) = self.dump.layout().record_of(context) else { return Ok(()) };
        let Some(target) = self.made.layout().record_of(self.target) else { return Ok(()) };
        let registers = source.registers();
        let is_header = |id: RegisterId| {
            let runs = source.format.runs.iter().filter(|run| run.block == BlockKind::XstateHeader);
            runs.filter_map(|run| registers.find(run.first)).any(|first| first == id)
        };
        let root = |part: RegisterPart| registers.root(part).map_or(part.id, |view| view.parent);
        let mut all = self.dump.registers(context)?;
        // Values that follow from the shape of a record, such as the length of its vectors, cannot be set.
        for (part, value) in all.iter().filter_map(|held| Some((held.part, source.derived(held.part)?))) {
            if value != 0 && target.derived(part) != Some(value) {
                self.lost.insert(registers.name(part.id).to_owned());
            }
        }
        all.retain(|held| !is_header(root(held.part)) && source.derived(held.part).is_none());
        all.sort_by_key(|held| (root(held.part).0, std::cmp::Reverse(held.part.bits)));
        let mut settled = None;
        for held in all {
            if self.has_other_copy(context, held.part)? {
                self.lost.insert(format!("{}@2", registers.name(held.part.id)));
            }
            let parent = root(held.part);
            // The widest of a register's parts comes first, and contains the others.
            if settled.replace(parent) == Some(parent) {
                continue;
            }
            self.put(source, target, &held)?;
        }
        Ok(())
    }

    /// Whether the record has copies of a register that differ from the one that reads take.
    fn has_other_copy(&self, context: Context, part: RegisterPart) -> Result<bool, ConvertError> {
        let Ok(resolved) = self.dump.layout().resolve_part(context, part) else { return Ok(false) };
        let mut stretches = Vec::new();
        resolved.stretches(|start, size, copies| {
            let place =
                |piece: &dumpedit::Piece| piece.file_offset.saturating_add(start.saturating_sub(piece.start));
            let places: Vec<u64> = copies.iter().map(place).collect();
            if places.len() > 1 {
                stretches.push((places, size));
            }
        });
        for (places, size) in stretches {
            let mut values = Vec::with_capacity(places.len());
            for place in places {
                let mut bytes = vec![0; narrow(size)];
                self.dump.read_file(place, &mut bytes)?;
                values.push(bytes);
            }
            if values.windows(2).any(|pair| pair.first() != pair.last()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Sets the components of the XSAVE area that are in use, as in the records. x87 and SSE count in cores only: a minidump has them in
    /// its CONTEXT.
    fn carry_components(&mut self, contexts: &[Context]) -> Result<(), ConvertError> {
        const IN_USE: &str = "xstate_bv";
        const LEGACY: u64 = 3;
        let legacy_of = |dump: &Dump| if dump.layout().format() == Format::ElfCore { LEGACY } else { 0 };
        let of = |context: &Context| self.dump.read_register(*context, IN_USE).ok()?.to_u64().ok();
        let Some(told) = contexts.iter().rev().find_map(of) else { return Ok(()) };
        let Ok(made) = self.edit.read_register(self.target, IN_USE) else {
            if told != 0 {
                self.lost.insert(IN_USE.to_owned());
            }
            return Ok(());
        };
        let (from, to) = (legacy_of(self.dump), legacy_of(self.made));
        let legacy = if from == LEGACY { told } else { made.to_u64().unwrap_or(0) } & to;
        let carried = told & components(self.made, &[self.target]) & !LEGACY;
        if told & from & !to != from & !to {
            self.lost.insert(IN_USE.to_owned());
        }
        self.edit.set_register(self.target, IN_USE, legacy | carried)?;
        Ok(())
    }

    /// Sets a register, or as much of it as the record holds.
    fn put(
        &mut self,
        source: &ContextRecord,
        target: &ContextRecord,
        held: &HeldRegister,
    ) -> Result<(), ConvertError> {
        let registers = source.registers();
        let HeldRegister { part, value, .. } = held;
        if target.holds(*part) {
            self.set(*part, value.to_le_bytes())?;
            self.lost.remove(registers.name(part.id));
            return Ok(());
        }
        let Some(root) = registers.root(*part) else { return Ok(()) };
        let narrower = target.widest(root.parent).and_then(|narrower| {
            let at = registers.root(narrower)?.at_bit.checked_sub(root.at_bit)?;
            (at.checked_add(narrower.bits)? <= part.bits).then_some((narrower, at))
        });
        let name = registers.name(root.parent).to_owned();
        let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        let Some((narrower, at)) = narrower.filter(|(_, at)| at.is_multiple_of(8)) else {
            if !is_zero(value.to_le_bytes()) {
                self.lost.insert(name);
            }
            return Ok(());
        };
        let from = narrow((at / 8).into());
        let end = from.saturating_add(narrower.size());
        let bytes = value.to_le_bytes();
        self.set(narrower, bytes.get(from..end).unwrap_or_default())?;
        let rest = [bytes.get(..from), bytes.get(end..)];
        if !rest.into_iter().flatten().all(is_zero) {
            self.lost.insert(name);
        }
        Ok(())
    }

    fn set(&mut self, part: RegisterPart, bytes: &[u8]) -> Result<(), ConvertError> {
        let is_new = self.used.insert(part.id.0);
        let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
        if is_new && is_zero(bytes) && self.begun.get(&part).is_some_and(|begun| is_zero(begun.to_le_bytes()))
        {
            return Ok(());
        }
        let name = self.made.layout().register_name(self.target, part);
        self.edit.set_register(self.target, &name, Number::from_le_bytes(bytes))?;
        Ok(())
    }
}

/// Names of the registers of records of another machine that are not zero.
fn foreign_registers(dump: &Dump, contexts: &[Context]) -> Result<BTreeSet<String>, ConvertError> {
    let mut names = BTreeSet::new();
    for context in contexts {
        let Some(record) = dump.layout().record_of(*context) else { continue };
        let registers = record.registers();
        let all = dump.registers(*context)?.into_iter();
        let used = all.filter(|held| held.value.to_le_bytes().iter().any(|byte| *byte != 0));
        let roots = used.filter_map(|held| registers.root(held.part));
        names.extend(roots.map(|root| registers.name(root.parent).to_owned()));
    }
    Ok(names)
}

/// Flags of a record for the registers that a thread has.
fn groups(record: &ContextRecord, used: &BTreeSet<u16>) -> u32 {
    let registers = record.registers();
    let of = |id: &u16| registers.root(RegisterPart::new(RegisterId(*id), 1)).map(|view| view.parent.0);
    let used: BTreeSet<u16> = used.iter().filter_map(of).collect();
    let holds = |run: &&dumpedit::Run| {
        let first = registers.find(run.first).map(|first| first.0);
        first.is_some_and(|first| used.range(first..first.saturating_add(run.count)).next().is_some())
    };
    record.format.runs.iter().filter(holds).fold(0, |flags, run| flags | run.needs)
}

/// The notes of a thread that have any of its registers.
fn held_notes(
    made: &Dump,
    context: Context,
    used: &BTreeSet<u16>,
    parts: &Parts,
    thread: usize,
    count: usize,
) -> Result<Vec<Option<Vec<u8>>>, ConvertError> {
    let layout = made.layout();
    let mut places = BTreeSet::new();
    for id in used {
        let bits = layout.machine_of(context).registers().get(RegisterId(*id)).map_or(0, |name| name.bits);
        let part = layout.fitted(context, RegisterPart::new(RegisterId(*id), bits));
        if let Ok(resolved) = layout.resolve_part(context, part) {
            resolved.stretches(|_, _, copies| places.extend(copies.iter().map(|piece| piece.file_offset)));
        }
    }
    let holds = |note: usize| {
        let place = parts.get(Part::Note(thread, note))?;
        let end = place.file_offset.saturating_add(place.size);
        places.range(place.file_offset..end).next().map(|_| Vec::new())
    };
    Ok((0..count).map(holds).collect())
}
