//! ELF files: the symbols in `.symtab`, `.dynsym` and `.gnu_debugdata`, the build id, and the link to separate debug
//! information.

mod contents;
mod copies;
mod relocations;
mod symbols;
mod thread_local;

use std::io::{self, Read};
use std::sync::Arc;

use dumpedit_layout::ByteOrder;
use lzma_rust2::XzReader;
use object::elf;
use object::endian::Endianness;

use self::contents::{Elf, Part};
use crate::file::{Stream, SymbolFile};
use crate::identity::Identity;
use crate::sources::error::Damaged;
use crate::sources::source::{Asked, CopiedVariable, DebugLink, Source};
use crate::sources::thread_local::{StoredWord, ThreadLocalBlock};
use crate::table::Table;
use crate::target::SymbolTarget;

/// The largest unpacked size of `.gnu_debugdata`, in bytes.
const MOST_PACKED: u64 = 64 << 20;
/// The most memory for unpacking, in KiB.
const UNPACKING: u32 = 64 << 10;

pub(crate) fn recognizes(start: &[u8]) -> bool {
    start.starts_with(&elf::ELFMAG)
}

pub(crate) fn open(file: &Arc<SymbolFile>, _: Asked<'_>) -> Result<Box<dyn Source>, Damaged> {
    Ok(Box::new(Elf::open(file)?))
}

impl Elf {
    /// The symbol file that is packed into this one (MiniDebugInfo).
    fn packed(&self) -> Result<Option<Elf>, Damaged> {
        let Some(part) = self.packed else { return Ok(None) };
        let stream = Stream::of_part(&self.file, part.file_offset, part.size);
        let mut unpacked = Vec::new();
        let reader = XzReader::new_mem_limit(io::BufReader::new(stream), false, UNPACKING);
        reader.take(MOST_PACKED.saturating_add(1)).read_to_end(&mut unpacked)?;
        if unpacked.len() as u64 > MOST_PACKED {
            return Err(Damaged::TooMany("packed symbols"));
        }
        Elf::open(&Arc::new(SymbolFile::within(self.file.path(), unpacked))).map(Some)
    }
}

impl Source for Elf {
    fn identity(&self) -> Option<Identity> {
        self.build_id.clone().map(Identity::BuildId)
    }

    fn fits(&self, target: &SymbolTarget) -> bool {
        let order = match self.endian {
            Endianness::Little => ByteOrder::Little,
            Endianness::Big => ByteOrder::Big,
        };
        order == target.byte_order && self.wide == (target.pointer_width == 8)
    }

    fn table(&self) -> Result<Table, Damaged> {
        let mut table = Table::default();
        self.add_to(&mut table, self.lowest)?;
        if !self.is_complete()
            && let Some(packed) = self.packed()?
        {
            let lowest = if packed.lowest == 0 { self.lowest } else { packed.lowest };
            packed.add_to(&mut table, lowest)?;
        }
        Ok(table.sorted())
    }

    fn is_complete(&self) -> bool {
        self.tables.iter().any(|table| !table.is_dynamic)
    }

    fn is_image(&self) -> bool {
        self.is_image
    }

    fn memory_size(&self) -> Option<u64> {
        Some(self.memory_size)
    }

    fn has_debug_info(&self) -> bool {
        self.has_debug_info
    }

    fn cost(&self) -> u64 {
        let tables = self.tables.iter().map(|table| table.symbols.size.saturating_add(table.names.size));
        tables.chain(self.packed.map(|part| part.size)).fold(0, u64::saturating_add)
    }

    fn debug_link(&self) -> Option<&DebugLink> {
        self.debug_link.as_ref()
    }

    fn thread_local(&self) -> Option<ThreadLocalBlock> {
        self.thread_local
    }

    fn read_loaded(&self, offset: u64, into: &mut [u8]) -> usize {
        let within = |(start, part): &(u64, Part)| {
            let at = offset.checked_sub(*start)?;
            let left = part.size.checked_sub(at).filter(|left| *left > 0)?;
            Some((part.file_offset.checked_add(at)?, left))
        };
        let Some((file_offset, left)) = self.loaded.iter().find_map(within) else { return 0 };
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(into.len());
        let read = into.get_mut(..size).map(|into| self.file.read_into(file_offset, into));
        if matches!(read, Some(Ok(()))) { size } else { 0 }
    }

    fn thread_local_words(&self) -> Result<Vec<StoredWord>, Damaged> {
        self.words()
    }

    fn copies(&self) -> Result<Vec<CopiedVariable>, Damaged> {
        self.copied()
    }
}
