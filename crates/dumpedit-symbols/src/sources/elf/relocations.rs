//! The relocations for the dynamic linker.

use object::elf;
use object::endian::Endianness;
use object::pod::{Pod, slice_from_bytes};
use object::read::elf::{Rel, Rela};

use super::contents::{Elf, Part};
use crate::sources::error::Damaged;

/// The number of relocations that are read at a time.
const BLOCK: u64 = 4096;
/// The most relocations that are read.
const MOST_RELOCATIONS: u64 = 1 << 22;

/// A relocation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relocation {
    /// The linked address of the word that it changes.
    pub(super) address: u64,
    pub(super) kind: elf::RelocationType,
    /// The index of the symbol; 0 if there is none.
    pub(super) symbol: u32,
    /// The addend of the symbol's value; 0 if the addend is in memory.
    pub(super) addend: i64,
}

impl Relocation {
    fn of_rel<R: Rel<Endian = Endianness>>(entry: &R, endian: Endianness) -> Relocation {
        let (address, kind, symbol) =
            (entry.r_offset(endian).into(), entry.r_type(endian), entry.r_sym(endian));
        Relocation { address, kind, symbol, addend: 0 }
    }

    fn of_rela<R: Rela<Endian = Endianness>>(entry: &R, endian: Endianness) -> Relocation {
        Relocation {
            address: entry.r_offset(endian).into(),
            kind: entry.r_type(endian, false),
            symbol: entry.r_sym(endian, false),
            addend: entry.r_addend(endian).into(),
        }
    }
}

impl Elf {
    /// The relocations of some kinds, at most `most`.
    pub(super) fn relocations_of(
        &self,
        kinds: &[elf::RelocationType],
        most: usize,
    ) -> Result<Vec<Relocation>, Damaged> {
        let mut found = Vec::new();
        let mut left = MOST_RELOCATIONS;
        for table in &self.relocations {
            let mut take = |relocation: Relocation| {
                if kinds.contains(&relocation.kind) && found.len() < most {
                    found.push(relocation);
                }
                found.len() < most
            };
            let endian = self.endian;
            match (self.wide, table.has_addends) {
                (true, true) => self.each::<elf::Rela64<Endianness>>(table.part, &mut left, |entry| {
                    take(Relocation::of_rela(entry, endian))
                }),
                (true, false) => self.each::<elf::Rel64<Endianness>>(table.part, &mut left, |entry| {
                    take(Relocation::of_rel(entry, endian))
                }),
                (false, true) => self.each::<elf::Rela32<Endianness>>(table.part, &mut left, |entry| {
                    take(Relocation::of_rela(entry, endian))
                }),
                (false, false) => self.each::<elf::Rel32<Endianness>>(table.part, &mut left, |entry| {
                    take(Relocation::of_rel(entry, endian))
                }),
            }?;
        }
        Ok(found)
    }

    /// Calls `take` for the entries of a table until it returns false. `left` is the number of entries that may still
    /// be read.
    fn each<R: Pod>(
        &self,
        part: Part,
        left: &mut u64,
        mut take: impl FnMut(&R) -> bool,
    ) -> Result<(), Damaged> {
        let size = size_of::<R>() as u64;
        let count = (part.size / size).min(*left);
        *left = left.saturating_sub(count);
        let mut at = 0u64;
        while at < count {
            let block = BLOCK.min(count.saturating_sub(at));
            let from = part.file_offset.saturating_add(at.saturating_mul(size));
            let bytes = self.file.read_at(from, block.saturating_mul(size))?;
            let entries = slice_from_bytes::<R>(&bytes, usize::try_from(block).unwrap_or(0));
            let (entries, _) =
                entries.map_err(|()| Damaged::Format("its relocations are cut off".to_owned()))?;
            if !entries.iter().all(&mut take) {
                return Ok(());
            }
            at = at.saturating_add(block.max(1));
        }
        Ok(())
    }
}
