//! Finds the ranges of addresses that hold an address, without a walk over all.

/// A range of addresses.
struct Range {
    first: u64,
    size: u64,
    /// Index in the original list.
    index: usize,
    /// Greatest last address of this range and of those that begin before it: the search of an address ends where this is below.
    reach: u64,
}

/// Ranges that may overlap, sorted by first address.
pub(crate) struct Holders(Vec<Range>);

impl Holders {
    /// The ranges of a list: index in it, first address, and size in bytes. Empty ranges are left out.
    pub(crate) fn of(ranges: impl IntoIterator<Item = (usize, u64, u64)>) -> Holders {
        let ranges = ranges.into_iter().filter(|(.., size)| *size > 0);
        let mut ranges: Vec<Range> =
            ranges.map(|(index, first, size)| Range { first, size, index, reach: 0 }).collect();
        ranges.sort_by_key(|range| range.first);
        let mut reach = 0;
        for range in &mut ranges {
            reach = range.first.saturating_add(range.size.saturating_sub(1)).max(reach);
            range.reach = reach;
        }
        Holders(ranges)
    }

    /// The index of the range that holds an address; of several, the one that is listed first.
    pub(crate) fn first(&self, address: u64) -> Option<usize> {
        let behind = self.0.partition_point(|range| range.first <= address);
        let before = self.0.get(..behind)?.iter().rev();
        before
            .take_while(|range| range.reach >= address)
            .filter(|range| address.saturating_sub(range.first) < range.size)
            .map(|range| range.index)
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::Holders;

    #[test]
    fn of_the_ranges_that_hold_an_address_the_one_listed_first_is_found() {
        let ranges = [(0x1000, 0x1000), (0x800, 0x4000), (0x1800, 0x10), (0x9000, 0), (u64::MAX - 1, 2)];
        let holders =
            Holders::of(ranges.iter().enumerate().map(|(index, (first, size))| (index, *first, *size)));
        let found = |address| holders.first(address);
        assert_eq!(found(0x7ff), None);
        assert_eq!(found(0x800), Some(1));
        assert_eq!(found(0x1000), Some(0));
        assert_eq!(found(0x1805), Some(0));
        assert_eq!(found(0x2000), Some(1));
        assert_eq!(found(0x47ff), Some(1));
        assert_eq!(found(0x4800), None);
        assert_eq!(found(0x9000), None);
        assert_eq!(found(u64::MAX), Some(4));
    }
}
