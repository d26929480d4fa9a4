//! Values with their places in a file, and bytes that stay in their file until they are read.

use std::sync::Arc;

use dumpedit_layout::Place;

/// A value, and its place in the dump.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Place; `None` for a value that was made and not read.
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

/// Bytes of a dump, as a reference where a file has them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// Bytes that are all in the file that the model was read from.
    File(Place),
    /// Bytes of that file up to its end, and zeros for the part that is cut off.
    Cut {
        /// Place of the bytes in the file.
        file: Place,
        /// Size with the zeros, in bytes.
        size: u64,
    },
    /// Bytes in memory.
    Bytes(Arc<[u8]>),
    /// Zeros, of this number of bytes.
    Zero(u64),
    /// Bytes that the model's maker holds.
    Given {
        /// The maker's number for them.
        number: usize,
        /// Size, in bytes.
        size: u64,
    },
}

impl Content {
    /// Size, in bytes.
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

    /// Place of the bytes in the file, where they are from the file; they may extend past its end.
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

/// A file offset in a dump of bytes that are stored for another part, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOffset {
    /// A plain file offset, in bytes.
    Number(u64),
    /// The bytes of a [memory](super::Model::memory) entry.
    Memory {
        /// Its index.
        index: usize,
        /// Offset in the entry, in bytes.
        skipped: u64,
    },
}
