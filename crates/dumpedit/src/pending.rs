//! The bytes that an edit will write, by file offset: what reads see of them, and what a commit takes.

use std::collections::BTreeMap;

use crate::journal::Extent;

/// The extents of an edit, which never overlap. Memory grows with the bytes written.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    extents: BTreeMap<u64, (Vec<u8>, u8)>,
}

/// How far `offset` is behind `base`, as an index.
fn distance(base: u64, offset: u64) -> usize {
    usize::try_from(offset.saturating_sub(base)).unwrap_or(usize::MAX)
}

fn end(file_offset: u64, bytes: &[u8]) -> u64 {
    file_offset.saturating_add(bytes.len() as u64)
}

impl Pending {
    /// The bytes at `file_offset` will be these.
    pub(crate) fn put(&mut self, file_offset: u64, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        self.clear(file_offset, end(file_offset, &bytes));
        self.extents.insert(file_offset, (bytes, 0xff));
    }

    /// The bits of `mask` of the byte at `file_offset` will be those of `byte`.
    pub(crate) fn put_bits(&mut self, file_offset: u64, byte: u8, mask: u8) {
        match self.covering_mut(file_offset) {
            Some((old, old_mask)) => {
                *old = (*old & !mask) | (byte & mask);
                *old_mask |= mask;
            }
            None => {
                self.extents.insert(file_offset, (vec![byte & mask], mask));
            }
        }
    }

    fn covering_mut(&mut self, file_offset: u64) -> Option<(&mut u8, &mut u8)> {
        let (&start, (bytes, mask)) = self.extents.range_mut(..=file_offset).next_back()?;
        Some((bytes.get_mut(distance(start, file_offset))?, mask))
    }

    /// Makes room: cuts away what extents hold of `from..to`.
    fn clear(&mut self, from: u64, to: u64) {
        let first = self.extents.range(..from).next_back().map_or(from, |(&start, _)| start);
        let hit: Vec<u64> = self
            .extents
            .range(first..to)
            .filter(|(start, (bytes, _))| end(**start, bytes) > from)
            .map(|(&start, _)| start)
            .collect();
        for start in hit {
            let Some((mut bytes, mask)) = self.extents.remove(&start) else { continue };
            if end(start, &bytes) > to {
                let tail = bytes.split_off(distance(start, to));
                self.extents.insert(to, (tail, mask));
            }
            if start < from {
                bytes.truncate(distance(start, from));
                self.extents.insert(start, (bytes, mask));
            }
        }
    }

    /// Lays the pending bytes over bytes that were read at `file_offset`.
    pub(crate) fn overlay(&self, file_offset: u64, read: &mut [u8]) {
        let to = end(file_offset, read);
        let first = self.extents.range(..file_offset).next_back().map_or(file_offset, |(&start, _)| start);
        for (&start, (bytes, mask)) in self.extents.range(first..to) {
            let skipped = distance(start, file_offset);
            let target = read.get_mut(distance(file_offset, start)..).unwrap_or_default();
            for (old, new) in target.iter_mut().zip(bytes.iter().skip(skipped)) {
                *old = (*old & !mask) | (new & mask);
            }
        }
    }

    /// The extents in order of file offsets.
    pub(crate) fn into_extents(self) -> impl Iterator<Item = Extent> {
        self.extents.into_iter().map(|(file_offset, (bytes, mask))| Extent { file_offset, bytes, mask })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_bytes_win_over_earlier_ones_wherever_they_meet() {
        let mut state = 11u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        let original: Vec<u8> = (0..64).collect();
        for _ in 0..300 {
            let mut expected = original.clone();
            let mut pending = Pending::default();
            for _ in 0..random(12) {
                let at = random(60);
                if random(4) == 0 {
                    let (byte, mask) = (random(256) as u8, random(255) as u8 + 1);
                    pending.put_bits(at, byte, mask);
                    let old = &mut expected[at as usize];
                    *old = (*old & !mask) | (byte & mask);
                } else {
                    let bytes: Vec<u8> = (0..random(64 - at) + 1).map(|_| random(256) as u8).collect();
                    let bytes = bytes[..bytes.len().min((64 - at) as usize)].to_vec();
                    expected[at as usize..at as usize + bytes.len()].copy_from_slice(&bytes);
                    pending.put(at, bytes);
                }
            }
            let (from, len) = (random(64), random(20));
            let to = (from + len).min(64) as usize;
            let mut read = original[from as usize..to].to_vec();
            pending.overlay(from, &mut read);
            assert_eq!(read, expected[from as usize..to]);
            let mut last_end = 0;
            let mut patched = original.clone();
            for extent in pending.into_extents() {
                assert!(extent.file_offset >= last_end && (extent.mask == 0xff || extent.bytes.len() == 1));
                last_end = end(extent.file_offset, &extent.bytes);
                for (old, new) in patched[extent.file_offset as usize..].iter_mut().zip(&extent.bytes) {
                    *old = (*old & !extent.mask) | (new & extent.mask);
                }
            }
            assert_eq!(patched, expected);
        }
    }
}
