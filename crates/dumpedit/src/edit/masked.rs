//! Bytes of which only some bits are meant, as those of a bit field: its neighbours stay, in every copy.

use dumpedit_layout::{Context, Location, Resolved};

use crate::edit::Edit;
use crate::edit::payload::Payload;
use crate::error::Error;

/// A stretch of bytes whose bits count alike.
struct Stretch<'a> {
    start: u64,
    bytes: &'a [u8],
    mask: u8,
}

impl Edit {
    /// Writes the bits that a mask has, of all bytes or of none.
    pub(crate) fn write_masked(&mut self, address: u64, bytes: &[u8], mask: &[u8]) -> Result<(), Error> {
        self.atomically(|edit| {
            for stretch in stretches(bytes, mask) {
                let (at, resolved) = edit.resolved_stretch(address, &stretch)?;
                edit.apply(Context::Process, at, &resolved, Payload::given(stretch.bytes))?;
            }
            Ok(())
        })
    }

    /// Checks the bits that a mask has.
    pub(crate) fn expect_masked(&mut self, address: u64, bytes: &[u8], mask: &[u8]) -> Result<(), Error> {
        for stretch in stretches(bytes, mask) {
            let (at, resolved) = self.resolved_stretch(address, &stretch)?;
            self.compare(Context::Process, at, &resolved, &Payload::given(stretch.bytes))?;
        }
        Ok(())
    }

    fn resolved_stretch(&self, address: u64, stretch: &Stretch<'_>) -> Result<(Location, Resolved), Error> {
        let at = Location::Virtual(address.wrapping_add(stretch.start));
        let mut resolved = self.resolve(Context::Process, at, stretch.bytes.len() as u64)?;
        // A value is set whole or not at all.
        resolved.outcome.complete()?;
        for piece in &mut resolved.pieces {
            piece.mask = stretch.mask;
        }
        Ok((at, resolved))
    }
}

/// Bytes that are meant whole as they follow one another, and those that are meant in part one by one.
fn stretches<'a>(bytes: &'a [u8], mask: &[u8]) -> Vec<Stretch<'a>> {
    let mut all = Vec::new();
    let mut start = 0usize;
    while let Some(&bits) = mask.get(start) {
        let alike = mask.get(start..).unwrap_or_default().iter().take_while(|other| **other == bits).count();
        let size = if bits == 0xff { alike } else { 1 };
        let end = start.saturating_add(size);
        if let Some(bytes) = bytes.get(start..end).filter(|_| bits != 0) {
            all.push(Stretch { start: start as u64, bytes, mask: bits });
        }
        start = end;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_bytes_stay_together_and_parts_stand_alone() {
        let found = stretches(&[1, 2, 3, 4, 5, 6], &[0xf0, 0xff, 0xff, 0, 0x0f, 0x0f]);
        let found: Vec<_> = found.iter().map(|one| (one.start, one.bytes, one.mask)).collect();
        let expected: [(u64, &[u8], u8); 4] =
            [(0, &[1], 0xf0), (1, &[2, 3], 0xff), (4, &[5], 0x0f), (5, &[6], 0x0f)];
        assert_eq!(found, expected);
        assert!(stretches(&[], &[]).is_empty());
    }
}
