//! The directory of a minidump to be written: its entries and their order.

use std::collections::{HashMap, VecDeque};

use minidump_common::format::MINIDUMP_STREAM_TYPE;

/// A stream in the directory.
pub(super) struct Entry {
    pub(super) kind: u32,
    pub(super) size: u64,
    pub(super) file_offset: u64,
}

/// Streams that models know, in the order in which they are written; all others follow.
const USUAL_ORDER: &[MINIDUMP_STREAM_TYPE] = &[
    MINIDUMP_STREAM_TYPE::ThreadListStream,
    MINIDUMP_STREAM_TYPE::ModuleListStream,
    MINIDUMP_STREAM_TYPE::MemoryListStream,
    MINIDUMP_STREAM_TYPE::Memory64ListStream,
    MINIDUMP_STREAM_TYPE::ExceptionStream,
    MINIDUMP_STREAM_TYPE::SystemInfoStream,
    MINIDUMP_STREAM_TYPE::MemoryInfoListStream,
    MINIDUMP_STREAM_TYPE::ThreadNamesStream,
];

/// The usual position of a stream in the directory, as a number to sort by.
pub(super) fn usual_rank(kind: u32, is_known: bool) -> usize {
    let known = USUAL_ORDER.iter().position(|known| is_known && u32::from(*known) == kind);
    known.unwrap_or(USUAL_ORDER.len())
}

/// The entries in the order of their types; entries whose type is not named come last.
pub(super) fn in_order(mut entries: Vec<Entry>, order: &[u32]) -> Vec<Entry> {
    let mut places: HashMap<u32, VecDeque<usize>> = HashMap::new();
    for (at, kind) in order.iter().enumerate() {
        places.entry(*kind).or_default().push_back(at);
    }
    let mut place =
        |entry: &Entry| places.get_mut(&entry.kind).and_then(VecDeque::pop_front).unwrap_or(usize::MAX);
    let mut placed: Vec<(usize, Entry)> = entries.drain(..).map(|entry| (place(&entry), entry)).collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, entry)| entry).collect()
}
