//! Relocations of thread-local variables: the words that the dynamic linker fills for code that uses these variables.

use object::elf;
use object::endian::Endianness;
use object::pod::slice_from_bytes;
use object::read::elf::Sym;

use super::contents::{Elf, Part};
use super::relocations::Relocation;
use crate::sources::error::Damaged;
use crate::sources::thread_local::{StoredWord, ThreadLocalWord};

/// The most words that are read. They are enough.
const MOST_WORDS: usize = 256;
/// The longest name that is compared, in bytes.
const LONGEST: u64 = 4096;

/// For each machine, the relocation of a variable's offset from the thread pointer.
const KINDS: [(elf::Machine, elf::RelocationType); 2] =
    [(elf::EM_X86_64, elf::R_X86_64_TPOFF64), (elf::EM_AARCH64, elf::R_AARCH64_TLS_TPREL)];

impl Elf {
    pub(super) fn words(&self) -> Result<Vec<StoredWord>, Damaged> {
        let kinds = KINDS.iter().find(|(machine, _)| *machine == self.machine && self.wide);
        let Some((_, from_pointer)) = kinds else { return Ok(Vec::new()) };
        let relocations = self.relocations_of(&[*from_pointer], MOST_WORDS)?;
        let words = relocations.iter().map(|relocation| self.stored_word(relocation));
        let mut found: Vec<StoredWord> = words.flatten().collect();
        // Words that are certain to be the module's own are first.
        found.sort_by_key(|word| word.symbol.is_some());
        Ok(found)
    }

    fn stored_word(&self, relocation: &Relocation) -> Option<StoredWord> {
        let stored_at = relocation.address.checked_sub(self.lowest)?;
        let (symbol, value) = match relocation.symbol {
            0 => (None, 0),
            index => self.own_symbol(index)?,
        };
        let symbol_offset = value.wrapping_add_signed(relocation.addend);
        Some(StoredWord { word: ThreadLocalWord { stored_at, symbol_offset }, symbol })
    }

    /// The name and the value of a dynamic symbol that the file defines. The name is `None` if no other module can
    /// define the symbol instead.
    pub(super) fn own_symbol(&self, index: u32) -> Option<(Option<String>, u64)> {
        match self.wide {
            true => self.own_symbol_as::<elf::Sym64<Endianness>>(index),
            false => self.own_symbol_as::<elf::Sym32<Endianness>>(index),
        }
    }

    fn own_symbol_as<S: Sym<Endian = Endianness>>(&self, index: u32) -> Option<(Option<String>, u64)> {
        let table = self.tables.iter().find(|table| table.is_dynamic)?;
        let size = size_of::<S>() as u64;
        let at = u64::from(index).checked_mul(size).filter(|at| *at < table.symbols.size)?;
        let bytes = self.file.read_at(table.symbols.file_offset.checked_add(at)?, size).ok()?;
        let (symbols, _) = slice_from_bytes::<S>(&bytes, 1).ok()?;
        let symbol = symbols.first()?;
        if symbol.st_shndx(self.endian) == elf::SHN_UNDEF {
            return None;
        }
        let is_local = symbol.st_bind() == elf::STB_LOCAL || symbol.st_visibility() != elf::STV_DEFAULT;
        let name = if is_local { None } else { Some(self.name(table.names, symbol.st_name(self.endian))?) };
        Some((name, symbol.st_value(self.endian).into()))
    }

    fn name(&self, names: Part, at: u32) -> Option<String> {
        let left = names.size.checked_sub(at.into())?;
        let from = names.file_offset.checked_add(at.into())?;
        let bytes = self.file.read_at(from, left.min(LONGEST)).ok()?;
        let end = memchr::memchr(0, &bytes)?;
        String::from_utf8(bytes.get(..end)?.to_vec()).ok()
    }
}
