//! Bounded reading: the structures of `minidumpapiset.h` at file offsets, the directory, and lists of entries.

use std::cell::Cell;
use std::collections::HashSet;

use dumpedit_layout::{ByteOrder, LayoutBuilder, Notice, NoticeKind, Notices, Place, Subject};
use minidump_common::format::{
    MINIDUMP_DIRECTORY, MINIDUMP_HEADER, MINIDUMP_LOCATION_DESCRIPTOR, MINIDUMP_MEMORY_DESCRIPTOR64,
    MINIDUMP_STREAM_TYPE,
};
use scroll::ctx::{SizeWith, TryFromCtx};
use scroll::{Endian, Pread};

use crate::FormatError;

/// The bytes of a minidump, and the streams that its directory lists.
pub(super) struct Dump<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) endian: Endian,
    streams: Vec<Stream>,
    /// Header, directory and streams: first and last file offset of each, in order and disjoint.
    tables: Vec<(u64, u64)>,
    /// Bytes of list entries that may still be read. Lists that do not overlap fit into the file; those of a hostile directory, which lists
    /// the same bytes over and over, do not.
    entries_left: Cell<u64>,
    /// Whether there was a notice about a list with more entries than its stream has room for.
    lists_without_room: Cell<bool>,
    /// Bytes of strings that may still be copied, for the same reason.
    text_left: Cell<u64>,
}

/// The place of a descriptor, whether or not the file has it.
pub(super) fn place_of(location: MINIDUMP_LOCATION_DESCRIPTOR) -> Place {
    Place { file_offset: location.rva.into(), size: location.data_size.into() }
}

/// An entry of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stream {
    /// A `MINIDUMP_STREAM_TYPE`, or a number that no header names.
    pub(super) kind: u32,
    pub(super) place: Place,
}

/// The layout of a list's entries by the list itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Offset of the first entry in the stream, in bytes.
    pub(super) header: u64,
    /// Distance between entries, in bytes.
    pub(super) entry: u64,
    /// Number of entries that the list claims.
    pub(super) declared: u64,
}

/// Receives what a walk finds odd, and which bytes it read as structure.
pub(super) trait Listener {
    /// The notices to add to.
    fn notices(&mut self) -> &mut Notices;
    /// Takes file bytes that the format itself needs.
    fn structure(&mut self, file_offset: u64, size: u64);
    /// Counts one more part of a dump for a notice that is given once.
    fn count(&mut self, kind: NoticeKind, subject: Subject) {
        self.notices().count(kind, subject);
    }
}

impl Listener for LayoutBuilder {
    fn notices(&mut self) -> &mut Notices {
        LayoutBuilder::notices(self)
    }

    fn structure(&mut self, file_offset: u64, size: u64) {
        LayoutBuilder::structure(self, file_offset, size);
    }
}

/// A list and its readable entries: those that its stream and the file have room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    /// The stream that holds it.
    pub(super) stream: Stream,
    first: u64,
    entry: u64,
    count: u64,
}

impl List {
    /// Offset of the first entry in the stream, in bytes.
    fn header(&self) -> u64 {
        self.first.saturating_sub(self.stream.place.file_offset)
    }

    /// Whether four bytes of padding follow the 32-bit count.
    pub(super) fn is_padded(&self) -> bool {
        self.header() == 8
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Distance between entries, in bytes.
    pub(super) fn entry_size(&self) -> u64 {
        self.entry
    }

    /// The place of the bytes in front of the first entry.
    pub(super) fn header_place(&self) -> Place {
        Place { size: self.header(), ..self.stream.place }
    }

    /// The place of an entry.
    pub(super) fn entry_place(&self, index: u64) -> Option<Place> {
        let skipped = index.checked_mul(self.entry).filter(|_| index < self.count)?;
        Some(Place { file_offset: self.first.checked_add(skipped)?, size: self.entry })
    }

    /// File offset of the end of the last entry.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(self.count.saturating_mul(self.entry))
    }
}

/// Maximum size of strings that are copied out of a dump, in bytes.
const MOST_TEXT: u64 = 64 << 20;

impl<'a> Dump<'a> {
    pub(super) fn new(bytes: &'a [u8], endian: Endian) -> Self {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Dump {
            bytes,
            endian,
            streams: Vec::new(),
            tables: Vec::new(),
            entries_left: Cell::new(size),
            lists_without_room: Cell::new(false),
            text_left: Cell::new(size.min(MOST_TEXT)),
        }
    }

    /// The size of the file, in bytes.
    pub(super) fn size(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    /// The target's byte order.
    pub(super) fn byte_order(&self) -> ByteOrder {
        match self.endian {
            Endian::Little => ByteOrder::Little,
            Endian::Big => ByteOrder::Big,
        }
    }

    /// The structure at a file offset, where all of it is in the file.
    pub(super) fn read<T>(&self, offset: u64) -> Option<T>
    where
        T: TryFromCtx<'a, Endian, [u8], Error = scroll::Error>,
    {
        self.bytes.pread_with(usize::try_from(offset).ok()?, self.endian).ok()
    }

    /// The size of a structure in the file, in bytes. It is not `size_of`: the structures have no fixed layout in Rust.
    pub(super) fn size_of<T: SizeWith<Endian>>(&self) -> u64 {
        u64::try_from(T::size_with(&self.endian)).unwrap_or(u64::MAX)
    }

    /// Number of bytes of a place that are in the file.
    pub(super) fn held(&self, place: Place) -> u64 {
        self.size().saturating_sub(place.file_offset).min(place.size)
    }

    /// The bytes of a place, up to the end of the file.
    pub(super) fn slice(&self, place: Place) -> &'a [u8] {
        let start = place.file_offset.min(self.size());
        let end = place.end().min(self.size());
        match (usize::try_from(start), usize::try_from(end)) {
            (Ok(start), Ok(end)) => self.bytes.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Reads the directory.
    ///
    /// # Errors
    /// [`FormatError::Broken`] where none of its entries is in the file.
    pub(super) fn read_directory(
        &mut self,
        header: &MINIDUMP_HEADER,
    ) -> Result<DirectoryOddities, FormatError> {
        let first = u64::from(header.stream_directory_rva);
        let entry = self.size_of::<MINIDUMP_DIRECTORY>();
        let declared = u64::from(header.stream_count);
        let mut seen = HashSet::new();
        let mut odd = DirectoryOddities::default();
        for index in 0..declared {
            let Some(stream) = self.directory_entry(header, index) else {
                odd.missing = declared.saturating_sub(index);
                break;
            };
            if stream.is(MINIDUMP_STREAM_TYPE::UnusedStream) {
                continue;
            }
            if seen.insert(stream) {
                self.streams.push(stream);
            } else {
                odd.repeated = odd.repeated.saturating_add(1);
            }
        }
        if declared > 0 && odd.missing == declared {
            return Err(FormatError::Broken {
                structure: "the stream directory (MINIDUMP_DIRECTORY)",
                file_offset: first,
                problem: format!("is not in the file, which has {} bytes", self.size()),
            });
        }
        let directory = Place { file_offset: first, size: declared.saturating_mul(entry) };
        odd.overlapping = self.find_tables(directory);
        Ok(odd)
    }

    /// An entry of the directory, where it is in the file.
    pub(super) fn directory_entry(&self, header: &MINIDUMP_HEADER, index: u64) -> Option<Stream> {
        let skipped = index.checked_mul(self.size_of::<MINIDUMP_DIRECTORY>())?;
        let raw: MINIDUMP_DIRECTORY = self.read(skipped.checked_add(header.stream_directory_rva.into())?)?;
        Some(Stream { kind: raw.stream_type, place: place_of(raw.location) })
    }

    /// Finds the header, the directory and the streams, which other parts must not overlap, and returns how many streams begin inside of
    /// another one.
    fn find_tables(&mut self, directory: Place) -> u64 {
        let header = Place { file_offset: 0, size: self.size_of::<MINIDUMP_HEADER>() };
        let streams = self.streams.iter().map(|stream| stream.place);
        let mut places: Vec<(u64, u64)> = [header, directory]
            .into_iter()
            .chain(streams)
            .filter_map(|place| {
                Some((place.file_offset, place.end().checked_sub(1).filter(|_| place.size > 0)?))
            })
            .collect();
        places.sort_unstable();
        let mut overlapping = 0u64;
        for (first, last) in places {
            match self.tables.last_mut().filter(|(_, reached)| first <= *reached) {
                Some((_, reached)) => {
                    *reached = last.max(*reached);
                    overlapping = overlapping.saturating_add(1);
                }
                None => self.tables.push((first, last)),
            }
        }
        overlapping
    }

    /// Whether a place shares bytes with the header, the directory or a stream.
    pub(super) fn meets_a_table(&self, place: Place) -> bool {
        let behind = self.tables.partition_point(|(_, last)| *last < place.file_offset);
        self.tables.get(behind).is_some_and(|(first, _)| *first < place.end())
    }

    /// The streams of the directory in order, without unused entries and exact repetitions.
    pub(super) fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// The streams of a type, in the directory's order.
    pub(super) fn of(&self, kind: MINIDUMP_STREAM_TYPE) -> impl Iterator<Item = Stream> + '_ {
        self.streams.iter().copied().filter(move |stream| stream.is(kind))
    }

    /// The shape of a list that begins with a 32-bit count, which may be followed by four bytes of padding.
    pub(super) fn counted<T: SizeWith<Endian>>(&self, stream: Stream) -> Option<Shape> {
        let declared = u64::from(self.read::<u32>(stream.place.file_offset)?);
        let entry = self.size_of::<T>();
        let padded = declared.checked_mul(entry).and_then(|size| size.checked_add(8));
        let header = if padded == Some(stream.place.size) { 8 } else { 4 };
        Some(Shape { header, entry, declared })
    }

    /// The shape of a Memory64List: a 64-bit count, and the file offset of the memory.
    pub(super) fn counted64(&self, stream: Stream) -> Option<Shape> {
        let declared = self.read::<u64>(stream.place.file_offset)?;
        Some(Shape { header: 16, entry: self.size_of::<MINIDUMP_MEMORY_DESCRIPTOR64>(), declared })
    }

    /// The shape of a MemoryInfoList: the sizes of its header and of an entry, and a 64-bit count.
    pub(super) fn memory_infos(&self, stream: Stream) -> Option<Shape> {
        let at = |skipped: u64| stream.place.file_offset.checked_add(skipped);
        Some(Shape {
            header: self.read::<u32>(at(0)?)?.into(),
            entry: self.read::<u32>(at(4)?)?.into(),
            declared: self.read::<u64>(at(8)?)?,
        })
    }

    /// The shape of a list that begins with the sizes of its header and of an entry, and a count, of 32 bits each:
    /// UnloadedModuleList, ThreadInfoList.
    pub(super) fn self_described(&self, stream: Stream) -> Option<Shape> {
        let number = |skipped: u64| self.read::<u32>(stream.place.file_offset.checked_add(skipped)?);
        Some(Shape { header: number(0)?.into(), entry: number(4)?.into(), declared: number(8)?.into() })
    }

    /// Adds a notice of a list with more entries than its stream has room for: the first with its name and both sizes.
    fn tell_of_room(
        &self,
        kind: MINIDUMP_STREAM_TYPE,
        stream: Stream,
        shape: Shape,
        listener: &mut impl Listener,
    ) {
        if self.lists_without_room.replace(true) {
            listener.count(NoticeKind::ListExceedsStream, Subject::FileOffset(stream.place.file_offset));
            return;
        }
        let Shape { header, entry, declared } = shape;
        let needed = declared.saturating_mul(entry).saturating_add(header);
        let message = format!(
            "the {kind:?} at {:#x} claims {declared} entries in {needed} bytes, and the directory gives it {}: the rest is \
             not read",
            stream.place.file_offset, stream.place.size,
        );
        let notice =
            Notice::new(NoticeKind::ListExceedsStream, message).about(Subject::Stream(format!("{kind:?}")));
        listener.notices().tell(notice.about(Subject::FileOffset(stream.place.file_offset)));
    }

    /// The lists in the streams of a type. Where there are several, those whose count does not fit their stream are left out if the count
    /// of another one fits.
    pub(super) fn lists<T: SizeWith<Endian>>(
        &self,
        kind: MINIDUMP_STREAM_TYPE,
        listener: &mut impl Listener,
        shape: impl Fn(Stream) -> Option<Shape>,
    ) -> Vec<List> {
        let mut shaped: Vec<(Stream, Shape, u64)> = Vec::new();
        for stream in self.of(kind) {
            match shape(stream).filter(|shape| shape.entry >= self.size_of::<T>()) {
                Some(shape) => {
                    let room = stream.place.size.saturating_sub(shape.header);
                    shaped.push((stream, shape, room.checked_div(shape.entry).unwrap_or(0)));
                }
                None => {
                    listener.count(NoticeKind::ListUnreadable, Subject::FileOffset(stream.place.file_offset))
                }
            }
        }
        let one_fits = shaped.iter().any(|(_, shape, room)| shape.declared <= *room);
        let mut lists = Vec::new();
        for (stream, shape, room) in shaped {
            if shape.declared > room {
                if one_fits {
                    listener.count(NoticeKind::SecondList, Subject::FileOffset(stream.place.file_offset));
                    continue;
                }
                self.tell_of_room(kind, stream, shape, listener);
            }
            let first = stream.place.file_offset.saturating_add(shape.header);
            let inside = self.size().saturating_sub(first).checked_div(shape.entry).unwrap_or(0);
            let mut count = shape.declared.min(room);
            if inside < count {
                listener.count(NoticeKind::ListCutOff, Subject::FileOffset(stream.place.file_offset));
                count = inside;
            }
            let affordable = self.entries_left.get().checked_div(shape.entry).unwrap_or(0);
            if affordable < count {
                listener.count(NoticeKind::ListsOverlap, Subject::FileOffset(stream.place.file_offset));
                count = affordable;
            }
            let bytes = count.saturating_mul(shape.entry);
            self.entries_left.set(self.entries_left.get().saturating_sub(bytes));
            listener.structure(stream.place.file_offset, shape.header.saturating_add(bytes));
            lists.push(List { stream, first, entry: shape.entry, count });
        }
        lists
    }

    /// The entries of a list.
    pub(super) fn entries<T>(&self, list: List) -> impl Iterator<Item = T> + use<'_, 'a, T>
    where
        T: TryFromCtx<'a, Endian, [u8], Error = scroll::Error>,
    {
        self.placed_entries(list).map(|(_, entry)| entry)
    }

    /// The entries of a list with their file offsets.
    pub(super) fn placed_entries<T>(&self, list: List) -> impl Iterator<Item = (u64, T)> + use<'_, 'a, T>
    where
        T: TryFromCtx<'a, Endian, [u8], Error = scroll::Error>,
    {
        (0..list.count).map_while(move |index| {
            let at = index.checked_mul(list.entry)?.checked_add(list.first)?;
            Some((at, self.read(at)?))
        })
    }

    /// Whether `size` more bytes of entries may be read.
    pub(super) fn affords_entries(&self, size: u64) -> bool {
        let left = self.entries_left.get().checked_sub(size);
        self.entries_left.set(left.unwrap_or(self.entries_left.get()));
        left.is_some()
    }

    /// Whether `size` more bytes of strings may be copied out of the dump.
    pub(super) fn affords_text(&self, size: u64) -> bool {
        let left = self.text_left.get().checked_sub(size);
        self.text_left.set(left.unwrap_or(self.text_left.get()));
        left.is_some()
    }

    /// The place of a `MINIDUMP_STRING` with its length in front, where all of it is in the file.
    pub(super) fn string_place(&self, offset: u64) -> Option<Place> {
        let length = u64::from(self.read::<u32>(offset)?);
        let place = Place { file_offset: offset, size: length.checked_add(4)? };
        (place.end() <= self.size()).then_some(place)
    }

    /// The text of a `MINIDUMP_STRING` (UTF-16 in the dump's byte order), where it is in the file.
    pub(super) fn string(&self, offset: u64) -> Option<String> {
        let place = self.string_place(offset)?;
        if !self.affords_text(place.size) {
            return None;
        }
        Some(self.utf16(self.slice(place).get(4..)?))
    }

    /// The text of bytes in UTF-16, in the dump's byte order, without NULs at its end.
    pub(super) fn utf16(&self, bytes: &[u8]) -> String {
        self.byte_order().utf16(bytes).trim_end_matches('\0').to_owned()
    }
}

/// Oddities of a directory.
#[derive(Debug, Default)]
pub(super) struct DirectoryOddities {
    /// Entries past the end of the file.
    pub(super) missing: u64,
    /// Entries that repeat the bytes and the type of another one.
    pub(super) repeated: u64,
    /// Streams that begin inside of another one.
    pub(super) overlapping: u64,
}

impl DirectoryOddities {
    /// Adds notices of the entries that are not read.
    pub(super) fn tell_of_losses(&self, listener: &mut impl Listener) {
        tell_of_some(NoticeKind::DirectoryCutOff, self.missing, listener.notices());
        tell_of_some(NoticeKind::StreamRepeated, self.repeated, listener.notices());
    }
}

/// Adds a notice with a count, unless that is zero.
pub(super) fn tell_of_some(kind: NoticeKind, count: u64, notices: &mut Notices) {
    if count > 0 {
        notices.tell(Notice::new(kind, format!("{}: {count}", kind.phrase())).counting(count));
    }
}

impl Stream {
    pub(super) fn is(self, kind: MINIDUMP_STREAM_TYPE) -> bool {
        self.kind == u32::from(kind)
    }
}
