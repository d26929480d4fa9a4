//! Changes of an edit, for reports: every place, with as many old and new bytes as a report can use.

use std::fmt;

use dumpedit_layout::{Context, ContextLocation, Location, Place};

/// Ranges of file bytes with their old and new bytes.
///
/// At most [`Extents::MOST_BYTES`] old and new bytes are held for one range, and [`Extents::MOST_BYTES_IN_ALL`] together; the lengths
/// always count all.
#[derive(Clone, PartialEq, Eq)]
pub struct Extents {
    /// Maximum number of ranges whose bytes are held.
    most: usize,
    items: Vec<Item>,
    /// The old bytes of each item, followed by its new ones.
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item {
    file_offset: u64,
    length: u64,
    at: u32,
    held: u32,
}

/// A changed range of file bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extent<'a> {
    /// File offset, in bytes.
    pub file_offset: u64,
    /// Number of bytes that changed.
    pub length: u64,
    /// Bytes before; the first ones of a long range.
    pub old: &'a [u8],
    /// Bytes after, of the same number.
    pub new: &'a [u8],
}

impl<'a> Extent<'a> {
    /// A part of it, with the held bytes of the part.
    pub(crate) fn part(self, from: u64, length: u64) -> Extent<'a> {
        let (start, len) = (usize::try_from(from), usize::try_from(length).unwrap_or(usize::MAX));
        let held = |bytes: &'a [u8]| {
            let bytes = start.ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
            bytes.get(..len).unwrap_or(bytes)
        };
        let file_offset = self.file_offset.saturating_add(from);
        Extent { file_offset, length, old: held(self.old), new: held(self.new) }
    }
}

impl Extents {
    /// Maximum number of old and of new bytes that are held for one range.
    pub const MOST_BYTES: usize = 64 << 10;

    /// Maximum number of bytes that are held in all.
    pub const MOST_BYTES_IN_ALL: usize = 64 << 20;

    /// Number of ranges.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The range at an index.
    pub fn get(&self, index: usize) -> Option<Extent<'_>> {
        let item = self.items.get(index)?;
        let (at, held) = (usize::try_from(item.at).ok()?, usize::try_from(item.held).ok()?);
        let (old, new) = self.bytes.get(at..)?.get(..held.checked_mul(2)?)?.split_at(held);
        Some(Extent { file_offset: item.file_offset, length: item.length, old, new })
    }

    /// All ranges, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Extent<'_>> {
        let none = Extent { file_offset: 0, length: 0, old: &[], new: &[] };
        (0..self.items.len()).map(move |index| self.get(index).unwrap_or(none))
    }

    /// Number of old and of new bytes of a range that will be held.
    pub(crate) fn room(&self, length: u64) -> usize {
        if self.items.len() >= self.most {
            return 0;
        }
        let left = Self::MOST_BYTES_IN_ALL.saturating_sub(self.bytes.len()) / 2;
        usize::try_from(length).unwrap_or(usize::MAX).min(Self::MOST_BYTES).min(left)
    }

    /// Adds a range, with as many old and new bytes as there is [room](Extents::room) for.
    pub(crate) fn push(&mut self, file_offset: u64, length: u64, old: &[u8], new: &[u8]) {
        let held = self.room(length).min(old.len()).min(new.len());
        let at = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(old.get(..held).unwrap_or_default());
        self.bytes.extend_from_slice(new.get(..held).unwrap_or_default());
        self.items.push(Item { file_offset, length, at, held: u32::try_from(held).unwrap_or(0) });
    }

    /// Extends the last range where it ends at this file offset, or begins a new one.
    pub(crate) fn extend(&mut self, file_offset: u64, old: &[u8], new: &[u8]) {
        let follows = |item: &&mut Item| item.file_offset.checked_add(item.length) == Some(file_offset);
        let Some(last) = self.items.last_mut().filter(follows) else {
            return self.push(file_offset, new.len() as u64, old, new);
        };
        let held = usize::try_from(last.held).unwrap_or(usize::MAX);
        let is_whole = u64::from(last.held) == last.length;
        last.length = last.length.saturating_add(new.len() as u64);
        // Held bytes have no gaps: a range gets more only if all of its bytes so far are held.
        let left = Self::MOST_BYTES_IN_ALL.saturating_sub(self.bytes.len()) / 2;
        let room = Self::MOST_BYTES.saturating_sub(held).min(left);
        let more = if is_whole { room.min(old.len()).min(new.len()) } else { 0 };
        let behind_old = usize::try_from(last.at).unwrap_or(usize::MAX).saturating_add(held);
        if let (Some(old), Some(new), true) =
            (old.get(..more), new.get(..more), behind_old <= self.bytes.len())
        {
            self.bytes.splice(behind_old..behind_old, old.iter().copied());
            self.bytes.extend_from_slice(new);
            last.held = last.held.saturating_add(u32::try_from(more).unwrap_or(0));
        }
    }

    fn truncate(&mut self, len: usize) {
        if let Some(item) = self.items.get(len) {
            self.bytes.truncate(usize::try_from(item.at).unwrap_or(usize::MAX));
        }
        self.items.truncate(len);
    }
}

impl Default for Extents {
    fn default() -> Self {
        Extents { most: usize::MAX, items: Vec::new(), bytes: Vec::new() }
    }
}

impl fmt::Debug for Extents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Changes of an edit, in the order in which it set them: [`Extents`], each with its location.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Changes {
    extents: Extents,
    locations: Vec<ContextLocation>,
}

/// A range of file bytes that an edit changes, and its location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change<'a> {
    /// The context of the location: for a register, the thread and the record that is changed.
    pub context: Context,
    /// Location of the first byte.
    pub location: Location,
    /// File offset, in bytes.
    pub file_offset: u64,
    /// Number of bytes that change.
    pub length: u64,
    /// Bytes before, as stored; the first [`Extents::MOST_BYTES`] of a long range.
    pub old: &'a [u8],
    /// Bytes after, of the same number.
    pub new: &'a [u8],
}

impl<'a> Change<'a> {
    /// The context and the location.
    pub fn of(&self) -> ContextLocation {
        ContextLocation { context: self.context, location: self.location }
    }

    /// The file bytes without the location.
    pub fn extent(&self) -> Extent<'a> {
        Extent { file_offset: self.file_offset, length: self.length, old: self.old, new: self.new }
    }
}

impl Changes {
    /// Number of changes.
    pub fn len(&self) -> usize {
        self.locations.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.locations.is_empty()
    }

    /// The change at an index.
    pub fn get(&self, index: usize) -> Option<Change<'_>> {
        let Extent { file_offset, length, old, new } = self.extents.get(index)?;
        let ContextLocation { context, location } = *self.locations.get(index)?;
        Some(Change { context, location, file_offset, length, old, new })
    }

    /// All changes, in the order in which the edit set them.
    pub fn iter(&self) -> impl Iterator<Item = Change<'_>> {
        (0..self.locations.len()).filter_map(|index| self.get(index))
    }

    /// No changes yet; the bytes of the first `most` are held.
    pub(crate) fn with_bytes_of(most: usize) -> Changes {
        Changes { extents: Extents { most, ..Extents::default() }, locations: Vec::new() }
    }

    pub(crate) fn room(&self, length: u64) -> usize {
        self.extents.room(length)
    }

    pub(crate) fn push(&mut self, of: ContextLocation, place: Place, old: &[u8], new: &[u8]) {
        self.extents.push(place.file_offset, place.size, old, new);
        self.locations.push(of);
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.extents.truncate(len);
        self.locations.truncate(len);
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_that_goes_on_holds_the_bytes_of_all_of_it() {
        let mut extents = Extents::default();
        extents.push(0, 1, b"x", b"y");
        extents.extend(8, b"old", b"new");
        extents.extend(11, b"er", b"er");
        let last = extents.iter().last().unwrap();
        assert_eq!((last.file_offset, last.length, last.old, last.new), (8, 5, &b"older"[..], &b"newer"[..]));
        let long = vec![7; Extents::MOST_BYTES];
        extents.extend(13, &long, &long);
        extents.extend(13 + long.len() as u64, b"z", b"z");
        let last = extents.iter().last().unwrap();
        assert_eq!((last.length, last.old.len()), (6 + long.len() as u64, Extents::MOST_BYTES));
        assert_eq!((&last.old[..6], &last.new[..6]), (&b"older\x07"[..], &b"newer\x07"[..]));
    }

    #[test]
    fn long_stretches_are_counted_whole_and_held_in_part() {
        let mut extents = Extents::default();
        let long = vec![1; Extents::MOST_BYTES + 1];
        extents.push(8, 3, b"old", b"new");
        extents.push(100, long.len() as u64, &long, &long);
        extents.extend(100 + long.len() as u64, b"abc", b"def");
        extents.extend(7, b"x", b"y");
        let lengths: Vec<u64> = extents.iter().map(|extent| extent.length).collect();
        assert_eq!(lengths, [3, long.len() as u64 + 3, 1]);
        assert_eq!(extents.get(0).unwrap().old, b"old");
        assert_eq!(extents.get(1).unwrap().new.len(), Extents::MOST_BYTES);
        assert_eq!(extents.get(2).unwrap().new, b"y");
        extents.truncate(1);
        assert_eq!((extents.len(), extents.bytes.len(), extents.get(1)), (1, 6, None));
    }

    #[test]
    fn all_together_hold_no_more_than_a_fixed_number_of_bytes() {
        let mut extents = Extents::default();
        let long = vec![1; Extents::MOST_BYTES];
        for _ in 0..600 {
            extents.push(0, long.len() as u64, &long, &long);
        }
        assert_eq!(extents.bytes.len(), Extents::MOST_BYTES_IN_ALL);
        assert!(extents.iter().last().is_some_and(|last| last.old.is_empty() && last.length > 0));
    }
}
