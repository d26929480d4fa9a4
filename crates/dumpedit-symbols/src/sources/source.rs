//! What every kind of symbol file tells.

use std::fmt;

use object::endian::Endianness;

use super::error::Damaged;
use super::thread_local::{StoredWord, ThreadLocalBlock};
use crate::demangled::Decoration;
use crate::identity::Identity;
use crate::row::SymbolRow;
use crate::table::Table;
use crate::target::SymbolTarget;

/// Whose symbols a file is opened for: of several modules in one file, the one that is meant is taken.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) target: &'a SymbolTarget,
    /// The module's id, as the dump writes it.
    pub(crate) id: Option<&'a str>,
}

/// What a symbol file has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceRows {
    /// Its symbols, in the order of the file.
    pub rows: Vec<SymbolRow>,
    /// Which build it belongs to, where it says so.
    pub identity: Option<Identity>,
    /// What the compiler puts around the names of C.
    pub decoration: Decoration,
}

/// A symbol file of some kind, of which not much was read yet.
pub(crate) trait Source: Send + Sync + fmt::Debug {
    /// Which build it is of, where it says so.
    fn identity(&self) -> Option<Identity>;

    /// Whether it can be of a process of this kind.
    fn fits(&self, target: &SymbolTarget) -> bool;

    /// Its symbols.
    fn table(&self) -> Result<Table, Damaged>;

    /// Whether it has all symbols that its build had, so that no other file needs to be asked.
    fn is_complete(&self) -> bool;

    /// Whether it is what was loaded, and not only what was moved out of that.
    fn is_image(&self) -> bool {
        true
    }

    /// How many bytes of memory the module has, from where it begins, where the file says so. What a dump says ends with the last byte
    /// that the file has, and the zeros behind it are the module's, too.
    fn memory_size(&self) -> Option<u64> {
        None
    }

    /// Whether it has debug information.
    fn has_debug_info(&self) -> bool;

    /// How many bytes of it [`Source::table`] reads.
    fn cost(&self) -> u64;

    /// What it says of the file that its debug information was moved to.
    fn debug_link(&self) -> Option<&DebugLink> {
        None
    }

    /// Reads what is loaded so many bytes from where the module begins, and says how many bytes that was.
    fn read_loaded(&self, _offset: u64, _into: &mut [u8]) -> usize {
        0
    }

    /// Its thread-local variables.
    fn thread_local(&self) -> Option<ThreadLocalBlock> {
        None
    }

    /// Where code that uses its thread-local variables finds them.
    fn thread_local_words(&self) -> Result<Vec<StoredWord>, Damaged> {
        Ok(Vec::new())
    }

    /// The size of its module's pointers, in bytes, where that is a module of Windows. It need not be that of the process's, as with
    /// WOW64.
    fn windows_pointers(&self) -> Option<u8> {
        None
    }

    /// The variables of libraries that it has copies of.
    fn copies(&self) -> Result<Vec<CopiedVariable>, Damaged> {
        Ok(Vec::new())
    }
}

/// A variable of a library of which a program has a copy, which all modules use instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopiedVariable {
    /// Its name.
    pub(crate) name: String,
    /// Where the copy is, as [`SymbolRow::offset`].
    pub(crate) offset: u64,
}

/// The file that debug information was moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DebugLink {
    /// Its name, without folders.
    pub(crate) name: String,
    /// The CRC-32 of its bytes.
    pub(crate) crc: u32,
}

impl DebugLink {
    /// What a section `.gnu_debuglink` says: a name, zeros up to a multiple of four bytes, and a CRC-32.
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
