//! Follows the file offsets in streams, by the tables of `links.rs`.

use std::cell::Cell;

use dumpedit_layout::{NoticeKind, Place, Subject};

use super::links::Number::{At, Is, Padded};
use super::links::{Array, Extent, Field, STREAMS, Structure};
use super::stream::{Dump, Listener, Stream};
use crate::model::Pointer::{Location, Rva, Rva64};
use crate::model::{Blob, Content, Link};

/// Maximum length of a chain of links; the longest chains of real dumps have five.
const MOST_DEPTH: u32 = 32;

/// Cost of a link beside its bytes: about its size in memory.
const LINK: u64 = 96;

/// Follows the file offsets of one dump's streams, up to a budget, because they may lead to the same bytes over and over, or in a circle.
pub(super) struct Follower<'d> {
    dump: &'d Dump<'d>,
    /// Size of pointers, in bytes.
    width: u8,
    left: Cell<u64>,
}

impl<'d> Follower<'d> {
    pub(super) fn of(dump: &'d Dump<'d>, width: u8) -> Follower<'d> {
        /// Minimum budget: names are short, and links cost as much as names.
        const LEAST: u64 = 1 << 20;
        Follower { dump, width, left: Cell::new(dump.size().saturating_mul(4).saturating_add(LEAST)) }
    }

    /// The bytes of a stream, all in the file, with the targets of its offsets.
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

    /// Offset of an array's entries in the structure, their size in bytes, and their number.
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

    /// The link of a field, which is `at` bytes into a structure; `None` where the field has no target.
    fn link(
        &self,
        structure: Place,
        at: u64,
        field: &Field,
        depth: u32,
        listener: &mut impl Listener,
    ) -> Option<Link> {
        let field_at = structure.file_offset.checked_add(at)?;
        let inside = at.checked_add(field.pointer.size())? <= structure.size;
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
            // Other bytes follow it wherever it moves.
            let file = Place { file_offset: place.file_offset, size: place.size };
            to.content = Content::Cut { file, size: place.size.saturating_add(terminator) };
        }
        Some(Link { at, pointer: field.pointer, to })
    }

    /// The place of a field's target, where all of it is in the file.
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
                // Some writers count the whole structure, and not what follows in it.
                place(self.dump.held(whole).max(first))
            }
            Extent::CountedBefore { count_at, entry } => {
                place(self.number(from, count_at)?.checked_mul(entry)?)
            }
        };
        // A location may have less room than the size in front of its target.
        let whole = if told.size > 0 { Place { size: told.size, ..whole } } else { whole };
        (self.dump.held(whole) == whole.size).then_some(whole)
    }
}

/// Bytes without links.
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

    use minidump_common::format::MINIDUMP_STREAM_TYPE;

    use super::super::links::{CRASHPAD_INFO, Form, HANDLES, MAC_BOOTARGS, Number, UNLOADED_MODULES};
    use super::super::round_trip::{LIMIT, file, said};
    use super::*;
    use crate::model::{Container, Model, StreamContent, SystemInfo};

    /// Source of sample bytes, in which every number is unique.
    struct Sample {
        next: u32,
    }

    impl Sample {
        /// A blob of a structure, with two entries where it is a list, and the targets of its offsets.
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
                // The defined versions.
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
                    // The size of an unloaded module, which for a handle becomes a link.
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
            // A second stream stays bytes where the first of its type becomes something else.
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
