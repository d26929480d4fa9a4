//! ELF cores that grow in place: new memory, changed segments of notes and a new table of program headers go behind the end of the file,
//! and then the header refers to them.
//!
//! Program headers and segments of notes that do not change are copied. A changed segment of notes is rewritten as a whole: readers expect
//! all threads in one segment, and some read only the first.

use std::borrow::Cow;

use dumpedit_layout::FileBytes;
use object::elf;

use super::header::{self, Header, Segment, Table};
use super::resize::resize;
use super::write::{Class, Group, Member, Program, Writer, counted, groups};
use crate::model::{Content, Memory, Model, NoteBody, Place, Section, SectionContent};
use crate::write::{
    About, Growth, Left, MemoryPlaces, Parts, Resized, Row, Sheet, WriteError, WriteProblem, check_whole,
    cut_off, is_unchanged, rows, wide,
};

/// Maximum alignment of new memory's file offset, in bytes: no machine with cores has larger pages.
const MOST_ALIGN: u64 = 64 << 10;

/// The bytes to add to the core `bytes`, whose model is `old`, so that its model becomes `new`.
pub(crate) fn grow(
    bytes: &[u8],
    old: &Model,
    new: &Model,
    resized: &[Resized],
) -> Result<Growth, WriteError> {
    let container = || WriteError::new(WriteProblem::Container, About::Dump);
    let header = header::of_core(bytes).map_err(|_| container())?;
    let new = &resized_model(old, new, resized)?;
    let (elf, old_elf) = (new.elf().ok_or_else(container)?, old.elf().ok_or_else(container)?);
    let size = wide(bytes.len());
    if header.count_lost || header.programs.count_in(size) < header.programs.count {
        return Err(cut_off(About::Dump));
    }
    check_whole(&old.memory)?;
    let align = elf.memory_align.min(MOST_ALIGN);
    let memory = MemoryPlaces::behind(&new.memory, size, align, |_| false)?;
    let sheet = Sheet::behind(new.target.byte_order, memory.end);
    let writer = Writer { model: new, elf, class: Class::of(elf.wide), sheet, parts: Parts::default() };
    Grower {
        bytes,
        size,
        header,
        old,
        old_groups: groups(old, old_elf),
        writer,
        memory,
        left: Left::default(),
    }
    .grow()
}

/// The model with its resized values, which are names in NT_FILE: that note is rewritten with them.
fn resized_model<'m>(old: &Model, new: &'m Model, resized: &[Resized]) -> Result<Cow<'m, Model>, WriteError> {
    let mut new = Cow::Borrowed(new);
    for value in resized {
        if !resize(new.to_mut(), value) {
            let problem = if resize(&mut old.clone(), value) {
                WriteProblem::Dropped { file_offset: value.stored.place.file_offset }
            } else {
                WriteProblem::NotWhole("the list of mapped files (NT_FILE)")
            };
            return Err(WriteError::new(problem, About::Dump));
        }
    }
    Ok(new)
}

struct Grower<'m> {
    bytes: &'m [u8],
    size: u64,
    header: Header,
    old: &'m Model,
    old_groups: Vec<Group<'m>>,
    writer: Writer<'m>,
    memory: MemoryPlaces,
    left: Left,
}

/// A program header of the new table.
enum Entry {
    /// The entry of the old table with this index.
    Kept(u64),
    /// The entry of the old table with this index, for notes at a new offset.
    Moved(u64, Program),
    New(Program),
}

/// A segment of notes at a new file offset.
struct Moved {
    old: Place,
    new: Place,
}

impl Grower<'_> {
    fn grow(mut self) -> Result<Growth, WriteError> {
        let mut moved = Vec::new();
        let entries = self.entries(&mut moved)?;
        let kept = |entry: &Entry| matches!(entry, Entry::Kept(_));
        if wide(entries.len()) == self.header.programs.count && entries.iter().all(kept) {
            return Ok(Growth::none(self.size));
        }
        let programs = self.programs(&entries)?;
        let extended = self.header.announced == elf::PN_XNUM || programs.count >= u64::from(elf::PN_XNUM);
        let sections = self.sections(&moved, extended.then_some(programs.count))?;
        let header = self.header(programs, sections, extended)?;
        self.left_behind(sections);
        let size = self.writer.sheet.end();
        let (mut pieces, patches) = self.writer.sheet.finish();
        pieces.splice(0..0, self.memory.pieces_behind(&self.writer.model.memory, self.size));
        Ok(Growth { pieces, patches, header, ..Growth::none(size) }.losing(self.bytes, self.left))
    }

    /// Leaves the old tables, and the memory that is dropped.
    fn left_behind(&mut self, sections: Table) {
        let place = |table: Table| Place { file_offset: table.offset, size: table.size() };
        self.left.gone.push(place(self.header.programs));
        self.left.gone.extend(Some(self.header.sections).filter(|old| *old != sections).map(place));
        self.left.gone.extend(self.old.memory.iter().filter_map(Memory::place));
        self.left.stays.extend(self.writer.model.memory.iter().filter_map(Memory::place));
    }

    /// Entries of the new table in order; notes that changed go behind the end of the file.
    fn entries(&mut self, moved: &mut Vec<Moved>) -> Result<Vec<Entry>, WriteError> {
        let new = self.writer.model;
        let memory = rows(&self.old.memory, &new.memory, |one, other| one == other);
        let mut stays = vec![false; self.old.memory.len()];
        let mut made: Vec<usize> = Vec::new();
        for row in &memory {
            match row {
                Row::Kept(index) => stays.get_mut(*index).into_iter().for_each(|stays| *stays = true),
                Row::New(index) => made.push(*index),
            }
        }
        let address = |index: &usize| new.memory.get(*index).map(|entry| entry.address);
        made.sort_by_key(address);
        // Memory tags come after the memory, whatever their addresses.
        let loads = self.old.memory.iter().filter(|entry| entry.is_loaded());
        let is_sorted = loads.is_sorted_by_key(|entry| entry.address);
        let mut made = made.into_iter().peekable();
        let new_groups = groups(new, self.writer.elf);
        let mut entries = Vec::new();
        let (mut memory_index, mut note_index, mut last_note) = (0usize, 0u32, None);
        let segments: Vec<Segment> = self.header.segments(self.bytes).collect();
        for (index, segment) in (0u64..).zip(&segments) {
            if segment.kind == elf::PT_NOTE {
                let entry = self.noted(index, segment, note_index, &new_groups, moved)?;
                entries.extend(entry);
                last_note = Some(entries.len());
                note_index = note_index.saturating_add(1);
                continue;
            }
            // A table in order of addresses stays so.
            let is_ordered = is_sorted && segment.kind == elf::PT_LOAD;
            while let Some(made) = made.next_if(|made| is_ordered && address(made) < Some(segment.address)) {
                entries.extend(self.made(made));
            }
            if stays.get(memory_index).copied().unwrap_or(false) {
                entries.push(Entry::Kept(index));
            }
            memory_index = memory_index.saturating_add(1);
        }
        for index in made {
            entries.extend(self.made(index));
        }
        for group in new_groups.iter().filter(|group| group.segment >= note_index) {
            let program = self.writer.notes(group.segment, &group.members)?;
            let at = last_note.unwrap_or(0);
            entries.insert(at.min(entries.len()), Entry::New(program));
            last_note = Some(at.saturating_add(1));
        }
        Ok(entries)
    }

    fn made(&self, index: usize) -> Option<Entry> {
        let entry = self.writer.model.memory.get(index)?;
        Some(Entry::New(self.writer.memory_entry(&self.memory, index, entry)))
    }

    /// The program header of a segment of notes; `None` where none of its notes is left.
    fn noted(
        &mut self,
        index: u64,
        segment: &Segment,
        number: u32,
        new: &[Group<'_>],
        moved: &mut Vec<Moved>,
    ) -> Result<Option<Entry>, WriteError> {
        let of_number = |groups: &mut dyn Iterator<Item = usize>| groups.collect::<Vec<usize>>();
        let is_it = |group: &Group<'_>| group.segment == number;
        let old_at =
            of_number(&mut (0..).zip(&self.old_groups).filter(|(_, group)| is_it(group)).map(|(at, _)| at));
        let new_at = of_number(&mut (0..).zip(new).filter(|(_, group)| is_it(group)).map(|(at, _)| at));
        let old: Vec<&Member<'_>> = old_at
            .iter()
            .filter_map(|at| self.old_groups.get(*at))
            .flat_map(|group| &group.members)
            .collect();
        let members: Vec<&Member<'_>> =
            new_at.iter().filter_map(|at| new.get(*at)).flat_map(|group| &group.members).collect();
        let same = rows(&old, &members, |one, other| self.is_same(one, other));
        if is_unchanged(&same, old.len()) {
            return Ok(Some(Entry::Kept(index)));
        }
        self.check_notes(number, segment, &old)?;
        self.left.gone.push(Place { file_offset: segment.offset, size: segment.file_size });
        if members.is_empty() {
            return Ok(None);
        }
        let program = self.writer.notes(number, members.iter().copied())?;
        let place = |offset, size| Place { file_offset: offset, size };
        moved.push(Moved {
            old: place(segment.offset, segment.file_size),
            new: place(program.offset, program.file_size),
        });
        Ok(Some(Entry::Moved(index, program)))
    }

    /// Whether a note is the same in both models.
    fn is_same(&self, old: &Member<'_>, new: &Member<'_>) -> bool {
        let (old_model, new_model) = (self.old, self.writer.model);
        let is_same_note = |one: &crate::model::Note, other: &crate::model::Note| {
            one == other
                && match &one.body {
                    NoteBody::Bytes(_) => true,
                    NoteBody::Crash { index, .. } => {
                        old_model.crashes.get(*index) == new_model.crashes.get(*index)
                    }
                    NoteBody::Modules => old_model.modules == new_model.modules,
                }
        };
        match (old, new) {
            (Member::Status(_, one), Member::Status(_, other)) => {
                (one.tid, one.signal, one.signal_number, &one.record, &one.status_name, one.status_kind)
                    == (
                        other.tid,
                        other.signal,
                        other.signal_number,
                        &other.record,
                        &other.status_name,
                        other.status_kind,
                    )
            }
            (
                Member::Thread(_, _, one) | Member::Process(one),
                Member::Thread(_, _, other) | Member::Process(other),
            ) => is_same_note(one, other),
            _ => false,
        }
    }

    /// Checks that a segment holds nothing but its notes, as a copy would lose the rest.
    fn check_notes(&self, number: u32, segment: &Segment, members: &[&Member<'_>]) -> Result<(), WriteError> {
        let start = usize::try_from(segment.offset).unwrap_or(usize::MAX);
        let held = self.bytes.get(start..).unwrap_or_default();
        let size = usize::try_from(segment.file_size).unwrap_or(usize::MAX);
        let Some(held) = held.get(..size) else { return Err(cut_off(About::Dump)) };
        let unit = self.writer.elf.note_header(number).unit;
        let padded = |size: u64| size.checked_next_multiple_of(unit.max(1)).unwrap_or(size);
        let mut end = 0u64;
        for member in members {
            let (name, size) = self.sizes(member);
            end = padded(padded(end.saturating_add(12).saturating_add(name)).saturating_add(size));
        }
        let rest = usize::try_from(end).ok().map(|end| held.get(end..).unwrap_or_default());
        let is_whole = rest.is_some_and(|rest| rest.iter().all(|byte| *byte == 0))
            && end.saturating_sub(wide(held.len())) < unit;
        if is_whole {
            Ok(())
        } else {
            Err(WriteError::new(WriteProblem::NotWhole("a segment of notes"), About::Dump))
        }
    }

    /// Sizes of a note's name and of its descriptor in the old file, in bytes.
    fn sizes(&self, member: &Member<'_>) -> (u64, u64) {
        let of_note = |note: &crate::model::Note| {
            let size = match &note.body {
                NoteBody::Bytes(content) | NoteBody::Crash { content, .. } => content.size(),
                NoteBody::Modules => {
                    let word = wide(self.writer.class.word());
                    let numbers = wide(self.old.modules.len()).saturating_mul(3).saturating_add(2);
                    let names =
                        self.old.modules.iter().map(|module| wide(module.name.value.len()).saturating_add(1));
                    let padding = self.old.elf().map_or(0, |elf| elf.files_padding);
                    names.fold(numbers.saturating_mul(word), u64::saturating_add).saturating_add(padding)
                }
            };
            (wide(note.name.len()), size)
        };
        match member {
            Member::Status(_, thread) => {
                (wide(thread.status_name.len()), thread.record.as_ref().map_or(0, Content::size))
            }
            Member::Thread(_, _, note) | Member::Process(note) => of_note(note),
        }
    }

    /// Puts the table of program headers behind the end of the file.
    fn programs(&mut self, entries: &[Entry]) -> Result<Table, WriteError> {
        let least = self.writer.class.sizes.program;
        let old = self.header.programs;
        let entry_size = if old.count == 0 { least } else { old.entry_size };
        let table = Table { offset: 0, entry_size, count: wide(entries.len()) };
        self.writer.sheet.align(8);
        let offset = self.writer.sheet.reserve(table.size(), About::Dump)?;
        let mut at = offset;
        for entry in entries {
            match entry {
                Entry::Kept(index) => {
                    let from = old.offset.saturating_add(index.saturating_mul(old.entry_size));
                    let place = Place { file_offset: from, size: old.entry_size };
                    self.writer.sheet.put_content(at, &Content::File(place));
                }
                Entry::Moved(index, program) => {
                    let segment =
                        self.header.segments(self.bytes).nth(usize::try_from(*index).unwrap_or(usize::MAX));
                    let segment = segment.ok_or_else(|| cut_off(About::Dump))?;
                    let moved = Program {
                        flags: segment.flags,
                        address: segment.address,
                        physical: segment.physical,
                        memory_size: if segment.memory_size == segment.file_size {
                            program.file_size
                        } else {
                            segment.memory_size
                        },
                        align: segment.align,
                        ..*program
                    };
                    let bytes = self.writer.program(&moved)?;
                    self.writer.sheet.put(at, &bytes);
                }
                Entry::New(program) => {
                    let bytes = self.writer.program(program)?;
                    self.writer.sheet.put(at, &bytes);
                }
            }
            at = at.saturating_add(entry_size);
        }
        Ok(Table { offset, ..table })
    }

    /// Puts the table of section headers behind the end of the file, where an entry refers to notes that moved or counts program headers.
    fn sections(&mut self, moved: &[Moved], count: Option<u64>) -> Result<Table, WriteError> {
        let old = self.header.sections;
        let held = old.count_in(self.size);
        let mut table: Vec<(Section, u64)> = Vec::new();
        let mut changes = false;
        for (section, offset) in (0..held).filter_map(|index| self.header.section(self.bytes, index)) {
            let place = Place { file_offset: offset, size: section.size };
            let leads_to = moved.iter().find(|moved| moved.old == place && section.kind == elf::SHT_NOTE.0);
            changes |= leads_to.is_some();
            table.push(match leads_to {
                Some(Moved { new, .. }) => (Section { size: new.size, ..section }, new.file_offset),
                None => (section, offset),
            });
        }
        let is_counted = |table: &[(Section, u64)], count: u64| {
            table.first().is_some_and(|(first, _)| u64::from(first.info) == count)
        };
        if let Some(count) = count.filter(|count| !is_counted(&table, *count)) {
            changes = true;
            match table.first_mut() {
                Some((first, _)) => *first = counted(Some(first), count),
                None => table.push((counted(None, count), 0)),
            }
        }
        if !changes {
            return Ok(old);
        }
        if held < old.count || (held > 0 && old.entry_size != self.writer.class.sizes.section) {
            return Err(WriteError::new(WriteProblem::NotWhole("the table of section headers"), About::Dump));
        }
        self.writer.sheet.align(8);
        let offset = self.writer.sheet.end();
        for (section, offset) in &table {
            let section = Section { content: SectionContent::Nothing, ..section.clone() };
            let bytes = self.writer.section(&section, *offset)?;
            self.writer.sheet.place(&bytes);
        }
        Ok(Table { offset, entry_size: self.writer.class.sizes.section, count: wide(table.len()) })
    }

    /// The header's bytes from `e_phoff` to its end.
    fn header(&self, programs: Table, sections: Table, extended: bool) -> Result<FileBytes, WriteError> {
        let wide_class = self.writer.class.wide;
        let (from, to, halves_at) = if wide_class { (32usize, 64usize, 54usize) } else { (28, 52, 42) };
        let mut bytes = self.bytes.get(from..to).ok_or_else(|| cut_off(About::Dump))?.to_vec();
        let word = self.writer.class.word();
        let mut put = |at: usize, value: u64, size: usize| {
            let number = self.writer.sheet.number(value, size);
            let room = bytes.iter_mut().skip(at.saturating_sub(from));
            room.zip(number).for_each(|(into, byte)| *into = byte);
        };
        if !wide_class && programs.offset.max(sections.offset) > u64::from(u32::MAX) {
            let what = "a word of the ELF header";
            let problem = WriteProblem::DoesNotFit { value: programs.offset, what, bits: 32 };
            return Err(WriteError::new(problem, About::Dump));
        }
        put(from, programs.offset, word);
        put(halves_at, programs.entry_size, 2);
        let count = if extended { elf::PN_XNUM.into() } else { programs.count };
        put(halves_at.saturating_add(2), count, 2);
        if sections != self.header.sections {
            put(from.saturating_add(word), sections.offset, word);
            put(halves_at.saturating_add(4), sections.entry_size, 2);
            if sections.count < u64::from(elf::SHN_LORESERVE) {
                put(halves_at.saturating_add(6), sections.count, 2);
            }
        }
        Ok(FileBytes { file_offset: wide(from), bytes })
    }
}
