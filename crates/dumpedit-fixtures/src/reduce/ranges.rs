//! Sets of addresses: unions, intersections, and pieces.

use std::ops::RangeInclusive;

use dumpedit::{Layout, Span, joined};

/// Addresses as sorted, disjoint spans that do not touch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<Span>);

impl Ranges {
    /// The addresses of all these ranges.
    pub(crate) fn of(ranges: impl IntoIterator<Item = impl Into<Span>>) -> Ranges {
        Ranges(joined(ranges))
    }

    /// First and last address of each range, in order.
    pub fn iter(&self) -> impl Iterator<Item = RangeInclusive<u64>> {
        self.0.iter().map(|span| span.first..=span.last)
    }

    /// Number of addresses.
    pub fn bytes(&self) -> u64 {
        self.0.iter().fold(0, |sum, span| sum.saturating_add(span.size()))
    }

    /// Whether an address is in the set.
    pub(super) fn holds(&self, address: u64) -> bool {
        let from = self.0.partition_point(|span| span.last < address);
        self.0.get(from).is_some_and(|span| span.first <= address)
    }

    /// These addresses and all others of their pages of `page` bytes.
    pub(super) fn in_pages(&self, page: u64) -> Ranges {
        let into = |address: u64| address.checked_rem(page).unwrap_or(0);
        let whole = |span: &Span| {
            let rest = page.saturating_sub(into(span.last)).saturating_sub(1);
            Span { first: span.first.saturating_sub(into(span.first)), last: span.last.saturating_add(rest) }
        };
        Ranges::of(self.0.iter().map(whole))
    }

    /// The parts of these addresses in each of some regions, which are sorted and disjoint.
    pub(super) fn within(&self, regions: &[Span]) -> Vec<Span> {
        let mut parts = Vec::new();
        for Span { first, last } in regions {
            let from = self.0.partition_point(|span| span.last < *first);
            let meeting =
                self.0.get(from..).unwrap_or_default().iter().take_while(|span| span.first <= *last);
            let part = |span: &Span| Span { first: span.first.max(*first), last: span.last.min(*last) };
            parts.extend(meeting.map(part));
        }
        parts
    }
}

/// The captured memory of a dump's regions.
pub(super) fn captured(layout: &Layout) -> Vec<Span> {
    layout.regions().filter_map(|region| Span::of(region.start, region.captured)).collect()
}

/// Cuts ranges at page boundaries, multiples of `page` bytes.
pub(super) fn pages(ranges: &[Span], page: u64) -> Vec<Span> {
    let mut pieces = Vec::new();
    for Span { first, last } in ranges {
        let mut from = *first;
        loop {
            let into = from.checked_rem(page).unwrap_or(0);
            let end = from.saturating_add(page.saturating_sub(into).saturating_sub(1)).min(*last);
            pieces.push(Span { first: from, last: end });
            match end.checked_add(1).filter(|next| next <= last) {
                Some(next) => from = next,
                None => break,
            }
        }
    }
    pieces
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn spans<const N: usize>(spans: [(u64, u64); N]) -> [Span; N] {
        spans.map(Span::from)
    }

    #[test]
    fn ranges_that_touch_or_overlap_are_one() {
        let ranges = Ranges::of([(8, 9), (0, 3), (4, 5), (9, 12), (30, 20), (u64::MAX, u64::MAX)]);
        assert_eq!(ranges.0, spans([(0, 5), (8, 12), (u64::MAX, u64::MAX)]));
        assert_eq!(ranges.bytes(), 6 + 5 + 1);
        assert_eq!([5, 6, 7, 8, 12, 13].map(|at| ranges.holds(at)), [true, false, false, true, true, false]);
        let within = ranges.within(&spans([(2, 8), (9, 9), (12, 40)]));
        assert_eq!(within, spans([(2, 5), (8, 8), (9, 9), (12, 12)]));
    }

    #[test]
    fn ranges_grow_to_whole_pages() {
        let ranges = Ranges::of([(6, 17), (24, 24), (u64::MAX, u64::MAX)]);
        assert_eq!(ranges.in_pages(8).0, spans([(0, 31), (u64::MAX - 7, u64::MAX)]));
        assert_eq!(ranges.in_pages(1), ranges);
    }

    #[test]
    fn pages_begin_at_multiples_of_their_size() {
        let cut = pages(&spans([(6, 17), (24, 24)]), 8);
        assert_eq!(cut, spans([(6, 7), (8, 15), (16, 17), (24, 24)]));
        let last = u64::MAX;
        let cut = pages(&spans([(last - 9, last)]), 8);
        assert_eq!(cut, spans([(last - 9, last - 8), (last - 7, last)]));
    }
}
