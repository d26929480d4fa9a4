//! The streams of a minidump.

use dumpedit::notation::At;

use super::content::ContentSpec;
use super::link::LinkSpec;

/// A minidump's stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StreamSpec {
    /// Its type.
    pub kind: u64,
    /// Its size in bytes; what its content has.
    pub size: Option<u64>,
    /// Its bytes.
    pub content: ContentSpec,
    /// The file offsets in its bytes, and what is there.
    pub links: Vec<LinkSpec>,
    /// Where the directory says that it is. Nothing is then stored.
    pub file_offset: Option<At>,
}

impl StreamSpec {
    /// A stream of some bytes.
    pub fn new(kind: u32, content: ContentSpec) -> StreamSpec {
        StreamSpec { kind: kind.into(), size: None, content, links: Vec::new(), file_offset: None }
    }
}
