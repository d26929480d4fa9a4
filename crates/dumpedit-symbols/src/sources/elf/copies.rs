//! The variables of libraries that a program has a copy of, by the relocations that ask for them.

use object::elf;
use object::read::elf::Rela;

use super::Elf;
use crate::sources::error::Damaged;
use crate::sources::source::CopiedVariable;

/// So many copies are looked at.
const MOST_COPIES: usize = 4096;

/// For a machine, the relocation that copies a variable.
const KINDS: [(elf::Machine, elf::RelocationType); 5] = [
    (elf::EM_X86_64, elf::R_X86_64_COPY),
    (elf::EM_AARCH64, elf::R_AARCH64_COPY),
    (elf::EM_PPC64, elf::R_PPC64_COPY),
    (elf::EM_RISCV, elf::R_RISCV_COPY),
    (elf::EM_S390, elf::R_390_COPY),
];

impl Elf {
    pub(super) fn copied(&self) -> Result<Vec<CopiedVariable>, Damaged> {
        let kind = KINDS.iter().find(|(machine, _)| *machine == self.machine && self.wide);
        let Some((_, kind)) = kind else { return Ok(Vec::new()) };
        let copies = self.relocations_of(&[*kind], MOST_COPIES)?;
        let copies = copies.iter().filter_map(|relocation| {
            let offset = relocation.r_offset(self.endian).checked_sub(self.lowest)?;
            let (name, _) = self.own_symbol(relocation.r_sym(self.endian, false))?;
            Some(CopiedVariable { name: name?, offset })
        });
        Ok(copies.collect())
    }
}
