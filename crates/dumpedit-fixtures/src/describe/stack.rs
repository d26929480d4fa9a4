//! The memory of a thread's stack.

use std::ops::RangeInclusive;

use dumpedit::{Context, Dump, RecordChoice, ThreadIndex};

/// A stack whose end is not known is described up to this size, in bytes: the usual limit.
pub(crate) const MOST_STACK: u64 = 8 << 20;

/// The stack of a thread: captured addresses from a little below its stack pointer on, at most `bytes` of them from the
/// stack pointer on. `None` where they are not captured or the stack pointer is not known.
///
/// The 128 bytes below are what AMD64 and ARM64 let functions use without moving the stack pointer.
pub fn stack_range(dump: &Dump, thread: ThreadIndex, bytes: u64) -> Option<RangeInclusive<u64>> {
    let context = Context::Thread(thread, RecordChoice::Auto);
    stack_at(dump, dump.read_register(context, "sp").ok()?.to_u64().ok()?, bytes)
}

/// The stack behind a stack pointer, as [`stack_range`] has it.
pub(crate) fn stack_at(dump: &Dump, sp: u64, bytes: u64) -> Option<RangeInclusive<u64>> {
    const RED_ZONE: u64 = 128;
    let (first, last) = dump.layout().stack(sp, bytes)?.into_inner();
    let mut below = first;
    // A stack that begins above the guard page has nothing below.
    for range in dump.layout().captured_ranges(sp.saturating_sub(RED_ZONE), sp).rev() {
        if range.last < below.saturating_sub(1) {
            break;
        }
        below = range.first.min(below);
    }
    Some(if first == sp { below } else { first }..=last)
}
