//! Mends tables that contradict their file.

use dumpedit_formats::write::Contradictions;

use super::StructureError;
use crate::edit::Edit;
use crate::error::Error;

/// Maximum number of times that the tables are gone through: a mended field can show what is wrong with another one.
const MOST_ROUNDS: usize = 16;

/// A field of the dump's tables that was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repaired {
    /// File offset of the field, in bytes.
    pub file_offset: u64,
    /// Bytes before.
    pub old: Vec<u8>,
    /// Bytes after.
    pub new: Vec<u8>,
    /// What was wrong, and what the repair does.
    pub text: String,
}

impl Edit {
    /// Mends values of the dump's tables that contradict its file: counts, sizes and descriptors that reach past its end, and sizes in the
    /// directory that are too small for their lists. A whole dump does not change. Contradictions that cannot be mended get a notice,
    /// [`NoticeKind::NotRepaired`](dumpedit_layout::NoticeKind::NotRepaired). The repaired dump needs no second repair. Returns the mended
    /// fields in the order of their mends; one field can be mended again after others.
    ///
    /// # Errors
    /// [`StructureError::Settled`] where the edit adds or drops parts, and [`Error::Io`].
    pub fn repair(&mut self) -> Result<Vec<Repaired>, Error> {
        if self.structure.is_some() {
            return Err(StructureError::Settled.into());
        }
        let mut repaired = Vec::new();
        for _ in 0..MOST_ROUNDS {
            let found = self.contradictions()?;
            let count = repaired.len();
            for repair in found.repairs {
                let (file_offset, new) = (repair.patch.file_offset, repair.patch.bytes);
                let mut old = vec![0; new.len()];
                self.view().file_bytes(file_offset, &mut old)?;
                if old == new {
                    continue;
                }
                self.pending.put(file_offset, &new).map_err(|cause| Error::Kept { cause })?;
                self.set_structure();
                repaired.push(Repaired { file_offset, old, new, text: repair.text });
            }
            if repaired.len() == count {
                found.stays.into_iter().for_each(|notice| self.tell(notice));
                break;
            }
        }
        Ok(repaired)
    }

    /// The contradictions in the dump as edited so far.
    fn contradictions(&self) -> Result<Contradictions, Error> {
        let source = self.dump().source();
        if self.pending.is_empty() {
            return Ok(source.walk(dumpedit_formats::repairs)?);
        }
        let size = self.pending.size_after(self.dump().layout().file_size());
        let change = |bytes: &mut [u8]| self.pending.overlay(0, bytes);
        let found = source.walk_changed(size, change, dumpedit_formats::repairs);
        Ok(found.map_err(|cause| Error::Kept { cause })??)
    }
}
