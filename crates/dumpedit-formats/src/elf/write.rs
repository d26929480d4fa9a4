//! Writes models as ELF cores: header, program headers, notes, memory, and section headers behind it.

use dumpedit_layout::Protection;
use object::elf;

use super::header::Sizes;
use super::note_kinds::PRSTATUS;
use super::other_systems;
use super::status::{SignalInfo, Status};
use crate::model::{
    Content, Crash, Elf, Memory, Model, ModuleEntry, Note, NoteBody, Place, Section, SectionContent,
    ThreadEntry,
};
use crate::write::{
    About, MemoryPlaces, Part, Parts, Piece, Plan, Sheet, WriteError, WriteProblem, fits, wide,
};

/// Plans the places of a core's bytes, at most `limit` of them.
pub(crate) fn plan(model: &Model, limit: u64) -> Result<Plan, WriteError> {
    let elf = model.elf().ok_or(WriteError::new(WriteProblem::Container, About::Dump))?;
    let sheet = Sheet::new(model.target.byte_order, limit);
    Writer { model, elf, sheet, parts: Parts::default(), class: Class::of(elf.wide) }.write(limit)
}

/// Values that follow from the class.
#[derive(Clone, Copy)]
pub(super) struct Class {
    pub(super) wide: bool,
    pub(super) sizes: Sizes,
}

impl Class {
    pub(super) fn of(wide: bool) -> Class {
        Class { wide, sizes: Sizes::of(wide) }
    }

    pub(super) fn word(self) -> usize {
        if self.wide { 8 } else { 4 }
    }
}

pub(super) struct Writer<'m> {
    pub(super) model: &'m Model,
    pub(super) elf: &'m Elf,
    pub(super) class: Class,
    pub(super) sheet: Sheet,
    pub(super) parts: Parts,
}

/// A program header under construction.
pub(super) struct Program {
    pub(super) kind: u32,
    pub(super) flags: u32,
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) physical: u64,
    pub(super) file_size: u64,
    pub(super) memory_size: u64,
    pub(super) align: u64,
    pub(super) about: About,
}

/// A note to be written.
pub(super) enum Member<'m> {
    /// The status that begins a thread, with the thread's index.
    Status(usize, &'m ThreadEntry),
    /// A note of a thread, with the indices of both.
    Thread(usize, usize, &'m Note),
    /// A note in front of all threads.
    Process(&'m Note),
}

impl Writer<'_> {
    fn write(mut self, limit: u64) -> Result<Plan, WriteError> {
        let groups = groups(self.model, self.elf);
        let count = wide(groups.len().saturating_add(self.model.memory.len()));
        let extended = self.elf.extended || count >= u64::from(elf::PN_XNUM);
        self.sheet.reserve(self.class.sizes.header, About::Dump)?;
        let table = count.saturating_mul(self.class.sizes.program);
        let programs_at = self.sheet.reserve(table, About::Dump)?;
        let mut sections_at = 0;
        if extended && self.elf.sections.is_empty() {
            self.sheet.align(8);
            let first = self.section(&counted(None, count), 0)?;
            sections_at = self.sheet.place(&first);
        }
        let mut programs = Vec::with_capacity(groups.len());
        let behind = self.elf.notes_behind.unwrap_or(u32::MAX);
        let in_front = groups.iter().filter(|group| group.segment < behind).count();
        for group in &groups {
            programs.push(self.notes(group.segment, &group.members)?);
        }
        let notes = programs.first();
        let notes = notes.map(|program| Place { file_offset: program.offset, size: program.file_size });

        let order: Vec<usize> = (0..self.model.memory.len()).collect();
        let align = self.elf.memory_align;
        let mut memory = MemoryPlaces::of(&self.model.memory, self.sheet.end(), &order, align)?;
        memory.empty_ones_behind(&self.model.memory, align);
        memory.follow(&self.model.memory);
        // All notes come first in the file.
        let behind = programs.split_off(in_front);
        programs.extend(self.memory(&memory));
        programs.extend(behind);
        let mut at = programs_at;
        for program in &programs {
            let entry = self.program(program)?;
            self.sheet.put(at, &entry);
            at = at.saturating_add(wide(entry.len()));
        }

        let tables = self.sheet.end();
        let mut behind = memory.pieces(&self.model.memory);
        let mut end = memory.end.max(tables);
        if !self.elf.sections.is_empty() {
            let extended = extended.then_some(count);
            (sections_at, end) =
                self.sections(&memory, notes.unwrap_or_default(), extended, end, &mut behind)?;
        }
        if end > limit {
            return Err(WriteError::new(WriteProblem::TooLarge { size: end, limit }, About::Dump));
        }
        let header = self.header(count, extended, programs_at, sections_at)?;
        self.sheet.put(0, &header);
        let (mut pieces, patches) = self.sheet.finish();
        pieces.extend(behind);
        let memory = memory.stored(&self.model.memory);
        Ok(Plan { pieces, patches, size: end, tables, memory, parts: self.parts })
    }

    fn header(
        &self,
        count: u64,
        extended: bool,
        programs_at: u64,
        sections_at: u64,
    ) -> Result<Vec<u8>, WriteError> {
        let (class, elf) = (self.class, self.elf);
        let little = self.model.target.byte_order == dumpedit_layout::ByteOrder::Little;
        let mut header = vec![0x7f, b'E', b'L', b'F', if class.wide { 2 } else { 1 }];
        header.extend([if little { 1 } else { 2 }, 1, elf.os_abi, elf.abi_version]);
        header.resize(16, 0);
        let programs_at = if count == 0 { 0 } else { programs_at };
        let [entry_point, programs_at, sections_at] =
            self.words([elf.entry, programs_at, sections_at], "a word of the ELF header", About::Dump)?;
        let counted = if extended { elf::PN_XNUM.into() } else { count };
        let sections = match (sections_at.0, wide(elf.sections.len())) {
            (0, _) => [elf.section_size.into(), 0, 0],
            (_, 0) => [class.sizes.section, 1, 0],
            (_, count) => [class.sizes.section, count, elf.section_names.into()],
        };
        header.extend(self.sheet.fields(&[
            (elf::ET_CORE.0.into(), 2),
            (elf.machine.into(), 2),
            (1, 4),
            entry_point,
            programs_at,
            sections_at,
            (elf.flags.into(), 4),
            (class.sizes.header, 2),
            (class.sizes.program, 2),
            (counted, 2),
        ]));
        header.extend(self.sheet.fields(&sections.map(|field| (field, 2))));
        Ok(header)
    }

    /// Fields of one word of this class each, which must have room for their values.
    fn words<const N: usize>(
        &self,
        values: [u64; N],
        what: &'static str,
        about: About,
    ) -> Result<[(u64, usize); N], WriteError> {
        for value in values {
            self.fits_word(value, what, about)?;
        }
        Ok(values.map(|value| (value, self.class.word())))
    }

    /// Checks that a number fits into a word of this class.
    fn fits_word(&self, value: u64, what: &'static str, about: About) -> Result<u64, WriteError> {
        fits(value, what, if self.class.wide { 64 } else { 32 }, about)
    }

    pub(super) fn program(&self, program: &Program) -> Result<Vec<u8>, WriteError> {
        let words = [
            program.offset,
            program.address,
            program.physical,
            program.file_size,
            program.memory_size,
            program.align,
        ];
        let [offset, address, physical, file_size, memory_size, align] =
            self.words(words, "a field of a program header", program.about)?;
        let (kind, flags) = ((u64::from(program.kind), 4), (u64::from(program.flags), 4));
        Ok(if self.class.wide {
            self.sheet.fields(&[kind, flags, offset, address, physical, file_size, memory_size, align])
        } else {
            self.sheet.fields(&[kind, offset, address, physical, file_size, memory_size, flags, align])
        })
    }

    /// Places the notes of one segment, and returns its program header.
    pub(super) fn notes<'n>(
        &mut self,
        segment: u32,
        members: impl IntoIterator<Item = &'n Member<'n>>,
    ) -> Result<Program, WriteError> {
        let header = self.elf.note_header(segment);
        self.sheet.align(header.unit);
        let offset = self.sheet.end();
        for member in members {
            self.note(member, header.unit)?;
        }
        Ok(Program {
            kind: elf::PT_NOTE.0,
            flags: header.flags,
            offset,
            address: 0,
            physical: 0,
            file_size: self.sheet.end().saturating_sub(offset),
            memory_size: 0,
            align: header.align,
            about: About::Dump,
        })
    }

    fn note(&mut self, member: &Member<'_>, unit: u64) -> Result<(), WriteError> {
        let made;
        let (name, kind, body, about): (&[u8], _, _, _) = match member {
            Member::Status(index, thread) => {
                made = NoteBody::Bytes(thread.record.clone().unwrap_or_default());
                let name: &[u8] = if thread.status_name.is_empty() { b"CORE\0" } else { &thread.status_name };
                let kind = if thread.status_kind == 0 { PRSTATUS } else { thread.status_kind };
                (name, kind, &made, About::Thread(*index))
            }
            Member::Thread(thread, index, note) => {
                (&note.name, note.kind, &note.body, About::Note(*thread, *index))
            }
            Member::Process(note) => (&note.name, note.kind, &note.body, About::Dump),
        };
        let contents = match body {
            NoteBody::Bytes(content) | NoteBody::Crash { content, .. } => vec![content.clone()],
            NoteBody::Modules => self.files()?,
        };
        let size = contents.iter().map(Content::size).fold(0, u64::saturating_add);
        fits(size, "a note's size", 32, about)?;
        let header = self.sheet.fields(&[(wide(name.len()), 4), (size, 4), (kind.into(), 4)]);
        self.sheet.place(&header);
        self.sheet.place(name);
        self.sheet.align(unit);
        let at = self.sheet.end();
        for content in &contents {
            self.sheet.content(content, about)?;
        }
        let part = match member {
            Member::Status(index, thread) => {
                let status = Status::of(self.model.target.machine, self.class.wide);
                let namespace = name.split(|byte| *byte == 0).next().unwrap_or_default();
                let fields = match namespace {
                    other_systems::FREEBSD => Some((status.freebsd(), 4)),
                    // The name has the id.
                    _ if namespace.contains(&b'@') => None,
                    _ => Some((status.linux(), 2)),
                };
                if let Some(((signal_at, id_at), width)) = fields {
                    let record = thread.record.as_ref();
                    if !stands_in(record, thread.signal.place) {
                        self.put_within(at, size, signal_at, thread.signal.value.into(), width);
                    }
                    if let Some(number) = thread.signal_number {
                        self.status_info(at, size, number);
                    }
                    if !stands_in(record, thread.tid.place) {
                        // pr_pid is an int, and dumpedit reads it without a sign.
                        let tid = fits(thread.tid.value, "a thread's id", 32, about)?;
                        self.put_within(at, size, id_at, tid, 4);
                    }
                }
                Some(Part::Thread(*index))
            }
            Member::Thread(thread, index, _) => Some(Part::Note(*thread, *index)),
            Member::Process(_) => None,
        };
        if let NoteBody::Crash { index, content } = body
            && let Some(crash) = self.model.crashes.get(*index)
        {
            self.signal_info(crash, content, (at, size), About::Crash(*index))?;
        }
        if let Some(part) = part {
            self.parts.add(part, at, size);
        }
        self.sheet.align(unit);
        Ok(())
    }

    /// `struct elf_siginfo`, the start of `struct elf_prstatus`: `si_signo`, `si_code` and `si_errno`, of 4 bytes each.
    fn status_info(&mut self, at: u64, size: u64, number: u32) {
        self.put_within(at, size, 0, number.into(), 4);
        if number == 0 {
            self.put_within(at, size, 4, 0, 8);
        }
    }

    fn signal_info(
        &mut self,
        crash: &Crash,
        content: &Content,
        (at, size): (u64, u64),
        about: About,
    ) -> Result<(), WriteError> {
        let info = SignalInfo::of(self.model.target.machine, self.class.wide);
        let stands = |place| stands_in(Some(content), place);
        if !stands(crash.code.place) {
            self.put_within(at, size, 0, crash.code.value.into(), 4);
        }
        if !stands(crash.si_code.place) {
            self.put_within(at, size, info.code_at, crash.si_code.value.into(), 4);
        }
        if let Some(address) = crash.address.filter(|address| !stands(address.place)) {
            let address = self.fits_word(address.value, "si_addr", about)?;
            self.put_within(at, size, info.address_at, address, self.class.word());
        }
        Ok(())
    }

    /// Puts a field into a structure of `size` bytes, where the structure has room for it.
    fn put_within(&mut self, at: u64, size: u64, offset: usize, value: u64, width: usize) {
        let end = offset.checked_add(width).map(wide);
        if end.is_some_and(|end| end <= size) {
            self.sheet.put_over(at.saturating_add(wide(offset)), value, width);
        }
    }

    /// NT_FILE: a count, the page size, start, end and page of each mapping, all words; then the names. Numbers that were read are copied
    /// unchanged.
    fn files(&self) -> Result<Vec<Content>, WriteError> {
        let word = self.class.word();
        let modules = &self.model.modules;
        let count = self.sheet.fields(&[(wide(modules.len()), word)]);
        let page_size = match self.elf.page_size.place {
            Some(place) => Content::File(place),
            None => {
                let page_size =
                    self.words([self.elf.page_size.value], "the page size of NT_FILE", About::Dump)?;
                self.sheet.fields(&page_size).into()
            }
        };
        let row = |(index, module): (usize, &ModuleEntry)| -> Result<Content, WriteError> {
            if let Some(Place { file_offset, .. }) = module.base.place {
                return Ok(Content::File(Place { file_offset, size: wide(word).saturating_mul(3) }));
            }
            let (start, page) = (module.base.value, module.page.value);
            let end = start.saturating_add(module.size.value);
            let row = self.words([start, end, page], "a field of NT_FILE", About::Module(index))?;
            Ok(self.sheet.fields(&row).into())
        };
        let name = |module: &ModuleEntry| match module.name.place {
            Some(place) => Content::File(Place { size: place.size.saturating_add(1), ..place }),
            None => module.name.value.bytes().chain([0]).collect::<Vec<u8>>().into(),
        };
        let rows = modules.iter().enumerate().map(row).chain(modules.iter().map(name).map(Ok));
        let padding = Some(Content::Zero(self.elf.files_padding)).filter(|padding| !padding.is_empty());
        [count.into(), page_size].into_iter().map(Ok).chain(rows).chain(padding.map(Ok)).collect()
    }

    /// The program headers of the memory.
    fn memory(&self, places: &MemoryPlaces) -> Vec<Program> {
        let memory = self.model.memory.iter().enumerate();
        memory.map(|(index, entry)| self.memory_entry(places, index, entry)).collect()
    }

    /// The program header of a memory entry.
    pub(super) fn memory_entry(&self, places: &MemoryPlaces, index: usize, entry: &Memory) -> Program {
        Program {
            kind: entry.segment.kind,
            flags: entry.segment.flags.unwrap_or_else(|| flags_of(entry.protection.unwrap_or(READ_WRITE))),
            offset: places.offset(index),
            address: entry.address,
            physical: entry.segment.physical,
            file_size: entry.captured,
            memory_size: entry.size,
            align: entry.segment.align.unwrap_or(self.elf.memory_align),
            about: About::Memory(index),
        }
    }

    /// Places the contents and the headers of sections behind `end`. Returns the place of the headers, and the new end.
    fn sections(
        &self,
        places: &MemoryPlaces,
        notes: Place,
        extended: Option<u64>,
        end: u64,
        pieces: &mut Vec<Piece>,
    ) -> Result<(u64, u64), WriteError> {
        /// Larger alignments are those of pages, and these bytes are not memory.
        const MOST_ALIGN: u64 = 64;
        let mut end = end;
        let mut table = Vec::new();
        for (index, section) in self.elf.sections.iter().enumerate() {
            let offset = match &section.content {
                SectionContent::Nothing => 0,
                SectionContent::NothingAt(offset) => *offset,
                SectionContent::Memory { index, skipped } => places.offset(*index).saturating_add(*skipped),
                SectionContent::Notes => notes.file_offset,
                SectionContent::Own(content) => {
                    let align = Some(section.align).filter(|align| *align <= MOST_ALIGN);
                    let at = end.checked_next_multiple_of(align.unwrap_or(1).max(1)).unwrap_or(end);
                    end = at.saturating_add(content.size());
                    pieces.push(Piece { file_offset: at, content: content.clone() });
                    at
                }
            };
            let mut section = section.clone();
            if section.content == SectionContent::Notes {
                section.size = notes.size;
            }
            if let Some(count) = extended.filter(|_| index == 0) {
                section = counted(Some(&section), count);
            }
            table.extend(self.section(&section, offset)?);
        }
        let at = end.checked_next_multiple_of(8).unwrap_or(end);
        let size = wide(table.len());
        pieces.push(Piece { file_offset: at, content: Content::from(table) });
        Ok((at, at.saturating_add(size)))
    }

    pub(super) fn section(&self, section: &Section, offset: u64) -> Result<Vec<u8>, WriteError> {
        let words = [section.flags, section.address, offset, section.size, section.align, section.entry_size];
        let [flags, address, offset, size, align, entry_size] =
            self.words(words, "a field of a section header", About::Dump)?;
        let (name, kind) = ((section.name.into(), 4), (section.kind.into(), 4));
        let (link, info) = ((section.link.into(), 4), (section.info.into(), 4));
        Ok(self.sheet.fields(&[name, kind, flags, address, offset, size, link, info, align, entry_size]))
    }
}

/// Whether a value that was read is inside of bytes that are copied.
fn stands_in(content: Option<&Content>, value: Option<Place>) -> bool {
    let bytes = content.and_then(Content::place);
    bytes
        .zip(value)
        .is_some_and(|(bytes, value)| bytes.file_offset <= value.file_offset && value.end() <= bytes.end())
}

/// The first section header, whose `sh_info` is the number of program headers.
pub(super) fn counted(first: Option<&Section>, count: u64) -> Section {
    Section { info: u32::try_from(count).unwrap_or(u32::MAX), ..first.cloned().unwrap_or_default() }
}

/// The notes of one segment.
pub(super) struct Group<'m> {
    /// The number of the segment.
    pub(super) segment: u32,
    pub(super) members: Vec<Member<'m>>,
}

/// The notes of each segment.
pub(super) fn groups<'m>(model: &'m Model, elf: &'m Elf) -> Vec<Group<'m>> {
    let in_front = elf.notes.iter().map(|note| (note.segment, Member::Process(note)));
    let of_threads = model.threads.iter().enumerate().flat_map(|(index, thread)| {
        let notes = thread.notes.iter().enumerate();
        let notes = notes.map(move |(at, note)| (note.segment, Member::Thread(index, at, note)));
        std::iter::once((thread.segment, Member::Status(index, thread))).chain(notes)
    });
    let mut groups: Vec<Group<'m>> = Vec::new();
    for (segment, member) in in_front.chain(of_threads) {
        match groups.last_mut().filter(|last| last.segment == segment) {
            Some(last) => last.members.push(member),
            None => groups.push(Group { segment, members: vec![member] }),
        }
    }
    groups
}

const READ_WRITE: Protection = Protection { read: true, write: true, execute: false, guard: false };

/// `p_flags` of a protection.
pub(super) fn flags_of(allowed: Protection) -> u32 {
    let flag = |on, flag: elf::ProgramFlags| if on { flag.0 } else { 0 };
    flag(allowed.read, elf::PF_R) | flag(allowed.write, elf::PF_W) | flag(allowed.execute, elf::PF_X)
}

/// The protection of `p_flags`.
pub(super) fn protection_of(flags: u32) -> Protection {
    let has = |flag: elf::ProgramFlags| flags & flag.0 != 0;
    Protection { read: has(elf::PF_R), write: has(elf::PF_W), execute: has(elf::PF_X), guard: false }
}

#[cfg(test)]
mod tests {
    use dumpedit_layout::{ByteOrder, Format, Machine};

    use super::*;
    use crate::model::{Container, Memory, Stored, Target};

    fn model(wide: bool, section: Section, stored: u64) -> Model {
        let target = Target { format: Format::ElfCore, machine: Machine::X86, byte_order: ByteOrder::Little };
        let elf = Elf { sections: vec![Section::default(), section], ..Elf::blank(wide) };
        let place = Place { file_offset: 0x1000, size: stored };
        let memory = Memory {
            address: 0x1000,
            size: stored,
            captured: stored,
            stored: Stored::Own(Content::File(place)),
            protection: None,
            list: crate::model::List::default(),
            segment: crate::model::SegmentParts::default(),
            load: None,
        };
        Model { memory: vec![memory], ..Model::new(target, Container::Elf(elf)) }
    }

    fn refused(model: &Model) -> WriteProblem {
        plan(model, 1 << 40).unwrap_err().problem
    }

    #[test]
    fn values_of_threads_crashes_and_mapped_files_are_never_cut() {
        let with = |change: &dyn Fn(&mut Model)| {
            let mut model = model(false, Section::default(), 16);
            let mut thread = ThreadEntry { record: Some(Content::Zero(144)), ..ThreadEntry::default() };
            let signal = Note::new("CORE", super::super::note_kinds::SIGINFO, Content::Zero(128));
            let content = Content::Zero(128);
            thread.notes.push(signal.with_body(NoteBody::Crash { index: 0, content }));
            let files = Note::new("CORE", super::super::note_kinds::FILE, Content::default());
            thread.notes.push(files.with_body(NoteBody::Modules));
            model.threads.push(thread);
            model.crashes.push(Crash::default());
            change(&mut model);
            plan(&model, 1 << 40).map_err(|error| error.problem)
        };
        let value = 1 << 32;
        assert!(with(&|_| {}).is_ok());
        let cut = [
            ("a thread's id", with(&|model| model.threads[0].tid = value.into())),
            ("si_addr", with(&|model| model.crashes[0].address = Some(value.into()))),
            (
                "a field of NT_FILE",
                with(&|model| model.modules.push(ModuleEntry::new(value - 1, 1, "x".to_owned()))),
            ),
        ];
        for (what, planned) in cut {
            assert_eq!(planned.unwrap_err(), WriteProblem::DoesNotFit { value, what, bits: 32 });
        }
    }

    #[test]
    fn what_32_bits_cannot_hold_is_refused() {
        let wide = Section { kind: 1, address: 1 << 32, ..Section::default() };
        let what = "a field of a section header";
        assert_eq!(
            refused(&model(false, wide.clone(), 16)),
            WriteProblem::DoesNotFit { value: 1 << 32, what, bits: 32 }
        );
        assert!(plan(&model(true, wide, 16), 1 << 40).is_ok());
        let behind = refused(&model(false, Section::default(), 0xffff_fff0));
        let what = "a word of the ELF header";
        assert!(matches!(behind, WriteProblem::DoesNotFit { what: told, .. } if told == what), "{behind}");
    }

    #[test]
    fn bytes_of_sections_stand_at_multiples_of_their_alignment() {
        let own = SectionContent::Own(Content::from(b"text".to_vec()));
        let section = Section { kind: 3, size: 4, align: 16, content: own, ..Section::default() };
        let plan = plan(&model(true, section, 21), 1 << 20).unwrap();
        let text = plan.pieces.iter().find(|piece| piece.content == Content::from(b"text".to_vec())).unwrap();
        assert!(text.file_offset.is_multiple_of(16), "{:#x}", text.file_offset);
    }
}
