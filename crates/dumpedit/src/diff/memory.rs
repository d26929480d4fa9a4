//! Compares the memory of two dumps: read in blocks on several threads, reported in order of addresses.

use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::Diff;
use super::segments::{Segment, Segments, common_bytes};
use super::side::{DiffError, Side};
use crate::dump::Dump;
use crate::error::Error;
use crate::helping_threads;
use crate::progress::{Progress, ProgressFn};
use crate::store::holes::Holes;

/// Maximum size of the blocks of work that threads share, in bytes.
const BLOCK: u64 = 1 << 20;

/// Maximum number of blocks in work before the first of them is reported: enough to keep reading, and little to hold.
const BLOCKS_AHEAD: usize = 8;

/// Maximum size of the chunks in which dumps are read, in bytes, so that two of them fit into a processor's own cache.
const CHUNK: usize = 1 << 16;

/// Maximum number of segments of a block, so that very small ones do not make it large.
const MOST_SEGMENTS: usize = 1 << 10;

/// Maximum number of equal bytes between two differing ones that are reported together.
const BRIDGE: usize = 7;

/// Maximum number of reading threads.
const MOST_THREADS: usize = 4;

/// Number of bytes between two reports of progress.
const TELL: u64 = 1 << 20;

/// Bytes at addresses that both dumps hold, at least the first and the last of which differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryDifference<'a> {
    /// Address of the first byte.
    pub address: u64,
    /// Bytes in A.
    pub old: &'a [u8],
    /// Bytes in B, of the same number.
    pub new: &'a [u8],
}

impl MemoryDifference<'_> {
    /// Maximum size of a difference, in bytes; a longer one is reported as several, one right behind the other.
    pub const MOST: usize = 4096;
}

impl Diff {
    /// Calls `each` for the memory that differs, in order of addresses. Compares the bytes that reads take. Differing bytes with a few
    /// equal ones between them are reported together.
    ///
    /// # Errors
    /// [`DiffError`] where a dump cannot be read any more, or where far more memory would be compared than its file holds.
    pub fn memory(
        &self,
        each: &mut dyn FnMut(MemoryDifference<'_>) -> ControlFlow<()>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<ControlFlow<()>, DiffError> {
        self.a.bytes_to_walk(&self.ranges_a).map_err(Side::A.failed())?;
        self.b.bytes_to_walk(&self.ranges_b).map_err(Side::B.failed())?;
        compare([&self.a, &self.b], self.segments(), each, progress)
    }
}

/// Addresses that both dumps hold, contiguous in either file.
#[derive(Clone, Copy)]
struct Stretch {
    first: u64,
    size: u64,
    file_offsets: [u64; 2],
    /// Whether each of the files has a hole there.
    holes: [bool; 2],
}

impl Stretch {
    /// The rest behind `size` bytes.
    fn behind(&self, size: u64) -> Option<Stretch> {
        let left = self.size.checked_sub(size).filter(|left| *left > 0)?;
        Some(Stretch {
            first: self.first.saturating_add(size),
            size: left,
            file_offsets: self.file_offsets.map(|file_offset| file_offset.saturating_add(size)),
            ..*self
        })
    }
}

/// Stretches that are compared in one turn.
#[derive(Default)]
struct Block {
    stretches: Vec<Stretch>,
    /// Number of bytes of common memory up to the end of this block.
    done: u64,
}

/// The walk over the memory that both dumps hold, block by block; holes of both are skipped.
struct Plan<'a> {
    segments: Segments<'a>,
    rest: Option<Stretch>,
    holes: [Holes<'a>; 2],
    done: u64,
}

impl<'a> Plan<'a> {
    fn new(dumps: [&'a Dump; 2], segments: Segments<'a>) -> Self {
        Plan { segments, rest: None, holes: dumps.map(|dump| Holes::of(dump.view())), done: 0 }
    }

    /// The next addresses that both dumps hold.
    fn common(&mut self) -> Option<Stretch> {
        self.rest.take().or_else(|| {
            self.segments.find_map(|segment| match segment {
                Segment::Both { first, last, file_offsets } => {
                    let size = (last - first).saturating_add(1);
                    Some(Stretch { first, size, file_offsets, holes: [false; 2] })
                }
                Segment::One { .. } => None,
            })
        })
    }

    /// The next stretch to compare, of at most `room` bytes.
    fn stretch(&mut self, room: u64) -> Result<Option<Stretch>, DiffError> {
        while let Some(whole) = self.common() {
            let ([holes_a, holes_b], [in_a, in_b]) = (&mut self.holes, whole.file_offsets);
            let a = holes_a.run(in_a, whole.size).map_err(unreadable(Side::A, in_a, whole.size))?;
            let b = holes_b.run(in_b, whole.size).map_err(unreadable(Side::B, in_b, whole.size))?;
            let holes = [a.is_hole(), b.is_hole()];
            let alike = a.size().min(b.size());
            let size = if holes == [true; 2] { alike } else { alike.min(room) };
            self.done = self.done.saturating_add(size);
            self.rest = whole.behind(size);
            if holes != [true; 2] {
                return Ok(Some(Stretch { size, holes, ..whole }));
            }
        }
        Ok(None)
    }

    /// The next block; empty at the end.
    fn block(&mut self) -> Result<Block, DiffError> {
        let mut block = Block::default();
        let mut room = BLOCK;
        while room > 0
            && block.stretches.len() < MOST_SEGMENTS
            && let Some(stretch) = self.stretch(room)?
        {
            room -= stretch.size;
            block.stretches.push(stretch);
        }
        block.done = self.done;
        Ok(block)
    }
}

/// Differences in a block.
#[derive(Default)]
struct Compared {
    /// Addresses, and the number of bytes of each in `old` and `new`.
    differences: Vec<(u64, usize)>,
    old: Vec<u8>,
    new: Vec<u8>,
}

/// A block being compared by a thread.
struct Begun {
    found: Receiver<Result<Compared, DiffError>>,
    done: u64,
}

/// Reports every difference of the memory that both dumps hold.
pub(super) fn compare(
    dumps: [&Dump; 2],
    segments: Segments<'_>,
    each: &mut dyn FnMut(MemoryDifference<'_>) -> ControlFlow<()>,
    progress: &mut ProgressFn<'_>,
) -> Result<ControlFlow<()>, DiffError> {
    let total = common_bytes(segments.clone());
    let threads = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, MOST_THREADS);
    let plan = Mutex::new(Plan::new(dumps, segments));
    let mut teller = Teller { told: 0, total, each, progress };
    std::thread::scope(|scope| {
        let (begun, blocks) = sync_channel::<Begun>(BLOCKS_AHEAD);
        let helpers = helping_threads::start(scope, threads, || {
            let (plan, begun) = (&plan, begun.clone());
            move || read(dumps, plan, &begun)
        });
        drop(begun);
        if helpers == 0 {
            return alone(dumps, &plan, &mut teller);
        }
        // The threads end when the receiver is dropped.
        for block in blocks {
            let Ok(found) = block.found.recv() else { break };
            if teller.tell(&found?, block.done).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Compares all blocks on this thread, where no other can be started.
fn alone(
    dumps: [&Dump; 2],
    plan: &Mutex<Plan<'_>>,
    teller: &mut Teller<'_, '_>,
) -> Result<ControlFlow<()>, DiffError> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    loop {
        let block = plan.lock().unwrap_or_else(PoisonError::into_inner).block()?;
        if block.stretches.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        if teller.tell(&compare_block(dumps, &block, &mut old, &mut new)?, block.done).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
}

/// Reports the results of blocks in order of addresses.
struct Teller<'a, 'p> {
    told: u64,
    total: u64,
    each: &'a mut dyn FnMut(MemoryDifference<'_>) -> ControlFlow<()>,
    progress: &'a mut ProgressFn<'p>,
}

impl Teller<'_, '_> {
    /// Reports the differences of the next block. `done` is the number of bytes up to its end.
    fn tell(&mut self, found: &Compared, done: u64) -> ControlFlow<()> {
        let (mut old, mut new) = (found.old.as_slice(), found.new.as_slice());
        for &(address, size) in &found.differences {
            let (old_here, old_rest) = old.split_at_checked(size).unwrap_or_default();
            let (new_here, new_rest) = new.split_at_checked(size).unwrap_or_default();
            (old, new) = (old_rest, new_rest);
            (self.each)(MemoryDifference { address, old: old_here, new: new_here })?;
        }
        if done.saturating_sub(self.told) < TELL && done != self.total {
            return ControlFlow::Continue(());
        }
        self.told = done;
        (self.progress)(Progress { done, total: self.total })
    }
}

fn compare_block(
    dumps: [&Dump; 2],
    block: &Block,
    old: &mut Vec<u8>,
    new: &mut Vec<u8>,
) -> Result<Compared, DiffError> {
    let mut found = Compared::default();
    block.stretches.iter().try_for_each(|stretch| compare_stretch(dumps, stretch, old, new, &mut found))?;
    Ok(found)
}

/// Compares blocks until there are no more, or the receiver is gone.
fn read(dumps: [&Dump; 2], plan: &Mutex<Plan<'_>>, begun: &SyncSender<Begun>) {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    loop {
        let (told, found) = sync_channel(1);
        let block = {
            // Blocks are handed over in the planned order, since the plan stays locked meanwhile.
            let mut plan = plan.lock().unwrap_or_else(PoisonError::into_inner);
            let block = plan.block();
            let done = block.as_ref().map_or(0, |block| block.done);
            if block.as_ref().is_ok_and(|block| block.stretches.is_empty())
                || begun.send(Begun { found, done }).is_err()
            {
                return;
            }
            block
        };
        let compared = block.and_then(|block| compare_block(dumps, &block, &mut old, &mut new));
        let failed = compared.is_err();
        if told.send(compared).is_err() || failed {
            return;
        }
    }
}

fn compare_stretch(
    dumps: [&Dump; 2],
    stretch: &Stretch,
    old: &mut Vec<u8>,
    new: &mut Vec<u8>,
    found: &mut Compared,
) -> Result<(), DiffError> {
    let ([a, b], [in_a, in_b], [hole_a, hole_b]) = (dumps, stretch.file_offsets, stretch.holes);
    for start in (0..stretch.size).step_by(CHUNK) {
        let size = usize::try_from(stretch.size - start).unwrap_or(CHUNK).min(CHUNK);
        let fill = |into: &mut Vec<u8>, dump, side, file_offset: u64, is_hole| {
            into.resize(size, 0);
            if is_hole {
                into.fill(0);
                return Ok(());
            }
            read_into(dump, side, file_offset.saturating_add(start), into)
        };
        fill(old, a, Side::A, in_a, hole_a)?;
        fill(new, b, Side::B, in_b, hole_b)?;
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

/// Reads at an offset, so that no pages of the map stay resident.
pub(super) fn read_into(dump: &Dump, side: Side, file_offset: u64, into: &mut [u8]) -> Result<(), DiffError> {
    let len = into.len() as u64;
    dump.source().read_at(file_offset, into).map_err(unreadable(side, file_offset, len))
}

fn unreadable(side: Side, file_offset: u64, len: u64) -> impl Fn(io::Error) -> DiffError {
    move |cause| side.failed()(Error::Io { file_offset, len, cause })
}

/// Calls `each` with the start and the end of every range of bytes that differ.
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
    // Whole steps are compared first, many bytes at a time.
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
