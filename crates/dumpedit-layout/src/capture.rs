//! Captures: addresses whose bytes are in the file, by descriptor, and the way from file bytes back to addresses.

use crate::interval::{Interval, IntervalTree};
use crate::mapping::Protection;

/// Addresses whose bytes are in the file, as one descriptor lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capture {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) file_offset: u64,
    /// Reads take the lowest rank.
    pub(crate) rank: u32,
    /// Protection of the mapping that has exactly these addresses and no name, where the descriptor is one, too. It takes no memory of its
    /// own: a capture is 32 bytes, and a dump may have a million.
    pub(crate) mapped: Option<Protection>,
}

const _: () = assert!(size_of::<Capture>() == 32);

impl Capture {
    /// File offset of an address in the capture.
    pub(crate) fn file_offset_of(&self, address: u64) -> u64 {
        self.file_offset.saturating_add(address.saturating_sub(self.first))
    }

    /// The part of a capture that decides which bytes are read and written.
    pub(crate) fn place(&self) -> Capture {
        Capture { mapped: None, ..*self }
    }

    /// Address of a file offset in the capture.
    pub(crate) fn address_of(&self, file_offset: u64) -> u64 {
        self.first.saturating_add(file_offset.saturating_sub(self.file_offset))
    }

    pub(crate) fn file_last(&self) -> u64 {
        self.file_offset_of(self.last)
    }
}

impl Interval for Capture {
    fn lowest(&self) -> u64 {
        self.first
    }
    fn highest(&self) -> u64 {
        self.last
    }
}

/// A capture ordered by its file bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByFile {
    pub(crate) capture: Capture,
}

impl Interval for ByFile {
    fn lowest(&self) -> u64 {
        self.capture.file_offset
    }
    fn highest(&self) -> u64 {
        self.capture.file_last()
    }
}

/// Captures in the order of their file bytes.
#[derive(Debug)]
pub(crate) struct FileOrder {
    pub(crate) tree: IntervalTree<ByFile>,
    /// Whether any file byte maps to two addresses.
    pub(crate) shared: bool,
}

impl FileOrder {
    pub(crate) fn of(captures: &[Capture]) -> FileOrder {
        let tree = IntervalTree::new(captures.iter().map(|&capture| ByFile { capture }).collect());
        let mut next = 0;
        let shared = tree.items().iter().any(|one: &ByFile| {
            let shares = one.lowest() < next;
            next = one.highest().saturating_add(1).max(next);
            shares
        });
        FileOrder { tree, shared }
    }
}
