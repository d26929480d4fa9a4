//! One process dumped in every container, for tests of memory that must pass in each.

use super::elf_builder::{ElfBuilder, prstatus};
use super::minidump_builder::{MinidumpBuilder, amd64, amd64_context};
use super::subject::Subject;

pub(crate) const TID: u32 = 4711;
pub(crate) const RIP: u64 = 0x40_1000;
pub(crate) const RSP: u64 = 0x7ffe_1000;

/// A dump and the file offsets of the regions that it was made of.
pub(crate) struct Dumped {
    pub(crate) subject: Subject,
    pub(crate) offsets: Vec<u64>,
}

/// AMD64 dumps of captured regions and one thread: a core, a minidump with a MemoryList and one with a Memory64List.
pub(crate) fn dumped(regions: &[(u64, &[u8])]) -> Vec<Dumped> {
    vec![core(regions), minidump(regions), minidump64(regions)]
}

fn core(regions: &[(u64, &[u8])]) -> Dumped {
    let mut core = ElfBuilder::x86_64();
    core.notes(&[prstatus(TID, 11, RIP, RSP)]);
    let offsets = regions.iter().map(|(address, bytes)| core.load(*address, bytes)).collect();
    Dumped { subject: Subject::named("memory.core", core.finish()), offsets }
}

fn minidump(regions: &[(u64, &[u8])]) -> Dumped {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(u64::from(TID), &amd64_context(amd64::FULL, RIP, RSP));
    let offsets = regions.iter().map(|(address, bytes)| dump.memory(*address, bytes)).collect();
    Dumped { subject: Subject::named("memory-list.dmp", dump.finish()), offsets }
}

fn minidump64(regions: &[(u64, &[u8])]) -> Dumped {
    let mut dump = MinidumpBuilder::amd64();
    dump.thread_with(u64::from(TID), &amd64_context(amd64::FULL, RIP, RSP));
    regions.iter().for_each(|(address, bytes)| dump.memory64(*address, bytes));
    let file = dump.finish();
    let mut end = file.len() as u64;
    let mut offsets: Vec<u64> = Vec::new();
    for (_, bytes) in regions.iter().rev() {
        end -= bytes.len() as u64;
        offsets.insert(0, end);
    }
    Dumped { subject: Subject::named("memory64-list.dmp", file), offsets }
}
