//! Parts of a spec that hold registers.

use dumpedit::Context;
use dumpedit_formats::write::Part;

/// A part of a spec that holds registers, and its place in the described dump.
pub(super) struct Slot {
    pub(super) part: Part,
    /// Context of these registers, where they have names.
    pub(super) context: Option<Context>,
    pub(super) file_offset: u64,
    /// Size in bytes.
    pub(super) size: u64,
}
