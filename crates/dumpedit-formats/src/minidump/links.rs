//! The streams that hold file offsets: where these stand, as tables, and what they lead to.
//!
//! Structures are those of `minidumpapiset.h`, of Breakpad's `minidump_format.h` (`MDRawDebug`, `MDRawLinkMap`), of Crashpad's
//! `minidump_extensions.h` and of Mozilla's additions, as `minidump-common` has them.

use dumpedit_layout::{NoticeKind, Place, Subject};
use std::cell::Cell;

use minidump_common::format::MINIDUMP_STREAM_TYPE;

use super::stream::{Dump, Listener, Stream};
use crate::model::{Blob, Content, Link, Pointer};

/// A structure, as far as it leads to others.
struct Structure {
    extent: Extent,
    fields: &'static [Field],
    array: Option<Array>,
}

/// How large a structure is that is reached by an RVA alone.
enum Extent {
    /// What the stream or the location descriptor that leads to it says; by an RVA nothing leads to it.
    Told,
    /// A `MINIDUMP_STRING`, a `MinidumpUTF8String` or a `MinidumpByteArray`: a length of 32 bits, so many bytes, and a
    /// terminator of so many bytes, which not every writer adds.
    Prefixed(u64),
    /// A 32-bit number in it says how many bytes follow: where that stands, and where they begin.
    Counted { size_at: u64, first: u64 },
    /// Entries of a size, as many as a 32-bit number in the structure that leads to it says.
    CountedBefore { count_at: u64, entry: u64 },
}

/// A file offset in a structure.
struct Field {
    /// Where it stands, in bytes from the structure's start.
    at: u64,
    pointer: Pointer,
    to: &'static Structure,
}

/// The entries that follow one another in a structure.
struct Array {
    /// Where their 32-bit number stands; as many as there is room for where there is none.
    count_at: Option<u64>,
    /// From the structure's start to the first of them, in bytes.
    first: Number,
    /// From one of them to the next, in bytes.
    entry: Number,
    fields: &'static [Field],
}

/// A number that a structure is read by.
#[derive(Clone, Copy)]
enum Number {
    Is(u64),
    /// A 32-bit number in the structure says it.
    At(u64),
    /// 4, or 8 where the entries only fit so: the count may have padding behind it.
    Padded,
}

const fn field(at: u64, pointer: Pointer, to: &'static Structure) -> Field {
    Field { at, pointer, to }
}

const fn leaf(extent: Extent) -> Structure {
    Structure { extent, fields: &[], array: None }
}

const fn structure(fields: &'static [Field]) -> Structure {
    Structure { extent: Extent::Told, fields, array: None }
}

const fn list(count_at: u64, first: Number, entry: Number, fields: &'static [Field]) -> Structure {
    let array = Array { count_at: Some(count_at), first, entry, fields };
    Structure { extent: Extent::Told, fields: &[], array: Some(array) }
}

use Number::{At, Is, Padded};
use Pointer::{Location, Rva, Rva64};

static BYTES: Structure = leaf(Extent::Told);
static STRING: Structure = leaf(Extent::Prefixed(2));
static UTF8: Structure = leaf(Extent::Prefixed(1));
static BYTE_ARRAY: Structure = leaf(Extent::Prefixed(0));

/// `MINIDUMP_HANDLE_OBJECT_INFORMATION`, a chain.
static OBJECT_INFORMATION: Structure = Structure {
    extent: Extent::Counted { size_at: 8, first: 12 },
    fields: &[field(0, Rva, &OBJECT_INFORMATION)],
    array: None,
};

/// `MINIDUMP_HANDLE_DATA_STREAM` with `MINIDUMP_HANDLE_DESCRIPTOR` or `MINIDUMP_HANDLE_DESCRIPTOR_2`.
static HANDLES: Structure = list(
    8,
    At(0),
    At(4),
    &[field(8, Rva, &STRING), field(12, Rva, &STRING), field(32, Rva, &OBJECT_INFORMATION)],
);

/// `MINIDUMP_UNLOADED_MODULE_LIST`.
static UNLOADED_MODULES: Structure = list(8, At(0), At(4), &[field(20, Rva, &STRING)]);

/// `MinidumpSimpleStringDictionary`.
static DICTIONARY: Structure = list(0, Is(4), Is(8), &[field(0, Rva, &UTF8), field(4, Rva, &UTF8)]);

/// `MinidumpRVAList` of strings.
static STRINGS: Structure = list(0, Is(4), Is(4), &[field(0, Rva, &UTF8)]);

/// `MinidumpAnnotationList` of `MinidumpAnnotation`.
static ANNOTATIONS: Structure = list(0, Is(4), Is(12), &[field(0, Rva, &UTF8), field(8, Rva, &BYTE_ARRAY)]);

/// `MinidumpModuleCrashpadInfo`.
static CRASHPAD_MODULE: Structure = structure(&[
    field(4, Location, &STRINGS),
    field(12, Location, &DICTIONARY),
    field(20, Location, &ANNOTATIONS),
]);

/// `MinidumpModuleCrashpadInfoList` of `MinidumpModuleCrashpadInfoLink`.
static CRASHPAD_MODULES: Structure = list(0, Is(4), Is(12), &[field(4, Location, &CRASHPAD_MODULE)]);

/// `MinidumpCrashpadInfo`.
static CRASHPAD_INFO: Structure =
    structure(&[field(36, Location, &DICTIONARY), field(44, Location, &CRASHPAD_MODULES)]);

/// `MDRawDebug32` and `MDRawDebug64`, which say the number of the `MDRawLinkMap32` and `MDRawLinkMap64`. Breakpad aligns those of
/// 64 bits, and others pack them.
static LINUX_DSO_DEBUG_32: Structure = structure(&[field(4, Rva, &LINK_MAPS_32)]);
static LINUX_DSO_DEBUG_64: Structure = structure(&[field(4, Rva, &LINK_MAPS_64)]);
static LINUX_DSO_DEBUG_PACKED: Structure = structure(&[field(4, Rva, &LINK_MAPS_PACKED)]);
static LINK_MAPS_32: Structure = link_maps(12, &[field(4, Rva, &STRING)]);
static LINK_MAPS_64: Structure = link_maps(24, &[field(8, Rva, &STRING)]);
static LINK_MAPS_PACKED: Structure = link_maps(20, &[field(8, Rva, &STRING)]);

const fn link_maps(entry: u64, fields: &'static [Field]) -> Structure {
    Structure {
        extent: Extent::CountedBefore { count_at: 8, entry },
        fields: &[],
        array: Some(Array { count_at: None, first: Is(0), entry: Is(entry), fields }),
    }
}

/// `MINIDUMP_MAC_CRASH_INFO`: its records hold their texts themselves.
static MAC_CRASH_INFO: Structure = Structure {
    extent: Extent::Told,
    fields: &[],
    array: Some(Array {
        count_at: Some(4),
        first: Is(12),
        entry: Is(8),
        fields: &[field(0, Location, &BYTES)],
    }),
};

/// `MINIDUMP_MAC_BOOTARGS`.
static MAC_BOOTARGS: Structure = structure(&[field(4, Rva64, &STRING)]);

/// A further `MINIDUMP_MODULE_LIST`, `MINIDUMP_THREAD_NAME_LIST` or `MINIDUMP_SYSTEM_INFO`.
static MODULES: Structure = list(
    0,
    Padded,
    Is(108),
    &[field(20, Rva, &STRING), field(76, Location, &BYTES), field(84, Location, &BYTES)],
);
static THREAD_NAMES: Structure = list(0, Padded, Is(12), &[field(4, Rva64, &STRING)]);
static SYSTEM_INFO: Structure = structure(&[field(24, Rva, &STRING)]);

type Type = MINIDUMP_STREAM_TYPE;

/// Which of the streams of a type have a form.
enum Form {
    Any,
    /// Those of processes whose pointers have so many bytes that have so many bytes in front of a copy of `_DYNAMIC`, the
    /// entries of which are two pointers.
    InFrontOfDynamic {
        width: u8,
        header: u64,
    },
}

/// The streams that hold file offsets.
static STREAMS: &[(MINIDUMP_STREAM_TYPE, Form, &Structure)] = &[
    (Type::HandleDataStream, Form::Any, &HANDLES),
    (Type::UnloadedModuleListStream, Form::Any, &UNLOADED_MODULES),
    (Type::CrashpadInfoStream, Form::Any, &CRASHPAD_INFO),
    (Type::LinuxDsoDebug, Form::InFrontOfDynamic { width: 4, header: 24 }, &LINUX_DSO_DEBUG_32),
    (Type::LinuxDsoDebug, Form::InFrontOfDynamic { width: 8, header: 40 }, &LINUX_DSO_DEBUG_64),
    (Type::LinuxDsoDebug, Form::InFrontOfDynamic { width: 8, header: 36 }, &LINUX_DSO_DEBUG_PACKED),
    (Type::MozMacosCrashInfoStream, Form::Any, &MAC_CRASH_INFO),
    (Type::MozMacosBootargsStream, Form::Any, &MAC_BOOTARGS),
    (Type::ModuleListStream, Form::Any, &MODULES),
    (Type::ThreadNamesStream, Form::Any, &THREAD_NAMES),
    (Type::SystemInfoStream, Form::Any, &SYSTEM_INFO),
];

/// Whether a stream is of a type that holds file offsets which are followed.
pub(super) fn are_in(stream: Stream) -> bool {
    STREAMS.iter().any(|(kind, ..)| stream.is(*kind))
}

/// How many links may follow one another; the longest chains of real dumps have five.
const MOST_DEPTH: u32 = 32;

/// What a link costs beside its bytes: about what it takes in memory.
const LINK: u64 = 96;

/// Follows the file offsets of one dump's streams. What they lead to is counted, because they may lead to the same bytes over
/// and over, or in a circle.
pub(super) struct Follower<'d> {
    dump: &'d Dump<'d>,
    /// The size of pointers, in bytes.
    width: u8,
    left: Cell<u64>,
}

impl<'d> Follower<'d> {
    pub(super) fn of(dump: &'d Dump<'d>, width: u8) -> Follower<'d> {
        /// Names are short, and links cost as much as they do.
        const LEAST: u64 = 1 << 20;
        Follower { dump, width, left: Cell::new(dump.size().saturating_mul(4).saturating_add(LEAST)) }
    }

    /// The bytes of a stream, all of which are in the file, with what they lead to.
    pub(super) fn blob(&self, stream: Stream, place: Place, listener: &mut impl Listener) -> Blob {
        let mut known = STREAMS.iter().filter(|(kind, ..)| stream.is(*kind)).peekable();
        if place.size == 0 || known.peek().is_none() {
            return leaf_of(place);
        }
        let Some((.., structure)) = known.find(|(_, form, _)| form.is_of(place.size, self.width)) else {
            listener.count(NoticeKind::StreamFormUnknown, Subject::FileOffset(place.file_offset));
            return leaf_of(place);
        };
        if !self.affords(place.size) {
            listener.count(NoticeKind::StreamNotFollowed, Subject::FileOffset(place.file_offset));
            return leaf_of(place);
        }
        self.follow(structure, place, MOST_DEPTH, listener)
    }

    fn affords(&self, size: u64) -> bool {
        let left = self.left.get().checked_sub(size.saturating_add(LINK));
        self.left.set(left.unwrap_or(self.left.get()));
        left.is_some()
    }

    fn follow(&self, structure: &Structure, place: Place, depth: u32, listener: &mut impl Listener) -> Blob {
        let mut blob = leaf_of(place);
        for field in structure.fields {
            blob.links.extend(self.link(place, field.at, field, depth, listener));
        }
        let Some(array) = &structure.array else { return blob };
        let Some((first, entry, count)) = self.entries(array, place) else { return blob };
        for index in 0..count {
            let start = index.saturating_mul(entry).saturating_add(first);
            for field in array.fields.iter().filter(|field| field.end() <= entry) {
                let at = start.saturating_add(field.at);
                blob.links.extend(self.link(place, at, field, depth, listener));
            }
        }
        blob
    }

    /// Where the entries of an array begin in its structure, their size in bytes, and how many there are.
    fn entries(&self, array: &Array, place: Place) -> Option<(u64, u64, u64)> {
        let number = |at: u64| self.number(place, at);
        let entry = match array.entry {
            Is(size) => size,
            At(at) => number(at)?,
            Padded => return None,
        };
        let declared = array.count_at.map_or(Some(u64::MAX), number)?;
        let first = match array.first {
            Is(first) => first,
            At(at) => number(at)?,
            Padded => {
                let padded = declared.checked_mul(entry)?.checked_add(8)? == place.size;
                if padded { 8 } else { 4 }
            }
        };
        let room = place.size.checked_sub(first)?.checked_div(entry)?;
        array.fields.iter().any(|field| field.end() <= entry).then_some((first, entry, declared.min(room)))
    }

    /// A 32-bit number in a structure.
    fn number(&self, structure: Place, at: u64) -> Option<u64> {
        let inside = at.checked_add(4)? <= structure.size;
        let number = self.dump.read::<u32>(structure.file_offset.checked_add(at)?).filter(|_| inside)?;
        Some(number.into())
    }

    /// The link that a field is which stands `at` bytes into a structure; none where the field leads nowhere.
    fn link(
        &self,
        structure: Place,
        at: u64,
        field: &Field,
        depth: u32,
        listener: &mut impl Listener,
    ) -> Option<Link> {
        let field_at = structure.file_offset.checked_add(at)?;
        let inside = at.checked_add(field.width())? <= structure.size;
        let told = match field.pointer {
            Rva => Place { file_offset: self.dump.read::<u32>(field_at)?.into(), size: 0 },
            Rva64 => Place { file_offset: self.dump.read::<u64>(field_at)?, size: 0 },
            Location => Place {
                file_offset: self.dump.read::<u32>(field_at.checked_add(4)?)?.into(),
                size: self.dump.read::<u32>(field_at)?.into(),
            },
        };
        let leads_somewhere = match field.pointer {
            Location => told.size > 0,
            Rva | Rva64 => told.file_offset > 0,
        };
        if !inside || !leads_somewhere {
            return None;
        }
        let to = self.target(field, structure, told);
        if to.is_some_and(|to| to.size == 0) {
            return None;
        }
        let Some((to, depth)) = to.zip(depth.checked_sub(1)).filter(|(to, _)| self.affords(to.size)) else {
            listener.count(NoticeKind::FileOffsetNotFollowed, Subject::FileOffset(field_at));
            return None;
        };
        let place = to;
        let mut to = self.follow(field.to, place, depth, listener);
        if let Extent::Prefixed(terminator) = field.to.extent
            && told.size == 0
            && self.number(place, 0).and_then(|size| size.checked_add(4)) == Some(place.size)
        {
            // Wherever it goes, there are other bytes behind it.
            let file = Place { file_offset: place.file_offset, size: place.size };
            to.content = Content::Cut { file, size: place.size.saturating_add(terminator) };
        }
        Some(Link { at, pointer: field.pointer, to })
    }

    /// Where the structure is that a field leads to, where all of it is in the file.
    fn target(&self, field: &Field, from: Place, told: Place) -> Option<Place> {
        let place = |size: u64| Place { size, ..told };
        let start = place(u64::MAX);
        let whole = match field.to.extent {
            Extent::Told => told,
            Extent::Prefixed(terminator) => {
                let bare = place(self.number(start, 0)?.checked_add(4)?);
                let end = Place { file_offset: bare.end(), size: terminator };
                let ended =
                    self.dump.held(end) == terminator && self.dump.slice(end).iter().all(|byte| *byte == 0);
                if ended { place(bare.size.checked_add(terminator)?) } else { bare }
            }
            Extent::Counted { size_at, first } => {
                let whole = place(self.number(start, size_at)?.checked_add(first)?);
                // Some count the whole structure, and not what follows in it.
                place(self.dump.held(whole).max(first))
            }
            Extent::CountedBefore { count_at, entry } => {
                place(self.number(from, count_at)?.checked_mul(entry)?)
            }
        };
        // What has a size of its own in front of it may have less room than that.
        let whole = if told.size > 0 { Place { size: told.size, ..whole } } else { whole };
        (self.dump.held(whole) == whole.size).then_some(whole)
    }
}

impl Form {
    fn is_of(&self, size: u64, pointer: u8) -> bool {
        match *self {
            Form::Any => true,
            Form::InFrontOfDynamic { width, header } => {
                let entry = u64::from(width).saturating_mul(2);
                width == pointer && size.checked_sub(header).is_some_and(|rest| rest.is_multiple_of(entry))
            }
        }
    }
}

impl Field {
    fn width(&self) -> u64 {
        match self.pointer {
            Rva => 4,
            Rva64 | Location => 8,
        }
    }

    fn end(&self) -> u64 {
        self.at.saturating_add(self.width())
    }
}

/// Bytes that lead to nothing.
fn leaf_of(place: Place) -> Blob {
    let content = match place.size {
        0 => Content::Zero(0),
        size => Content::File(Place { file_offset: place.file_offset, size }),
    };
    Blob { content, links: Vec::new() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use minidump::{
        MinidumpAnnotation, MinidumpCrashpadInfo, MinidumpHandleDataStream, MinidumpMacBootargs,
        MinidumpUnloadedModuleList,
    };

    use super::super::round_trip::{LIMIT, file, said};
    use super::*;
    use crate::model::{Container, Model, StreamContent, SystemInfo};

    /// Bytes of a sample that make every number of its own.
    struct Sample {
        next: u32,
    }

    impl Sample {
        /// A blob of a structure, with two entries where it is a list, and what it leads to.
        fn of(&mut self, structure: &Structure, depth: u32) -> Blob {
            let end_of = |fields: &[Field]| fields.iter().map(Field::end).max().unwrap_or(0);
            let mut bytes = match structure.extent {
                Extent::Told => vec![0; 4 + usize::try_from(end_of(structure.fields)).unwrap()],
                Extent::Prefixed(terminator) => {
                    let text = [b'a' + u8::try_from(self.next % 26).unwrap(), 0, b'b', 0];
                    let mut bytes = 4u32.to_le_bytes().to_vec();
                    bytes.extend(text);
                    bytes.resize(8 + usize::try_from(terminator).unwrap(), 0);
                    bytes
                }
                Extent::Counted { size_at, first } => {
                    let mut bytes = vec![0; usize::try_from(first).unwrap()];
                    bytes.extend(b"abc");
                    bytes[usize::try_from(size_at).unwrap()..][..4].copy_from_slice(&3u32.to_le_bytes());
                    bytes
                }
                Extent::CountedBefore { .. } => Vec::new(),
            };
            self.next += 1;
            if let (Extent::Told, None) = (&structure.extent, &structure.array) {
                // The versions that there are.
                bytes[0] = 1;
            }
            let mut fields: Vec<(u64, &Field)> =
                structure.fields.iter().map(|field| (field.at, field)).collect();
            let mut put = |at: u64, number: u64| {
                let at = usize::try_from(at).unwrap();
                bytes.resize(bytes.len().max(at + 4), 0);
                bytes[at..at + 4].copy_from_slice(&u32::try_from(number).unwrap().to_le_bytes());
            };
            for field in structure.fields {
                if let Extent::CountedBefore { count_at, .. } = field.to.extent {
                    put(count_at, 2);
                }
            }
            if let Some(array) = &structure.array {
                let size = |number: Number, usual: u64, put: &mut dyn FnMut(u64, u64)| match number {
                    Is(size) => size,
                    Padded => 4,
                    At(at) => {
                        put(at, usual);
                        usual
                    }
                };
                let entry = size(array.entry, end_of(array.fields).next_multiple_of(8), &mut put);
                let first = size(array.first, 16, &mut put);
                array.count_at.into_iter().for_each(|at| put(at, 2));
                for index in 0..2 {
                    fields.extend(array.fields.iter().map(|field| (first + index * entry + field.at, field)));
                }
                bytes.resize(usize::try_from(first + 2 * entry).unwrap(), 0);
                if let At(_) = array.entry {
                    // The size of an unloaded module, and of a handle what a link goes over.
                    (0..2).for_each(|index| bytes[usize::try_from(first + index * entry + 8).unwrap()] = 1);
                }
            }
            let links = fields
                .into_iter()
                .filter(|_| depth > 0)
                .map(|(at, field)| Link { at, pointer: field.pointer, to: self.of(field.to, depth - 1) })
                .collect();
            Blob { content: bytes.into(), links }
        }
    }

    fn model(width: u8, streams: Vec<(MINIDUMP_STREAM_TYPE, Blob)>) -> Model {
        let mut empty = b"MDMP\x93\xa7".to_vec();
        empty.resize(32, 0);
        let mut model = super::super::read(&empty).unwrap();
        let Container::Minidump(minidump) = &mut model.container else { panic!("no minidump") };
        minidump.system = Some(SystemInfo {
            architecture: if width == 4 { 0 } else { 9 }.into(),
            level: 0,
            revision: 0,
            processors: 1,
            product_type: 0,
            version: [0; 3],
            platform: 2.into(),
            service_pack: None,
            suite_mask: 0,
            reserved: 0,
            cpu: Content::Zero(24),
        });
        for (kind, blob) in streams {
            let content = StreamContent::Blob(blob);
            minidump.streams.push(crate::model::Stream { kind: kind.into(), content });
        }
        model
    }

    #[test]
    fn what_the_streams_of_the_table_lead_to_is_found_where_it_was_written() {
        for (kind, form, structure) in STREAMS {
            let mut blob = Sample { next: 0 }.of(structure, 5);
            let mut width = 8;
            if let Form::InFrontOfDynamic { width: pointer, header } = *form {
                let Content::Bytes(bytes) = &blob.content else { panic!("no bytes") };
                let mut bytes = bytes.to_vec();
                bytes.resize(usize::try_from(header + 4 * u64::from(pointer)).unwrap(), 1);
                blob.content = bytes.into();
                width = pointer;
            }
            assert!(!blob.links.is_empty());
            // Of the kinds that are read as something else a second stream stays as it is.
            let model = model(width, vec![(*kind, blob.clone()), (*kind, blob)]);
            let bytes = file(&super::super::plan(&model, LIMIT).unwrap(), &[]);
            let read = super::super::read(&bytes).unwrap();
            assert!(
                !read.lost.iter().any(|notice| {
                    use NoticeKind::*;
                    matches!(notice.kind, StreamFormUnknown | StreamNotFollowed | FileOffsetNotFollowed)
                }),
                "{kind:?}"
            );
            let streams = |model: &Model, old: &[u8]| {
                let mut streams = said(model.clone(), old).minidump().unwrap().streams.clone();
                streams.remove(0)
            };
            assert_eq!(streams(&read, &bytes), streams(&model, &[]), "{kind:?}");
        }
    }

    #[test]
    fn others_read_what_the_tables_say() {
        type Type = MINIDUMP_STREAM_TYPE;
        let sample = |structure| Sample { next: 0 }.of(structure, 5);
        let model = model(
            8,
            vec![
                (Type::CrashpadInfoStream, sample(&CRASHPAD_INFO)),
                (Type::UnloadedModuleListStream, sample(&UNLOADED_MODULES)),
                (Type::HandleDataStream, sample(&HANDLES)),
                (Type::MozMacosBootargsStream, sample(&MAC_BOOTARGS)),
            ],
        );
        let bytes: Arc<[u8]> = file(&super::super::plan(&model, LIMIT).unwrap(), &[]).into();
        let dump = minidump::Minidump::read(bytes).unwrap();
        let crashpad = dump.get_stream::<MinidumpCrashpadInfo>().unwrap();
        assert_eq!(crashpad.simple_annotations.len(), 2);
        assert_eq!(crashpad.module_list.len(), 2);
        for module in &crashpad.module_list {
            assert_eq!(module.list_annotations.len(), 2);
            assert_eq!(module.simple_annotations.len(), 2);
            assert_eq!(module.annotation_objects.len(), 2);
            assert!(module.annotation_objects.values().all(|value| *value == MinidumpAnnotation::Invalid));
        }
        let unloaded = dump.get_stream::<MinidumpUnloadedModuleList>().unwrap();
        let names: Vec<&str> = unloaded.iter().map(|module| module.name.as_str()).collect();
        assert_eq!(names, ["bb", "cb"]);
        let handles = dump.get_stream::<MinidumpHandleDataStream>().unwrap();
        let handles: Vec<_> = handles.iter().collect();
        let name = |name: &Option<String>| name.clone().unwrap();
        let names = handles.iter().map(|handle| name(&handle.type_name) + &name(&handle.object_name));
        assert_eq!(names.collect::<Vec<_>>(), ["bbcb", "ibjb"]);
        assert!(handles.iter().all(|handle| handle.object_infos.len() == 5));
        let bootargs = dump.get_stream::<MinidumpMacBootargs>().unwrap();
        assert_eq!(bootargs.bootargs.as_deref(), Some("bb"));
    }
}
