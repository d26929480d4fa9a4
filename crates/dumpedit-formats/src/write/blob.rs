//! Writes blobs: bytes with file offsets of other bytes, which go where there is room.

use super::{About, Sheet, WriteError, WriteProblem, wide};
use crate::model::{Blob, Pointer};

impl Sheet {
    /// Adds bytes and the targets of their offsets, and returns their file offset.
    pub(crate) fn blob(&mut self, blob: &Blob, about: About) -> Result<u64, WriteError> {
        let size = blob.content.size();
        let at = self.content(&blob.content, about)?;
        for link in &blob.links {
            if link.at.checked_add(link.pointer.size()).is_none_or(|end| end > size) {
                return Err(WriteError::new(WriteProblem::LinkOutside { at: link.at, size }, about));
            }
            let to = self.linked(&link.to, about)?;
            let mut pointer_at = at.saturating_add(link.at);
            for (value, size) in pointer_fields(link.pointer, to, link.to.content.size(), about)? {
                self.put_over(pointer_at, value, size);
                pointer_at = pointer_at.saturating_add(wide(size));
            }
        }
        Ok(at)
    }

    /// Adds a link's target, or finds the place where it already is.
    pub(crate) fn linked(&mut self, blob: &Blob, about: About) -> Result<u64, WriteError> {
        let place = blob.content.place().filter(|_| blob.links.is_empty());
        if let Some(at) = place.and_then(|place| self.shared.get(&place)) {
            return Ok(*at);
        }
        self.align(4);
        let at = self.blob(blob, about)?;
        if let Some(place) = place {
            self.shared.insert(place, at);
        }
        Ok(at)
    }
}

/// The fields of a pointer to `size` bytes at a file offset: each a value and the field's own size, in bytes.
pub(crate) fn pointer_fields(
    pointer: Pointer,
    file_offset: u64,
    size: u64,
    about: About,
) -> Result<Vec<(u64, usize)>, WriteError> {
    Ok(match pointer {
        Pointer::Rva => vec![(rva(file_offset, about)?, 4)],
        Pointer::Rva64 => vec![(file_offset, 8)],
        Pointer::Location => vec![(size, 4), (rva(file_offset, about)?, 4)],
    })
}

/// An RVA, which has 32 bits.
pub(crate) fn rva(file_offset: u64, about: About) -> Result<u64, WriteError> {
    if file_offset > u64::from(u32::MAX) {
        return Err(WriteError::new(WriteProblem::BeyondRva, about));
    }
    Ok(file_offset)
}
