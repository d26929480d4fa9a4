//! Bytes that are kept until an edit is committed: in memory while there are few, else in a temporary file without a name.

use std::fs::File;
use std::io;

use crate::store::blocks::BLOCK;
use crate::store::platform;

/// Maximum number of bytes in memory.
const MOST_IN_MEMORY: usize = 16 << 20;

/// A growing run of bytes. Its first `in_file` bytes are in the file, the rest in memory.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    file: Option<File>,
    in_file: u64,
    memory: Vec<u8>,
}

impl Kept {
    /// Number of bytes.
    pub(crate) fn len(&self) -> u64 {
        self.in_file.saturating_add(self.memory.len() as u64)
    }

    /// All bytes, where they are in memory.
    pub(crate) fn in_memory(&self) -> Option<&[u8]> {
        if self.file.is_none() { Some(&self.memory) } else { None }
    }

    /// Appends bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        for block in bytes.chunks(BLOCK) {
            if self.memory.len().saturating_add(block.len()) > MOST_IN_MEMORY {
                self.spill()?;
            }
            self.memory.extend_from_slice(block);
        }
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => platform::spool_file()?,
        };
        let file = self.file.insert(file);
        platform::write_at(file, self.in_file, &self.memory)?;
        self.in_file = self.in_file.saturating_add(self.memory.len() as u64);
        self.memory.clear();
        Ok(())
    }

    /// Copies bytes, from the `at`-th on.
    pub(crate) fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let from_file = usize::try_from(self.in_file.saturating_sub(at)).unwrap_or(usize::MAX);
        let (first, second) = into.split_at_mut(from_file.min(into.len()));
        if let Some(file) = self.file.as_ref().filter(|_| !first.is_empty()) {
            platform::read_at(file, at, first)?;
        }
        let start = usize::try_from(at.saturating_sub(self.in_file)).ok();
        let held = start.and_then(|start| self.memory.get(start..start.checked_add(second.len())?));
        second.copy_from_slice(held.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_read_the_same_from_memory_and_from_the_file() {
        let mut kept = Kept::default();
        let block: Vec<u8> = (0..BLOCK + 7).map(|at| (at % 251) as u8).collect();
        for _ in 0..MOST_IN_MEMORY / BLOCK + 3 {
            kept.push(&block).unwrap();
        }
        assert!(kept.in_memory().is_none() && kept.memory.capacity() <= 2 * MOST_IN_MEMORY);
        let mut read = vec![0; 3 * BLOCK];
        for at in [0, 5, kept.in_file - 100, kept.in_file, kept.len() - read.len() as u64] {
            kept.read_at(at, &mut read).unwrap();
            for (read, at) in read.iter().zip(at..) {
                assert_eq!(*read, block[(at % block.len() as u64) as usize], "{at}");
            }
        }
        assert!(kept.read_at(kept.len() - 1, &mut [0; 2]).is_err());
    }
}
