//! Fields of streams: their bytes, and for streams that are structures, texts or tokens the values in them.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use dumpedit_layout::Place;
use minidump_common::format::{MINIDUMP_DIRECTORY, MINIDUMP_HEADER, MINIDUMP_STREAM_TYPE};

use super::counters::{process_memory, system_memory};
use super::fields::{assertion, breakpad, crashpad, token, tokens};
use super::schema::DIRECTORY_LOCATION_AT;
use super::stream::{Dump, Stream};
use super::{OF_MEMORY, links, name};
use crate::fields::{Comparison, FieldKind, Fields, Key, Lead, Owner, Room, Row, TextKind};
use crate::model::Pointer;

type Type = MINIDUMP_STREAM_TYPE;

/// Structures that are streams of their own, with the sizes of streams that have these values, in bytes.
static STRUCTURES: &[(Type, Range<u64>, &[Row])] = &[
    (Type::BreakpadInfoStream, breakpad::SIZE..u64::MAX, breakpad::ROWS),
    (Type::AssertionInfoStream, assertion::SIZE..u64::MAX, assertion::ROWS),
    (Type::CrashpadInfoStream, crashpad::SIZE..u64::MAX, crashpad::ROWS),
    (Type::SystemMemoryInfoStream, system_memory::SIZES[0]..u64::MAX, system_memory::ROWS),
    (Type::SystemMemoryInfoStream, system_memory::SIZES[1]..u64::MAX, system_memory::ROWS_2),
    (Type::ProcessVmCountersStream, process_memory::SIZES[0]..u64::MAX, process_memory::ROWS),
    (
        Type::ProcessVmCountersStream,
        process_memory::SIZES[0]..process_memory::SIZES[1],
        process_memory::ONLY_1,
    ),
    (Type::ProcessVmCountersStream, process_memory::SIZES[1]..u64::MAX, process_memory::ONLY_2),
    (Type::TokenStream, tokens::SIZE..u64::MAX, tokens::ROWS),
];

/// Streams that are a text.
static TEXTS: &[(Type, TextKind)] =
    &[(Type::CommentStreamA, TextKind::Buffer), (Type::CommentStreamW, TextKind::WideBuffer)];

/// Adds the streams as bytes, and the values in them: further streams of a type by index.
pub(super) fn fields(dump: &Dump<'_>, header: &MINIDUMP_HEADER, fields: &mut Fields) {
    let mut seen = HashSet::new();
    let mut entries: HashMap<Stream, u64> = HashMap::new();
    for index in 0..u64::from(header.stream_count) {
        let Some(stream) = dump.directory_entry(header, index) else { break };
        let skipped = dump.size_of::<MINIDUMP_DIRECTORY>().saturating_mul(index);
        entries.entry(stream).or_insert(skipped.saturating_add(header.stream_directory_rva.into()));
    }
    for (index, stream) in (0..).zip(dump.streams()) {
        let Stream { place, .. } = *stream;
        let place = Place { size: dump.held(place), ..place };
        if place.size == 0 {
            continue;
        }
        let called = name(*stream);
        let called = called.strip_prefix("stream ").unwrap_or(&called);
        let key = if seen.insert(stream.kind) { Key::Name(called.to_owned()) } else { Key::Index(index) };
        let owner = Owner { root: "stream", key };
        let of_kind = STRUCTURES.iter().filter(|(kind, ..)| stream.is(*kind));
        for (.., rows) in of_kind.filter(|(_, sizes, _)| sizes.contains(&place.size)) {
            fields.structure(owner.clone(), place.file_offset, rows);
        }
        if stream.is(Type::TokenStream) {
            of_tokens(dump, &owner, place, fields);
        }
        let leads = links::are_in(*stream) || OF_MEMORY.iter().any(|kind| stream.is(*kind));
        let comparison = if leads { Comparison::Never } else { Comparison::Bytes };
        // Streams that the end of the file cuts off, or that lead to other bytes, are not rewritten.
        let entry = entries.get(stream).filter(|_| !leads && place.size == stream.place.size);
        let lead = entry.map(|entry| {
            let at = entry.saturating_add(DIRECTORY_LOCATION_AT);
            Lead::new(at, Pointer::Location, place.file_offset)
        });
        let room = lead.map_or(Room::Fixed, Room::Behind);
        if let Some((_, kind)) = TEXTS.iter().find(|(kind, _)| stream.is(*kind)) {
            fields.resizable(owner.clone(), "text", place, (FieldKind::Text(*kind), comparison), room);
        }
        fields.resizable(owner, "", place, (FieldKind::Bytes, comparison), room);
    }
}

/// Adds the tokens of a TokenStream, each as far behind the one before it as that says.
fn of_tokens(dump: &Dump<'_>, owner: &Owner, stream: Place, fields: &mut Fields) {
    let number = |row: Row, at: u64| dump.read::<u32>(row.in_structure(at).file_offset).map(u64::from);
    let first = number(tokens::HEADER_SIZE, stream.file_offset);
    let count = number(tokens::COUNT, stream.file_offset).filter(|_| stream.size >= tokens::SIZE);
    let (Some(first), Some(count)) = (first, count) else { return };
    let mut at = stream.file_offset.saturating_add(first);
    for index in 0..count {
        let room = stream.end().saturating_sub(at);
        let size = number(token::TOKEN_SIZE, at).unwrap_or(0);
        if size < token::SIZE || size > room || !dump.affords_entries(size) {
            return;
        }
        for row in token::ROWS {
            let name = format!("tokens[{index}].{}", row.name);
            fields.one(owner.clone(), name, row.in_structure(at), (row.kind, row.comparison));
        }
        let data =
            Place { file_offset: at.saturating_add(token::SIZE), size: size.saturating_sub(token::SIZE) };
        fields.one(
            owner.clone(),
            format!("tokens[{index}].data"),
            data,
            (FieldKind::Bytes, Comparison::Bytes),
        );
        at = at.saturating_add(size);
    }
}
