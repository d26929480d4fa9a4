//! Encodings of the letters of texts.

use dumpedit::ByteOrder;

/// Encoding of the letters of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Letters {
    /// One byte each; several for a letter of UTF-8 beyond ASCII.
    Bytes,
    /// One byte each, with a zero byte between any two: ASCII in UTF-16 of either byte order.
    Apart,
    /// UTF-16, low byte first.
    Low,
    /// UTF-16, high byte first.
    High,
}

impl Letters {
    /// Size of a letter, in bytes.
    pub(crate) fn size(self) -> usize {
        match self {
            Letters::Bytes => 1,
            _ => 2,
        }
    }

    /// Byte order of a letter of two bytes.
    pub(crate) fn order(self) -> ByteOrder {
        match self {
            Letters::High => ByteOrder::Big,
            _ => ByteOrder::Little,
        }
    }

    /// UTF-16 in a byte order.
    pub(crate) fn wide(order: ByteOrder) -> Letters {
        match order {
            ByteOrder::Little => Letters::Low,
            ByteOrder::Big => Letters::High,
        }
    }

    /// Decodes to one byte a letter, as [`of_unit`] has it.
    pub(crate) fn narrow(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Letters::Bytes => bytes.to_vec(),
            Letters::Apart => bytes.iter().step_by(2).copied().collect(),
            Letters::Low | Letters::High => {
                let units = self.order().utf16_units(bytes);
                units.map(of_unit).collect()
            }
        }
    }

    /// Decodes a text to UTF-8. Bytes that may be UTF-8 already stay as they are.
    pub(crate) fn utf8(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Letters::Bytes => bytes.to_vec(),
            Letters::Apart => {
                bytes.iter().step_by(2).map(|byte| char::from(*byte)).collect::<String>().into_bytes()
            }
            Letters::Low | Letters::High => self.order().utf16(bytes).into_bytes(),
        }
    }
}

/// The byte that stands for a unit of UTF-16 in patterns: itself up to U+00FF, one of `0xc0..=0xff` for Latin, Greek and Cyrillic letters
/// beyond, and one of `0x80..=0xbf` for all else.
pub(crate) fn of_unit(unit: u16) -> u8 {
    let [low, _] = unit.to_le_bytes();
    match unit {
        0..=0xff => low,
        0x100..=0x53f => 0xc0 | low & 0x3f,
        _ => 0x80 | low & 0x3f,
    }
}
