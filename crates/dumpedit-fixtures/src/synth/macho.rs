//! Builds the parts of a model that only Mach-O cores have: the header's numbers, states of threads, notes and load commands.

use dumpedit::Machine;
use dumpedit_formats::macho::schema::{self, PROCESS_METADATA};
use dumpedit_formats::model::{Container, Content, Load, LoadNote, MachO, State, ThreadEntry};
use dumpedit_formats::write::Part;

use super::class::wide_by_class;
use super::contents::SMALL;
use super::drawing::Drawing;
use super::numbers::{fits, fits32, optional32};
use super::threads::tid;
use crate::encode::wide;
use crate::error::{FixtureError, Within};
use crate::spec::{LoadCommand, LoadNoteSpec, RegionSpec, Spec, StateSpec, ThreadSpec};

/// Alignment of memory in a new core, in bytes.
pub(crate) const PAGE: u64 = 4096;

/// Size of a name field, in bytes: of a segment, or of a note's owner.
const NAME: usize = 16;

/// Default states of a thread.
pub(crate) fn default_states(machine: Machine) -> Vec<StateSpec> {
    schema::usual_flavors(machine).map(StateSpec::new).collect()
}

/// The header of a spec's core.
pub(crate) fn container(spec: &Spec) -> Result<Container, FixtureError> {
    let header = &spec.header;
    let given = header.machine.map(|machine| fits32(machine, "cputype")).transpose();
    let given = given.within("machine").within("header")?;
    let usual = schema::cpu(spec.machine, given);
    let cpu = match given.or(usual.map(|cpu| cpu.number)) {
        None => {
            let text = format!("'{}' has no number in Mach-O; give header.machine", spec.machine);
            return Err(FixtureError::contradiction(text));
        }
        Some(_) if given.is_none() && usual.is_some_and(|cpu| cpu.byte_order != spec.byte_order) => {
            let text =
                format!("'{}' has no Mach-O cores of that byte order; give header.machine", spec.machine);
            return Err(FixtureError::contradiction(text));
        }
        Some(cpu) => cpu,
    };
    let subtype = header.subtype.map(|subtype| fits32(subtype, "cpusubtype")).transpose();
    let subtype = subtype.within("subtype").within("header")?;
    let mut macho = MachO::default();
    macho.cpu = cpu;
    macho.subtype = subtype.or(usual.map(|cpu| cpu.subtype)).unwrap_or(0);
    macho.wide = wide_by_class(spec, usual.is_none_or(|cpu| cpu.wide))?;
    macho.flags = optional32(header.flags, "flags").within("flags").within("header")?;
    macho.memory_align = spec.layout.align.unwrap_or(PAGE);
    Ok(Container::MachO(macho))
}

/// Adds threads, notes and load commands.
pub(crate) fn draw(drawing: &mut Drawing<'_, '_>) -> Result<(), FixtureError> {
    let spec = drawing.spec;
    for (index, region) in spec.memory.iter().enumerate() {
        let load = drawing.load(region).within(index).within("memory")?;
        if let Some(entry) = drawing.model.memory.get_mut(index) {
            entry.load = Some(load).filter(|load| *load != Load::default()).map(Box::new);
        }
    }
    for (index, thread) in spec.threads.iter().enumerate() {
        let thread = drawing.states_of(index, thread).within(index).within("threads")?;
        drawing.model.threads.push(thread);
    }
    let mut notes = Vec::with_capacity(spec.load_notes.len());
    for (index, note) in spec.load_notes.iter().enumerate() {
        notes.push(drawing.load_note(note).within(index).within("load_notes")?);
    }
    notes.extend(metadata(spec, &notes)?);
    let mut commands = Vec::with_capacity(spec.load_commands.len());
    for (index, command) in spec.load_commands.iter().enumerate() {
        commands.push(drawing.load_command(command).within(index).within("load_commands")?);
    }
    if let Container::MachO(macho) = &mut drawing.model.container {
        macho.notes = notes;
        macho.commands = commands;
    }
    Ok(())
}

/// The note of the threads' ids, where these are not the indexes in the list and no other note has them.
fn metadata(spec: &Spec, notes: &[LoadNote]) -> Result<Option<LoadNote>, FixtureError> {
    let ids = (0..spec.threads.len()).map(|index| tid(spec, index)).collect::<Result<Vec<u64>, _>>()?;
    let Some(note) = notes.iter().find(|note| note.is(PROCESS_METADATA)) else {
        let is_told = ids.iter().zip(0u64..).any(|(id, index)| *id != index);
        let made = || LoadNote::new(PROCESS_METADATA, schema::metadata(&ids).into());
        return Ok(is_told.then(made));
    };
    let Content::Bytes(bytes) = &note.blob.content else { return Ok(None) };
    let named = schema::thread_ids(bytes);
    for (index, thread) in spec.threads.iter().enumerate() {
        let named = named.get(index).copied().flatten().unwrap_or(wide(index));
        if thread.tid.is_some_and(|given| given != named) {
            let text = format!("the note 'process metadata' gives this thread the id {named}");
            return Err(FixtureError::contradiction(text).within("tid").within(index).within("threads"));
        }
    }
    Ok(None)
}

impl Drawing<'_, '_> {
    fn states_of(&mut self, index: usize, thread: &ThreadSpec) -> Result<ThreadEntry, FixtureError> {
        let usual;
        let given = match &thread.states {
            Some(states) => states,
            None => {
                usual = default_states(self.spec.machine);
                &usual
            }
        };
        let mut made = ThreadEntry::default();
        made.tid = self.tid(index)?.into();
        for (at, state) in given.iter().enumerate() {
            let state = self.state(Part::Note(index, at), state).within(at).within("states")?;
            made.states.push(state);
        }
        Ok(made)
    }

    fn state(&mut self, part: Part, state: &StateSpec) -> Result<State, FixtureError> {
        let flavor = fits32(state.flavor, "a flavor").within("flavor")?;
        let measured = self.bytes.measure(&state.content).within("content")?;
        let usual = schema::state_size(self.spec.machine, flavor).filter(|_| state.content.is_empty());
        let size = state.size.or(usual).unwrap_or(measured);
        let mut content = self.contents.of(self.bytes, &state.content, size).within("content")?;
        if let Some(known) = self.registers.filter(|_| size <= SMALL)
            && let Some(bytes) = known.bytes(part)?
        {
            content = bytes.into();
        }
        self.put_rest(&mut content, &state.rest).within("rest")?;
        let mut made = State::new(flavor, content);
        made.wrapper =
            state.wrapper.map(|wrapper| fits32(wrapper, "a flavor")).transpose().within("wrapper")?;
        Ok(made)
    }

    /// Values of a segment's load command beside addresses, sizes and protection.
    fn load(&mut self, region: &RegionSpec) -> Result<Load, FixtureError> {
        let size = self.bytes.measure(&region.sections).within("sections")?;
        let mut load = Load::default();
        load.name = fixed(region.name.as_deref().unwrap_or(""), "the name of a segment").within("name")?;
        let most = region.most_protection.map(|bits| fits32(bits, "maxprot")).transpose();
        load.most_protection = most.within("most_protection")?.filter(|bits| *bits != 7);
        let bits = region.protection_bits.map(|bits| fits32(bits, "initprot")).transpose();
        load.bits = bits.within("protection_bits")?;
        load.flags = optional32(region.flags, "flags").within("flags")?;
        load.sections = self.contents.of(self.bytes, &region.sections, size).within("sections")?;
        load.section_count = optional32(region.section_count, "nsects").within("section_count")?;
        Ok(load)
    }

    fn load_note(&mut self, note: &LoadNoteSpec) -> Result<LoadNote, FixtureError> {
        let measured = self.bytes.measure(&note.content).within("content")?;
        let size = note.size.unwrap_or(measured);
        let content = self.contents.of(self.bytes, &note.content, size).within("content")?;
        let owner = fixed(&note.owner, "the owner of a note").within("owner")?;
        let mut made = LoadNote::new(&owner, content);
        made.blob.links = self.links(&note.links, size).within("links")?;
        Ok(made)
    }

    /// A load command: its type, its size, and its bytes behind them.
    fn load_command(&mut self, command: &LoadCommand) -> Result<Content, FixtureError> {
        const HEADER: u64 = 8;
        let kind = fits32(command.kind, "the type of a load command").within("type")?;
        let size = self.bytes.measure(&command.content).within("content")?.saturating_add(HEADER);
        fits(size, "the size of a load command", 32).within("content")?;
        let order = self.spec.byte_order;
        let header = [order.bytes(kind.into(), 4), order.bytes(size, 4)].concat();
        let mut content = command.content.clone();
        for (index, piece) in content.pieces.iter_mut().enumerate() {
            let first = (index == 0).then_some(0);
            piece.offset = piece.offset.or(first).map(|offset| offset.saturating_add(HEADER));
        }
        let mut made = self.contents.of(self.bytes, &content, size).within("content")?;
        self.contents.put_over(&mut made, 0, header);
        Ok(made)
    }
}

/// A name as the bytes of a field.
fn fixed(name: &str, what: &str) -> Result<[u8; NAME], FixtureError> {
    let bytes = name.as_bytes();
    if bytes.len() > NAME {
        let text = format!("{what} has room for {NAME} bytes, not {}", bytes.len());
        return Err(FixtureError::contradiction(text));
    }
    let mut field = [0; NAME];
    field.iter_mut().zip(bytes).for_each(|(into, byte)| *into = *byte);
    Ok(field)
}
