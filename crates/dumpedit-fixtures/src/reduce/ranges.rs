//! Sets of addresses: which there are, what they have in common with others, and the pieces that they fall into.

use std::ops::RangeInclusive;

use dumpedit::{Dump, Layout, joined};

/// Addresses as ranges: first and last, in order, disjoint, and never one right behind another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// The addresses of all these ranges.
    pub fn of(ranges: impl IntoIterator<Item = (u64, u64)>) -> Ranges {
        Ranges(joined(ranges))
    }

    /// First and last address of each range, in order.
    pub fn iter(&self) -> impl Iterator<Item = RangeInclusive<u64>> {
        self.0.iter().map(|(first, last)| *first..=*last)
    }

    /// How many addresses there are.
    pub fn bytes(&self) -> u64 {
        self.0.iter().fold(0, |sum, (first, last)| sum.saturating_add(size(*first, *last)))
    }

    /// Whether an address is among them.
    pub(super) fn holds(&self, address: u64) -> bool {
        let from = self.0.partition_point(|(_, last)| *last < address);
        self.0.get(from).is_some_and(|(first, _)| *first <= address)
    }

    /// These addresses and all others of their pages, which have `page` bytes.
    pub(super) fn in_pages(&self, page: u64) -> Ranges {
        let into = |address: u64| address.checked_rem(page).unwrap_or(0);
        let whole = |(first, last): &(u64, u64)| {
            let rest = page.saturating_sub(into(*last)).saturating_sub(1);
            (first.saturating_sub(into(*first)), last.saturating_add(rest))
        };
        Ranges::of(self.0.iter().map(whole))
    }

    /// The parts of these addresses that lie in each of some regions, which are in order and disjoint.
    pub(super) fn within(&self, regions: &[(u64, u64)]) -> Vec<(u64, u64)> {
        let mut parts = Vec::new();
        for (first, last) in regions {
            let from = self.0.partition_point(|(_, end)| end < first);
            let meeting =
                self.0.get(from..).unwrap_or_default().iter().take_while(|(start, _)| start <= last);
            parts.extend(meeting.map(|(start, end)| (*start.max(first), *end.min(last))));
        }
        parts
    }
}

fn size(first: u64, last: u64) -> u64 {
    last.saturating_sub(first).saturating_add(1)
}

/// The captured regions of a dump, as `regions` lists them.
pub(super) fn captured(layout: &Layout) -> Vec<(u64, u64)> {
    let mut captured = Vec::new();
    for region in layout.regions() {
        if let Some(rest) = region.captured.checked_sub(1) {
            captured.push((region.start, region.start.saturating_add(rest)));
        }
    }
    captured
}

/// Cuts ranges where a new page begins, at multiples of `page` bytes.
pub(super) fn pages(ranges: &[(u64, u64)], page: u64) -> Vec<(u64, u64)> {
    let mut pieces = Vec::new();
    for (first, last) in ranges {
        let mut from = *first;
        loop {
            let into = from.checked_rem(page).unwrap_or(0);
            let end = from.saturating_add(page.saturating_sub(into).saturating_sub(1)).min(*last);
            pieces.push((from, end));
            match end.checked_add(1).filter(|next| next <= last) {
                Some(next) => from = next,
                None => break,
            }
        }
    }
    pieces
}

/// The most bytes that one look at a dump's memory reads. Tables of broken dumps can lead to the same bytes of the file again
/// and again: this is a few times its size, and some more of a small file.
pub(super) fn most_read(layout: &Layout) -> u64 {
    const TIMES: u64 = 4;
    const SPARE: u64 = 1 << 24;
    layout.file_size().saturating_mul(TIMES).saturating_add(SPARE)
}

/// As many of `size` bytes at an address as the dump holds in one piece.
pub(super) fn read(dump: &Dump, address: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    let outcome = dump.read_bytes(dumpedit::Context::Process, address, &mut bytes);
    bytes.truncate(outcome.map_or(0, |outcome| crate::encode::narrow(outcome.completed)));
    bytes
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_touch_or_overlap_are_one() {
        let ranges = Ranges::of([(8, 9), (0, 3), (4, 5), (9, 12), (30, 20), (u64::MAX, u64::MAX)]);
        assert_eq!(ranges.0, [(0, 5), (8, 12), (u64::MAX, u64::MAX)]);
        assert_eq!(ranges.bytes(), 6 + 5 + 1);
        assert_eq!([5, 6, 7, 8, 12, 13].map(|at| ranges.holds(at)), [true, false, false, true, true, false]);
        assert_eq!(ranges.within(&[(2, 8), (9, 9), (12, 40)]), [(2, 5), (8, 8), (9, 9), (12, 12)]);
    }

    #[test]
    fn ranges_grow_to_whole_pages() {
        let ranges = Ranges::of([(6, 17), (24, 24), (u64::MAX, u64::MAX)]);
        assert_eq!(ranges.in_pages(8).0, [(0, 31), (u64::MAX - 7, u64::MAX)]);
        assert_eq!(ranges.in_pages(1), ranges);
    }

    #[test]
    fn pages_begin_at_multiples_of_their_size() {
        assert_eq!(pages(&[(6, 17), (24, 24)], 8), [(6, 7), (8, 15), (16, 17), (24, 24)]);
        let last = u64::MAX;
        assert_eq!(pages(&[(last - 9, last)], 8), [(last - 9, last - 8), (last - 7, last)]);
    }
}
