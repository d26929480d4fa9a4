//! Mends tables that contradict their file.

use super::StructureError;
use crate::edit::Edit;
use crate::error::Error;

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
    /// [`NoticeKind::NotRepaired`](dumpedit_layout::NoticeKind::NotRepaired).
    ///
    /// # Errors
    /// [`StructureError::Settled`] where the edit adds or drops parts, and [`Error::Io`].
    pub fn repair(&mut self) -> Result<Vec<Repaired>, Error> {
        if self.structure.is_some() {
            return Err(StructureError::Settled.into());
        }
        let found = self.dump().source().walk(dumpedit_formats::repairs)?;
        let mut repaired = Vec::with_capacity(found.repairs.len());
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
        found.stays.into_iter().for_each(|notice| self.tell(notice));
        Ok(repaired)
    }
}
