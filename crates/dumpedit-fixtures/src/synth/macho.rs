//! What of a spec only Mach-O cores have: the header's numbers, states of threads, notes and load commands.

use dumpedit::Machine;
use dumpedit_formats::macho::schema::{self, PROCESS_METADATA};
use dumpedit_formats::model::{
    Blob, Container, Content as Modelled, Load, LoadNote as NoteModel, MachO, State as StateModel,
    Thread as ThreadModel,
};
use dumpedit_formats::write::Part;

use super::contents::{SMALL, place_of};
use super::model::{Drawing, fits, fits32, optional32, refuse_rest, tid, wide_by_class};
use super::triage::of_triage;
use crate::encode::{number, wide};
use crate::error::FixtureError;
use crate::spec::{Content, LoadCommand, LoadNote, Piece, Place, Placed, Region, Spec, State, Thread};

/// What the memory of a new core is aligned by, in bytes.
pub(crate) const PAGE: u64 = 4096;

/// The bytes of a name: of a segment, or of a note's owner.
const NAME: usize = 16;

/// The states of a thread where a spec gives none.
pub(crate) fn default_states(machine: Machine) -> Vec<State> {
    schema::usual_flavors(machine).map(State::new).collect()
}

/// The header of a spec's core.
pub(super) fn container(spec: &Spec) -> Result<Container, FixtureError> {
    let header = &spec.header;
    let given = header.machine.map(|machine| fits32(machine, "cputype")).transpose()?;
    let usual = schema::cpu(spec.machine, given);
    let cpu = match given.or(usual.map(|cpu| cpu.number)) {
        None => {
            let text = format!("'{}' has no number in Mach-O; give header.machine", spec.machine);
            return Err(FixtureError::contradiction(text, None));
        }
        Some(_) if given.is_none() && usual.is_some_and(|cpu| cpu.byte_order != spec.byte_order) => {
            let text =
                format!("'{}' has no Mach-O cores of that byte order; give header.machine", spec.machine);
            return Err(FixtureError::contradiction(text, None));
        }
        Some(cpu) => cpu,
    };
    let subtype = header.subtype.map(|subtype| fits32(subtype, "cpusubtype")).transpose()?;
    Ok(Container::MachO(MachO {
        cpu,
        subtype: subtype.or(usual.map(|cpu| cpu.subtype)).unwrap_or(0),
        wide: wide_by_class(spec, usual.is_none_or(|cpu| cpu.wide))?,
        flags: optional32(header.flags, "flags")?,
        memory_align: spec.layout.align.map_or(PAGE, |align| align.value),
        notes: Vec::new(),
        commands: Vec::new(),
    }))
}

/// Adds threads, notes and load commands.
pub(super) fn draw(drawing: &mut Drawing<'_, '_>) -> Result<(), FixtureError> {
    let spec = drawing.spec;
    refuse_what_has_no_place(spec)?;
    for (index, region) in spec.memory.iter().enumerate() {
        let load = drawing.load(region)?;
        if let Some(entry) = drawing.model.memory.get_mut(index) {
            entry.load = Some(load).filter(|load| *load != Load::default()).map(Box::new);
        }
    }
    for (index, thread) in spec.threads.iter().enumerate() {
        let thread = drawing.states_of(index, thread)?;
        drawing.model.threads.push(thread);
    }
    let mut notes = Vec::with_capacity(spec.load_notes.len());
    for note in &spec.load_notes {
        notes.push(drawing.load_note(note)?);
    }
    notes.extend(metadata(spec, &notes)?);
    let mut commands = Vec::with_capacity(spec.load_commands.len());
    for command in &spec.load_commands {
        commands.push(drawing.load_command(command)?);
    }
    if let Container::MachO(macho) = &mut drawing.model.container {
        macho.notes = notes;
        macho.commands = commands;
    }
    Ok(())
}

/// The note that gives the threads their ids, where these are not their places in the list and no other note gives them.
fn metadata(spec: &Spec, notes: &[NoteModel]) -> Result<Option<NoteModel>, FixtureError> {
    let ids = (0..spec.threads.len()).map(|index| tid(spec, index)).collect::<Result<Vec<u64>, _>>()?;
    let Some(note) = notes.iter().find(|note| note.is(PROCESS_METADATA)) else {
        let is_told = ids.iter().zip(0u64..).any(|(id, index)| *id != index);
        let made = || NoteModel::new(PROCESS_METADATA, schema::metadata(&ids).into());
        return Ok(is_told.then(made));
    };
    let Modelled::Bytes(bytes) = &note.blob.content else { return Ok(None) };
    let named = schema::thread_ids(bytes);
    for (index, thread) in spec.threads.iter().enumerate() {
        let named = named.get(index).copied().flatten().unwrap_or(wide(index));
        if let Some(given) = thread.tid.filter(|given| given.value != named) {
            let text = format!("the note 'process metadata' gives this thread the id {named}");
            return Err(FixtureError::contradiction(text, given.place));
        }
    }
    Ok(None)
}

impl Drawing<'_, '_> {
    fn states_of(&mut self, index: usize, thread: &Thread) -> Result<ThreadModel, FixtureError> {
        let usual;
        let given = match &thread.states {
            Some(states) => states,
            None => {
                usual = default_states(self.spec.machine);
                &usual
            }
        };
        let mut made = ThreadModel::default();
        made.tid = self.tid(index)?.into();
        for (at, state) in given.iter().enumerate() {
            let state = self.state(Part::Note(index, at), state)?;
            made.states.push(state);
        }
        Ok(made)
    }

    fn state(&mut self, part: Part, state: &State) -> Result<StateModel, FixtureError> {
        let flavor = fits32(state.flavor, "a flavor")?;
        let measured = self.bytes.measure(&state.content)?;
        let usual = schema::state_size(self.spec.machine, flavor).filter(|_| state.content.is_empty());
        let size = state.size.map_or_else(|| usual.unwrap_or(measured), |size| size.value);
        let mut content = self.contents.of(self.bytes, &state.content, size)?;
        if let Some(known) = self.registers.filter(|_| size <= SMALL)
            && let Some(bytes) = known.bytes(part)?
        {
            content = bytes.into();
        }
        self.put_rest(&mut content, &state.rest)?;
        let wrapper = state.wrapper.map(|wrapper| fits32(wrapper, "a flavor")).transpose()?;
        Ok(StateModel { flavor, wrapper, content })
    }

    /// What a segment's load command says beside addresses, sizes and protection.
    fn load(&mut self, region: &Region) -> Result<Load, FixtureError> {
        let size = self.bytes.measure(&region.sections)?;
        Ok(Load {
            name: region.name.as_ref().map_or(Ok([0; NAME]), |name| fixed(name, "the name of a segment"))?,
            most_protection: region
                .most_protection
                .map(|bits| fits32(bits, "maxprot"))
                .transpose()?
                .filter(|bits| *bits != 7),
            bits: region.protection_bits.map(|bits| fits32(bits, "initprot")).transpose()?,
            flags: optional32(region.flags, "flags")?,
            sections: self.contents.of(self.bytes, &region.sections, size)?,
            section_count: optional32(region.section_count, "nsects")?,
        })
    }

    fn load_note(&mut self, note: &LoadNote) -> Result<NoteModel, FixtureError> {
        let measured = self.bytes.measure(&note.content)?;
        let size = note.size.map_or(measured, |size| size.value);
        let content = self.contents.of(self.bytes, &note.content, size)?;
        let blob = Blob { content, links: self.links(&note.links, size)? };
        Ok(NoteModel { owner: fixed(&note.owner, "the owner of a note")?, blob })
    }

    /// A load command: its type, its size, and its bytes behind them.
    fn load_command(&mut self, command: &LoadCommand) -> Result<Modelled, FixtureError> {
        const HEADER: u64 = 8;
        let kind = fits32(command.kind, "the type of a load command")?;
        let size = self.bytes.measure(&command.content)?.saturating_add(HEADER);
        fits(Placed { value: size, place: place_of(&command.content) }, "the size of a load command", 32)?;
        let order = self.spec.byte_order;
        let header = [number(order, kind.into(), 4), number(order, size, 4)].concat();
        let mut content = Content::from(header);
        for piece in &command.content.pieces {
            let offset = piece.offset.map(|at| Placed { value: at.value.saturating_add(HEADER), ..at });
            content.pieces.push(Piece { offset, data: piece.data.clone() });
        }
        self.contents.of(self.bytes, &content, size)
    }
}

/// A name as the bytes of a field.
fn fixed(name: &Placed<String>, what: &str) -> Result<[u8; NAME], FixtureError> {
    let bytes = name.value.as_bytes();
    if bytes.len() > NAME {
        let text = format!("{what} has at most {NAME} bytes, and these are {}", bytes.len());
        return Err(FixtureError::contradiction(text, name.place));
    }
    let mut field = [0; NAME];
    field.iter_mut().zip(bytes).for_each(|(into, byte)| *into = *byte);
    Ok(field)
}

/// Everything that only other containers have is an error here.
fn refuse_what_has_no_place(spec: &Spec) -> Result<(), FixtureError> {
    let refuse = |what: &str, place| {
        Err(FixtureError::contradiction(format!("a Mach-O core has no place for {what}"), place))
    };
    if let Some((what, place)) = of_others(spec).or_else(|| of_triage(spec)) {
        return refuse(what, place);
    }
    for thread in &spec.threads {
        if let Some((what, place)) = of_other_threads(thread) {
            return refuse(what, place);
        }
        refuse_rest(&thread.record)?;
    }
    for region in &spec.memory {
        let physical = region.physical.as_ref().map(|at| ("a physical address", at.place));
        let list = region.list.map(|list| ("a list of memory", list.place));
        let kind = region.kind.map(|kind| ("a type of memory", kind.place));
        let align = region.align.map(|align| ("p_align", align.place));
        if let Some((what, place)) = physical.or(list).or(kind).or(align) {
            return refuse(what, place);
        }
    }
    Ok(())
}

/// What of a spec, but for its threads and its memory, no Mach-O core has.
fn of_others(spec: &Spec) -> Option<(&'static str, Option<Place>)> {
    let header = &spec.header;
    let numbers = [
        (header.version, "a version"),
        (header.checksum, "a checksum"),
        (header.timestamp, "a timestamp"),
        (header.entry, "e_entry"),
        (header.os_abi, "an OS ABI"),
        (header.abi_version, "an ABI version"),
        (spec.layout.note_align, "the alignment of notes"),
        (spec.layout.note_padding, "the padding of notes"),
        (spec.layout.note_flags, "the flags of notes"),
        (spec.layout.page_size, "a page size"),
    ];
    let number = numbers.iter().find_map(|(number, what)| Some((*what, (*number)?.place)));
    let stream = || spec.streams.first().map(|stream| ("a stream", stream.kind.place));
    let mapping = || {
        let what = "a list of mappings; give the regions their protection";
        spec.mappings.first().map(|mapping| (what, mapping.at.place))
    };
    let module = || {
        let what = "a list of modules; they are found in memory, or a note such as 'load binary' names them";
        spec.modules.first().map(|module| (what, module.base.place))
    };
    let crash = || {
        let what = "a crash; set the registers of the thread's exception state";
        spec.crashes.first().map(|crash| (what, crash.code.or(crash.thread).and_then(|number| number.place)))
    };
    let note = || spec.notes.first().map(|note| ("a note of an ELF core; give load_notes", note.kind.place));
    number.or_else(stream).or_else(mapping).or_else(module).or_else(crash).or_else(note)
}

/// What of a thread no Mach-O core has.
fn of_other_threads(thread: &Thread) -> Option<(&'static str, Option<Place>)> {
    let record = &thread.record;
    let name = thread.name.as_ref().map(|name| ("a thread's name", name.place));
    let signal = || thread.signal.map(|signal| ("a thread's signal", signal.place));
    let note =
        || thread.notes.iter().flatten().next().map(|note| ("a thread's note; give states", note.kind.place));
    let kind = || record.kind.map(|kind| ("a context; give states", kind.place));
    let number = || record.size.or(record.flags).map(|number| ("a context; give states", number.place));
    let area = || record.xstate.as_ref().map(|area| ("an XSAVE area", area.components.place));
    name.or_else(signal).or_else(note).or_else(kind).or_else(number).or_else(area)
}

/// What of a spec only Mach-O cores have.
pub(super) fn of_macho(spec: &Spec) -> Option<(&'static str, Option<Place>)> {
    let subtype = spec.header.subtype.map(|subtype| ("cpusubtype", subtype.place));
    let note = || spec.load_notes.first().map(|note| ("an LC_NOTE", note.owner.place));
    let command = || spec.load_commands.first().map(|command| ("a load command", command.kind.place));
    let state = || {
        let mut states = spec.threads.iter().flat_map(|thread| thread.states.iter().flatten());
        states.next().map(|state| ("a thread's state", state.flavor.place))
    };
    let of_region = |region: &Region| {
        let numbers = [region.most_protection, region.protection_bits, region.section_count];
        let number = numbers.into_iter().flatten().next().map(|number| number.place);
        let name = region.name.as_ref().map(|name| name.place);
        let sections = region.sections.pieces.first().map(|piece: &Piece| piece.data.place);
        number.or(name).or(sections).map(|place| ("what segments of Mach-O say", place))
    };
    let region = || spec.memory.iter().find_map(of_region);
    subtype.or_else(note).or_else(command).or_else(state).or_else(region)
}
