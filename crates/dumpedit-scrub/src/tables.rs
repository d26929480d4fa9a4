//! The dump's own tables: bytes that say where everything else is, and never change.

use dumpedit::model::{Blob, Container, Content, Model, NoteBody, Pointer, StreamContent};
use dumpedit::{Dump, Place, Span, joined};

/// The streams of minidumps that are lists of numbers: ThreadList, ModuleList, MemoryList, Exception, SystemInfo, ThreadExList,
/// Memory64List, HandleData, FunctionTable, UnloadedModuleList, MiscInfo, MemoryInfoList, ThreadInfoList and ThreadNames
/// (`MINIDUMP_STREAM_TYPE`). MiscInfo has texts behind its numbers.
const LISTS: &[(u32, u64)] = &[
    (3, u64::MAX),
    (4, u64::MAX),
    (5, u64::MAX),
    (6, u64::MAX),
    (7, 32),
    (8, u64::MAX),
    (9, u64::MAX),
    (12, u64::MAX),
    (13, u64::MAX),
    (14, u64::MAX),
    (15, 24),
    (16, u64::MAX),
    (17, u64::MAX),
    (24, u64::MAX),
];

/// The size of a minidump's header, and of an entry of its directory, in bytes.
const MINIDUMP_HEADER: u64 = 32;
const DIRECTORY_ENTRY: usize = 12;

/// Larger directories are not read; in bytes.
const MOST_DIRECTORY: u64 = 1 << 20;

/// The file bytes that never change, in order and disjoint; memory is none of them.
pub(crate) fn tables(dump: &Dump, model: &Model) -> Vec<Span> {
    let mut spans = match &model.container {
        Container::Minidump(minidump) => {
            let mut spans = directory(dump);
            for stream in &minidump.streams {
                if let StreamContent::Blob(blob) = &stream.content {
                    links(blob, &mut spans);
                }
            }
            spans
        }
        Container::Elf(_) => of_elf(dump, model),
        Container::MachO(macho) => {
            // The header and the load commands come first, and what they lead to begins behind them.
            let notes = macho.notes.iter().filter_map(|note| note.blob.content.place());
            let memory = dump.layout().captured_ranges(0, u64::MAX);
            let memory = memory.iter().map(|range| range.file_offset);
            let first = notes.map(|place| place.file_offset).chain(memory).min();
            first.and_then(|first| Span::of(0, first)).into_iter().collect()
        }
        _ => Vec::new(),
    };
    spans = joined(spans);
    without_memory(&spans, &dump.layout().outside_memory())
}

/// The last parts of the names of modules as the dump lists them, which stay.
pub(crate) fn base_names(model: &Model) -> Vec<Span> {
    let is_wide = model.minidump().is_some();
    let names = model.modules.iter().filter_map(|module| {
        let name = module.name.value.as_str();
        let place = module.name.place?;
        let folders = name.rfind(['/', '\\']).map_or("", |at| name.get(..=at).unwrap_or_default());
        // A `MINIDUMP_STRING` has its length in front.
        let skipped = if is_wide { 4 + 2 * folders.encode_utf16().count() } else { folders.len() } as u64;
        Span::of(place.file_offset.saturating_add(skipped), place.size.saturating_sub(skipped))
    });
    joined(names)
}

/// What two lists of spans, in order and disjoint, have in common.
fn without_memory(spans: &[Span], outside: &[Span]) -> Vec<Span> {
    let mut common = Vec::new();
    for span in spans {
        let from = outside.partition_point(|one| one.last < span.first);
        for one in outside.get(from..).unwrap_or_default().iter().take_while(|one| one.first <= span.last) {
            common.push(Span { first: one.first.max(span.first), last: one.last.min(span.last) });
        }
    }
    common
}

fn read(dump: &Dump, file_offset: u64, size: u64) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(size).ok()?];
    dump.read_file(file_offset, &mut bytes).ok()?;
    Some(bytes)
}

/// The header of a minidump, its directory and its lists.
fn directory(dump: &Dump) -> Vec<Span> {
    let order = dump.layout().byte_order();
    let mut spans: Vec<Span> = Span::of(0, MINIDUMP_HEADER).into_iter().collect();
    let Some(header) = read(dump, 0, MINIDUMP_HEADER) else { return spans };
    let field = |at: usize| header.get(at..at + 4).map_or(0, |bytes| order.number(bytes));
    let (count, at) = (field(8), field(12));
    let left = dump.layout().file_size().saturating_sub(at);
    let size = count.saturating_mul(DIRECTORY_ENTRY as u64).min(left).min(MOST_DIRECTORY);
    spans.extend(Span::of(at, size));
    for entry in read(dump, at, size).unwrap_or_default().chunks_exact(DIRECTORY_ENTRY) {
        let field = |at: usize| entry.get(at..at + 4).map_or(0, |bytes| order.number(bytes));
        if let Some((_, most)) = LISTS.iter().find(|(kind, _)| u64::from(*kind) == field(0)) {
            spans.extend(Span::of(field(8), field(4).min(*most)));
        }
    }
    spans
}

/// The file offsets in a stream and in what it leads to.
fn links(blob: &Blob, spans: &mut Vec<Span>) {
    for link in &blob.links {
        if let Some(place) = blob.content.place() {
            let width = match link.pointer {
                Pointer::Rva => 4,
                Pointer::Rva64 | Pointer::Location => 8,
            };
            spans.extend(Span::of(place.file_offset.saturating_add(link.at), width));
        }
        // How long a text is stands in front of it.
        if let (Some(place), true) = (link.to.content.place(), link.to.links.is_empty()) {
            spans.extend(Span::of(place.file_offset, 4));
        }
        links(&link.to, spans);
    }
}

/// The headers of an ELF core, of its notes, and the numbers of NT_FILE.
fn of_elf(dump: &Dump, model: &Model) -> Vec<Span> {
    let Some(elf) = model.elf() else { return Vec::new() };
    let order = dump.layout().byte_order();
    let mut spans = Vec::new();
    // `Elf64_Ehdr` and `Elf32_Ehdr`: its size, and where e_phoff and e_shoff, and e_phentsize to e_shnum, stand.
    let (header, tables_at, width, sizes_at) = if elf.wide { (64, 32, 8, 54) } else { (52, 28, 4, 42) };
    spans.extend(Span::of(0, header));
    if let Some(bytes) = read(dump, 0, header) {
        let field = |at: usize, size: usize| bytes.get(at..at + size).map_or(0, |bytes| order.number(bytes));
        let programs = (model.memory.len() as u64).saturating_add(1 << 12).max(field(sizes_at + 2, 2));
        // Where there are too many for its field (PN_XNUM), there are as many as there is memory, and some of notes.
        let count = if field(sizes_at + 2, 2) == 0xffff { programs } else { field(sizes_at + 2, 2) };
        spans.extend(Span::of(field(tables_at, width), count.saturating_mul(field(sizes_at, 2))));
        let sections = field(sizes_at + 6, 2).max(1).saturating_mul(field(sizes_at + 4, 2));
        let sections_at = field(tables_at + width, width);
        spans.extend(Span::of(sections_at, sections).filter(|_| sections_at > 0));
    }
    let records =
        model.threads.iter().filter_map(|thread| Some((thread.record.as_ref()?, thread.status_name.len())));
    let notes = elf.notes.iter().chain(model.threads.iter().flat_map(|thread| &thread.notes));
    let bodies = notes.filter_map(|note| match &note.body {
        NoteBody::Bytes(content) | NoteBody::Crash { content, .. } => Some((content, note.name.len())),
        NoteBody::Modules => None,
    });
    for (content, name) in records.chain(bodies) {
        spans.extend(note_header(content, name as u64, elf.note_unit));
    }
    // NT_FILE: its count, the page size, and three numbers a module stand in front of the names.
    let first =
        model.modules.iter().filter_map(|module| module.name.place).map(|place| place.file_offset).min();
    if let Some(first) = first {
        let word: u64 = if elf.wide { 8 } else { 4 };
        let numbers = (model.modules.len() as u64).saturating_mul(3).saturating_add(2).saturating_mul(word);
        let start = first.saturating_sub(numbers);
        spans.extend(Span::of(start.saturating_sub(20), first.saturating_sub(start.saturating_sub(20))));
    }
    spans
}

/// The header and the name of a note, in front of its descriptor.
fn note_header(content: &Content, name: u64, unit: u64) -> Option<Span> {
    let Place { file_offset, .. } = content.place()?;
    let name = name.checked_next_multiple_of(unit.max(1))?;
    let size = name.saturating_add(12).min(file_offset);
    Span::of(file_offset.saturating_sub(size), size)
}
