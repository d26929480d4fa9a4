//! Memory of a thread's stack.

use std::ops::RangeInclusive;

use dumpedit::{Context, Dump, RecordChoice, ThreadIndex};

/// Most bytes of a stack whose end is not known: the usual limit.
pub(crate) const MOST_STACK: u64 = 8 << 20;

/// The stack of a thread: captured addresses from a little below its stack pointer on, at most `bytes` of them from the stack pointer on.
/// `None` where they are not captured or the stack pointer is not known.
///
/// The 128 bytes below are the red zone that AMD64 and ARM64 let functions use without moving the stack pointer.
pub fn stack_range(dump: &Dump, thread: ThreadIndex, bytes: u64) -> Option<RangeInclusive<u64>> {
    let context = Context::Thread(thread, RecordChoice::Auto);
    stack_at(dump, dump.read_register(context, "sp").ok()?.to_u64().ok()?, bytes)
}

/// The stack of a stack pointer, as in [`stack_range`].
pub(crate) fn stack_at(dump: &Dump, sp: u64, bytes: u64) -> Option<RangeInclusive<u64>> {
    const RED_ZONE: u64 = 128;
    let (first, last) = dump.layout().stack(sp, bytes)?.into_inner();
    let mut below = first;
    // A stack that begins above a guard page has nothing below.
    for range in dump.layout().captured_ranges(sp.saturating_sub(RED_ZONE), sp).rev() {
        if range.last < below.saturating_sub(1) {
            break;
        }
        below = range.first.min(below);
    }
    Some(if first == sp { below } else { first }..=last)
}
