//! The interface that every kind of symbol file has.

use std::fmt;

use object::endian::Endianness;

use super::error::Damaged;
use super::thread_local::{StoredWord, ThreadLocalBlock};
use crate::demangled::Decoration;
use crate::identity::Identity;
use crate::row::SymbolRow;
use crate::table::Table;
use crate::target::SymbolTarget;

/// The process and the module that a file is opened for. If one file has several modules, the one that is meant is
/// used.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) target: &'a SymbolTarget,
    /// The module's id, as the dump has it.
    pub(crate) id: Option<&'a str>,
}

/// The contents of a symbol file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceRows {
    /// The symbols, in the order of the file.
    pub rows: Vec<SymbolRow>,
    /// The identity of its build, if it has one.
    pub identity: Option<Identity>,
    /// The decoration that the compiler adds to C names.
    pub decoration: Decoration,
}

/// A symbol file of some kind, of which only the headers have been read.
pub(crate) trait Source: Send + Sync + fmt::Debug {
    /// The identity of its build, if it has one.
    fn identity(&self) -> Option<Identity>;

    /// Whether it can be a file of a process of this kind.
    fn fits(&self, target: &SymbolTarget) -> bool;

    /// Reads its symbols.
    fn table(&self) -> Result<Table, Damaged>;

    /// Whether it has all symbols of its build, so that no other file is needed.
    fn is_complete(&self) -> bool;

    /// Whether it is the file that was loaded, and not one that was split off from it.
    fn is_image(&self) -> bool {
        true
    }

    /// The size in bytes of the module in memory, if the file has it. The size in a dump may end with the last byte
    /// that the file has. The zeros after it belong to the module, too.
    fn memory_size(&self) -> Option<u64> {
        None
    }

    /// Whether it has debug information.
    fn has_debug_info(&self) -> bool;

    /// The number of bytes that [`Source::table`] reads.
    fn cost(&self) -> u64;

    /// The link to the file that its debug information was moved to.
    fn debug_link(&self) -> Option<&DebugLink> {
        None
    }

    /// Reads what is loaded at an offset in bytes from the module's base, and returns the number of bytes read.
    fn read_loaded(&self, _offset: u64, _into: &mut [u8]) -> usize {
        0
    }

    /// The block of its thread-local variables.
    fn thread_local(&self) -> Option<ThreadLocalBlock> {
        None
    }

    /// The words in which code that uses its thread-local variables finds them.
    fn thread_local_words(&self) -> Result<Vec<StoredWord>, Damaged> {
        Ok(Vec::new())
    }

    /// The size in bytes of the module's pointers, if it is a module of Windows. It may differ from that of the
    /// process, as with WOW64.
    fn windows_pointers(&self) -> Option<u8> {
        None
    }

    /// The variables of libraries that it has copies of.
    fn copies(&self) -> Result<Vec<CopiedVariable>, Damaged> {
        Ok(Vec::new())
    }
}

/// A variable of a library that a program has a copy of. All modules use the copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopiedVariable {
    /// Its name.
    pub(crate) name: String,
    /// The offset of the copy, as [`SymbolRow::offset`].
    pub(crate) offset: u64,
}

/// The name and the CRC of the file that debug information was moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DebugLink {
    /// The name of the file, without folders.
    pub(crate) name: String,
    /// The CRC-32 of the file's bytes.
    pub(crate) crc: u32,
}

impl DebugLink {
    /// Parses a `.gnu_debuglink` section: a name, zeros up to a multiple of four bytes, and a CRC-32.
    pub(crate) fn read(section: &[u8], endian: Endianness) -> Option<DebugLink> {
        let end = memchr::memchr(0, section)?;
        let name = std::str::from_utf8(section.get(..end)?).ok()?;
        let crc = section.get(end.checked_add(4)? & !3..)?.get(..4)?.try_into().ok()?;
        let crc = match endian {
            Endianness::Little => u32::from_le_bytes(crc),
            Endianness::Big => u32::from_be_bytes(crc),
        };
        let is_name = !name.is_empty() && !name.contains(['/', '\\']) && name != "." && name != "..";
        is_name.then(|| DebugLink { name: name.to_owned(), crc })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_link_is_a_name_without_folders_and_a_crc() {
        let read = |section: &[u8]| DebugLink::read(section, Endianness::Little);
        let link = |name: &str| Some(DebugLink { name: name.to_owned(), crc: 0x0403_0201 });
        assert_eq!(read(b"a.debug\0\x01\x02\x03\x04"), link("a.debug"));
        assert_eq!(read(b"app.debug\0\0\0\x01\x02\x03\x04and more"), link("app.debug"));
        for bad in [
            &b"a.debug\0\x01\x02\x03"[..],
            b"a.debug",
            b"",
            b"\0\0\0\0\x01\x02\x03\x04",
            b"..\0\0\x01\x02\x03\x04",
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        for bad in [&b"a/b\0\x01\x02\x03\x04"[..], b"a\\b\0\x01\x02\x03\x04"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
