//! The memory of a dump, in another container: what reads take, in order of addresses; the bytes stay in the file.

use dumpedit::{Dump, Region};
use dumpedit_formats::model::{Content, List, MappingEntry, Memory, Place, Stored};

use super::loss::{LossKind, Losses};
use crate::synth::minidump::mapping_of;

/// The memory of a dump, each stretch once.
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

/// Whether the copies of a region have other bytes than the one that reads take.
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

/// What memory is aligned by in the file of a core: pages of that size, as debuggers map them, where all of it begins with one.
pub(super) fn alignment(memory: &[Memory], page: u64) -> u64 {
    let is_page = |entry: &Memory| entry.captured == 0 || entry.address.is_multiple_of(page);
    if memory.iter().all(is_page) { page } else { 1 }
}

/// What a MemoryInfoList says of memory.
pub(super) fn mappings(memory: &[Memory]) -> Vec<MappingEntry> {
    let says_more = |entry: &&Memory| entry.protection.is_some() || entry.captured < entry.size;
    memory.iter().filter(says_more).map(mapping_of).collect()
}
