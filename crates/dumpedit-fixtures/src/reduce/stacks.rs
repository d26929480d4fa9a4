//! Finds the stacks of threads: at their stack pointers, and those that frames lead to from there, of signal handlers, coroutines and the
//! like.

use std::collections::{BTreeMap, HashSet, VecDeque};

use dumpedit::mapped::{ProcessMemory, most_read};
use dumpedit::{Dump, Span};

use super::ranges::Ranges;
use crate::describe::stack_at;
use crate::encode::{narrow, wide};

/// Memory that may or may not be a stack is kept in pieces of this size as long as they hold return addresses, in bytes.
const UNSURE: u64 = 1 << 16;

/// Most bytes without return addresses in such a stack.
const MOST_LOCALS: u64 = 1 << 19;

/// Bytes that are read to decide whether memory is a stack.
const FRAME: u64 = 512;

/// Size of the blocks in which the words of a stack are read, in bytes.
const BLOCK: u64 = 1 << 20;

/// Addresses of code: executable memory, or modules where protections are not known.
pub(super) fn code(dump: &Dump) -> Ranges {
    let layout = dump.layout();
    let mut code = Vec::new();
    let mut knows = false;
    for region in layout.regions() {
        knows |= region.protection.is_some();
        if let (Some(protection), Some(rest)) = (region.protection, region.size.checked_sub(1))
            && protection.execute
        {
            let rest = u64::try_from(rest).unwrap_or(u64::MAX);
            code.push((region.start, region.start.saturating_add(rest)));
        }
    }
    if !knows {
        let modules = layout.modules().iter();
        code.extend(modules.filter_map(|module| {
            Some((module.base, module.base.saturating_add(module.size.checked_sub(1)?)))
        }));
    }
    Ranges::of(code)
}

/// First and last address of the stacks of threads with some stack pointers; at most `bytes` of each.
pub(super) fn stacks(dump: &Dump, code: &Ranges, stack_pointers: &[u64], width: u8, bytes: u64) -> Vec<Span> {
    let mut search = Search {
        dump,
        code,
        width,
        bytes,
        left: most_read(dump.layout()),
        known: BTreeMap::new(),
        unread: Vec::new(),
        looked_at: HashSet::new(),
        with_frames: VecDeque::new(),
        with_code: VecDeque::new(),
    };
    for stack in stack_pointers.iter().filter_map(|pointer| stack_at(dump, *pointer, bytes)) {
        search.add(*stack.start(), *stack.end());
    }
    search.follow();
    // The uncertain stacks of each thread have together as many bytes as one stack may have.
    let mut left = bytes.saturating_mul(wide(stack_pointers.len()));
    while let Some(address) = search.with_frames.pop_front().or_else(|| search.with_code.pop_front()) {
        if let Some(Span { first, last }) = search.unsure_stack(address)
            && let Some(most) = left.checked_sub(1)
        {
            let last = last.min(first.saturating_add(most));
            left = most.saturating_sub(last.saturating_sub(first));
            search.add(first, last);
            search.follow();
        }
    }
    search.known.into_iter().map(Span::from).collect()
}

/// Calls `each` for the pointer-sized words of a range, in order.
pub(super) fn words(dump: &Dump, first: u64, last: u64, width: u8, mut each: impl FnMut(u64)) {
    let order = dump.layout().byte_order();
    let Some(mut at) = first.checked_next_multiple_of(width.into()) else { return };
    while at < last {
        let size = BLOCK.min(last.saturating_sub(at).saturating_add(1));
        let mut bytes = vec![0; narrow(size)];
        let count = dump.read_memory(at, &mut bytes);
        bytes.truncate(count);
        if bytes.is_empty() {
            break;
        }
        bytes.chunks_exact(width.into()).for_each(|word| each(order.number(word)));
        at = at.saturating_add(wide(bytes.len()));
    }
}

/// A search for stacks from known ones. Each of their words is read once, however many threads share a stack.
struct Search<'d> {
    dump: &'d Dump,
    code: &'d Ranges,
    /// Size of a word, in bytes.
    width: u8,
    /// Most bytes of a stack.
    bytes: u64,
    /// Bytes left for uncertain stacks.
    left: u64,
    /// Stacks by first address, with their last addresses; disjoint.
    known: BTreeMap<u64, u64>,
    /// Stacks whose words are not read yet.
    unread: Vec<Span>,
    /// Addresses that were checked for a stack.
    looked_at: HashSet<u64>,
    /// Addresses of possible stacks, at a frame pointer and a return address.
    with_frames: VecDeque<u64>,
    /// Addresses of possible stacks, near an address of code.
    with_code: VecDeque<u64>,
}

impl Search<'_> {
    fn add(&mut self, first: u64, last: u64) {
        let mut from = Some(self.end_of(first).map_or(first, |end| end.saturating_add(1)));
        while let Some(start) = from.filter(|start| *start <= last) {
            let next = self.known.range(start..=last).next().map(|(first, last)| (*first, *last));
            let end = next.map_or(last, |(first, _)| first.saturating_sub(1));
            if next.is_none_or(|(first, _)| start < first) {
                let Some(most) = self.left.checked_sub(1) else { return };
                let end = end.min(start.saturating_add(most));
                self.left = most.saturating_sub(end.saturating_sub(start));
                self.known.insert(start, end);
                self.unread.push(Span { first: start, last: end });
            }
            from = next.and_then(|(_, last)| last.checked_add(1));
        }
    }

    /// The last address of the known stack with an address.
    fn end_of(&self, address: u64) -> Option<u64> {
        let (_, last) = self.known.range(..=address).next_back()?;
        (*last >= address).then_some(*last)
    }

    /// Reads the stacks that were not read yet. A frame is a frame pointer and a return address; a saved context, a stack pointer beside a
    /// program counter, or three words behind one (`ucontext_t` of i386).
    fn follow(&mut self) {
        while let Some(Span { first, last }) = self.unread.pop() {
            let mut before = [None; 3];
            words(self.dump, first, last, self.width, |word| {
                let [third, second, previous] = before;
                for (stack, instruction) in
                    [(previous, Some(word)), (Some(word), previous), (Some(word), third)]
                {
                    if let (Some(stack), Some(instruction)) = (stack, instruction)
                        && self.code.holds(instruction)
                        && self.end_of(stack).is_none()
                        && self.looked_at.insert(stack)
                    {
                        self.consider(stack);
                    }
                }
                before = [second, previous, Some(word)];
            });
        }
    }

    /// Adds the stack at an address or right above it, where it is a thread's, and remembers it for later, where it looks like one.
    fn consider(&mut self, address: u64) {
        let layout = self.dump.layout();
        let Some(start) = layout.stack(address, 1).map(|stack| *stack.start()) else { return };
        let mapping = layout.mapping_at(start);
        // Where protections are not known, memory of modules is code.
        let protection = mapping.and_then(|mapping| mapping.protection);
        let is_writable = protection.map_or_else(|| !self.code.holds(start), |protection| protection.write);
        if !address.is_multiple_of(self.width.into()) || !is_writable || !self.returns(start, FRAME) {
            return;
        }
        let below = mapping.and_then(|mapping| layout.mapping_at(mapping.first.checked_sub(1)?));
        let is_main = mapping.is_some_and(|mapping| mapping.name.as_deref() == Some("[stack]"));
        if is_main || below.is_some_and(|below| below.is_guard()) {
            if let Some(stack) = stack_at(self.dump, address, self.bytes) {
                self.add(*stack.start(), *stack.end());
            }
        } else if self.has_frame(address) {
            self.with_frames.push_back(address);
        } else {
            self.with_code.push_back(address);
        }
    }

    /// Whether a frame pointer to a higher address and a return address are at an address.
    fn has_frame(&self, address: u64) -> bool {
        let mut bytes = [0; 16];
        let count = self.dump.read_memory(address, &mut bytes);
        let order = self.dump.layout().byte_order();
        let held = bytes.get(..count).unwrap_or_default();
        let mut words = held.chunks_exact(self.width.into()).map(|word| order.number(word));
        let (Some(frame), Some(instruction)) = (words.next(), words.next()) else { return false };
        let above = frame.checked_sub(address).is_some_and(|above| above > 0 && above <= self.bytes);
        above && self.code.holds(instruction)
    }

    /// Whether any word of some memory is an address of code.
    fn returns(&self, from: u64, size: u64) -> bool {
        let mut found = false;
        words(self.dump, from, from.saturating_add(size), self.width, |word| found |= self.code.holds(word));
        found
    }

    /// The stack at an address, as far as its words look like frames and none of it is known.
    fn unsure_stack(&self, address: u64) -> Option<Span> {
        let (first, last) = stack_at(self.dump, address, self.bytes)?.into_inner();
        let start = first.max(address);
        // Where stacks grow upwards, the stack of an address is below it.
        if start > last || self.end_of(start).is_some() {
            return None;
        }
        let next = self.known.range(start..=last).next();
        let last = next.map_or(last, |(first, _)| first.saturating_sub(1));
        // Both are the address behind the words that were read; `None` at the end of the address space.
        let mut end = start.checked_add(UNSURE);
        let mut next = end;
        while let (Some(piece), Some(known)) = (next, end)
            && piece <= last
            && piece.saturating_sub(known) < MOST_LOCALS
        {
            next = piece.checked_add(UNSURE);
            if self.returns(piece, UNSURE) {
                end = next;
            }
        }
        Some(Span { first, last: end.map_or(last, |end| last.min(end.saturating_sub(1))) })
    }
}
