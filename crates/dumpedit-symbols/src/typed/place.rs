//! The place of a value: one place, or several parts with a place each.

use super::ReadMemory;
use crate::types::Bits;

/// The place of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValuePlace {
    /// At an address.
    Memory(u64),
    /// In some bits of the number at an address.
    Bits(u64, Bits),
    /// Not in memory, but known: these are its bytes in the target's order.
    Value(Vec<u8>),
    /// In parts, one after another. They are apart in memory, or some are not in memory.
    Parts(Vec<PlacedPart>),
    /// Not in memory, and not known.
    OptimizedAway,
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlacedPart {
    /// The size in bytes.
    pub size: u64,
    /// The place of the part. It has no parts itself.
    pub place: ValuePlace,
}

impl PlacedPart {
    pub(crate) fn new(size: u64, place: ValuePlace) -> PlacedPart {
        PlacedPart { size, place }
    }

    /// The bytes of a value in parts; `None` if not all are known.
    pub(crate) fn read(parts: &[PlacedPart], size: usize, memory: &dyn ReadMemory) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        for part in parts {
            let wanted = usize::try_from(part.size).ok()?.min(size.checked_sub(bytes.len())?);
            match &part.place {
                ValuePlace::Memory(address) => {
                    let start = bytes.len();
                    bytes.resize(start.checked_add(wanted)?, 0);
                    let into = bytes.get_mut(start..)?;
                    (memory.read(*address, into) >= wanted).then_some(())?;
                }
                ValuePlace::Value(value) => bytes.extend_from_slice(value.get(..wanted)?),
                _ => return None,
            }
        }
        (bytes.len() == size).then_some(bytes)
    }

    /// The place of each part, in words.
    pub(crate) fn in_words(parts: &[PlacedPart]) -> String {
        let mut start = 0_u64;
        let mut words = Vec::new();
        for part in parts {
            let next = start.saturating_add(part.size);
            let bytes = match part.size {
                1 => format!("byte {start} is"),
                _ => format!("bytes {start} to {} are", next.saturating_sub(1)),
            };
            words.push(match &part.place {
                ValuePlace::Memory(address) => format!("{bytes} at {address:#x}"),
                ValuePlace::Value(_) => format!("{bytes} a value without a location"),
                _ => format!("{bytes} optimised away"),
            });
            start = next;
        }
        words.join(", ")
    }
}

impl ValuePlace {
    /// The place of a value that is kept in these parts. `size` is its size in bytes, if known.
    pub(crate) fn of_parts(parts: Vec<PlacedPart>, size: Option<u64>) -> ValuePlace {
        let mut joined: Vec<PlacedPart> = Vec::new();
        let known = parts.iter().fold(0_u64, |known, part| known.saturating_add(part.size));
        let missing = size.unwrap_or(known).saturating_sub(known);
        for part in parts.into_iter().chain([PlacedPart::new(missing, ValuePlace::OptimizedAway)]) {
            let continued = match (joined.last_mut(), &part.place) {
                _ if part.size == 0 => continue,
                (
                    Some(PlacedPart { size, place: ValuePlace::Memory(before) }),
                    ValuePlace::Memory(address),
                ) if before.checked_add(*size) == Some(*address) => Some(size),
                (Some(PlacedPart { size, place: ValuePlace::OptimizedAway }), ValuePlace::OptimizedAway) => {
                    Some(size)
                }
                _ => None,
            };
            match continued {
                Some(size) => *size = size.saturating_add(part.size),
                None => joined.push(part),
            }
        }
        match joined.pop() {
            None => ValuePlace::OptimizedAway,
            Some(only) if joined.is_empty() => only.place,
            Some(last) => {
                joined.push(last);
                ValuePlace::Parts(joined)
            }
        }
    }

    /// The place of `size` bytes of this value, from offset `at` on.
    pub(crate) fn part(&self, at: i128, size: u64, width: u8) -> ValuePlace {
        match self {
            ValuePlace::Memory(address) => {
                ValuePlace::Memory(narrowed(i128::from(*address).saturating_add(at), width))
            }
            ValuePlace::Value(bytes) => {
                let range = usize::try_from(at).ok().zip(usize::try_from(size).ok());
                let part = range.and_then(|(at, size)| bytes.get(at..at.checked_add(size)?));
                part.map_or(ValuePlace::OptimizedAway, |part| ValuePlace::Value(part.to_vec()))
            }
            ValuePlace::Parts(parts) => {
                let end = at.saturating_add(size.into());
                let (mut start, mut inside) = (0_i128, Vec::new());
                for part in parts {
                    let next = start.saturating_add(part.size.into());
                    let (first, last) = (start.max(at), next.min(end));
                    if let Ok(size @ 1..) = u64::try_from(last.saturating_sub(first)) {
                        inside.push(PlacedPart::new(size, part.place.part(first - start, size, width)));
                    }
                    start = next;
                }
                ValuePlace::of_parts(inside, Some(size))
            }
            place => place.clone(),
        }
    }
}

/// An address cut to `width` bytes.
pub(super) fn narrowed(address: i128, width: u8) -> u64 {
    let mask = crate::number::mask(u32::from(width).saturating_mul(8).min(64));
    u64::try_from(address.cast_unsigned() & mask).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_follow_one_another_are_one_place() {
        let memory = |size, address| PlacedPart::new(size, ValuePlace::Memory(address));
        let nowhere = |size| PlacedPart::new(size, ValuePlace::OptimizedAway);
        let whole = ValuePlace::of_parts(vec![memory(4, 0x10), memory(4, 0x14)], Some(8));
        assert_eq!(whole, ValuePlace::Memory(0x10));
        let apart = ValuePlace::of_parts(vec![memory(4, 0x10), nowhere(4), memory(8, 0x20)], Some(24));
        assert_eq!(apart, ValuePlace::Parts(vec![memory(4, 0x10), nowhere(4), memory(8, 0x20), nowhere(8)]));
        assert_eq!(apart.part(0, 4, 8), ValuePlace::Memory(0x10));
        assert_eq!(apart.part(10, 2, 8), ValuePlace::Memory(0x22));
        assert_eq!(apart.part(16, 4, 8), ValuePlace::OptimizedAway);
        assert_eq!(apart.part(2, 4, 8), ValuePlace::Parts(vec![memory(2, 0x12), nowhere(2)]));
        let ValuePlace::Parts(parts) = &apart else { return };
        assert_eq!(
            PlacedPart::in_words(parts),
            "bytes 0 to 3 are at 0x10, bytes 4 to 7 are optimised away, bytes 8 to 15 are at 0x20, bytes 16 to 23 are optimised away"
        );
    }
}
