//! The bytes that an edit will write, by file offset, for reads through the edit and for the commit.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Range;

use dumpedit_layout::merged;

use crate::commit::kept::Kept;
use crate::edit::payload::{Content, Payload, Standing};
use crate::store::Store;
use crate::store::blocks::{BLOCK, WORTH_ASKING, blocks};
use crate::store::platform;
use crate::store::stamp::Stamp;

/// Minimum number of bytes that are worth an allocation.
const FEW: usize = 64;

/// Maximum size of payloads that are copied, in bytes, so that not each of very many has a source of its own.
const SMALL: u64 = 4096;

/// Number of the source that is the dump itself.
const STANDING: u32 = u32::MAX;

/// The extents of an edit, which never overlap. Memory grows with the number of extents; their bytes spill to a file.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    extents: BTreeMap<u64, Held>,
    /// Bytes of small payloads.
    kept: Kept,
    /// Contents of other payloads, from source 1 on.
    others: Vec<Content<'static>>,
    /// The dump's file, where bytes are read from it.
    standing: Option<Standing>,
    /// Extents before each change since the last mark.
    trail: Vec<(u64, Option<Held>)>,
    marked: bool,
    /// New size of the file, where it changes; extents behind its old end are appended.
    resized: Option<u64>,
    /// Number of the last edit in force in the earlier state of the dump that the changes return to; 0 for none.
    returns_to: Option<u64>,
}

/// Bytes of a source.
#[derive(Clone, Copy, Debug)]
struct Held {
    size: u64,
    start: u64,
    source: u32,
    mask: u8,
}

impl Held {
    /// Whether `next`, at `file_offset`, continues these bytes, which end at `end`.
    fn goes_on(&self, end: u64, next: &Held, file_offset: u64) -> bool {
        end == file_offset
            && (self.source, self.mask) == (next.source, next.mask)
            && self.start.saturating_add(self.size) == next.start
    }
}

/// Bytes of the file to be replaced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patch {
    /// File offset, in bytes.
    pub(crate) file_offset: u64,
    /// Size, in bytes.
    pub(crate) size: u64,
    /// Bits that change in a single byte; `0xff` otherwise.
    pub(crate) mask: u8,
    held: Held,
}

impl Patch {
    /// Puts the new bytes over some old ones.
    pub(crate) fn over(&self, old: &mut [u8], new: &[u8]) {
        old.iter_mut().zip(new).for_each(|(old, new)| *old = merged(*old, *new, self.mask));
    }
}

/// A payload that can be placed in the extents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adopted {
    source: u32,
    start: u64,
}

fn end(file_offset: u64, size: u64) -> u64 {
    file_offset.saturating_add(size)
}

fn index(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

impl Pending {
    /// Whether there is nothing to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.extents.is_empty()
    }

    /// Resizes the file. Extents behind the new end are not written.
    pub(crate) fn resize(&mut self, size: u64) {
        self.clear(size, u64::MAX);
        self.resized = Some(size);
    }

    /// Divides the extent across a file offset, such as the end of the file: only the bytes in front of it have old bytes.
    pub(crate) fn divide(&mut self, at: u64) {
        let before = self.extents.range(..at).next_back().map(|(&start, held)| (start, *held));
        if let Some((start, held)) = before.filter(|(start, held)| end(*start, held.size) > at) {
            self.cut(start, held, at, at);
        }
    }

    /// Whether the file is resized.
    pub(crate) fn is_resized(&self) -> bool {
        self.resized.is_some()
    }

    /// The size of a file of `size` bytes after the writes.
    pub(crate) fn size_after(&self, size: u64) -> u64 {
        self.resized.unwrap_or(size)
    }

    /// Number of extents.
    pub(crate) fn len(&self) -> usize {
        self.extents.len()
    }

    /// Takes over the first `size` bytes of a payload. They are written once they are [placed](Pending::place).
    pub(crate) fn adopt(&mut self, payload: Payload<'_>, size: u64) -> io::Result<Adopted> {
        let content = payload.content;
        match content {
            Content::Repeated(pattern, period) if size > SMALL && period < size => {
                let pattern = match *pattern {
                    Content::Given(bytes) => {
                        let mut kept = Kept::default();
                        kept.push(bytes)?;
                        Content::Kept(kept)
                    }
                    Content::Kept(kept) => Content::Kept(kept),
                    Content::Repeated(..) | Content::Standing(..) => {
                        return Err(io::ErrorKind::InvalidInput.into());
                    }
                };
                self.others.push(Content::Repeated(Box::new(pattern), period));
                Ok(Adopted { source: u32::try_from(self.others.len()).unwrap_or(u32::MAX), start: 0 })
            }
            Content::Standing(file, start) => {
                self.standing.get_or_insert(file);
                Ok(Adopted { source: STANDING, start })
            }
            // The first payload in a file is not copied into another; more files would cost more memory as well.
            Content::Kept(kept) if kept.in_memory().is_none() && self.kept.len() == 0 => {
                self.kept = kept;
                Ok(Adopted { source: 0, start: 0 })
            }
            content => {
                let start = self.kept.len();
                let whole = match &content {
                    Content::Given(bytes) => Some(*bytes),
                    Content::Kept(kept) => kept.in_memory(),
                    Content::Repeated(..) | Content::Standing(..) => None,
                };
                if let Some(bytes) = whole.and_then(|bytes| bytes.get(..index(size))) {
                    self.kept.push(bytes)?;
                    return Ok(Adopted { source: 0, start });
                }
                for (done, len) in blocks(size) {
                    let mut block = vec![0; len];
                    content.read_at(done, &mut block)?;
                    self.kept.push(&block)?;
                }
                Ok(Adopted { source: 0, start })
            }
        }
    }

    /// Sets `size` bytes at `file_offset` to those of a payload, from its `from`-th on.
    pub(crate) fn place(&mut self, file_offset: u64, adopted: Adopted, from: u64, size: u64) {
        if size > 0 {
            self.clear(file_offset, end(file_offset, size));
            let start = adopted.start.saturating_add(from);
            let held = Held { size, start, source: adopted.source, mask: 0xff };
            // Bytes that continue the extent in front of them extend it.
            let before = self.extents.range(..file_offset).next_back().map(|(&at, before)| (at, *before));
            match before.filter(|(at, before)| before.goes_on(end(*at, before.size), &held, file_offset)) {
                Some((at, before)) => {
                    self.insert(at, Held { size: before.size.saturating_add(size), ..before });
                }
                None => self.insert(file_offset, held),
            }
        }
    }

    /// Sets the bytes at `file_offset`.
    pub(crate) fn put(&mut self, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
        let size = bytes.len() as u64;
        let adopted = self.adopt(Payload::given(bytes), size)?;
        self.place(file_offset, adopted, 0, size);
        Ok(())
    }

    /// Sets the bits of `mask` in the byte at `file_offset` to those of `byte`.
    pub(crate) fn put_bits(&mut self, file_offset: u64, byte: u8, mask: u8) -> io::Result<()> {
        let mut pending = [0];
        let mut known = 0;
        if let Some((&start, held)) = self.extents.range(..=file_offset).next_back()
            && end(start, held.size) > file_offset
        {
            self.read(held, file_offset.saturating_sub(start), &mut pending)?;
            known = held.mask;
        }
        let both = pending.map(|old| merged(old, byte, mask));
        let Adopted { source, start } = self.adopt(Payload::given(&both), 1)?;
        self.clear(file_offset, end(file_offset, 1));
        self.insert(file_offset, Held { size: 1, start, source, mask: known | mask });
        Ok(())
    }

    /// Makes room: removes `from..to` from all extents.
    fn clear(&mut self, from: u64, to: u64) {
        while let Some((start, held)) =
            self.extents.range(..to).next_back().map(|(&start, held)| (start, *held))
            && end(start, held.size) > from
        {
            self.cut(start, held, from, to);
        }
    }

    /// Removes `from..to` from an extent.
    fn cut(&mut self, start: u64, held: Held, from: u64, to: u64) {
        self.remove(start);
        if start < from {
            self.insert(start, Held { size: from.saturating_sub(start), ..held });
        }
        let skipped = to.saturating_sub(start);
        if let Some(size) = held.size.checked_sub(skipped).filter(|size| *size > 0) {
            self.insert(to, Held { size, start: held.start.saturating_add(skipped), ..held });
        }
    }

    fn insert(&mut self, at: u64, held: Held) {
        let old = self.extents.insert(at, held);
        if self.marked {
            self.trail.push((at, old));
        }
    }

    fn remove(&mut self, at: u64) {
        let old = self.extents.remove(&at);
        if self.marked {
            self.trail.push((at, old));
        }
    }

    /// Marks a state to which later changes can be reverted.
    pub(crate) fn mark(&mut self) {
        self.trail.clear();
        self.marked = true;
    }

    /// Ends the state of [`Pending::mark`]; unless `keep` is set, reverts the changes since.
    pub(crate) fn settle(&mut self, keep: bool) {
        self.marked = false;
        for (at, old) in self.trail.drain(..).rev().filter(|_| !keep) {
            match old {
                Some(held) => self.extents.insert(at, held),
                None => self.extents.remove(&at),
            };
        }
    }

    fn read(&self, held: &Held, at: u64, into: &mut [u8]) -> io::Result<()> {
        let at = held.start.saturating_add(at);
        match held.source.checked_sub(1) {
            None => self.kept.read_at(at, into),
            Some(_) if held.source == STANDING => {
                self.standing.as_ref().ok_or(io::ErrorKind::NotFound)?.read_at(at, into)
            }
            Some(other) => {
                let content = usize::try_from(other).ok().and_then(|other| self.others.get(other));
                content.ok_or(io::ErrorKind::NotFound)?.read_at(at, into)
            }
        }
    }

    /// Copies the first bytes of a payload that was taken over.
    pub(crate) fn read_adopted(&self, adopted: Adopted, into: &mut [u8]) -> io::Result<()> {
        let Adopted { source, start } = adopted;
        self.read(&Held { size: into.len() as u64, start, source, mask: 0xff }, 0, into)
    }

    /// Stamp of the dump at the time of the edit, where bytes are read from it when they are written.
    pub(crate) fn standing_since(&self) -> Option<Stamp> {
        self.standing.as_ref().map(|standing| standing.stamp)
    }

    /// The same changes, which return the dump to its state after an edit; 0 for the state before the first one.
    pub(crate) fn returning_to(self, edit: u64) -> Pending {
        Pending { returns_to: Some(edit), ..self }
    }

    /// Number of the last edit in force in the earlier state of the dump that the changes return to; 0 for none.
    pub(crate) fn returns_to(&self) -> Option<u64> {
        self.returns_to
    }

    /// Keeps aside bytes that are to be read from the dump and are overwritten as well.
    pub(crate) fn keep_overwritten(&mut self) -> io::Result<()> {
        let meets = |held: &Held| {
            let next = self.next_from(held.start);
            held.source == STANDING && next.is_some_and(|next| next.start < end(held.start, held.size))
        };
        let overwritten = self.extents.iter().filter(|(_, held)| meets(held));
        let overwritten: Vec<(u64, Held)> = overwritten.map(|(&at, held)| (at, *held)).collect();
        for (at, held) in overwritten {
            let start = self.kept.len();
            let mut block = Vec::new();
            for (done, len) in blocks(held.size) {
                block.resize(len, 0);
                self.read(&held, done, &mut block)?;
                self.kept.push(&block)?;
            }
            self.insert(at, Held { start, source: 0, ..held });
        }
        Ok(())
    }

    /// Leaves out zeros that would go into holes of a file, which has them already. The first byte of each extent stays, so that it is in
    /// the journal.
    pub(crate) fn leave_holes(&mut self, file: &File) -> io::Result<()> {
        if self.others.is_empty() && self.standing.is_none() {
            return Ok(());
        }
        let mut holes = Vec::new();
        let file_size = file.len()?;
        let is_there = |extent: &Patch| extent.file_offset < file_size;
        for extent in self.extents().filter(|extent| extent.size > WORTH_ASKING && is_there(extent)) {
            let is_standing = extent.held.source == STANDING;
            let pattern = self.pattern(&extent, BLOCK as u64)?;
            if !is_standing && !pattern.is_some_and(|pattern| pattern.iter().all(|byte| *byte == 0)) {
                continue;
            }
            let to = end(extent.file_offset, extent.size);
            let mut at = end(extent.file_offset, 1);
            while at < to {
                let mut data = platform::next_data(file, at)?;
                if is_standing && data.start > at {
                    // Both the source and the destination must be holes.
                    let from = end(extent.held.start, at.saturating_sub(extent.file_offset));
                    let source = platform::next_data(file, from)?;
                    let shift = |offset: u64| end(at, offset.saturating_sub(from));
                    if shift(source.start) < data.start {
                        data = shift(source.start)..shift(source.end);
                    }
                }
                let hole = data.start.min(to);
                if hole.saturating_sub(at) >= WORTH_ASKING {
                    holes.push((at, hole));
                }
                at = if data.is_empty() { to } else { data.end };
            }
        }
        holes.into_iter().for_each(|(from, to)| self.clear(from, to));
        Ok(())
    }

    /// The first range of file bytes at or after an offset that will be written.
    pub(crate) fn next_from(&self, file_offset: u64) -> Option<Range<u64>> {
        let before = self.extents.range(..=file_offset).next_back();
        let holds = before.filter(|(start, held)| end(**start, held.size) > file_offset);
        let (&start, held) = holds.or_else(|| self.extents.range(file_offset..).next())?;
        Some(start.max(file_offset)..end(start, held.size))
    }

    /// Puts the pending bytes over bytes that were read at `file_offset`.
    pub(crate) fn overlay(&self, file_offset: u64, read: &mut [u8]) -> io::Result<()> {
        if self.extents.is_empty() {
            return Ok(());
        }
        let to = end(file_offset, read.len() as u64);
        let first = self.extents.range(..file_offset).next_back().map_or(file_offset, |(&start, _)| start);
        for (&start, held) in self.extents.range(first..to) {
            let from = start.max(file_offset);
            let until = end(start, held.size).min(to);
            if until <= from {
                continue;
            }
            let range = index(from.saturating_sub(file_offset))..index(until.saturating_sub(file_offset));
            let Some(target) = read.get_mut(range) else { continue };
            let at = from.saturating_sub(start);
            if held.mask == 0xff {
                self.read(held, at, target)?;
            } else if let [old] = target {
                let mut new = [0];
                self.read(held, at, &mut new)?;
                let [new] = new;
                *old = merged(*old, new, held.mask);
            }
        }
        Ok(())
    }

    /// The file offset of the first byte that differs in a store.
    pub(crate) fn first_difference(&self, store: &impl Store) -> io::Result<Option<u64>> {
        for extent in self.extents() {
            let mut differs = None;
            self.blocks(&extent, |file_offset, bytes| {
                let mut now = vec![0; bytes.len()];
                store.read_at(file_offset, &mut now)?;
                let other = |(now, then): (&u8, &u8)| (now ^ then) & extent.mask != 0;
                let first = now.iter().zip(bytes).position(other);
                differs = differs.or(first.map(|at| file_offset.saturating_add(at as u64)));
                Ok(())
            })?;
            if differs.is_some() {
                return Ok(differs);
            }
        }
        Ok(None)
    }

    /// The extents in order of file offsets.
    pub(crate) fn extents(&self) -> impl Iterator<Item = Patch> {
        self.extents.iter().map(|(&file_offset, held)| Patch {
            file_offset,
            size: held.size,
            mask: held.mask,
            held: *held,
        })
    }

    /// The pattern whose repetition an extent's new bytes are, where one is known that is shorter than they are and has at most `most`
    /// bytes.
    pub(crate) fn pattern(&self, extent: &Patch, most: u64) -> io::Result<Option<Vec<u8>>> {
        let Held { size, start, source, mask } = extent.held;
        let other = source.checked_sub(1).and_then(|other| self.others.get(index(other.into())));
        match other {
            Some(Content::Repeated(pattern, period)) if mask == 0xff && *period <= most && *period < size => {
                let mut bytes = vec![0; index(*period)];
                pattern.read_at(0, &mut bytes)?;
                bytes.rotate_left(index(start.checked_rem(*period).unwrap_or(0)));
                Ok(Some(bytes))
            }
            _ => Ok(None),
        }
    }

    /// Calls `each` with the new bytes of an extent in blocks, each with its file offset.
    pub(crate) fn blocks(
        &self,
        extent: &Patch,
        mut each: impl FnMut(u64, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut few = [0; FEW];
        let mut many = Vec::new();
        let block = match few.get_mut(..index(extent.size)) {
            Some(few) => few,
            None => {
                many.resize(index(extent.size).min(BLOCK), 0);
                many.as_mut_slice()
            }
        };
        for (done, len) in blocks(extent.size) {
            let block = block.get_mut(..len).unwrap_or_default();
            self.read(&extent.held, done, block)?;
            each(extent.file_offset.saturating_add(done), block)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::payload::Gathering;

    #[test]
    fn contents_of_any_size_are_written_from_where_they_are_kept() {
        let mut pending = Pending::default();
        let size = 17u64 << 20;
        for number in 0..3 {
            let mut gathering = Gathering::with_room(size);
            gathering.push(&vec![number as u8; size as usize]).unwrap();
            let adopted = pending.adopt(gathering.finish(), size).unwrap();
            pending.place(number * size, adopted, 0, size);
        }
        assert_eq!((pending.others.len(), pending.kept.len()), (0, 3 * size));
        for number in 0..3 {
            let mut read = [0xff; 3];
            pending.overlay((number + 1) * size - 3, &mut read).unwrap();
            assert_eq!(read, [number as u8; 3]);
        }
    }

    #[test]
    fn bytes_at_the_end_of_a_file_and_those_that_are_appended_are_two_extents() {
        let mut pending = Pending::default();
        pending.put(15, b"x").unwrap();
        pending.put(16, b"yz").unwrap();
        pending.divide(16);
        let extents: Vec<(u64, u64)> =
            pending.extents().map(|extent| (extent.file_offset, extent.size)).collect();
        assert_eq!(extents, [(15, 1), (16, 2)]);
        let mut bytes = *b"...";
        pending.overlay(15, &mut bytes).unwrap();
        assert_eq!(&bytes, b"xyz");
    }

    #[test]
    fn later_bytes_win_over_earlier_ones_wherever_they_meet_and_can_be_taken_back() {
        let mut state = 11u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        let original: Vec<u8> = (0..64).collect();
        for _ in 0..400 {
            let mut expected = original.clone();
            let mut pending = Pending::default();
            for _ in 0..random(12) {
                let before = expected.clone();
                let keep = random(3) > 0;
                pending.mark();
                for _ in 0..1 + random(3) {
                    let at = random(60);
                    match random(5) {
                        0 => {
                            let (byte, mask) = (random(256) as u8, random(255) as u8 + 1);
                            pending.put_bits(at, byte, mask).unwrap();
                            let old = &mut expected[at as usize];
                            *old = (*old & !mask) | (byte & mask);
                        }
                        1 => {
                            // Long enough to stay a pattern.
                            let payload = Payload::given(b"xyz").repeated(5000).unwrap();
                            let adopted = pending.adopt(payload, 5000).unwrap();
                            let (from, size) = (random(4000), random(64 - at) + 1);
                            pending.place(at, adopted, from, size);
                            for step in 0..size.min(64 - at) {
                                expected[(at + step) as usize] = b"xyz"[((from + step) % 3) as usize];
                            }
                        }
                        _ => {
                            let size = random(64 - at) + 1;
                            let bytes: Vec<u8> = (0..size.min(64 - at)).map(|_| random(256) as u8).collect();
                            expected[at as usize..at as usize + bytes.len()].copy_from_slice(&bytes);
                            pending.put(at, &bytes).unwrap();
                        }
                    }
                }
                pending.settle(keep);
                if !keep {
                    expected = before;
                }
            }
            let (from, len) = (random(64), random(20));
            let to = (from + len).min(64) as usize;
            let mut read = original[from as usize..to].to_vec();
            pending.overlay(from, &mut read).unwrap();
            assert_eq!(read, expected[from as usize..to]);
            let mut last_end = 0;
            let mut patched = original.clone();
            for extent in pending.extents() {
                assert!(extent.file_offset >= last_end && (extent.mask == 0xff || extent.size == 1));
                last_end = extent.file_offset + extent.size;
                pending
                    .blocks(&extent, |at, new| {
                        extent.over(&mut patched[at as usize..][..new.len()], new);
                        Ok(())
                    })
                    .unwrap();
            }
            assert_eq!(patched, expected);
        }
    }
}
