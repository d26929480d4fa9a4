//! The relocations that the dynamic linker does.

use object::elf;
use object::endian::Endianness;
use object::pod::slice_from_bytes;

use super::Elf;
use crate::sources::error::Damaged;

/// Relocations are read in blocks of so many.
const BLOCK: u64 = 4096;
/// More relocations are not looked at.
const MOST_RELOCATIONS: u64 = 1 << 22;

/// A relocation of a 64-bit machine.
pub(super) type Relocation = elf::Rela64<Endianness>;

impl Elf {
    /// The relocations of some kinds, at most so many.
    pub(super) fn relocations_of(
        &self,
        kinds: &[elf::RelocationType],
        most: usize,
    ) -> Result<Vec<Relocation>, Damaged> {
        let mut found = Vec::new();
        let size = size_of::<Relocation>() as u64;
        let mut left = MOST_RELOCATIONS;
        for part in &self.relocations {
            let count = (part.size / size).min(left);
            left = left.saturating_sub(count);
            let mut at = 0u64;
            while at < count && found.len() < most {
                let block = BLOCK.min(count.saturating_sub(at));
                let from = part.file_offset.saturating_add(at.saturating_mul(size));
                let bytes = self.file.read_at(from, block.saturating_mul(size))?;
                let relocations = slice_from_bytes::<Relocation>(&bytes, usize::try_from(block).unwrap_or(0));
                let (relocations, _) =
                    relocations.map_err(|()| Damaged::Format("its relocations are cut off".to_owned()))?;
                let is_meant =
                    |relocation: &&Relocation| kinds.contains(&relocation.r_type(self.endian, false));
                found.extend(relocations.iter().filter(is_meant).copied());
                at = at.saturating_add(block.max(1));
            }
        }
        found.truncate(most);
        Ok(found)
    }
}
