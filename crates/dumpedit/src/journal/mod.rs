//! The journal beside a dump: what each edit replaced, so that an interrupted one can be finished and any one taken back.
//!
//! The order of a commit makes it safe: the entry with the old and the new bytes is written and made durable, then the
//! dump is patched and made durable, then the entry is sealed. Wherever that is cut off, each byte of the dump is the old
//! or the new one, and the entry says which is which. [`record`] has the journal's bytes, [`history`] the file.

pub(crate) mod history;
pub(crate) mod record;

use std::io;

use sha2::{Digest, Sha256};

use crate::blocks::{BLOCK, blocks};
use crate::copy::{Progress, ProgressFn};
use crate::pending::{Extent, Pending};
use crate::store::Store;
use record::{CHECKSUM, DIGESTED, ENTRY, EXTENT, EntryHead, HEADER, Kind, SEAL};

/// What a commit writes down of itself.
pub(crate) struct Note<'a> {
    pub(crate) kind: Kind,
    pub(crate) command: &'a str,
    /// Seconds since 1970.
    pub(crate) time: u64,
}

/// How a commit ended that did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The dump is as it was.
    Unchanged(&'static str, io::Error),
    /// The caller asked to stop; the dump is as it was.
    Cancelled,
    /// So many extents are in the dump, and the journal has what finishes it.
    Unfinished(usize, io::Error),
}

/// Where an entry stands in the journal, and what it says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) at: u64,
    pub(crate) head: EntryHead,
    pub(crate) sealed: bool,
}

impl Entry {
    /// The offset of its seal.
    fn seal_at(&self) -> u64 {
        self.at.saturating_add(self.head.size)
    }

    /// The offset behind it and its seal.
    fn end(&self) -> u64 {
        self.seal_at().saturating_add(SEAL)
    }
}

/// The entries of a journal, and where the next one goes. What follows the last whole entry was never finished.
pub(crate) fn entries(log: &impl Store) -> io::Result<(Vec<Entry>, u64)> {
    let size = log.len()?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut at = HEADER;
    while let Some(head) = read_head(log, at, size)? {
        let seal_at = at.saturating_add(head.size);
        let checksum = read_checksum(log, seal_at)?;
        let mut seal = vec![0; usize::try_from(SEAL).unwrap_or(0)];
        log.read_at(seal_at, &mut seal)?;
        let sealed = seal == record::seal(head.number, checksum);
        // Only an unsealed entry can be cut short; a sealed one is verified before it is used.
        if !sealed && checksum_of(log, at, head.size)? != checksum {
            break;
        }
        let entry = Entry { at, head, sealed };
        at = entry.end();
        entries.push(entry);
    }
    Ok((entries, at))
}

fn read_head(log: &impl Store, at: u64, size: u64) -> io::Result<Option<EntryHead>> {
    if at.saturating_add(ENTRY) > size {
        return Ok(None);
    }
    let mut bytes = vec![0; usize::try_from(ENTRY).unwrap_or(0)];
    log.read_at(at, &mut bytes)?;
    let head = record::read_entry_head(&bytes);
    Ok(head.filter(|head| {
        at.checked_add(head.size).and_then(|end| end.checked_add(SEAL)).is_some_and(|end| end <= size)
    }))
}

fn read_checksum(log: &impl Store, seal_at: u64) -> io::Result<u32> {
    let mut bytes = [0; 4];
    log.read_at(seal_at.saturating_sub(CHECKSUM), &mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

/// Makes sure that an entry is as it was written, whatever its seal says.
pub(crate) fn verify(log: &impl Store, entry: &Entry) -> io::Result<()> {
    if checksum_of(log, entry.at, entry.head.size)? == read_checksum(log, entry.seal_at())? {
        return Ok(());
    }
    let why = format!("the journal's entry {} is damaged", entry.head.number);
    Err(io::Error::new(io::ErrorKind::InvalidData, why))
}

/// The checksum that an entry of `size` bytes should have.
fn checksum_of(log: &impl Store, at: u64, size: u64) -> io::Result<u32> {
    let mut sum = crc32fast::Hasher::new();
    for (done, len) in blocks(size.saturating_sub(CHECKSUM)) {
        let mut block = vec![0; len];
        log.read_at(at.saturating_add(done), &mut block)?;
        sum.update(&block);
    }
    Ok(sum.finalize())
}

/// The digest of the dump's first bytes, its header and tables.
pub(crate) fn digest(dump: &impl Store) -> io::Result<[u8; 32]> {
    let size = dump.len()?.min(DIGESTED);
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
    dump.read_at(0, &mut bytes)?;
    Ok(Sha256::digest(bytes).into())
}

/// Does a whole commit: writes the entry, patches the dump, seals the entry. The journal must have no unfinished entry.
pub(crate) fn commit(
    dump: &mut impl Store,
    log: &mut impl Store,
    pending: &Pending,
    note: &Note<'_>,
    sync: bool,
    progress: &mut ProgressFn<'_>,
) -> Result<Entry, Failure> {
    let mut meter = Meter::new(pending, progress);
    let unchanged = |why| move |error| Failure::Unchanged(why, error);
    let (entries, at) = entries(log).map_err(unchanged("cannot read the journal"))?;
    let number = entries.last().map_or(1, |entry| entry.head.number.saturating_add(1));
    // What an interrupted commit left behind must not be taken for an entry behind this one.
    let room = log.len().and_then(|size| if size > at { log.set_len(at) } else { Ok(()) });
    let written = room.and_then(|()| write_entry(dump, log, at, number, pending, note, &mut meter));
    let synced = written.and_then(|written| {
        if sync {
            log.sync()?;
        }
        Ok(written)
    });
    let (entry, checksum) = match synced {
        Ok(written) => written,
        Err(error) => {
            // Left behind, an entry that the dump was not touched for does no harm.
            let _ = log.set_len(at);
            return Err(meter.failure("cannot write the journal", error));
        }
    };
    if let Err((done, error)) = patch(dump, pending, sync, &mut meter) {
        if restore(dump, log, &entry, sync).is_err() {
            return Err(Failure::Unfinished(done, error));
        }
        // Left behind, the entry says of an old dump that it is to be old.
        let _ = log.set_len(at);
        return Err(meter.failure("a write failed and what was written before it was taken back", error));
    }
    // Without its seal the entry still proves that the dump has the new bytes.
    let _ = log.write_at(entry.seal_at(), &record::seal(number, checksum));
    Ok(Entry { sealed: true, ..entry })
}

/// Counts the bytes of a commit, each once for the journal and once for the dump, and tells of them.
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

    /// So many bytes more are done. An error where the caller asks to stop.
    fn advance(&mut self, bytes: usize) -> io::Result<()> {
        self.done = self.done.saturating_add(bytes as u64);
        if self.done.saturating_sub(self.told) < BLOCK as u64 {
            return Ok(());
        }
        self.told = self.done;
        self.cancelled = (self.progress)(Progress { done: self.done, total: self.total }).is_break();
        if self.cancelled { Err(io::Error::other("stopped on request")) } else { Ok(()) }
    }

    /// Why nothing was changed.
    fn failure(&self, why: &'static str, error: io::Error) -> Failure {
        if self.cancelled { Failure::Cancelled } else { Failure::Unchanged(why, error) }
    }
}

/// Appends an entry and room for its seal; the entry and its checksum.
fn write_entry(
    dump: &impl Store,
    log: &mut impl Store,
    at: u64,
    number: u64,
    pending: &Pending,
    note: &Note<'_>,
    meter: &mut Meter<'_, '_>,
) -> io::Result<(Entry, u32)> {
    let size_of_extents = pending
        .extents()
        .fold(0u64, |size, extent| size.saturating_add(EXTENT).saturating_add(extent.size.saturating_mul(2)));
    let command_size = u32::try_from(note.command.len()).map_err(io::Error::other)?;
    let dump_size = dump.len()?;
    let head = EntryHead {
        kind: note.kind,
        size: ENTRY
            .saturating_add(u64::from(command_size))
            .saturating_add(size_of_extents)
            .saturating_add(CHECKSUM),
        number,
        time: note.time,
        old_size: dump_size,
        new_size: dump_size,
        digest: digest(dump)?,
        extents: pending.len() as u64,
        command_size,
    };
    let mut out = Appender { log, at, block: Vec::new(), sum: crc32fast::Hasher::new() };
    out.append(&record::entry_head(&head))?;
    out.append(note.command.as_bytes())?;
    let mut extents = pending.extents().peekable();
    let mut some = Vec::new();
    while let Some(first) = extents.next() {
        some.clear();
        some.push(first);
        let mut size = first.size;
        // Small extents are read together, long ones by themselves.
        while let Some(next) = extents.next_if(|next| size.saturating_add(next.size) <= BLOCK as u64) {
            size = size.saturating_add(next.size);
            some.push(next);
        }
        write_extents(dump, &mut out, pending, &some, meter)?;
    }
    let checksum = out.checksum();
    out.append(&checksum.to_le_bytes())?;
    out.append(&[0; 16])?;
    out.flush()?;
    Ok((Entry { at, head, sealed: false }, checksum))
}

/// Appends extents, either one or so many that a block holds their bytes.
fn write_extents<L: Store>(
    dump: &impl Store,
    out: &mut Appender<'_, L>,
    pending: &Pending,
    extents: &[Extent],
    meter: &mut Meter<'_, '_>,
) -> io::Result<()> {
    let small = |extent: &Extent| usize::try_from(extent.size).ok().filter(|size| *size <= BLOCK);
    let held: usize = extents.iter().filter_map(small).sum();
    let mut old = vec![0; held];
    let mut rest = old.as_mut_slice();
    let mut pieces = Vec::with_capacity(extents.len());
    for extent in extents {
        let (piece, behind) = rest.split_at_mut_checked(small(extent).unwrap_or(0)).unwrap_or_default();
        pieces.push((extent.file_offset, piece));
        rest = behind;
    }
    dump.read_each(&mut pieces)?;
    for (extent, (_, old)) in extents.iter().zip(&pieces) {
        out.append(&extent.file_offset.to_le_bytes())?;
        out.append(&extent.size.to_le_bytes())?;
        out.append(old)?;
        // The old bytes of a long extent are read as they are written, so that only a block of them is held.
        for (done, len) in blocks(extent.size.saturating_sub(old.len() as u64)) {
            let mut block = vec![0; len];
            dump.read_at(extent.file_offset.saturating_add(done), &mut block)?;
            out.append(&block)?;
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

/// Writes in blocks, and sums what it writes.
struct Appender<'a, L> {
    log: &'a mut L,
    at: u64,
    block: Vec<u8>,
    /// The sum of what was written; that of the block comes when it is.
    sum: crc32fast::Hasher,
}

impl<L: Store> Appender<'_, L> {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sum.update(&self.block);
        self.log.write_at(self.at, &self.block)?;
        self.at = self.at.saturating_add(self.block.len() as u64);
        self.block.clear();
        Ok(())
    }

    /// The sum of all that was appended.
    fn checksum(&self) -> u32 {
        let mut sum = self.sum.clone();
        sum.update(&self.block);
        sum.finalize()
    }
}

/// Writes the extents into the dump; where that fails, how many were written.
pub(crate) fn patch(
    dump: &mut impl Store,
    pending: &Pending,
    sync: bool,
    meter: &mut Meter<'_, '_>,
) -> Result<(), (usize, io::Error)> {
    for (done, extent) in pending.extents().enumerate() {
        let patched = pending.blocks(&extent, |file_offset, new| {
            meter.advance(new.len())?;
            if extent.mask == 0xff {
                return replace(dump, file_offset, new);
            }
            let mut bytes = vec![0; new.len()];
            dump.read_at(file_offset, &mut bytes)?;
            extent.over(&mut bytes, new);
            replace(dump, file_offset, &bytes)
        });
        patched.map_err(|error| (done, error))?;
    }
    if sync { dump.sync().map_err(|error| (pending.len(), error)) } else { Ok(()) }
}

/// Writes over bytes that are there: a file that something else has cut since does not grow again. What is left is the
/// moment between the question and the write.
fn replace(dump: &mut impl Store, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
    if dump.len()? < file_offset.saturating_add(bytes.len() as u64) {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file has been cut"));
    }
    dump.write_at(file_offset, bytes)
}

/// Puts an entry's old bytes back. Only what differs is written: a hole that the patch did not reach stays one, also
/// where the disk is full.
fn restore(dump: &mut impl Store, log: &impl Store, entry: &Entry, sync: bool) -> io::Result<()> {
    each_extent(log, entry, |file_offset, old, _| {
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
    if sync { dump.sync() } else { Ok(()) }
}

/// Calls `each` with the file offset, the old and the new bytes of each extent of an entry, in blocks.
pub(crate) fn each_extent(
    log: &impl Store,
    entry: &Entry,
    mut each: impl FnMut(u64, &[u8], &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut at = entry.at.saturating_add(ENTRY).saturating_add(u64::from(entry.head.command_size));
    let end = entry.seal_at().saturating_sub(CHECKSUM);
    for _ in 0..entry.head.extents {
        let mut head = [0; 16];
        log.read_at(at, &mut head)?;
        let number = |bytes: &[u8]| u64::from_le_bytes(<[u8; 8]>::try_from(bytes).unwrap_or_default());
        let (file_offset, size) = head.split_at(8);
        let (file_offset, size) = (number(file_offset), number(size));
        let old = at.saturating_add(EXTENT);
        let new = old.saturating_add(size);
        let behind = new.saturating_add(size);
        if behind > end {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the journal's entry is damaged"));
        }
        for (done, len) in blocks(size) {
            let (mut old_block, mut new_block) = (vec![0; len], vec![0; len]);
            log.read_at(old.saturating_add(done), &mut old_block)?;
            log.read_at(new.saturating_add(done), &mut new_block)?;
            each(file_offset.saturating_add(done), &old_block, &new_block)?;
        }
        at = behind;
    }
    Ok(())
}

/// What recovery did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recovered {
    /// There was no unfinished edit.
    Nothing,
    /// The interrupted edit was taken back: the dump is as it was before it.
    Old,
    /// The interrupted edit was already whole: the dump is as it was asked to be.
    New,
}

/// Why recovery will not touch the dump.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The dump is not the one that the entry is about.
    OtherDump,
    /// A byte is neither the old nor the new one.
    ForeignByte(u64),
    /// The dump or the journal cannot be read or written.
    Io(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Refused::Io(error)
    }
}

/// Brings the dump to the old state where its last edit was interrupted, or to the new one where it is already there.
pub(crate) fn recover(dump: &mut impl Store, log: &mut impl Store) -> Result<Recovered, Refused> {
    let (entries, _) = entries(log)?;
    let Some(entry) = entries.last().filter(|entry| !entry.sealed) else { return Ok(Recovered::Nothing) };
    if dump.len()? != entry.head.old_size {
        return Err(Refused::OtherDump);
    }
    let mut whole = true;
    let mut foreign = None;
    each_extent(log, entry, |file_offset, old, new| {
        let mut now = vec![0; old.len()];
        dump.read_at(file_offset, &mut now)?;
        whole &= now == new;
        let is_foreign = |((now, old), new): ((&u8, &u8), &u8)| now != old && now != new;
        if foreign.is_none()
            && let Some(at) = now.iter().zip(old).zip(new).position(is_foreign)
        {
            foreign = Some(file_offset.saturating_add(at as u64));
        }
        Ok(())
    })?;
    if !has_header_of(dump, log, entry)? {
        return Err(Refused::OtherDump);
    }
    if let Some(file_offset) = foreign {
        return Err(Refused::ForeignByte(file_offset));
    }
    if whole {
        dump.sync()?;
        let checksum = read_checksum(log, entry.seal_at())?;
        log.write_at(entry.seal_at(), &record::seal(entry.head.number, checksum))?;
        return Ok(Recovered::New);
    }
    restore(dump, log, entry, true)?;
    log.set_len(entry.at)?;
    Ok(Recovered::Old)
}

/// Whether the journal's last entry is unfinished and about this dump, by its size, its header and every byte.
pub(crate) fn is_interrupted(dump: &impl Store, log: &impl Store) -> io::Result<bool> {
    let (entries, _) = entries(log)?;
    let Some(entry) = entries.last().filter(|entry| !entry.sealed) else { return Ok(false) };
    if dump.len()? != entry.head.old_size || !has_header_of(dump, log, entry)? {
        return Ok(false);
    }
    let mut known = true;
    each_extent(log, entry, |file_offset, old, new| {
        let mut now = vec![0; old.len()];
        dump.read_at(file_offset, &mut now)?;
        known &= now.iter().zip(old).zip(new).all(|((now, old), new)| now == old || now == new);
        Ok(())
    })?;
    Ok(known)
}

/// Whether the dump's first bytes, but for what an entry wrote, are the ones that the entry found.
pub(crate) fn has_header_of(dump: &impl Store, log: &impl Store, entry: &Entry) -> io::Result<bool> {
    Ok(digest_before(dump, log, entry)? == entry.head.digest)
}

/// The digest of the dump's first bytes with an entry's old bytes in them.
fn digest_before(dump: &impl Store, log: &impl Store, entry: &Entry) -> io::Result<[u8; 32]> {
    let size = dump.len()?.min(DIGESTED);
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
    dump.read_at(0, &mut bytes)?;
    each_extent(log, entry, |file_offset, old, _| {
        let start = usize::try_from(file_offset).unwrap_or(usize::MAX);
        for (byte, old) in bytes.iter_mut().skip(start).zip(old) {
            *byte = *old;
        }
        Ok(())
    })?;
    Ok(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::ops::ControlFlow;
    use std::rc::Rc;

    use super::*;

    /// What happens at the n-th step that changes a file.
    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Fault {
        None,
        /// The step fails; later ones work.
        Fails(usize),
        /// The step and all later ones fail.
        FailsForGood(usize),
        /// The process dies in the middle of the step: half of a write is done, and nothing after it.
        Dies(usize),
    }

    #[derive(Debug)]
    struct Machine {
        fault: Fault,
        steps: usize,
        dead: bool,
    }

    /// A file of a machine that fails or dies. What was not synced may be lost when it dies.
    #[derive(Clone, Debug)]
    struct Disk {
        bytes: Vec<u8>,
        durable: Vec<u8>,
        machine: Rc<RefCell<Machine>>,
    }

    impl Disk {
        fn pair(dump: &[u8], log: &[u8], fault: Fault) -> (Disk, Disk) {
            let machine = Rc::new(RefCell::new(Machine { fault, steps: 0, dead: false }));
            let disk = |bytes: &[u8]| Disk {
                bytes: bytes.to_vec(),
                durable: bytes.to_vec(),
                machine: Rc::clone(&machine),
            };
            (disk(dump), disk(log))
        }

        /// Whether the step is done, and how much of it.
        fn step(&self) -> (io::Result<()>, usize) {
            let mut machine = self.machine.borrow_mut();
            let step = machine.steps;
            machine.steps += 1;
            let failed = || Err(io::Error::from(io::ErrorKind::StorageFull));
            if machine.dead {
                return (failed(), 0);
            }
            match machine.fault {
                Fault::Fails(at) if step == at => (failed(), 50),
                Fault::FailsForGood(at) if step >= at => (failed(), 50),
                Fault::Dies(at) if step == at => {
                    machine.dead = true;
                    (failed(), 50)
                }
                _ => (Ok(()), 100),
            }
        }
    }

    impl Store for Disk {
        fn len(&self) -> io::Result<u64> {
            Ok(self.bytes.len() as u64)
        }
        fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
            let from = self.bytes.get(file_offset as usize..).and_then(|rest| rest.get(..into.len()));
            into.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        }
        fn write_at(&mut self, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
            let (result, percent) = self.step();
            let bytes = &bytes[..bytes.len() * percent / 100];
            let end = file_offset as usize + bytes.len();
            if self.bytes.len() < end {
                self.bytes.resize(end, 0);
            }
            self.bytes[file_offset as usize..end].copy_from_slice(bytes);
            result
        }
        fn set_len(&mut self, size: u64) -> io::Result<()> {
            let (result, percent) = self.step();
            if percent == 100 {
                self.bytes.resize(size as usize, 0);
            }
            result
        }
        fn sync(&mut self) -> io::Result<()> {
            let (result, percent) = self.step();
            if percent == 100 {
                self.durable = self.bytes.clone();
            }
            result
        }
    }

    fn old() -> Vec<u8> {
        (0..64).collect()
    }

    fn pending() -> Pending {
        let mut pending = Pending::default();
        pending.put(2, b"abcd").unwrap();
        pending.put_bits(9, 0xff, 0x0f).unwrap();
        pending.put(40, b"XYZXYZ").unwrap();
        pending
    }

    fn new() -> Vec<u8> {
        let mut bytes = old();
        bytes[2..6].copy_from_slice(b"abcd");
        bytes[9] |= 0x0f;
        bytes[40..46].copy_from_slice(b"XYZXYZ");
        bytes
    }

    fn going_on(_: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn empty_log() -> Vec<u8> {
        record::header(record::Subject { size: 64, device_and_inode: (1, 2) }, true)
    }

    const NOTE: Note<'_> = Note { kind: Kind::Edit, command: "write 0x1000 61", time: 7 };

    /// The states in which a machine that died can come up again: all that was written, or for each file only what was
    /// synced.
    fn after_death(dump: &Disk, log: &Disk) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut states = Vec::new();
        for dump in [&dump.bytes, &dump.durable] {
            for log in [&log.bytes, &log.durable] {
                states.push((dump.clone(), log.clone()));
            }
        }
        states
    }

    fn steps_of(run: impl Fn(&mut Disk, &mut Disk), dump: &[u8], log: &[u8]) -> usize {
        let (mut dump, mut log) = Disk::pair(dump, log, Fault::None);
        run(&mut dump, &mut log);
        let machine = dump.machine.borrow();
        machine.steps
    }

    #[test]
    fn a_commit_changes_exactly_its_extents_and_takes_two_syncs() {
        let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), Fault::None);
        let entry = commit(&mut dump, &mut log, &pending(), &NOTE, true, &mut going_on).unwrap();
        assert_eq!(dump.bytes, new());
        assert_eq!(dump.durable, new());
        assert_eq!(entry.head.number, 1);
        let (read, end) = entries(&log).unwrap();
        assert_eq!((read.len(), read[0].sealed, end), (1, true, log.bytes.len() as u64));
        let mut undone = dump.bytes.clone();
        each_extent(&log, &read[0], |file_offset, old, _| {
            undone[file_offset as usize..][..old.len()].copy_from_slice(old);
            Ok(())
        })
        .unwrap();
        assert_eq!(undone, old());
    }

    #[test]
    fn a_commit_that_is_broken_off_anywhere_leaves_the_dump_as_it_was() {
        let size = 3 * BLOCK + 5;
        let before = vec![1; 4 * BLOCK];
        let mut told = 0;
        for stop_at in 0.. {
            let (mut dump, mut log) = Disk::pair(&before, &empty_log(), Fault::None);
            let mut pending = Pending::default();
            pending.put(7, &vec![2; size]).unwrap();
            let mut calls = 0;
            let mut progress = |progress: Progress| {
                calls += 1;
                assert!(progress.done <= progress.total);
                if calls > stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            match commit(&mut dump, &mut log, &pending, &NOTE, true, &mut progress) {
                Ok(_) => break,
                Err(failure) => assert!(matches!(failure, Failure::Cancelled), "{failure:?}"),
            }
            told += 1;
            assert!(dump.bytes == before && entries(&log).unwrap().0.is_empty());
        }
        assert!(told >= 6, "{told}");
    }

    #[test]
    fn a_commit_in_which_any_step_fails_ends_old_or_unfinished_and_recovery_brings_it_back() {
        let run =
            |dump: &mut Disk, log: &mut Disk| drop(commit(dump, log, &pending(), &NOTE, true, &mut going_on));
        let steps = steps_of(run, &old(), &empty_log());
        assert!(steps >= 7, "{steps}");
        for at in 0..steps {
            for fault in [Fault::Fails(at), Fault::FailsForGood(at)] {
                let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), fault);
                match commit(&mut dump, &mut log, &pending(), &NOTE, true, &mut going_on) {
                    Ok(_) => assert_eq!(dump.bytes, new(), "{fault:?}"),
                    Err(Failure::Unchanged(..)) => assert_eq!(dump.bytes, old(), "{fault:?}"),
                    Err(Failure::Unfinished(..) | Failure::Cancelled) => {}
                }
                let expected = if dump.bytes == new() { new() } else { old() };
                let (mut dump, mut log) = Disk::pair(&dump.bytes, &log.bytes, Fault::None);
                recover(&mut dump, &mut log).unwrap();
                assert_eq!(dump.bytes, expected, "{fault:?}");
                // The journal goes on from there.
                commit(&mut dump, &mut log, &pending(), &NOTE, true, &mut going_on).unwrap();
                assert_eq!(dump.bytes, new(), "{fault:?}");
            }
        }
    }

    #[test]
    fn a_machine_that_dies_at_any_step_of_a_commit_comes_back_old_or_new() {
        let run =
            |dump: &mut Disk, log: &mut Disk| drop(commit(dump, log, &pending(), &NOTE, true, &mut going_on));
        let steps = steps_of(run, &old(), &empty_log());
        let mut ends = (0, 0);
        for at in 0..=steps {
            let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), Fault::Dies(at));
            drop(commit(&mut dump, &mut log, &pending(), &NOTE, true, &mut going_on));
            for (dump, log) in after_death(&dump, &log) {
                let (mut dump, mut log) = Disk::pair(&dump, &log, Fault::None);
                recover(&mut dump, &mut log).unwrap();
                assert!(dump.bytes == old() || dump.bytes == new(), "step {at}: {:?}", dump.bytes);
                if dump.bytes == old() { ends.0 += 1 } else { ends.1 += 1 }
            }
        }
        assert!(ends.0 > 0 && ends.1 > 0, "{ends:?}");
    }

    #[test]
    fn a_recovery_that_dies_at_any_step_can_be_done_again() {
        let run =
            |dump: &mut Disk, log: &mut Disk| drop(commit(dump, log, &pending(), &NOTE, true, &mut going_on));
        let steps = steps_of(run, &old(), &empty_log());
        for at in 0..steps {
            let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), Fault::Dies(at));
            drop(commit(&mut dump, &mut log, &pending(), &NOTE, true, &mut going_on));
            let recovering = |dump: &mut Disk, log: &mut Disk| drop(recover(dump, log));
            for again in 0..=steps_of(recovering, &dump.bytes, &log.bytes) {
                let (mut dump, mut log) = Disk::pair(&dump.bytes, &log.bytes, Fault::Dies(again));
                drop(recover(&mut dump, &mut log));
                for (dump, log) in after_death(&dump, &log) {
                    let (mut dump, mut log) = Disk::pair(&dump, &log, Fault::None);
                    recover(&mut dump, &mut log).unwrap();
                    assert!(dump.bytes == old() || dump.bytes == new(), "step {at}, then {again}");
                }
            }
        }
    }

    #[test]
    fn recovery_leaves_another_dump_and_foreign_bytes_alone() {
        let unfinished = || {
            let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), Fault::Dies(3));
            drop(commit(&mut dump, &mut log, &pending(), &NOTE, true, &mut going_on));
            Disk::pair(&dump.bytes, &log.bytes, Fault::None)
        };
        let (mut dump, mut log) = unfinished();
        dump.bytes[41] = 0xee;
        let before = dump.bytes.clone();
        assert!(matches!(recover(&mut dump, &mut log), Err(Refused::ForeignByte(41))));
        assert_eq!(dump.bytes, before);

        let (mut dump, mut log) = unfinished();
        dump.bytes[60] = 0xee;
        assert!(matches!(recover(&mut dump, &mut log), Err(Refused::OtherDump)));

        let (mut dump, mut log) = unfinished();
        dump.bytes.push(0);
        assert!(matches!(recover(&mut dump, &mut log), Err(Refused::OtherDump)));
    }

    #[test]
    fn an_entry_cut_anywhere_was_never_there() {
        let (mut dump, mut log) = Disk::pair(&old(), &empty_log(), Fault::None);
        commit(&mut dump, &mut log, &pending(), &NOTE, true, &mut going_on).unwrap();
        for len in HEADER as usize..log.bytes.len() {
            let (_, cut) = Disk::pair(&[], &log.bytes[..len], Fault::None);
            assert_eq!(entries(&cut).unwrap().0.len(), 0, "cut at {len}");
        }
    }
}
