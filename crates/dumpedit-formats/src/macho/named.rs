//! Fields of a Mach-O core.

use std::collections::HashSet;

use dumpedit_layout::{Layout, Place};
use object::macho;

use super::header::{Header, Note};
use super::modules::{Modules, list_notes};
use super::schema;
use crate::FormatError;
use crate::crash_names::Signals;
use crate::fields::{
    Codes, Comparison, Entry, FieldKind, FieldPlace, Fields, Key, Owner, Row, Shown, TextKind, owners,
};
use crate::memory::Memory;

/// `mach_header` and `mach_header_64` of `mach-o/loader.h`, which begin with the same fields.
static HEADER: &[Row] = &[
    Row::hex("cputype", 4, 4),
    Row::hex("cpusubtype", 8, 4),
    Row::decimal("filetype", 12, 4),
    Row::decimal("ncmds", 16, 4).apart(),
    Row::decimal("sizeofcmds", 20, 4).apart(),
    Row::hex("flags", 24, 4),
];

/// `segment_command_64`. Dumps are compared by the addresses of segments.
static SEGMENT_64: &[Row] = &[
    Row::buffer("segname", 8, 16).apart(),
    Row::hex("vmaddr", 24, 8).apart(),
    Row::hex("vmsize", 32, 8).apart(),
    Row::hex("fileoff", 40, 8).apart(),
    Row::hex("filesize", 48, 8).apart(),
    Row::hex("maxprot", 56, 4).apart(),
    Row::hex("initprot", 60, 4).apart(),
    Row::decimal("nsects", 64, 4).apart(),
    Row::hex("flags", 68, 4).apart(),
];

/// `segment_command`.
static SEGMENT_32: &[Row] = &[
    Row::buffer("segname", 8, 16).apart(),
    Row::hex("vmaddr", 24, 4).apart(),
    Row::hex("vmsize", 28, 4).apart(),
    Row::hex("fileoff", 32, 4).apart(),
    Row::hex("filesize", 36, 4).apart(),
    Row::hex("maxprot", 40, 4).apart(),
    Row::hex("initprot", 44, 4).apart(),
    Row::decimal("nsects", 48, 4).apart(),
    Row::hex("flags", 52, 4).apart(),
];

/// `addrable bits` of version 3.
static ADDRESSABLE_BITS_3: &[Row] =
    &[Row::decimal("version", 0, 4).apart(), Row::decimal("addressing_bits", 4, 4).apart()];

/// The same of version 4.
static ADDRESSABLE_BITS_4: &[Row] = &[
    Row::decimal("version", 0, 4).apart(),
    Row::decimal("lo_bits", 4, 4).apart(),
    Row::decimal("hi_bits", 8, 4).apart(),
];

/// The fields of a core.
pub(crate) fn fields(bytes: &[u8], layout: &Layout) -> Result<Fields, FormatError> {
    let header: Header = super::read_header(bytes)?;
    let codes = Codes { os: layout.os().map(str::to_owned), signals: Signals::Bsd };
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let mut fields = Fields::new(header.byte_order(), size, codes);
    fields.structure(Owner::of("header"), header.at, HEADER);
    let (mut segments, mut notes, mut owners) = (0u64, 0u64, HashSet::new());
    let mut listing = Vec::new();
    for command in header.commands(bytes) {
        if header.segment(&command).is_some() {
            let is_wide = command.kind == macho::LC_SEGMENT_64.0;
            let owner = Owner { root: "segment", key: Key::Number(segments) };
            fields.structure(owner, command.at, if is_wide { SEGMENT_64 } else { SEGMENT_32 });
            segments = segments.saturating_add(1);
        } else if let Some(note) = header.note(&command) {
            let held = u64::try_from(note.bytes(&header, bytes).len()).unwrap_or(0);
            let place = Place { file_offset: header.file_offset(note.file_offset), size: held };
            let name = String::from_utf8_lossy(note.owner()).into_owned();
            let owner = match owners.insert(note.owner) {
                true => Owner::called("note", &name, notes),
                false => Owner { root: "note", key: Key::Index(notes) },
            };
            let version = header.encoding.u32(note.bytes(&header, bytes), 0);
            let rows = match version.filter(|_| note.owner() == schema::ADDRESSABLE_BITS) {
                Some(3) if held >= 8 => ADDRESSABLE_BITS_3,
                Some(4) if held >= 12 => ADDRESSABLE_BITS_4,
                _ => &[],
            };
            if !rows.is_empty() {
                fields.structure(owner.clone(), place.file_offset, rows);
            }
            if held > 0 {
                fields.one(owner, "", place, (FieldKind::Bytes, Comparison::Never));
            }
            notes = notes.saturating_add(1);
            listing.push(note);
        }
    }
    modules(bytes, layout, &header, &listing, &mut fields);
    Ok(fields)
}

/// Modules in notes, and their headers in memory.
fn modules(bytes: &[u8], layout: &Layout, header: &Header, notes: &[Note], fields: &mut Fields) {
    let memory = Memory { bytes, encoding: header.encoding, layout };
    // Where no note lists any, the layout has the modules from memory.
    let starts: Vec<u64> = layout.modules().iter().map(|module| module.base).collect();
    let modules = Modules { memory, header, budget: layout.file_size() };
    let found = modules.find(&list_notes(notes, header, bytes), &starts);
    let names: Vec<&str> = found.iter().map(|found| found.module.name.as_str()).collect();
    for (owner, found) in owners::by_path("module", &names).into_iter().zip(&found) {
        let in_note = found.in_note;
        let hex = FieldKind::Number(Shown::Hex);
        let fixed = |kind: FieldKind| move |place: Place| FieldPlace::fixed(place, kind);
        let name = in_note.name.map(fixed(FieldKind::Text(TextKind::Buffer)));
        let mut id: Vec<FieldPlace> = in_note.id.map(fixed(FieldKind::Bytes)).into_iter().collect();
        // A UUID of zeros is none; the one in the header is used then.
        id.retain(|id| !is_zero(bytes, id.place));
        id.extend(
            found
                .id_at
                .map(|at| FieldPlace::in_memory(layout, at, 16, FieldKind::Bytes))
                .into_iter()
                .flatten(),
        );
        let size =
            found.size_at.map(|(at, size)| FieldPlace::in_memory(layout, at, size, hex)).unwrap_or_default();
        let rows = [
            ("name", name.into_iter().collect()),
            ("base", in_note.base.map(fixed(hex)).into_iter().collect()),
            ("size", size),
            ("id", id),
        ];
        for (name, stored) in rows {
            let comparison = Comparison::Bytes;
            fields.push(Entry::One { owner: owner.clone(), name: name.into(), stored, comparison });
        }
    }
}

fn is_zero(bytes: &[u8], place: Place) -> bool {
    let range = usize::try_from(place.file_offset).ok().zip(usize::try_from(place.end()).ok());
    range.and_then(|(start, end)| bytes.get(start..end)).is_none_or(|all| all.iter().all(|byte| *byte == 0))
}
