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

    /// Decodes to one byte a letter; units of UTF-16 beyond a byte become `0x80`.
    pub(crate) fn narrow(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Letters::Bytes => bytes.to_vec(),
            Letters::Apart => bytes.iter().step_by(2).copied().collect(),
            Letters::Low | Letters::High => {
                let units = self.order().utf16_units(bytes);
                units.map(|unit| u8::try_from(unit).unwrap_or(0x80)).collect()
            }
        }
    }
}
