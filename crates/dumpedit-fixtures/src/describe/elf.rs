//! Builds the parts of a spec that only ELF cores have: notes in their order, where a status begins a thread.

use dumpedit::{Notice, NoticeKind};
use dumpedit_formats::elf::schema::{self, AUXV, FILE, SCALABLE, SIGINFO, SignalInfo, X86_XSTATE};
use dumpedit_formats::model::{
    Content, Crash, Elf, FileOffset, Model, Note, NoteBody, NoteHeader, NoteSegments, Place, SectionContent,
    ThreadEntry,
};
use dumpedit_formats::write::Part;

use super::describing::{Describing, address, address_unless_zero, unless};
use super::difference::difference;
use super::slot::Slot;
use super::typed;
use crate::encode::{read_at, wide};
use crate::spec::{ContentSpec, CrashSpec, NoteSpec, SectionSpec, Spec, ThreadSpec, Xstate};
use crate::synth::elf as synth;

/// Size of a `siginfo_t`, in bytes.
const SIGINFO_SIZE: u64 = 128;

pub(crate) fn describe(describing: &mut Describing<'_>) {
    let kept = describing.kept;
    let Some(elf) = kept.model.elf() else { return };
    let machine = describing.spec.machine;
    let status = kept.model.threads.first().map(|thread| &thread.status_name);
    let system = status.and_then(|name| schema::system_of_status(name));
    let header = &mut describing.spec.header;
    header.class = Some(if elf.wide { 64 } else { 32 }).filter(|_| elf.wide != schema::is_wide(machine));
    header.machine =
        Some(u64::from(elf.machine)).filter(|_| schema::machine_number(machine) != Some(elf.machine));
    header.entry = unless(elf.entry, 0);
    header.flags = unless(elf.flags.into(), 0);
    header.os_abi = unless(elf.os_abi.into(), synth::usual_os_abi(machine, system).into());
    header.abi_version = unless(elf.abi_version.into(), 0);
    header.section_size = unless(elf.section_size.into(), 0);
    let layout = &mut describing.spec.layout;
    let has_memory = !kept.model.memory.is_empty();
    layout.notes_last = elf.notes_behind == Some(0) && has_memory;
    layout.extended = elf.extended;
    layout.align = unless(elf.memory_align, 1).filter(|_| has_memory);
    let NoteValues { flags, align, padding } = NoteValues::of(elf.note_header, NoteHeader::default());
    (layout.note_flags, layout.note_align, layout.note_padding) = (flags, align, padding);
    layout.page_size = unless(elf.page_size.value, 4096);
    layout.files_padding = unless(elf.files_padding, 0);
    let split_notes = kept.model.note_segments() == NoteSegments::OfThreads;
    layout.split_notes = split_notes;
    describing.spec.system.os = system.map(str::to_owned);
    for (index, thread) in kept.model.threads.iter().enumerate() {
        let notes = thread.notes.iter().enumerate();
        let own = if split_notes { elf.note_header(thread.segment) } else { elf.note_header };
        let NoteValues { flags, align, padding } = NoteValues::of(own, elf.note_header);
        describing.spec.threads.push(ThreadSpec {
            tid: Some(thread.tid.value),
            signal: unless(thread.signal.value.into(), 0),
            note_flags: flags,
            note_align: align,
            note_padding: padding,
            ..ThreadSpec::default()
        });
        if let Some(place) = thread.record.as_ref().and_then(Content::place) {
            describing.slot(Part::Thread(index), Some(index), place);
            if let Some(of_spec) = describing.spec.threads.get_mut(index) {
                of_spec.record.size = Some(place.size);
            }
        }
        let notes: Vec<NoteSpec> = notes.map(|(at, note)| describing.note(note, Some((index, at)))).collect();
        if let Some(of_spec) = describing.spec.threads.get_mut(index) {
            of_spec.notes = Some(notes);
        }
    }
    for note in &elf.notes {
        let note = describing.note(note, None);
        describing.spec.notes.push(note);
    }
    sections(describing, elf);
    describing.crash();
}

/// Section headers, whose bytes are a region's, the notes', or their own.
fn sections(describing: &mut Describing<'_>, elf: &Elf) {
    describing.spec.header.section_names = unless(elf.section_names.into(), 0);
    for section in &elf.sections {
        let mut made = SectionSpec::new(section.kind);
        made.name = unless(section.name.into(), 0);
        made.flags = unless(section.flags, 0);
        made.address = address_unless_zero(section.address);
        made.link = unless(section.link.into(), 0);
        made.info = unless(section.info.into(), 0);
        made.align = unless(section.align, 0);
        made.entry_size = unless(section.entry_size, 0);
        made.size = unless(section.size, 0);
        match &section.content {
            SectionContent::Nothing => {}
            SectionContent::NothingAt(offset) => made.file_offset = Some(address(*offset)),
            SectionContent::Notes => (made.is_notes, made.size) = (true, None),
            SectionContent::Memory { index, skipped } => {
                let at = FileOffset::Memory { index: *index, skipped: *skipped };
                made.file_offset = Some(describing.file_offset(at));
            }
            SectionContent::Own(content) => made.content = describing.content(content),
        }
        describing.spec.sections.push(made);
    }
}

/// Values of a program header of notes in a spec.
struct NoteValues {
    flags: Option<u64>,
    align: Option<u64>,
    padding: Option<u64>,
}

impl NoteValues {
    fn of(header: NoteHeader, usual: NoteHeader) -> NoteValues {
        let align = unless(header.align, usual.align);
        let usual_unit = match align {
            Some(8) => 8,
            Some(_) => 4,
            None => usual.unit,
        };
        NoteValues {
            flags: unless(header.flags.into(), usual.flags.into()),
            align,
            padding: unless(header.unit, usual_unit),
        }
    }
}

/// Notices of the parts of a core that no spec has.
pub(crate) fn lost(model: &Model) -> Vec<Notice> {
    let Some(elf) = model.elf() else { return Vec::new() };
    let of_threads = model.threads.iter().flat_map(|thread| &thread.notes);
    let names = elf.notes.iter().chain(of_threads).map(|note| note.name.as_slice());
    let names = names.chain(model.threads.iter().map(|thread| thread.status_name.as_slice()));
    let odd = names.filter(|name| !is_plain(name)).count().saturating_add(odd_statuses(model));
    let names = (odd > 0).then(|| {
        let kind = NoticeKind::LostNoteName;
        let notice = Notice::new(kind, format!("{}: {odd}", kind.phrase()));
        notice.counting(u64::try_from(odd).unwrap_or(u64::MAX))
    });
    let segments = (model.note_segments() == NoteSegments::Other)
        .then(|| Notice::new(NoticeKind::LostNoteSegments, "the note segments are described as one"));
    let is_split = model.note_segments() == NoteSegments::OfThreads;
    let flags = (!is_split && !elf.other_note_headers.is_empty()).then(|| {
        let kind = NoticeKind::LostNoteFlags;
        Notice::new(kind, format!("{}: {}", kind.phrase(), elf.other_note_headers.len()))
    });
    names.into_iter().chain(segments).chain(flags).collect()
}

/// Number of threads that begin with notes of another system than the first thread's.
fn odd_statuses(model: &Model) -> usize {
    let system_of = |thread: &ThreadEntry| schema::system_of_status(&thread.status_name);
    let Some(first) = model.threads.first() else { return 0 };
    let is_odd = |thread: &&ThreadEntry| match system_of(first) {
        Some(system) => thread.status_name != schema::status_name(system, thread.tid.value),
        None => system_of(thread).is_some(),
    };
    model.threads.iter().filter(is_odd).count()
}

/// Whether a note's name is a text with one NUL behind it, or none.
fn is_plain(name: &[u8]) -> bool {
    let text = name.strip_suffix(&[0]).unwrap_or(name);
    !text.contains(&0) && std::str::from_utf8(text).is_ok()
}

impl Describing<'_> {
    fn slot(&mut self, part: Part, thread: Option<usize>, place: Place) {
        let context = thread.and_then(|thread| self.context(thread)).map(|(_, context)| context);
        let record = context.and_then(|context| self.dump.layout().record_of(context));
        let context = context.filter(|_| record.is_some());
        let Place { file_offset, size } = place;
        self.slots.push(Slot { part, context, file_offset, size });
    }

    fn note(&mut self, note: &Note, of_thread: Option<(usize, usize)>) -> NoteSpec {
        let owner = String::from_utf8_lossy(note.namespace()).into_owned();
        let is_terminated = note.name.last() == Some(&0);
        let mut made = NoteSpec { is_terminated, ..NoteSpec::new(&owner, note.kind, ContentSpec::default()) };
        match &note.body {
            NoteBody::Modules => made,
            NoteBody::Crash { content, .. } if self.crashed_thread().is_none() => {
                if let Some(place) = content.place() {
                    self.opaque(&mut made, note, place);
                }
                made
            }
            NoteBody::Crash { index, content } => {
                made.size = unless(content.size(), SIGINFO_SIZE);
                made.rest = self.rest_of_signal(*index, content);
                made
            }
            NoteBody::Bytes(content) => {
                let Some(place) = content.place() else { return made };
                if let Some((thread, at)) =
                    of_thread.filter(|(thread, _)| self.holds_registers(*thread, place))
                {
                    made.size = Some(place.size);
                    made.content = self.registers(note.kind, (thread, at), place);
                } else {
                    self.opaque(&mut made, note, place);
                }
                made
            }
        }
    }

    /// The header of a note of scalable registers, which has their width; the spec has the registers by name.
    fn registers(&mut self, kind: u32, (thread, at): (usize, usize), place: Place) -> ContentSpec {
        let no_area = |thread: &&mut ThreadSpec| thread.record.xstate.is_none();
        if kind == X86_XSTATE
            && let Some(thread) = self.spec.threads.get_mut(thread).filter(no_area)
        {
            let components = self.raw.bytes(place.file_offset.saturating_add(wide(schema::XCR0_AT)), 8);
            let components = components.map_or(0, |bytes| read_at(self.raw.order, &bytes, 0, 8).unwrap_or(0));
            let size = Some(place.size);
            thread.record.xstate = Some(Xstate { size, ..Xstate::new(components) });
        }
        self.slots.push(Slot {
            part: Part::Note(thread, at),
            context: None,

            file_offset: place.file_offset,
            size: place.size,
        });
        let header = self.raw.bytes(place.file_offset, place.size).filter(|_| SCALABLE.contains(&kind));
        header.and_then(|bytes| typed::vector_header(&bytes, self.raw.order)).unwrap_or_default()
    }

    /// A note as its bytes, with types where they are known.
    fn opaque(&self, made: &mut NoteSpec, note: &Note, place: Place) {
        /// Longest note that is read for display, in bytes.
        const MOST: u64 = 1 << 20;
        let word = if self.kept.model.elf().is_some_and(|elf| elf.wide) { 8 } else { 4 };
        let bytes = self.raw.bytes(place.file_offset, place.size).filter(|_| place.size <= MOST);
        let typed = bytes.and_then(|bytes| match (note.namespace(), note.kind) {
            (b"CORE", AUXV) => typed::auxiliary_vector(&bytes, self.raw.order, word),
            (b"CORE", FILE) => typed::files(&bytes, self.raw.order, word),
            (b"CORE", SIGINFO) => typed::siginfo(&bytes, self.raw.order, word),
            _ => None,
        });
        made.size = Some(place.size).filter(|_| typed.is_none() || note.kind == SIGINFO);
        made.content = typed.unwrap_or_else(|| self.raw.content(place.file_offset, place.size));
        self.raw.tell(place.size);
    }

    /// The thread whose note describes the crash, where no other has its id.
    fn crashed_thread(&self) -> Option<usize> {
        let threads = &self.kept.model.threads;
        let tells = |note: &Note| matches!(note.body, NoteBody::Crash { .. });
        let index = threads.iter().position(|thread| thread.notes.iter().any(tells))?;
        let tid = threads.get(index)?.tid.value;
        (threads.iter().filter(|thread| thread.tid.value == tid).count() == 1).then_some(index)
    }

    /// Adds the crash, where a note of its thread has more than its status.
    fn crash(&mut self) {
        let (Some(index), Some(crash)) = (self.crashed_thread(), self.kept.model.crashes.first()) else {
            return;
        };
        let tid = crash.thread.value;
        let code = u64::from(crash.code.value);
        if let Some(thread) = self.spec.threads.get_mut(index)
            && thread.signal == Some(code)
        {
            thread.signal = None;
        }
        let usual = if crash.address.is_some() { 1 } else { 0x80 };
        self.spec.crashes.push(CrashSpec {
            thread: Some(tid),
            code: Some(code),
            si_code: unless(crash.si_code.value.into(), usual),
            address: crash.address.map(|at| address(at.value)),
            ..CrashSpec::default()
        });
    }

    /// The parts of a `siginfo_t` that the crash does not have.
    fn rest_of_signal(&self, index: usize, content: &Content) -> ContentSpec {
        let place = content.place();
        let bytes = place.and_then(|place| self.raw.bytes(place.file_offset, place.size));
        let (Some(bytes), Some(crash)) = (bytes, self.kept.model.crashes.get(index)) else {
            return ContentSpec::default();
        };
        difference(&self.signal(crash, bytes.len()), &bytes)
    }

    /// The `siginfo_t` that synth makes of a crash.
    fn signal(&self, crash: &Crash, size: usize) -> Vec<u8> {
        let wide = self.kept.model.elf().is_some_and(|elf| elf.wide);
        SignalInfo::of(self.spec.machine, wide).bytes(crash, wide, self.raw.order, size)
    }
}

/// Removes values that synth adds by itself.
pub(crate) fn simplify(spec: &mut Spec) {
    let status = synth::status_size(spec);
    let is_of_linux = synth::other_system(spec).is_none();
    for thread in &mut spec.threads {
        if thread.record.size == Some(status) {
            thread.record.size = None;
        }
        let usual_area = thread.record.xstate.as_ref().and_then(|area| {
            let usual = dumpedit_formats::xsave::standard_size(area.components);
            area.size.filter(|size| *size == usual)
        });
        if let (Some(_), Some(area)) = (usual_area, thread.record.xstate.as_mut()) {
            area.size = None;
        }
        let record = thread.record.clone();
        for note in thread.notes.iter_mut().flatten() {
            let usual = synth::usual_note_size(spec.machine, note.kind, &record);
            let is_usual = note.content.is_empty() && is_owned_as_usual(note) && note.size == usual;
            if is_of_linux && is_usual {
                note.size = None;
            }
            leave_out_owner(note);
        }
        let usual_area = Xstate::new(synth::usual_components(&record));
        if thread.record.xstate == Some(usual_area) {
            thread.record.xstate = None;
        }
        if is_of_linux && thread.notes.as_ref() == Some(&synth::default_notes(spec.machine)) {
            thread.notes = None;
        }
    }
}

fn is_owned_as_usual(note: &NoteSpec) -> bool {
    note.owner.as_deref() == Some(note.usual_owner())
}

fn leave_out_owner(note: &mut NoteSpec) {
    if is_owned_as_usual(note) {
        note.owner = None;
    }
}
