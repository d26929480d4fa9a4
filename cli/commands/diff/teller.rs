//! Receivers of a comparison's parts.

use std::io;

use dumpedit::ThreadIndex;
use dumpedit::diff::{MemoryDifference, OneSided, RecordDifference, Side};

use super::found::Found;

/// Receives the parts of a comparison, in order. Writing each part can fail.
pub(super) trait Teller {
    fn memory(&mut self, found: MemoryDifference<'_>, count: &mut Found) -> io::Result<()>;
    fn record(&mut self, found: &RecordDifference, count: &mut Found) -> io::Result<()>;
    /// Memory and registers are complete; the parts that only this side has follow.
    fn side(&mut self, side: Side, count: &Found) -> io::Result<()>;
    fn range(&mut self, one: &OneSided, number: u64) -> io::Result<()>;
    fn thread(&mut self, side: Side, index: ThreadIndex, tid: u64, number: u64) -> io::Result<()>;
    fn end(&mut self, count: &Found) -> io::Result<()>;
}
