//! What of a dump's tables contradicts its file, and what to write instead.

use dumpedit_layout::{ByteOrder, FileBytes, Notice, NoticeKind, Subject};

/// A field of a dump's tables that contradicts the file, and what mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repair {
    /// What is written over the field.
    pub patch: FileBytes,
    /// What is wrong, and what becomes of it.
    pub text: String,
}

/// What of a dump's tables contradicts its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Contradictions {
    /// What can be mended.
    pub repairs: Vec<Repair>,
    /// What cannot be mended, and stays.
    pub stays: Vec<Notice>,
}

/// Repairs in the making.
pub(crate) struct Repairs {
    order: ByteOrder,
    found: Contradictions,
}

impl Repairs {
    pub(crate) fn of(order: ByteOrder) -> Repairs {
        Repairs { order, found: Contradictions::default() }
    }

    /// The `size` bytes at a file offset get another value.
    pub(crate) fn put(&mut self, file_offset: u64, value: u64, size: usize, text: impl Into<String>) {
        let bytes = self.order.bytes(value, size);
        self.found.repairs.push(Repair { patch: FileBytes { file_offset, bytes }, text: text.into() });
    }

    /// Something that a field at a file offset says cannot be mended.
    pub(crate) fn stays(&mut self, file_offset: u64, text: impl Into<String>) {
        let notice = Notice::new(NoticeKind::NotRepaired, text.into());
        self.found.stays.push(notice.about(Subject::FileOffset(file_offset)));
    }

    /// In order of file offsets, each field once.
    pub(crate) fn finish(mut self) -> Contradictions {
        self.found.repairs.sort_by_key(|repair| repair.patch.file_offset);
        self.found.repairs.dedup_by_key(|repair| repair.patch.file_offset);
        self.found
    }
}
