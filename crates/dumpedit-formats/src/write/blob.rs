//! Blobs: bytes that hold file offsets of other bytes, which go where there is room.

use super::{About, Sheet, WriteError, WriteProblem};
use crate::model::{Blob, Pointer};

impl Sheet {
    /// Adds bytes and what they lead to; their file offset.
    pub(crate) fn blob(&mut self, blob: &Blob, about: About) -> Result<u64, WriteError> {
        let size = blob.content.size();
        let at = self.content(&blob.content, about)?;
        for link in &blob.links {
            let width = match link.pointer {
                Pointer::Rva => 4,
                Pointer::Rva64 | Pointer::Location => 8,
            };
            if link.at.checked_add(width).is_none_or(|end| end > size) {
                return Err(WriteError::new(WriteProblem::LinkOutside { at: link.at, size }, about));
            }
            let to = self.linked(&link.to, about)?;
            let pointer_at = at.saturating_add(link.at);
            match link.pointer {
                Pointer::Rva => self.put_over(pointer_at, rva(to, about)?, 4),
                Pointer::Rva64 => self.put_over(pointer_at, to, 8),
                Pointer::Location => {
                    self.put_over(pointer_at, link.to.content.size(), 4);
                    self.put_over(pointer_at.saturating_add(4), rva(to, about)?, 4);
                }
            }
        }
        Ok(at)
    }

    /// Adds what a link leads to, or finds where it is already.
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

/// An RVA, which has 32 bits.
pub(crate) fn rva(file_offset: u64, about: About) -> Result<u64, WriteError> {
    if file_offset > u64::from(u32::MAX) {
        return Err(WriteError::new(WriteProblem::BeyondRva, about));
    }
    Ok(file_offset)
}
