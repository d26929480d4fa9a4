//! Modules.

use dumpedit::notation::At;

use super::content::ContentSpec;

/// A module. Defaults are behind semicolons.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ModuleSpec {
    /// Its load address.
    pub base: At,
    /// Its size in bytes.
    pub size: u64,
    /// Its name; usually a path.
    pub name: String,
    /// ELF: offset of the mapping in the file, in pages; 0.
    pub page: Option<u64>,
    /// Minidump: `CheckSum`.
    pub checksum: Option<u64>,
    /// Minidump: `TimeDateStamp`.
    pub timestamp: Option<u64>,
    /// Minidump: `VersionInfo`, 52 bytes; zeros.
    pub version: ContentSpec,
    /// Minidump: the CodeView record.
    pub cv: Option<ContentSpec>,
    /// Minidump: the miscellaneous record.
    pub misc: Option<ContentSpec>,
    /// Minidump: the 16 reserved bytes at the end; zeros.
    pub reserved: ContentSpec,
}

impl ModuleSpec {
    /// A module with these values only.
    pub fn new(base: u64, size: u64, name: &str) -> ModuleSpec {
        ModuleSpec {
            base: At::Address(base),
            size,
            name: name.to_owned(),
            page: None,
            checksum: None,
            timestamp: None,
            version: ContentSpec::default(),
            cv: None,
            misc: None,
            reserved: ContentSpec::default(),
        }
    }
}
