//! Mach-O cores: the walk over load commands.

mod cpus;
pub(crate) mod flavors;
mod header;
mod model;
mod modules;
mod named;
pub mod schema;
#[cfg(test)]
mod tests;
mod threads;
mod write;

use std::sync::Arc;

use dumpedit_layout::{AddressBits, Ahead, Format, Layout, LayoutBuilder, Machine, Notice, NoticeKind, Span};
use object::macho;

use crate::FormatError;
use crate::encoding::Encoding;
use crate::memory::Memory;
use crate::model::Model;
pub(crate) use cpus::supported;
pub(crate) use header::recognizes;
use header::{Header, Note, Segment, protection_of};
pub(crate) use model::read;
use modules::{Modules, list_notes};
pub(crate) use named::fields;
use schema::{ADDRESSABLE_BITS, ALL_IMAGE_INFOS, PROCESS_METADATA};
use threads::Threads;
pub(crate) use write::plan;

/// Checks the header at the start of bytes; in a fat file it may be far behind.
pub(crate) fn check_start(start: &[u8]) -> Result<(), FormatError> {
    match read_header(start) {
        Err(error @ FormatError::NotACore { .. }) => Err(error),
        _ => Ok(()),
    }
}

fn read_header(bytes: &[u8]) -> Result<Header, FormatError> {
    let header = Header::read(bytes)?;
    if header.file_type != macho::MH_CORE.0 {
        return Err(FormatError::NotACore { kind: kind_of(header.file_type) });
    }
    Ok(header)
}

/// File ranges that locate everything else: the headers and the load commands, without the states of threads in them.
pub(crate) fn tables(bytes: &[u8], _: &Model) -> Vec<Span> {
    let Ok(header) = read_header(bytes) else { return Vec::new() };
    let cpu = cpus::of(macho::CpuType(header.cpu), header.encoding.wide, header.byte_order());
    let mut spans: Vec<Span> = Span::of(0, header.size_of_fat_header()).into_iter().collect();
    let mut start = header.at;
    for command in header.commands(bytes).filter(threads::is_thread) {
        threads::states(header.encoding, cpu, &command, |state| {
            let at = command.at.saturating_add(crate::write::wide(state.at));
            spans.extend(Span::of(start, at.saturating_sub(start)));
            start = at.saturating_add(crate::write::wide(state.bytes.len()));
        });
    }
    let (commands_at, commands_size) = header.commands_place();
    spans.extend(Span::of(start, commands_at.saturating_add(commands_size).saturating_sub(start)));
    spans
}

fn kind_of(file_type: u32) -> &'static str {
    match macho::FileType(file_type) {
        macho::MH_OBJECT => "a Mach-O object file",
        macho::MH_EXECUTE => "a Mach-O executable",
        macho::MH_DYLIB => "a Mach-O shared library",
        macho::MH_DSYM => "a Mach-O file of debug symbols",
        macho::MH_FILESET => "a Mach-O file set, such as a kernel",
        _ => "a Mach-O file of another type",
    }
}

/// Reads a Mach-O core.
pub(crate) fn parse(bytes: &[u8], ahead: Ahead) -> Result<Layout, FormatError> {
    let header = read_header(bytes)?;
    let file_size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let cpu = cpus::of(macho::CpuType(header.cpu), header.encoding.wide, header.byte_order());
    let machine = cpu.map_or(Machine::Unknown, |cpu| cpu.machine);
    let width = if header.encoding.wide { 8 } else { 4 };
    let mut builder = LayoutBuilder::new(Format::MachOCore, machine, header.byte_order(), width, file_size);
    builder.os("macos");
    if cpu.is_none() {
        let message = format!("the machine has the unknown number {:#x} (cputype)", header.cpu);
        builder.notices().tell(Notice::new(NoticeKind::UnknownMachine, message));
    }
    let (_, commands_size) = header.commands_place();
    builder.structure(header.at, header.size().saturating_add(commands_size));
    builder.structure(0, header.size_of_fat_header());
    builder.compared_part(header.at, 16, "Mach-O header");
    builder.compared_part(header.at.saturating_add(24), 4, "flags of the Mach-O header");

    let notes: Vec<Note> = header.commands(bytes).filter_map(|command| header.note(&command)).collect();
    for note in &notes {
        let name = format!("LC_NOTE {}", String::from_utf8_lossy(note.owner()));
        let file_offset = header.file_offset(note.file_offset);
        builder.structure(file_offset, note.size);
        let bits = addressable_bits(header.encoding, note.bytes(&header, bytes));
        if !schema::READ.contains(&note.owner()) || (note.owner() == ADDRESSABLE_BITS && bits.is_none()) {
            builder.untouched(name.clone());
        }
        // File offsets in the note do not hold in another file.
        if note.owner() == ALL_IMAGE_INFOS {
            builder.part(file_offset, note.size, name);
        } else {
            builder.compared_part(file_offset, note.size, name);
        }
    }
    let bits = notes.iter().find(|note| note.owner() == ADDRESSABLE_BITS);
    if let Some(bits) = bits.and_then(|note| addressable_bits(header.encoding, note.bytes(&header, bytes))) {
        builder.address_bits(bits);
    }
    let metadata = notes.iter().find(|note| note.owner() == PROCESS_METADATA);
    let ids = metadata.map(|note| schema::thread_ids(note.bytes(&header, bytes))).unwrap_or_default();

    builder.expect(usize::try_from(header.count).unwrap_or(0).min(bytes.len() / 56), ahead);
    let mut threads = Threads::new(&header, cpu, ids);
    let (mut count, mut starts) = (0u32, Vec::new());
    for command in header.commands(bytes) {
        count = count.saturating_add(1);
        if let Some(segment) = header.segment(&command) {
            map(&header, &segment, &mut starts, &mut builder);
        } else if threads::is_thread(&command) {
            threads.add(&command, &mut builder);
        } else if header.note(&command).is_none() {
            builder.untouched(name_of(command.kind));
            builder.compared_part(command.at, command.size.into(), name_of(command.kind));
        }
    }
    if count < header.count {
        let message =
            format!("the load commands are cut off or damaged: {count} of {} are left", header.count);
        builder.notices().tell(Notice::new(NoticeKind::LoadCommandsCutOff, message));
    }
    threads.finish(&mut builder);

    let mut layout = builder.finish();
    let memory = Memory { bytes, encoding: header.encoding, layout: &layout };
    let modules = Modules { memory, header: &header, budget: file_size };
    let found = modules.find(&list_notes(&notes, &header, bytes), &starts);
    found.into_iter().for_each(|found| layout.add_module(found.module));
    Ok(layout)
}

/// The contents of an `addrable bits` note: version 3 has one number, version 4 one for each half of the address space, where zero means
/// that the other one holds. `None` for a note that is not understood.
fn addressable_bits(encoding: Encoding, note: &[u8]) -> Option<AddressBits> {
    let number = |at| encoding.u32(note, at).filter(|bits| *bits <= 64);
    let low = number(4)?;
    let high = match encoding.u32(note, 0)? {
        3 => low,
        4 => number(8)?,
        _ => return None,
    };
    match (low, high) {
        (0, 0) => None,
        (0, bits) | (bits, 0) => Some(AddressBits { low: bits, high: bits }),
        (low, high) => Some(AddressBits { low, high }),
    }
}

/// A segment as a mapping and a capture.
fn map(header: &Header, segment: &Segment, starts: &mut Vec<u64>, builder: &mut LayoutBuilder) {
    let protection = protection_of(segment.protection);
    let named = segment.name.split(|byte| *byte == 0).next().filter(|name| !name.is_empty());
    let name: Option<Arc<str>> = named.map(|name| String::from_utf8_lossy(name).into());
    let stored = segment.file_size.min(segment.memory_size);
    if protection.execute && stored > 0 {
        starts.push(segment.address);
    }
    let file_offset = header.file_offset(segment.file_offset);
    if name.is_none() && stored == segment.memory_size {
        builder.captured_mapping(segment.address, stored, file_offset, protection);
        return;
    }
    builder.mapping(segment.address, segment.memory_size, Some(protection), name);
    builder.capture(segment.address, stored, file_offset);
}

fn name_of(kind: u32) -> String {
    schema::load_command_name(kind).map_or_else(|| format!("load command {kind:#x}"), str::to_owned)
}
