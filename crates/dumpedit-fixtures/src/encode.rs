//! Encodes and decodes numbers in either byte order.

use dumpedit::ByteOrder;

/// The number of `size` bytes at an offset, where they are all there.
pub(crate) fn read_at(order: ByteOrder, bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    bytes.get(at..at.checked_add(size)?).map(|bytes| order.number(bytes))
}

/// Overwrites bytes at an offset; those without room are left out.
pub(crate) fn put(into: &mut [u8], at: usize, bytes: &[u8]) {
    let room = into.get_mut(at..).unwrap_or_default();
    room.iter_mut().zip(bytes).for_each(|(into, byte)| *into = *byte);
}

/// A size or an offset as 64 bits.
pub(crate) fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// A size or an offset in memory; one that exceeds memory is the greatest.
pub(crate) fn narrow(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}
