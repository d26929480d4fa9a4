//! Files that a process has mapped, as its memory has them: the headers of ELF and PE files, the lists of the dynamic linker, and
//! what a process was started with.

mod linker;
mod portable_executable;
mod startup;

use dumpedit_layout::{ByteOrder, Layout};

pub use crate::elf::mapped::{Headers, ProgramHeader, Table};
pub use linker::Links;
pub use portable_executable::{ImageSection, PortableExecutable};
pub use startup::Startup;

/// The memory of a process, as far as a dump holds it.
pub trait ProcessMemory {
    /// Reads as many bytes from an address on as there are in one piece, and are room for; how many.
    fn read_memory(&self, address: u64, into: &mut [u8]) -> usize;
}

/// Reads memory that addresses in it lead to, as long as there is something left to be read: the tables of broken dumps lead to the
/// same bytes again and again.
pub struct Reading<'m> {
    memory: &'m dyn ProcessMemory,
    byte_order: ByteOrder,
    /// The size of a word, in bytes.
    width: u8,
    /// How many bytes may still be read.
    left: u64,
}

/// The most bytes that one look at a dump's memory reads: a few times the size of its file, and some more of a small one.
pub fn most_read(layout: &Layout) -> u64 {
    const TIMES: u64 = 4;
    const SPARE: u64 = 1 << 24;
    layout.file_size().saturating_mul(TIMES).saturating_add(SPARE)
}

impl<'m> Reading<'m> {
    /// Reads of the memory of a dump with a layout: [`most_read`] bytes.
    pub fn new(memory: &'m dyn ProcessMemory, layout: &Layout) -> Reading<'m> {
        let (byte_order, width) = (layout.byte_order(), layout.pointer_width());
        Reading { memory, byte_order, width, left: most_read(layout) }
    }

    /// The order of bytes in a word.
    pub(crate) fn byte_order(&self) -> ByteOrder {
        self.byte_order
    }

    /// As many of `size` bytes at an address as there are in one piece.
    pub fn bytes(&mut self, address: u64, size: u64) -> Vec<u8> {
        let size = size.min(self.left);
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        let count = self.memory.read_memory(address, &mut bytes);
        bytes.truncate(count);
        // Something is taken for every read, so that those of nothing end as well.
        let taken = u64::try_from(bytes.len().max(usize::from(self.width))).unwrap_or(u64::MAX);
        self.left = self.left.saturating_sub(taken);
        bytes
    }

    /// The number of `size` bytes at an address.
    pub fn number(&mut self, address: u64, size: u8) -> Option<u64> {
        let bytes = self.bytes(address, size.into());
        (bytes.len() == usize::from(size)).then(|| self.byte_order.number(&bytes))
    }

    /// A word of the target, by its index behind an address.
    pub fn word(&mut self, address: u64, index: usize) -> Option<u64> {
        let skipped = self.words(u64::try_from(index).ok()?);
        self.number(address.checked_add(skipped)?, self.width)
    }

    /// The words that some bytes at an address have, of as many as are there in one piece.
    pub fn words_at(&mut self, address: u64, size: u64) -> Vec<u64> {
        let bytes = self.bytes(address, size);
        self.words_in(&bytes)
    }

    /// The size of so many words, in bytes.
    pub fn words(&self, count: u64) -> u64 {
        count.saturating_mul(self.width.into())
    }

    /// The size of a text with its NUL, in bytes, of which `most` are looked at; 1 where none ends there.
    pub fn text_size(&mut self, address: u64, most: u64) -> u64 {
        let text = self.bytes(address, most);
        let length = text.iter().position(|byte| *byte == 0).unwrap_or(0);
        u64::try_from(length).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// The words that some bytes have.
    pub fn words_in(&self, bytes: &[u8]) -> Vec<u64> {
        bytes.chunks_exact(self.width.max(1).into()).map(|word| self.byte_order.number(word)).collect()
    }
}
