//! Structures of Windows in the memory of a process, where the dump has them in one piece.

use dumpedit_layout::{Access, Context, Layout, Location, Resolved};

/// The captured memory of a dump, searched up to a bound: there can be as many copies of one address as descriptors, and a hostile dump
/// would have all of them searched again and again.
pub(super) struct InMemory<'a> {
    layout: &'a Layout,
    /// Number of captures that may still be searched.
    left: usize,
}

impl<'a> InMemory<'a> {
    pub(super) fn of(layout: &'a Layout) -> Self {
        InMemory { layout, left: 1 << 20 }
    }

    /// The file offset of `size` bytes at an address in the copy that reads take; `None` where that does not hold all of them.
    pub(super) fn captured(&mut self, address: u64, size: u64) -> Option<u64> {
        if self.left == 0 {
            return None;
        }
        let at = Location::Virtual(address);
        let resolved = self.layout.resolve(Context::Process, at, size, Access::Read).ok()?;
        let Resolved { outcome, pieces, .. } = resolved;
        self.left = self.left.saturating_sub(pieces.len());
        let first = pieces.iter().filter(|piece| piece.start == 0).min_by_key(|piece| piece.rank)?;
        (outcome.is_full() && first.size == size).then_some(first.file_offset)
    }
}
