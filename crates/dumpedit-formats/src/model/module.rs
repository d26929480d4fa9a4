//! Modules in a container's list.

use super::{Content, Placed};

/// An entry of a minidump's ModuleList (`MINIDUMP_MODULE`), a row of a core's NT_FILE, or a driver of a triage dump
/// (`DUMP_DRIVER_ENTRY64`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModuleEntry {
    /// Its load address.
    pub base: Placed<u64>,
    /// Its size in memory, in bytes.
    pub size: Placed<u64>,
    /// Name; mostly a path.
    pub name: Placed<String>,
    /// ELF: offset of the mapping in the file, in pages.
    pub page: Placed<u64>,
    /// Minidump: `CheckSum`.
    pub checksum: Placed<u32>,
    /// Minidump, triage dump: `TimeDateStamp`.
    pub timestamp: Placed<u32>,
    /// Minidump: `VersionInfo`, 52 bytes.
    pub version: Content,
    /// Minidump: the CodeView record.
    pub code_view: Option<Content>,
    /// Minidump: the miscellaneous record.
    pub miscellaneous: Option<Content>,
    /// Minidump: `Reserved0` and `Reserved1`, 16 bytes. Triage dump: the entry behind the name's offset, which the other fields overwrite.
    pub reserved: Content,
}

impl ModuleEntry {
    /// A module with these values only.
    pub fn new(base: u64, size: u64, name: String) -> ModuleEntry {
        ModuleEntry {
            base: base.into(),
            size: size.into(),
            name: name.into(),
            page: 0.into(),
            checksum: 0.into(),
            timestamp: 0.into(),
            version: Content::Zero(52),
            code_view: None,
            miscellaneous: None,
            reserved: Content::Zero(16),
        }
    }
}
