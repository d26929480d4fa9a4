//! The memory of two dumps, side by side: read in blocks on several threads, told in order of addresses.

use std::ops::ControlFlow;
use std::sync::mpsc::{SyncSender, sync_channel};

use dumpedit_layout::CapturedRange;

use super::{DiffError, MemoryDifference, Side};
use crate::copy::{Progress, ProgressFn};
use crate::dump::Dump;
use crate::error::Error;
use crate::{helpers, platform};

/// The threads take turns at blocks of at most this many bytes.
const BLOCK: u64 = 1 << 20;

/// Both dumps are read in chunks of at most this many bytes, so that two of them stay in a processor's own cache.
const CHUNK: usize = 1 << 16;

/// The most segments of a block, so that very small ones do not make it large all the same.
const MOST_SEGMENTS: usize = 1 << 10;

/// Equal bytes between two differing ones that are told with them rather than apart.
const BRIDGE: usize = 7;

/// The most threads that read.
const MOST_THREADS: usize = 4;

/// Progress is told once this many bytes are done.
const TELL: u64 = 1 << 20;

/// Addresses that both dumps hold, each at one place in its file, or that only one of them holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Both { first: u64, last: u64, file_offsets: [u64; 2] },
    One { side: Side, first: u64, last: u64 },
}

/// The walk over the ranges of both, in order of addresses.
#[derive(Clone)]
pub(super) struct Segments<'a> {
    a: &'a [CapturedRange],
    b: &'a [CapturedRange],
    next: Option<u64>,
}

impl<'a> Segments<'a> {
    pub(super) fn new(a: &'a [CapturedRange], b: &'a [CapturedRange]) -> Self {
        Segments { a, b, next: Some(0) }
    }
}

impl Iterator for Segments<'_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        let next = self.next?;
        for ranges in [&mut self.a, &mut self.b] {
            while let Some((passed, rest)) = ranges.split_first()
                && passed.last < next
            {
                *ranges = rest;
            }
        }
        let from = |range: &CapturedRange| range.first.max(next);
        let one = |side, range: &CapturedRange, other: Option<&CapturedRange>| {
            let before_other = other.and_then(|other| from(other).checked_sub(1));
            let last = before_other.map_or(range.last, |before| before.min(range.last));
            Segment::One { side, first: from(range), last }
        };
        let segment = match (self.a.first(), self.b.first()) {
            (None, None) => return None,
            (Some(a), Some(b)) if from(a) == from(b) => {
                let first = from(a);
                let file_offsets = [a.file_offset_of(first), b.file_offset_of(first)];
                Segment::Both { first, last: a.last.min(b.last), file_offsets }
            }
            (Some(a), b) if b.is_none_or(|b| from(a) < from(b)) => one(Side::A, a, b),
            (a, Some(b)) => one(Side::B, b, a),
            (Some(a), None) => one(Side::A, a, None),
        };
        let (Segment::Both { last, .. } | Segment::One { last, .. }) = segment;
        self.next = last.checked_add(1);
        Some(segment)
    }
}

/// How many bytes both hold.
pub(super) fn common_bytes(segments: Segments<'_>) -> u64 {
    segments.fold(0, |total, segment| match segment {
        Segment::Both { first, last, .. } => total.saturating_add(last - first).saturating_add(1),
        Segment::One { .. } => total,
    })
}

/// Addresses that both hold, one behind the other in either file.
#[derive(Clone, Copy)]
struct Stretch {
    first: u64,
    size: u64,
    file_offsets: [u64; 2],
}

/// What both hold, in pieces of at most a block.
struct Blocks<'a> {
    segments: Segments<'a>,
    rest: Option<Stretch>,
}

impl Blocks<'_> {
    /// The next stretch, of at most `room` bytes.
    fn stretch(&mut self, room: u64) -> Option<Stretch> {
        let stretch = match self.rest.take() {
            Some(rest) => rest,
            None => self.segments.find_map(|segment| match segment {
                Segment::Both { first, last, file_offsets } => {
                    Some(Stretch { first, size: (last - first).saturating_add(1), file_offsets })
                }
                Segment::One { .. } => None,
            })?,
        };
        let size = stretch.size.min(room);
        if size < stretch.size {
            self.rest = Some(Stretch {
                first: stretch.first.saturating_add(size),
                size: stretch.size - size,
                file_offsets: stretch.file_offsets.map(|file_offset| file_offset.saturating_add(size)),
            });
        }
        Some(Stretch { size, ..stretch })
    }

    /// Fills `block` with the next stretches; empty at the end.
    fn next_into(&mut self, block: &mut Vec<Stretch>) {
        block.clear();
        let mut room = BLOCK;
        while room > 0
            && block.len() < MOST_SEGMENTS
            && let Some(stretch) = self.stretch(room)
        {
            room -= stretch.size;
            block.push(stretch);
        }
    }
}

/// What was found in a block.
#[derive(Default)]
struct Found {
    /// Bytes compared.
    done: u64,
    /// Addresses, and how many bytes of `old` and of `new` each takes.
    differences: Vec<(u64, usize)>,
    old: Vec<u8>,
    new: Vec<u8>,
}

/// Tells every difference of the memory that both hold.
pub(super) fn compare(
    dumps: [&Dump; 2],
    segments: Segments<'_>,
    each: &mut dyn FnMut(MemoryDifference<'_>) -> ControlFlow<()>,
    progress: &mut ProgressFn<'_>,
) -> Result<ControlFlow<()>, DiffError> {
    let total = common_bytes(segments.clone());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, MOST_THREADS);
    let blocks = || Blocks { segments: segments.clone(), rest: None };
    let mut teller = Teller { done: 0, told: 0, total, each, progress };
    std::thread::scope(|scope| {
        let (mut counts, mut readers) = (Vec::new(), Vec::new());
        let helpers = helpers::start(scope, threads, || {
            // Two blocks ahead of the one that is being told: enough to keep reading, and little to keep.
            let (sender, receiver) = sync_channel(2);
            // The threads take turns, so that each has to know how many they are.
            let (count, threads) = sync_channel::<usize>(1);
            let number = readers.len();
            counts.push(count);
            readers.push(receiver);
            let blocks = blocks();
            move || {
                if let Ok(threads) = threads.recv() {
                    read(dumps, blocks, number, threads, &sender);
                }
            }
        });
        // One was made for a thread that could not be started.
        readers.truncate(helpers);
        if helpers == 0 {
            return alone(dumps, blocks(), &mut teller);
        }
        for count in counts.iter().take(helpers) {
            let _ = count.send(helpers);
        }
        // Dropped on the way out, the receivers end the readers. The threads read the blocks in turn.
        for reader in readers.iter().cycle() {
            let Ok(found) = reader.recv() else { break };
            if teller.tell(&found?).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Compares all blocks where no thread can be started.
fn alone(
    dumps: [&Dump; 2],
    mut blocks: Blocks<'_>,
    teller: &mut Teller<'_, '_>,
) -> Result<ControlFlow<()>, DiffError> {
    let (mut block, mut old, mut new) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        blocks.next_into(&mut block);
        if block.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        if teller.tell(&compare_block(dumps, &block, &mut old, &mut new)?).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
}

/// Takes the blocks' results in order of addresses.
struct Teller<'a, 'p> {
    done: u64,
    told: u64,
    total: u64,
    each: &'a mut dyn FnMut(MemoryDifference<'_>) -> ControlFlow<()>,
    progress: &'a mut ProgressFn<'p>,
}

impl Teller<'_, '_> {
    fn tell(&mut self, found: &Found) -> ControlFlow<()> {
        let (mut old, mut new) = (found.old.as_slice(), found.new.as_slice());
        for &(address, size) in &found.differences {
            let (old_here, old_rest) = old.split_at_checked(size).unwrap_or_default();
            let (new_here, new_rest) = new.split_at_checked(size).unwrap_or_default();
            (old, new) = (old_rest, new_rest);
            (self.each)(MemoryDifference { address, old: old_here, new: new_here })?;
        }
        self.done = self.done.saturating_add(found.done);
        if self.done.saturating_sub(self.told) < TELL && self.done != self.total {
            return ControlFlow::Continue(());
        }
        self.told = self.done;
        (self.progress)(Progress { done: self.done, total: self.total })
    }
}

fn compare_block(
    dumps: [&Dump; 2],
    block: &[Stretch],
    old: &mut Vec<u8>,
    new: &mut Vec<u8>,
) -> Result<Found, DiffError> {
    let mut found = Found::default();
    block.iter().try_for_each(|stretch| compare_stretch(dumps, *stretch, old, new, &mut found))?;
    Ok(found)
}

/// Compares every block whose turn is this thread's.
fn read(
    dumps: [&Dump; 2],
    mut blocks: Blocks<'_>,
    number: usize,
    threads: usize,
    sender: &SyncSender<Result<Found, DiffError>>,
) {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    let mut block = Vec::new();
    for turn in (0..threads).cycle() {
        blocks.next_into(&mut block);
        if block.is_empty() {
            return;
        }
        if turn != number {
            continue;
        }
        let compared = compare_block(dumps, &block, &mut old, &mut new);
        let failed = compared.is_err();
        if sender.send(compared).is_err() || failed {
            return;
        }
    }
}

fn compare_stretch(
    dumps: [&Dump; 2],
    stretch: Stretch,
    old: &mut Vec<u8>,
    new: &mut Vec<u8>,
    found: &mut Found,
) -> Result<(), DiffError> {
    let [a, b] = dumps;
    let [in_a, in_b] = stretch.file_offsets;
    found.done = found.done.saturating_add(stretch.size);
    if is_hole(a, in_a, stretch.size) && is_hole(b, in_b, stretch.size) {
        return Ok(());
    }
    for start in (0..stretch.size).step_by(CHUNK) {
        let size = usize::try_from(stretch.size - start).unwrap_or(CHUNK).min(CHUNK);
        old.resize(size, 0);
        new.resize(size, 0);
        read_into(a, Side::A, in_a.saturating_add(start), old)?;
        read_into(b, Side::B, in_b.saturating_add(start), new)?;
        if old == new {
            continue;
        }
        let first = stretch.first.saturating_add(start);
        differences(old, new, |from, to| {
            found.differences.push((first.saturating_add(from as u64), to - from));
            found.old.extend_from_slice(old.get(from..to).unwrap_or_default());
            found.new.extend_from_slice(new.get(from..to).unwrap_or_default());
        });
    }
    Ok(())
}

/// Positional, so that nothing of the map stays resident.
pub(super) fn read_into(dump: &Dump, side: Side, file_offset: u64, into: &mut [u8]) -> Result<(), DiffError> {
    let len = into.len() as u64;
    let read = dump.source().read_at(file_offset, into);
    read.map_err(|source| side.failed()(Error::Io { file_offset, len, source }))
}

/// Whether file bytes are known to be zero without reading them; of few it is not worth asking.
fn is_hole(dump: &Dump, file_offset: u64, size: u64) -> bool {
    let Some(file) = dump.source().file().filter(|_| size >= CHUNK as u64) else { return false };
    let end = file_offset.saturating_add(size);
    platform::next_data(file, file_offset, end).is_ok_and(|data| data.start >= end)
}

/// Calls `each` with the first byte and the end of every stretch that differs.
fn differences(old: &[u8], new: &[u8], mut each: impl FnMut(usize, usize)) {
    let mut from = 0;
    while let Some(first) = next_difference(old, new, from) {
        let mut end = first.saturating_add(1);
        let most = first.saturating_add(MemoryDifference::MOST).min(old.len());
        let rest = old.get(end..most).unwrap_or_default().iter().zip(new.get(end..).unwrap_or_default());
        for (at, (old, new)) in (end..).zip(rest) {
            if old != new {
                end = at.saturating_add(1);
            } else if at.saturating_sub(end) >= BRIDGE {
                break;
            }
        }
        each(first, end);
        from = end;
    }
}

/// The first byte at or after `from` that differs.
fn next_difference(old: &[u8], new: &[u8], from: usize) -> Option<usize> {
    const STEP: usize = 256;
    let (old, new) = (old.get(from..)?, new.get(from..)?);
    // Whole steps are compared at once, many bytes at a time.
    let passed = old.chunks(STEP).zip(new.chunks(STEP)).take_while(|(old, new)| old == new).count();
    let passed = passed.saturating_mul(STEP);
    let mut rest = old.get(passed..)?.iter().zip(new.get(passed..)?);
    let within = rest.position(|(old, new)| old != new)?;
    Some(from.saturating_add(passed).saturating_add(within))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(state: &mut u64, below: u64) -> u64 {
        *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*state >> 33) % below
    }

    fn ranges(state: &mut u64) -> Vec<CapturedRange> {
        let mut ranges: Vec<CapturedRange> = Vec::new();
        let mut next = 0;
        for _ in 0..random(state, 6) {
            let first = next + random(state, 10);
            let last = first + random(state, 20);
            ranges.push(CapturedRange { first, last, file_offset: random(state, 1000) });
            next = last + 1;
        }
        ranges
    }

    #[test]
    fn every_address_is_in_the_segment_that_says_who_holds_it() {
        let mut state = 5;
        for _ in 0..300 {
            let (a, b) = (ranges(&mut state), ranges(&mut state));
            let holding = |ranges: &[CapturedRange], address: u64| {
                let range = ranges.iter().find(|range| (range.first..=range.last).contains(&address))?;
                Some(range.file_offset_of(address))
            };
            let segments: Vec<Segment> = Segments::new(&a, &b).collect();
            for address in 0..200 {
                let found = segments.iter().find_map(|segment| match *segment {
                    Segment::Both { first, last, file_offsets: [in_a, in_b] }
                        if (first..=last).contains(&address) =>
                    {
                        Some((Some(in_a + address - first), Some(in_b + address - first)))
                    }
                    Segment::One { side, first, last } if (first..=last).contains(&address) => Some((
                        holding(&a, address).filter(|_| side == Side::A),
                        holding(&b, address).filter(|_| side == Side::B),
                    )),
                    _ => None,
                });
                let expected = (holding(&a, address), holding(&b, address));
                assert_eq!(found.unwrap_or((None, None)), expected, "{address}");
            }
        }
    }

    #[test]
    fn the_last_address_of_all_ends_the_walk() {
        let range = |first| CapturedRange { first, last: u64::MAX, file_offset: 0 };
        let (a, b) = ([range(u64::MAX - 3)], [range(u64::MAX - 1)]);
        assert_eq!(Segments::new(&a, &b).count(), 2);
        assert_eq!(common_bytes(Segments::new(&a, &b)), 2);
    }

    #[test]
    fn differences_hold_every_byte_that_differs_and_neither_begin_nor_end_with_an_equal_one() {
        let mut state = 9;
        for round in 0..300 {
            let old: Vec<u8> = (0..random(&mut state, 12000)).map(|index| index as u8).collect();
            let mut new = old.clone();
            let changes = if round % 3 == 0 { old.len() as u64 } else { random(&mut state, 40) };
            for _ in 0..changes.min(old.len() as u64 * 100) {
                let at = random(&mut state, old.len() as u64) as usize;
                new[at] = random(&mut state, 256) as u8;
            }
            let mut covered = vec![false; old.len()];
            differences(&old, &new, |from, to| {
                assert!(from < to && to - from <= MemoryDifference::MOST);
                assert!(old[from] != new[from] && old[to - 1] != new[to - 1]);
                covered[from..to].fill(true);
            });
            assert!((0..old.len()).all(|at| covered[at] || old[at] == new[at]));
        }
    }
}
