//! Reads minidumps as models: the contents of the streams that dumpedit knows, and the bytes of all others.

use std::collections::{HashMap, HashSet};

use dumpedit_layout::{Format, Notice, NoticeKind, Notices, Place, Subject};
use minidump_common::format::{
    MINIDUMP_EXCEPTION_STREAM, MINIDUMP_HEADER, MINIDUMP_LOCATION_DESCRIPTOR, MINIDUMP_MEMORY_DESCRIPTOR,
    MINIDUMP_MEMORY_DESCRIPTOR64, MINIDUMP_MEMORY_INFO, MINIDUMP_MODULE, MINIDUMP_STREAM_TYPE,
    MINIDUMP_SYSTEM_INFO, MINIDUMP_THREAD, MINIDUMP_THREAD_NAME,
};
use scroll::Endian;

use super::directory::usual_rank;
use super::fields;
use super::follow::Follower;
use super::shown::System;
use super::stream::{Dump, List, Listener, Shape, Stream, place_of};
use super::{Opened, context};
use crate::FormatError;
use crate::exception_record::parameter_count;
use crate::fields::Row;
use crate::model::{
    self, Container, Content, Crash, CrashRecord, FileOffset, MappingEntry, Memory, Minidump, Model,
    ModuleEntry, Padded, Placed, SegmentParts, Stack, Stored, StreamContent, SystemInfo, Target, ThreadEntry,
};
use crate::stored::StoredBytes;

/// Reads the model of a minidump.
///
/// # Errors
/// [`FormatError::Broken`] where the header or the whole directory is not in the file.
pub(crate) fn read(bytes: &[u8]) -> Result<Model, FormatError> {
    let Opened { dump, header, odd } = super::open(bytes)?;
    let system = System::read(&dump);
    let (machine, width) = super::machine(&dump, system.as_ref());
    let target = Target { format: Format::Minidump, machine, byte_order: dump.byte_order() };
    let minidump = Minidump {
        version: header.version,
        checksum: header.checksum,
        timestamp: header.time_date_stamp,
        flags: header.flags,
        system: None,
        padded: Padded::default(),
        memory_align: 1,
        streams: Vec::new(),
        order: Vec::new(),
    };
    let mut lost = Notices::default();
    odd.tell_of_losses(&mut lost);
    let mut reader =
        Reader { dump: &dump, target, minidump, lost, read: HashSet::new(), unlooked: bytes.len() };
    reader.system();
    let mut memory = reader.memory_list();
    let memory64 = reader.memory64_list();
    let modules = reader.modules();
    let mappings = reader.mappings();
    let threads = reader.threads(&mut memory);
    let crashes = reader.crashes(&threads);
    for (address, size, file_offset) in memory64 {
        memory.add64(address, size, file_offset);
    }
    reader.other_streams(&header, &Follower::of(&dump, width));
    let Reader { minidump, lost, .. } = reader;
    let mut model = Model::new(target, Container::Minidump(minidump));
    model.threads = threads.into_iter().map(|(thread, _)| thread).collect();
    model.crashes = crashes;
    model.modules = modules;
    model.memory = memory.memory;
    model.mappings = mappings;
    model.lost = lost.finish();
    Ok(model)
}

impl Listener for Notices {
    fn notices(&mut self) -> &mut Notices {
        self
    }

    fn structure(&mut self, _file_offset: u64, _size: u64) {}
}

/// A value, with its place in a structure.
fn placed<T>(value: T, structure: u64, field: Row) -> Placed<T> {
    Placed::at(value, structure.saturating_add(field.at), field.size)
}

struct Reader<'d> {
    dump: &'d Dump<'d>,
    target: Target,
    minidump: Minidump,
    lost: Notices,
    /// Streams that became something else than bytes.
    read: HashSet<Stream>,
    /// Bytes behind the known parts of streams that may still be searched.
    unlooked: usize,
}

impl<'d> Reader<'d> {
    /// The list of a type that the model holds: the first of that type that can be read, if it has entries.
    fn list<T: scroll::ctx::SizeWith<Endian>>(
        &mut self,
        kind: MINIDUMP_STREAM_TYPE,
        shape: impl Fn(Stream) -> Option<Shape>,
    ) -> Option<List> {
        let lists = self.dump.lists::<T>(kind, &mut self.lost, shape);
        let list = lists.into_iter().find(|list| list.count() > 0)?;
        self.read.insert(list.stream);
        self.tell_of_rest(list.stream.place, list.end());
        Some(list)
    }

    /// A list that begins with a count of 32 bits.
    fn counted<T: scroll::ctx::SizeWith<Endian>>(&mut self, kind: MINIDUMP_STREAM_TYPE) -> Option<List> {
        let dump = self.dump;
        self.list::<T>(kind, |stream| dump.counted::<T>(stream))
    }

    /// Adds a notice of bytes that are not zero behind the known part of a stream.
    fn tell_of_rest(&mut self, stream: Place, end: u64) {
        let rest = self.dump.slice(Place { file_offset: end, size: stream.end().saturating_sub(end) });
        // A hostile directory repeats the same bytes.
        let looked_at = rest.get(..self.unlooked).unwrap_or(rest);
        self.unlooked = self.unlooked.saturating_sub(rest.len());
        if looked_at.len() < rest.len() || looked_at.iter().any(|byte| *byte != 0) {
            self.lost.count(NoticeKind::LostBytesOfStream, Subject::FileOffset(stream.file_offset));
        }
    }

    /// Bytes of the file; no bytes of it where all are zeros.
    fn unless_zero(&self, place: Place) -> Content {
        match self.dump.slice(place) {
            bytes if bytes.iter().all(|byte| *byte == 0) => Content::Zero(place.size),
            _ => Content::File(place),
        }
    }

    /// The text of a `MINIDUMP_STRING`.
    fn text(&mut self, file_offset: u64) -> Placed<String> {
        let place = self.dump.string_place(file_offset);
        let (Some(place), Some(text)) = (place, self.dump.string(file_offset)) else {
            if file_offset != 0 {
                self.lost.count(NoticeKind::LostName, Subject::FileOffset(file_offset));
            }
            return String::new().into();
        };
        if text.contains(char::REPLACEMENT_CHARACTER) {
            self.lost.count(NoticeKind::LostNameLetters, Subject::FileOffset(file_offset));
        }
        Placed::at(text, place.file_offset, place.size)
    }

    fn system(&mut self) {
        let dump = self.dump;
        let size = dump.size_of::<MINIDUMP_SYSTEM_INFO>();
        let found = dump.of(MINIDUMP_STREAM_TYPE::SystemInfoStream).find_map(|stream| {
            let raw = dump.read::<MINIDUMP_SYSTEM_INFO>(stream.place.file_offset)?;
            (stream.place.size >= size).then_some((stream, raw))
        });
        let Some((stream, raw)) = found else { return };
        self.read.insert(stream);
        let at = stream.place.file_offset;
        self.tell_of_rest(stream.place, at.saturating_add(size));
        let cpu = fields::system::CPU.in_structure(at);
        self.minidump.system = Some(SystemInfo {
            architecture: placed(raw.processor_architecture, at, fields::system::ARCHITECTURE),
            level: raw.processor_level,
            revision: raw.processor_revision,
            processors: raw.number_of_processors,
            product_type: raw.product_type,
            version: [raw.major_version, raw.minor_version, raw.build_number],
            platform: placed(raw.platform_id, at, fields::system::PLATFORM),
            service_pack: match raw.csd_version_rva {
                0 => None,
                rva => Some(self.text(rva.into())),
            },
            suite_mask: raw.suite_mask,
            reserved: raw.reserved2,
            cpu: self.unless_zero(cpu),
        });
    }

    fn memory_list(&mut self) -> Captures {
        let mut captures = Captures::of(self.dump.size());
        let Some(list) = self.counted::<MINIDUMP_MEMORY_DESCRIPTOR>(MINIDUMP_STREAM_TYPE::MemoryListStream)
        else {
            return captures;
        };
        self.minidump.padded.memory = list.is_padded();
        for descriptor in self.dump.entries::<MINIDUMP_MEMORY_DESCRIPTOR>(list) {
            captures.add(&descriptor, model::List::Memory);
        }
        captures
    }

    /// Addresses, sizes and file offsets of the Memory64List.
    fn memory64_list(&mut self) -> Vec<(u64, u64, u64)> {
        let dump = self.dump;
        let shape = |stream| dump.counted64(stream);
        let list = self.list::<MINIDUMP_MEMORY_DESCRIPTOR64>(MINIDUMP_STREAM_TYPE::Memory64ListStream, shape);
        let base = |list: List| dump.read::<u64>(list.stream.place.file_offset.checked_add(8)?);
        let Some((list, mut next)) = list.and_then(|list| Some((list, base(list)?))) else {
            return Vec::new();
        };
        let entry = |descriptor: MINIDUMP_MEMORY_DESCRIPTOR64| {
            let at = next;
            // A sum that saturates is past the end of every file.
            next = next.saturating_add(descriptor.data_size);
            (descriptor.start_of_memory_range, descriptor.data_size, at)
        };
        dump.entries(list).map(entry).collect()
    }

    fn modules(&mut self) -> Vec<ModuleEntry> {
        let Some(list) = self.counted::<MINIDUMP_MODULE>(MINIDUMP_STREAM_TYPE::ModuleListStream) else {
            return Vec::new();
        };
        self.minidump.padded.modules = list.is_padded();
        let mut modules = Vec::new();
        for (at, raw) in self.dump.placed_entries::<MINIDUMP_MODULE>(list) {
            let part = |field: Row| self.unless_zero(field.in_structure(at));
            let (version, reserved) = (part(fields::module::VERSION), part(fields::module::RESERVED));
            modules.push(ModuleEntry {
                base: placed(raw.base_of_image, at, fields::module::BASE),
                size: placed(raw.size_of_image.into(), at, fields::module::SIZE),
                name: self.text(raw.module_name_rva.into()),
                page: 0.into(),
                checksum: placed(raw.checksum, at, fields::module::CHECKSUM),
                timestamp: placed(raw.time_date_stamp, at, fields::module::TIMESTAMP),
                version,
                code_view: self.module_record(raw.cv_record),
                miscellaneous: self.module_record(raw.misc_record),
                reserved,
            });
        }
        modules
    }

    /// A record of a module, up to the end of the file.
    fn module_record(&mut self, location: MINIDUMP_LOCATION_DESCRIPTOR) -> Option<Content> {
        let place = place_of(location);
        if place.size == 0 {
            return None;
        }
        let held = self.dump.held(place);
        if held < place.size {
            self.lost.count(NoticeKind::LostRecordOfModule, Subject::FileOffset(place.file_offset));
        }
        (held > 0).then_some(Content::File(Place { size: held, ..place }))
    }

    /// The entries of MemoryInfoList, where it would be written the same.
    fn mappings(&mut self) -> Vec<MappingEntry> {
        let dump = self.dump;
        let kind = MINIDUMP_STREAM_TYPE::MemoryInfoListStream;
        let size = dump.size_of::<MINIDUMP_MEMORY_INFO>();
        // Padding may mean something to other tools.
        let is_plain = |stream: &Stream, shape: Shape| {
            let list = shape.declared.checked_mul(size).and_then(|size| size.checked_add(16));
            shape.header == 16
                && shape.entry == size
                && list == Some(stream.place.size)
                && dump.held(stream.place) == stream.place.size
        };
        let plain = |stream| dump.memory_infos(stream).filter(|shape| is_plain(&stream, *shape));
        if dump.of(kind).next().and_then(plain).is_none() {
            return Vec::new();
        }
        let Some(list) = self.list::<MINIDUMP_MEMORY_INFO>(kind, |stream| dump.memory_infos(stream)) else {
            return Vec::new();
        };
        let mut mappings = Vec::new();
        for raw in dump.entries::<MINIDUMP_MEMORY_INFO>(list) {
            if raw.__alignment1 != 0 || raw.__alignment2 != 0 {
                self.read.remove(&list.stream);
                return Vec::new();
            }
            mappings.push(MappingEntry {
                address: raw.base_address,
                base: raw.allocation_base,
                allocation_protection: raw.allocation_protection,
                size: raw.region_size,
                state: raw.state,
                protection: raw.protection,
                kind: raw._type,
            });
        }
        mappings
    }

    /// Names in ThreadNames, by thread id.
    fn names(&mut self) -> HashMap<u32, Placed<String>> {
        let mut names: HashMap<u32, Placed<String>> = HashMap::new();
        let Some(list) = self.counted::<MINIDUMP_THREAD_NAME>(MINIDUMP_STREAM_TYPE::ThreadNamesStream) else {
            return names;
        };
        if list.is_padded() {
            let notice = Notice::new(NoticeKind::LostPadding, "the padding of the ThreadNamesStream");
            self.lost.tell(notice.about(Subject::Stream("ThreadNamesStream".to_owned())));
        }
        for raw in self.dump.entries::<MINIDUMP_THREAD_NAME>(list) {
            let name = self.text(raw.thread_name_rva);
            let known = names.entry(raw.thread_id).or_default();
            if known.place.is_none() || known.value.is_empty() {
                *known = name;
            } else {
                self.lost.count(NoticeKind::LostFurtherName, Subject::Thread(raw.thread_id.into()));
            }
        }
        names
    }

    /// The threads, each with the place of its context.
    fn threads(&mut self, captures: &mut Captures) -> Vec<(ThreadEntry, Place)> {
        let mut names = self.names();
        let mut threads = Vec::new();
        if let Some(list) = self.counted::<MINIDUMP_THREAD>(MINIDUMP_STREAM_TYPE::ThreadListStream) {
            self.minidump.padded.threads = list.is_padded();
            let dump = self.dump;
            captures.look_for(dump.entries::<MINIDUMP_THREAD>(list).map(|raw| raw.stack));
            for (at, raw) in dump.placed_entries::<MINIDUMP_THREAD>(list) {
                let context = place_of(raw.thread_context);
                let thread = ThreadEntry {
                    tid: placed(raw.thread_id.into(), at, fields::thread::ID),
                    // Threads that share an id have its name once.
                    name: names.remove(&raw.thread_id),
                    record: self.record(context),
                    stack: captures.stack(&raw.stack),
                    environment: placed(raw.teb, at, fields::thread::ENVIRONMENT),
                    suspend_count: placed(raw.suspend_count, at, fields::thread::SUSPEND_COUNT),
                    priority_class: placed(raw.priority_class, at, fields::thread::PRIORITY_CLASS),
                    priority: placed(raw.priority, at, fields::thread::PRIORITY),
                    ..ThreadEntry::default()
                };
                threads.push((thread, context));
            }
        }
        for (tid, name) in names {
            if !name.value.is_empty() {
                self.lost.count(NoticeKind::LostNameOfUnlistedThread, Subject::Thread(tid.into()));
            }
        }
        threads
    }

    /// The context at a place. Parts that the end of the file cuts off are zero, up to the size of its kind.
    fn record(&mut self, place: Place) -> Option<Content> {
        let held = self.dump.held(place);
        if held == place.size {
            return (place.size > 0).then_some(Content::File(place));
        }
        self.lost.count(NoticeKind::ContextCutOff, Subject::FileOffset(place.file_offset));
        let kind = context::kind_of(self.dump, self.target.machine, place).filter(|_| held > 0)?;
        let size = place.size.min(held.max(kind.size));
        let file = Place { file_offset: place.file_offset, size: held.min(size) };
        Some(Content::Cut { file, size })
    }

    fn crashes(&mut self, threads: &[(ThreadEntry, Place)]) -> Vec<Crash> {
        let dump = self.dump;
        let size = dump.size_of::<MINIDUMP_EXCEPTION_STREAM>();
        let mut by_id: HashMap<u64, (usize, Place)> = HashMap::new();
        for (index, (thread, context)) in threads.iter().enumerate() {
            by_id.entry(thread.tid.value).or_insert((index, *context));
        }
        let mut crashes = Vec::new();
        for stream in dump.of(MINIDUMP_STREAM_TYPE::ExceptionStream) {
            let at = stream.place.file_offset;
            let raw = dump.read::<MINIDUMP_EXCEPTION_STREAM>(at).filter(|_| stream.place.size >= size);
            let Some(raw) = raw.filter(|_| dump.affords_entries(size)) else { continue };
            self.read.insert(stream);
            self.tell_of_rest(stream.place, at.saturating_add(size));
            let exception = &raw.exception_record;
            if (raw.__align, exception.__align) != (0, 0) {
                self.lost.count(NoticeKind::LostExceptionPadding, Subject::FileOffset(at));
            }
            let context = place_of(raw.thread_context);
            let of_thread = by_id.get(&raw.thread_id.into()).filter(|(_, place)| *place == context);
            let record = match of_thread {
                Some((index, _)) if context.size > 0 && dump.held(context) > 0 => CrashRecord::Thread(*index),
                _ => self.record(context).map_or(CrashRecord::None, CrashRecord::Own),
            };
            let parameters = &exception.exception_information;
            let parameter =
                |(value, index): (&u64, u64)| placed(*value, at, fields::exception::parameter(index));
            let parameters = parameters.iter().zip(0u64..).take(parameter_count(exception));
            crashes.push(Crash {
                thread: placed(raw.thread_id.into(), at, fields::exception::THREAD),
                code: placed(exception.exception_code, at, fields::exception::CODE),
                si_code: 0.into(),
                flags: placed(exception.exception_flags, at, fields::exception::FLAGS),
                nested: placed(exception.exception_record, at, fields::exception::NESTED),
                address: Some(placed(exception.exception_address, at, fields::exception::ADDRESS)),
                parameter_count: placed(exception.number_parameters, at, fields::exception::PARAMETER_COUNT),
                parameters: parameters.map(parameter).collect(),
                record,
            });
        }
        crashes
    }

    /// Adds the streams that are still bytes, in the directory's order.
    fn other_streams(&mut self, header: &MINIDUMP_HEADER, follower: &Follower<'_>) {
        let mut seen = HashSet::new();
        let mut order = Vec::new();
        for index in 0..u64::from(header.stream_count) {
            let Some(stream) = self.dump.directory_entry(header, index) else { break };
            // A stream that is listed twice is read once; entries without bytes are mere numbers.
            let is_first = stream.place.size == 0 || seen.insert(stream);
            if !is_first {
                continue;
            }
            let is_known = self.read.contains(&stream);
            if !is_known {
                let Some(content) = self.stream(stream, follower) else { continue };
                self.minidump.streams.push(model::Stream { kind: stream.kind, content });
            }
            order.push((stream.kind, is_known));
        }
        if !order.is_sorted_by_key(|(kind, is_known)| usual_rank(*kind, *is_known)) {
            self.minidump.order = order.into_iter().map(|(kind, _)| kind).collect();
        }
    }

    fn stream(&mut self, stream: Stream, follower: &Follower<'_>) -> Option<StreamContent> {
        let place = stream.place;
        let held = self.dump.held(place);
        if held == 0 && place.size > 0 {
            let size = u32::try_from(place.size).unwrap_or(u32::MAX);
            let offset = self.past_the_end(place.file_offset);
            return Some(StreamContent::Elsewhere { size, file_offset: FileOffset::Number(offset) });
        }
        if held < place.size {
            self.lost.count(NoticeKind::StreamCutOff, Subject::FileOffset(place.file_offset));
        }
        let unmoved = UNMOVED.iter().find(|(kind, least, _)| held >= *least && stream.is(*kind));
        if let Some((.., kind)) = unmoved {
            self.lost.count(*kind, Subject::FileOffset(place.file_offset));
            return None;
        }
        let held = Place { size: held, ..place };
        Some(StreamContent::Blob(follower.blob(stream, held, &mut self.lost)))
    }

    /// A file offset past the end of any dump written from the model, whose size differs, but is hardly twice this one's.
    fn past_the_end(&self, file_offset: u64) -> u64 {
        let size = self.dump.size();
        if file_offset >= size.saturating_mul(2) {
            file_offset
        } else {
            file_offset.saturating_add(size).min(u32::MAX.into())
        }
    }
}

/// Streams whose file offsets lead to memory and contexts, of which one list is kept: number of bytes up to such an offset, and the notice
/// for those that are not kept.
const UNMOVED: &[(MINIDUMP_STREAM_TYPE, u64, NoticeKind)] = &[
    (MINIDUMP_STREAM_TYPE::ThreadListStream, 4 + 48, NoticeKind::LostThreadList),
    (MINIDUMP_STREAM_TYPE::ThreadExListStream, 4 + 64, NoticeKind::LostThreadExList),
    (MINIDUMP_STREAM_TYPE::MemoryListStream, 4 + 16, NoticeKind::LostMemoryList),
    (MINIDUMP_STREAM_TYPE::Memory64ListStream, 16 + 16, NoticeKind::LostMemory64List),
    (MINIDUMP_STREAM_TYPE::ExceptionStream, 168, NoticeKind::LostException),
];

/// The memory entries found so far.
struct Captures {
    memory: Vec<Memory>,
    stored: StoredBytes,
    /// The first entry with the address, size and file offset of a stack, once it is found.
    stacks: HashMap<(u64, u32, u32), Option<usize>>,
    /// Descriptors of the entries of `memory` so far.
    descriptors: Vec<(u64, u32, u32)>,
}

fn key(descriptor: &MINIDUMP_MEMORY_DESCRIPTOR) -> (u64, u32, u32) {
    (descriptor.start_of_memory_range, descriptor.memory.data_size, descriptor.memory.rva)
}

impl Captures {
    fn of(file_size: u64) -> Captures {
        Captures {
            memory: Vec::new(),
            stored: StoredBytes::new(file_size),
            stacks: HashMap::new(),
            descriptors: Vec::new(),
        }
    }

    /// Adds the memory of a descriptor, and returns its index. Bytes that another entry stores are not stored again.
    fn add(&mut self, descriptor: &MINIDUMP_MEMORY_DESCRIPTOR, list: model::List) -> usize {
        let index = self.memory.len();
        let (size, file_offset) = (u64::from(descriptor.memory.data_size), u64::from(descriptor.memory.rva));
        let stored = if file_offset == 0 {
            // The header is at offset 0: the descriptor's bytes are not in the file.
            Stored::Elsewhere(FileOffset::Number(0))
        } else {
            self.stored.of(index, size, file_offset, true)
        };
        self.push(descriptor.start_of_memory_range, size, stored, list);
        self.descriptors.push(key(descriptor));
        index
    }

    /// Adds an entry of the Memory64List.
    fn add64(&mut self, address: u64, size: u64, file_offset: u64) {
        let stored = self.stored.of(self.memory.len(), size, file_offset, false);
        self.push(address, size, stored, model::List::Memory64);
    }

    fn push(&mut self, address: u64, size: u64, stored: Stored, list: model::List) {
        let segment = SegmentParts::default();
        self.memory.push(Memory {
            address,
            size,
            captured: size,
            stored,
            protection: None,
            list,
            segment,
            load: None,
        });
    }

    /// Registers descriptors of stacks, whose entries are to be found.
    fn look_for(&mut self, stacks: impl Iterator<Item = MINIDUMP_MEMORY_DESCRIPTOR>) {
        self.stacks = stacks.map(|stack| (key(&stack), None)).collect();
        for (index, key) in self.descriptors.iter().enumerate() {
            if let Some(found) = self.stacks.get_mut(key) {
                found.get_or_insert(index);
            }
        }
    }

    /// The stack of a descriptor: an entry of the list, or memory that is in none.
    fn stack(&mut self, descriptor: &MINIDUMP_MEMORY_DESCRIPTOR) -> Stack {
        let (address, size, file_offset) = key(descriptor);
        if (address, size, file_offset) == (0, 0, 0) {
            return Stack::None;
        }
        if size == 0 || file_offset == 0 {
            let file_offset = FileOffset::Number(file_offset.into());
            return Stack::Descriptor { address, size, file_offset };
        }
        let known = self.stacks.get(&key(descriptor)).copied().flatten();
        let index = known.unwrap_or_else(|| self.add(descriptor, model::List::Outside));
        self.stacks.insert(key(descriptor), Some(index));
        Stack::Memory(index)
    }
}
