//! Memory tags: four bits for each granule of 16 bytes, two of them in a byte of the file, the lower address's in its low
//! half.

use crate::access::AccessError;
use crate::layout::Layout;
use crate::location::Access;
use crate::outcome::{Outcome, Stop, StopAt, StopReason};
use crate::region::{Interval, Region};
use crate::resolve::{Piece, Resolved};

/// Bytes of memory that share one tag.
pub(crate) const GRANULE: u64 = 16;

/// Bytes of memory whose tags share one byte of the file.
const TAGGED_BY_BYTE: u64 = 2 * GRANULE;

/// How many tags a range has at most, each of which is a piece of its own.
const MOST: u64 = 1 << 16;

/// The bits of an address that the processor ignores where they hold a tag.
const IGNORED: u64 = 0xff << 56;

/// The granule of an address, which may be a pointer that has a tag.
pub(crate) fn granule(address: u64) -> u64 {
    address & !IGNORED & !(GRANULE - 1)
}

/// Addresses whose tags stand in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TagSpan {
    first: u64,
    last: u64,
    file_offset: u64,
}

impl TagSpan {
    /// The tags from an address on, of `size` bytes of memory at most, that stand in `held` bytes of the file.
    pub(crate) fn new(address: u64, size: u64, file_offset: u64, held: u64) -> Option<TagSpan> {
        let tagged = held.saturating_mul(TAGGED_BY_BYTE).min(size);
        let rest = tagged.checked_sub(1).filter(|_| address.is_multiple_of(GRANULE))?;
        Some(TagSpan { first: address, last: address.checked_add(rest)?, file_offset })
    }

    /// The first and the last of the bytes in the file.
    pub(crate) fn file_bytes(&self) -> (u64, u64) {
        let rest = self.last.saturating_sub(self.first) / TAGGED_BY_BYTE;
        (self.file_offset, self.file_offset.saturating_add(rest))
    }

    /// The half of a byte in which a granule's tag stands.
    fn piece(&self, granule: u64, start: u64) -> Piece {
        let skipped = granule.saturating_sub(self.first);
        let shift = if skipped % TAGGED_BY_BYTE < GRANULE { 0 } else { 4 };
        let file_offset = self.file_offset.saturating_add(skipped / TAGGED_BY_BYTE);
        Piece { mask: 0xf << shift, shift, ..Piece::new(start, 1, file_offset) }
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

/// The tags of some memory that stand in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryTags {
    /// The address of the first granule that has one.
    pub start: u64,
    /// How many there are.
    pub count: u64,
    /// The file offset of the byte that has the first one, in bytes.
    pub file_offset: u64,
}

impl Layout {
    /// The first tags in a row of a region's memory; `None` where the dump has none.
    pub fn memory_tags(&self, region: &Region) -> Option<MemoryTags> {
        let size = u64::try_from(region.size).unwrap_or(u64::MAX);
        let last = region.start.saturating_add(size.saturating_sub(1));
        let mut tags = None;
        self.tags.meeting(region.start, last, |span| {
            let start = span.first.max(region.start);
            let tagged = span.last.min(last).saturating_sub(start).saturating_add(1);
            let skipped = start.saturating_sub(span.first) / TAGGED_BY_BYTE;
            let file_offset = span.file_offset.saturating_add(skipped);
            tags = Some(MemoryTags { start, count: tagged.div_ceil(GRANULE), file_offset });
            false
        });
        tags
    }

    /// The file's bits behind the tags of `len` granules.
    pub(crate) fn resolve_tags(
        &self,
        address: u64,
        len: u64,
        access: Access,
    ) -> Result<Resolved, AccessError> {
        if len > MOST {
            return Err(AccessError::TooManyTags { most: MOST });
        }
        let mut resolved = Resolved { outcome: Outcome::full(len), pieces: Vec::new(), records: Vec::new() };
        for start in 0..len {
            let granule = start.checked_mul(GRANULE).and_then(|skipped| address.checked_add(skipped));
            let piece = granule.and_then(|granule| Some(self.tags.at(granule)?.piece(granule, start)));
            let stops = match &piece {
                None => Some((StopReason::NotCaptured, AccessError::NoTag { address })),
                Some(piece) if access == Access::Write && self.structures.at(piece.file_offset).is_some() => {
                    let file_offset = piece.file_offset;
                    Some((StopReason::Structure, AccessError::Structure { address, file_offset }))
                }
                Some(_) => None,
            };
            if let Some((reason, error)) = stops {
                if start == 0 {
                    return Err(error);
                }
                let at = u128::from(address).saturating_add(u128::from(start.saturating_mul(GRANULE)));
                let stop = Stop { at: StopAt::Address(at), reason };
                resolved.outcome = Outcome { requested: len, completed: start, stopped: Some(stop) };
                break;
            }
            resolved.pieces.extend(piece);
        }
        Ok(resolved)
    }
}
