//! Structures of a process in its memory: headers of mapped ELF and PE files, the lists of the dynamic linker, and the arguments and the
//! environment.

mod linker;
mod portable_executable;
mod startup;

use dumpedit_layout::{ByteOrder, Layout};

pub use crate::elf::mapped::{Headers, ProgramHeader, Table};
pub use linker::Links;
pub use portable_executable::{ImageSection, PortableExecutable};
pub use startup::Startup;

/// The parts of a process's memory that a dump holds.
pub trait ProcessMemory {
    /// Reads the captured bytes from an address on, up to the first gap or the end of `into`. Returns their number.
    fn read_memory(&self, address: u64, into: &mut [u8]) -> usize;
}

/// Reads memory through the addresses in it, up to a budget of bytes: the tables of broken dumps lead to the same bytes again and again.
pub struct Reading<'m> {
    memory: &'m dyn ProcessMemory,
    byte_order: ByteOrder,
    /// Size of a word, in bytes.
    width: u8,
    /// Bytes that may still be read.
    left: u64,
}

/// Maximum number of bytes that one pass over a dump's memory reads: a few times the size of its file, and some more for a small one.
pub fn most_read(layout: &Layout) -> u64 {
    const TIMES: u64 = 4;
    const SPARE: u64 = 1 << 24;
    layout.file_size().saturating_mul(TIMES).saturating_add(SPARE)
}

impl<'m> Reading<'m> {
    /// Reads the memory of a dump with a layout, [`most_read`] bytes at most.
    pub fn new(memory: &'m dyn ProcessMemory, layout: &Layout) -> Reading<'m> {
        let (byte_order, width) = (layout.byte_order(), layout.pointer_width());
        Reading { memory, byte_order, width, left: most_read(layout) }
    }

    /// Byte order of a word.
    pub(crate) fn byte_order(&self) -> ByteOrder {
        self.byte_order
    }

    /// The bytes at an address, up to `size` or the first gap.
    pub fn bytes(&mut self, address: u64, size: u64) -> Vec<u8> {
        let size = size.min(self.left);
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        let count = self.memory.read_memory(address, &mut bytes);
        bytes.truncate(count);
        // Every read costs something, so that a loop of empty reads ends as well.
        let taken = u64::try_from(bytes.len().max(usize::from(self.width))).unwrap_or(u64::MAX);
        self.left = self.left.saturating_sub(taken);
        bytes
    }

    /// The number at an address, of `size` bytes.
    pub fn number(&mut self, address: u64, size: u8) -> Option<u64> {
        let bytes = self.bytes(address, size.into());
        (bytes.len() == usize::from(size)).then(|| self.byte_order.number(&bytes))
    }

    /// A word of the target, by its index from an address.
    pub fn word(&mut self, address: u64, index: usize) -> Option<u64> {
        let skipped = self.words(u64::try_from(index).ok()?);
        self.number(address.checked_add(skipped)?, self.width)
    }

    /// The words at an address, in `size` bytes or up to the first gap.
    pub fn words_at(&mut self, address: u64, size: u64) -> Vec<u64> {
        let bytes = self.bytes(address, size);
        self.words_in(&bytes)
    }

    /// Size of `count` words, in bytes.
    pub fn words(&self, count: u64) -> u64 {
        count.saturating_mul(self.width.into())
    }

    /// Size of a text with its NUL, in bytes, of which the first `most` are searched; 1 where no NUL is among them.
    pub fn text_size(&mut self, address: u64, most: u64) -> u64 {
        let text = self.bytes(address, most);
        let length = text.iter().position(|byte| *byte == 0).unwrap_or(0);
        u64::try_from(length).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// The words in some bytes.
    pub fn words_in(&self, bytes: &[u8]) -> Vec<u64> {
        bytes.chunks_exact(self.width.max(1).into()).map(|word| self.byte_order.number(word)).collect()
    }
}
