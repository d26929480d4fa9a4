//! Bounded reads of a dump's own bytes.

use dumpedit::{ByteOrder, Dump};

use crate::encode::{narrow, read};
use crate::error::{FixtureError, Problem};
use crate::spec::{Content, Data, DumpBytes};

/// A dump's file.
#[derive(Clone)]
pub(super) struct Raw {
    pub(super) dump: Dump,
    pub(super) order: ByteOrder,
    /// The size of the file in bytes.
    pub(super) size: u64,
}

impl Raw {
    pub(super) fn of(dump: &Dump) -> Raw {
        let layout = dump.layout();
        Raw { dump: dump.clone(), order: layout.byte_order(), size: layout.file_size() }
    }

    /// How many of `size` bytes at an offset are in the file.
    pub(super) fn held(&self, offset: u64, size: u64) -> u64 {
        self.size.saturating_sub(offset).min(size)
    }

    /// Bytes of the file, where all of them are in it.
    pub(super) fn bytes(&self, offset: u64, size: u64) -> Option<Vec<u8>> {
        if self.held(offset, size) < size {
            return None;
        }
        let mut bytes = vec![0; narrow(size)];
        self.dump.read_file(offset, &mut bytes).ok()?;
        Some(bytes)
    }

    /// A number of the file.
    pub(super) fn number(&self, offset: u64, size: u64) -> Option<u64> {
        self.bytes(offset, size).map(|bytes| read(self.order, &bytes))
    }

    /// Numbers one after the other, by their sizes in bytes.
    pub(super) fn numbers<const N: usize>(&self, offset: u64, sizes: [u64; N]) -> Option<[u64; N]> {
        let mut at = offset;
        let mut numbers = [0; N];
        for (number, size) in numbers.iter_mut().zip(sizes) {
            *number = self.number(at, size)?;
            at = at.checked_add(size)?;
        }
        Some(numbers)
    }

    /// What is needed of a structure, or an error that names it.
    pub(super) fn structure<T>(
        &self,
        structure: &'static str,
        file_offset: u64,
        read: Option<T>,
    ) -> Result<T, FixtureError> {
        read.ok_or_else(|| Problem::Structure { structure, file_offset }.into())
    }

    /// Bytes of the file as a content that stays there, as far as they are in it.
    pub(super) fn content(&self, offset: u64, size: u64) -> Content {
        let mut content = Content::default();
        let size = self.held(offset, size);
        if size > 0 {
            content
                .push(Some(0), Data::Dump(DumpBytes { dump: self.dump.clone(), file_offset: offset, size }));
        }
        content
    }

    /// The same, and nothing where all of it is zero. For small structures.
    pub(super) fn unless_zero(&self, offset: u64, size: u64) -> Content {
        match self.bytes(offset, size) {
            Some(bytes) if bytes.iter().all(|byte| *byte == 0) => Content::default(),
            _ => self.content(offset, size),
        }
    }
}
