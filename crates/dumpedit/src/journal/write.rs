//! Writes a journal's entry and patches the dump, in the order that makes a commit safe.

use std::io;
use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::edit::pending::{Patch, Pending};
use crate::error::CommitStep;
use crate::journal::entries::{Entry, each_extent};
use crate::journal::record::{
    self, DIGESTED, EXTENT, EntryKind, ExtentHead, HEAD, Head, MOST_COMMAND, MOST_PATTERN, SEAL, SEAL_AT,
    Trailer,
};
use crate::progress::{Progress, ProgressFn};
use crate::store::Store;
use crate::store::blocks::{BLOCK, blocks};
use crate::store::spool::is_zero;

/// Values of a commit for its entry.
pub(crate) struct Note<'a> {
    pub(crate) kind: EntryKind,
    pub(crate) command: &'a str,
    /// Whether it may write into the dump's own structures.
    pub(crate) structure: bool,
    /// Number of the last edit in force after an undo or a redo.
    pub(crate) last_in_force: u64,
    /// Seconds since 1970.
    pub(crate) time: u64,
}

/// Outcome of a failed commit.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The dump is unchanged.
    Unchanged(CommitStep, io::Error),
    /// The caller asked to stop; the dump is unchanged.
    Cancelled,
    /// This number of extents is in the dump, and the journal can complete the edit.
    Unfinished(usize, io::Error),
}

/// The end of a journal whose last entry is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End {
    /// Offset of the next entry.
    pub(crate) at: u64,
    /// Number of the next entry.
    pub(crate) number: u64,
}

/// The digest of the dump's first bytes, its header and tables.
pub(crate) fn digest(dump: &impl Store) -> io::Result<[u8; 32]> {
    Ok(Sha256::digest(first_bytes(dump)?).into())
}

/// The dump's first bytes that are digested.
pub(crate) fn first_bytes(dump: &impl Store) -> io::Result<Vec<u8>> {
    let size = dump.len()?.min(DIGESTED);
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
    dump.read_at(0, &mut bytes)?;
    Ok(bytes)
}

/// Does a whole commit: writes the entry, patches the dump, seals the entry.
pub(crate) fn commit(
    dump: &mut impl Store,
    log: &mut impl Store,
    end: End,
    pending: &Pending,
    note: &Note<'_>,
    sync: bool,
    progress: &mut ProgressFn<'_>,
) -> Result<Entry, Failure> {
    let mut meter = Meter::new(pending, progress);
    let written = write_entry(dump, log, end, pending, note, sync, &mut meter);
    let synced = written.and_then(|entry| {
        if sync {
            log.sync()?;
        }
        Ok(entry)
    });
    let mut entry = match synced {
        Ok(entry) => entry,
        Err(error) => {
            // An entry that is left does no harm while the dump is unchanged.
            let _ = log.set_len(end.at);
            return Err(meter.failure(CommitStep::WriteJournal, error));
        }
    };
    if let Err((done, error)) = patch(dump, pending, sync, &mut meter) {
        if restore(dump, log, &entry, sync).is_err() {
            return Err(Failure::Unfinished(done, error));
        }
        // An entry that is left would return the dump to the old state, in which it is.
        let _ = log.set_len(end.at);
        return Err(meter.failure(CommitStep::Patch, error));
    }
    // Without its seal, the entry still proves that the dump has the new bytes.
    let _ = seal(log, &mut entry);
    Ok(entry)
}

/// Seals an entry, whose new bytes the dump holds.
pub(crate) fn seal(log: &mut impl Store, entry: &mut Entry) -> io::Result<()> {
    entry.trailer.sealed = true;
    log.write_at(entry.trailer_at().saturating_add(SEAL_AT), &SEAL)
}

/// Appends the entry of a finished edit without its bytes, so that the journal still belongs to the dump.
pub(crate) fn write_bare(
    dump: &impl Store,
    log: &mut impl Store,
    end: End,
    note: &Note<'_>,
) -> io::Result<()> {
    let nothing = Pending::default();
    let mut none = |_: Progress| std::ops::ControlFlow::Continue(());
    let mut entry = write_entry(dump, log, end, &nothing, note, false, &mut Meter::new(&nothing, &mut none))?;
    seal(log, &mut entry)
}

/// Counts the bytes of a commit, once for the journal and once for the dump, and reports them.
pub(crate) struct Meter<'a, 'b> {
    progress: &'a mut ProgressFn<'b>,
    done: u64,
    told: u64,
    total: u64,
    cancelled: bool,
}

impl<'a, 'b> Meter<'a, 'b> {
    pub(crate) fn new(pending: &Pending, progress: &'a mut ProgressFn<'b>) -> Self {
        let bytes = pending.extents().fold(0u64, |sum, extent| sum.saturating_add(extent.size));
        Meter { progress, done: 0, told: 0, total: bytes.saturating_mul(2), cancelled: false }
    }

    /// Counts `bytes` more. Fails where the caller asks to stop.
    fn advance(&mut self, bytes: usize) -> io::Result<()> {
        self.done = self.done.saturating_add(bytes as u64);
        if self.done.saturating_sub(self.told) < BLOCK as u64 {
            return Ok(());
        }
        self.told = self.done;
        self.cancelled = (self.progress)(Progress { done: self.done, total: self.total }).is_break();
        if self.cancelled { Err(io::Error::other("stopped on request")) } else { Ok(()) }
    }

    /// The failure of a step that changed nothing.
    fn failure(&self, step: CommitStep, error: io::Error) -> Failure {
        if self.cancelled { Failure::Cancelled } else { Failure::Unchanged(step, error) }
    }
}

/// Starts the disk's writes early where a sync is to come, which then has less to wait for.
struct Ahead {
    sync: bool,
    written: Range<u64>,
}

impl Ahead {
    /// Minimum number of bytes that are worth a call.
    const LEAST: u64 = 8 << 20;

    fn of(sync: bool) -> Ahead {
        Ahead { sync, written: 0..0 }
    }

    /// Records that `len` bytes were written at an offset.
    fn wrote(&mut self, store: &mut impl Store, file_offset: u64, len: usize) {
        if self.written.end != file_offset {
            self.written.start = file_offset;
        }
        self.written.end = file_offset.saturating_add(len as u64);
        if self.sync && self.written.end.saturating_sub(self.written.start) >= Ahead::LEAST {
            store.begin_writing(self.written.clone());
            self.written.start = self.written.end;
        }
    }
}

/// Appends an entry and its trailer, unsealed. `sync` is set where it will be made durable.
fn write_entry(
    dump: &impl Store,
    log: &mut impl Store,
    end: End,
    pending: &Pending,
    note: &Note<'_>,
    sync: bool,
    meter: &mut Meter<'_, '_>,
) -> io::Result<Entry> {
    let command = start_of(note.command, MOST_COMMAND);
    let dump_size = dump.len()?;
    let mut size = HEAD.saturating_add(command.len() as u64);
    for extent in pending.extents() {
        let new = pattern_of(pending, &extent)?
            .map_or(extent.size, |pattern| (pattern.len() as u64).saturating_add(4));
        let old = if extent.file_offset >= dump_size { 0 } else { extent.size };
        size = size.saturating_add(EXTENT).saturating_add(old).saturating_add(new);
    }
    let mut first = first_bytes(dump)?;
    let before = Sha256::digest(&first).into();
    let new_size = pending.size_after(dump_size);
    let first_after = usize::try_from(new_size.min(DIGESTED)).unwrap_or(usize::MAX);
    first.resize(first_after, 0);
    pending.overlay(0, &mut first)?;
    // The bytes that an undo or a redo cuts off are in the entry of the edit.
    let is_edit = note.kind == EntryKind::Edit;
    let cut = new_size..if is_edit { dump_size.max(new_size) } else { new_size };
    let cut_size = cut.end.saturating_sub(cut.start);
    if cut_size > 0 {
        size = size.saturating_add(EXTENT).saturating_add(cut_size);
    }
    let head = Head {
        kind: note.kind,
        structure: note.structure,
        size,
        number: end.number,
        time: note.time,
        old_size: dump_size,
        new_size,
        last_in_force: note.last_in_force,
        extents: (pending.len() as u64).saturating_add(u64::from(cut_size > 0)),
        before,
        after: Sha256::digest(&first).into(),
        command_size: u32::try_from(command.len()).map_err(io::Error::other)?,
    };
    let sum = crc32fast::Hasher::new();
    let mut out = Appender { log, at: end.at, block: Vec::new(), sum, ahead: Ahead::of(sync) };
    out.append(&record::head(&head))?;
    out.append(command.as_bytes())?;
    let mut extents = pending.extents().peekable();
    let mut some = Vec::new();
    while let Some(first) = extents.next() {
        some.clear();
        some.push(first);
        let mut size = first.size;
        // Small extents are read together, long ones alone.
        let goes_along = |next: &Patch, size: u64| {
            size.saturating_add(next.size) <= BLOCK as u64
                && (next.file_offset >= dump_size) == (first.file_offset >= dump_size)
        };
        while let Some(next) = extents.next_if(|next| goes_along(next, size)) {
            size = size.saturating_add(next.size);
            some.push(next);
        }
        let is_appended = first.file_offset >= dump_size;
        write_extents(dump, &mut out, pending, &some, is_appended, meter)?;
    }
    if cut_size > 0 {
        write_cut(dump, &mut out, cut, meter)?;
    }
    let checksum = out.checksum();
    let trailer = Trailer { checksum, size, number: head.number, sealed: false };
    out.append(&record::trailer(&trailer))?;
    out.flush()?;
    Ok(Entry { at: end.at, head, trailer })
}

/// The start of a text that fits into `most` bytes.
fn start_of(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// The pattern that an extent's new bytes repeat, where it is shorter than they are.
fn pattern_of(pending: &Pending, extent: &Patch) -> io::Result<Option<Vec<u8>>> {
    pending.pattern(extent, MOST_PATTERN)
}

/// Appends one extent, or several whose bytes fit into a block; all of them are behind the dump's end, or none.
fn write_extents<L: Store>(
    dump: &impl Store,
    out: &mut Appender<'_, L>,
    pending: &Pending,
    extents: &[Patch],
    is_appended: bool,
    meter: &mut Meter<'_, '_>,
) -> io::Result<()> {
    let small =
        |extent: &Patch| usize::try_from(extent.size).ok().filter(|size| *size <= BLOCK && !is_appended);
    let held: usize = extents.iter().filter_map(small).sum();
    let mut old = vec![0; held];
    let mut rest = old.as_mut_slice();
    let mut pieces = Vec::with_capacity(extents.len());
    for extent in extents {
        let (piece, behind) = rest.split_at_mut_checked(small(extent).unwrap_or(0)).unwrap_or_default();
        pieces.push((extent.file_offset, piece));
        rest = behind;
    }
    if !is_appended {
        dump.read_each(&mut pieces)?;
    }
    for (extent, (_, old)) in extents.iter().zip(&pieces) {
        let pattern = pattern_of(pending, extent)?;
        let Patch { file_offset, size, .. } = *extent;
        let is_pattern = pattern.is_some();
        let head = ExtentHead { file_offset, size, is_pattern, is_appended, is_cut: false };
        out.append(&record::extent_head(&head))?;
        out.append(old)?;
        // The old bytes of a long extent are read while it is written, so that only a block of them is held.
        let mut block = Vec::new();
        let left = if is_appended { 0 } else { extent.size.saturating_sub(old.len() as u64) };
        for (done, len) in blocks(left) {
            block.resize(len, 0);
            dump.read_at(extent.file_offset.saturating_add(done), &mut block)?;
            out.append(&block)?;
            if pattern.is_some() {
                meter.advance(len)?;
            }
        }
        if let Some(pattern) = pattern {
            out.append(&u32::try_from(pattern.len()).map_err(io::Error::other)?.to_le_bytes())?;
            out.append(&pattern)?;
            continue;
        }
        pending.blocks(extent, |_, new| {
            meter.advance(new.len())?;
            if extent.mask == 0xff {
                return out.append(new);
            }
            let mut bytes = old.to_vec();
            extent.over(&mut bytes, new);
            out.append(&bytes)
        })?;
    }
    Ok(())
}

/// Appends the bytes behind the dump's new end, which it loses.
fn write_cut<L: Store>(
    dump: &impl Store,
    out: &mut Appender<'_, L>,
    cut: Range<u64>,
    meter: &mut Meter<'_, '_>,
) -> io::Result<()> {
    let (file_offset, size) = (cut.start, cut.end.saturating_sub(cut.start));
    meter.total = meter.total.saturating_add(size);
    let head = ExtentHead { file_offset, size, is_pattern: false, is_appended: false, is_cut: true };
    out.append(&record::extent_head(&head))?;
    let mut block = Vec::new();
    for (done, len) in blocks(size) {
        block.resize(len, 0);
        dump.read_at(file_offset.saturating_add(done), &mut block)?;
        meter.advance(len)?;
        out.append(&block)?;
    }
    Ok(())
}

/// Writes in blocks, and computes the checksum.
struct Appender<'a, L> {
    log: &'a mut L,
    at: u64,
    block: Vec<u8>,
    /// Checksum of the bytes written; the block is added when it is written.
    sum: crc32fast::Hasher,
    ahead: Ahead,
}

impl<L: Store> Appender<'_, L> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() >= BLOCK {
            self.flush()?;
            return self.write(bytes);
        }
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut block = std::mem::take(&mut self.block);
        if !block.is_empty() {
            self.write(&block)?;
        }
        block.clear();
        self.block = block;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.update(bytes);
        // Bytes behind the file's end are zero anyway, and the trailer, which is not, extends the file.
        if bytes.len() < BLOCK || !is_zero(bytes) {
            self.log.write_at(self.at, bytes)?;
            self.ahead.wrote(self.log, self.at, bytes.len());
        }
        self.at = self.at.saturating_add(bytes.len() as u64);
        Ok(())
    }

    /// The checksum of all that was appended.
    fn checksum(&self) -> u32 {
        let mut sum = self.sum.clone();
        sum.update(&self.block);
        sum.finalize()
    }
}

/// Writes the extents into the dump. Where that fails, returns the number that were written.
///
/// Appended bytes come first, and are durable before anything refers to them; bytes are cut off last, once nothing refers to them. A dump
/// that changes its size is whole at every moment in between.
pub(crate) fn patch(
    dump: &mut impl Store,
    pending: &Pending,
    sync: bool,
    meter: &mut Meter<'_, '_>,
) -> Result<(), (usize, io::Error)> {
    let old_size = dump.len().map_err(|error| (0, error))?;
    let new_size = pending.size_after(old_size);
    let mut ahead = Ahead::of(sync);
    let mut done = 0;
    if new_size > old_size {
        for extent in pending.extents().filter(|extent| extent.file_offset >= old_size) {
            let appended = pending.blocks(&extent, |file_offset, new| {
                meter.advance(new.len())?;
                append(dump, file_offset, new)?;
                ahead.wrote(dump, file_offset, new.len());
                Ok(())
            });
            appended.map_err(|error| (done, error))?;
            done = done.saturating_add(1);
        }
        let is_longer =
            dump.len().and_then(|size| if size < new_size { dump.set_len(new_size) } else { Ok(()) });
        is_longer.map_err(|error| (done, error))?;
        if sync {
            dump.sync().map_err(|error| (done, error))?;
        }
    }
    for extent in pending.extents().take_while(|extent| extent.file_offset < old_size) {
        let patched = pending.blocks(&extent, |file_offset, new| {
            meter.advance(new.len())?;
            if extent.mask == 0xff {
                replace(dump, file_offset, new)?;
                ahead.wrote(dump, file_offset, new.len());
                return Ok(());
            }
            let mut bytes = vec![0; new.len()];
            dump.read_at(file_offset, &mut bytes)?;
            extent.over(&mut bytes, new);
            replace(dump, file_offset, &bytes)
        });
        patched.map_err(|error| (done, error))?;
        done = done.saturating_add(1);
    }
    if sync {
        dump.sync().map_err(|error| (done, error))?;
    }
    if new_size < old_size {
        dump.set_len(new_size).map_err(|error| (done, error))?;
        if sync {
            dump.sync().map_err(|error| (done, error))?;
        }
    }
    Ok(())
}

/// Writes behind the end of the file; gaps in front of the bytes are zero. Bytes that something else has appended since are not
/// overwritten.
fn append(dump: &mut impl Store, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
    match dump.len()? {
        size if size > file_offset => Err(io::Error::other("another program has appended to it")),
        size => {
            if size < file_offset {
                dump.set_len(file_offset)?;
            }
            dump.write_at(file_offset, bytes)
        }
    }
}

/// Overwrites existing bytes: a file that something else has cut since does not grow again. A race between the check and the write remains.
fn replace(dump: &mut impl Store, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
    if dump.len()? < file_offset.saturating_add(bytes.len() as u64) {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter"));
    }
    dump.write_at(file_offset, bytes)
}

/// Writes an entry's old bytes back, and then its old size. Only bytes that differ are written: a hole that the patch did not reach stays
/// one, even where the disk is full.
pub(crate) fn restore(dump: &mut impl Store, log: &impl Store, entry: &Entry, sync: bool) -> io::Result<()> {
    let old_size = entry.head.old_size;
    if dump.len()? < old_size {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter"));
    }
    each_extent(log, entry, |file_offset, old, _| {
        if file_offset >= old_size {
            return Ok(());
        }
        let mut now = vec![0; old.len()];
        dump.read_at(file_offset, &mut now)?;
        let differs = |(now, old): (&u8, &u8)| now != old;
        let first = now.iter().zip(old).position(differs).unwrap_or(old.len());
        let end = now.iter().zip(old).rposition(differs).map_or(first, |last| last.saturating_add(1));
        match old.get(first..end) {
            Some(old) if !old.is_empty() => replace(dump, file_offset.saturating_add(first as u64), old),
            _ => Ok(()),
        }
    })?;
    if sync {
        dump.sync()?;
    }
    if dump.len()? > old_size {
        dump.set_len(old_size)?;
        if sync {
            dump.sync()?;
        }
    }
    Ok(())
}
