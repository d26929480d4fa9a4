//! Reads a journal: its last entry from the end, all entries from the beginning with the damaged parts between them, and the bytes that an
//! entry replaced.

use std::io;

use memchr::memmem;

use crate::journal::record::{self, EXTENT, ExtentHead, HEAD, HEADER, Head, MOST_PATTERN, TRAILER, Trailer};
use crate::store::Store;
use crate::store::blocks::{BLOCK, blocks};

/// An entry's place in the journal, and its head.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: u64,
    pub(crate) head: Head,
    pub(crate) trailer: Trailer,
}

impl Entry {
    /// Offset of its trailer.
    pub(crate) fn trailer_at(&self) -> u64 {
        self.at.saturating_add(self.head.size)
    }

    /// Offset of the end of its trailer.
    pub(crate) fn end(&self) -> u64 {
        self.trailer_at().saturating_add(TRAILER)
    }

    fn extents_at(&self) -> u64 {
        self.at.saturating_add(HEAD).saturating_add(u64::from(self.head.command_size))
    }
}

/// The end of a journal.
#[derive(Clone, Debug)]
pub(crate) enum Tail {
    /// An entry and its trailer, or no entry at all.
    Whole(Option<Entry>),
    /// Bytes that are not an entry: one that was cut short, or is damaged.
    Broken,
}

/// The last entry. The cost does not depend on their number.
pub(crate) fn tail(log: &impl Store) -> io::Result<Tail> {
    let size = log.len()?;
    if size <= HEADER {
        return Ok(Tail::Whole(None));
    }
    let last = || -> io::Result<Option<Entry>> {
        let Some(trailer_at) = size.checked_sub(TRAILER) else { return Ok(None) };
        let Some(trailer) = read_trailer(log, trailer_at)? else { return Ok(None) };
        match trailer_at.checked_sub(trailer.size).filter(|at| *at >= HEADER) {
            Some(at) => entry_at(log, at, size),
            None => Ok(None),
        }
    };
    Ok(last()?.map_or(Tail::Broken, |entry| Tail::Whole(Some(entry))))
}

/// A part of a journal that is not an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) at: u64,
    pub(crate) size: u64,
    /// Number of the last entry in front of it; 0 where there is none.
    pub(crate) after: u64,
}

/// The readable contents of a journal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Walk {
    pub(crate) entries: Vec<Entry>,
    pub(crate) gaps: Vec<Gap>,
}

impl Walk {
    /// Number of the next entry. Bytes that are not an entry once were one, so that its number is skipped.
    pub(crate) fn next_number(&self) -> u64 {
        let last = self.entries.last().map_or(0, |entry| entry.head.number);
        let lost = u64::from(self.gaps.last().is_some_and(|gap| gap.after == last));
        last.saturating_add(lost).saturating_add(1)
    }
}

/// Walks over a journal from its beginning. Behind bytes that are not an entry, searches for the next one.
pub(crate) fn walk(log: &impl Store) -> io::Result<Walk> {
    let size = log.len()?;
    let mut walk = Walk::default();
    let mut at = HEADER;
    while at < size {
        let next = match entry_at(log, at, size)? {
            Some(entry) => Some(entry),
            None => {
                let next = find_entry(log, at.saturating_add(1), size)?;
                let end = next.as_ref().map_or(size, |entry| entry.at);
                let after = walk.entries.last().map_or(0, |entry| entry.head.number);
                walk.gaps.push(Gap { at, size: end.saturating_sub(at), after });
                next
            }
        };
        let Some(entry) = next else { break };
        at = entry.end();
        walk.entries.push(entry);
    }
    Ok(walk)
}

/// The entry at an offset, if there is a head and its trailer.
fn entry_at(log: &impl Store, at: u64, size: u64) -> io::Result<Option<Entry>> {
    let Some(head) = head_at(log, at, size)? else { return Ok(None) };
    let trailer_at = at.checked_add(head.size);
    let within = |trailer_at: &u64| trailer_at.checked_add(TRAILER).is_some_and(|end| end <= size);
    let Some(trailer_at) = trailer_at.filter(within) else { return Ok(None) };
    let trailer = read_trailer(log, trailer_at)?;
    let belongs = |trailer: &Trailer| (trailer.size, trailer.number) == (head.size, head.number);
    Ok(trailer.filter(belongs).map(|trailer| Entry { at, head, trailer }))
}

/// The head at an offset, whatever its trailer is.
pub(crate) fn head_at(log: &impl Store, at: u64, size: u64) -> io::Result<Option<Head>> {
    if at.checked_add(HEAD).is_none_or(|end| end > size) {
        return Ok(None);
    }
    let mut bytes = [0; HEAD as usize];
    log.read_at(at, &mut bytes)?;
    Ok(record::read_head(&bytes))
}

fn read_trailer(log: &impl Store, at: u64) -> io::Result<Option<Trailer>> {
    let mut bytes = [0; TRAILER as usize];
    log.read_at(at, &mut bytes)?;
    Ok(record::read_trailer(&bytes))
}

/// The first entry at or behind an offset. Holes are skipped.
fn find_entry(log: &impl Store, mut from: u64, size: u64) -> io::Result<Option<Entry>> {
    let finder = memmem::Finder::new(&record::MAGIC);
    let overlap = record::MAGIC.len().saturating_sub(1) as u64;
    while from < size {
        let data = log.next_data(from)?;
        let (start, end) = (data.start, data.end.min(size));
        for (done, len) in blocks(end.saturating_sub(start)) {
            let at = start.saturating_add(done);
            let wanted = (len as u64).saturating_add(overlap).min(size.saturating_sub(at));
            let mut block = vec![0; usize::try_from(wanted).unwrap_or(0)];
            log.read_at(at, &mut block)?;
            for found in finder.find_iter(&block) {
                if let Some(entry) = entry_at(log, at.saturating_add(found as u64), size)? {
                    return Ok(Some(entry));
                }
            }
        }
        if end <= from {
            break;
        }
        from = end;
    }
    Ok(None)
}

/// Whether an entry is as it was written.
pub(crate) fn is_intact(log: &impl Store, entry: &Entry) -> io::Result<bool> {
    let mut sum = crc32fast::Hasher::new();
    for (done, len) in blocks(entry.head.size) {
        let mut block = vec![0; len];
        log.read_at(entry.at.saturating_add(done), &mut block)?;
        sum.update(&block);
    }
    Ok(sum.finalize() == entry.trailer.checksum)
}

/// The command in an entry.
pub(crate) fn command(log: &impl Store, entry: &Entry) -> io::Result<String> {
    let mut command = vec![0; usize::try_from(entry.head.command_size).unwrap_or(0)];
    log.read_at(entry.at.saturating_add(HEAD), &mut command)?;
    Ok(String::from_utf8_lossy(&command).into_owned())
}

/// The error of a damaged entry.
pub(crate) fn damaged(number: u64) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("its entry {number} is damaged"))
}

/// Turns an error by damage in a journal, or by its end, into an answer. Errors of reading stay errors.
pub(crate) fn damage_is<T>(answer: T) -> impl FnOnce(io::Error) -> io::Result<T> {
    move |error| match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => Ok(answer),
        _ => Err(error),
    }
}

/// Calls `each` with the file offset, the old and the new bytes of each extent of an entry, in blocks. The old bytes of appended data are
/// zeros, and data that was cut off has no new bytes.
pub(crate) fn each_extent(
    log: &impl Store,
    entry: &Entry,
    each: impl FnMut(u64, &[u8], &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    each_extent_before(log, entry, u64::MAX, each)
}

/// The same for blocks that begin before a file offset, since the rest may be long.
pub(crate) fn each_extent_before(
    log: &impl Store,
    entry: &Entry,
    before: u64,
    each: impl FnMut(u64, &[u8], &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    Extents { before, ..Extents::of(log, entry) }.each(entry, u64::MAX, each)
}

/// The same for the first extents, with the first block of each.
pub(crate) fn first_extents(
    log: &impl Store,
    entry: &Entry,
    most: usize,
    each: impl FnMut(u64, &[u8], &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    Extents { only_first_blocks: true, ..Extents::of(log, entry) }.each(entry, most as u64, each)
}

/// Whether an unfinished entry was not begun either: the dump holds the old bytes of all of its readable part. `at` is the entry's offset.
pub(crate) fn was_not_begun(dump: &impl Store, log: &impl Store, at: u64) -> io::Result<bool> {
    let size = log.len()?;
    let Some(head) = head_at(log, at, size)? else {
        return Ok(is_zero(log, at)?
            || is_start_of_head(log, at, size)?
            || lacks_sector_of_head(log, at, size)?);
    };
    if dump.len()? != head.old_size {
        return Ok(false);
    }
    let trailer = Trailer { checksum: 0, size: head.size, number: head.number, sealed: false };
    let entry = Entry { at, trailer, head };
    let mut extents = Extents { end: entry.trailer_at().min(size), ..Extents::of(log, &entry) };
    let mut holds_old = true;
    for _ in 0..entry.head.extents {
        let Some(extent) = extents.head()? else { break };
        let whole = extents.bytes(&extent, &mut |file_offset, old, _| {
            let mut now = vec![0; old.len()];
            dump.read_filled(file_offset, &mut now)?;
            holds_old &= now == old;
            Ok(())
        })?;
        if !whole || !holds_old {
            break;
        }
    }
    Ok(holds_old)
}

/// Whether the rest is shorter than a head, and begins like one.
fn is_start_of_head(log: &impl Store, at: u64, size: u64) -> io::Result<bool> {
    let left = size.saturating_sub(at);
    let mut bytes = record::MAGIC;
    let some = bytes.get_mut(..usize::try_from(left).unwrap_or(usize::MAX).min(record::MAGIC.len()));
    let some = some.unwrap_or_default();
    log.read_at(at, some)?;
    Ok(left < HEAD && record::MAGIC.starts_with(some))
}

/// Whether sectors of a head were never written, and there is no sign that the entry was finished. The dump is changed only when all of an
/// entry is durable.
fn lacks_sector_of_head(log: &impl Store, at: u64, size: u64) -> io::Result<bool> {
    const SECTOR: u64 = 512;
    /// Minimum number of zeros of a lost sector.
    const LEAST: usize = 8;
    if size.saturating_sub(at) < HEAD.saturating_add(TRAILER) {
        return Ok(false);
    }
    let sealed = read_trailer(log, size.saturating_sub(TRAILER))?.is_some_and(|trailer| trailer.sealed);
    let mut head = [0; HEAD as usize];
    log.read_at(at, &mut head)?;
    let in_first = usize::try_from(SECTOR.saturating_sub(at % SECTOR)).unwrap_or(usize::MAX);
    let (first, second) = head.split_at(in_first.min(head.len()));
    let is_lost = |part: &[u8]| part.len() >= LEAST && part.iter().all(|byte| *byte == 0);
    Ok(!sealed && (is_lost(first) || is_lost(second)))
}

/// Whether all bytes from an offset on are zeros. Holes are not read.
pub(crate) fn is_zero(log: &impl Store, mut from: u64) -> io::Result<bool> {
    let size = log.len()?;
    while from < size {
        let data = log.next_data(from)?;
        let end = data.end.min(size);
        for (done, len) in blocks(end.saturating_sub(data.start)) {
            let mut block = vec![0; len];
            log.read_at(data.start.saturating_add(done), &mut block)?;
            if block.iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
        }
        if end <= from {
            break;
        }
        from = end;
    }
    Ok(true)
}

/// Reads the extents of an entry in order.
struct Extents<'a, L> {
    log: &'a L,
    at: u64,
    /// End of the entry, or of its readable part.
    end: u64,
    /// Maximum size of the dump.
    dump_size: u64,
    /// File offset before which blocks must begin to be reported.
    before: u64,
    /// Whether to report only the first block of each extent.
    only_first_blocks: bool,
    /// End of the previous extent in the dump.
    last_end: u64,
    ahead: Vec<u8>,
    ahead_at: u64,
}

/// Number of bytes that are read ahead: there are many small extents.
const AHEAD: u64 = 1 << 16;

impl<'a, L: Store> Extents<'a, L> {
    fn of(log: &'a L, entry: &Entry) -> Self {
        Extents {
            log,
            at: entry.extents_at(),
            end: entry.trailer_at(),
            dump_size: entry.head.old_size.max(entry.head.new_size),
            before: u64::MAX,
            only_first_blocks: false,
            last_end: 0,
            ahead: Vec::new(),
            ahead_at: 0,
        }
    }

    /// Calls `each` with the file offset, the old and the new bytes of at most `most` extents, in blocks.
    fn each(
        mut self,
        entry: &Entry,
        most: u64,
        mut each: impl FnMut(u64, &[u8], &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        for _ in 0..entry.head.extents.min(most) {
            let extent = self.head()?.ok_or_else(|| damaged(entry.head.number))?;
            if extent.file_offset >= self.before {
                break;
            }
            if !self.bytes(&extent, &mut each)? {
                return Err(damaged(entry.head.number));
            }
        }
        Ok(())
    }

    /// `size` bytes at an offset; `None` where the entry ends before.
    fn read(&mut self, at: u64, size: u64) -> io::Result<Option<&[u8]>> {
        if at.checked_add(size).is_none_or(|end| end > self.end) {
            return Ok(None);
        }
        let held = at.checked_sub(self.ahead_at).and_then(|skip| skip.checked_add(size));
        if held.is_none_or(|held| held > self.ahead.len() as u64) {
            let wanted = AHEAD.max(size).min(self.end.saturating_sub(at));
            self.ahead.resize(usize::try_from(wanted).unwrap_or(usize::MAX), 0);
            self.log.read_at(at, &mut self.ahead)?;
            self.ahead_at = at;
        }
        let skip = usize::try_from(at.saturating_sub(self.ahead_at)).unwrap_or(usize::MAX);
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        Ok(self.ahead.get(skip..).and_then(|rest| rest.get(..size)))
    }

    /// The head of the next extent; `None` where there is no valid one.
    fn head(&mut self) -> io::Result<Option<ExtentHead>> {
        let head = self.read(self.at, EXTENT)?.and_then(record::read_extent_head);
        let end = |head: &ExtentHead| {
            let end = head.file_offset.checked_add(head.size)?;
            (head.size > 0 && head.file_offset >= self.last_end && end <= self.dump_size).then_some(end)
        };
        let Some((head, end)) = head.and_then(|head| Some((head, end(&head)?))) else { return Ok(None) };
        self.last_end = end;
        Ok(Some(head))
    }

    /// The pattern at an offset.
    fn pattern(&mut self, at: u64) -> io::Result<Option<Vec<u8>>> {
        let length = self.read(at, 4)?.and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
        let length = length.map_or(0, |bytes| u64::from(u32::from_le_bytes(bytes)));
        if !(1..=MOST_PATTERN).contains(&length) {
            return Ok(None);
        }
        Ok(self.read(at.saturating_add(4), length)?.map(<[u8]>::to_vec))
    }

    /// Calls `each` with the bytes of the extent whose head comes next, and moves behind it; `false` where the entry ends before the bytes
    /// do.
    fn bytes(
        &mut self,
        head: &ExtentHead,
        each: &mut impl FnMut(u64, &[u8], &[u8]) -> io::Result<()>,
    ) -> io::Result<bool> {
        let ExtentHead { file_offset, size, is_pattern, is_appended, is_cut } = *head;
        let old_at = self.at.saturating_add(EXTENT);
        let old_size = if is_appended { 0 } else { size };
        let Some(new_at) = old_at.checked_add(old_size).filter(|new_at| *new_at <= self.end) else {
            return Ok(false);
        };
        let pattern = if is_pattern { self.pattern(new_at)? } else { None };
        let new_size = match &pattern {
            Some(pattern) => (pattern.len() as u64).saturating_add(4),
            None if is_pattern => return Ok(false),
            None if is_cut => 0,
            None => size,
        };
        let Some(behind) = new_at.checked_add(new_size).filter(|behind| *behind <= self.end) else {
            return Ok(false);
        };
        self.at = behind;
        if pattern.is_none() && !is_appended && !is_cut && size <= AHEAD / 2 {
            let Some(both) = self.read(old_at, size.saturating_mul(2))? else { return Ok(false) };
            let (old, new) = both.split_at(both.len() / 2);
            each(file_offset, old, new)?;
            return Ok(true);
        }
        let repeated = pattern.as_ref().map(|pattern| {
            let most = usize::try_from(size).unwrap_or(usize::MAX).min(BLOCK);
            (pattern.len() as u64, pattern.repeat(most.div_ceil(pattern.len().max(1)).saturating_add(1)))
        });
        for (done, len) in blocks(size) {
            let to = file_offset.saturating_add(done);
            if to >= self.before || done > 0 && self.only_first_blocks {
                break;
            }
            // Bytes beyond the end of the file are zero.
            let mut old = vec![0; len];
            if !is_appended {
                self.log.read_at(old_at.saturating_add(done), &mut old)?;
            }
            if let Some((period, repeated)) = &repeated {
                let phase = usize::try_from(done.checked_rem(*period).unwrap_or(0)).unwrap_or(0);
                let new = repeated.get(phase..).and_then(|rest| rest.get(..len));
                each(to, &old, new.unwrap_or_default())?;
            } else if is_cut {
                each(to, &old, &[])?;
            } else {
                let mut new = vec![0; len];
                self.log.read_at(new_at.saturating_add(done), &mut new)?;
                each(to, &old, &new)?;
            }
        }
        Ok(true)
    }
}
