//! Memory for another container: the copy that reads take, in order of addresses; the bytes stay in the file.

use std::collections::BTreeMap;

use dumpedit::{Dump, Protection, Region};
use dumpedit_formats::model::{Content, List, MappingEntry, Memory, Place, Stored};

use super::loss::{LossKind, Losses};
use crate::encode::wide;
use crate::synth::minidump::mapping_of;

const READ_WRITE: Protection = Protection { read: true, write: true, execute: false, guard: false };

/// Memory of a dump, each range once.
pub(super) fn memory(dump: &Dump, losses: &mut Losses) -> Result<Vec<Memory>, dumpedit::Error> {
    let mut memory = Vec::new();
    for region in dump.layout().regions() {
        if region.copies > 1 && differs(dump, &region)? {
            losses.count(LossKind::DifferingCopy);
        }
        memory.push(entry(&region));
    }
    Ok(memory)
}

/// Whether a region's copies differ from the one that reads take.
fn differs(dump: &Dump, region: &Region) -> Result<bool, dumpedit::Error> {
    const BLOCK: u64 = 1 << 16;
    let mut first = Vec::new();
    let mut other = Vec::new();
    let [taken, copies @ ..] = region.file_offsets.as_slice() else { return Ok(false) };
    let mut done = 0;
    while done < region.captured {
        let size = BLOCK.min(region.captured.saturating_sub(done));
        let len = usize::try_from(size).unwrap_or(0);
        first.resize(len, 0);
        other.resize(len, 0);
        dump.read_file(taken.saturating_add(done), &mut first)?;
        for copy in copies {
            dump.read_file(copy.saturating_add(done), &mut other)?;
            if first != other {
                return Ok(true);
            }
        }
        done = done.saturating_add(size);
    }
    Ok(false)
}

fn entry(region: &Region) -> Memory {
    let place = region.file_offsets.first().map(|at| Place { file_offset: *at, size: region.captured });
    let content = place.filter(|place| place.size > 0).map_or(Content::Zero(0), Content::File);
    let mut entry = Memory::new(region.start, Content::default());
    entry.size = u64::try_from(region.size).unwrap_or(u64::MAX);
    entry.captured = region.captured;
    entry.stored = Stored::Own(content);
    entry.protection = region.protection;
    entry.list = List::Memory64;
    entry
}

/// Puts bytes at an address where sorted memory has none yet: into the mapping there, or beside it.
pub(super) fn put(memory: &mut Vec<Memory>, address: u64, bytes: &[u8]) {
    let mut rest = bytes;
    let mut at = address;
    while !rest.is_empty() {
        let behind = memory.partition_point(|entry| entry.address <= at);
        let next = memory.get(behind).map_or(u64::MAX, |entry| entry.address.saturating_sub(at));
        let own = behind.checked_sub(1).and_then(|own| Some((own, memory.get(own)?.clone())));
        let own = own.filter(|(_, entry)| at.saturating_sub(entry.address) < entry.size);
        let skipped = own.as_ref().map_or(0, |(_, entry)| at.saturating_sub(entry.address));
        // As far as the entry here is the same for all bytes.
        let room = match &own {
            Some((_, entry)) if skipped < entry.captured => entry.captured.saturating_sub(skipped),
            Some((_, entry)) => entry.size.saturating_sub(skipped),
            None => u64::MAX,
        };
        let room = usize::try_from(room.min(next)).unwrap_or(usize::MAX).min(rest.len());
        let (here, left) = rest.split_at_checked(room).unwrap_or((rest, &[]));
        let mut entry = Memory::new(at, here.to_vec().into());
        match own {
            None => {
                entry.protection = Some(READ_WRITE);
                memory.insert(behind, entry);
            }
            Some((own, whole)) if skipped >= whole.captured => {
                entry.protection = whole.protection;
                // The mapping behind the bytes stays with them, as where a kernel leaves out bytes that files have.
                entry.size = whole.size.saturating_sub(skipped);
                let mut before = whole.clone();
                before.size = skipped;
                let parts = [before, entry].into_iter().filter(|part| part.size > 0);
                memory.splice(own..=own, parts);
            }
            Some(_) => {}
        }
        at = at.saturating_add(wide(room));
        rest = left;
    }
}

/// Puts bytes at their addresses, like [`put`] for each.
pub(super) fn put_all(memory: &mut Vec<Memory>, pieces: BTreeMap<u64, Vec<u8>>) {
    let mut rest = std::mem::take(memory).into_iter().peekable();
    let mut near: Vec<Memory> = Vec::new();
    for (address, bytes) in pieces {
        let end = address.saturating_add(wide(bytes.len()));
        near.extend(std::iter::from_fn(|| rest.next_if(|entry| entry.address < end)));
        let done = near.partition_point(|entry| entry.address.saturating_add(entry.size) <= address);
        memory.extend(near.drain(..done));
        put(&mut near, address, &bytes);
    }
    memory.extend(near);
    memory.extend(rest);
}

/// Alignment of memory in a core's file, in bytes: the page size, as debuggers map pages, where all of it begins at a page.
pub(super) fn alignment(memory: &[Memory], page: u64) -> u64 {
    let is_page = |entry: &Memory| entry.captured == 0 || entry.address.is_multiple_of(page);
    if memory.iter().all(is_page) { page } else { 1 }
}

/// MemoryInfoList entries of memory.
pub(super) fn mappings(memory: &[Memory]) -> Vec<MappingEntry> {
    let says_more = |entry: &&Memory| entry.protection.is_some() || entry.captured < entry.size;
    memory.iter().filter(says_more).map(mapping_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(address: u64, size: u64, captured: u64) -> Memory {
        let mut entry = Memory::new(address, Content::Zero(captured));
        entry.size = size;
        entry
    }

    #[test]
    fn bytes_at_many_addresses_go_where_those_at_each_do() {
        let before: Vec<Memory> =
            (0..8).map(|at| mapped(0x1000 * at, 0x800 + 0x80 * at, 0x10 * (at % 2))).collect();
        let pieces: BTreeMap<u64, Vec<u8>> =
            [0x0, 0x700, 0x1008, 0x17ff, 0x4000, 0x6fff].into_iter().map(|at| (at, vec![7; 0x20])).collect();
        let (mut one_by_one, mut at_once) = (before.clone(), before);
        for (address, bytes) in &pieces {
            put(&mut one_by_one, *address, bytes);
        }
        put_all(&mut at_once, pieces);
        assert_eq!(one_by_one, at_once);
    }

    #[test]
    fn bytes_go_where_memory_was_not_captured_and_beside_it() {
        let mut memory = vec![mapped(0x1000, 0x1000, 8), mapped(0x3000, 0x10, 0x10)];
        put(&mut memory, 0x1004, &[1; 0x10]);
        put(&mut memory, 0x1ff8, &[2; 0x10]);
        put(&mut memory, 0x2ffe, &[3; 0x14]);
        let shape: Vec<_> = memory.iter().map(|entry| (entry.address, entry.size, entry.captured)).collect();
        let expected = [
            (0x1000, 8, 8),
            (0x1008, 0xff0, 0xc),
            (0x1ff8, 8, 8),
            (0x2000, 8, 8),
            (0x2ffe, 2, 2),
            (0x3000, 0x10, 0x10),
            (0x3010, 2, 2),
        ];
        assert_eq!(shape, expected);
    }
}
