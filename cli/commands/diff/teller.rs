//! What whoever tells of a comparison is told.

use std::io;

use dumpedit::ThreadIndex;
use dumpedit::diff::{MemoryDifference, OneSided, RecordDifference, Side};

use super::found::Found;

/// The parts of a comparison, in the order in which they are told; each can fail to be written.
pub(super) trait Teller {
    fn memory(&mut self, found: MemoryDifference<'_>, count: &mut Found) -> io::Result<()>;
    fn record(&mut self, found: &RecordDifference, count: &mut Found) -> io::Result<()>;
    /// The memory and the registers are told; what only this side has follows.
    fn side(&mut self, side: Side, count: &Found) -> io::Result<()>;
    fn range(&mut self, one: &OneSided, number: u64) -> io::Result<()>;
    fn thread(&mut self, side: Side, index: ThreadIndex, tid: u64, number: u64) -> io::Result<()>;
    fn end(&mut self, count: &Found) -> io::Result<()>;
}
