//! The 32-bit context of a WOW64 thread, which a 64-bit dump holds in the thread's memory.
//!
//! The second TLS slot of the 64-bit environment block (`TlsSlots[WOW64_TLS_CPURESERVED]` of TEB64) points to a
//! `WOW64_CPURESERVED`: two 16-bit numbers, and an x86 `CONTEXT` behind them.

use dumpedit_layout::{
    Access, Block, BlockKind, Context, ContextRecord, Layout, Location, RecordKind, Resolved, ThreadIndex,
};

use super::context::ORIGIN;
use super::stream::{Dump, Place};
use crate::registers::context_x86;

/// From the start of a TEB64 to its second TLS slot, in bytes.
const CPU_RESERVED_SLOT: u64 = 0x1480 + 8;

/// From the start of a WOW64_CPURESERVED to the context, in bytes.
const CONTEXT: u64 = 4;

/// The bits of ContextFlags that a context at rest can have: the machine, and groups of registers.
const MACHINE_AND_GROUPS: u32 = 0x1_007f;

/// The most captures that are looked at: copies of one address can be as many as there are descriptors, and a hostile
/// dump would have all of them looked at for every thread.
const MOST_CAPTURES: usize = 1 << 20;

/// Adds the 32-bit context of every thread whose dump holds it in one piece. `environments` has the addresses of TEB64s.
pub(super) fn add(dump: &Dump<'_>, layout: &mut Layout, environments: &[(ThreadIndex, u64)]) {
    let mut left = MOST_CAPTURES;
    for (index, environment) in environments {
        if let Some(record) = find(dump, layout, *environment, &mut left) {
            layout.add_record(*index, record);
        }
    }
}

fn find(dump: &Dump<'_>, layout: &Layout, environment: u64, left: &mut usize) -> Option<ContextRecord> {
    let slot = captured(layout, environment.checked_add(CPU_RESERVED_SLOT)?, 8, left)?;
    let reserved: u64 = dump.read(slot)?;
    if reserved == 0 {
        return None;
    }
    let kind = &context_x86::KIND;
    let offset = captured(layout, reserved.checked_add(CONTEXT)?, kind.size, left)?;
    let flags: u32 = dump.read(offset.checked_add(kind.flags_at)?)?;
    let sound =
        flags & !(MACHINE_AND_GROUPS | ORIGIN) == 0 && flags & kind.cpu != 0 && flags & kind.groups != 0;
    let place = Place { offset, size: kind.size };
    let block = Block::new(BlockKind::General, place.offset, place.size);
    let mut record = ContextRecord::new(RecordKind::Wow64, kind.format, vec![block]);
    (record.address, record.flags) = (reserved.checked_add(CONTEXT), flags & 0xff);
    sound.then_some(record)
}

/// Where the file has a range of addresses in one piece: the copy that reads take, if it holds all of it.
fn captured(layout: &Layout, address: u64, size: u64, left: &mut usize) -> Option<u64> {
    if *left == 0 {
        return None;
    }
    let at = Location::Virtual(address);
    let Resolved { outcome, pieces, .. } = layout.resolve(Context::Process, at, size, Access::Read).ok()?;
    *left = left.saturating_sub(pieces.len());
    let first = pieces.iter().filter(|piece| piece.start == 0).min_by_key(|piece| piece.rank)?;
    (outcome.is_full() && first.size == size).then_some(first.file_offset)
}
