//! IPv4 addresses of reserved ranges, by the length of their text.

use std::net::Ipv4Addr;

/// First numbers of reserved addresses, by number of digits: the least, and their count. "This network" (RFC 791) and the reserved ranges
/// (RFC 1112).
const FIRST: [(u64, u64); 3] = [(0, 1), (0, 0), (240, 15)];

/// Other numbers, by number of digits: the least, and their count.
const OTHERS: [(u64, u64); 3] = [(0, 10), (10, 90), (100, 156)];

/// Whether a text is an IPv4 address of a reserved range.
pub(crate) fn is_reserved(text: &[u8]) -> bool {
    let address = std::str::from_utf8(text).ok().and_then(|text| text.parse::<Ipv4Addr>().ok());
    address.is_some_and(|address| matches!(address.octets(), [0 | 240..=254, ..]))
}

/// Whether a text is an IPv4 address.
pub(crate) fn is_address(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<Ipv4Addr>().is_ok())
}

/// IPv4 addresses of reserved ranges whose text has a length.
#[derive(Debug)]
pub(crate) struct Reserved {
    length: usize,
}

impl Reserved {
    /// Addresses of a length, in letters.
    pub(crate) fn of_length(length: usize) -> Reserved {
        Reserved { length }
    }

    /// Number of these addresses.
    pub(crate) fn count(&self) -> u64 {
        self.splits().map(|numbers| count(&numbers)).sum()
    }

    /// The address at an index.
    pub(crate) fn get(&self, mut place: u64) -> Option<String> {
        for numbers in self.splits() {
            let all = count(&numbers);
            if place >= all {
                place -= all;
                continue;
            }
            let octets = numbers.map(|(least, count)| {
                let octet = least + place % count;
                place /= count;
                octet.to_string()
            });
            return Some(octets.join("."));
        }
        None
    }

    /// Ranges of the four numbers, for each way to share the digits among them.
    fn splits(&self) -> impl Iterator<Item = [(u64, u64); 4]> {
        let digits = self.length.saturating_sub(3);
        let sized = |ranges: [(u64, u64); 3]| (1..).zip(ranges).filter(|(_, (_, count))| *count > 0);
        sized(FIRST).flat_map(move |(one, first)| {
            sized(OTHERS).flat_map(move |(two, second)| {
                sized(OTHERS).flat_map(move |(three, third)| {
                    sized(OTHERS)
                        .filter(move |(four, _)| one + two + three + four == digits)
                        .map(move |(_, fourth)| [first, second, third, fourth])
                })
            })
        })
    }
}

fn count(numbers: &[(u64, u64); 4]) -> u64 {
    numbers.iter().map(|(_, count)| count).product()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn addresses_of_each_length_are_reserved_and_each_is_another() {
        for (length, least) in [(7, 1_000), (8, 27_000), (9, 258_000), (12, 1_000_000), (15, 50_000_000)] {
            let reserved = Reserved::of_length(length);
            assert!(reserved.count() >= least, "{length}: {}", reserved.count());
            let mut seen = HashSet::new();
            let step = (reserved.count() / 1000) | 1;
            for place in (0..reserved.count()).step_by(step as usize) {
                let address = reserved.get(place).unwrap();
                assert_eq!(address.len(), length);
                assert!(is_reserved(address.as_bytes()), "{address}");
                assert!(seen.insert(address));
            }
            assert!(reserved.get(reserved.count()).is_none());
        }
        assert_eq!(Reserved::of_length(7).get(0).unwrap(), "0.0.0.0");
        assert_eq!(Reserved::of_length(6).count(), 0);
        assert_eq!(Reserved::of_length(16).count(), 0);
    }
}
