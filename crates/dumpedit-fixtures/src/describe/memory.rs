//! Choice of the memory that is described.

use std::ops::RangeInclusive;

use dumpedit::{Dump, Span, ThreadIndex, joined};

use super::options::{DescribeOptions, DescribedMemory};
use super::stack::{MOST_STACK, stack_range};

/// Addresses that are described, sorted and disjoint; all, where there is no list.
pub(crate) struct Chosen {
    ranges: Option<Vec<Span>>,
}

impl Chosen {
    pub(crate) fn of(dump: &Dump, options: &DescribeOptions) -> Chosen {
        let ranges: Vec<(u64, u64)> = match &options.memory {
            DescribedMemory::All => return Chosen { ranges: None },
            DescribedMemory::None => Vec::new(),
            DescribedMemory::Ranges(ranges) => {
                ranges.iter().map(|range| (*range.start(), *range.end())).collect()
            }
            DescribedMemory::Stacks => (0u32..)
                .zip(dump.layout().threads())
                .map(|(index, _)| ThreadIndex(index))
                .filter(|index| options.keeps(*index))
                .filter_map(|index| stack_range(dump, index, options.stack_bytes.unwrap_or(MOST_STACK)))
                .map(|range| (*range.start(), *range.end()))
                .collect(),
        };
        Chosen { ranges: Some(joined(ranges)) }
    }

    /// Chooses these addresses.
    pub(crate) fn ranges(ranges: impl Iterator<Item = RangeInclusive<u64>>) -> Chosen {
        let ranges: Vec<(u64, u64)> = ranges.map(|range| (*range.start(), *range.end())).collect();
        Chosen { ranges: Some(joined(ranges)) }
    }

    /// The parts of `size` bytes at an address that are described: offset from the address, and size.
    pub(crate) fn parts(&self, address: u64, size: u64) -> Vec<(u64, u64)> {
        let Some(ranges) = &self.ranges else { return vec![(0, size)] };
        let Some(Span { last, .. }) = Span::of(address, size) else { return Vec::new() };
        let begin = ranges.partition_point(|span| span.last < address);
        let meeting = ranges.get(begin..).unwrap_or_default().iter().take_while(|span| span.first <= last);
        let part = |span: &Span| Span { first: span.first.max(address), last: span.last.min(last) };
        meeting.map(part).map(|part| (part.first.saturating_sub(address), part.size())).collect()
    }

    pub(crate) fn all(&self) -> bool {
        self.ranges.is_none()
    }
}
