//! How the letters of texts are stored.

use dumpedit::ByteOrder;

/// How the letters of a text are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Letters {
    /// One byte each; of UTF-8, several.
    Bytes,
    /// One byte each with a zero between any two.
    Apart,
    /// Two bytes each, the low one first.
    Low,
    /// Two bytes each, the high one first.
    High,
}

impl Letters {
    /// The size of a letter, in bytes.
    pub(crate) fn size(self) -> usize {
        match self {
            Letters::Bytes => 1,
            _ => 2,
        }
    }

    /// The order of the two bytes of a letter.
    pub(crate) fn order(self) -> ByteOrder {
        match self {
            Letters::High => ByteOrder::Big,
            _ => ByteOrder::Little,
        }
    }

    /// Letters of two bytes in an order.
    pub(crate) fn wide(order: ByteOrder) -> Letters {
        match order {
            ByteOrder::Little => Letters::Low,
            ByteOrder::Big => Letters::High,
        }
    }

    /// One byte a letter; those of UTF-16 that have no byte are `0x80`.
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
