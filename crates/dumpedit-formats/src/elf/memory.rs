//! What the dump holds of the process's memory, for the tables that have to be read out of it.

use super::header::{Encoding, Segment};

/// The captured parts of the PT_LOAD segments, ordered by address.
pub(super) struct Memory<'a> {
    bytes: &'a [u8],
    encoding: Encoding,
    captured: Vec<Captured>,
}

struct Captured {
    address: u64,
    size: u64,
    file_offset: u64,
}

impl<'a> Memory<'a> {
    pub(super) fn new(bytes: &'a [u8], encoding: Encoding) -> Memory<'a> {
        Memory { bytes, encoding, captured: Vec::new() }
    }

    pub(super) fn add(&mut self, segment: &Segment) {
        if segment.file_size > 0 {
            self.captured.push(Captured {
                address: segment.address,
                size: segment.file_size,
                file_offset: segment.offset,
            });
        }
    }

    /// Makes it ready for look-ups, once all segments were added.
    pub(super) fn sort(&mut self) {
        self.captured.sort_by_key(|captured| captured.address);
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The bytes from an address to the end of the segment that holds it; empty where none does.
    pub(super) fn from(&self, address: u64) -> &'a [u8] {
        self.find(address).unwrap_or_default()
    }

    /// The first addresses of the captured segments that begin at an address or below, the nearest first.
    pub(super) fn starts_up_to(&self, address: u64) -> impl Iterator<Item = u64> {
        let after = self.captured.partition_point(|captured| captured.address <= address);
        self.captured.get(..after).unwrap_or_default().iter().rev().map(|captured| captured.address)
    }

    fn find(&self, address: u64) -> Option<&'a [u8]> {
        let after = self.captured.partition_point(|captured| captured.address <= address);
        let captured = self.captured.get(after.checked_sub(1)?)?;
        let skipped = address.checked_sub(captured.address)?;
        let size = captured.size.checked_sub(skipped).filter(|size| *size > 0)?;
        let first = usize::try_from(captured.file_offset.checked_add(skipped)?).ok()?;
        let held = self.bytes.get(first..)?;
        Some(usize::try_from(size).ok().and_then(|size| held.get(..size)).unwrap_or(held))
    }

    /// The `index`-th word from an address on.
    pub(super) fn word(&self, address: u64, index: usize) -> Option<u64> {
        self.encoding.word(self.from(address), index)
    }

    /// The NUL-terminated text at an address, of at most 4096 bytes (`PATH_MAX`).
    pub(super) fn text(&self, address: u64) -> Option<String> {
        let bytes = self.from(address);
        let bytes = bytes.get(..4096).unwrap_or(bytes);
        let length = bytes.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(bytes.get(..length)?).into_owned())
    }
}
