//! Minidumps that grow in place: lists that changed, new streams and a new directory go behind the end of the file, and then the header
//! refers to them. Entries of lists that do not change are copied.

use std::collections::{HashMap, HashSet};

use dumpedit_layout::{FileBytes, Notices};
use minidump_common::format::{
    MINIDUMP_DIRECTORY, MINIDUMP_EXCEPTION_STREAM, MINIDUMP_HEADER, MINIDUMP_MEMORY_DESCRIPTOR,
    MINIDUMP_MEMORY_DESCRIPTOR64, MINIDUMP_MEMORY_INFO, MINIDUMP_MODULE, MINIDUMP_STREAM_TYPE,
    MINIDUMP_THREAD, MINIDUMP_THREAD_NAME,
};
use scroll::Endian;
use scroll::ctx::SizeWith;

use super::directory::Entry;
use super::stream::{Dump, List, Shape, Stream};
use super::write::Writer;
use crate::fields::Room;
use crate::model::{
    self, Content, Crash, CrashRecord, MappingEntry, Memory, Minidump, Model, ModuleEntry, Place, Stack,
    StreamContent, ThreadEntry,
};
use crate::write::{
    About, Growth, Left, MemoryPlaces, Part, Parts, Resized, Row, Sheet, WriteError, WriteProblem,
    check_whole, cut_off, is_unchanged, pointer_fields, rows, rva, wide,
};

type Type = MINIDUMP_STREAM_TYPE;

/// The bytes to add to the minidump `bytes`, whose model is `old`, so that its model becomes `new`.
pub(crate) fn grow(
    bytes: &[u8],
    old: &Model,
    new: &Model,
    resized: &[Resized],
) -> Result<Growth, WriteError> {
    grown(bytes, old, new, resized).map_err(|error| match error.problem {
        WriteProblem::BeyondRva => {
            let text = "its file would extend past 4 GiB, where no offset of its tables can point";
            WriteError::new(WriteProblem::NoRoom(text), error.about)
        }
        _ => error,
    })
}

fn grown(bytes: &[u8], old: &Model, new: &Model, resized: &[Resized]) -> Result<Growth, WriteError> {
    let container = || WriteError::new(WriteProblem::Container, About::Dump);
    let super::Opened { dump, header, .. } = super::open(bytes).map_err(|_| container())?;
    check_whole(&old.memory)?;
    check_streams(&dump, &header, old)?;
    let mut model = new.clone();
    let elsewhere = settle_lists(&dump, old, &mut model)?;
    let minidump = model.minidump().ok_or_else(container)?;
    let old_minidump = old.minidump().ok_or_else(container)?;
    let align = minidump.memory_align.max(16);
    let memory = MemoryPlaces::behind(&model.memory, dump.size(), align, is_64)?;
    let writer = Writer {
        model: &model,
        minidump,
        sheet: Sheet::behind(model.target.byte_order, memory.end),
        directory: Vec::new(),
        parts: Parts::default(),
    };
    let (size, notices) = (dump.size(), Notices::default());
    let (replaced, removed) = (HashMap::new(), HashSet::new());
    let mut grower = Grower { dump, header, old, old_minidump, memory, writer, replaced, removed, notices };
    let repointed = grower.resized(resized)?;
    grower.lists()?;
    let header = grower.directory()?;
    if header.is_none() && repointed.is_empty() {
        return Ok(Growth::none(size));
    }
    let header = header.unwrap_or_else(|| Growth::none(size).header);
    let left = grower.left(!header.bytes.is_empty());
    let Grower { writer: Writer { sheet, .. }, memory, .. } = grower;
    let end = sheet.end();
    let (mut pieces, patches) = sheet.finish();
    pieces.splice(0..0, memory.pieces_behind(&model.memory, size));
    let growth = Growth { pieces, repointed, patches, header, elsewhere, ..Growth::none(end) };
    Ok(growth.losing(bytes, left))
}

fn is_64(entry: &Memory) -> bool {
    entry.list == model::List::Memory64
}

/// Checks that no stream or context claims to be behind the end of the file.
fn check_streams(dump: &Dump<'_>, header: &MINIDUMP_HEADER, old: &Model) -> Result<(), WriteError> {
    for index in 0..u64::from(header.stream_count) {
        let stream = dump.directory_entry(header, index).ok_or_else(|| cut_off(About::Dump))?;
        if dump.held(stream.place) < stream.place.size {
            return Err(cut_off(About::Dump));
        }
    }
    let is_cut = |record: &Content| matches!(record, Content::Cut { .. });
    if let Some(index) = old.threads.iter().position(|thread| thread.record.as_ref().is_some_and(is_cut)) {
        return Err(cut_off(About::Thread(index)));
    }
    let of_crash = |crash: &Crash| matches!(&crash.record, CrashRecord::Own(record) if is_cut(record));
    match old.crashes.iter().position(of_crash) {
        Some(index) => Err(cut_off(About::Crash(index))),
        None => Ok(()),
    }
}

/// Moves new memory that the Memory64List has no room for to the MemoryList, and returns its indices: the bytes of a Memory64List follow
/// one another, so that there is room for more only at the end of the file.
fn settle_lists(dump: &Dump<'_>, old: &Model, new: &mut Model) -> Result<Vec<usize>, WriteError> {
    let old64: Vec<&Memory> = old.memory.iter().filter(|entry| is_64(entry)).collect();
    let new64: Vec<&Memory> = new.memory.iter().filter(|entry| is_64(entry)).collect();
    let kept = old64.iter().zip(&new64).take_while(|(one, other)| is_same_memory(one, other)).count();
    let ends_file = kept == old64.len()
        && old64.last().is_some_and(|last| {
            last.stored.size() == last.captured
                && matches!(&last.stored, model::Stored::Own(content)
                    if content.place().is_some_and(|place| place.end() == dump.size()))
        });
    let mut elsewhere = Vec::new();
    let entries = new.memory.iter_mut().enumerate().filter(|(_, entry)| is_64(entry)).skip(kept);
    for (index, entry) in entries {
        let stands = matches!(&entry.stored, model::Stored::Own(content) if content.place().is_some());
        if stands {
            let text = "the regions of a Memory64List are stored one after another: only the last can be \
                        dropped in place";
            return Err(WriteError::new(WriteProblem::NoRoom(text), About::Memory(index)));
        }
        if !ends_file {
            entry.list = model::List::Memory;
            elsewhere.push(index);
        }
    }
    Ok(elsewhere)
}

struct Grower<'m> {
    dump: Dump<'m>,
    header: MINIDUMP_HEADER,
    old: &'m Model,
    old_minidump: &'m Minidump,
    memory: MemoryPlaces,
    writer: Writer<'m>,
    /// Streams that moved: their sizes and file offsets.
    replaced: HashMap<Stream, (u64, u64)>,
    /// Streams that were removed.
    removed: HashSet<Stream>,
    /// Notices about the lists, which were given when they were read.
    notices: Notices,
}

/// A list of the directory, and how its count is stored.
struct Table {
    kind: Type,
    list: Option<List>,
    /// Header for a list that the dump does not have yet.
    header: Vec<u8>,
    count_at: u64,
    count_size: usize,
    /// Size of an entry, in bytes.
    entry: u64,
}

/// Places in the file of the parts of a model outside of streams.
fn places(model: &Model) -> impl Iterator<Item = Place> {
    let records = model.threads.iter().filter_map(|thread| thread.record.as_ref()?.place());
    let crashes = model.crashes.iter().filter_map(|crash| match &crash.record {
        CrashRecord::Own(record) => record.place(),
        CrashRecord::Thread(_) | CrashRecord::None => None,
    });
    let thread_names = model.threads.iter().filter_map(|thread| thread.name.as_ref()?.place);
    let module_names = model.modules.iter().filter_map(|module| module.name.place);
    let module_records = model.modules.iter().flat_map(|module| {
        [&module.code_view, &module.miscellaneous].into_iter().flatten().filter_map(Content::place)
    });
    let memory = model.memory.iter().filter_map(Memory::place);
    memory.chain(records).chain(crashes).chain(thread_names).chain(module_names).chain(module_records)
}

impl<'m> Grower<'m> {
    /// The places that are left by a file with or without a new directory.
    fn left(&self, has_directory: bool) -> Left {
        if !has_directory {
            return Left::default();
        }
        let entries = self.dump.size_of::<MINIDUMP_DIRECTORY>();
        let directory = Place {
            file_offset: self.header.stream_directory_rva.into(),
            size: entries.saturating_mul(self.header.stream_count.into()),
        };
        let streams = self.replaced.keys().chain(&self.removed).map(|stream| stream.place);
        Left {
            gone: streams.chain([directory]).chain(places(self.old)).collect(),
            stays: places(self.writer.model).collect(),
        }
    }

    /// The list of a type that the model was read from, which may be empty.
    fn find<T: SizeWith<Endian>>(
        &mut self,
        kind: Type,
        shape: impl Fn(&Dump<'_>, Stream) -> Option<Shape>,
    ) -> Option<List> {
        let dump = &self.dump;
        let lists = dump.lists::<T>(kind, &mut self.notices, |stream| shape(dump, stream));
        lists.iter().find(|list| list.count() > 0).or(lists.first()).copied()
    }

    fn counted<T: SizeWith<Endian>>(&mut self, kind: Type) -> Table {
        let list = self.find::<T>(kind, |dump, stream| dump.counted::<T>(stream));
        let entry = list.map_or(self.dump.size_of::<T>(), |list| list.entry_size());
        Table { kind, list, header: vec![0; 4], count_at: 0, count_size: 4, entry }
    }

    fn lists(&mut self) -> Result<(), WriteError> {
        let new = self.writer.model;
        for (index, thread) in new.threads.iter().enumerate() {
            match &thread.record {
                Some(Content::File(place)) => {
                    self.writer.parts.add(Part::Thread(index), place.file_offset, place.size);
                }
                Some(record) => self.writer.record(record, Part::Thread(index), About::Thread(index))?,
                None => {}
            }
        }
        self.memory_list()?;
        self.memory64_list()?;
        self.mappings()?;
        self.threads()?;
        self.names()?;
        self.modules()?;
        self.crashes()?;
        self.streams()
    }

    /// Adds values of another size. Returns the file offsets to write that lead to them.
    fn resized(&mut self, resized: &[Resized]) -> Result<Vec<FileBytes>, WriteError> {
        let mut repointed = Vec::with_capacity(resized.len());
        for Resized { stored, bytes } in resized {
            let Room::Behind(lead) = stored.room else {
                return Err(WriteError::new(
                    WriteProblem::NotWhole("the structure that contains the resized value"),
                    About::Dump,
                ));
            };
            let sheet = &mut self.writer.sheet;
            sheet.align(4);
            let at = sheet.content(&Content::from(bytes.clone()), About::Dump)?;
            let fields = pointer_fields(lead.pointer, at, wide(bytes.len()), About::Dump)?;
            repointed.push(FileBytes { file_offset: lead.at, bytes: sheet.fields(&fields) });
        }
        Ok(repointed)
    }

    /// Rewrites a list whose entries changed.
    fn table(
        &mut self,
        table: &Table,
        rows: &[Row],
        mut make: impl FnMut(&mut Self, u64, usize) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        let count = table.list.map_or(0, |list| list.count());
        if is_unchanged(rows, usize::try_from(count).unwrap_or(usize::MAX)) {
            return Ok(());
        }
        let mut header = match table.list {
            Some(list) => self.dump.slice(list.header_place()).to_vec(),
            None => table.header.clone(),
        };
        let number = self.writer.sheet.number(wide(rows.len()), table.count_size);
        let at = usize::try_from(table.count_at).unwrap_or(usize::MAX);
        header.iter_mut().skip(at).zip(number).for_each(|(into, byte)| *into = byte);
        let size = table.entry.saturating_mul(wide(rows.len())).saturating_add(wide(header.len()));
        self.writer.sheet.align(8);
        let file_offset = self.writer.sheet.reserve(size, About::Dump)?;
        self.writer.sheet.put(file_offset, &header);
        let mut at = file_offset.saturating_add(wide(header.len()));
        for row in rows {
            match row {
                Row::Kept(index) => {
                    let place = table.list.and_then(|list| list.entry_place(wide(*index)));
                    let place = place.ok_or_else(|| cut_off(About::Dump))?;
                    self.writer.sheet.put_content(at, &Content::File(place));
                }
                Row::New(index) => make(self, at, *index)?,
            }
            at = at.saturating_add(table.entry);
        }
        match table.list {
            Some(list) => {
                self.replaced.insert(list.stream, (size, file_offset));
            }
            None => self.writer.directory.push(Entry { kind: table.kind.into(), size, file_offset }),
        }
        Ok(())
    }

    fn memory_list(&mut self) -> Result<(), WriteError> {
        let (old, new) =
            (listed(self.old, model::List::Memory), listed(self.writer.model, model::List::Memory));
        let rows = rows(&old, &new, |one, other| is_same_memory(one.1, other.1));
        let table = self.counted::<MINIDUMP_MEMORY_DESCRIPTOR>(Type::MemoryListStream);
        self.table(&table, &rows, |grower, at, index| {
            let Some((index, _)) = new.get(index) else { return Ok(()) };
            let descriptor = grower.writer.descriptor(&grower.memory, *index)?;
            grower.writer.sheet.put(at, &descriptor);
            Ok(())
        })
    }

    fn memory64_list(&mut self) -> Result<(), WriteError> {
        let (old, new) =
            (listed(self.old, model::List::Memory64), listed(self.writer.model, model::List::Memory64));
        let rows = rows(&old, &new, |one, other| is_same_memory(one.1, other.1));
        let list = self.find::<MINIDUMP_MEMORY_DESCRIPTOR64>(Type::Memory64ListStream, |dump, stream| {
            dump.counted64(stream)
        });
        let entry = self.dump.size_of::<MINIDUMP_MEMORY_DESCRIPTOR64>();
        let (kind, header) = (Type::Memory64ListStream, vec![0; 16]);
        let table = Table { kind, list, header, count_at: 0, count_size: 8, entry };
        self.table(&table, &rows, |grower, at, index| {
            let Some((_, entry)) = new.get(index) else { return Ok(()) };
            grower.writer.put(at, &[(entry.address, 8), (entry.captured, 8)]);
            Ok(())
        })
    }

    fn mappings(&mut self) -> Result<(), WriteError> {
        let new: &[MappingEntry] = &self.writer.model.mappings;
        let rows = rows(&self.old.mappings, new, |one, other| one == other);
        if is_unchanged(&rows, self.old.mappings.len()) {
            return Ok(());
        }
        let list = self.find::<MINIDUMP_MEMORY_INFO>(Type::MemoryInfoListStream, |dump, stream| {
            dump.memory_infos(stream)
        });
        let entry = self.dump.size_of::<MINIDUMP_MEMORY_INFO>();
        let header = self.writer.sheet.fields(&[(16, 4), (entry, 4), (0, 8)]);
        let kind = Type::MemoryInfoListStream;
        let table = Table { kind, list, header, count_at: 8, count_size: 8, entry };
        self.table(&table, &rows, |grower, at, index| {
            if let Some(mapping) = new.get(index) {
                grower.writer.mapping(at, mapping);
            }
            Ok(())
        })
    }

    fn threads(&mut self) -> Result<(), WriteError> {
        let new: &[ThreadEntry] = &self.writer.model.threads;
        // The name is in another list, and the stack is an entry of a third one.
        let (old_model, new_model) = (self.old, self.writer.model);
        let is_same = |one: &ThreadEntry, other: &ThreadEntry| {
            let bare =
                |thread: &ThreadEntry| ThreadEntry { name: None, stack: Stack::None, ..thread.clone() };
            let stacks = (stack_of(old_model, one), stack_of(new_model, other));
            let is_same_stack = match stacks {
                (Some(one), Some(other)) => is_same_memory(one, other),
                (None, None) => one.stack == other.stack,
                _ => false,
            };
            is_same_stack && bare(one) == bare(other)
        };
        let rows = rows(&self.old.threads, new, is_same);
        let table = self.counted::<MINIDUMP_THREAD>(Type::ThreadListStream);
        self.table(&table, &rows, |grower, at, index| {
            let Some(thread) = new.get(index) else { return Ok(()) };
            let Grower { writer, memory, .. } = grower;
            writer.thread(at, memory, index, thread)
        })
    }

    /// Names belong to ids: threads that stay keep the names in the list.
    fn names(&mut self) -> Result<(), WriteError> {
        let new: &[ThreadEntry] = &self.writer.model.threads;
        let ids =
            |threads: &[ThreadEntry]| threads.iter().map(|thread| thread.tid.value).collect::<HashSet<u64>>();
        let (old_ids, new_ids) = (ids(&self.old.threads), ids(new));
        let table = self.counted::<MINIDUMP_THREAD_NAME>(Type::ThreadNamesStream);
        let mut rows = Vec::new();
        if let Some(list) = table.list {
            let entries = (0usize..).zip(self.dump.entries::<MINIDUMP_THREAD_NAME>(list));
            let is_gone = |id: u32| old_ids.contains(&id.into()) && !new_ids.contains(&id.into());
            rows.extend(
                entries.filter(|(_, raw)| !is_gone(raw.thread_id)).map(|(index, _)| Row::Kept(index)),
            );
        }
        let is_new = |thread: &ThreadEntry| thread.name.as_ref().is_some_and(|name| name.place.is_none());
        rows.extend(
            (0usize..).zip(new).filter(|(_, thread)| is_new(thread)).map(|(index, _)| Row::New(index)),
        );
        self.table(&table, &rows, |grower, at, index| match new.get(index) {
            Some(thread) => grower.writer.thread_name(at, index, thread),
            None => Ok(()),
        })
    }

    fn modules(&mut self) -> Result<(), WriteError> {
        let new: &[ModuleEntry] = &self.writer.model.modules;
        let rows = rows(&self.old.modules, new, |one, other| one == other);
        let table = self.counted::<MINIDUMP_MODULE>(Type::ModuleListStream);
        self.table(&table, &rows, |grower, at, index| match new.get(index) {
            Some(module) => grower.writer.module(at, index, module),
            None => Ok(()),
        })
    }

    /// Every exception is a stream of its own.
    fn crashes(&mut self) -> Result<(), WriteError> {
        let new: &[Crash] = &self.writer.model.crashes;
        let rows = rows(&self.old.crashes, new, is_same_crash);
        if is_unchanged(&rows, self.old.crashes.len()) {
            return Ok(());
        }
        let size = self.dump.size_of::<MINIDUMP_EXCEPTION_STREAM>();
        let streams: Vec<Stream> =
            self.dump.of(Type::ExceptionStream).filter(|stream| stream.place.size >= size).collect();
        if streams.len() != self.old.crashes.len() {
            return Err(WriteError::new(WriteProblem::NotWhole("the exceptions"), About::Dump));
        }
        let stays: HashSet<usize> = rows
            .iter()
            .filter_map(|row| match row {
                Row::Kept(index) => Some(*index),
                Row::New(_) => None,
            })
            .collect();
        let gone = (0usize..).zip(&streams).filter(|(index, _)| !stays.contains(index));
        self.removed.extend(gone.map(|(_, stream)| *stream));
        for (index, crash) in rows.iter().filter_map(|row| match row {
            Row::New(index) => Some((*index, new.get(*index)?)),
            Row::Kept(_) => None,
        }) {
            match &crash.record {
                CrashRecord::Own(Content::File(place)) => {
                    self.writer.parts.add(Part::Crash(index), place.file_offset, place.size);
                }
                CrashRecord::Own(record) => {
                    self.writer.record(record, Part::Crash(index), About::Crash(index))?;
                }
                CrashRecord::Thread(_) | CrashRecord::None => {}
            }
            let at = self.writer.stream(Type::ExceptionStream, size, About::Crash(index))?;
            self.writer.crash(at, index, crash)?;
        }
        Ok(())
    }

    /// Streams of bytes: changed ones, and new ones.
    fn streams(&mut self) -> Result<(), WriteError> {
        let new = &self.writer.minidump.streams;
        let old = &self.old_minidump.streams;
        for (index, stream) in
            new.iter().enumerate().filter(|(index, stream)| old.get(*index) != Some(stream))
        {
            let about = About::Stream(index);
            let StreamContent::Blob(blob) = &stream.content else {
                return Err(WriteError::new(WriteProblem::NotWhole("a stream"), about));
            };
            self.writer.sheet.align(8);
            let (size, file_offset) = (blob.content.size(), self.writer.sheet.blob(blob, about)?);
            match old.get(index) {
                None => self.writer.directory.push(Entry { kind: stream.kind, size, file_offset }),
                Some(known) => {
                    let place = match &known.content {
                        StreamContent::Blob(blob) => blob.content.place(),
                        StreamContent::Elsewhere { .. } => None,
                    };
                    let is_it = |known: &&Stream| known.kind == stream.kind && Some(known.place) == place;
                    let found = self.dump.streams().iter().find(is_it).copied();
                    let found =
                        found.ok_or_else(|| WriteError::new(WriteProblem::NotWhole("a stream"), about))?;
                    self.replaced.insert(found, (size, file_offset));
                }
            }
        }
        Ok(())
    }

    /// Puts the new directory behind everything else. Returns the header's fields that lead there, or `None` where nothing changed.
    fn directory(&mut self) -> Result<Option<FileBytes>, WriteError> {
        if self.replaced.is_empty() && self.removed.is_empty() && self.writer.directory.is_empty() {
            return Ok(None);
        }
        let entry_size = self.dump.size_of::<MINIDUMP_DIRECTORY>();
        let mut kept = Vec::new();
        let mut entries = Vec::new();
        for index in 0..u64::from(self.header.stream_count) {
            let stream =
                self.dump.directory_entry(&self.header, index).ok_or_else(|| cut_off(About::Dump))?;
            if self.removed.contains(&stream) {
                continue;
            }
            match self.replaced.get(&stream) {
                Some((size, file_offset)) => {
                    entries.push(Some(Entry { kind: stream.kind, size: *size, file_offset: *file_offset }));
                }
                // Its target may have changed by the time that it is copied.
                None => {
                    let skipped = index.saturating_mul(entry_size);
                    let file_offset = skipped.saturating_add(self.header.stream_directory_rva.into());
                    kept.push((wide(entries.len()), Place { file_offset, size: entry_size }));
                    entries.push(None);
                }
            }
        }
        entries.extend(self.writer.directory.drain(..).map(Some));
        self.writer.sheet.align(8);
        let size = entry_size.saturating_mul(wide(entries.len()));
        let directory = self.writer.sheet.reserve(size, About::Dump)?;
        let at = |index: u64| directory.saturating_add(index.saturating_mul(entry_size));
        for (index, place) in kept {
            self.writer.sheet.put_content(at(index), &Content::File(place));
        }
        for (index, entry) in (0..).zip(&entries) {
            let Some(Entry { kind, size, file_offset }) = entry else { continue };
            let file_offset = rva(*file_offset, About::Dump)?;
            self.writer.put(at(index), &[((*kind).into(), 4), (*size, 4), (file_offset, 4)]);
        }
        // NumberOfStreams and StreamDirectoryRva.
        let fields = [(wide(entries.len()), 4), (rva(directory, About::Dump)?, 4)];
        Ok(Some(FileBytes { file_offset: 8, bytes: self.writer.sheet.fields(&fields) }))
    }
}

/// The memory of a list, with the indices of its entries.
fn listed(model: &Model, list: model::List) -> Vec<(usize, &Memory)> {
    model.memory.iter().enumerate().filter(|(_, entry)| entry.list == list).collect()
}

/// The memory entry that is a thread's stack.
fn stack_of<'m>(model: &'m Model, thread: &ThreadEntry) -> Option<&'m Memory> {
    match thread.stack {
        Stack::Memory(index) => model.memory.get(index),
        Stack::Descriptor { file_offset: model::FileOffset::Memory { index, .. }, .. } => {
            model.memory.get(index)
        }
        Stack::Descriptor { .. } | Stack::None => None,
    }
}

fn is_same_memory(one: &Memory, other: &Memory) -> bool {
    (one.address, one.captured, &one.stored) == (other.address, other.captured, &other.stored)
}

/// Whether two exceptions are equal; the thread whose record they share may have another index.
fn is_same_crash(one: &Crash, other: &Crash) -> bool {
    let recordless = |crash: &Crash| Crash { record: CrashRecord::None, ..crash.clone() };
    let is_same_record = match (&one.record, &other.record) {
        (CrashRecord::Thread(_), CrashRecord::Thread(_)) => true,
        (one, other) => one == other,
    };
    is_same_record && recordless(one) == recordless(other)
}
