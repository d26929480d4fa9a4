//! File bytes with several meanings, and captured ones that no read takes.

use crate::layout::Layout;
use crate::span::{Span, join};

impl Layout {
    /// The file bytes that map to several addresses, to an address and a context record, or to several records, sorted and disjoint. Takes
    /// memory linear in the descriptors.
    pub fn shared_file_bytes(&self) -> Vec<Span> {
        let captures = self.captures.items().iter().map(|capture| (capture.file_offset, capture.file_last()));
        let blocks = self.threads.iter().flat_map(|thread| &thread.records).flat_map(|record| &record.blocks);
        let blocks = blocks.filter_map(|block| {
            Some((block.file_offset, block.file_offset.checked_add(block.size.checked_sub(1)?)?))
        });
        let mut intervals: Vec<(u64, u64)> = captures.chain(blocks).collect();
        intervals.sort_unstable();
        let mut shared = Vec::new();
        let mut reach: Option<u64> = None;
        for (first, last) in intervals {
            if let Some(reach) = reach.filter(|reach| first <= *reach) {
                join(&mut shared, Span { first, last: last.min(reach) });
            }
            reach = reach.max(Some(last));
        }
        shared
    }

    /// The captured file bytes that no read of memory takes, since reads take another copy, sorted and disjoint. Takes memory linear in the
    /// descriptors.
    pub fn unread_file_bytes(&self) -> Vec<Span> {
        let read = self.captured_ranges(0, u64::MAX);
        let mut read: Vec<(u64, u64)> =
            read.map(|range| (range.file_offset, range.file_offset_of(range.last))).collect();
        read.sort_unstable();
        let held = self.by_file().items().iter().map(|found| found.capture);
        let mut unread = Vec::new();
        let mut read = read.into_iter().peekable();
        // The file offset up to which bytes were looked at.
        let mut next = 0u64;
        for capture in held {
            let mut from = capture.file_offset.max(next);
            let last = capture.file_last();
            while from <= last {
                while read.next_if(|(_, read_last)| *read_last < from).is_some() {}
                let (gap_last, after) = match read.peek() {
                    Some((read_first, read_last)) if *read_first <= last => {
                        (read_first.checked_sub(1), read_last.saturating_add(1))
                    }
                    _ => (Some(last), last.saturating_add(1)),
                };
                if let Some(gap_last) = gap_last.filter(|gap_last| from <= *gap_last) {
                    join(&mut unread, Span { first: from, last: gap_last });
                }
                from = after;
            }
            next = next.max(last.saturating_add(1));
        }
        unread
    }

    /// Calls `each` for every run of addresses of some file bytes, with its first address, the file offset of that, and its size in bytes,
    /// until it returns `false`.
    pub fn addresses_of(&self, first: u64, last: u64, mut each: impl FnMut(u64, u64, u64) -> bool) {
        self.by_file().meeting(first, last, |found| {
            let from = found.capture.file_offset.max(first);
            let size = found.capture.file_last().min(last).saturating_sub(from).saturating_add(1);
            each(found.capture.address_of(from), from, size)
        });
    }

    /// The first structure of the format in a range of file offsets, cut to the range.
    pub fn structure_in(&self, first: u64, last: u64) -> Option<Span> {
        let mut found = None;
        self.structures.meeting(first, last, |structure| {
            found = Some(Span { first: structure.first.max(first), last: structure.last.min(last) });
            false
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use crate::{ByteOrder, Format, Layout, LayoutBuilder, Machine, Span};

    fn layout(captures: &[(u64, u64, u64)]) -> Layout {
        let mut builder = LayoutBuilder::new(Format::ElfCore, Machine::Amd64, ByteOrder::Little, 8, 4096);
        captures.iter().for_each(|&(address, size, offset)| builder.capture(address, size, offset));
        builder.finish()
    }

    fn members(spans: &[Span]) -> Vec<u64> {
        assert!(spans.windows(2).all(|pair| pair[0].last + 1 < pair[1].first), "{spans:?}");
        spans.iter().flat_map(|span| span.first..=span.last).collect()
    }

    #[test]
    fn shared_and_unread_file_bytes_are_those_that_a_count_of_each_byte_finds() {
        let mut state = 3u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        for _ in 0..500 {
            let captures: Vec<_> = (0..random(7)).map(|_| (random(60), 1 + random(20), random(80))).collect();
            let layout = layout(&captures);
            let holding = |offset: u64| {
                captures.iter().filter(|(_, size, from)| (*from..from + size).contains(&offset)).count()
            };
            let shared: Vec<u64> = (0..200).filter(|offset| holding(*offset) > 1).collect();
            assert_eq!(members(&layout.shared_file_bytes()), shared, "{captures:?}");
            let read: Vec<u64> = layout
                .captured_ranges(0, u64::MAX)
                .flat_map(|range| range.file_offset..=range.file_offset_of(range.last))
                .collect();
            let unread: Vec<u64> =
                (0..200).filter(|offset| holding(*offset) > 0 && !read.contains(offset)).collect();
            assert_eq!(members(&layout.unread_file_bytes()), unread, "{captures:?}");
        }
    }

    #[test]
    fn every_address_of_a_file_byte_is_found() {
        let layout = layout(&[(0x100, 16, 40), (0x200, 8, 44), (0x300, 8, 100)]);
        let mut found = Vec::new();
        layout.addresses_of(46, 49, |address, file_offset, size| {
            found.push((address, file_offset, size));
            true
        });
        found.sort_unstable();
        assert_eq!(found, [(0x106, 46, 4), (0x202, 46, 4)]);
    }
}
