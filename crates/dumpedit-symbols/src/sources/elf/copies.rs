//! Copy relocations: the variables of libraries that a program has copies of.

use super::contents::Elf;
use crate::sources::error::Damaged;
use crate::sources::source::CopiedVariable;
use object::elf;

/// The most copies that are read.
const MOST_COPIES: usize = 4096;

/// The copy relocation of each machine.
const KINDS: [(elf::Machine, elf::RelocationType); 8] = [
    (elf::EM_386, elf::R_386_COPY),
    (elf::EM_ARM, elf::R_ARM_COPY),
    (elf::EM_PPC, elf::R_PPC_COPY),
    (elf::EM_X86_64, elf::R_X86_64_COPY),
    (elf::EM_AARCH64, elf::R_AARCH64_COPY),
    (elf::EM_PPC64, elf::R_PPC64_COPY),
    (elf::EM_RISCV, elf::R_RISCV_COPY),
    (elf::EM_S390, elf::R_390_COPY),
];

impl Elf {
    pub(super) fn copied(&self) -> Result<Vec<CopiedVariable>, Damaged> {
        let kind = KINDS.iter().find(|(machine, _)| *machine == self.machine);
        let Some((_, kind)) = kind else { return Ok(Vec::new()) };
        let copies = self.relocations_of(&[*kind], MOST_COPIES)?;
        let copies = copies.iter().filter_map(|relocation| {
            let offset = relocation.address.checked_sub(self.lowest)?;
            let (name, _) = self.own_symbol(relocation.symbol)?;
            Some(CopiedVariable { name: name?, offset })
        });
        Ok(copies.collect())
    }
}
