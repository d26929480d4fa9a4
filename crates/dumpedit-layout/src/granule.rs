//! Granules, the units of memory that have tags, and the places of their tags in the file: two tags a byte, the lower address's in the low
//! half.

use crate::interval::Interval;

/// Bytes of memory that share one tag.
pub(crate) const GRANULE: u64 = 16;

/// Bytes of memory whose tags share one byte of the file.
pub(crate) const TAGGED_BY_BYTE: u64 = 2 * GRANULE;

/// Address bits that the processor ignores, and which may hold a tag.
const IGNORED: u64 = 0xff << 56;

/// The granule of an address, which may be a tagged pointer.
pub(crate) fn granule(address: u64) -> u64 {
    address & !IGNORED & !(GRANULE - 1)
}

/// Addresses whose tags are consecutive in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TagSpan {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) file_offset: u64,
}

impl TagSpan {
    /// Tags from `address` on, of at most `size` bytes of memory, in `held` bytes of the file.
    pub(crate) fn new(address: u64, size: u64, file_offset: u64, held: u64) -> Option<TagSpan> {
        let tagged = held.saturating_mul(TAGGED_BY_BYTE).min(size);
        let rest = tagged.checked_sub(1).filter(|_| address.is_multiple_of(GRANULE))?;
        Some(TagSpan { first: address, last: address.checked_add(rest)?, file_offset })
    }

    /// First and last file offset of the tags.
    pub(crate) fn file_bytes(&self) -> (u64, u64) {
        let rest = self.last.saturating_sub(self.first) / TAGGED_BY_BYTE;
        (self.file_offset, self.file_offset.saturating_add(rest))
    }

    /// Place of a granule's tag: file offset of its byte, and its lowest bit there.
    pub(crate) fn place(&self, granule: u64) -> (u64, u32) {
        let skipped = granule.saturating_sub(self.first);
        let shift = if skipped % TAGGED_BY_BYTE < GRANULE { 0 } else { 4 };
        (self.file_offset.saturating_add(skipped / TAGGED_BY_BYTE), shift)
    }
}

impl Interval for TagSpan {
    fn lowest(&self) -> u64 {
        self.first
    }
    fn highest(&self) -> u64 {
        self.last
    }
}
