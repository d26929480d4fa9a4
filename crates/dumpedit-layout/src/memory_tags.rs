//! Memory tags: four bits for each granule of 16 bytes.

use crate::access::AccessError;
use crate::granule::{GRANULE, TAGGED_BY_BYTE, TagSpan};
use crate::layout::Layout;
use crate::location::Access;
use crate::outcome::{Outcome, Stop, StopAt, StopReason};
use crate::region::Region;
use crate::resolve::{Piece, Resolved};

/// Most tags of a range: each is a piece of its own.
const MOST: u64 = 1 << 16;

/// Memory tags that are consecutive in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryTags {
    /// Address of the first granule with a tag.
    pub start: u64,
    /// Number of tags.
    pub count: u64,
    /// File offset of the byte with the first tag.
    pub file_offset: u64,
}

impl Layout {
    /// The first consecutive tags of a region's memory; `None` where the dump has none.
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

    /// The bits of the file that are the tags of `len` granules.
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
            let piece = granule.and_then(|granule| Some(piece(self.tags.at(granule)?, granule, start)));
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
                resolved.outcome = Outcome::new(len, start, Some(stop));
                break;
            }
            resolved.pieces.extend(piece);
        }
        Ok(resolved)
    }
}

/// The half of a byte that is a granule's tag.
fn piece(span: &TagSpan, granule: u64, start: u64) -> Piece {
    let (file_offset, shift) = span.place(granule);
    Piece { mask: 0xf << shift, shift, ..Piece::new(start, 1, file_offset) }
}
