//! Addresses that both dumps hold, and addresses that only one of them holds.

use std::ops::ControlFlow;

use dumpedit_layout::CapturedRange;

use super::Diff;
use super::side::Side;

/// Memory that only one of the dumps holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OneSided {
    /// The dump that holds it.
    pub side: Side,
    /// First address.
    pub first: u64,
    /// Last address, inclusive.
    pub last: u64,
}

/// Addresses that both dumps hold, each contiguous in its file, or that only one of them holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Both { first: u64, last: u64, file_offsets: [u64; 2] },
    One { side: Side, first: u64, last: u64 },
}

/// The walk over the address ranges of both, in order.
#[derive(Clone)]
pub(super) struct Segments<'a> {
    a: &'a [CapturedRange],
    b: &'a [CapturedRange],
    next: Option<u64>,
}

impl<'a> Segments<'a> {
    pub(super) fn new(a: &'a [CapturedRange], b: &'a [CapturedRange]) -> Self {
        Segments { a, b, next: Some(0) }
    }
}

impl Iterator for Segments<'_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        let next = self.next?;
        for ranges in [&mut self.a, &mut self.b] {
            while let Some((passed, rest)) = ranges.split_first()
                && passed.last < next
            {
                *ranges = rest;
            }
        }
        let from = |range: &CapturedRange| range.first.max(next);
        let one = |side, range: &CapturedRange, other: Option<&CapturedRange>| {
            let before_other = other.and_then(|other| from(other).checked_sub(1));
            let last = before_other.map_or(range.last, |before| before.min(range.last));
            Segment::One { side, first: from(range), last }
        };
        let segment = match (self.a.first(), self.b.first()) {
            (None, None) => return None,
            (Some(a), Some(b)) if from(a) == from(b) => {
                let first = from(a);
                let file_offsets = [a.file_offset_of(first), b.file_offset_of(first)];
                Segment::Both { first, last: a.last.min(b.last), file_offsets }
            }
            (Some(a), b) if b.is_none_or(|b| from(a) < from(b)) => one(Side::A, a, b),
            (a, Some(b)) => one(Side::B, b, a),
            (Some(a), None) => one(Side::A, a, None),
        };
        let (Segment::Both { last, .. } | Segment::One { last, .. }) = segment;
        self.next = last.checked_add(1);
        Some(segment)
    }
}

/// Number of bytes that both hold.
pub(super) fn common_bytes(segments: Segments<'_>) -> u64 {
    segments.fold(0, |total, segment| match segment {
        Segment::Both { first, last, .. } => total.saturating_add(last - first).saturating_add(1),
        Segment::One { .. } => total,
    })
}

impl Diff {
    pub(super) fn segments(&self) -> Segments<'_> {
        Segments::new(&self.ranges_a, &self.ranges_b)
    }

    /// Size of the memory that both dumps hold, in bytes.
    pub fn common_bytes(&self) -> u64 {
        common_bytes(self.segments())
    }

    /// Calls `each` for the memory that only one dump holds, in order of addresses; adjacent ranges are reported together.
    pub fn one_sided(&self, mut each: impl FnMut(OneSided) -> ControlFlow<()>) {
        let mut held: Option<OneSided> = None;
        for segment in self.segments() {
            let Segment::One { side, first, last } = segment else { continue };
            if let Some(before) = held
                .as_mut()
                .filter(|before| before.side == side && before.last.checked_add(1) == Some(first))
            {
                before.last = last;
                continue;
            }
            let next = OneSided { side, first, last };
            if let Some(before) = held.replace(next)
                && each(before).is_break()
            {
                return;
            }
        }
        if let Some(last) = held {
            let _ = each(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(state: &mut u64, below: u64) -> u64 {
        *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*state >> 33) % below
    }

    fn ranges(state: &mut u64) -> Vec<CapturedRange> {
        let mut ranges: Vec<CapturedRange> = Vec::new();
        let mut next = 0;
        for _ in 0..random(state, 6) {
            let first = next + random(state, 10);
            let last = first + random(state, 20);
            ranges.push(CapturedRange { first, last, file_offset: random(state, 1000) });
            next = last + 1;
        }
        ranges
    }

    #[test]
    fn every_address_is_in_the_segment_that_says_who_holds_it() {
        let mut state = 5;
        for _ in 0..300 {
            let (a, b) = (ranges(&mut state), ranges(&mut state));
            let holding = |ranges: &[CapturedRange], address: u64| {
                let range = ranges.iter().find(|range| (range.first..=range.last).contains(&address))?;
                Some(range.file_offset_of(address))
            };
            let segments: Vec<Segment> = Segments::new(&a, &b).collect();
            for address in 0..200 {
                let found = segments.iter().find_map(|segment| match *segment {
                    Segment::Both { first, last, file_offsets: [in_a, in_b] }
                        if (first..=last).contains(&address) =>
                    {
                        Some((Some(in_a + address - first), Some(in_b + address - first)))
                    }
                    Segment::One { side, first, last } if (first..=last).contains(&address) => Some((
                        holding(&a, address).filter(|_| side == Side::A),
                        holding(&b, address).filter(|_| side == Side::B),
                    )),
                    _ => None,
                });
                let expected = (holding(&a, address), holding(&b, address));
                assert_eq!(found.unwrap_or((None, None)), expected, "{address}");
            }
        }
    }

    #[test]
    fn the_last_address_of_all_ends_the_walk() {
        let range = |first| CapturedRange { first, last: u64::MAX, file_offset: 0 };
        let (a, b) = ([range(u64::MAX - 3)], [range(u64::MAX - 1)]);
        assert_eq!(Segments::new(&a, &b).count(), 2);
        assert_eq!(common_bytes(Segments::new(&a, &b)), 2);
    }
}
