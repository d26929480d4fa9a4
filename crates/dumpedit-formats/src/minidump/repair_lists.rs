//! Lists of a minidump, by their own headers, and what they lead to.

use minidump_common::format::{
    MINIDUMP_MEMORY_DESCRIPTOR, MINIDUMP_MEMORY_INFO, MINIDUMP_MODULE, MINIDUMP_STREAM_TYPE, MINIDUMP_THREAD,
    MINIDUMP_THREAD_NAME,
};

use super::schema::{EXCEPTION_CONTEXT_AT, THREAD_CONTEXT_AT, THREAD_STACK_AT, UNLOADED_SIZES};
use super::stream::{Dump, Shape, Stream};

type Type = MINIDUMP_STREAM_TYPE;

/// Lists that begin with the sizes of their header and of an entry, and a count, of 32 bits each; with minimum values of these sizes, in
/// bytes.
pub(super) const SELF_DESCRIBED: &[(Type, [u64; 2])] = &[
    (Type::UnloadedModuleListStream, UNLOADED_SIZES),
    (Type::ThreadInfoListStream, [12, 64]),
    (Type::HandleDataStream, [16, 32]),
];

/// The shape of a stream that is a list.
pub(super) fn shape(dump: &Dump<'_>, stream: Stream) -> Option<Shape> {
    if stream.is(Type::ThreadListStream) {
        dump.counted::<MINIDUMP_THREAD>(stream)
    } else if stream.is(Type::ModuleListStream) {
        dump.counted::<MINIDUMP_MODULE>(stream)
    } else if stream.is(Type::MemoryListStream) {
        dump.counted::<MINIDUMP_MEMORY_DESCRIPTOR>(stream)
    } else if stream.is(Type::ThreadNamesStream) {
        dump.counted::<MINIDUMP_THREAD_NAME>(stream)
    } else if stream.is(Type::Memory64ListStream) {
        dump.counted64(stream)
    } else if stream.is(Type::MemoryInfoListStream) {
        let least = dump.size_of::<MINIDUMP_MEMORY_INFO>();
        dump.memory_infos(stream).filter(|shape| shape.entry >= least && shape.header >= 16)
    } else {
        let (_, [least_header, least]) = SELF_DESCRIBED.iter().find(|(kind, ..)| stream.is(*kind))?;
        let sized = |shape: &Shape| shape.header >= *least_header && shape.entry >= *least;
        dump.self_described(stream).filter(sized)
    }
}

/// File offsets of the contexts, stacks and memory that lists lead to.
pub(super) fn led_to(dump: &Dump<'_>) -> Vec<u64> {
    let mut starts = Vec::new();
    for stream in dump.streams() {
        if stream.is(Type::ExceptionStream) {
            starts.extend(rva_at(dump, stream.place.file_offset.saturating_add(EXCEPTION_CONTEXT_AT)));
        }
        let Some(listed) = shape(dump, *stream) else { continue };
        if stream.is(Type::Memory64ListStream) {
            starts.extend(dump.read::<u64>(stream.place.file_offset.saturating_add(8)));
            continue;
        }
        let rows: &[u64] = match () {
            () if stream.is(Type::MemoryListStream) => &[MEMORY_AT],
            () if stream.is(Type::ThreadListStream) => {
                &[THREAD_STACK_AT.saturating_add(MEMORY_AT), THREAD_CONTEXT_AT]
            }
            () => continue,
        };
        // Bytes outside of the stream's size need not be entries.
        let room = stream.place.size.saturating_sub(listed.header).checked_div(listed.entry).unwrap_or(0);
        let count = room.min(listed.declared);
        if !dump.affords_entries(count.saturating_mul(listed.entry)) {
            continue;
        }
        let first = stream.place.file_offset.saturating_add(listed.header);
        for index in 0..count {
            let at = index.saturating_mul(listed.entry).saturating_add(first);
            starts.extend(rows.iter().filter_map(|row| rva_at(dump, at.saturating_add(*row))));
        }
    }
    starts
}

/// Offsets of the size and the RVA in a `MINIDUMP_MEMORY_DESCRIPTOR`, in bytes.
const MEMORY_AT: u64 = 8;

/// The file offset in a `MINIDUMP_LOCATION_DESCRIPTOR` that has bytes.
fn rva_at(dump: &Dump<'_>, at: u64) -> Option<u64> {
    let (size, rva) = (dump.read::<u32>(at)?, dump.read::<u32>(at.saturating_add(4))?);
    (size > 0 && rva > 0).then_some(u64::from(rva)).filter(|rva| *rva < dump.size())
}
