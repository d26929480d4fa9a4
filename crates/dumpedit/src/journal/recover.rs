//! Recovers an interrupted edit, and decides whether a journal belongs to a dump.

use std::io;

use sha2::{Digest, Sha256};

use crate::edit::changes::Extents;
use crate::journal::entries::{self, Entry, Tail, each_extent, each_extent_before};
use crate::journal::record::DIGESTED;
use crate::journal::write::{digest, first_bytes, restore, seal};
use crate::store::Store;

/// Outcome of a recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recovered {
    /// There was no unfinished edit.
    Nothing,
    /// The interrupted edit was undone: the dump is as before it.
    Old,
    /// The interrupted edit was complete: the dump is as after it.
    New,
}

/// The reason why recovery does not change the dump.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The entry belongs to another dump.
    OtherDump,
    /// A byte is neither the old nor the new one.
    ForeignByte(u64),
    /// A byte is one that no edit of values writes.
    Structure(u64),
    /// The entry is damaged.
    Damaged(u64),
    /// The dump or the journal cannot be read or written.
    Io(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Refused::Io(error)
    }
}

/// Options of a recovery.
pub(crate) struct Rules<'a> {
    /// Whether the old bytes go back even where something else has changed them since.
    pub(crate) discard_later: bool,
    /// Whether to remove an entry that was undone: not where it may belong to another copy as well.
    pub(crate) forget: bool,
    /// Whether an edit of values can write a range of file bytes, given by first and last offset.
    pub(crate) is_editable: &'a dyn Fn(u64, u64) -> bool,
}

/// The last entry, where it was not finished.
pub(crate) fn interrupted(log: &impl Store) -> io::Result<Option<Entry>> {
    Ok(match entries::tail(log)? {
        Tail::Whole(last) => last.filter(|entry| !entry.trailer.sealed),
        Tail::Broken => None,
    })
}

/// Returns the dump to the old state where its last edit was interrupted, or leaves it in the new one where that is complete. Returns the
/// bytes that it wrote.
pub(crate) fn recover(
    dump: &mut impl Store,
    log: &mut impl Store,
    rules: &Rules<'_>,
) -> Result<(Recovered, Extents), Refused> {
    let mut changed = Extents::default();
    let Some(mut entry) = interrupted(log)? else { return Ok((Recovered::Nothing, changed)) };
    if !entries::is_intact(log, &entry)? {
        // A power failure can lose a part of an entry before the dump is changed.
        if !entries::was_not_begun(dump, log, entry.at)? {
            return Err(Refused::Damaged(entry.head.number));
        }
        log.set_len(entry.at)?;
        return Ok((Recovered::Old, changed));
    }
    let size = dump.len()?;
    if !has_size_of(size, &entry) {
        return Err(Refused::OtherDump);
    }
    let (old_size, new_size) = (entry.head.old_size, entry.head.new_size);
    // A dump is cut last, and the bytes that are cut off have no new ones.
    let (mut whole, mut foreign, mut structure) = (true, None, None);
    each_extent(log, &entry, |file_offset, old, new| {
        let mut now = vec![0; old.len()];
        dump.read_filled(file_offset, &mut now)?;
        whole &= new.is_empty() || now == new;
        let is_foreign = |((now, old), new): ((&u8, &u8), &u8)| now != old && now != new;
        if foreign.is_none()
            && let Some(at) = now.iter().zip(old).zip(new).position(is_foreign)
        {
            foreign = Some(file_offset.saturating_add(at as u64));
        }
        let last = file_offset.saturating_add(old.len() as u64).saturating_sub(1);
        if structure.is_none() && !entry.head.structure && !(rules.is_editable)(file_offset, last) {
            structure = Some(file_offset);
        }
        if now != old && file_offset < old_size {
            changed.extend(file_offset, &now, old);
        }
        Ok(())
    })?;
    if !rules.discard_later && !begins_as_before(dump, log, &entry)? {
        return Err(Refused::OtherDump);
    }
    if let Some(file_offset) = foreign.filter(|_| !rules.discard_later) {
        return Err(Refused::ForeignByte(file_offset));
    }
    // A dump that was cut is not in the old state, whatever its bytes are.
    if !whole && size < old_size {
        return Err(Refused::OtherDump);
    }
    if whole {
        if size != new_size {
            dump.set_len(new_size)?;
        }
        dump.sync()?;
        seal(log, &mut entry)?;
        return Ok((Recovered::New, Extents::default()));
    }
    if let Some(file_offset) = structure {
        return Err(Refused::Structure(file_offset));
    }
    restore(dump, log, &entry, true)?;
    if rules.forget {
        log.set_len(entry.at)?;
    }
    Ok((Recovered::Old, changed))
}

/// Whether the journal's last entry is unfinished and belongs to this dump, by its size and its first bytes: this runs whenever a dump is
/// opened, so that it must cost nothing.
pub(crate) fn is_interrupted(dump: &impl Store, log: &impl Store) -> io::Result<bool> {
    match interrupted(log)? {
        Some(entry) if has_size_of(dump.len()?, &entry) => begins_as_before(dump, log, &entry),
        _ => Ok(false),
    }
}

/// Whether a dump of this size can be at a step of an entry: its size is the old one, the new one, or between them.
pub(crate) fn has_size_of(size: u64, entry: &Entry) -> bool {
    let (old, new) = (entry.head.old_size, entry.head.new_size);
    (old.min(new)..=old.max(new)).contains(&size)
}

/// Whether the dump has the size and the header after a sealed entry.
pub(crate) fn is_about(dump: &impl Store, entry: &Entry) -> io::Result<bool> {
    Ok(dump.len()? == entry.head.new_size && digest(dump)? == entry.head.after)
}

/// Whether the dump holds the bytes that the last entry wrote, as far as they are read: the cost of a commit must not depend on their
/// number.
pub(crate) fn holds_last(dump: &impl Store, log: &impl Store, entry: &Entry) -> io::Result<bool> {
    const MOST: usize = 1024;
    let mut holds = true;
    entries::first_extents(log, entry, MOST, |file_offset, _, new| {
        let mut now = vec![0; new.len()];
        dump.read_at(file_offset, &mut now)?;
        holds &= now == new;
        Ok(())
    })?;
    Ok(holds)
}

/// Whether the dump has the header before an entry, with the entry's old bytes. A dump that the entry has cut in part is in the new state.
fn begins_as_before(dump: &impl Store, log: &impl Store, entry: &Entry) -> io::Result<bool> {
    if dump.len()? < entry.head.old_size.min(DIGESTED) {
        return is_about(dump, entry);
    }
    Ok(first_digest_with_old(dump, log, entry)? == entry.head.before)
}

/// The digest of the dump's first bytes, with an entry's old bytes in them.
fn first_digest_with_old(dump: &impl Store, log: &impl Store, entry: &Entry) -> io::Result<[u8; 32]> {
    let mut bytes = first_bytes(dump)?;
    bytes.truncate(usize::try_from(entry.head.old_size).unwrap_or(usize::MAX));
    each_extent_before(log, entry, DIGESTED, |file_offset, old, _| {
        let start = usize::try_from(file_offset).unwrap_or(usize::MAX);
        bytes.iter_mut().skip(start).zip(old).for_each(|(byte, old)| *byte = *old);
        Ok(())
    })?;
    Ok(Sha256::digest(bytes).into())
}
