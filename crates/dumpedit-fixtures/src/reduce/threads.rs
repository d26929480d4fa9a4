//! Memory of threads that debuggers read: their stacks, the code at their program counters, and memory that both point to.

use std::collections::{BTreeMap, BTreeSet};

use dumpedit::{Context, Dump, Group, Layout, RecordKind, Span, ThreadIndex};

use super::options::ReduceOptions;
use super::stacks::{code, stacks, words};
use crate::describe::MOST_STACK;
use crate::encode::narrow;

/// Bytes of code around a program counter; Windows and Breakpad take as many.
const CODE: u64 = 256;

/// Bytes of a thread's environment block (TEB) that stackwalkers read: its ids, its stack's limits, its last error.
const ENVIRONMENT: u64 = 0x80;

/// Offset in a TEB64 of the slot with the address of the 32-bit context, in bytes (see `minidump/wow64.rs`).
const WOW64_SLOT: u64 = 0x1488;

/// First and last address of memory that threads need.
pub(super) fn needs(dump: &Dump, threads: &BTreeSet<ThreadIndex>, options: &ReduceOptions) -> Vec<Span> {
    let layout = dump.layout();
    let mut needed = Vec::new();
    let mut pointers = Vec::new();
    // 32-bit contexts of 64-bit processes have their own stacks, with narrower words.
    let mut stack_pointers: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
    for index in threads {
        let Some(thread) = layout.threads().get(narrow(index.0.into())) else { continue };
        let environment = thread.environment;
        needed.extend(environment.and_then(|start| Span::of(start, ENVIRONMENT)));
        for record in &thread.records {
            let context = Context::Thread(*index, record.kind.choice());
            let register = |name| dump.read_register(context, name).ok()?.to_u64().ok();
            let (pc, sp) = (register("pc"), register("sp"));
            needed.extend(pc.and_then(|pc| around(layout, pc, CODE)));
            stack_pointers.entry(layout.pointer_width_of(context)).or_default().extend(sp);
            let others = registers(dump, context).into_iter();
            pointers.extend(others.filter(|value| ![pc, sp].contains(&Some(*value))));
            if record.kind == RecordKind::Wow64
                && let Some((at, block)) = record.address.zip(record.blocks.first())
            {
                // The slot points to four bytes in front of the context.
                needed.extend(
                    Span::of(at, block.size).map(|span| Span { first: at.saturating_sub(4), ..span }),
                );
                needed.extend(environment.and_then(|start| Span::of(start.saturating_add(WOW64_SLOT), 8)));
            }
        }
    }
    let most = options.stack_bytes.unwrap_or(MOST_STACK);
    let code = code(dump);
    for (width, stack_pointers) in stack_pointers {
        let stacks = stacks(dump, &code, &stack_pointers, width, most);
        for Span { first, last } in &stacks {
            words(dump, *first, *last, width, |word| pointers.push(word));
        }
        needed.extend(stacks);
    }
    pointers.sort_unstable();
    pointers.dedup();
    needed.extend(pointers.into_iter().filter_map(|at| around(layout, at, options.around_pointers)));
    needed
}

/// `size` bytes around an address, half of them below, where the address itself is captured.
fn around(layout: &Layout, address: u64, size: u64) -> Option<Span> {
    let near = layout.nearest_captured(address)?;
    Span::of(address.saturating_sub(size / 2), size).filter(|_| near.contains(address))
}

/// The values of registers that can hold pointers.
fn registers(dump: &Dump, context: Context) -> Vec<u64> {
    let names = dump.layout().machine_of(context).registers();
    let holds_pointers = |group| matches!(group, Group::General | Group::Segment | Group::System);
    dump.registers(context)
        .unwrap_or_default()
        .into_iter()
        .filter(|held| names.get(held.part.id).is_some_and(|name| holds_pointers(name.group)))
        .filter_map(|held| held.value.to_u64().ok())
        .collect()
}
