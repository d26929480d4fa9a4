//! Parts of a model that only Mach-O cores have.

use std::borrow::Cow;

use super::{Blob, Content};
use crate::macho::schema::{self, PROCESS_METADATA};

/// A Mach-O core without its threads and its memory (`mach_header_64` of `mach-o/loader.h`).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct MachO {
    /// `cputype`.
    pub cpu: u32,
    /// `cpusubtype`.
    pub subtype: u32,
    /// Whether header and segments are the 64-bit ones.
    pub wide: bool,
    /// `flags`.
    pub flags: u32,
    /// Alignment of the file offsets of memory, in bytes.
    pub memory_align: u64,
    /// The notes.
    pub notes: Vec<LoadNote>,
    /// Load commands that are neither segments, threads nor notes, each with its type and size.
    pub commands: Vec<Content>,
}

/// A note of a Mach-O core (`note_command`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LoadNote {
    /// `data_owner`.
    pub owner: [u8; 16],
    /// Bytes, and the targets of their offsets.
    pub blob: Blob,
}

impl MachO {
    /// Reduces the metadata of the process to the threads that `kept` marks.
    pub(super) fn keep_metadata(&mut self, kept: &[bool]) {
        for note in self.notes.iter_mut().filter(|note| note.is(PROCESS_METADATA)) {
            if let Content::Bytes(bytes) = &note.blob.content {
                note.blob.content =
                    schema::metadata_of(bytes, kept).map_or_else(|| note.blob.content.clone(), Into::into);
            }
        }
    }
}

impl LoadNote {
    /// A note of an owner, a name of at most 16 bytes.
    pub fn new(name: &[u8], content: Content) -> LoadNote {
        let mut owner = [0; 16];
        owner.iter_mut().zip(name).for_each(|(into, byte)| *into = *byte);
        LoadNote { owner, blob: Blob::new(content) }
    }

    /// Whether it has this owner.
    pub fn is(&self, owner: &[u8]) -> bool {
        self.text() == owner
    }

    /// The owner's name, for display.
    pub fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.text())
    }

    fn text(&self) -> &[u8] {
        self.owner.split(|byte| *byte == 0).next().unwrap_or_default()
    }
}
