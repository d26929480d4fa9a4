//! Keys that only Mach-O cores have: states of threads, notes and load commands.

use super::content::ContentSpec;
use super::link::LinkSpec;

/// A state of a Mach-O core's thread.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StateSpec {
    /// Kind of its registers, by the number in the machine's headers.
    pub flavor: u64,
    /// Flavor of the state that it is wrapped in, where it is.
    pub wrapper: Option<u64>,
    /// Size in bytes; that of its flavor, or of its content.
    pub size: Option<u64>,
    /// Its bytes, before registers are set.
    pub content: ContentSpec,
    /// Bytes written over it after the registers.
    pub rest: ContentSpec,
}

impl StateSpec {
    /// A state of zeros.
    pub fn new(flavor: u32) -> StateSpec {
        StateSpec {
            flavor: flavor.into(),
            wrapper: None,
            size: None,
            content: ContentSpec::default(),
            rest: ContentSpec::default(),
        }
    }
}

/// A note of a Mach-O core.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoadNoteSpec {
    /// Owner, at most 16 bytes.
    pub owner: String,
    /// Size in bytes; that of its content.
    pub size: Option<u64>,
    /// Its bytes.
    pub content: ContentSpec,
    /// File offsets in its bytes, and the data they point to.
    pub links: Vec<LinkSpec>,
}

impl LoadNoteSpec {
    /// A note of some bytes.
    pub fn new(owner: &str, content: ContentSpec) -> LoadNoteSpec {
        LoadNoteSpec { owner: owner.to_owned(), size: None, content, links: Vec::new() }
    }
}

/// A load command of a Mach-O core.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoadCommand {
    /// Its type.
    pub kind: u64,
    /// Its bytes behind its type and its size.
    pub content: ContentSpec,
}

impl LoadCommand {
    /// A load command of a type, with the bytes behind its type and its size.
    pub fn new(kind: u32, content: ContentSpec) -> LoadCommand {
        LoadCommand { kind: kind.into(), content }
    }
}
