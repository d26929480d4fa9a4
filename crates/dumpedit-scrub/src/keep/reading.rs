//! Reads of memory that may lead anywhere: a bounded number of bytes in all.

use dumpedit::{ByteOrder, Context, Dump};

/// Reads a dump's memory as long as there is something left to be read.
pub(super) struct Reading<'d> {
    pub(super) dump: &'d Dump,
    /// How many bytes may still be read: hostile tables lead to the same ones again and again.
    left: u64,
}

impl<'d> Reading<'d> {
    pub(super) fn of(dump: &'d Dump) -> Reading<'d> {
        Reading { dump, left: dump.layout().file_size().saturating_mul(4).saturating_add(1 << 24) }
    }

    /// As many of `size` bytes at an address as the dump holds in one piece.
    pub(super) fn bytes(&mut self, address: u64, size: u64) -> Vec<u8> {
        let size = size.min(self.left);
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        let outcome = self.dump.read_bytes(Context::Process, address, &mut bytes);
        bytes.truncate(outcome.map_or(0, |outcome| usize::try_from(outcome.completed).unwrap_or(0)));
        self.left = self.left.saturating_sub(bytes.len().max(8) as u64);
        bytes
    }

    /// The number of `size` bytes at an address.
    pub(super) fn number(&mut self, address: u64, size: u8) -> Option<u64> {
        let bytes = self.bytes(address, size.into());
        (bytes.len() == usize::from(size)).then(|| number(self.dump.layout().byte_order(), &bytes))
    }

    /// A word of the target, by its index behind an address.
    pub(super) fn word(&mut self, address: u64, index: usize) -> Option<u64> {
        let width = self.dump.layout().pointer_width();
        let at = address.checked_add((index as u64).checked_mul(width.into())?)?;
        self.number(at, width)
    }
}

/// The number that some bytes hold.
pub(super) fn number(order: ByteOrder, bytes: &[u8]) -> u64 {
    let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    match order {
        ByteOrder::Little => bytes.iter().rev().fold(0, fold),
        ByteOrder::Big => bytes.iter().fold(0, fold),
    }
}
