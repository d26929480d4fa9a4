//! Writes of some bits of bytes, as for a bit field: the other bits stay, in every copy.

use dumpedit_layout::{Context, Location, Resolved};

use crate::edit::Edit;
use crate::edit::payload::Payload;
use crate::error::Error;

/// Bytes under the same kind of mask.
struct MaskedBytes<'a> {
    start: u64,
    bytes: &'a [u8],
    mask: u8,
}

impl Edit {
    /// Writes the bits of a mask, in all bytes or in none.
    pub(crate) fn write_masked(&mut self, address: u64, bytes: &[u8], mask: &[u8]) -> Result<(), Error> {
        self.atomically(|edit| {
            for part in parts(bytes, mask) {
                let (at, resolved) = edit.resolved_part(address, &part)?;
                edit.apply(Context::Process, at, &resolved, Payload::given(part.bytes))?;
            }
            Ok(())
        })
    }

    /// Checks the bits of a mask.
    pub(crate) fn expect_masked(&mut self, address: u64, bytes: &[u8], mask: &[u8]) -> Result<(), Error> {
        for part in parts(bytes, mask) {
            let (at, resolved) = self.resolved_part(address, &part)?;
            self.compare(Context::Process, at, &resolved, &Payload::given(part.bytes))?;
        }
        Ok(())
    }

    fn resolved_part(&self, address: u64, part: &MaskedBytes<'_>) -> Result<(Location, Resolved), Error> {
        let at = Location::Virtual(address.wrapping_add(part.start));
        let mut resolved = self.resolve(Context::Process, at, part.bytes.len() as u64)?;
        // A value is set completely or not at all.
        resolved.outcome.complete()?;
        for piece in &mut resolved.pieces {
            piece.mask = part.mask;
        }
        Ok((at, resolved))
    }
}

/// Runs of bytes that are written whole, and single bytes that are written in part.
fn parts<'a>(bytes: &'a [u8], mask: &[u8]) -> Vec<MaskedBytes<'a>> {
    let mut all = Vec::new();
    let mut start = 0usize;
    while let Some(&bits) = mask.get(start) {
        let alike = mask.get(start..).unwrap_or_default().iter().take_while(|other| **other == bits).count();
        let size = if bits == 0xff { alike } else { 1 };
        let end = start.saturating_add(size);
        if let Some(bytes) = bytes.get(start..end).filter(|_| bits != 0) {
            all.push(MaskedBytes { start: start as u64, bytes, mask: bits });
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
        let found = parts(&[1, 2, 3, 4, 5, 6], &[0xf0, 0xff, 0xff, 0, 0x0f, 0x0f]);
        let found: Vec<_> = found.iter().map(|one| (one.start, one.bytes, one.mask)).collect();
        let expected: [(u64, &[u8], u8); 4] =
            [(0, &[1], 0xf0), (1, &[2, 3], 0xff), (4, &[5], 0x0f), (5, &[6], 0x0f)];
        assert_eq!(found, expected);
        assert!(parts(&[], &[]).is_empty());
    }
}
