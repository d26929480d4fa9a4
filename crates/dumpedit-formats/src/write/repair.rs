//! What of a dump's tables contradicts its file, and what to write instead.

use dumpedit_layout::{ByteOrder, FileBytes};

/// A field of a dump's tables that contradicts the file, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repair {
    /// What is written over the field.
    pub patch: FileBytes,
    /// What is wrong, and what becomes of it.
    pub text: String,
}

/// Repairs in the making.
pub(crate) struct Repairs {
    order: ByteOrder,
    found: Vec<Repair>,
}

impl Repairs {
    pub(crate) fn of(order: ByteOrder) -> Repairs {
        Repairs { order, found: Vec::new() }
    }

    /// The `size` bytes at a file offset get another value.
    pub(crate) fn put(&mut self, file_offset: u64, value: u64, size: usize, text: impl Into<String>) {
        let bytes = self.order.bytes(value, size);
        self.found.push(Repair { patch: FileBytes { file_offset, bytes }, text: text.into() });
    }

    /// In order of file offsets, each field once.
    pub(crate) fn finish(mut self) -> Vec<Repair> {
        self.found.sort_by_key(|repair| repair.patch.file_offset);
        self.found.dedup_by_key(|repair| repair.patch.file_offset);
        self.found
    }
}
