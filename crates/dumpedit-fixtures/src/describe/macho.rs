//! Builds the parts of a spec that only Mach-O cores have: states of threads, notes and load commands.

use dumpedit::{Notice, NoticeKind};
use dumpedit_formats::macho::schema::{self, PROCESS_METADATA};
use dumpedit_formats::model::{Content, LoadNote, MachO, Model, State};
use dumpedit_formats::write::Part;

use super::describing::{Describing, unless};
use super::slot::Slot;
use super::typed;
use crate::encode::read_at;
use crate::spec::{ContentSpec, LoadCommand, LoadNoteSpec, Spec, StateSpec, ThreadSpec};
use crate::synth::macho as synth;

pub(crate) fn describe(describing: &mut Describing<'_>) {
    let kept = describing.kept;
    let Some(macho) = kept.model.macho() else { return };
    describing.header(macho);
    describing.segments();
    for (index, thread) in kept.model.threads.iter().enumerate() {
        describing.spec.threads.push(ThreadSpec { tid: Some(thread.tid.value), ..ThreadSpec::default() });
        let context = describing.context(index).map(|(_, context)| context);
        let context = context.filter(|context| describing.dump.layout().record_of(*context).is_some());
        // The parts of its states that are no registers have slots of their own.
        describing.slots.push(Slot { part: Part::Thread(index), context, file_offset: 0, size: 0 });
        let states = thread.states.iter().enumerate();
        let states = states.map(|(at, state)| describing.state((index, at), state)).collect();
        if let Some(thread) = describing.spec.threads.get_mut(index) {
            thread.states = Some(states);
        }
    }
    let of_ids = note_of_ids(macho, &kept.model);
    for (index, note) in macho.notes.iter().enumerate() {
        if of_ids != Some(index) {
            let note = describing.load_note(note);
            describing.spec.load_notes.push(note);
        }
    }
    for command in &macho.commands {
        let command = describing.load_command(command);
        describing.spec.load_commands.extend(command);
    }
}

/// The note of the threads' ids that synth makes, where no other note has them.
fn note_of_ids(macho: &MachO, model: &Model) -> Option<usize> {
    let mut notes = macho.notes.iter().enumerate().filter(|(_, note)| note.is(PROCESS_METADATA));
    let (Some((index, note)), None) = (notes.next(), notes.next()) else { return None };
    let ids: Vec<u64> = model.threads.iter().map(|thread| thread.tid.value).collect();
    let is_made = ids.iter().zip(0u64..).any(|(id, index)| *id != index);
    (is_made && note.blob.content == Content::from(schema::metadata(&ids))).then_some(index)
}

/// A notice of the parts of a core that no spec has.
pub(crate) fn lost(model: &Model) -> Option<Notice> {
    let macho = model.macho()?;
    let segments = model.memory.iter().filter_map(|entry| entry.load.as_deref()).map(|load| load.name);
    let names = macho.notes.iter().map(|note| note.owner).chain(segments);
    let odd = names.filter(|name| !is_plain(name)).count();
    let kind = NoticeKind::LostNoteName;
    let notice = || Notice::new(kind, format!("{}: {odd}", kind.phrase()));
    (odd > 0).then(|| notice().counting(u64::try_from(odd).unwrap_or(u64::MAX)))
}

/// Whether a field holds a text and nothing behind its end.
fn is_plain(field: &[u8]) -> bool {
    let text = text_of(field);
    std::str::from_utf8(text).is_ok()
        && field.get(text.len()..).is_none_or(|rest| rest.iter().all(|byte| *byte == 0))
}

fn text_of(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

impl Describing<'_> {
    fn header(&mut self, macho: &MachO) {
        let machine = self.spec.machine;
        let usual = schema::cpu(machine, None);
        let header = &mut self.spec.header;
        let is_usual = usual.is_some_and(|cpu| cpu.number == macho.cpu && cpu.byte_order == self.raw.order);
        header.machine = Some(u64::from(macho.cpu)).filter(|_| !is_usual);
        let usual = schema::cpu(machine, Some(macho.cpu));
        header.subtype = unless(macho.subtype.into(), usual.map_or(0, |cpu| cpu.subtype).into());
        let is_wide = usual.is_none_or(|cpu| cpu.wide);
        header.class = Some(if macho.wide { 64 } else { 32 }).filter(|_| macho.wide != is_wide);
        header.flags = unless(macho.flags.into(), 0);
        self.spec.layout.align =
            unless(macho.memory_align, synth::PAGE).filter(|_| !self.kept.model.memory.is_empty());
    }

    /// Values of segments' load commands beside addresses, sizes and protection.
    fn segments(&mut self) {
        for (index, entry) in self.kept.model.memory.iter().enumerate() {
            let Some(load) = entry.load.as_deref() else { continue };
            let sections = self.content(&load.sections);
            let Some(region) = self.spec.memory.get_mut(index) else { continue };
            let name = String::from_utf8_lossy(text_of(&load.name)).into_owned();
            region.name = Some(name).filter(|name| !name.is_empty());
            region.most_protection = load.most_protection.map(u64::from);
            region.protection_bits = load.bits.map(u64::from);
            region.flags = unless(load.flags.into(), 0);
            region.sections = sections;
            region.section_count = unless(load.section_count.into(), 0);
        }
    }

    fn state(&mut self, (thread, at): (usize, usize), state: &State) -> StateSpec {
        let mut made = StateSpec::new(state.flavor);
        made.wrapper = state.wrapper.map(u64::from);
        let Some(place) = state.content.place() else { return made };
        if self.holds_registers(thread, place) {
            made.size = Some(place.size);
            let part = Part::Note(thread, at);
            self.slots.push(Slot { part, context: None, file_offset: place.file_offset, size: place.size });
        } else {
            made.content = self.content(&state.content);
        }
        made
    }

    fn load_note(&self, note: &LoadNote) -> LoadNoteSpec {
        let content = &note.blob.content;
        let bytes = match content {
            Content::Bytes(bytes) => Some(bytes.to_vec()),
            other => Some(other).filter(|_| content.size() <= MOST_TEXT).and_then(|small| self.held(small)),
        };
        let text = bytes.and_then(|bytes| typed::terminated_text(&bytes));
        if text.is_some() {
            self.raw.tell(content.size());
        }
        LoadNoteSpec {
            owner: note.name().into_owned(),
            size: unless(content.size(), 0).filter(|_| text.is_none()),
            content: text.unwrap_or_else(|| self.linked(&note.blob)),
            links: self.links(&note.blob),
        }
    }

    /// A load command, where the file has at least its type.
    fn load_command(&self, command: &Content) -> Option<LoadCommand> {
        const HEADER: u64 = 8;
        let place = command.place()?;
        let kind = read_at(self.raw.order, &self.raw.bytes(place.file_offset, 4)?, 0, 4)?;
        let behind = place.file_offset.checked_add(HEADER)?;
        let content = match place.size.checked_sub(HEADER)? {
            0 => ContentSpec::default(),
            size => self.raw.content(behind, size),
        };
        Some(LoadCommand { kind, content })
    }
}

/// Longest note that is read for display, in bytes.
const MOST_TEXT: u64 = 1 << 16;

/// Removes values that synth adds by itself.
pub(crate) fn simplify(spec: &mut Spec) {
    let machine = spec.machine;
    for thread in &mut spec.threads {
        for state in thread.states.iter_mut().flatten() {
            let flavor = u32::try_from(state.flavor).ok();
            let usual = flavor.and_then(|flavor| schema::state_size(machine, flavor));
            if state.content.is_empty() && usual.is_some() && state.size == usual {
                state.size = None;
            }
        }
        if thread.states.as_ref() == Some(&synth::default_states(machine)) {
            thread.states = None;
        }
    }
}
