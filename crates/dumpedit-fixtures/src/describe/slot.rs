//! Parts of a spec that hold registers.

use dumpedit::Context;
use dumpedit_formats::write::Part;

/// A part of a spec that holds registers, and where the described dump has it.
pub(super) struct Slot {
    pub(super) part: Part,
    /// Whose registers these are, where they have names.
    pub(super) context: Option<Context>,
    pub(super) file_offset: u64,
    /// In bytes.
    pub(super) size: u64,
}
