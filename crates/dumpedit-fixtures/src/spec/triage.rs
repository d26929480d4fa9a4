//! Keys that only triage dumps have: parts kept as bytes, and unloaded drivers.

use dumpedit::notation::At;

use super::content::ContentSpec;

/// A part of a triage dump that is kept as bytes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PartSpec {
    /// File offset of the header field that points to it.
    pub field: u64,
    /// Size in bytes; that of its content.
    pub size: Option<u64>,
    /// Its bytes.
    pub content: ContentSpec,
}

impl PartSpec {
    /// A part of some bytes, by the file offset of the header field that points to it.
    pub fn new(field: u32, content: ContentSpec) -> PartSpec {
        PartSpec { field: field.into(), size: None, content }
    }
}

/// An unloaded driver.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UnloadedDriver {
    /// Its load address.
    pub base: At,
    /// Its size in bytes.
    pub size: u64,
    /// Name, of at most 12 letters.
    pub name: String,
    /// Bytes written over its entry.
    pub reserved: ContentSpec,
}

impl UnloadedDriver {
    /// A driver that was loaded at an address, of a size in bytes.
    pub fn new(base: u64, size: u64, name: &str) -> UnloadedDriver {
        UnloadedDriver {
            base: At::Address(base),
            size,
            name: name.to_owned(),
            reserved: ContentSpec::default(),
        }
    }
}
