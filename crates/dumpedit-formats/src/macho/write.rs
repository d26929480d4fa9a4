//! Writes models as Mach-O cores: header, load commands, the bytes of notes, and memory.

use dumpedit_layout::Protection;
use object::macho;

use super::header::size_of_header;
use crate::model::{Load, MachO, Memory, Model, State};
use crate::write::{About, MemoryPlaces, Part, Parts, Plan, Sheet, WriteError, WriteProblem, fits, wide};

/// Plans the places of a core's bytes, at most `limit` of them.
pub(crate) fn plan(model: &Model, limit: u64) -> Result<Plan, WriteError> {
    let macho = model.macho().ok_or(WriteError::new(WriteProblem::Container, About::Dump))?;
    let sheet = Sheet::new(model.target.byte_order, limit);
    Writer { model, macho, sheet, parts: Parts::default() }.write(limit)
}

struct Writer<'m> {
    model: &'m Model,
    macho: &'m MachO,
    sheet: Sheet,
    parts: Parts,
}

impl Writer<'_> {
    fn write(mut self, limit: u64) -> Result<Plan, WriteError> {
        self.sheet.reserve(size_of_header(self.macho.wide), About::Dump)?;
        let mut segments = Vec::with_capacity(self.model.memory.len());
        for (index, entry) in self.model.memory.iter().enumerate() {
            segments.push(self.reserve_segment(index, entry)?);
        }
        for (index, thread) in self.model.threads.iter().enumerate() {
            self.thread(index, &thread.states)?;
        }
        let mut notes = Vec::with_capacity(self.macho.notes.len());
        for index in 0..self.macho.notes.len() {
            notes.push(self.sheet.reserve(40, About::LoadNote(index))?);
        }
        for command in &self.macho.commands {
            self.sheet.content(command, About::Dump)?;
        }
        let commands_end = self.sheet.end();
        for (index, (note, at)) in self.macho.notes.iter().zip(notes).enumerate() {
            self.sheet.align(8);
            let file_offset = self.sheet.blob(&note.blob, About::LoadNote(index))?;
            let mut command = self.sheet.fields(&[(macho::LC_NOTE.0.into(), 4), (40, 4)]);
            command.extend(note.owner);
            command.extend(self.sheet.fields(&[(file_offset, 8), (note.blob.content.size(), 8)]));
            self.sheet.put(at, &command);
        }
        let tables = self.sheet.end();
        let order: Vec<usize> = (0..self.model.memory.len()).collect();
        let mut memory = MemoryPlaces::of(&self.model.memory, tables, &order, self.macho.memory_align)?;
        memory.follow(&self.model.memory);
        for (index, (entry, at)) in self.model.memory.iter().zip(segments).enumerate() {
            let command = self.segment(index, entry, memory.offset(index))?;
            self.sheet.put(at, &command);
        }
        let header = self.header(commands_end)?;
        self.sheet.put(0, &header);
        let size = memory.end.max(tables);
        if size > limit {
            return Err(WriteError::new(WriteProblem::TooLarge { size, limit }, About::Dump));
        }
        let (mut pieces, patches) = self.sheet.finish();
        pieces.extend(memory.pieces(&self.model.memory));
        let memory = memory.stored(&self.model.memory);
        Ok(Plan { pieces, patches, size, tables, memory, parts: self.parts })
    }

    fn header(&self, commands_end: u64) -> Result<Vec<u8>, WriteError> {
        let count = self.model.memory.len().saturating_add(self.model.threads.len());
        let count = count.saturating_add(self.macho.notes.len()).saturating_add(self.macho.commands.len());
        let size = commands_end.saturating_sub(size_of_header(self.macho.wide));
        let fits = |value: u64, what| fits(value, what, 32, About::Dump);
        let magic = if self.macho.wide { macho::MH_MAGIC_64 } else { macho::MH_MAGIC };
        let mut header = self.sheet.fields(&[
            (magic.into(), 4),
            (self.macho.cpu.into(), 4),
            (self.macho.subtype.into(), 4),
            (macho::MH_CORE.0.into(), 4),
            (fits(wide(count), "the number of load commands")?, 4),
            (fits(size, "the size of the load commands")?, 4),
            (self.macho.flags.into(), 4),
        ]);
        header.resize(if self.macho.wide { 32 } else { 28 }, 0);
        Ok(header)
    }

    /// Reserves room for a segment's load command, with its sections.
    fn reserve_segment(&mut self, index: usize, entry: &Memory) -> Result<u64, WriteError> {
        let about = About::Memory(index);
        let at = self.sheet.reserve(self.segment_size(), about)?;
        if let Some(load) = &entry.load {
            self.sheet.content(&load.sections, about)?;
        }
        Ok(at)
    }

    /// Size of a segment's load command without sections, in bytes.
    fn segment_size(&self) -> u64 {
        if self.macho.wide { 72 } else { 56 }
    }

    fn segment(&self, index: usize, entry: &Memory, file_offset: u64) -> Result<Vec<u8>, WriteError> {
        let about = About::Memory(index);
        let usual = Load::default();
        let load = entry.load.as_deref().unwrap_or(&usual);
        let size = self.segment_size().saturating_add(load.sections.size());
        let (kind, word) = if self.macho.wide { (macho::LC_SEGMENT_64, 8) } else { (macho::LC_SEGMENT, 4) };
        let mut command = self
            .sheet
            .fields(&[(kind.0.into(), 4), (fits(size, "the size of a load command", 32, about)?, 4)]);
        command.extend(load.name);
        for value in [entry.address, entry.size, file_offset, entry.captured] {
            let value = if word == 4 { fits(value, "a field of a segment", 32, about)? } else { value };
            command.extend(self.sheet.number(value, word));
        }
        let bits = load.bits.unwrap_or_else(|| bits_of(entry.protection.unwrap_or(READ_WRITE)));
        command.extend(self.sheet.fields(&[
            (load.most_protection.unwrap_or(7).into(), 4),
            (bits.into(), 4),
            (load.section_count.into(), 4),
            (load.flags.into(), 4),
        ]));
        Ok(command)
    }

    fn thread(&mut self, index: usize, states: &[State]) -> Result<(), WriteError> {
        let sizes = states.iter().map(|state| {
            let header = if state.wrapper.is_some() { 16 } else { 8 };
            state.content.size().saturating_add(header)
        });
        let size = sizes.fold(8u64, u64::saturating_add);
        let size = fits(size, "the size of a load command", 32, About::Thread(index))?;
        let command = self.sheet.fields(&[(macho::LC_THREAD.0.into(), 4), (size, 4)]);
        let at = self.sheet.place(&command);
        self.parts.add(Part::Thread(index), at, size);
        for (number, state) in states.iter().enumerate() {
            self.state(index, number, state)?;
        }
        Ok(())
    }

    /// Writes a state: its flavor, its count of 32-bit words, and the words; in front of a wrapped one, the wrapper's.
    fn state(&mut self, thread: usize, number: usize, state: &State) -> Result<(), WriteError> {
        let about = About::Note(thread, number);
        let size = state.content.size();
        if !size.is_multiple_of(4) {
            return Err(WriteError::new(WriteProblem::NotWords { size, what: "a thread's state" }, about));
        }
        let words = fits(size, "the size of a thread's state", 32, about)? / 4;
        if let Some(wrapper) = state.wrapper {
            let header = self.sheet.fields(&[(wrapper.into(), 4), (words.saturating_add(2), 4)]);
            self.sheet.place(&header);
        }
        let header = self.sheet.fields(&[(state.flavor.into(), 4), (words, 4)]);
        self.sheet.place(&header);
        let at = self.sheet.content(&state.content, about)?;
        self.parts.add(Part::Note(thread, number), at, size);
        Ok(())
    }
}

const READ_WRITE: Protection = Protection { read: true, write: true, execute: false, guard: false };

/// The `vm_prot_t` of a protection.
pub(super) fn bits_of(allowed: Protection) -> u32 {
    let flag = |on, flag: macho::VmProt| if on { flag.0 } else { 0 };
    flag(allowed.read, macho::VM_PROT_READ)
        | flag(allowed.write, macho::VM_PROT_WRITE)
        | flag(allowed.execute, macho::VM_PROT_EXECUTE)
}
