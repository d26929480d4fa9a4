//! ELF core files: the walk over program headers and notes.

pub mod auxiliary;
pub(crate) mod esp;
mod files;
mod grow;
mod header;
mod image;
pub mod link_map;
mod lost_offset;
pub(crate) mod machines;
mod made_image;
pub(crate) mod mapped;
mod model;
mod modules;
mod named;
pub mod note_kinds;
mod notes;
mod other_systems;
mod repair;
mod resize;
pub(crate) mod riscv_vector;
pub mod schema;
mod status;
pub(crate) mod sve;
mod tables;
#[cfg(test)]
mod tests;
mod threads;
mod untouched;
mod write;
pub(crate) mod xstate;
mod xtensa_window;

use std::sync::Arc;

use dumpedit_layout::{Ahead, Format, Layout, LayoutBuilder, Machine, Notice, NoticeKind, Subject};
use object::elf;

use crate::FormatError;
use crate::memory::Memory;
use files::Files;
pub(crate) use grow::grow;
use header::{Header, MEMORY_TAGS, Segment};
pub(crate) use model::read;
use modules::{Auxiliary, Modules};
pub(crate) use named::fields;
use note_kinds::{AUXV, FILE, called, freebsd, is_of_esp_idf, netbsd, openbsd, system_of};
use notes::Note;
pub(crate) use repair::repairs;
pub(crate) use resize::resize;
pub(crate) use tables::tables;
use threads::Threads;
use untouched::Untouched;
pub(crate) use write::plan;

/// Whether the bytes are an ELF file.
pub(crate) fn recognizes(bytes: &[u8]) -> bool {
    bytes.starts_with(&elf::ELFMAG)
}

/// Checks the header that the bytes begin with.
pub(crate) fn check_start(start: &[u8]) -> Result<(), FormatError> {
    header::of_core(start).map(|_| ())
}

/// Reads an ELF core file.
pub(crate) fn parse(bytes: &[u8], ahead: Ahead) -> Result<Layout, FormatError> {
    let header = header::of_core(bytes)?;
    let notes = |segments: &mut dyn Iterator<Item = Segment>| -> Vec<Segment> {
        segments.filter(|segment| segment.kind == elf::PT_NOTE).collect()
    };
    // Notes name the memory. Most come before it, and one walk over up to a million headers is enough.
    let early = notes(&mut header.segments(bytes).take_while(|segment| segment.kind != elf::PT_LOAD));
    let (layout, noted) = lay_out(&header, bytes, &early, ahead);
    if noted == early.len() {
        return Ok(layout);
    }
    Ok(lay_out(&header, bytes, &notes(&mut header.segments(bytes)), ahead).0)
}

/// Reads a core with the notes in `notes`, and counts the segments of notes.
fn lay_out(header: &Header, bytes: &[u8], notes: &[Segment], ahead: Ahead) -> (Layout, usize) {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let target = machines::of(header, bytes);
    let machine = target.map_or(Machine::Unknown, |target| target.machine);
    let order = header.encoding.byte_order();
    let width = if header.encoding.wide { 8 } else { 4 };
    let mut builder = LayoutBuilder::new(Format::ElfCore, machine, order, width, size);
    if machine == Machine::Unknown {
        let class = if header.encoding.wide { 64 } else { 32 };
        let message = format!(
            "the machine has the unknown number {} (e_machine) in a {class}-bit file",
            header.machine.0
        );
        builder.notices().tell(Notice::new(NoticeKind::UnknownMachine, message));
    }
    tell_tables(header, size, &mut builder);

    let mut noted = Notes {
        threads: Threads::new(header.encoding, target),
        untouched: Untouched::default(),
        files: Files::default(),
        auxiliary: Auxiliary::default(),
        system: None,
    };
    noted.read(header, notes, bytes, &mut builder);
    if let Some(system) = noted.system {
        builder.os(system);
        builder.records_by_system();
    }

    builder.expect(usize::try_from(header.programs.count_in(size)).unwrap_or(0), ahead);
    let (files, auxiliary) = (&mut noted.files, &noted.auxiliary);
    let walked = match header.common_segments(bytes) {
        Some(segments) => map(segments, files, auxiliary, &mut builder),
        None => map(header.segments(bytes), files, auxiliary, &mut builder),
    };
    if walked.memory_meets {
        several_pages(header.segments(bytes).filter(|segment| segment.kind == elf::PT_LOAD), &mut builder);
    }
    let process = noted.threads.process().map(str::to_owned);
    noted.threads.finish(noted.system, &mut builder);
    noted.untouched.finish(&mut builder);
    let mut layout = builder.finish();
    if layout.os() == Some(esp::SYSTEM) {
        esp::name_tasks(&mut layout, bytes, header.encoding);
    }
    let memory = Memory { bytes, encoding: header.encoding, layout: &layout };
    let modules = Modules::new(memory).find(&noted.files, &noted.auxiliary, process.as_deref());
    modules.into_iter().for_each(|module| layout.add_module(module));
    (layout, walked.notes)
}

/// Adds the header and its tables, and the parts of them that the end of the file cuts off.
fn tell_tables(header: &Header, size: u64, builder: &mut LayoutBuilder) {
    builder.structure(0, header.size);
    // From `e_ident` to `e_version`, and `e_flags`: all but offsets and sizes of tables.
    let (common, flags) = if header.encoding.wide { (24, 48) } else { (24, 36) };
    builder.compared_part(0, common, "ELF header");
    builder.compared_part(flags, 4, "e_flags");
    builder.structure(header.programs.offset, header.programs.size());
    builder.structure(header.sections.offset, header.sections.size());
    if let Some((offset, size)) = header.section_names {
        builder.structure(offset, size);
    }
    if header.count_lost {
        let message = format!(
            "the number of program headers is in a section header that is cut off; {} are read, as many as \
             the file has room for",
            header.programs.count
        );
        let notice = Notice::new(NoticeKind::ProgramHeaderCountLost, message);
        builder.notices().tell(notice.about(Subject::FileOffset(header.sections.offset)));
    }
    let whole = header.programs.count_in(size);
    if whole < header.programs.count {
        let message = format!(
            "the program headers are cut off by the end of the file: {whole} of {} are left",
            header.programs.count
        );
        let notice = Notice::new(NoticeKind::ProgramHeadersCutOff, message);
        builder.notices().tell(notice.about(Subject::FileOffset(header.programs.offset)));
    }
}

/// The contents of the notes.
struct Notes<'a> {
    threads: Threads<'a>,
    untouched: Untouched<'a>,
    files: Files,
    auxiliary: Auxiliary,
    system: Option<&'static str>,
}

impl<'a> Notes<'a> {
    /// Reads every PT_NOTE.
    fn read(&mut self, header: &Header, segments: &[Segment], bytes: &'a [u8], builder: &mut LayoutBuilder) {
        for (segment, held) in notes::held(segments, bytes) {
            builder.structure(segment.offset, segment.file_size);
            let Some(held) = held else {
                builder.count(NoticeKind::NoteSegmentRepeated, Subject::FileOffset(segment.offset));
                continue;
            };
            let whole = notes::walk(header.encoding, held, segment.file_size, segment.align, |note| {
                let at = segment.offset.saturating_add(note.at);
                builder.compared_part(at, note.size, called(note.namespace, note.kind));
                self.take(header, &note, at, builder);
            });
            if !whole {
                let is_cut = u64::try_from(held.len()).is_ok_and(|held| held < segment.file_size);
                let kind = if is_cut { NoticeKind::NoteSegmentCutOff } else { NoticeKind::NoteSegmentBroken };
                builder.count(kind, Subject::FileOffset(segment.offset));
            }
        }
    }

    fn take(&mut self, header: &Header, note: &Note<'a>, file_offset: u64, builder: &mut LayoutBuilder) {
        let namespace = note.thread_namespace().map_or(note.namespace, |(system, _)| system);
        if self.system.is_none() {
            self.system = system_of(namespace);
        }
        // Its status notes are as on Linux.
        if is_of_esp_idf(namespace) {
            self.system = Some(esp::SYSTEM);
        }
        match (note.namespace, note.kind) {
            (b"CORE", FILE) => {
                if self.files.mappings.is_empty() {
                    self.files = Files::read(header.encoding, note.descriptor, note.size);
                }
            }
            (b"CORE", AUXV) => self.auxiliary = Auxiliary::read(header.encoding, note.descriptor),
            (b"NetBSD-CORE", netbsd::AUXV) | (b"OpenBSD", openbsd::AUXV) => {
                self.auxiliary = Auxiliary::read(header.encoding, note.descriptor).common();
            }
            (b"FreeBSD", freebsd::PROCSTAT_VMMAP) => {
                if self.files.mappings.is_empty() {
                    self.files = Files::of_freebsd(header.encoding, note.descriptor);
                }
            }
            // FreeBSD puts the size of an entry first.
            (b"FreeBSD", freebsd::PROCSTAT_AUXV) => {
                let entries = note.descriptor.get(4..).unwrap_or_default();
                self.auxiliary = Auxiliary::read(header.encoding, entries).common();
            }
            (b"VMCOREINFO", _) => {
                let kind = NoticeKind::KernelDump;
                builder
                    .notices()
                    .tell(Notice::new(kind, kind.phrase()).about(Subject::Note("VMCOREINFO".to_owned())));
                self.untouched.add(note);
            }
            _ => {
                if !self.threads.take(note, file_offset, builder) {
                    self.untouched.add(note);
                }
            }
        }
    }
}

/// Finds addresses that several segments share while their physical addresses differ: in the dump of a guest without paging, all segments
/// begin at 0.
fn several_pages(loads: impl Iterator<Item = Segment>, builder: &mut LayoutBuilder) {
    let mut stored: Vec<(u64, u64, u64, u64)> = loads
        .filter_map(|segment| {
            let last = segment.address.checked_add(segment.file_size.checked_sub(1)?)?;
            Some((segment.address, last, segment.physical.wrapping_sub(segment.address), segment.physical))
        })
        .collect();
    stored.sort_unstable();
    // The segment so far that reaches farthest.
    let mut before: Option<(u64, u64, u64)> = None;
    for (first, last, bias, physical) in stored {
        if let Some((end, other, place)) = before
            && first <= end
            && bias != other
            && (physical, place) != (0, 0)
        {
            builder.several_pages(first, last.min(end));
        }
        if before.is_none_or(|(end, ..)| last > end) {
            before = Some((last, bias, physical));
        }
    }
}

/// Results of a walk over the program headers beside the memory.
struct Walked {
    /// Number of segments of notes.
    notes: usize,
    /// Whether segments of memory may overlap: they are not disjoint and in order.
    memory_meets: bool,
}

/// The segments as mappings and captures, with the names from the notes.
fn map(
    segments: impl Iterator<Item = Segment>,
    files: &mut Files,
    auxiliary: &Auxiliary,
    builder: &mut LayoutBuilder,
) -> Walked {
    let marks = [(auxiliary.vdso, "[vdso]"), (auxiliary.stack(), "[stack]")];
    let marks: Vec<(u64, Arc<str>)> =
        marks.into_iter().filter_map(|(address, name)| Some((address?, Arc::from(name)))).collect();
    let nameless = files.mappings.is_empty();
    let mut walked = Walked { notes: 0, memory_meets: false };
    let mut end = Some(0u64);
    for segment in segments {
        match segment.kind {
            elf::PT_LOAD => {}
            elf::PT_NOTE => {
                walked.notes = walked.notes.saturating_add(1);
                continue;
            }
            MEMORY_TAGS => {
                let name = format!("memory tags at {:#x}", segment.address);
                builder.compared_part(segment.offset, segment.file_size, name);
                builder.memory_tags(segment.address, segment.memory_size, segment.offset, segment.file_size);
                continue;
            }
            _ => continue,
        }
        walked.memory_meets |= end.is_none_or(|end| segment.address < end);
        end = segment.address.checked_add(segment.file_size);
        let protection = write::protection_of(segment.flags);
        let name = if nameless { None } else { files.name(&segment, protection.execute) };
        let name = name.or_else(|| {
            let within = |address: u64| {
                address.checked_sub(segment.address).is_some_and(|skipped| skipped < segment.size())
            };
            marks.iter().find(|(address, _)| within(*address)).map(|(_, name)| name.clone())
        });
        if name.is_none() && segment.file_size == segment.memory_size {
            builder.captured_mapping(segment.address, segment.file_size, segment.offset, protection);
            continue;
        }
        builder.mapping(segment.address, segment.size(), Some(protection), name);
        if segment.file_size > segment.memory_size {
            builder.count(NoticeKind::SegmentStoresMore, Subject::Address(segment.address));
        }
        builder.capture(segment.address, segment.file_size, segment.offset);
    }
    for mapping in files.mappings.iter().filter(|mapping| !mapping.listed) {
        let size = mapping.end.saturating_sub(mapping.start);
        builder.mapping(mapping.start, size, None, mapping.name.clone());
    }
    walked
}
