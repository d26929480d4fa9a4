//! The 32-bit context of a WOW64 thread, which is in the thread's memory in a 64-bit dump.
//!
//! The second TLS slot of the 64-bit environment block (`TlsSlots[WOW64_TLS_CPURESERVED]` of TEB64) points to a `WOW64_CPURESERVED`: two
//! 16-bit numbers, then an x86 `CONTEXT`.

use dumpedit_layout::{Block, BlockKind, ContextRecord, Layout, Place, RecordKind, ThreadIndex};

use super::context::ORIGIN;
use super::in_memory::InMemory;
use super::stream::Dump;
use crate::registers::context_x86;

/// Offset of the second TLS slot in a TEB64, in bytes.
const CPU_RESERVED_SLOT: u64 = 0x1480 + 8;

/// Offset of the context in a WOW64_CPURESERVED, in bytes.
const CONTEXT: u64 = 4;

/// Valid bits of ContextFlags in a saved context: the machine, and groups of registers.
const MACHINE_AND_GROUPS: u32 = 0x1_007f;

/// Adds the 32-bit context of every thread where the dump has it in one piece.
pub(super) fn add(dump: &Dump<'_>, layout: &mut Layout) {
    let mut memory = InMemory::of(layout);
    let threads = (0..).map(ThreadIndex).zip(layout.threads());
    let found =
        threads.filter_map(|(index, thread)| Some((index, find(dump, &mut memory, thread.environment?)?)));
    let found: Vec<(ThreadIndex, ContextRecord)> = found.collect();
    found.into_iter().for_each(|(index, record)| layout.add_record(index, record));
}

fn find(dump: &Dump<'_>, memory: &mut InMemory<'_>, environment: u64) -> Option<ContextRecord> {
    let slot = memory.captured(environment.checked_add(CPU_RESERVED_SLOT)?, 8)?;
    let reserved: u64 = dump.read(slot)?;
    if reserved == 0 {
        return None;
    }
    let kind = &context_x86::KIND;
    let offset = memory.captured(reserved.checked_add(CONTEXT)?, kind.size)?;
    let flags: u32 = dump.read(offset.checked_add(kind.flags_at)?)?;
    let sound =
        flags & !(MACHINE_AND_GROUPS | ORIGIN) == 0 && flags & kind.cpu != 0 && flags & kind.groups != 0;
    let place = Place { file_offset: offset, size: kind.size };
    let block = Block::new(BlockKind::General, place.file_offset, place.size);
    let mut record = ContextRecord::new(RecordKind::Wow64, kind.format, vec![block]);
    (record.address, record.flags) = (reserved.checked_add(CONTEXT), flags & 0xff);
    sound.then_some(record)
}
