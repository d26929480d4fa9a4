//! Builds the parts of a model that only ELF cores have: the header's numbers, and notes.

use dumpedit::{ByteOrder, Machine, Protection};
use dumpedit_formats::elf::schema::{self, ProcessInfo, ProcessNote, ThreadsAt};
use dumpedit_formats::model::{
    Container, Content, Crash, Elf, FileOffset, Note, NoteBody, NoteHeader, Section, SectionContent,
    ThreadEntry,
};
use dumpedit_formats::write::Part;
use dumpedit_formats::xsave;

use super::class::wide_by_class;
use super::contents::SMALL;
use super::drawing::Drawing;
use super::numbers::{fits, fits32, optional16, optional32, or8};
use super::threads::crashed;
use crate::encode::{narrow, put, wide};
use crate::error::{FixtureError, Within};
use crate::labels::Labels;
use crate::spec::{
    ContentSpec, CrashSpec, NoteSpec, Record, RegionSpec, SectionSpec, Spec, Step, ThreadSpec,
};

const SIGSEGV: u32 = 11;

/// Page size of a new NT_FILE, in bytes.
const PAGE: u64 = 4096;

/// The system of a spec's core, where it is not Linux.
pub(crate) fn other_system(spec: &Spec) -> Option<&str> {
    let os = spec.system.os.as_deref()?;
    ["freebsd", "netbsd", "openbsd"].contains(&os).then_some(os)
}

/// Default of EI_OSABI for a machine's Linux or another system: readers recognize a system's core only by the value that the system writes.
pub(crate) fn usual_os_abi(machine: Machine, other_system: Option<&str>) -> u8 {
    const LINUX: u8 = 3;
    const FREEBSD: u8 = 9;
    match (other_system, machine) {
        (Some("freebsd"), _) => FREEBSD,
        (None, Machine::Hppa) => LINUX,
        _ => 0,
    }
}

/// Size of a thread's status, in bytes.
pub(crate) fn status_size(spec: &Spec) -> u64 {
    let other = other_system(spec).and_then(|system| schema::system_notes(system, spec.machine).first());
    other.map_or_else(|| schema::status_size(spec.machine), |status| status.size)
}

/// Notes behind the status of a thread, by the thread's index.
pub(super) fn notes_of(spec: &Spec, thread: usize) -> Vec<NoteSpec> {
    let given = spec.threads.get(thread).and_then(|thread| thread.notes.clone());
    given.unwrap_or_else(|| usual_notes(spec, 0))
}

/// Default notes behind the status of a thread with an id.
fn usual_notes(spec: &Spec, tid: u64) -> Vec<NoteSpec> {
    let Some(system) = other_system(spec) else { return default_notes(spec.machine) };
    let owner = schema::status_name(system, tid);
    let owner = String::from_utf8_lossy(owner.strip_suffix(&[0]).unwrap_or(&owner)).into_owned();
    let usual = schema::system_notes(system, spec.machine).iter().filter(|note| note.is_usual());
    let note = |known: &schema::SystemNote| NoteSpec {
        size: Some(known.size),
        ..NoteSpec::new(&owner, known.kind, ContentSpec::default())
    };
    usual.map(note).collect()
}

/// Default notes behind the status of a Linux thread.
pub(crate) fn default_notes(machine: Machine) -> Vec<NoteSpec> {
    let note = |kind: u32| NoteSpec { owner: None, ..NoteSpec::new("", kind, ContentSpec::default()) };
    let usual = schema::register_notes(machine).iter().filter(|known| known.is_usual);
    usual.map(|known| note(known.kind)).collect()
}

/// Size of a note of registers, in bytes, where neither the note nor the spec gives one.
pub(crate) fn usual_note_size(machine: Machine, kind: u64, record: &Record) -> Option<u64> {
    if kind == u64::from(schema::X86_XSTATE) {
        let given = record.xstate.as_ref().and_then(|area| area.size);
        return Some(given.unwrap_or_else(|| xsave::standard_size(components_of(record))));
    }
    let mut notes = schema::register_notes(machine).iter();
    notes.find(|known| u64::from(known.kind) == kind).map(|known| known.size)
}

/// Size of a system's note of registers on systems other than Linux, in bytes.
fn system_note_size(spec: &Spec, owner: &str, kind: u32) -> Option<u64> {
    let system = other_system(spec)?;
    let is_own = schema::system_of_status(owner.as_bytes()) == Some(system);
    let mut notes = schema::system_notes(system, spec.machine).iter().filter(|_| is_own);
    notes.find(|known| known.kind == kind).map(|known| known.size)
}

/// Components of a record's XSAVE area: those of the spec, or those of the registers that it names.
fn components_of(record: &Record) -> u64 {
    record.xstate.as_ref().map_or_else(|| usual_components(record), |area| area.components)
}

/// Default components of a record: x87, SSE and AVX; with AVX-512 and PKRU, AMX or APX where registers of these are named.
pub(crate) fn usual_components(record: &Record) -> u64 {
    let names = record.registers.iter().map(|register| register.name.to_ascii_lowercase());
    names.fold(0x7, |components, name| components | component_of(&name))
}

/// The components that come with the component of a register.
fn component_of(name: &str) -> u64 {
    const AVX512_AND_PKRU: u64 = 0x2e7;
    const AMX: u64 = 0x6_0000;
    const APX: u64 = 1 << xsave::APX;
    let number = |prefix: char| {
        let digits = name.strip_prefix(prefix)?.trim_end_matches(['d', 'w', 'b']);
        digits.split('.').next()?.parse::<u32>().ok()
    };
    if name.starts_with("zmm") || name.starts_with("pkru") || number('k').is_some() {
        AVX512_AND_PKRU
    } else if name.starts_with("tmm") || name.starts_with("tilecfg") {
        AMX
    } else if number('r').is_some_and(|number| (16..32).contains(&number)) {
        APX
    } else {
        0
    }
}

/// The header of a spec's core.
pub(crate) fn container(spec: &Spec) -> Result<Container, FixtureError> {
    let header = &spec.header;
    let is_wide = wide_by_class(spec, schema::is_wide(spec.machine))?;
    let machine = match header.machine {
        Some(machine) => optional16(Some(machine), "e_machine").within("machine").within("header")?,
        None if !schema::has_order(spec.machine, spec.byte_order) => {
            let order = if spec.byte_order == ByteOrder::Big { "big" } else { "little" };
            let text = format!("'{}' has no {order}-endian cores; give header.machine", spec.machine);
            return Err(FixtureError::contradiction(text));
        }
        None => schema::machine_number(spec.machine).ok_or_else(|| {
            let text = format!("'{}' has no number in ELF; give header.machine", spec.machine);
            FixtureError::contradiction(text)
        })?,
    };
    let layout = &spec.layout;
    let usual = NoteHeader::default();
    let given = (layout.note_flags, layout.note_align, layout.note_padding);
    let note_header = note_header(given, usual, is_wide).within("layout")?;
    let mut elf = Elf::default();
    elf.machine = machine;
    elf.wide = is_wide;
    elf.entry = header.entry.unwrap_or(0);
    elf.flags = optional32(header.flags, "e_flags").within("flags").within("header")?;
    elf.os_abi = or8(header.os_abi, "EI_OSABI", usual_os_abi(spec.machine, other_system(spec)))
        .within("os_abi")
        .within("header")?;
    elf.abi_version = or8(header.abi_version, "EI_ABIVERSION", 0).within("abi_version").within("header")?;
    let names = optional16(header.section_names, "e_shstrndx");
    elf.section_names = names.within("section_names").within("header")?;
    let section_size = optional16(header.section_size, "e_shentsize");
    elf.section_size = section_size.within("section_size").within("header")?;
    elf.notes_behind = layout.notes_last.then_some(0);
    elf.extended = layout.extended;
    elf.note_header = note_header;
    elf.memory_align = layout.align.unwrap_or(1);
    elf.page_size = layout.page_size.unwrap_or(PAGE).into();
    elf.files_padding = layout.files_padding.unwrap_or(0);
    Ok(Container::Elf(elf))
}

/// A note about the process.
struct OfProcess {
    /// Index of the thread behind whose notes it belongs, where no marker gives its place.
    thread: usize,
    note: Note,
    /// The note that marks its place: one of its type without content, by the index of its thread, where it is a thread's, and its own
    /// index.
    marker: Option<(Option<usize>, usize)>,
}

/// Adds threads and notes.
pub(crate) fn draw(drawing: &mut Drawing<'_, '_>) -> Result<(), FixtureError> {
    let spec = drawing.spec;
    if let Some(system) = other_system(spec).filter(|_| !spec.threads.is_empty())
        && schema::system_notes(system, spec.machine).is_empty()
    {
        let text = format!("registers as {system} writes them are not supported for {}", spec.machine);
        return Err(FixtureError::contradiction(text).within("os").within("system"));
    }
    let crashed = spec.crashes.first().and_then(|crash| crashed(spec, crash));
    let of_process = match other_system(spec) {
        None => drawing.process_notes(crashed)?,
        Some(_) => Vec::new(),
    };
    let mut first = drawing.notes(&spec.notes, None, 0, &of_process).within("notes")?;
    first.splice(0..0, other_system(spec).and_then(|system| drawing.process_note(system, crashed)));
    for (index, thread) in spec.threads.iter().enumerate() {
        let thread = drawing.thread(index, thread, crashed == Some(index), &of_process);
        let thread = thread.within(index).within("threads")?;
        drawing.model.threads.push(thread);
    }
    if spec.threads.is_empty() {
        let unmarked = of_process.into_iter().filter(|of| of.marker.is_none());
        first.extend(unmarked.map(|of| of.note));
    }
    let mut sections = Vec::with_capacity(spec.sections.len());
    for (index, section) in spec.sections.iter().enumerate() {
        sections.push(drawing.section(section).within(index).within("sections")?);
    }
    if let Container::Elf(elf) = &mut drawing.model.container {
        elf.notes = first;
        elf.sections = sections;
    }
    if spec.layout.split_notes {
        drawing.model.split_notes();
        drawing.note_headers()?;
    }
    Ok(())
}

/// Values of a program header of notes, from flags, alignment and padding.
fn note_header(
    (flags, align, padding): (Option<u64>, Option<u64>, Option<u64>),
    usual: NoteHeader,
    is_wide: bool,
) -> Result<NoteHeader, FixtureError> {
    let flags = flags.map_or(Ok(usual.flags), |flags| fits32(flags, "p_flags")).within("note_flags")?;
    let wrong = |text: &str| Err(FixtureError::contradiction(text).within("note_padding"));
    let (align, usual_unit) = match align {
        Some(align) => (align, if align == 8 { 8 } else { 4 }),
        None => (usual.align, usual.unit),
    };
    if !is_wide {
        fits32(align, "p_align").within("note_align")?;
    }
    let unit = padding.unwrap_or(usual_unit);
    if ![4, 8].contains(&unit) {
        return wrong("notes are padded to 4 or 8");
    }
    if unit == 8 && align != 8 {
        return wrong("only notes that are aligned by 8 can be padded to 8; give note_align");
    }
    Ok(NoteHeader::new(flags, align, unit))
}

impl Drawing<'_, '_> {
    /// Sets the program headers of the threads' own notes.
    fn note_headers(&mut self) -> Result<(), FixtureError> {
        let is_wide = self.wide();
        let Container::Elf(elf) = &mut self.model.container else { return Ok(()) };
        for (index, (thread, entry)) in self.spec.threads.iter().zip(&self.model.threads).enumerate() {
            let given = (thread.note_flags, thread.note_align, thread.note_padding);
            let header = note_header(given, elf.note_header, is_wide).within(index).within("threads")?;
            if header != elf.note_header {
                elf.other_note_headers.insert(entry.segment, header);
            }
        }
        Ok(())
    }

    fn wide(&self) -> bool {
        self.model.elf().is_some_and(|elf| elf.wide)
    }

    fn thread(
        &mut self,
        index: usize,
        thread: &ThreadSpec,
        is_crashed: bool,
        of_process: &[OfProcess],
    ) -> Result<ThreadEntry, FixtureError> {
        let spec = self.spec;
        if thread.name.is_some() && index > 0 {
            let text = "only the first thread of a core has a name";
            return Err(FixtureError::contradiction(text).within("name"));
        }
        let crash = spec.crashes.first().filter(|_| is_crashed);
        let signal = thread.signal.or(crash.map(|crash| crash.code.unwrap_or(SIGSEGV.into())));
        let signal = optional16(signal, "pr_cursig").within("signal")?;
        let size = thread.record.size.unwrap_or(status_size(spec));
        let other = other_system(spec);
        let tid = self.tid(index)?;
        let mut status = match self.registers.map(|known| known.bytes(Part::Thread(index))).transpose()? {
            Some(Some(bytes)) => Content::from(bytes),
            _ if size > SMALL => Content::Zero(size),
            _ => {
                let mut bytes = vec![0; narrow(size)];
                // `pr_info.si_signo`; on FreeBSD `pr_version`.
                let first = match other {
                    None => u64::from(signal),
                    Some(system) => u64::from(system == "freebsd"),
                };
                if let Some(room) = bytes.get_mut(..4) {
                    put(room, 0, &spec.byte_order.bytes(first, 4));
                }
                bytes.into()
            }
        };
        self.put_rest(&mut status, &thread.record.rest).within("rest").within("context")?;
        let own_place = of_process.iter().filter(|of| of.thread == index && of.marker.is_none());
        let mut notes: Vec<Note> = own_place.map(|of| of.note.clone()).collect();
        self.inserted.push(notes.len());
        let given = thread.notes.clone().unwrap_or_else(|| usual_notes(spec, tid));
        notes.extend(self.notes(&given, Some(index), notes.len(), of_process).within("notes")?);
        let mut made = ThreadEntry::default();
        made.tid = tid.into();
        if let Some(system) = other {
            let status = schema::system_notes(system, spec.machine).first();
            made.status_name = schema::status_name(system, tid);
            made.status_kind = status.map_or(0, |status| status.kind);
        }
        made.signal = signal.into();
        made.record = Some(status);
        made.notes = notes;
        Ok(made)
    }

    /// Notes of a spec, with the notes about the process in place of their markers. Those of a thread come behind `inserted` others.
    fn notes(
        &mut self,
        given: &[NoteSpec],
        thread: Option<usize>,
        inserted: usize,
        of_process: &[OfProcess],
    ) -> Result<Vec<Note>, FixtureError> {
        let mut notes = Vec::with_capacity(given.len());
        for (at, note) in given.iter().enumerate() {
            let mut made =
                self.note(note, thread.map(|thread| (thread, at.saturating_add(inserted)))).within(at)?;
            let marked = of_process.iter().find(|of| of.marker == Some((thread, at)));
            made.body = self.body(note, made.body, marked.map(|of| &of.note.body)).within(at)?;
            notes.push(made);
        }
        Ok(notes)
    }

    /// Bytes of a note: its own, or those of the note about the process that it marks, with its `rest` over them.
    fn body(
        &mut self,
        note: &NoteSpec,
        own: NoteBody,
        of_process: Option<&NoteBody>,
    ) -> Result<NoteBody, FixtureError> {
        let follows = |key| {
            let text = "the content of this note is derived from the spec";
            Err(FixtureError::contradiction(text).within(key))
        };
        let mut body = match (of_process, own) {
            (None, own) => own,
            (Some(NoteBody::Crash { index, .. }), NoteBody::Bytes(own)) if !own.is_empty() => {
                NoteBody::Crash { index: *index, content: own }
            }
            (Some(NoteBody::Modules), _) if !note.rest.is_empty() => return follows("rest"),
            (Some(NoteBody::Modules | NoteBody::Bytes(_)), _) if note.size.is_some() => {
                return follows("size");
            }
            (Some(body), _) => body.clone(),
        };
        if let NoteBody::Bytes(content) | NoteBody::Crash { content, .. } = &mut body {
            self.put_rest(content, &note.rest).within("rest")?;
        }
        Ok(body)
    }

    /// The marker of a type of note: for NT_SIGINFO one of the crashed thread.
    fn marker(&self, kind: u32, crashed: Option<usize>) -> Option<(Option<usize>, usize)> {
        let marks = |note: &NoteSpec| {
            let is_empty = note.content.is_empty() && note.size.is_none_or(|size| size > 0);
            note.owner.as_deref().unwrap_or("CORE") == "CORE" && note.kind == u64::from(kind) && is_empty
        };
        let in_front = || self.spec.notes.iter().position(marks).map(|at| (None, at));
        let threads = self.spec.threads.iter().enumerate();
        let mut threads = threads.filter(|(index, _)| kind != schema::SIGINFO || crashed == Some(*index));
        let behind = threads
            .find_map(|(index, thread)| Some((Some(index), thread.notes.as_ref()?.iter().position(marks)?)));
        if kind == schema::SIGINFO { behind } else { in_front().or(behind) }
    }

    /// Owner and type of a note; an owner that ends in `@` gets the thread's id.
    fn of_thread(
        &self,
        owner: &str,
        kind: u32,
        thread: Option<usize>,
    ) -> Result<(String, u32), FixtureError> {
        let Some((system, thread)) = other_system(self.spec).zip(thread).filter(|_| owner.ends_with('@'))
        else {
            return Ok((owner.to_owned(), kind));
        };
        let name = schema::status_name(system, self.tid(thread)?);
        let name = String::from_utf8_lossy(name.strip_suffix(&[0]).unwrap_or(&name)).into_owned();
        Ok((name, schema::system_note_kind(system, self.spec.machine, kind)))
    }

    fn note(&mut self, note: &NoteSpec, of_thread: Option<(usize, usize)>) -> Result<Note, FixtureError> {
        let spec = self.spec;
        let kind = fits32(note.kind, "a note's type").within("type")?;
        let (owner, kind) = self.of_thread(note.owner(), kind, of_thread.map(|(thread, _)| thread))?;
        let no_record = Record::default();
        let thread = of_thread.and_then(|(thread, _)| spec.threads.get(thread));
        let record = thread.map_or(&no_record, |thread| &thread.record);
        let usual = match of_thread {
            Some(_) if note.content.is_empty() => system_note_size(spec, &owner, kind)
                .or_else(|| usual_note_size(spec.machine, kind.into(), record)),
            _ => None,
        };
        let size = super::bytes::note_size(note, usual, self.bytes.measure(&note.content).within("content")?);
        fits(size, "a note's size", 32).within("size")?;
        let mut content = self.contents.of(self.bytes, &note.content, size).within("content")?;
        if kind == schema::X86_XSTATE && ["LINUX", "FreeBSD"].contains(&owner.as_str()) && thread.is_some() {
            let at = wide(schema::XCR0_AT);
            if at.saturating_add(8) <= size && note.content.is_empty() {
                let components = spec.byte_order.bytes(components_of(record) | 3, 8);
                self.contents.put_over(&mut content, at, components);
            }
        }
        if let (Some(known), Some((thread, at))) = (self.registers, of_thread)
            && size <= SMALL
            && let Some(bytes) = known.bytes(Part::Note(thread, at))?
        {
            content = bytes.into();
        }
        let name = owner.bytes().chain(Some(0).filter(|_| note.is_terminated)).collect();
        Ok(Note::stored(name, kind, NoteBody::Bytes(content)))
    }

    /// The notes about the process: its name, its signal, its files. Each belongs behind the status of a thread.
    fn process_notes(&mut self, crashed: Option<usize>) -> Result<Vec<OfProcess>, FixtureError> {
        let spec = self.spec;
        let mut notes = Vec::new();
        if let Some(thread) = spec.threads.first()
            && let Some(name) = &thread.name
        {
            let note = self.process_info(thread, name).within("name").within(0).within("threads")?;
            notes.push((0, note));
        }
        if let Some(crash) = spec.crashes.first() {
            let Some(index) = crashed else {
                let error = FixtureError::contradiction("the crash names a missing thread");
                return Err(error.within("thread").within(0).within("crash"));
            };
            let tid = self.tid(index)?;
            let crash = self.crash(crash, tid).within(0).within("crash")?;
            self.model.crashes.push(crash);
            let body = NoteBody::Crash { index: 0, content: Content::Zero(128) };
            let note = Note::new("CORE", schema::SIGINFO, Content::default());
            notes.push((index, note.with_body(body)));
        }
        if !spec.modules.is_empty() {
            let note = Note::new("CORE", schema::FILE, Content::default());
            notes.push((0, note.with_body(NoteBody::Modules)));
        }
        let of = |(thread, note): (usize, Note)| {
            let marker = self.marker(note.kind, crashed);
            OfProcess { thread, note, marker }
        };
        Ok(notes.into_iter().map(of).collect())
    }

    /// A BSD's note about the process and its signal, where the spec has these: on NetBSD and OpenBSD it is in front of the threads' notes.
    fn process_note(&self, system: &str, crashed: Option<usize>) -> Option<Note> {
        let spec = self.spec;
        let name = spec.threads.first().and_then(|thread| thread.name.as_ref());
        let fields = ProcessNote::of(system).filter(|_| name.is_some() || !spec.crashes.is_empty())?;
        let mut bytes = vec![0; narrow(fields.size.into())];
        let mut field = |at: usize, value: u64| put(&mut bytes, at, &spec.byte_order.bytes(value, 4));
        field(0, 1);
        field(4, fields.size.into());
        field(fields.id_at, 1);
        if let Some(crash) = spec.crashes.first() {
            field(fields.signal_at, crash.code.unwrap_or(SIGSEGV.into()));
        }
        if let Some(ThreadsAt { count: count_at, signalled: id_at, .. }) = fields.threads_at {
            field(count_at, wide(spec.threads.len()));
            let tid = crashed.and_then(|index| self.tid(index).ok());
            field(id_at, tid.unwrap_or(0));
        }
        if let Some(name) = name {
            put(&mut bytes, fields.name_at, name.as_bytes());
        }
        let name = String::from_utf8_lossy(schema::namespace(system)).into_owned();
        Some(Note::new(&name, fields.kind, bytes.into()))
    }

    fn process_info(&self, thread: &ThreadSpec, name: &str) -> Result<Note, FixtureError> {
        let ProcessInfo { size, id_at, name_at, .. } = *ProcessInfo::usual(self.spec.machine, self.wide());
        if name.len() > 15 {
            return Err(FixtureError::contradiction("the name has more than 15 bytes"));
        }
        let mut bytes = vec![0; narrow(size)];
        let tid = thread.tid.unwrap_or(1);
        put(&mut bytes, id_at, &self.spec.byte_order.bytes(tid, 4));
        put(&mut bytes, name_at, name.as_bytes());
        Ok(Note::new("CORE", schema::PRPSINFO, bytes.into()))
    }

    fn section(&mut self, section: &SectionSpec) -> Result<Section, FixtureError> {
        let measured = self.bytes.measure(&section.content).within("content")?;
        let size = section.size.unwrap_or(measured);
        let mut made = Section::default();
        made.name = optional32(section.name, "sh_name").within("name")?;
        made.kind = fits32(section.kind, "sh_type").within("type")?;
        made.flags = section.flags.unwrap_or(0);
        let address = section.address.as_ref().map_or(Ok(0), |at| self.bytes.labels.address(at));
        made.address = address.within("address")?;
        made.size = size;
        made.link = optional32(section.link, "sh_link").within("link")?;
        made.info = optional32(section.info, "sh_info").within("info")?;
        made.align = section.align.unwrap_or(0);
        made.entry_size = section.entry_size.unwrap_or(0);
        let has_bytes = size > 0 && schema::section_has_bytes(made.kind);
        let is_elsewhere = section.is_notes || section.file_offset.is_some();
        if (is_elsewhere || !has_bytes) && !section.content.is_empty() {
            let text =
                "a section of that type or size, or whose bytes are the notes' or a region's, has no content";
            return Err(FixtureError::contradiction(text).within(Step::Piece(0)).within("content"));
        }
        if section.is_notes && section.file_offset.is_some() {
            let text = "the bytes of a section are the notes' or a region's";
            return Err(FixtureError::contradiction(text).within("notes"));
        }
        let at = section.file_offset.as_ref().map(|at| self.file_offset(at)).transpose();
        made.content = match at.within("file_offset")? {
            Some(FileOffset::Memory { index, skipped }) => SectionContent::Memory { index, skipped },
            Some(FileOffset::Number(offset)) if !has_bytes => SectionContent::NothingAt(offset),
            Some(FileOffset::Number(_)) => {
                let text = "the bytes of a section are a region's, by its label, or its own";
                return Err(FixtureError::contradiction(text).within("file_offset"));
            }
            None if section.is_notes => SectionContent::Notes,
            None if !has_bytes => SectionContent::Nothing,
            None => {
                let content = self.contents.of(self.bytes, &section.content, size);
                SectionContent::Own(content.within("content")?)
            }
        };
        Ok(made)
    }

    fn crash(&self, crash: &CrashSpec, tid: u64) -> Result<Crash, FixtureError> {
        let code = crash.code.map_or(Ok(SIGSEGV), |code| fits32(code, "si_signo")).within("code")?;
        let address = crash.address.as_ref().map(|at| self.bytes.labels.address(at));
        let address = address.transpose().within("address")?;
        // SI_KERNEL is the code of a signal without an address.
        let usual = if address.is_some() { 1 } else { 0x80 };
        let si_code = crash.si_code.map_or(Ok(usual), |code| fits32(code, "si_code")).within("si_code")?;
        if let (Some(value), false) = (address, self.wide()) {
            fits(value, "si_addr", 32).within("address")?;
        }
        let mut made = Crash::default();
        made.thread = tid.into();
        made.code = code.into();
        made.si_code = si_code.into();
        made.address = address.map(Into::into);
        Ok(made)
    }
}

/// The spec with a mapping of code for every module without a region: readers take executable memory for modules. `None` where nothing is
/// missing, and where the spec itself lists its files.
pub(crate) fn with_mapped_modules(spec: &Spec) -> Result<Option<Spec>, FixtureError> {
    let lists_files = |note: &NoteSpec| note.kind == u64::from(schema::FILE);
    let mut notes = spec.threads.iter().flat_map(|thread| thread.notes.iter().flatten()).chain(&spec.notes);
    if spec.modules.is_empty() || notes.any(lists_files) {
        return Ok(None);
    }
    let labels = Labels::of(&spec.memory)?;
    let mut starts = Vec::new();
    for (index, region) in spec.memory.iter().enumerate() {
        starts.push(labels.address(&region.at).within("at").within(index).within("memory")?);
    }
    let mut whole = spec.clone();
    for (index, module) in spec.modules.iter().enumerate() {
        let base = labels.address(&module.base).within("base").within(index).within("modules")?;
        let inside = |start: &u64| start.checked_sub(base).is_some_and(|skipped| skipped < module.size);
        if !starts.iter().any(inside) {
            let mut code = RegionSpec::new(base, module.size);
            code.captured = Some(0);
            code.protection = Some(Protection { read: true, write: false, execute: true, guard: false });
            whole.memory.push(code);
        }
    }
    Ok(Some(whole))
}
