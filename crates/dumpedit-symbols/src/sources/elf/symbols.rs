//! The symbols of an ELF file's tables.

use object::elf;
use object::endian::Endianness;
use object::pod::slice_from_bytes;
use object::read::elf::Sym;

use super::contents::{Elf, SymbolTable};
use crate::row::RowKind;
use crate::sources::error::Damaged;
use crate::table::{Entry, Names, REACH, Table};

/// More symbols of a file are not read.
const MOST_SYMBOLS: u64 = 6_000_000;
/// More bytes of names of a file are not read.
const MOST_NAMES: u64 = 256 << 20;
/// Symbols are read in blocks of so many bytes.
const BLOCK: u64 = 1 << 18;

/// The names of labels that assemblers make for themselves, and of marks of what is code and what is data (`$x`, "Mapping symbols" of
/// "ELF for the Arm Architecture"), begin so.
const LOCAL_LABELS: [&[u8]; 2] = [b".L", b"$"];

impl Elf {
    /// Adds the symbols of the file's tables, which count from an address.
    pub(super) fn add_to(&self, table: &mut Table, lowest: u64) -> Result<(), Damaged> {
        for symbols in &self.tables {
            match self.wide {
                true => self.add_table::<elf::Sym64<Endianness>>(symbols, table, lowest)?,
                false => self.add_table::<elf::Sym32<Endianness>>(symbols, table, lowest)?,
            }
        }
        Ok(())
    }

    fn add_table<S: Sym<Endian = Endianness>>(
        &self,
        symbols: &SymbolTable,
        table: &mut Table,
        lowest: u64,
    ) -> Result<(), Damaged> {
        let entry_size = size_of::<S>() as u64;
        let count = symbols.symbols.size / entry_size;
        let all = count.saturating_add(table.len() as u64);
        if all > MOST_SYMBOLS || symbols.names.size.saturating_add(table.size_of_names()) > MOST_NAMES {
            return Err(Damaged::TooMany("symbols"));
        }
        let bytes = self.file.read_at(symbols.names.file_offset, symbols.names.size)?;
        let names = Names { bytes, versioned: true, versions: symbols.versions.clone() };
        let Some(names) = table.store(names) else { return Err(Damaged::TooMany("symbol tables")) };
        let versions = match symbols.version_numbers {
            Some(part) => self.file.read_at(part.file_offset, part.size.min(count.saturating_mul(2)))?,
            None => Vec::new(),
        };
        let mut numbers = versions.chunks_exact(2).map(|bytes| self.number(bytes));
        let (mut at, mut unit) = (0u64, 0);
        while at < count {
            let block = (BLOCK / entry_size).min(count.saturating_sub(at));
            let from = symbols.symbols.file_offset.saturating_add(at.saturating_mul(entry_size));
            let bytes = self.file.read_at(from, block.saturating_mul(entry_size))?;
            let (entries, _) = slice_from_bytes::<S>(&bytes, usize::try_from(block).unwrap_or(0))
                .map_err(|()| Damaged::Format("its symbols are cut off".to_owned()))?;
            for symbol in entries {
                let version = numbers.next().unwrap_or(0);
                // It has the symbols behind it that no other file sees.
                if symbol.st_type() == elf::STT_FILE {
                    unit = symbol.st_name(self.endian);
                }
                if let Some(mut entry) = self.entry(symbol, lowest, names, version) {
                    if !entry.is_global {
                        entry.unit = unit;
                    }
                    if !entry.is_sized
                        && LOCAL_LABELS.iter().any(|start| table.begins(names, entry.name, start))
                    {
                        entry.size = 0;
                    }
                    table.push(entry);
                }
            }
            at = at.saturating_add(block.max(1));
        }
        Ok(())
    }

    fn number(&self, bytes: &[u8]) -> u16 {
        let bytes = <[u8; 2]>::try_from(bytes).unwrap_or_default();
        match self.endian {
            Endianness::Little => u16::from_le_bytes(bytes),
            Endianness::Big => u16::from_be_bytes(bytes),
        }
    }

    /// A symbol that stands for an address of the module, or for a thread-local one.
    fn entry<S: Sym<Endian = Endianness>>(
        &self,
        symbol: &S,
        lowest: u64,
        names: u8,
        version: u16,
    ) -> Option<Entry> {
        let endian = self.endian;
        let section = symbol.st_shndx(endian);
        if matches!(section, elf::SHN_UNDEF | elf::SHN_COMMON) || self.warnings.contains(&section.0) {
            return None;
        }
        let kind = match symbol.st_type() {
            elf::STT_FUNC | elf::STT_GNU_IFUNC => RowKind::Function,
            elf::STT_OBJECT | elf::STT_COMMON => RowKind::Object,
            elf::STT_TLS => RowKind::ThreadLocal,
            elf::STT_NOTYPE => RowKind::Other,
            _ => return None,
        };
        let value: u64 = symbol.st_value(endian).into();
        let is_absolute = section == elf::SHN_ABS && kind != RowKind::ThreadLocal;
        // The name of a version is one of these, of no value ("Version Definition Section" of the LSB).
        if is_absolute && value == 0 {
            return None;
        }
        let kind = if is_absolute { RowKind::Absolute } else { kind };
        let offset = match kind {
            RowKind::ThreadLocal => value,
            RowKind::Absolute => value.wrapping_sub(lowest),
            // The lowest bit says that the code is Thumb.
            RowKind::Function if self.machine == elf::EM_ARM => (value & !1).checked_sub(lowest)?,
            _ => value.checked_sub(lowest)?,
        };
        // A label is of its own section: one at the end, such as `_end`, names nothing.
        let end = self.section_ends.get(usize::from(section.0)).copied();
        let reach = end.map_or(REACH, |end| end.saturating_sub(value).min(REACH));
        let size = symbol.st_size(endian).into();
        /// The bit of a version's number that says that the name alone does not mean it (VERSYM_HIDDEN).
        const HIDDEN: u16 = 0x8000;
        Some(Entry {
            offset,
            size: if size > 0 { size } else { reach },
            is_sized: size > 0,
            name: symbol.st_name(endian),
            names,
            kind,
            is_global: symbol.st_bind() != elf::STB_LOCAL,
            version: u8::try_from(version & !HIDDEN).unwrap_or(0),
            is_hidden: version & HIDDEN != 0,
            unit: 0,
        })
    }
}
