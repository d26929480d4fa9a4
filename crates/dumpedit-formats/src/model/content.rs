//! Values with their places in a file, and bytes that stay where they are until somebody needs them.

use std::sync::Arc;

use dumpedit_layout::Place;

/// A value, and where the dump has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Its place; `None` where it was made and not read.
    pub place: Option<Place>,
}

impl<T> From<T> for Placed<T> {
    fn from(value: T) -> Self {
        Placed { value, place: None }
    }
}

impl<T> Placed<T> {
    /// A value of `size` bytes that was read at a file offset.
    pub fn at(value: T, file_offset: u64, size: u64) -> Self {
        Placed { value, place: Some(Place { file_offset, size }) }
    }
}

/// Bytes of a dump, without the bytes where a file has them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// Bytes of the file that the model was read from, all of which it has.
    File(Place),
    /// Bytes of that file up to its end, and zeros for what the end cuts off.
    Cut {
        /// What the file has.
        file: Place,
        /// The size of all of it, in bytes.
        size: u64,
    },
    /// These bytes.
    Bytes(Arc<[u8]>),
    /// So many zeros.
    Zero(u64),
    /// Bytes that whoever made the model has.
    Given {
        /// Its own number for them.
        number: usize,
        /// Their size in bytes.
        size: u64,
    },
}

impl Content {
    /// The size in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Content::File(place) => place.size,
            Content::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Content::Zero(size) | Content::Given { size, .. } | Content::Cut { size, .. } => *size,
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.size() == 0
    }

    /// Where the file has the bytes, if it is there that they are; it may end before they do.
    pub fn place(&self) -> Option<Place> {
        match self {
            Content::File(place) => Some(*place),
            Content::Cut { file, size } => Some(Place { size: *size, ..*file }),
            _ => None,
        }
    }
}

impl Default for Content {
    fn default() -> Self {
        Content::Zero(0)
    }
}

impl From<Vec<u8>> for Content {
    fn from(bytes: Vec<u8>) -> Self {
        Content::Bytes(bytes.into())
    }
}

/// A file offset that a dump gives for bytes which it stores for something else, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOffset {
    /// That offset, in bytes, whatever is there.
    Number(u64),
    /// The bytes of a [memory](super::Model::memory) entry.
    Memory {
        /// Its index.
        index: usize,
        /// How many bytes into it.
        skipped: u64,
    },
}
