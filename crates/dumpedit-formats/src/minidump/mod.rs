//! Minidumps by `minidumpapiset.h`: the walk over header, directory and streams.

mod context;
mod counters;
mod crashpad;
mod directory;
mod exception;
mod fields;
mod follow;
mod grow;
mod in_memory;
mod linker_list;
mod links;
mod listed;
mod memory;
mod model;
mod named;
mod process;
mod repair;
mod repair_directory;
mod repair_lists;
mod resize;
#[cfg(test)]
mod round_trip;
pub mod schema;
mod shown;
mod stream;
mod streams;
mod tables;
#[cfg(test)]
mod tests;
mod threads;
mod wow64;
mod write;
mod xstate;

use std::collections::BTreeSet;

use dumpedit_layout::{Format, Layout, LayoutBuilder, Machine, Notice, NoticeKind, Place, Subject};
use minidump_common::format::{
    MINIDUMP_DIRECTORY, MINIDUMP_EXCEPTION_STREAM, MINIDUMP_HEADER, MINIDUMP_STREAM_TYPE, MINIDUMP_THREAD,
    MINIDUMP_VERSION,
};
use scroll::Endian;

use crate::FormatError;
use context::Contexts;
pub(crate) use grow::grow;
use memory::Captures;
pub(crate) use model::read;
pub(crate) use named::fields;
pub(crate) use repair::repairs;
pub(crate) use resize::resize;
use shown::System;
use stream::{DirectoryOddities, Dump, Stream, place_of, tell_of_some};
pub(crate) use tables::tables;
use threads::Threads;
pub(crate) use write::plan;

/// Whether bytes begin as a minidump of either byte order does.
pub(crate) fn recognizes(bytes: &[u8]) -> bool {
    endian(bytes).is_some()
}

fn endian(bytes: &[u8]) -> Option<Endian> {
    match bytes.get(..4)? {
        b"MDMP" => Some(Endian::Little),
        b"PMDM" => Some(Endian::Big),
        _ => None,
    }
}

/// A minidump whose header and directory are read.
struct Opened<'a> {
    dump: Dump<'a>,
    header: MINIDUMP_HEADER,
    odd: DirectoryOddities,
}

/// Reads the header and the directory.
///
/// # Errors
/// [`FormatError::Broken`] where the header or the whole directory is not in the file.
fn open(bytes: &[u8]) -> Result<Opened<'_>, FormatError> {
    let Some(endian) = endian(bytes) else { return Err(crate::error::name_the_stranger(bytes)) };
    let mut dump = Dump::new(bytes, endian);
    let Some(header) = dump.read::<MINIDUMP_HEADER>(0) else {
        return Err(FormatError::Broken {
            structure: "the header (MINIDUMP_HEADER)",
            file_offset: 0,
            problem: format!(
                "needs {} bytes; the file has {}",
                dump.size_of::<MINIDUMP_HEADER>(),
                dump.size()
            ),
        });
    };
    let odd = dump.read_directory(&header)?;
    Ok(Opened { dump, header, odd })
}

/// The machine, from SystemInfo or else from the contexts, and the size of its pointers, in bytes; of an unknown machine the size that
/// SystemInfo's number says. Where all contexts are of a machine with wider pointers, that size: the process has addresses of it.
fn machine(dump: &Dump<'_>, system: Option<&System>) -> (Machine, u8) {
    match system.map(System::machine) {
        Some((machine, width)) if machine != Machine::Unknown => {
            let other = context::other_machine(dump, machine, contexts(dump));
            (machine, other.map_or(width, |other| width.max(shown::pointer_width(other))))
        }
        told => {
            let machine = context::machine_of(dump, contexts(dump)).unwrap_or(Machine::Unknown);
            let named = told.filter(|_| machine == Machine::Unknown);
            (machine, named.map_or_else(|| shown::pointer_width(machine), |(_, width)| width))
        }
    }
}

/// Reads the tables of a minidump.
///
/// # Errors
/// [`FormatError::Broken`] where the header or the whole directory is not in the file.
pub(crate) fn parse(bytes: &[u8]) -> Result<Layout, FormatError> {
    let Opened { dump, header, odd } = open(bytes)?;
    let system = System::read(&dump);
    let (machine, width) = machine(&dump, system.as_ref());
    let mut layout = LayoutBuilder::new(Format::Minidump, machine, dump.byte_order(), width, dump.size());

    if let Some(os) = system.as_ref().and_then(System::os) {
        layout.os(os);
    }
    if system.is_none() {
        let kind = NoticeKind::NoSystemInfo;
        layout.notices().tell(Notice::new(kind, kind.phrase()));
    }
    notice_header(&mut layout, &header);
    let process = process::of_streams(&dump, &header);
    let tells_command = process.command_line.is_some();
    layout.process(process);
    odd.tell_of_losses(&mut layout);
    tell_of_some(NoticeKind::StreamsOverlap, odd.overlapping, layout.notices());
    structures(&dump, &mut layout, &header);

    let modules = shown::modules(&dump, &mut layout, system.as_ref(), width);
    shown::unloaded_modules(&dump, &mut layout, width);
    memory::mappings(&dump, &mut layout, &modules, width);
    let mut captures = Captures::default();
    captures.lists(&dump, &mut layout);
    let mut contexts = Contexts::new(&dump, machine);
    let mut threads = Threads::walk(&dump, &mut layout, &mut captures, &mut contexts);
    let os = system.as_ref().and_then(System::os);
    exception::walk(&dump, &mut layout, &mut threads, &mut contexts, os, width);
    contexts.name_untabled(&mut layout);

    let mut layout = layout.finish();
    if machine == Machine::Amd64 {
        wow64::add(&dump, &mut layout);
    }
    if os == Some("windows")
        && !tells_command
        && let Some(line) = process::command_line_in_memory(&dump, &layout)
    {
        layout.add_command_line(line);
    }
    Ok(layout)
}

fn notice_header(layout: &mut LayoutBuilder, header: &MINIDUMP_HEADER) {
    if header.checksum != 0 {
        let checksum = header.checksum;
        let message = format!("the header contains a CheckSum ({checksum:#x}), which edits do not update");
        layout.notices().tell(Notice::new(NoticeKind::HeaderChecksum, message));
    }
    if header.version & 0xffff != MINIDUMP_VERSION {
        let version = header.version;
        let message = format!("the header's version is {version:#x} and not {MINIDUMP_VERSION:#x}");
        layout.notices().tell(Notice::new(NoticeKind::HeaderVersion, message));
    }
}

/// Streams whose structures are added where they are read, because they may hold more than the table.
const WALKED: &[MINIDUMP_STREAM_TYPE] = &[
    MINIDUMP_STREAM_TYPE::ThreadListStream,
    MINIDUMP_STREAM_TYPE::ModuleListStream,
    MINIDUMP_STREAM_TYPE::MemoryListStream,
    MINIDUMP_STREAM_TYPE::Memory64ListStream,
    MINIDUMP_STREAM_TYPE::MemoryInfoListStream,
    MINIDUMP_STREAM_TYPE::ThreadNamesStream,
    MINIDUMP_STREAM_TYPE::ExceptionStream,
];

/// Streams that are read as a whole.
const READ: &[MINIDUMP_STREAM_TYPE] = &[
    MINIDUMP_STREAM_TYPE::SystemInfoStream,
    MINIDUMP_STREAM_TYPE::MiscInfoStream,
    MINIDUMP_STREAM_TYPE::LinuxMaps,
];

/// Streams whose file offsets lead to memory and contexts. Together with those whose offsets [`links`] follows, they are the streams whose
/// bytes are valid in one file only.
const OF_MEMORY: &[MINIDUMP_STREAM_TYPE] = &[
    MINIDUMP_STREAM_TYPE::ThreadListStream,
    MINIDUMP_STREAM_TYPE::ThreadExListStream,
    MINIDUMP_STREAM_TYPE::MemoryListStream,
    MINIDUMP_STREAM_TYPE::Memory64ListStream,
    MINIDUMP_STREAM_TYPE::ExceptionStream,
];

/// Adds the header, the directory and the streams that are not lists, and names the streams that are not read.
fn structures(dump: &Dump<'_>, layout: &mut LayoutBuilder, header: &MINIDUMP_HEADER) {
    layout.structure(0, dump.size_of::<MINIDUMP_HEADER>());
    // CheckSum, TimeDateStamp and Flags.
    layout.compared_part(16, 16, "MINIDUMP_HEADER");
    let directory = dump.size_of::<MINIDUMP_DIRECTORY>().saturating_mul(header.stream_count.into());
    layout.structure(header.stream_directory_rva.into(), directory);
    let mut untouched = BTreeSet::new();
    for stream in dump.streams() {
        let Place { file_offset, size } = stream.place;
        if file_offset.saturating_add(size) > dump.size() {
            layout.count(NoticeKind::StreamCutOff, Subject::FileOffset(file_offset));
        }
        if links::are_in(*stream) || OF_MEMORY.iter().any(|kind| stream.is(*kind)) {
            layout.part(file_offset, size, name(*stream));
        } else {
            layout.compared_part(file_offset, size, name(*stream));
        }
        if WALKED.iter().any(|kind| stream.is(*kind)) {
            continue;
        }
        layout.structure(file_offset, size);
        if !READ.iter().any(|kind| stream.is(*kind)) && untouched.insert(stream.kind) {
            layout.untouched(name(*stream));
        }
    }
}

/// The places of the contexts of threads and exceptions, before other tables are read.
fn contexts<'a>(dump: &'a Dump<'_>) -> impl Iterator<Item = Place> + 'a {
    /// Maximum number of threads that are searched for the machine.
    const MOST: u64 = 64;
    let threads = dump.of(MINIDUMP_STREAM_TYPE::ThreadListStream).flat_map(move |stream| {
        let shape = dump.counted::<MINIDUMP_THREAD>(stream);
        let count = shape.map_or(0, |shape| shape.declared.min(MOST));
        (0..count).filter_map(move |index| {
            let shape = shape?;
            let skipped = index.checked_mul(shape.entry)?.checked_add(shape.header)?;
            let thread: MINIDUMP_THREAD = dump.read(stream.place.file_offset.checked_add(skipped)?)?;
            Some(place_of(thread.thread_context))
        })
    });
    let exceptions = dump.of(MINIDUMP_STREAM_TYPE::ExceptionStream).filter_map(move |stream| {
        let exception: MINIDUMP_EXCEPTION_STREAM = dump.read(stream.place.file_offset)?;
        Some(place_of(exception.thread_context))
    });
    threads.chain(exceptions)
}

/// A stream's name in the headers, or its number.
fn name(stream: Stream) -> String {
    schema::stream_name(stream.kind).map_or_else(|| format!("stream {:#x}", stream.kind), str::to_owned)
}
