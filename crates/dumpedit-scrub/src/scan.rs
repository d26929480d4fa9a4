//! One pass over the file: as many threads as the machine has processors search its blocks.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread::Builder;

use dumpedit::{CapturedRange, Context, Dump, Edit, Error, Place, Progress, ProgressFn};

use crate::error::ScrubError;
use crate::finding::{Finding, Stored};
use crate::letters::Letters;
use crate::literals::Literals;
use crate::matcher::{Matcher, Room};
use crate::registers::{InRegisters, each_joined};
use crate::text::{Lines, Run, runs, runs_of};

/// Size of a block, in bytes of the file.
const BLOCK: u64 = 1 << 20;

/// Bytes searched in front of a block, since a match may look at them.
const BEHIND: u64 = 1 << 12;

/// Bytes searched behind a block: no match that begins in it goes farther.
const AHEAD: u64 = 1 << 16;

/// Largest gap between stretches of data that are joined, in bytes.
const NEAR: u64 = BEHIND + AHEAD;

/// Bytes searched on either side of a seam, where memory continues elsewhere in the file.
const SEAM: u64 = 1 << 12;

/// Counts places where compressed data may begin: gzip, zstd or xz, at a multiple of eight bytes, as allocators align memory. The two bytes
/// of zlib's header say too little.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    count: AtomicU64,
}

impl Packed {
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    fn look(&self, bytes: &[u8]) {
        const GZIP: u64 = 0x08_8b1f;
        const ZSTD: u64 = 0xfd2f_b528;
        const XZ: u64 = 0x5a_587a_37fd;
        const PAGE: usize = 4096;
        let begins = |word: &[u8; 8]| {
            let word = u64::from_le_bytes(*word);
            let is = |start: u64, bytes: u32| u64::from(word & (u64::MAX >> (64 - 8 * bytes)) == start);
            is(GZIP, 3) | is(ZSTD, 4) | is(XZ, 6)
        };
        // Numbers of 32 bits are compared many at once, and nearly no page holds one of these.
        let may_begin = |bytes: &[u8; 4]| {
            let word = u32::from_le_bytes(*bytes);
            (word & 0xff_ffff == GZIP as u32) | (word == ZSTD as u32) | (word == XZ as u32)
        };
        let any = |page: &&[u8]| page.as_chunks().0.iter().fold(false, |any, four| any | may_begin(four));
        let pages = bytes.chunks(PAGE).filter(any);
        let count = pages.flat_map(|page| page.as_chunks::<8>().0).map(begins).sum();
        self.count.fetch_add(count, Ordering::Relaxed);
    }
}

/// Everything one pass looks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass<'a> {
    pub(crate) dump: &'a Dump,
    /// Rules, and the index of each among all rules.
    pub(crate) matcher: Option<(&'a Matcher, &'a [usize])>,
    pub(crate) literals: &'a Literals,
    /// Counts compressed data, which cannot be searched.
    pub(crate) packed: Option<&'a Packed>,
    /// Texts of the file's blocks, where an earlier pass found them.
    pub(crate) texts: Option<&'a Texts>,
}

/// Where each block of a file has texts.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    blocks: Vec<Lines>,
}

/// Findings in a block with their secrets, and where its texts are.
type Searched = (Vec<(Finding, Vec<u8>)>, Lines);

/// Takes a finding and the secret's letters.
pub(crate) type TakeFn<'a> = dyn FnMut(Finding, &[u8]) + 'a;

/// A secret in a block.
struct Seen {
    start: usize,
    count: usize,
    letters: Letters,
    rule: usize,
    secret: Vec<u8>,
}

/// A stretch of the file, `from..to`, and the part in which its matches begin, `first..end`; file offsets.
#[derive(Clone, Copy, Debug)]
struct Block {
    from: u64,
    to: u64,
    first: u64,
    end: u64,
}

impl Pass<'_> {
    /// Searches all of the file except for holes, hands findings over in order of the file, and returns where texts are.
    pub(crate) fn file(
        &self,
        take: &mut TakeFn<'_>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Texts, ScrubError> {
        let size = self.dump.layout().file_size();
        let data = self.dump.data(0, size).collect::<Result<Vec<Place>, Error>>()?;
        let blocks = blocks(&near(&data), size);
        let total = blocks.iter().fold(0u64, |sum, block| sum.saturating_add(block.end - block.first));
        let next = AtomicUsize::new(0);
        let stopped = AtomicBool::new(false);
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // One result waits for each thread, so that memory is bounded.
        let (told, results) = sync_channel::<(usize, Result<Searched, Error>)>(threads);
        let work = |told: std::sync::mpsc::SyncSender<_>| {
            // Threads that share a regular expression wait for its caches.
            let own = self.matcher.map(|(matcher, rules)| (matcher.clone(), rules));
            let pass = Pass { matcher: own.as_ref().map(|(matcher, rules)| (matcher, *rules)), ..*self };
            let mut bytes = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(block) = blocks.get(index).filter(|_| !stopped.load(Ordering::Relaxed)) else {
                    return;
                };
                if told.send((index, pass.block(index, block, &mut bytes))).is_err() {
                    return;
                }
            }
        };
        let mut done = 0u64;
        let mut result = Ok(());
        let mut texts = Texts::default();
        let mut take_all = |(found, lines): Searched| {
            found.into_iter().for_each(|(finding, secret)| take(finding, &secret));
            texts.blocks.push(lines);
        };
        std::thread::scope(|scope| {
            let work = &work;
            let mut helpers = 0;
            for _ in 0..threads {
                let told = told.clone();
                helpers += usize::from(Builder::new().spawn_scoped(scope, move || work(told)).is_ok());
            }
            drop(told);
            // The calling thread searches all blocks where no other can be started.
            if helpers == 0 {
                let mut bytes = Vec::new();
                for (index, block) in blocks.iter().enumerate() {
                    match self.block(index, block, &mut bytes) {
                        Ok(searched) => take_all(searched),
                        Err(error) => return result = Err(error.into()),
                    }
                    done = done.saturating_add(block.end - block.first);
                    if progress(Progress::new(done, total)).is_break() {
                        return result = Err(ScrubError::Cancelled);
                    }
                }
                return;
            }
            let mut early = BTreeMap::new();
            let mut turn = 0;
            for (index, searched) in results {
                early.insert(index, searched);
                while let Some(searched) = early.remove(&turn) {
                    match searched {
                        Ok(searched) => take_all(searched),
                        Err(error) => result = Err(error.into()),
                    }
                    done = done.saturating_add(blocks.get(turn).map_or(0, |block| block.end - block.first));
                    turn += 1;
                }
                if result.is_ok() && progress(Progress::new(done, total)).is_break() {
                    result = Err(ScrubError::Cancelled);
                }
                if result.is_err() {
                    stopped.store(true, Ordering::Relaxed);
                }
            }
        });
        result.map(|()| texts)
    }

    /// Searches the block at an index.
    fn block(&self, index: usize, block: &Block, bytes: &mut Vec<u8>) -> Result<Searched, Error> {
        let texts = self.texts.and_then(|texts| texts.blocks.get(index));
        if texts.is_some_and(Lines::is_empty) && self.packed.is_none() && !self.literals.wants_all_bytes() {
            return Ok(Searched::default());
        }
        let narrow = |size: u64| usize::try_from(size).unwrap_or(0);
        // The buffer is reused, and is read over.
        bytes.resize(narrow(block.to - block.from), 0);
        self.dump.read_file(block.from, bytes)?;
        let starts = narrow(block.first - block.from)..narrow(block.end - block.from);
        if let Some(packed) = self.packed {
            packed.look(bytes.get(starts.clone()).unwrap_or_default());
        }
        let mut found = Vec::new();
        let lines = self.look(bytes, texts, &mut |seen| {
            if starts.contains(&seen.start) {
                let at = block.from.saturating_add(seen.start as u64);
                found.push((Finding::new(at, seen.count, seen.letters, seen.rule), seen.secret));
            }
        });
        found.sort_unstable_by_key(|(finding, _)| finding.order());
        Ok((found, lines))
    }

    /// Searches texts that cross from one range of memory into the next, where that is elsewhere in the file.
    pub(crate) fn seams(&self, take: &mut TakeFn<'_>) -> Result<Seams, ScrubError> {
        let ranges: Vec<CapturedRange> = self.dump.layout().captured_ranges(0, u64::MAX).collect();
        // Regions may share bytes of the file, so that their sum has no bound of its own.
        let mut left = self.dump.layout().file_size().saturating_mul(4).saturating_add(1 << 24);
        let mut seams = Seams::default();
        for (one, next) in ranges.iter().zip(ranges.iter().skip(1)) {
            if !one.touches(next) {
                continue;
            }
            let mut edge = [0; 4];
            let from = next.first.saturating_sub(2);
            if self.dump.read_bytes(Context::Process, from, &mut edge).is_err()
                || edge.iter().all(|byte| *byte == 0)
            {
                continue;
            }
            let first = one.first.max(next.first.saturating_sub(SEAM));
            let size = next.last.saturating_sub(first).saturating_add(1).min(next.first - first + SEAM);
            let Some(rest) = left.checked_sub(size) else {
                seams.left_out = seams.left_out.saturating_add(1);
                continue;
            };
            left = rest;
            let stored = Stored::of_memory(self.dump, first, size);
            let seam = usize::try_from(next.first - first).unwrap_or(0);
            self.look(&stored.bytes, None, &mut |seen| {
                if seen.start < seam && seen.start + seen.count * seen.letters.size() > seam {
                    let mut one = |finding| take(finding, &seen.secret);
                    stored.findings(seen.start, seen.count, seen.letters, seen.rule, &mut one);
                }
            });
        }
        Ok(seams)
    }

    /// Searches a part of the file as an edit changes it.
    pub(crate) fn changed(&self, edit: &Edit, place: Place, take: &mut TakeFn<'_>) -> Result<(), Error> {
        let mut bytes = vec![0; usize::try_from(place.size).unwrap_or(0)];
        edit.read_file(place.file_offset, &mut bytes)?;
        self.look(&bytes, None, &mut |seen| {
            let at = place.file_offset.saturating_add(seen.start as u64);
            take(Finding::new(at, seen.count, seen.letters, seen.rule), &seen.secret);
        });
        Ok(())
    }

    /// Searches vector registers, whose parts may be far from each other in the file.
    pub(crate) fn registers(&self, take: &mut dyn FnMut(InRegisters, &[u8])) -> Result<(), ScrubError> {
        each_joined(self.dump, &mut |joined| {
            self.look(&joined.bytes, None, &mut |seen| {
                let last_half = usize::from(seen.letters == Letters::Apart);
                let length = seen.count * seen.letters.size() - last_half;
                take(joined.secret(seen.start, length, seen.letters, seen.rule), &seen.secret);
            });
        })?;
        Ok(())
    }

    /// Searches some bytes, of whose texts `known` may be the lines, and returns these.
    fn look(&self, bytes: &[u8], known: Option<&Lines>, each: &mut impl FnMut(Seen)) -> Lines {
        self.literals.in_block(bytes, &mut |found| {
            let end = found.start + found.count * found.letters.size();
            let secret = bytes.get(found.start..end.min(bytes.len())).unwrap_or_default().to_vec();
            let (start, count, letters, rule) = (found.start, found.count, found.letters, found.rule);
            each(Seen { start, count, letters, rule, secret });
        });
        if self.matcher.is_none() && !self.literals.wants_texts() {
            return Lines::default();
        }
        let (mut apart, mut room) = (Vec::new(), Room::default());
        let mut in_run = |run: Run| {
            let text = run.letters_of(bytes, &mut apart);
            let (letters, step) = (run.form, run.form.size());
            let mut seen = |secret: Range<usize>, rule: usize| {
                let (start, count) = (run.start + secret.start * step, secret.len());
                let stored = bytes.get(start..(start + count * step).min(bytes.len())).unwrap_or_default();
                each(Seen { start, count, letters, rule, secret: letters.utf8(stored) });
            };
            if let Some((matcher, rules)) = self.matcher {
                room.token_ends = run.token_ends(bytes);
                matcher.find(text, &mut room, &mut |hit| {
                    seen(hit.secret, rules.get(hit.rule).copied().unwrap_or(usize::MAX))
                });
            }
            self.literals
                .in_text(text, &mut |found| seen(found.start..found.start + found.count, found.rule));
        };
        match known {
            Some(lines) => {
                runs_of(bytes, lines, &mut in_run);
                Lines::default()
            }
            None => runs(bytes, &mut in_run),
        }
    }
}

/// Outcome of the search of seams.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seams {
    /// Number of seams left out because there are too many.
    pub(crate) left_out: u64,
}

/// Joins stretches that are at most [`NEAR`] bytes apart.
fn near(data: &[Place]) -> Vec<Place> {
    let mut joined: Vec<Place> = Vec::new();
    for place in data {
        match joined.last_mut() {
            Some(before) if place.file_offset <= before.end().saturating_add(NEAR) => {
                before.size = place.end().saturating_sub(before.file_offset);
            }
            _ => joined.push(*place),
        }
    }
    joined
}

fn blocks(data: &[Place], file_size: u64) -> Vec<Block> {
    let mut blocks = Vec::new();
    for place in data {
        let mut first = place.file_offset;
        while first < place.end() {
            let end = first.saturating_add(BLOCK).min(place.end());
            let (from, to) = (first.saturating_sub(BEHIND), end.saturating_add(AHEAD).min(file_size));
            blocks.push(Block { from, to, first, end });
            first = end;
        }
    }
    blocks
}
