//! File offsets in bytes, and what is there.

use super::content::ContentSpec;

/// A file offset in the bytes of a stream or a note, and what is there.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LinkSpec {
    /// Where it stands, in bytes from the start of what holds it.
    pub at: u64,
    /// How it is written.
    pub pointer: PointerSpec,
    /// The size of what is there, in bytes; what its content has.
    pub size: Option<u64>,
    /// What is there.
    pub content: ContentSpec,
    /// The file offsets in that.
    pub links: Vec<LinkSpec>,
}

impl LinkSpec {
    /// An RVA at an offset in bytes, and the bytes that it leads to.
    pub fn new(at: u64, content: ContentSpec) -> LinkSpec {
        LinkSpec { at, pointer: PointerSpec::Rva, size: None, content, links: Vec::new() }
    }
}

/// How a file offset is written.
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
