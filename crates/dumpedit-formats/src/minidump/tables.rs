//! Bytes of a minidump that locate everything else: the header, the directory, lists of numbers, and the file offsets in streams.

use dumpedit_layout::{Place, Span};
use minidump_common::format::{MINIDUMP_DIRECTORY, MINIDUMP_HEADER, MINIDUMP_STREAM_TYPE as Type};

use super::{Opened, open};
use crate::model::{Blob, Model, StreamContent};

/// Streams that are lists of numbers, and the size of their numbers, in bytes: MiscInfo and SystemInfo have texts behind them, and
/// `MINIDUMP_FUNCTION_TABLE_STREAM`, the counts and sizes, has the functions' own entries behind it.
const LISTS: &[(Type, u64)] = &[
    (Type::ThreadListStream, u64::MAX),
    (Type::ModuleListStream, u64::MAX),
    (Type::MemoryListStream, u64::MAX),
    (Type::ExceptionStream, u64::MAX),
    (Type::SystemInfoStream, 32),
    (Type::ThreadExListStream, u64::MAX),
    (Type::Memory64ListStream, u64::MAX),
    (Type::HandleDataStream, u64::MAX),
    (Type::FunctionTable, 24),
    (Type::UnloadedModuleListStream, u64::MAX),
    (Type::MiscInfoStream, 24),
    (Type::MemoryInfoListStream, u64::MAX),
    (Type::ThreadInfoListStream, u64::MAX),
    (Type::ThreadNamesStream, u64::MAX),
];

pub(crate) fn tables(bytes: &[u8], model: &Model) -> Vec<Span> {
    let Ok(Opened { dump, header, .. }) = open(bytes) else { return Vec::new() };
    let entry = dump.size_of::<MINIDUMP_DIRECTORY>();
    let directory = Place {
        file_offset: header.stream_directory_rva.into(),
        size: u64::from(header.stream_count).saturating_mul(entry),
    };
    let lists = dump.streams().iter().filter_map(|stream| {
        let (_, most) = LISTS.iter().find(|(kind, _)| stream.is(*kind))?;
        Some(Place { size: stream.place.size.min(*most), ..stream.place })
    });
    let first = Place { file_offset: 0, size: dump.size_of::<MINIDUMP_HEADER>() };
    let places = [first, directory].into_iter().chain(lists);
    let mut spans: Vec<Span> = places.filter_map(|place| Span::of(place.file_offset, place.size)).collect();
    for stream in model.minidump().into_iter().flat_map(|minidump| &minidump.streams) {
        if let StreamContent::Blob(blob) = &stream.content {
            links(blob, &mut spans);
        }
    }
    spans
}

/// Adds the file offsets in a stream and in their targets.
fn links(blob: &Blob, spans: &mut Vec<Span>) {
    for link in &blob.links {
        if let Some(place) = blob.content.place() {
            spans.extend(Span::of(place.file_offset.saturating_add(link.at), link.pointer.size()));
        }
        // The length of a text is in front of it.
        if let (Some(place), true) = (link.to.content.place(), link.to.links.is_empty()) {
            spans.extend(Span::of(place.file_offset, 4));
        }
        links(&link.to, spans);
    }
}
