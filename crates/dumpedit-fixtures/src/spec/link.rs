//! File offsets in bytes, and the data they point to.

use super::content::ContentSpec;

/// A file offset in the bytes of a stream or a note, and the data it points to.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LinkSpec {
    /// Its offset from the start of those bytes.
    pub at: u64,
    /// Its encoding.
    pub pointer: PointerSpec,
    /// Size of the data, in bytes; that of its content.
    pub size: Option<u64>,
    /// The data.
    pub content: ContentSpec,
    /// File offsets in the data.
    pub links: Vec<LinkSpec>,
}

impl LinkSpec {
    /// An RVA at an offset in bytes, and the data it points to.
    pub fn new(at: u64, content: ContentSpec) -> LinkSpec {
        LinkSpec { at, pointer: PointerSpec::Rva, size: None, content, links: Vec::new() }
    }
}

/// Encoding of a file offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PointerSpec {
    /// `RVA`, 32 bits.
    #[default]
    Rva,
    /// `RVA64`, 64 bits.
    Rva64,
    /// `MINIDUMP_LOCATION_DESCRIPTOR`: size and file offset, 32 bits each.
    Location,
}
