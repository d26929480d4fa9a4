//! Contradictions between a dump's tables and its file, and the values that mend them.

use dumpedit_layout::{ByteOrder, FileBytes, Notice, NoticeKind, Subject};

/// A field of a dump's tables that contradicts the file, and its mended value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repair {
    /// Bytes to write over the field.
    pub patch: FileBytes,
    /// What is wrong, and what the repair does.
    pub text: String,
}

/// Contradictions between a dump's tables and its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contradictions {
    /// Contradictions that can be mended.
    pub repairs: Vec<Repair>,
    /// Contradictions that cannot be mended, and stay.
    pub stays: Vec<Notice>,
}

/// Repairs found so far.
pub(crate) struct Repairs {
    order: ByteOrder,
    found: Contradictions,
}

impl Repairs {
    pub(crate) fn of(order: ByteOrder) -> Repairs {
        Repairs { order, found: Contradictions::default() }
    }

    /// Gives another value to the `size` bytes at a file offset.
    pub(crate) fn put(&mut self, file_offset: u64, value: u64, size: usize, text: impl Into<String>) {
        let bytes = self.order.bytes(value, size);
        self.found.repairs.push(Repair { patch: FileBytes { file_offset, bytes }, text: text.into() });
    }

    /// Adds a notice about a field that cannot be mended.
    pub(crate) fn stays(&mut self, file_offset: u64, text: impl Into<String>) {
        let notice = Notice::new(NoticeKind::NotRepaired, text.into());
        self.found.stays.push(notice.about(Subject::FileOffset(file_offset)));
    }

    /// The contradictions in order of file offsets, each field once.
    pub(crate) fn finish(mut self) -> Contradictions {
        self.found.repairs.sort_by_key(|repair| repair.patch.file_offset);
        self.found.repairs.dedup_by_key(|repair| repair.patch.file_offset);
        self.found
    }
}
