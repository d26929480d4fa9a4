//! The number of entries of a minidump's directory, by the bytes that they describe.

use dumpedit_layout::Place;
use minidump_common::format::{MINIDUMP_DIRECTORY, MINIDUMP_HEADER, MINIDUMP_STREAM_TYPE};

use super::repair_lists::led_to;
use super::stream::{Dump, Stream};
use super::{name, schema};
use crate::write::{Claim, DescribingTable, Meeting};

type Type = MINIDUMP_STREAM_TYPE;

/// The number of entries of the directory.
pub(super) struct Counted {
    pub(super) count: u32,
    /// Number of entries outside of the bytes that others describe.
    pub(super) sure: u64,
    /// What is wrong with the count in the file, for the message.
    pub(super) problem: Option<String>,
}

impl Counted {
    pub(super) fn of(dump: &Dump<'_>, header: &MINIDUMP_HEADER, directory: u64, whole: Place) -> Counted {
        let entry_size = dump.size_of::<MINIDUMP_DIRECTORY>();
        let declared = u64::from(header.stream_count);
        let room = dump.size().saturating_sub(directory);
        let held = room.checked_div(entry_size).unwrap_or(0).min(declared);
        let table = DescribingTable {
            first: directory,
            entry_size,
            header: whole,
            file_size: dump.size(),
            padding: 0,
            claim: |index| dump.directory_entry(header, index).map(claim),
        };
        let meeting = table.meeting(held);
        let end = meeting.filter(|meeting| table.ends_at(*meeting, held));
        let owner = end.and_then(|end| dump.directory_entry(header, end.owner));
        let (count, problem) = match end.zip(owner) {
            Some((Meeting { count, .. }, owner)) => {
                let text = format!(
                    "NumberOfStreams: entry {count} of {declared} would overlap the bytes of the {}",
                    name(owner)
                );
                (count, Some(text))
            }
            None if held < declared => {
                let text =
                    format!("NumberOfStreams: {held} of {declared} entries of the directory are in the file");
                (held, Some(text))
            }
            None if meeting.is_none() => match uncounted(dump, header, directory, whole) {
                Some(count) => {
                    let text = format!(
                        "NumberOfStreams: the directory has {count} entries, and the header counts {declared}"
                    );
                    (count, Some(text))
                }
                None => (declared, None),
            },
            None => (declared, None),
        };
        let sure = meeting.map_or(count, |meeting| meeting.count);
        Counted { count: u32::try_from(count).unwrap_or(header.stream_count), sure, problem }
    }
}

/// The bytes that an entry of the directory describes, and whether its type is named in headers.
fn claim(stream: Stream) -> Claim {
    let reserved = [Type::UnusedStream, Type::ReservedStream0, Type::ReservedStream1];
    let is_unused = reserved.iter().any(|kind| stream.is(*kind));
    let is_usual = schema::stream_name(stream.kind).is_some() && !is_unused && stream.place.size > 0;
    let size = if is_unused { 0 } else { stream.place.size };
    Claim { place: Place { size, ..stream.place }, is_usual }
}

/// The number of entries of the directory, where there are more than the header counts: entries behind the counted ones fill the bytes up
/// to the first stream, one of them at least has a type that headers name, and no list leads into them or into their streams.
fn uncounted(dump: &Dump<'_>, header: &MINIDUMP_HEADER, directory: u64, whole: Place) -> Option<u64> {
    let entry_size = dump.size_of::<MINIDUMP_DIRECTORY>();
    let entry = |index| dump.directory_entry(header, index);
    let table = DescribingTable {
        first: directory,
        entry_size,
        header: whole,
        file_size: dump.size(),
        padding: PADDING,
        claim: |index| entry(index).map(|stream| uncounted_claim(stream, dump.size())),
    };
    let declared = u64::from(header.stream_count);
    let count = table.with_uncounted(declared)?;
    let streams: Vec<Stream> = (declared..count).map_while(entry).collect();
    let end = |index: u64| index.saturating_mul(entry_size).saturating_add(directory);
    let entries = Place { file_offset: end(declared), size: end(count).saturating_sub(end(declared)) };
    let mut taken: Vec<Place> = streams.iter().map(|stream| stream.place).chain([entries]).collect();
    taken.sort_unstable_by_key(|place| place.file_offset);
    let is_taken = |at: u64| {
        let before = taken.partition_point(|place| place.file_offset <= at).checked_sub(1);
        before.and_then(|before| taken.get(before)).is_some_and(|place| at < place.end())
    };
    let is_sure =
        streams.iter().any(|stream| claim(*stream).is_usual) && !led_to(dump).into_iter().any(is_taken);
    is_sure.then_some(count)
}

/// Maximum number of zeros between a directory and the first stream, in bytes: streams are aligned to at most 8 bytes.
const PADDING: u64 = 7;

/// The bytes that an entry behind the counted ones describes, and whether it looks like one: its type is named in headers or in the range
/// of applications, and its bytes, if it has any, are in the file; or all of it is zeros, for no stream.
fn uncounted_claim(stream: Stream, file_size: u64) -> Claim {
    /// `LastReservedStream` of `minidumpapiset.h`.
    const LAST_RESERVED: u32 = 0xffff;
    let is_none = stream.kind == 0 && stream.place == Place { file_offset: 0, size: 0 };
    let is_named =
        stream.kind > LAST_RESERVED || schema::stream_name(stream.kind).is_some() && stream.kind != 0;
    let is_in_file = stream.place.file_offset > 0 && stream.place.end() <= file_size;
    Claim { place: stream.place, is_usual: is_none || (is_named && is_in_file) }
}
