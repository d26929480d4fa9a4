//! Annotations of Crashpad: named texts of the process and of its modules, at file offsets in CrashpadInfo (`minidump_extensions.h`).

use std::collections::HashSet;

use dumpedit_layout::Place;
use minidump_common::format::MINIDUMP_STREAM_TYPE;

use super::fields::crashpad;
use super::stream::Dump;
use crate::fields::{Comparison, FieldKind, Fields, Key, Lead, Owner, Room, TextKind, bracketed, owners};
use crate::model::{Blob, Link, Model, StreamContent};

/// `MinidumpAnnotation::type` of a text.
const OF_TEXT: u16 = 1;

/// Size of the number of entries in front of a list, in bytes.
const COUNT_SIZE: u64 = 4;

/// A text with its size and a NUL.
const TEXT: FieldKind = FieldKind::Text(TextKind::CountedUtf8);

/// Adds the annotations of a minidump.
pub(super) fn fields(dump: &Dump<'_>, model: &Model, fields: &mut Fields) {
    let streams = model.minidump().map_or(&[][..], |minidump| &minidump.streams);
    let is_it = |kind: u32| kind == MINIDUMP_STREAM_TYPE::CrashpadInfoStream as u32;
    let Some(stream) = streams.iter().find(|stream| is_it(stream.kind)) else { return };
    let StreamContent::Blob(info) = &stream.content else { return };
    let mut reader = Reader { dump, fields };
    let owner = Owner { root: "stream", key: Key::Name("CrashpadInfoStream".to_owned()) };
    if let Some(annotations) = at(info, crashpad::ANNOTATIONS_AT) {
        reader.dictionary(&owner, annotations);
    }
    let Some(list) = at(info, crashpad::MODULES_AT) else { return };
    let paths: Vec<&str> = model.modules.iter().map(|module| module.name.value.as_str()).collect();
    let owners = owners::by_path("module", &paths);
    let mut seen = HashSet::new();
    for link in &list.links {
        // The index of the module is in front of the offset.
        let index = reader.number(list, link.at.checked_sub(4)).and_then(|index| usize::try_from(index).ok());
        let Some((index, owner)) = index.and_then(|index| Some((index, owners.get(index)?))) else {
            continue;
        };
        if seen.insert(index) {
            reader.module(owner, &link.to);
        }
    }
}

/// The target of a file offset in a structure.
fn at(blob: &Blob, at: u64) -> Option<&Blob> {
    blob.links.iter().find(|link| link.at == at).map(|link| &link.to)
}

struct Reader<'a> {
    dump: &'a Dump<'a>,
    fields: &'a mut Fields,
}

impl Reader<'_> {
    fn module(&mut self, owner: &Owner, module: &Blob) {
        if let Some(texts) = at(module, crashpad::TEXTS_AT) {
            for (index, link) in (0u64..).zip(&texts.links) {
                self.text(owner, format!("texts[{index}]"), texts, link, TEXT);
            }
        }
        if let Some(dictionary) = at(module, crashpad::DICTIONARY_AT) {
            self.dictionary(owner, dictionary);
        }
        if let Some(objects) = at(module, crashpad::OBJECTS_AT) {
            self.named(owner, objects, "annotation_objects", 12);
        }
    }

    /// `MinidumpSimpleStringDictionary`: names, and their texts behind them.
    fn dictionary(&mut self, owner: &Owner, dictionary: &Blob) {
        self.named(owner, dictionary, "annotations", 8);
    }

    /// Entries of a size behind a count of 32 bits. An entry begins with the offset of its name and ends with that of its value;
    /// `MinidumpAnnotation` has the type, of 16 bits, between them.
    fn named(&mut self, owner: &Owner, list: &Blob, called: &str, entry: u64) {
        let value_of = |name: &Link| {
            let start = name.at.checked_sub(COUNT_SIZE).filter(|start| start.is_multiple_of(entry))?;
            let value = start.checked_add(entry)?;
            list.links.iter().find(|link| link.at == value)
        };
        let pairs: Vec<(&Link, &Link)> =
            list.links.iter().filter_map(|name| Some((name, value_of(name)?))).collect();
        let mut seen = HashSet::new();
        for (index, (name, value)) in (0u64..).zip(pairs) {
            let kind = match entry {
                8 => TEXT,
                _ if self.kind_of(list, name) == Some(OF_TEXT) => FieldKind::Text(TextKind::CountedBytes),
                _ => FieldKind::Bytes,
            };
            let text = self.text_of(&name.to).unwrap_or_default();
            let key = bracketed(&text, index, seen.insert(text.clone()));
            self.text(owner, format!("{called}{key}"), list, value, kind);
        }
    }

    fn text(&mut self, owner: &Owner, name: String, list: &Blob, link: &Link, kind: FieldKind) {
        let (Some(start), Some(place)) = (list.content.place(), self.place(&link.to)) else { return };
        let lead = Lead::new(start.file_offset.saturating_add(link.at), link.pointer, place.file_offset);
        let room = if kind == FieldKind::Bytes { Room::Fixed } else { Room::Behind(lead) };
        self.fields.resizable(owner.clone(), name, place, (kind, Comparison::Value), room);
    }

    /// The place of a structure, up to the end of the file.
    fn place(&self, blob: &Blob) -> Option<Place> {
        let place = blob.content.place()?;
        Some(Place { size: self.dump.held(place), ..place })
    }

    fn text_of(&self, blob: &Blob) -> Option<String> {
        Some(TextKind::CountedUtf8.read(self.dump.slice(blob.content.place()?), self.dump.byte_order()))
    }

    fn number(&self, blob: &Blob, at: Option<u64>) -> Option<u32> {
        self.dump.read::<u32>(blob.content.place()?.file_offset.checked_add(at?)?)
    }

    fn kind_of(&self, list: &Blob, name: &Link) -> Option<u16> {
        self.dump.read::<u16>(list.content.place()?.file_offset.checked_add(name.at)?.checked_add(4)?)
    }
}
