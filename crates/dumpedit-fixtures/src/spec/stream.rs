//! Streams of a minidump.

use dumpedit::notation::At;

use super::content::ContentSpec;
use super::link::LinkSpec;

/// A minidump's stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StreamSpec {
    /// Type.
    pub kind: u64,
    /// Size in bytes; that of its content.
    pub size: Option<u64>,
    /// Bytes.
    pub content: ContentSpec,
    /// File offsets in its bytes, and the data they point to.
    pub links: Vec<LinkSpec>,
    /// File offset in the directory. Nothing is stored then.
    pub file_offset: Option<At>,
}

impl StreamSpec {
    /// A stream of some bytes.
    pub fn new(kind: u32, content: ContentSpec) -> StreamSpec {
        StreamSpec { kind: kind.into(), size: None, content, links: Vec::new(), file_offset: None }
    }
}
