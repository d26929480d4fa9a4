//! The limit of walks over memory: where many regions share bytes of the file, memory can be far larger than the file.

use dumpedit_layout::CapturedRange;

use crate::dump::Dump;
use crate::error::{Error, Walked};

impl Dump {
    /// The size of captured memory in bytes, unless it exceeds the limit.
    ///
    /// # Errors
    /// [`Error::Repeated`] where it is more than 16 times the file and more than 1 GiB.
    pub(crate) fn bytes_to_walk(&self, ranges: &[CapturedRange]) -> Result<u64, Error> {
        let file_size = self.layout().file_size();
        let limit = file_size.saturating_mul(16).max(1 << 30);
        let captured = ranges.iter().fold(0u64, |total, range| {
            total.saturating_add(range.last.saturating_sub(range.first)).saturating_add(1)
        });
        if captured > limit {
            return Err(Error::Repeated { what: Walked::Memory, size: captured, file_size, limit });
        }
        Ok(captured)
    }
}
