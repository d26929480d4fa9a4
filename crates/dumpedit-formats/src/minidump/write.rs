//! Writes models as minidumps: header, directory, streams, contexts and other targets of offsets (`minidumpapiset.h`), and the memory
//! behind them.

use minidump_common::format::{
    MINIDUMP_DIRECTORY, MINIDUMP_EXCEPTION_STREAM, MINIDUMP_HEADER, MINIDUMP_MEMORY_DESCRIPTOR,
    MINIDUMP_MEMORY_DESCRIPTOR64, MINIDUMP_MEMORY_INFO, MINIDUMP_MODULE, MINIDUMP_STREAM_TYPE,
    MINIDUMP_SYSTEM_INFO, MINIDUMP_THREAD, MINIDUMP_THREAD_NAME,
};
use scroll::LE;
use scroll::ctx::SizeWith;

use super::directory::{Entry, in_order};
use super::fields::module::{RESERVED, VERSION};
use super::listed::Listed;
use super::schema::{MODULE_RECORDS_AT, MOST_PARAMETERS, THREAD_CONTEXT_AT, THREAD_STACK_AT};
use crate::model::{
    Content, Crash, CrashRecord, FileOffset, MappingEntry, Minidump, Model, ModuleEntry, Padded, Place,
    Stack, StreamContent, SystemInfo, ThreadEntry,
};
use crate::write::{
    About, MemoryPlaces, Part, Parts, Plan, Sheet, WriteError, WriteProblem, fits, rva, wide,
};

/// "MDMP" in the dump's byte order.
const SIGNATURE: u64 = 0x504d_444d;

/// Plans the place of every byte of a model's minidump, at most `limit` bytes.
pub(crate) fn plan(model: &Model, limit: u64) -> Result<Plan, WriteError> {
    let Some(minidump) = model.minidump() else {
        return Err(WriteError::new(WriteProblem::Container, About::Dump));
    };
    let listed = Listed::of(model, minidump)?;
    let mut writer = Writer {
        model,
        minidump,
        sheet: Sheet::new(model.target.byte_order, limit),
        directory: Vec::new(),
        parts: Parts::default(),
    };
    let places = writer.draw(&listed)?;
    let Writer { sheet, parts, .. } = writer;
    let tables = sheet.end();
    let size = places.end.max(tables);
    if size > limit {
        return Err(WriteError::new(WriteProblem::TooLarge { size, limit }, About::Dump));
    }
    let (mut pieces, patches) = sheet.finish();
    pieces.extend(places.pieces(&model.memory));
    Ok(Plan { pieces, patches, size, tables, memory: places.stored(&model.memory), parts })
}

/// Reserved room for a list whose entries are written later.
#[derive(Clone, Copy, Default)]
struct Room {
    file_offset: u64,
    /// Offset of the first entry in the list, in bytes.
    header: u64,
}

impl Room {
    fn entry<T: SizeWith<scroll::Endian>>(self, index: usize) -> u64 {
        self.file_offset.saturating_add(list_size::<T>(self.header, index))
    }
}

fn size_of<T: SizeWith<scroll::Endian>>() -> u64 {
    wide(T::size_with(&LE))
}

fn list_size<T: SizeWith<scroll::Endian>>(header: u64, count: usize) -> u64 {
    size_of::<T>().saturating_mul(wide(count)).saturating_add(header)
}

fn padding(padded: bool) -> u64 {
    if padded { 8 } else { 4 }
}

pub(super) struct Writer<'m> {
    pub(super) model: &'m Model,
    pub(super) minidump: &'m Minidump,
    pub(super) sheet: Sheet,
    pub(super) directory: Vec<Entry>,
    pub(super) parts: Parts,
}

impl Writer<'_> {
    /// Writes the tables, and returns the places of the memory.
    fn draw(&mut self, listed: &Listed) -> Result<MemoryPlaces, WriteError> {
        let model = self.model;
        let Padded { threads: padded_threads, modules: padded_modules, memory: padded_memory } =
            self.minidump.padded;
        let threads = model.threads.iter().enumerate();
        let names: Vec<(usize, &ThreadEntry)> = threads.filter(|(_, thread)| thread.name.is_some()).collect();
        let directory_at = self.header(listed, !names.is_empty())?;

        type Type = MINIDUMP_STREAM_TYPE;
        let threads = self.list::<MINIDUMP_THREAD>(
            Type::ThreadListStream,
            padding(padded_threads),
            model.threads.len(),
        );
        let threads = threads?;
        let modules = self.list::<MINIDUMP_MODULE>(
            Type::ModuleListStream,
            padding(padded_modules),
            model.modules.len(),
        );
        let modules = modules?;
        let memory = self.list::<MINIDUMP_MEMORY_DESCRIPTOR>(
            Type::MemoryListStream,
            padding(padded_memory),
            listed.list.len(),
        )?;
        let memory64 = self.list64(listed)?;
        let mut crashes = Vec::new();
        for index in 0..model.crashes.len() {
            let size = size_of::<MINIDUMP_EXCEPTION_STREAM>();
            crashes.push(self.stream(Type::ExceptionStream, size, About::Crash(index))?);
        }
        if let Some(system) = &self.minidump.system {
            self.system(system)?;
        }
        self.mappings()?;
        self.names(&names)?;
        for (index, module) in model.modules.iter().enumerate() {
            self.module(modules.entry::<MINIDUMP_MODULE>(index), index, module)?;
        }
        self.records()?;
        let elsewhere = self.other_streams()?;
        self.sheet.align(4);

        let mut places = MemoryPlaces::of(
            &model.memory,
            self.sheet.end(),
            &listed.in_order(),
            self.minidump.memory_align,
        )?;
        places.follow(&model.memory);
        for (entry, stream, file_offset) in elsewhere {
            let file_offset = rva(places.resolve(file_offset), About::Stream(stream))?;
            if let Some(entry) = self.directory.get_mut(entry) {
                entry.file_offset = file_offset;
            }
        }
        for (entry, index) in listed.list.iter().enumerate() {
            let descriptor = self.descriptor(&places, *index)?;
            self.sheet.put(memory.entry::<MINIDUMP_MEMORY_DESCRIPTOR>(entry), &descriptor);
        }
        self.entries64(&places, &listed.list64, memory64)?;
        for (index, thread) in model.threads.iter().enumerate() {
            self.thread(threads.entry::<MINIDUMP_THREAD>(index), &places, index, thread)?;
        }
        for ((index, crash), at) in model.crashes.iter().enumerate().zip(crashes) {
            self.crash(at, index, crash)?;
        }
        let entries = in_order(std::mem::take(&mut self.directory), &self.minidump.order);
        let mut at = directory_at;
        for Entry { kind, size, file_offset } in entries {
            let fields = [(kind.into(), 4), (size, 4), (rva(file_offset, About::Dump)?, 4)];
            self.put(at, &fields);
            at = at.saturating_add(size_of::<MINIDUMP_DIRECTORY>());
        }
        Ok(places)
    }

    pub(super) fn put(&mut self, at: u64, fields: &[(u64, usize)]) {
        let bytes = self.sheet.fields(fields);
        self.sheet.put(at, &bytes);
    }

    /// Writes the header, reserves room for the directory, and returns its file offset.
    fn header(&mut self, listed: &Listed, any_name: bool) -> Result<u64, WriteError> {
        let Minidump { version, checksum, timestamp, flags, ref system, ref streams, .. } = *self.minidump;
        let lists = [
            !self.model.threads.is_empty(),
            !self.model.modules.is_empty(),
            !listed.list.is_empty(),
            !listed.list64.is_empty(),
            system.is_some(),
            !self.model.mappings.is_empty(),
            any_name,
        ];
        let count = lists.into_iter().filter(|is_there| *is_there).count();
        let count = count.saturating_add(self.model.crashes.len()).saturating_add(streams.len());
        let count = fits(wide(count), "NumberOfStreams", 32, About::Dump)?;
        let directory_at = if count == 0 { 0 } else { size_of::<MINIDUMP_HEADER>() };
        let fields = self.sheet.fields(&[
            (SIGNATURE, 4),
            (version.into(), 4),
            (count, 4),
            (directory_at, 4),
            (checksum.into(), 4),
            (timestamp.into(), 4),
            (flags, 8),
        ]);
        self.sheet.place(&fields);
        self.sheet.reserve(count.saturating_mul(size_of::<MINIDUMP_DIRECTORY>()), About::Dump)
    }

    /// Reserves room for a stream, lists it, and returns its file offset.
    pub(super) fn stream(
        &mut self,
        kind: MINIDUMP_STREAM_TYPE,
        size: u64,
        about: About,
    ) -> Result<u64, WriteError> {
        self.sheet.align(4);
        let file_offset = self.sheet.reserve(size, about)?;
        self.directory.push(Entry { kind: kind.into(), size, file_offset });
        Ok(file_offset)
    }

    /// Reserves room for a list that begins with a count of 32 bits, where it has entries.
    fn list<T: SizeWith<scroll::Endian>>(
        &mut self,
        kind: MINIDUMP_STREAM_TYPE,
        header: u64,
        count: usize,
    ) -> Result<Room, WriteError> {
        if count == 0 {
            return Ok(Room::default());
        }
        let file_offset = self.stream(kind, list_size::<T>(header, count), About::Dump)?;
        self.put(file_offset, &[(wide(count), 4)]);
        Ok(Room { file_offset, header })
    }

    /// Reserves room for the Memory64List: a count of 64 bits, and the file offset of the memory.
    fn list64(&mut self, listed: &Listed) -> Result<Room, WriteError> {
        const HEADER: u64 = 16;
        let count = listed.list64.len();
        if count == 0 {
            return Ok(Room::default());
        }
        let size = list_size::<MINIDUMP_MEMORY_DESCRIPTOR64>(HEADER, count);
        let file_offset = self.stream(MINIDUMP_STREAM_TYPE::Memory64ListStream, size, About::Dump)?;
        self.put(file_offset, &[(wide(count), 8)]);
        Ok(Room { file_offset, header: HEADER })
    }

    /// Adds a `MINIDUMP_STRING`, and returns its file offset.
    fn string(&mut self, text: &str, about: About) -> Result<u64, WriteError> {
        self.sheet.align(4);
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut bytes = self.sheet.number(wide(units.len()).saturating_mul(2), 4);
        bytes.extend(units.iter().chain([&0]).flat_map(|unit| self.sheet.number(u64::from(*unit), 2)));
        let at = self.sheet.reserve(wide(bytes.len()), about)?;
        self.sheet.put(at, &bytes);
        rva(at, about)
    }

    fn system(&mut self, system: &SystemInfo) -> Result<(), WriteError> {
        const CPU_AT: u64 = 32;
        let size = size_of::<MINIDUMP_SYSTEM_INFO>();
        let at = self.stream(MINIDUMP_STREAM_TYPE::SystemInfoStream, size, About::Dump)?;
        let service_pack_at = match &system.service_pack {
            Some(text) => self.string(&text.value, About::Dump)?,
            None => 0,
        };
        let [major, minor, build] = system.version;
        self.put(
            at,
            &[
                (system.architecture.value.into(), 2),
                (system.level.into(), 2),
                (system.revision.into(), 2),
                (system.processors.into(), 1),
                (system.product_type.into(), 1),
                (major.into(), 4),
                (minor.into(), 4),
                (build.into(), 4),
                (system.platform.value.into(), 4),
                (service_pack_at, 4),
                (system.suite_mask.into(), 2),
                (system.reserved.into(), 2),
            ],
        );
        let cpu = fits_room(&system.cpu, size.saturating_sub(CPU_AT), "Cpu", About::Dump)?;
        self.sheet.put_content(at.saturating_add(CPU_AT), cpu);
        Ok(())
    }

    fn mappings(&mut self) -> Result<(), WriteError> {
        const HEADER: u64 = 16;
        let mappings = &self.model.mappings;
        if mappings.is_empty() {
            return Ok(());
        }
        let size = list_size::<MINIDUMP_MEMORY_INFO>(HEADER, mappings.len());
        let file_offset = self.stream(MINIDUMP_STREAM_TYPE::MemoryInfoListStream, size, About::Dump)?;
        let entry = size_of::<MINIDUMP_MEMORY_INFO>();
        self.put(file_offset, &[(HEADER, 4), (entry, 4), (wide(mappings.len()), 8)]);
        let room = Room { file_offset, header: HEADER };
        for (index, mapping) in mappings.iter().enumerate() {
            self.mapping(room.entry::<MINIDUMP_MEMORY_INFO>(index), mapping);
        }
        Ok(())
    }

    /// Writes a `MINIDUMP_MEMORY_INFO`.
    pub(super) fn mapping(&mut self, at: u64, mapping: &MappingEntry) {
        self.put(
            at,
            &[
                (mapping.address, 8),
                (mapping.base, 8),
                (mapping.allocation_protection.into(), 4),
                (0, 4),
                (mapping.size, 8),
                (mapping.state.into(), 4),
                (mapping.protection.into(), 4),
                (mapping.kind.into(), 4),
                (0, 4),
            ],
        );
    }

    fn names(&mut self, names: &[(usize, &ThreadEntry)]) -> Result<(), WriteError> {
        let kind = MINIDUMP_STREAM_TYPE::ThreadNamesStream;
        let room = self.list::<MINIDUMP_THREAD_NAME>(kind, padding(false), names.len())?;
        for (entry, (index, thread)) in names.iter().enumerate() {
            self.thread_name(room.entry::<MINIDUMP_THREAD_NAME>(entry), *index, thread)?;
        }
        Ok(())
    }

    /// Writes a `MINIDUMP_THREAD_NAME`.
    pub(super) fn thread_name(
        &mut self,
        at: u64,
        index: usize,
        thread: &ThreadEntry,
    ) -> Result<(), WriteError> {
        let about = About::Thread(index);
        let tid = fits(thread.tid.value, "a thread's id", 32, about)?;
        let name = thread.name.as_ref().map_or("", |name| name.value.as_str());
        let name_at = self.string(name, about)?;
        self.put(at, &[(tid, 4), (name_at, 8)]);
        Ok(())
    }

    pub(super) fn module(&mut self, at: u64, index: usize, module: &ModuleEntry) -> Result<(), WriteError> {
        let about = About::Module(index);
        let name_at = self.string(&module.name.value, about)?;
        for (record_at, record) in
            MODULE_RECORDS_AT.into_iter().zip([&module.code_view, &module.miscellaneous])
        {
            self.sheet.align(4);
            let (size, file_offset) = match record {
                Some(record) => (record.size(), self.sheet.content(record, about)?),
                None => (0, 0),
            };
            self.put(at.saturating_add(record_at), &[(size, 4), (rva(file_offset, about)?, 4)]);
        }
        let size = fits(module.size.value, "a module's size", 32, about)?;
        self.put(
            at,
            &[
                (module.base.value, 8),
                (size, 4),
                (module.checksum.value.into(), 4),
                (module.timestamp.value.into(), 4),
                (name_at, 4),
            ],
        );
        let version = fits_room(&module.version, VERSION.size, "VersionInfo", about)?;
        self.sheet.put_content(at.saturating_add(VERSION.at), version);
        let reserved = fits_room(&module.reserved, RESERVED.size, "Reserved0 and Reserved1", about)?;
        self.sheet.put_content(at.saturating_add(RESERVED.at), reserved);
        Ok(())
    }

    /// Adds the contexts of threads, then exceptions' own contexts.
    fn records(&mut self) -> Result<(), WriteError> {
        let model = self.model;
        for (index, thread) in model.threads.iter().enumerate() {
            if let Some(record) = &thread.record {
                self.record(record, Part::Thread(index), About::Thread(index))?;
            }
        }
        for (index, crash) in model.crashes.iter().enumerate() {
            if let CrashRecord::Own(record) = &crash.record {
                self.record(record, Part::Crash(index), About::Crash(index))?;
            }
        }
        Ok(())
    }

    pub(super) fn record(&mut self, record: &Content, part: Part, about: About) -> Result<(), WriteError> {
        self.sheet.align(16);
        let at = self.sheet.content(record, about)?;
        self.parts.add(part, at, record.size());
        Ok(())
    }

    /// Size and file offset of a part, as fields of a `MINIDUMP_LOCATION_DESCRIPTOR`.
    fn location(&self, part: Option<Part>, about: About) -> Result<[(u64, usize); 2], WriteError> {
        let place = part.and_then(|part| self.parts.get(part));
        let Place { file_offset, size } = place.unwrap_or(Place { file_offset: 0, size: 0 });
        Ok([(size, 4), (rva(file_offset, about)?, 4)])
    }

    /// Adds the other streams. Returns, for streams whose bytes belong to another part, the index in the directory, the index of the
    /// stream, and the offset.
    fn other_streams(&mut self) -> Result<Vec<(usize, usize, FileOffset)>, WriteError> {
        let mut elsewhere = Vec::new();
        for (index, stream) in self.minidump.streams.iter().enumerate() {
            self.sheet.align(4);
            let (size, file_offset) = match &stream.content {
                StreamContent::Blob(blob) => {
                    let at = self.sheet.blob(blob, About::Stream(index))?;
                    let size = blob.content.size();
                    (size, if size == 0 { 0 } else { at })
                }
                StreamContent::Elsewhere { size, file_offset } => {
                    elsewhere.push((self.directory.len(), index, *file_offset));
                    ((*size).into(), 0)
                }
            };
            self.directory.push(Entry { kind: stream.kind, size, file_offset });
        }
        Ok(elsewhere)
    }

    /// A `MINIDUMP_MEMORY_DESCRIPTOR`.
    pub(super) fn descriptor(&self, places: &MemoryPlaces, index: usize) -> Result<Vec<u8>, WriteError> {
        let about = About::Memory(index);
        let Some(entry) = self.model.memory.get(index) else { return Ok(Vec::new()) };
        let size = fits(entry.captured, "a memory descriptor's size", 32, about)?;
        let file_offset = rva(places.offset(index), about)?;
        Ok(self.sheet.fields(&[(entry.address, 8), (size, 4), (file_offset, 4)]))
    }

    /// Writes the entries of the Memory64List, whose bytes follow one another from the list's base on.
    fn entries64(&mut self, places: &MemoryPlaces, list64: &[usize], room: Room) -> Result<(), WriteError> {
        let Some(base) = list64.first().map(|first| places.offset(*first)) else { return Ok(()) };
        let mut next = base;
        for (position, index) in list64.iter().enumerate() {
            let Some(entry) = self.model.memory.get(*index) else { continue };
            let fits_in = if entry.stored.size() > 0 {
                places.offset(*index) == next
            } else {
                // Memory that is not stored must not be found in the file.
                entry.captured == 0 || next >= places.end
            };
            if !fits_in {
                let text =
                    "a region of a Memory64List that is cut off by the end of the file must be the last";
                return Err(WriteError::new(WriteProblem::List(text), About::Memory(*index)));
            }
            next = next.saturating_add(entry.captured);
            let at = room.entry::<MINIDUMP_MEMORY_DESCRIPTOR64>(position);
            self.put(at, &[(entry.address, 8), (entry.captured, 8)]);
        }
        const BASE_AT: u64 = 8;
        self.put(room.file_offset.saturating_add(BASE_AT), &[(base, 8)]);
        Ok(())
    }

    pub(super) fn thread(
        &mut self,
        at: u64,
        places: &MemoryPlaces,
        index: usize,
        thread: &ThreadEntry,
    ) -> Result<(), WriteError> {
        let about = About::Thread(index);
        let fields = [
            (fits(thread.tid.value, "a thread's id", 32, about)?, 4),
            (thread.suspend_count.value.into(), 4),
            (thread.priority_class.value.into(), 4),
            (thread.priority.value.into(), 4),
            (thread.environment.value, 8),
        ];
        self.put(at, &fields);
        let stack = match thread.stack {
            Stack::None => Vec::new(),
            Stack::Memory(index) => self.descriptor(places, index)?,
            Stack::Descriptor { address, size, file_offset } => {
                let file_offset = rva(places.resolve(file_offset), about)?;
                self.sheet.fields(&[(address, 8), (size.into(), 4), (file_offset, 4)])
            }
        };
        self.sheet.put(at.saturating_add(THREAD_STACK_AT), &stack);
        let location = self.location(Some(Part::Thread(index)), about)?;
        self.put(at.saturating_add(THREAD_CONTEXT_AT), &location);
        Ok(())
    }

    pub(super) fn crash(&mut self, at: u64, index: usize, crash: &Crash) -> Result<(), WriteError> {
        let about = About::Crash(index);
        if crash.parameters.len() > MOST_PARAMETERS {
            return Err(WriteError::new(WriteProblem::Parameters, about));
        }
        let mut fields = vec![
            (fits(crash.thread.value, "a thread's id", 32, about)?, 4),
            (0, 4),
            (crash.code.value.into(), 4),
            (crash.flags.value.into(), 4),
            (crash.nested.value, 8),
            (crash.address.map_or(0, |address| address.value), 8),
            (crash.parameter_count.value.into(), 4),
            (0, 4),
        ];
        let parameters = crash.parameters.iter().map(|parameter| parameter.value);
        fields.extend(parameters.chain(std::iter::repeat(0)).take(MOST_PARAMETERS).map(|value| (value, 8)));
        let part = match crash.record {
            CrashRecord::None => None,
            CrashRecord::Thread(thread) => Some(Part::Thread(thread)),
            CrashRecord::Own(_) => Some(Part::Crash(index)),
        };
        fields.extend(self.location(part, about)?);
        self.put(at, &fields);
        Ok(())
    }
}

/// Checks that a content fits into a field of `room` bytes.
fn fits_room<'c>(
    content: &'c Content,
    room: u64,
    what: &'static str,
    about: About,
) -> Result<&'c Content, WriteError> {
    match content.size() {
        size if size > room => Err(WriteError::new(WriteProblem::TooLong { size, what, room }, about)),
        _ => Ok(content),
    }
}
