//! Tables that contradict their file, mended.

use super::StructureError;
use crate::edit::Edit;
use crate::error::Error;

/// A field of the dump's tables that was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repaired {
    /// Where the field is in the file, in bytes.
    pub file_offset: u64,
    /// Its bytes before.
    pub old: Vec<u8>,
    /// Its bytes after.
    pub new: Vec<u8>,
    /// What was wrong, and what became of it.
    pub text: String,
}

impl Edit {
    /// Mends what of the dump's tables contradicts its file: counts, sizes and descriptors that reach behind its end, and sizes of the
    /// directory that have no room for their lists. Of a dump that is whole nothing changes. What
    /// cannot be mended is told in a notice, [`NoticeKind::NotRepaired`](dumpedit_layout::NoticeKind::NotRepaired).
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
