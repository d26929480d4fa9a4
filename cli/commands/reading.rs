//! Reads a range of a dump, block by block.

use dumpedit::{Chunk, Context, Dump, Location, Outcome};

use crate::failure::Failure;

/// Size of the blocks that are read and shown, in bytes: a multiple of the size of every type.
const BLOCK: u64 = 1 << 20;

/// A range of memory or a register to read.
pub(super) struct Reading<'a> {
    pub(super) dump: &'a Dump,
    pub(super) context: Context,
    pub(super) location: Location,
    pub(super) outcome: &'a Outcome,
}

impl Reading<'_> {
    /// Calls `each` with each block of bytes and its offset.
    pub(super) fn blocks(
        &self,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut done = 0;
        while done < self.outcome.completed {
            let len = self.outcome.completed.saturating_sub(done).min(BLOCK);
            let mut block = vec![0; usize::try_from(len).unwrap_or(0)];
            let read = self.dump.read_bytes(self.context, self.location.offset(done), &mut block)?;
            each(done, &block)?;
            done = done.saturating_add(read.completed.max(1));
        }
        Ok(())
    }

    /// Calls `each` with each chunk of bytes.
    pub(super) fn chunks(
        &self,
        mut each: impl FnMut(Chunk<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let read = self.dump.read_chunks(self.context, self.location, self.outcome.completed)?;
        let mut chunks = read.chunks;
        while let Some(chunk) = chunks.next()? {
            each(chunk)?;
        }
        Ok(())
    }
}
