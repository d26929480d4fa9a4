//! Values of a minidump's directory, lists and descriptors that contradict its file.

use dumpedit_layout::{Machine, Place};
use minidump_common::format::{
    MINIDUMP_DIRECTORY, MINIDUMP_EXCEPTION_STREAM, MINIDUMP_HEADER, MINIDUMP_MEMORY_DESCRIPTOR,
    MINIDUMP_MEMORY_DESCRIPTOR64, MINIDUMP_STREAM_TYPE,
};

use super::repair_directory::Counted;
use super::repair_lists::{SELF_DESCRIBED, led_to, shape};
use super::schema::{
    EXCEPTION_CONTEXT_AT, MODULE_NAME_AT, MODULE_RECORDS_AT, MODULE_SPARE_AT, THREAD_CONTEXT_AT,
    THREAD_STACK_AT,
};
use super::shown::System;
use super::stream::{Dump, Shape, Stream};
use super::{Opened, context, name};
use crate::FormatError;
use crate::write::{Contradictions, Repairs, Starts};

type Type = MINIDUMP_STREAM_TYPE;

/// The fields that contradict the file.
pub(crate) fn repairs(bytes: &[u8]) -> Result<Contradictions, FormatError> {
    let Opened { mut dump, mut header, .. } = super::open(bytes)?;
    let mut repairs = Repairs::of(dump.byte_order());
    let size = dump.size_of::<MINIDUMP_DIRECTORY>();
    let directory = u64::from(header.stream_directory_rva);
    let whole = Place { file_offset: 0, size: dump.size_of::<MINIDUMP_HEADER>() };
    if directory < whole.size {
        // That offset leads to no directory.
        let text =
            "StreamDirectoryRva: the directory would overlap the header, and its streams cannot be repaired";
        repairs.stays(12, text);
        return Ok(repairs.finish());
    }
    let counted = Counted::of(&dump, &header, directory, whole);
    if let Some(text) = counted.problem {
        repairs.put(8, counted.count.into(), 4, text);
        header.stream_count = counted.count;
        dump = Dump::new(bytes, dump.endian);
        dump.read_directory(&header)?;
    }
    let count = u64::from(header.stream_count);
    let in_use = [whole, Place { file_offset: directory, size: size.saturating_mul(count) }];
    let streams = dump.streams().iter().map(|stream| stream.place);
    let tables = streams.filter(|place| place.size > 0).chain(in_use).collect();
    let mut mender = Mender::of(&dump, repairs, in_use, tables);
    for index in 0..count {
        let Some(stream) = dump.directory_entry(&header, index) else { break };
        let at = index.saturating_mul(size).saturating_add(directory);
        // The start of a list is there even where the directory gives the list no bytes.
        let size = if stream.place.size == 0 { LIST_HEADER } else { stream.place.size.min(LIST_HEADER) };
        let begin = Place { size, ..stream.place };
        if index < counted.sure && !mender.is_in_use(begin) {
            mender.stream(at, stream);
        } else {
            mender.leave(at, stream);
        }
    }
    Ok(mender.finish())
}

/// Maximum size of a list's header up to the end of the count, in bytes.
const LIST_HEADER: u64 = 16;

fn meets(place: Place, other: Place) -> bool {
    place.size > 0 && other.size > 0 && place.file_offset < other.end() && other.file_offset < place.end()
}

/// Streams of one structure of a fixed size, in bytes.
const STRUCTURES: &[(Type, u64)] = &[(Type::SystemInfoStream, 56), (Type::ExceptionStream, EXCEPTION_SIZE)];

/// Size of a `MINIDUMP_EXCEPTION_STREAM`, in bytes.
const EXCEPTION_SIZE: u64 = 168;

/// Sizes of `MINIDUMP_MISC_INFO` by version, in bytes. The structure begins with its size.
const MISC_INFO: &[u64] = &[24, 44, 232, 832, 1364];

/// The size of a stream that is one structure, in bytes.
fn structure_size(dump: &Dump<'_>, stream: Stream) -> Option<u64> {
    if stream.is(Type::MiscInfoStream) {
        let size = u64::from(dump.read::<u32>(stream.place.file_offset)?);
        return MISC_INFO.contains(&size).then_some(size);
    }
    STRUCTURES.iter().find(|(kind, _)| stream.is(*kind)).map(|(_, size)| *size)
}

struct Mender<'d> {
    dump: &'d Dump<'d>,
    repairs: Repairs,
    /// The header and the directory.
    in_use: [Place; 2],
    /// The header, the directory, and the streams.
    tables: Vec<Place>,
    /// File offsets where these and the targets of lists begin.
    starts: Starts,
    machine: Machine,
    /// Number of streams that reach past the end of the file and stay so, and file offset of the first one's entry.
    lost: Option<(u64, u64)>,
}

/// Whether the directory gives a list as many bytes as its entries take.
fn has_room(stream: Stream, shape: Shape) -> bool {
    shape.declared.saturating_mul(shape.entry).saturating_add(shape.header) <= stream.place.size
}

/// The bytes of a list within both its count and its size in the directory.
fn certain(stream: Stream, Shape { header, entry, declared }: Shape) -> Place {
    let counted = declared.saturating_mul(entry).saturating_add(header);
    Place { size: counted.min(stream.place.size), ..stream.place }
}

/// A list, by its own count and by the file.
struct Listed {
    first: u64,
    entry: u64,
    count: u64,
}

/// Offset of the first entry in a list with a 32-bit count and four bytes of padding, in bytes.
const PADDED_HEADER: u64 = 8;

impl<'d> Mender<'d> {
    fn of(dump: &'d Dump<'d>, repairs: Repairs, in_use: [Place; 2], tables: Vec<Place>) -> Mender<'d> {
        let begins = tables.iter().map(|table| table.file_offset).chain(led_to(dump));
        let starts = Starts::of(begins, dump.size());
        let machine = super::machine(dump, System::read(dump).as_ref()).0;
        Mender { dump, repairs, in_use, tables, starts, machine, lost: None }
    }

    /// Whether a place shares bytes with the header or the directory.
    fn is_in_use(&self, place: Place) -> bool {
        self.in_use.iter().any(|other| meets(place, *other))
    }

    /// Whether no other structure uses the bytes that a stream has at a place beyond its size in the directory.
    fn has_no_other(&self, stream: Stream, place: Place) -> bool {
        let file_offset = stream.place.end();
        let behind = Place { file_offset, size: place.end().saturating_sub(file_offset) };
        !self.tables.iter().any(|table| meets(behind, *table))
    }

    fn finish(mut self) -> Contradictions {
        if let Some((count, at)) = self.lost {
            let text = match count {
                1 => "a stream extends past the end of the file and is not changed; its bytes there are lost"
                    .to_owned(),
                _ => format!(
                    "{count} streams extend past the end of the file and are not changed; their bytes \
                     there are lost"
                ),
            };
            self.repairs.stays(at, text);
        }
        self.repairs.finish()
    }

    /// Counts a stream that stays as it is, with the file offset of its entry, where it reaches past the end of the file.
    fn leave(&mut self, at: u64, stream: Stream) {
        if !stream.is(Type::UnusedStream) && self.dump.held(stream.place) < stream.place.size {
            let (count, first) = self.lost.unwrap_or((0, at));
            self.lost = Some((count.saturating_add(1), first));
        }
    }

    /// Mends a stream, by the file offset of its entry in the directory.
    fn stream(&mut self, at: u64, stream: Stream) {
        let dump = self.dump;
        // Where one list of a type has room, readers skip those of the type that have none.
        let others = dump.streams().iter().filter(|other| other.kind == stream.kind && **other != stream);
        let fits = |other: &Stream| shape(dump, *other).is_some_and(|shape| has_room(*other, shape));
        let is_second = others.into_iter().any(fits);
        match shape(dump, stream) {
            Some(shape) if is_second && !has_room(stream, shape) => return self.leave(at, stream),
            Some(shape) if self.is_in_use(certain(stream, shape)) => return self.leave(at, stream),
            Some(shape) => {
                let listed = self.list(at, stream, shape);
                self.entries(stream, &listed);
            }
            None => self.bytes(at, stream),
        }
        if stream.is(Type::ExceptionStream)
            && !self.is_in_use(Place { size: EXCEPTION_SIZE, ..stream.place })
            && dump.read::<MINIDUMP_EXCEPTION_STREAM>(stream.place.file_offset).is_some()
        {
            self.location(
                stream.place.file_offset.saturating_add(EXCEPTION_CONTEXT_AT),
                "the context of the exception",
                true,
            );
        }
    }

    /// Mends the size in the directory of a stream that is no list.
    fn bytes(&mut self, at: u64, stream: Stream) {
        if stream.is(Type::UnusedStream) {
            return;
        }
        let name = name(stream);
        let Place { file_offset, size } = stream.place;
        let room = self.starts.room(file_offset);
        let structure = structure_size(self.dump, stream).filter(|structure| *structure <= room);
        if let Some(needed) = structure.filter(|needed| size < *needed || room < size) {
            let text = format!("directory: the {name} has {needed} bytes, and its entry says {size}");
            self.repairs.put(at.saturating_add(4), needed, 4, text);
            return;
        }
        if self.dump.held(stream.place) == size {
            return;
        }
        let held = room.min(size);
        if held == 0 {
            self.repairs.put(
                at,
                0,
                4,
                format!("directory: the {name} is past the end of the file, and its entry becomes unused"),
            );
            self.repairs.put(
                at.saturating_add(4),
                0,
                8,
                format!("directory: the unused entry of the {name} has no bytes"),
            );
            return;
        }
        let text = format!("directory: {held} of the {size} bytes of the {name} are in the file");
        self.repairs.put(at.saturating_add(4), held, 4, text);
    }

    /// Mends the count of a list, or its size in the directory, and returns the list as mended.
    fn list(&mut self, at: u64, stream: Stream, shape: Shape) -> Listed {
        let Shape { mut header, entry, declared } = shape;
        let Place { file_offset: start, size } = stream.place;
        let entries_in = |bytes: u64| bytes.saturating_sub(header).checked_div(entry).unwrap_or(0);
        let size_of = |header: u64, count: u64| count.saturating_mul(entry).saturating_add(header);
        let (in_stream, in_file) = (entries_in(size), entries_in(self.dump.size().saturating_sub(start)));
        let name = name(stream);
        let all = Place { file_offset: start, size: size_of(header, declared) };
        // Where the directory gives a list whole entries, the count is wrong.
        let is_whole = |header| size == size_of(header, in_stream);
        let fits = in_stream > 0 && (is_whole(header) || (header < PADDED_HEADER && is_whole(PADDED_HEADER)));
        let has_more =
            || !fits && self.has_no_other(stream, all) && self.describes_memory(stream, shape, all);
        let mut count = declared;
        if declared > in_file || (declared > in_stream && !has_more()) {
            count = in_stream.min(in_file);
            if header < PADDED_HEADER && size == size_of(PADDED_HEADER, count) {
                header = PADDED_HEADER;
            }
            let (count_at, width) = match () {
                () if SELF_DESCRIBED.iter().any(|(kind, ..)| stream.is(*kind)) => {
                    (start.saturating_add(8), 4)
                }
                () if stream.is(Type::Memory64ListStream) => (start, 8),
                () if stream.is(Type::MemoryInfoListStream) => (start.saturating_add(8), 8),
                () => (start, 4),
            };
            let text = format!("{name}: there is room for {count} of its {declared} entries");
            self.repairs.put(count_at, count, width, text);
        }
        let needed = size_of(header, count);
        let held = self.dump.held(stream.place);
        if size < needed || held < size {
            let text = format!("directory: the {name} has {needed} bytes, and its entry says {size}");
            self.repairs.put(at.saturating_add(4), needed, 4, text);
        }
        Listed { first: start.saturating_add(header), entry, count }
    }

    /// Whether the possible entries of a list of memory describe file bytes outside of all tables, so that no memory is invented. Entries
    /// of other lists are taken as they are.
    fn describes_memory(&self, stream: Stream, shape: Shape, all: Place) -> bool {
        if stream.is(Type::Memory64ListStream) {
            let memory = self.dump.read::<u64>(stream.place.file_offset.saturating_add(8));
            return memory.is_some_and(|memory| memory >= all.end());
        }
        if !stream.is(Type::MemoryListStream) {
            return true;
        }
        let first = stream.place.file_offset.saturating_add(shape.header);
        (0..shape.declared).all(|index| {
            let at = first.saturating_add(index.saturating_mul(shape.entry));
            let Some(raw) = self.dump.read::<MINIDUMP_MEMORY_DESCRIPTOR>(at) else { return false };
            let place = Place { file_offset: raw.memory.rva.into(), size: raw.memory.data_size.into() };
            let is_held = place.size > 0 && self.dump.held(place) == place.size;
            is_held && !meets(place, all) && !self.dump.meets_a_table(place)
        })
    }

    /// Mends the descriptors of a list.
    fn entries(&mut self, stream: Stream, listed: &Listed) {
        if !self.dump.affords_entries(listed.count.saturating_mul(listed.entry)) {
            return;
        }
        let mut next = self.dump.read::<u64>(stream.place.file_offset.saturating_add(8)).unwrap_or(u64::MAX);
        let odd = if stream.is(Type::Memory64ListStream) { self.odd_memory64(next, listed) } else { None };
        for index in 0..listed.count {
            let at = index.saturating_mul(listed.entry).saturating_add(listed.first);
            if stream.is(Type::MemoryListStream) {
                self.descriptor(at, "memory");
            } else if stream.is(Type::ThreadListStream) {
                self.descriptor(at.saturating_add(THREAD_STACK_AT), "the stack");
                self.location(at.saturating_add(THREAD_CONTEXT_AT), "the context of a thread", true);
            } else if stream.is(Type::ModuleListStream) {
                self.name_of_module(at);
                for record in MODULE_RECORDS_AT {
                    self.location(at.saturating_add(record), "a record of a module", false);
                }
            } else if stream.is(Type::Memory64ListStream) {
                let Some(raw) = self.dump.read::<MINIDUMP_MEMORY_DESCRIPTOR64>(at) else { break };
                if let Some((_, size)) = odd.filter(|(odd, _)| *odd == index) {
                    let text = format!(
                        "DataSize of the memory at {:#x}: the next memory starts after {size:#x} bytes, \
                         not {:#x}",
                        raw.start_of_memory_range, raw.data_size
                    );
                    self.repairs.put(at.saturating_add(8), size, 8, text);
                    next = next.saturating_add(size);
                    continue;
                }
                let held = self.dump.size().saturating_sub(next).min(raw.data_size);
                if held < raw.data_size {
                    let text = format!(
                        "DataSize of the memory at {:#x}: {held:#x} of its {:#x} bytes are in the file",
                        raw.start_of_memory_range, raw.data_size
                    );
                    self.repairs.put(at.saturating_add(8), held, 8, text);
                }
                next = next.saturating_add(raw.data_size);
            }
        }
    }

    /// The one entry of a Memory64List whose size would reach into addresses of the next one, and the size with which the others fill the
    /// rest of the file exactly; `None` where there are several, or where that is not certain.
    fn odd_memory64(&self, base: u64, listed: &Listed) -> Option<(u64, u64)> {
        let entry = |index: u64| {
            let at = index.checked_mul(listed.entry)?.checked_add(listed.first)?;
            let raw = self.dump.read::<MINIDUMP_MEMORY_DESCRIPTOR64>(at)?;
            Some((raw.start_of_memory_range, raw.data_size))
        };
        let last = listed.count.checked_sub(1)?;
        let (mut others, mut odd) = (0u64, None);
        for index in 0..listed.count {
            let (start, size) = entry(index)?;
            let most =
                if index < last { entry(index.checked_add(1)?)?.0.checked_sub(start)? } else { u64::MAX };
            if size <= most {
                others = others.checked_add(size)?;
            } else if odd.replace((index, most)).is_some() {
                return None;
            }
        }
        let (index, most) = odd?;
        let rest = self.dump.size().checked_sub(base)?.checked_sub(others)?;
        (rest > 0 && rest <= most).then_some((index, rest))
    }

    /// Mends `ModuleNameRva` of a `MINIDUMP_MODULE`: readers drop the whole list for one name that is not in the file. Eight zeros among
    /// its spare fields are an empty text.
    fn name_of_module(&mut self, at: u64) {
        let name_at = at.saturating_add(MODULE_NAME_AT);
        let Some(rva) = self.dump.read::<u32>(name_at) else { return };
        if self.dump.string_place(rva.into()).is_some() {
            return;
        }
        let mut spare = MODULE_SPARE_AT.iter().map(|spare| at.saturating_add(*spare));
        match spare.find(|spare| self.dump.read::<u64>(*spare) == Some(0)) {
            Some(empty) => {
                let text = format!(
                    "ModuleNameRva: the name is past the end of the file, at {rva:#x}, and becomes empty"
                );
                self.repairs.put(name_at, empty, 4, text);
            }
            None => {
                let text = format!(
                    "ModuleNameRva: the name is past the end of the file, at {rva:#x}, and is not changed: \
                     its module has no room for an empty name"
                );
                self.repairs.stays(name_at, text);
            }
        }
    }

    /// Mends a `MINIDUMP_MEMORY_DESCRIPTOR`.
    fn descriptor(&mut self, at: u64, what: &str) {
        let Some(raw) = self.dump.read::<MINIDUMP_MEMORY_DESCRIPTOR>(at) else { return };
        let place = Place { file_offset: raw.memory.rva.into(), size: raw.memory.data_size.into() };
        let held = self.dump.held(place);
        // An RVA of 0 means that the bytes are not in the dump.
        if held == place.size || place.file_offset == 0 {
            return;
        }
        // Its memory ends at the next known start.
        let held = held.min(self.starts.room(place.file_offset));
        let text = format!(
            "DataSize of {what} at {:#x}: {held:#x} of its {:#x} bytes are in the file",
            raw.start_of_memory_range, place.size
        );
        self.repairs.put(at.saturating_add(8), held, 4, text);
        if held == 0 {
            self.repairs.put(
                at.saturating_add(12),
                0,
                4,
                format!("Rva of {what} at {:#x}: it has no bytes", raw.start_of_memory_range),
            );
        }
    }

    /// Mends a `MINIDUMP_LOCATION_DESCRIPTOR` whose target is useless in part.
    fn location(&mut self, at: u64, what: &str, is_context: bool) {
        let (Some(size), Some(rva)) =
            (self.dump.read::<u32>(at), self.dump.read::<u32>(at.saturating_add(4)))
        else {
            return;
        };
        let place = Place { file_offset: rva.into(), size: size.into() };
        if self.dump.held(place) == place.size {
            return;
        }
        if is_context {
            let kind = |size: u64| context::kind_of(self.dump, self.machine, Place { size, ..place });
            let room = self.starts.room(place.file_offset);
            // The registers of a cut context that are in the file are read only with its whole size.
            if let Some(whole) = kind(place.size).filter(|whole| room > 0 && room < whole.size) {
                let text = format!(
                    "{what} at {rva:#x} is cut off and is not changed: {room:#x} of its {:#x} bytes are in \
                     the file",
                    whole.size
                );
                self.repairs.stays(at, text);
                return;
            }
            if let Some(size_there) = self.context_size(place.file_offset) {
                let text =
                    format!("DataSize of {what}: it has {size_there:#x} bytes at {rva:#x}, not {size:#x}");
                self.repairs.put(at, size_there, 4, text);
                return;
            }
        }
        let text = format!("DataSize and Rva of {what}: it is past the end of the file, at {rva:#x}");
        self.repairs.put(at, 0, 8, text);
    }

    /// The size of the context at a file offset, up to the next known start, where its flags tell its kind.
    fn context_size(&self, file_offset: u64) -> Option<u64> {
        let room = self.starts.room(file_offset);
        let place = Place { file_offset, size: room };
        let kind = context::kind_of(self.dump, self.machine, place)?;
        // A CONTEXT_EX and an XSAVE area follow it.
        let extends = kind.extends && kind.has_extended_state(self.dump, place);
        Some(if extends { room } else { kind.size })
    }
}
