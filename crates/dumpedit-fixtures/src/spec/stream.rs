//! The streams of a minidump.

use dumpedit::notation::At;

use super::content::Content;
use super::link::Link;

/// A minidump's stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stream {
    /// Its type.
    pub kind: u64,
    /// Its size in bytes; what its content has.
    pub size: Option<u64>,
    /// Its bytes.
    pub content: Content,
    /// The file offsets in its bytes, and what is there.
    pub links: Vec<Link>,
    /// Where the directory says that it is. Nothing is then stored.
    pub file_offset: Option<At>,
}

impl Stream {
    /// A stream of some bytes.
    pub fn new(kind: u32, content: Content) -> Stream {
        Stream { kind: kind.into(), size: None, content, links: Vec::new(), file_offset: None }
    }
}
