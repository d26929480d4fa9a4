//! Reads Mach-O cores as models: segments become memory, and threads keep their states in order.

use dumpedit_layout::{Format, Machine, Notice as Told, NoticeKind, Notices, Subject};
use object::macho;

use super::cpus::{self, Cpu};
use super::header::{Command, Header, Note, Segment, protection_of};
use super::schema::{self, ALL_IMAGE_INFOS, PROCESS_METADATA};
use super::threads::{self, State as Walked};
use super::write::bits_of;
use crate::FormatError;
use crate::model::{
    Blob, Container, Content, Link, List, Load, LoadNote, MachO, Memory, Model, Place, Placed, Pointer,
    SegmentParts, State, Target, ThreadEntry,
};
use crate::stored::StoredBytes;
use crate::write::wide;

/// Maximum size of a process's metadata that is held, in bytes.
const MOST_METADATA: u64 = 1 << 24;

/// Maximum number of images of a note that are followed.
const MOST_IMAGES: u64 = 1 << 16;

/// Reads a Mach-O core.
pub(crate) fn read(bytes: &[u8]) -> Result<Model, FormatError> {
    let header = super::read_header(bytes)?;
    let cpu = cpus::of(macho::CpuType(header.cpu), header.encoding.wide, header.byte_order());
    let machine = cpu.map_or(Machine::Unknown, |cpu| cpu.machine);
    let target = Target { format: Format::MachOCore, machine, byte_order: header.byte_order() };
    let mut reader = Reader {
        bytes,
        header,
        cpu,
        stored: StoredBytes::new(wide(bytes.len())),
        left: wide(bytes.len()).saturating_mul(2),
        lost: Notices::default(),
    };
    let mut macho = MachO {
        cpu: header.cpu,
        subtype: header.subtype,
        wide: header.encoding.wide,
        flags: header.flags,
        memory_align: 1,
        notes: Vec::new(),
        commands: Vec::new(),
    };
    let (mut memory, mut threads, mut offsets) = (Vec::new(), Vec::new(), Vec::new());
    let mut ids = Vec::new();
    let (mut count, mut last) = (0u32, Kind::Segment);
    for command in header.commands(bytes) {
        count = count.saturating_add(1);
        let kind = if let Some(segment) = header.segment(&command) {
            offsets.extend((segment.file_size > 0).then_some(segment.file_offset));
            memory.push(reader.memory(memory.len(), &segment, &command));
            Kind::Segment
        } else if threads::is_thread(&command) {
            threads.push(reader.thread(&command));
            Kind::Thread
        } else if let Some(note) = header.note(&command) {
            if note.owner() == PROCESS_METADATA {
                ids = schema::thread_ids(note.bytes(&header, bytes));
            }
            macho.notes.push(LoadNote { owner: note.owner, blob: reader.note(&note) });
            Kind::Note
        } else {
            macho.commands.push(file(command.at, wide(command.bytes.len())));
            Kind::Other
        };
        if kind < last {
            reader.lost.count(NoticeKind::LostHeaderOrder, Subject::FileOffset(command.at));
        }
        last = last.max(kind);
    }
    if count < header.count {
        reader.lost.count(NoticeKind::LostLoadCommands, Subject::FileOffset(header.at));
    }
    if header.at > 0 {
        let message = "the fat file around the core, and its files for other machines, are left out";
        reader.lost.tell(Told::new(NoticeKind::LostFatFile, message));
    }
    for (index, thread) in threads.iter_mut().enumerate() {
        thread.tid = ids.get(index).copied().flatten().unwrap_or(wide(index)).into();
    }
    let divides = |align: &u64| offsets.iter().all(|offset: &u64| offset.is_multiple_of(*align));
    macho.memory_align = [0x4000, 0x1000].into_iter().find(divides).unwrap_or(1);
    let lost = reader.lost.finish();
    Ok(Model { threads, memory, lost, ..Model::new(target, Container::MachO(macho)) })
}

/// Load commands, in the order in which they are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Segment,
    Thread,
    Note,
    Other,
}

struct Reader<'a> {
    bytes: &'a [u8],
    header: Header,
    cpu: Option<&'static Cpu>,
    stored: StoredBytes,
    /// Bytes that links may still lead to and notes may still hold: hostile ones share the same bytes.
    left: u64,
    lost: Notices,
}

fn file(file_offset: u64, size: u64) -> Content {
    Content::File(Place { file_offset, size })
}

impl Reader<'_> {
    fn memory(&mut self, index: usize, segment: &Segment, command: &Command<'_>) -> Memory {
        let protection = protection_of(segment.protection);
        let file_offset = self.header.file_offset(segment.file_offset);
        let captured = segment.file_size.min(segment.memory_size);
        if segment.file_size > segment.memory_size {
            self.lost.count(NoticeKind::LostRestOfSegment, Subject::Address(segment.address));
        }
        let size = if command.kind == macho::LC_SEGMENT_64.0 { 72 } else { 56 };
        let behind = wide(command.bytes.len()).saturating_sub(size);
        let load = Load {
            name: segment.name,
            most_protection: Some(segment.most_protection).filter(|bits| *bits != 7),
            bits: Some(segment.protection).filter(|bits| *bits != bits_of(protection)),
            flags: segment.flags,
            sections: if behind > 0 {
                file(command.at.saturating_add(size), behind)
            } else {
                Content::default()
            },
            section_count: segment.sections,
        };
        Memory {
            address: segment.address,
            size: segment.memory_size,
            captured,
            stored: self.stored.of(index, captured, file_offset, true),
            protection: Some(protection),
            list: List::default(),
            segment: SegmentParts::default(),
            load: Some(load).filter(|load| *load != Load::default()).map(Box::new),
        }
    }

    fn thread(&mut self, command: &Command<'_>) -> ThreadEntry {
        let mut states = Vec::new();
        let whole = threads::states(self.header.encoding, self.cpu, command, |state: Walked<'_>| {
            let file_offset = command.at.saturating_add(wide(state.at));
            let content = file(file_offset, wide(state.bytes.len()));
            states.push(State { flavor: state.flavor, wrapper: state.wrapper, content });
        });
        if !whole {
            self.lost.count(NoticeKind::LostRestOfStates, Subject::FileOffset(command.at));
        }
        ThreadEntry { states, tid: Placed::default(), ..ThreadEntry::default() }
    }

    /// A note, with the targets of its file offsets.
    fn note(&mut self, note: &Note) -> Blob {
        let file_offset = self.header.file_offset(note.file_offset);
        let held = wide(note.bytes(&self.header, self.bytes).len());
        if held < note.size {
            self.lost.count(NoticeKind::LoadNoteCutOff, Subject::FileOffset(file_offset));
        }
        let blob = Blob { content: file(file_offset, held), links: Vec::new() };
        match note.owner() {
            ALL_IMAGE_INFOS => self.images(blob, file_offset),
            // Held, as `metadata_of` reads it again to keep only some of the threads.
            PROCESS_METADATA if held <= MOST_METADATA && self.may_hold(held) => {
                Blob { content: note.bytes(&self.header, self.bytes).to_vec().into(), ..blob }
            }
            _ => blob,
        }
    }

    /// `all image infos` of LLDB's `ObjectFileMachO`: entries with file offsets of a path and of segments' addresses.
    fn images(&mut self, note: Blob, at: u64) -> Blob {
        let Some((count, entries, size)) = self.image_entries(at) else { return note };
        let Some(mut list) = self.leaf(entries, count.saturating_mul(size)) else { return note };
        for index in 0..count {
            let skipped = index.saturating_mul(size);
            let entry = self.header.file_offset(entries).saturating_add(skipped);
            if let Some(path) = self.number(entry, 8).filter(|path| is_place(*path))
                && let Some(to) = self.text(path)
            {
                list.links.push(Link { at: skipped, pointer: Pointer::Rva64, to });
            }
            let addresses =
                || Some((self.number(entry.checked_add(32)?, 8)?, self.number(entry.checked_add(40)?, 4)?));
            if let Some((addresses, count)) = addresses().filter(|(at, count)| is_place(*at) && *count > 0)
                && let Some(to) = self.leaf(addresses, count.saturating_mul(32))
            {
                list.links.push(Link { at: skipped.saturating_add(32), pointer: Pointer::Rva64, to });
            }
        }
        Blob { links: vec![Link { at: 8, pointer: Pointer::Rva64, to: list }], ..note }
    }

    /// Number of entries, their offset, and the size of one, in bytes.
    fn image_entries(&self, at: u64) -> Option<(u64, u64, u64)> {
        let count = self.number(at.checked_add(4)?, 4)?.min(MOST_IMAGES);
        let entries = self.number(at.checked_add(8)?, 8)?;
        let size = self.number(at.checked_add(16)?, 4)?;
        (size >= 48 && count > 0).then_some((count, entries, size))
    }

    /// A number of 4 or 8 bytes at a file offset.
    fn number(&self, at: u64, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(usize::try_from(at).ok()?..)?;
        if size == 8 {
            self.header.encoding.u64(bytes, 0)
        } else {
            self.header.encoding.u32(bytes, 0).map(u64::from)
        }
    }

    /// `size` bytes at an offset from the header.
    fn leaf(&mut self, offset: u64, size: u64) -> Option<Blob> {
        let at = self.header.file_offset(offset);
        let is_there = at.checked_add(size).is_some_and(|end| end <= wide(self.bytes.len()));
        if !is_there || !self.may_hold(size) {
            self.lost.count(NoticeKind::OffsetInNoteNotFollowed, Subject::FileOffset(at));
            return None;
        }
        Some(Blob { content: file(at, size), links: Vec::new() })
    }

    /// Whether `size` more bytes may be linked or held.
    fn may_hold(&mut self, size: u64) -> bool {
        let left = self.left.checked_sub(size);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// A text with its NUL.
    fn text(&mut self, offset: u64) -> Option<Blob> {
        let start = usize::try_from(self.header.file_offset(offset)).ok();
        let rest = start.and_then(|start| self.bytes.get(start..)).unwrap_or_default();
        let size = rest.iter().take(4096).position(|byte| *byte == 0)?.checked_add(1)?;
        self.leaf(offset, wide(size))
    }
}

/// Whether an offset in a note is set.
fn is_place(offset: u64) -> bool {
    offset != 0 && offset != u64::MAX
}
