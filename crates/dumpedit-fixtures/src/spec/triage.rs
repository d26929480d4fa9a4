//! What only triage dumps have: parts that are bytes, and drivers that were mapped before.

use dumpedit::notation::At;

use super::content::ContentSpec;

/// A part of a triage dump that is kept as bytes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PartSpec {
    /// The file offset of the field of the headers that leads to it.
    pub field: u64,
    /// Its size in bytes; what its content has.
    pub size: Option<u64>,
    /// Its bytes.
    pub content: ContentSpec,
}

impl PartSpec {
    /// A part of some bytes, by the file offset of the field that leads to it.
    pub fn new(field: u32, content: ContentSpec) -> PartSpec {
        PartSpec { field: field.into(), size: None, content }
    }
}

/// A driver that was mapped before.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UnloadedDriver {
    /// Its load address.
    pub base: At,
    /// Its size in bytes.
    pub size: u64,
    /// Its name, of at most 12 letters.
    pub name: String,
    /// Bytes that are put over its entry.
    pub reserved: ContentSpec,
}

impl UnloadedDriver {
    /// A driver that was mapped at an address, of a size in bytes.
    pub fn new(base: u64, size: u64, name: &str) -> UnloadedDriver {
        UnloadedDriver {
            base: At::Address(base),
            size,
            name: name.to_owned(),
            reserved: ContentSpec::default(),
        }
    }
}
