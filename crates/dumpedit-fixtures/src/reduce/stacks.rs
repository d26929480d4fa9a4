//! The stacks that a thread's frames go through: where its stack pointer is, and those that frames lead to from there, of
//! signal handlers, coroutines and the like.

use std::collections::HashSet;
use std::ops::ControlFlow;

use dumpedit::Dump;

use super::ranges::{Ranges, read};
use crate::describe::stack_at;
use crate::encode::{self, narrow, wide};

/// Frames lead through at most this many stacks.
const MOST_STACKS: usize = 16;

/// A stack that frames lead to and that may be something else is kept in pieces of this many bytes, as long as they hold return
/// addresses.
const UNSURE: u64 = 1 << 16;

/// The most bytes without return addresses inside such a stack.
const MOST_LOCALS: u64 = 1 << 19;

/// What is looked at of a stack, to tell whether it is one, in bytes.
const FRAME: u64 = 512;

/// The words of a stack are read in blocks of this many bytes.
const BLOCK: u64 = 1 << 20;

/// Where a dump has code: what could be executed, or where that is not told, modules.
pub(super) fn code(dump: &Dump) -> Ranges {
    let layout = dump.layout();
    let mut code = Vec::new();
    let mut knows = false;
    layout.regions(|region| {
        knows |= region.protection.is_some();
        if let (Some(protection), Some(rest)) = (region.protection, region.size.checked_sub(1))
            && protection.execute
        {
            let rest = u64::try_from(rest).unwrap_or(u64::MAX);
            code.push((region.start, region.start.saturating_add(rest)));
        }
        ControlFlow::Continue(())
    });
    if !knows {
        let modules = layout.modules().iter();
        code.extend(modules.filter_map(|module| {
            Some((module.base, module.base.saturating_add(module.size.checked_sub(1)?)))
        }));
    }
    Ranges::of(code)
}

/// The addresses, first and last, of the stacks of a thread that is at a stack pointer; at most `bytes` of each.
pub(super) fn stacks(
    dump: &Dump,
    code: &Ranges,
    stack_pointer: u64,
    width: u8,
    bytes: u64,
) -> Vec<(u64, u64)> {
    let Some(stack) = stack_at(dump, stack_pointer, bytes) else { return Vec::new() };
    let mut stacks = vec![stack.into_inner()];
    let mut next = 0usize;
    let mut looked_at = HashSet::new();
    while let Some((first, last)) = stacks.get(next).copied() {
        next = next.saturating_add(1);
        // A frame is a frame pointer and a return address; a saved context, a stack pointer beside a program counter.
        let mut before = None;
        words(dump, first, last, width, |word| {
            let pair = before.replace(word).map(|before| [(before, word), (word, before)]);
            for (stack, instruction) in pair.into_iter().flatten() {
                let known = stacks.iter().any(|(first, last)| (*first..=*last).contains(&stack));
                if stacks.len() < MOST_STACKS
                    && !known
                    && code.holds(instruction)
                    && looked_at.insert(stack)
                    && let Some(found) = stack_with_frames(dump, code, stack, width, bytes)
                {
                    stacks.push(found);
                }
            }
        });
    }
    stacks
}

/// The pointer-sized words of a range, in their order.
pub(super) fn words(dump: &Dump, first: u64, last: u64, width: u8, mut each: impl FnMut(u64)) {
    let order = dump.layout().byte_order();
    let Some(mut at) = first.checked_next_multiple_of(width.into()) else { return };
    while at < last {
        let size = BLOCK.min(last.saturating_sub(at).saturating_add(1));
        let bytes = read(dump, at, narrow(size));
        if bytes.is_empty() {
            break;
        }
        bytes.chunks_exact(width.into()).for_each(|word| each(encode::read(order, word)));
        at = at.saturating_add(wide(bytes.len()));
    }
}

/// The stack at an address or right above it, where the words there look like frames.
fn stack_with_frames(dump: &Dump, code: &Ranges, address: u64, width: u8, bytes: u64) -> Option<(u64, u64)> {
    let layout = dump.layout();
    if !address.is_multiple_of(width.into()) {
        return None;
    }
    let start = *layout.stack(address, 1)?.start();
    let mapping = layout.mapping_at(start);
    // Where protections are not told, code is what modules have.
    let protection = mapping.and_then(|mapping| mapping.protection);
    if protection.map_or_else(|| code.holds(start), |protection| !protection.write) {
        return None;
    }
    let below = mapping.and_then(|mapping| layout.mapping_at(mapping.first.checked_sub(1)?));
    let is_main = mapping.is_some_and(|mapping| mapping.name.as_deref() == Some("[stack]"));
    let is_thread_stack = is_main || below.is_some_and(|below| below.is_guard());
    let returns = |from: u64, size: u64| {
        let mut found = false;
        words(dump, from, from.saturating_add(size), width, |word| found |= code.holds(word));
        found
    };
    if !returns(start, FRAME) {
        return None;
    }
    let (first, last) = stack_at(dump, address, bytes)?.into_inner();
    if is_thread_stack {
        return Some((first, last));
    }
    let mut end = start.saturating_add(UNSURE);
    let mut piece = end;
    while piece <= last && piece.saturating_sub(end) < MOST_LOCALS {
        let next = piece.saturating_add(UNSURE);
        if returns(piece, UNSURE) {
            end = next;
        }
        piece = next;
    }
    Some((first, last.min(end.saturating_sub(1))))
}
