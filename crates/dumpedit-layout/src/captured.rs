//! Captured memory as one walk reads it: ranges in order of addresses, each with the one place that reads take it from.

use crate::capture::Capture;
use crate::layout::Layout;
use crate::sweep::Sweep;

/// Addresses that are consecutive in the file, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapturedRange {
    /// First address.
    pub first: u64,
    /// Last address, inclusive.
    pub last: u64,
    /// File offset of the first byte; of copies, the one that reads take.
    pub file_offset: u64,
}

impl CapturedRange {
    /// File offset of an address in the range.
    pub fn file_offset_of(&self, address: u64) -> u64 {
        self.file_offset.saturating_add(address.saturating_sub(self.first))
    }

    /// Whether `next` begins at the address right behind this range.
    pub fn touches(&self, next: &CapturedRange) -> bool {
        self.last.checked_add(1) == Some(next.first)
    }
}

impl Layout {
    /// The captured addresses from `address` on, as far as one descriptor reaches: of those with the address, the one that begins first.
    pub fn captured_from(&self, address: u64) -> Option<CapturedRange> {
        let capture = self.captures.at(address)?;
        let file_offset = capture.file_offset_of(address);
        Some(CapturedRange { first: address, last: capture.last, file_offset })
    }

    /// Addresses at which captures begin, downwards from `address`.
    pub fn captures_down_from(&self, address: u64) -> impl Iterator<Item = u64> {
        let captures = self.captures.items();
        let below = captures.partition_point(|capture| capture.first <= address);
        captures.get(..below).unwrap_or_default().iter().rev().map(|capture| capture.first)
    }

    /// Captured memory between two addresses, both included, in order and without overlaps. Takes memory linear in the descriptors that
    /// meet the range.
    pub fn captured_ranges(
        &self,
        first: u64,
        last: u64,
    ) -> impl DoubleEndedIterator<Item = CapturedRange> + use<> {
        let mut captures: Vec<Capture> = Vec::new();
        self.captures.meeting(first, last, |capture| {
            captures.push(*capture);
            true
        });
        let mut ranges: Vec<CapturedRange> = Vec::new();
        let mut sweep = Sweep::new(&captures);
        while let Some(cut) = sweep.step() {
            let Some(capture) = sweep.copies().next() else { continue };
            let (from, to) = (cut.first.max(first), cut.last.min(last));
            if from > to {
                continue;
            }
            let next = CapturedRange { first: from, last: to, file_offset: capture.file_offset_of(from) };
            match ranges.last_mut() {
                Some(before)
                    if before.touches(&next)
                        && before.file_offset_of(before.last).checked_add(1) == Some(next.file_offset) =>
                {
                    before.last = next.last;
                }
                _ => ranges.push(next),
            }
        }
        ranges.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Access, ByteOrder, Context, Format, LayoutBuilder, Location, Machine};

    #[test]
    fn every_captured_address_is_in_one_range_with_the_place_that_reads_take() {
        let mut state = 5u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        for _ in 0..300 {
            let layout = random_layout(&mut random);
            let (first, last) = (random(120), 60 + random(120));
            let ranges: Vec<CapturedRange> = layout.captured_ranges(first, last).collect();
            assert!(ranges.windows(2).all(|pair| pair[0].last < pair[1].first), "{ranges:?}");
            for address in 0..200 {
                let found = ranges.iter().find(|one| (one.first..=one.last).contains(&address));
                let at = Location::Virtual(address);
                let read = layout.resolve(Context::Process, at, 1, Access::Read).ok();
                let read = read.map(|resolved| resolved.reads().next().unwrap().file_offset);
                let expected = read.filter(|_| (first..=last).contains(&address));
                assert_eq!(found.map(|one| one.file_offset_of(address)), expected, "{address}");
            }
        }
    }

    fn random_layout(random: &mut impl FnMut(u64) -> u64) -> Layout {
        let mut builder = LayoutBuilder::new(Format::ElfCore, Machine::Amd64, ByteOrder::Little, 8, 4096);
        for _ in 0..random(8) {
            builder.capture(random(150), 1 + random(40), random(4000));
        }
        builder.finish()
    }
}
