//! ELF cores as models: program headers become memory, notes stay in their order, and a status begins a thread.

use std::collections::BTreeMap;

use dumpedit_layout::{Format, Machine, Notice, NoticeKind, Notices, Span, Subject, joined};
use object::elf;

use super::header::{self, Header, Segment, Sizes};
use super::note_kinds::{FILE, PRSTATUS, SIGINFO};
use super::notes::{self, Note as Walked};
use super::status::{SignalInfo, Status};
use super::write::{flags_of, protection_of};
use super::{machines, other_systems};
use crate::FormatError;
use crate::model::{
    Container, Content, Crash, Elf, List, Memory, Model, ModuleEntry, Note, NoteBody, NoteHeader, Place,
    Placed, Section, SectionContent, SegmentParts, Stored, Target, ThreadEntry,
};
use crate::stored::StoredBytes;
use crate::write::wide;

/// Longer file lists are left as bytes.
const MOST_FILES: usize = 1 << 20;

/// Reads an ELF core.
pub(crate) fn read(bytes: &[u8]) -> Result<Model, FormatError> {
    let header = header::of_core(bytes)?;
    let machine = machines::machine_of(&header, bytes);
    let target = Target { format: Format::ElfCore, machine, byte_order: header.encoding.byte_order() };
    let mut reader = Reader {
        bytes,
        size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        header,
        machine,
        stored: StoredBytes::new(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
        lost: Notices::default(),
    };
    let (memory, memory_align) = reader.memory();
    let mut found = reader.notes();
    let modules = reader.files(&mut found);
    let crashes = reader.crash(&mut found).into_iter().collect();
    let (sections, section_names) = reader.sections(found.start);
    let announced = header.announced;
    let elf = Elf {
        machine: header.machine.0,
        wide: header.encoding.wide,
        entry: header.entry,
        flags: header.flags,
        os_abi: bytes.get(7).copied().unwrap_or(0),
        abi_version: bytes.get(8).copied().unwrap_or(0),
        extended: announced == elf::PN_XNUM && header.programs.count < u64::from(elf::PN_XNUM),
        note_header: found.headers.first().copied().unwrap_or_default(),
        other_note_headers: found.other_headers(),
        memory_align,
        page_size: found.page_size.unwrap_or(4096.into()),
        files_padding: found.files_padding,
        notes: found.first,
        section_size: if sections.is_empty() && announced != elf::PN_XNUM { header.section_size } else { 0 },
        sections,
        section_names,
        notes_behind: reader.notes_behind(),
    };
    reader.tell_of_header(&elf);
    let lost = reader.lost.finish();
    Ok(Model {
        threads: found.threads,
        crashes,
        modules,
        memory,
        lost,
        ..Model::new(target, Container::Elf(elf))
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
    size: u64,
    header: Header,
    machine: Machine,
    stored: StoredBytes,
    lost: Notices,
}

/// The notes of a core.
struct Notes {
    first: Vec<Note>,
    threads: Vec<ThreadEntry>,
    /// Program header of each segment.
    headers: Vec<NoteHeader>,
    page_size: Option<Placed<u64>>,
    files_padding: u64,
    /// File offset of the first segment of notes, and its size, in bytes.
    start: Option<Place>,
}

impl Notes {
    /// Program headers that differ from the first, by the numbers of their segments.
    fn other_headers(&self) -> BTreeMap<u32, NoteHeader> {
        let first = self.headers.first();
        let numbered = (0u32..).zip(&self.headers).filter(|(_, header)| Some(*header) != first);
        numbered.map(|(number, header)| (number, *header)).collect()
    }
}

impl Reader<'_> {
    /// The program headers that are not notes, and their common alignment, in bytes.
    fn memory(&mut self) -> (Vec<Memory>, u64) {
        let mut memory = Vec::new();
        let segments = self.header.segments(self.bytes);
        for segment in segments.filter(|segment| segment.kind != elf::PT_NOTE) {
            let protection = protection_of(segment.flags);
            // A segment that stores nothing, or claims the header's offset, keeps its offset.
            let stored = if segment.file_size == 0 && segment.offset == 0 {
                Stored::Elsewhere(crate::model::FileOffset::Number(0))
            } else {
                self.stored.of(memory.len(), segment.file_size, segment.offset, true)
            };
            memory.push(Memory {
                address: segment.address,
                size: segment.memory_size,
                captured: segment.file_size,
                stored,
                protection: Some(protection),
                list: List::default(),
                segment: SegmentParts {
                    kind: segment.kind.0,
                    flags: Some(segment.flags).filter(|flags| *flags != flags_of(protection)),
                    physical: segment.physical,
                    align: Some(segment.align),
                },
                load: None,
            });
        }
        let align = common_alignment(&memory).unwrap_or(1);
        for entry in &mut memory {
            entry.segment.align = entry.segment.align.filter(|own| *own != align);
        }
        (memory, align)
    }

    /// The number of the first PT_NOTE, where it is behind all other program headers.
    fn notes_behind(&mut self) -> Option<u32> {
        let is_note = |segment: &Segment| segment.kind == elf::PT_NOTE;
        let others = self.header.segments(self.bytes).filter(|segment| !is_note(segment)).count();
        let (mut before, mut number, mut first) = (0usize, 0u32, None);
        for segment in self.header.segments(self.bytes) {
            if !is_note(&segment) {
                before = before.saturating_add(1);
                continue;
            }
            if before == others && others > 0 {
                first.get_or_insert(number);
            } else if before > 0 {
                self.lost.count(NoticeKind::LostHeaderOrder, Subject::FileOffset(segment.offset));
            }
            number = number.saturating_add(1);
        }
        first
    }

    /// Records the numbers of the header that differ from the written ones, and the index of the section with the names where sections
    /// stay.
    fn tell_of_header(&mut self, elf: &Elf) {
        let sizes = Sizes::of(self.header.encoding.wide);
        let encoding = self.header.encoding;
        // e_version; e_ehsize, e_phentsize, e_shentsize, e_shnum and e_shstrndx.
        let version_at = 20;
        let header_at: usize = if encoding.wide { 52 } else { 40 };
        let [program_at, section_at, sections_at, names_at] =
            [2, 6, 8, 10].map(|skipped| header_at.saturating_add(skipped));
        let number = |at: usize| u64::from(encoding.u16(self.bytes, at).unwrap_or(0));
        let has_sections = self.header.sections.count > 0;
        // A section has the number of program headers where the header does not.
        let counts_sections = !elf.sections.is_empty() || self.header.announced == elf::PN_XNUM;
        let identification = self.bytes.get(9..16).unwrap_or_default();
        let odd = [
            (6, self.bytes.get(6) != Some(&1)),
            (9, identification.iter().any(|byte| *byte != 0)),
            (version_at, encoding.u32(self.bytes, version_at) != Some(1)),
            (header_at, number(header_at) != sizes.header),
            (program_at, self.header.programs.entry_size != sizes.program),
            (section_at, has_sections && self.header.sections.entry_size != sizes.section),
            (sections_at, counts_sections && number(sections_at) != wide(elf.sections.len().max(1))),
            (names_at, number(names_at) != u64::from(elf.section_names)),
        ];
        for (at, _) in odd.into_iter().filter(|(_, is_odd)| *is_odd) {
            let at = u64::try_from(at).unwrap_or(u64::MAX);
            self.lost.count(NoticeKind::LostHeaderNumber, Subject::FileOffset(at));
        }
    }

    fn notes(&mut self) -> Notes {
        let segments: Vec<Segment> =
            self.header.segments(self.bytes).filter(|segment| segment.kind == elf::PT_NOTE).collect();
        let mut notes = Notes {
            first: Vec::new(),
            threads: Vec::new(),
            headers: Vec::with_capacity(segments.len()),
            page_size: None,
            files_padding: 0,
            start: segments
                .first()
                .map(|segment| Place { file_offset: segment.offset, size: segment.file_size }),
        };
        for (index, (segment, held)) in notes::held(&segments, self.bytes).enumerate() {
            let at = Subject::FileOffset(segment.offset);
            if (segment.address, segment.physical) != (0, 0) {
                let address = segment.address.max(segment.physical);
                self.lost.count(NoticeKind::LostNoteAddress, Subject::Address(address));
            }
            if segment.memory_size != 0 {
                self.lost.count(NoticeKind::LostNoteMemory, at.clone());
            }
            // Descriptors are taken to begin at multiples of 8.
            let unit = if segment.align == 8 { 8 } else { 4 };
            let mut header = NoteHeader { flags: segment.flags, align: segment.align, unit };
            let Some(held) = held else {
                notes.headers.push(header);
                self.lost.count(NoticeKind::NoteSegmentRepeated, at);
                continue;
            };
            let encoding = self.header.encoding;
            let mut odd = Vec::new();
            let whole = notes::walk(encoding, held, segment.file_size, segment.align, |note| {
                if !note.at.is_multiple_of(8) {
                    header.unit = 4;
                }
                let number = u32::try_from(index).unwrap_or(u32::MAX);
                if note.is_padded_oddly {
                    odd.push(segment.offset.saturating_add(note.at));
                }
                self.take(&note, segment.offset.saturating_add(note.at), number, &mut notes);
            });
            notes.headers.push(header);
            for at in odd {
                self.lost.count(NoticeKind::LostNotePadding, Subject::FileOffset(at));
            }
            if !whole {
                self.lost.count(NoticeKind::LostRestOfNotes, at);
            }
        }
        notes
    }

    fn take(&self, note: &Walked<'_>, file_offset: u64, segment: u32, notes: &mut Notes) {
        let held = u64::try_from(note.descriptor.len()).unwrap_or(u64::MAX);
        let content = Content::File(Place { file_offset, size: held });
        if let Some((tid, signal)) = self.status(note, file_offset) {
            notes.threads.push(ThreadEntry {
                tid,
                signal,
                record: Some(content),
                status_name: note.name.to_vec(),
                status_kind: note.kind,
                segment,
                ..ThreadEntry::default()
            });
            return;
        }
        let body = NoteBody::Bytes(content);
        let note = Note { name: note.name.to_vec(), kind: note.kind, body, segment };
        match notes.threads.last_mut() {
            Some(thread) => thread.notes.push(note),
            None => notes.first.push(note),
        }
    }

    /// The id and the signal of the thread whose status a note is; `None` for any other note.
    fn status(&self, note: &Walked<'_>, file_offset: u64) -> Option<(Placed<u64>, Placed<u16>)> {
        let encoding = self.header.encoding;
        let status = Status::of(self.machine, encoding.wide);
        if let Some((system, tid)) = note.thread_namespace() {
            let row = other_systems::row_of(system, self.machine)?;
            let is_status = row.notes.first().is_some_and(|first| first.kind == note.kind);
            return is_status.then_some((tid.into(), 0.into()));
        }
        let (signal_at, id_at) = match note.namespace {
            b"CORE" if note.kind == PRSTATUS && note.descriptor.len() >= 40 => status.linux(),
            other_systems::FREEBSD if note.kind == PRSTATUS && note.descriptor.len() >= 48 => {
                other_systems::row_of(note.namespace, self.machine)?;
                status.freebsd()
            }
            _ => return None,
        };
        let at = |skipped: usize| file_offset.saturating_add(u64::try_from(skipped).unwrap_or(u64::MAX));
        let tid = encoding.u32(note.descriptor, id_at).unwrap_or(0);
        let signal = encoding.u16(note.descriptor, signal_at).unwrap_or(0);
        Some((Placed::at(tid.into(), at(id_at), 4), Placed::at(signal, at(signal_at), 2)))
    }

    /// The modules of NT_FILE. The note is written from them where that gives the same bytes.
    fn files(&mut self, notes: &mut Notes) -> Vec<ModuleEntry> {
        let in_threads = notes.threads.iter_mut().flat_map(|thread| &mut thread.notes);
        let mut all = notes.first.iter_mut().chain(in_threads);
        let found = all.find(|note| note.namespace() == b"CORE" && note.kind == FILE);
        let Some(note) = found else { return Vec::new() };
        let NoteBody::Bytes(Content::File(place)) = note.body else { return Vec::new() };
        let Some((modules, page_size, padding)) = self.rows(place) else { return Vec::new() };
        notes.page_size = Some(page_size);
        notes.files_padding = padding;
        note.body = NoteBody::Modules;
        modules
    }

    /// The rows of NT_FILE, where it holds nothing but them and their names (`fill_files_note` in the kernel's `fs/binfmt_elf.c`).
    fn rows(&self, place: Place) -> Option<(Vec<ModuleEntry>, Placed<u64>, u64)> {
        /// A note is padded to no more.
        const UNIT: usize = 8;
        let encoding = self.header.encoding;
        let descriptor = self.held(place.file_offset, place.size);
        let word = u64::try_from(encoding.word_size()).ok()?;
        let count = usize::try_from(encoding.word(descriptor, 0)?)
            .ok()
            .filter(|count| (1..=MOST_FILES).contains(count))?;
        let page_size = encoding.word(descriptor, 1)?;
        let page_size = Placed::at(page_size, place.file_offset.checked_add(word)?, word);
        let names_at = count.checked_mul(3)?.checked_add(2)?.checked_mul(encoding.word_size())?;
        let mut name_at = names_at;
        let mut modules = Vec::new();
        for index in 0..count {
            let first = index.checked_mul(3)?.checked_add(2)?;
            let at = |skipped: usize| {
                let skipped = u64::try_from(first.checked_add(skipped)?).ok()?.checked_mul(word)?;
                place.file_offset.checked_add(skipped)
            };
            let number = |skipped: usize| encoding.word(descriptor, first.checked_add(skipped)?);
            let (start, end, page) = (number(0)?, number(1)?, number(2)?);
            let rest = descriptor.get(name_at..)?;
            let length = rest.iter().position(|byte| *byte == 0)?;
            let name = std::str::from_utf8(rest.get(..length)?).ok()?;
            let name_offset = place.file_offset.checked_add(u64::try_from(name_at).ok()?)?;
            modules.push(ModuleEntry {
                base: Placed::at(start, at(0)?, word),
                size: Placed::at(end.checked_sub(start)?, at(1)?, word),
                page: Placed::at(page, at(2)?, word),
                name: Placed::at(name.to_owned(), name_offset, u64::try_from(length).ok()?),
                ..ModuleEntry::new(0, 0, String::new())
            });
            name_at = name_at.checked_add(length)?.checked_add(1)?;
        }
        let padding = descriptor.get(name_at..)?;
        let is_padding = padding.len() < UNIT && padding.iter().all(|byte| *byte == 0);
        is_padding.then_some((modules, page_size, u64::try_from(padding.len()).ok()?))
    }

    /// The signal of the process. Its NT_SIGINFO is written with the crash's values.
    fn crash(&self, notes: &mut Notes) -> Option<Crash> {
        let crashed = notes.threads.iter_mut().find(|thread| thread.signal.value != 0)?;
        let code = crashed.signal.value.into();
        let mut crash = Crash {
            thread: crashed.tid,
            code: Placed { value: code, place: crashed.signal.place },
            ..Crash::default()
        };
        let is_info = |note: &&mut Note| note.namespace() == b"CORE" && note.kind == SIGINFO;
        if let Some(note) = crashed.notes.iter_mut().find(is_info)
            && let NoteBody::Bytes(Content::File(place)) = note.body
        {
            let encoding = self.header.encoding;
            let info = SignalInfo::of(self.machine, encoding.wide);
            let descriptor = self.held(place.file_offset, place.size);
            let at =
                |skipped: usize| place.file_offset.saturating_add(u64::try_from(skipped).unwrap_or(u64::MAX));
            let signal = encoding.u32(descriptor, 0)?;
            let si_code = encoding.u32(descriptor, info.code_at)?;
            let address = descriptor.get(info.address_at..).and_then(|rest| encoding.word(rest, 0))?;
            let word = u64::try_from(encoding.word_size()).ok()?;
            crash.code = Placed::at(signal, at(0), 4);
            crash.si_code = Placed::at(si_code, at(info.code_at), 4);
            crash.address = Some(Placed::at(address, at(info.address_at), word))
                .filter(|_| SignalInfo::has_address(signal, si_code));
            note.body = NoteBody::Crash { index: 0, content: Content::File(place) };
        }
        Some(crash)
    }

    /// The section headers, without one that only counts program headers, and the index of the one with the names.
    fn sections(&mut self, notes: Option<Place>) -> (Vec<Section>, u16) {
        let table = self.header.sections;
        let whole = table.count_in(self.size);
        if whole == 0 || whole < table.count || whole > u64::from(u16::MAX) {
            if table.count > 1 {
                let message = "the section headers cannot be read and are left out";
                let notice = Notice::new(NoticeKind::LostSectionHeaders, message);
                self.lost.tell(notice.about(Subject::FileOffset(table.offset)));
            }
            return (Vec::new(), 0);
        }
        let in_segments = self.bytes_of_segments();
        // Hostile headers refer to the same bytes repeatedly.
        let mut left = self.size;
        let mut sections = Vec::new();
        for (section, offset) in (0..whole).filter_map(|index| self.header.section(self.bytes, index)) {
            let content = self.section_content(&section, offset, notes, &in_segments);
            let content = content.filter(|content| match content {
                SectionContent::Own(own) => left.checked_sub(own.size()).map(|rest| left = rest).is_some(),
                _ => true,
            });
            sections.push(match content {
                Some(content) => Section { content, ..section },
                None => {
                    self.lost.count(NoticeKind::LostSection, Subject::FileOffset(offset));
                    // The others keep their numbers.
                    Section::default()
                }
            });
        }
        if let [only] = &sections[..]
            && self.header.announced == elf::PN_XNUM
            && *only == (Section { size: only.size, info: only.info, link: only.link, ..Section::default() })
        {
            return (Vec::new(), 0);
        }
        let names = self.header.section_names_index;
        let is_there = usize::from(names) < sections.len();
        (sections, if is_there { names } else { 0 })
    }

    /// File ranges of all segments, in order and disjoint.
    fn bytes_of_segments(&self) -> Vec<Span> {
        let segments = self.header.segments(self.bytes);
        joined(segments.filter_map(|segment| Span::of(segment.offset, segment.file_size)))
    }

    /// The contents of a section; `None` where its bytes are neither in one entry nor outside of all segments.
    fn section_content(
        &self,
        section: &Section,
        offset: u64,
        notes: Option<Place>,
        in_segments: &[Span],
    ) -> Option<SectionContent> {
        let nothing = if offset == 0 { SectionContent::Nothing } else { SectionContent::NothingAt(offset) };
        let Some(rest) = section.size.checked_sub(1) else { return Some(nothing) };
        if !super::schema::section_has_bytes(section.kind) {
            return Some(nothing);
        }
        if notes == Some(Place { file_offset: offset, size: section.size }) {
            return Some(SectionContent::Notes);
        }
        if let Some((index, skipped)) = self.stored.holding(offset, section.size) {
            return Some(SectionContent::Memory { index, skipped });
        }
        let last = offset.checked_add(rest).filter(|last| *last < self.size)?;
        let behind = in_segments.partition_point(|span| span.last < offset);
        let is_outside = in_segments.get(behind).is_none_or(|span| span.first > last);
        let place = Place { file_offset: offset, size: section.size };
        is_outside.then_some(SectionContent::Own(Content::File(place)))
    }

    /// The bytes at a file offset, up to the end of the file.
    fn held(&self, file_offset: u64, size: u64) -> &[u8] {
        let start = usize::try_from(file_offset).unwrap_or(usize::MAX);
        let rest = self.bytes.get(start..).unwrap_or_default();
        rest.get(..usize::try_from(size).unwrap_or(usize::MAX)).unwrap_or(rest)
    }
}

/// The alignment of all memory, in bytes; `None` where it is not the same everywhere.
fn common_alignment(memory: &[Memory]) -> Option<u64> {
    let mut loads = memory.iter().filter(|entry| entry.is_loaded());
    let align = loads.clone().next()?.segment.align?;
    let is_usual = align.is_power_of_two() && (2..=1 << 16).contains(&align);
    let is_aligned = |entry: &Memory| {
        entry.segment.align == Some(align)
            && entry.address.is_multiple_of(align)
            && entry.captured.is_multiple_of(align)
    };
    (is_usual && loads.all(is_aligned)).then_some(align)
}

#[cfg(test)]
mod tests {
    use dumpedit_layout::ByteOrder;

    use super::*;

    /// A core of two segments of 0x1000 bytes, one behind the other from file offset 0x1000 on, and these sections: type, address, file
    /// offset, size.
    fn with_sections(sections: &[(u32, u64, u64, u64)]) -> Vec<u8> {
        let mut file = vec![0; 0x4000];
        let mut put = |at: usize, value: u64, size: usize| {
            file[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
        };
        put(0, 0x0001_0102_464c_457f, 8);
        put(20, 1, 4);
        // ET_CORE of amd64; e_phoff and e_shoff; the sizes and numbers of headers.
        for (at, value) in [(16, 4), (18, 62), (52, 64), (54, 56), (56, 2), (58, 64)] {
            put(at, value, 2);
        }
        put(32, 64, 8);
        put(40, 0x3800, 8);
        put(60, sections.len() as u64, 2);
        for (index, address) in [0x1_0000, 0x4_0000].into_iter().enumerate() {
            let at = 64 + 56 * index;
            put(at, 0x6_0000_0001, 8);
            let offset = 0x1000 * (index as u64 + 1);
            for (field, value) in [offset, address, 0, 0x1000, 0x1000, 1].into_iter().enumerate() {
                put(at + 8 + 8 * field, value, 8);
            }
        }
        for (index, (kind, address, offset, size)) in sections.iter().enumerate() {
            let at = 0x3800 + 64 * index;
            put(at + 4, (*kind).into(), 4);
            for (field, value) in [0, *address, *offset, *size].into_iter().enumerate() {
                put(at + 8 + 8 * field, value, 8);
            }
        }
        file
    }

    #[test]
    fn a_section_is_memory_that_one_segment_holds_or_bytes_that_none_has() {
        let (bits, none) = (elf::SHT_PROGBITS.0, (elf::SHT_NULL.0, 0, 0, 0));
        let file = with_sections(&[
            none,
            (bits, 0x4_0100, 0x2100, 0xf00),
            (bits, 0, 0x1800, 0x900),
            (bits, 0, 0xf00, 0x200),
            (elf::SHT_NOBITS.0, 0, 0x2000, 0x9000),
            (elf::SHT_STRTAB.0, 0, 0x3000, 0x20),
            (bits, 0, 0x3000, 0x2000),
        ]);
        let model = read(&file).unwrap();
        let contents: Vec<SectionContent> =
            model.elf().unwrap().sections.iter().map(|section| section.content.clone()).collect();
        let nothing = SectionContent::Nothing;
        let own = Content::File(Place { file_offset: 0x3000, size: 0x20 });
        let memory = SectionContent::Memory { index: 1, skipped: 0x100 };
        let without_bytes = SectionContent::NothingAt(0x2000);
        let expected =
            [&nothing, &memory, &nothing, &nothing, &without_bytes, &SectionContent::Own(own), &nothing];
        assert_eq!(contents.iter().collect::<Vec<_>>(), expected);
        let [lost] = &model.lost[..] else { panic!("{:?}", model.lost) };
        assert_eq!((lost.kind, lost.count), (NoticeKind::LostSection, Some(3)));
        assert_eq!(lost.about, [Subject::FileOffset(0x1800)]);
    }

    #[test]
    fn sections_have_no_more_bytes_of_their_own_than_the_file() {
        let one = (elf::SHT_PROGBITS.0, 0, 0x3000, 0x800);
        let model = read(&with_sections(&[one; 20])).unwrap();
        let own = |section: &&Section| matches!(section.content, SectionContent::Own(_));
        assert_eq!(model.elf().unwrap().sections.iter().filter(own).count(), 0x4000 / 0x800);
    }

    #[test]
    fn a_section_that_only_counts_is_none() {
        let mut file = with_sections(&[(elf::SHT_NULL.0, 0, 0, 1)]);
        let sections = |file: &[u8]| {
            let model = read(file).unwrap();
            (model.elf().unwrap().sections.len(), model.lost.len())
        };
        assert_eq!(sections(&file), (1, 0), "it counts nothing");
        // PN_XNUM, and sh_info.
        file[56..58].copy_from_slice(&[0xff, 0xff]);
        file[0x3800 + 44] = 2;
        assert_eq!(sections(&file), (0, 0));
        file[0x3800 + 16] = 1;
        assert_eq!(sections(&file), (1, 0), "it has an address");
    }

    #[test]
    fn numbers_of_sections_that_are_not_there_are_told() {
        let lost = |at: usize, value: u8, sections: &[(u32, u64, u64, u64)]| {
            let mut file = with_sections(sections);
            if sections.is_empty() {
                file[40..48].fill(0);
            }
            file[at] = value;
            let lost = read(&file).unwrap().lost;
            lost.into_iter().map(|notice| (notice.kind, notice.about)).collect::<Vec<_>>()
        };
        let told = |at| vec![(NoticeKind::LostHeaderNumber, vec![Subject::FileOffset(at)])];
        let bits = (elf::SHT_PROGBITS.0, 0, 0x3000, 8);
        assert_eq!(lost(62, 5, &[]), told(62));
        assert_eq!(lost(62, 2, &[bits, bits]), told(62));
        assert_eq!(lost(62, 1, &[bits, bits]), []);
        // The number of program headers is the first section's, though the header counts none.
        let mut counted = with_sections(&[(0, 0, 0, 0)]);
        counted[56..58].fill(0xff);
        counted[0x3800 + 44] = 2;
        counted[60] = 0;
        let told_of = read(&counted).unwrap().lost.into_iter().flat_map(|notice| notice.about);
        assert_eq!(told_of.collect::<Vec<_>>(), [Subject::FileOffset(60)]);
        // The first section header has no count where the ELF header has none.
        assert_eq!(lost(60, 0, &[(0, 0, 0, 0)]), told(60));
    }

    #[test]
    fn program_headers_of_notes_are_kept_but_for_what_is_told_by_its_name() {
        let changed = |field: usize, value: u8| {
            let mut file = with_sections(&[]);
            file[40..48].fill(0);
            for at in [64, 120] {
                file[at] = 4;
                file[at + 32..at + 48].fill(0);
            }
            file[64 + 16..64 + 24].fill(0);
            file[120 + 16..120 + 24].fill(0);
            file[120 + field] = value;
            read(&file).unwrap()
        };
        let lost = |field: usize, value: u8| {
            let lost = changed(field, value).lost;
            lost.into_iter().map(|notice| (notice.kind, notice.about)).collect::<Vec<_>>()
        };
        let at = || vec![Subject::FileOffset(0x2000)];
        for (field, value) in [(4, 6), (4, 1), (48, 2)] {
            assert_eq!(lost(field, value), []);
        }
        let header = |field: usize, value: u8| changed(field, value).elf().unwrap().note_header(1);
        assert_eq!((header(4, 1).flags, header(48, 2).align), (1, 2));
        assert_eq!(lost(40, 9), [(NoticeKind::LostNoteMemory, at())]);
        assert_eq!(lost(24, 9), [(NoticeKind::LostNoteAddress, vec![Subject::Address(9)])]);
    }

    #[test]
    fn the_byte_order_of_the_target_is_the_files() {
        let mut bytes = vec![0; 64];
        bytes[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 2]);
        bytes[16..18].copy_from_slice(&[0, 4]);
        assert_eq!(read(&bytes).unwrap().target.byte_order, ByteOrder::Big);
    }
}
