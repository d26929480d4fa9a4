//! Differences between two dumps, by address and by register: never by file offset, so that the layout of the files does not matter.

mod fields;
mod memory;
mod outside;
mod registers;
mod script;
mod segments;
mod side;
mod threads;

use dumpedit_layout::CapturedRange;

use crate::dump::Dump;

pub use memory::MemoryDifference;
pub use outside::OutsideDifference;
pub use registers::{RecordDifference, RegisterDifference};
pub use script::{Scripted, Statement};
pub use segments::OneSided;
pub use side::{DiffError, Side};
pub use threads::{MatchedThreads, ThreadPair};

/// A comparison of two dumps. Nothing is read before a method needs it, and nothing is kept: differences are reported as they are found.
#[derive(Debug)]
pub struct Diff {
    a: Dump,
    b: Dump,
    first: u64,
    last: u64,
    ranges_a: Vec<CapturedRange>,
    ranges_b: Vec<CapturedRange>,
}

impl Diff {
    /// Compares the whole dumps.
    pub fn new(a: &Dump, b: &Dump) -> Diff {
        Diff::within(a, b, 0, u64::MAX)
    }

    /// Compares only memory, from `first` to `last`, both included, and no registers.
    pub fn within(a: &Dump, b: &Dump, first: u64, last: u64) -> Diff {
        let ranges = |dump: &Dump| dump.layout().captured_ranges(first, last).collect();
        Diff { a: a.clone(), b: b.clone(), first, last, ranges_a: ranges(a), ranges_b: ranges(b) }
    }

    fn dump(&self, side: Side) -> &Dump {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    fn covers(&self, address: u64) -> bool {
        (self.first..=self.last).contains(&address)
    }

    /// Whether registers are compared as well.
    fn is_whole(&self) -> bool {
        (self.first, self.last) == (0, u64::MAX)
    }
}
