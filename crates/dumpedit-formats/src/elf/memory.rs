//! What the dump holds of the process's memory, for the tables that have to be read out of it.

use object::elf;

use super::header::{Encoding, Header, Segment};

/// The captured parts of the PT_LOAD segments, ordered by address.
pub(super) struct Memory<'a> {
    bytes: &'a [u8],
    header: &'a Header,
    /// The segments by their index: there may be a million, of which few are looked at.
    captured: Vec<u32>,
}

impl<'a> Memory<'a> {
    pub(super) fn new(bytes: &'a [u8], header: &'a Header) -> Memory<'a> {
        let mut captured = Vec::new();
        let mut before = 0;
        let mut in_order = true;
        for (index, segment) in (0u32..).zip(header.segments(bytes)) {
            if segment.kind == elf::PT_LOAD && segment.file_size > 0 {
                captured.push(index);
                in_order &= before <= segment.address;
                before = segment.address;
            }
        }
        let mut memory = Memory { bytes, header, captured };
        if !in_order {
            let mut captured = std::mem::take(&mut memory.captured);
            captured.sort_by_cached_key(|index| memory.segment(*index).map_or(0, |segment| segment.address));
            memory.captured = captured;
        }
        memory
    }

    fn segment(&self, index: u32) -> Option<Segment> {
        self.header.segment(self.bytes, index)
    }

    /// How many segments begin at an address or below.
    fn up_to(&self, address: u64) -> usize {
        let begins = |index: &u32| self.segment(*index).is_some_and(|segment| segment.address <= address);
        self.captured.partition_point(begins)
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.header.encoding
    }

    /// The bytes from an address to the end of the segment that holds it; empty where none does.
    pub(super) fn from(&self, address: u64) -> &'a [u8] {
        self.find(address).unwrap_or_default()
    }

    /// The first addresses of the captured segments that begin at an address or below, the nearest first.
    pub(super) fn starts_up_to(&self, address: u64) -> impl Iterator<Item = u64> {
        let below = self.captured.get(..self.up_to(address)).unwrap_or_default();
        below.iter().rev().filter_map(|index| Some(self.segment(*index)?.address))
    }

    fn find(&self, address: u64) -> Option<&'a [u8]> {
        let captured = self.segment(*self.captured.get(self.up_to(address).checked_sub(1)?)?)?;
        let skipped = address.checked_sub(captured.address)?;
        let size = captured.file_size.checked_sub(skipped).filter(|size| *size > 0)?;
        let first = usize::try_from(captured.offset.checked_add(skipped)?).ok()?;
        let held = self.bytes.get(first..)?;
        Some(usize::try_from(size).ok().and_then(|size| held.get(..size)).unwrap_or(held))
    }

    /// The `index`-th word from an address on.
    pub(super) fn word(&self, address: u64, index: usize) -> Option<u64> {
        self.encoding().word(self.from(address), index)
    }

    /// The NUL-terminated text at an address, of at most 4096 bytes (`PATH_MAX`).
    pub(super) fn text(&self, address: u64) -> Option<String> {
        let bytes = self.from(address);
        let bytes = bytes.get(..4096).unwrap_or(bytes);
        let length = bytes.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(bytes.get(..length)?).into_owned())
    }
}
