//! Byte orders, and the numbers and texts that bytes encode in them.

use std::fmt;

/// Order of the bytes of a number in the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

impl ByteOrder {
    /// The order's name in JSON and in messages.
    pub fn name(self) -> &'static str {
        match self {
            ByteOrder::Little => "little",
            ByteOrder::Big => "big",
        }
    }

    /// Decodes a number; of more than eight bytes the low ones.
    pub fn number(self, bytes: &[u8]) -> u64 {
        let fold = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        match self {
            ByteOrder::Little => bytes.iter().rev().fold(0, fold),
            ByteOrder::Big => bytes.iter().fold(0, fold),
        }
    }

    /// Encodes the low `size` bytes of a number.
    pub fn bytes(self, number: u64, size: usize) -> Vec<u8> {
        let mut bytes = number.to_le_bytes().to_vec();
        bytes.resize(size, 0);
        self.reorder(&mut bytes);
        bytes
    }

    /// Converts little-endian bytes to this order, or back.
    pub fn reorder(self, bytes: &mut [u8]) {
        if self == ByteOrder::Big {
            bytes.reverse();
        }
    }

    /// Decodes the units of UTF-16, without an odd byte at the end.
    pub fn utf16_units(self, bytes: &[u8]) -> impl Iterator<Item = u16> + '_ {
        bytes.as_chunks::<2>().0.iter().map(move |unit| match self {
            ByteOrder::Little => u16::from_le_bytes(*unit),
            ByteOrder::Big => u16::from_be_bytes(*unit),
        })
    }

    /// Decodes UTF-16, with replacement characters for unpaired surrogates.
    pub fn utf16(self, bytes: &[u8]) -> String {
        let letters = char::decode_utf16(self.utf16_units(bytes));
        letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    }

    /// Encodes a text in UTF-16.
    pub fn utf16_bytes(self, text: &str) -> Vec<u8> {
        let stored = |unit: u16| match self {
            ByteOrder::Little => unit.to_le_bytes(),
            ByteOrder::Big => unit.to_be_bytes(),
        };
        text.encode_utf16().flat_map(stored).collect()
    }
}

impl fmt::Display for ByteOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_in_an_order_is_read_back_in_it() {
        assert_eq!(ByteOrder::Little.bytes(0x0102_0304, 2), [4, 3]);
        assert_eq!(ByteOrder::Big.bytes(0x0102_0304, 2), [3, 4]);
        assert_eq!(ByteOrder::Big.bytes(1, 10), [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        for order in [ByteOrder::Little, ByteOrder::Big] {
            assert_eq!(order.number(&order.bytes(0x0102_0304, 5)), 0x0102_0304);
            assert_eq!(order.utf16(&order.utf16_bytes("ü𝄞")), "ü𝄞");
        }
        assert_eq!(ByteOrder::Big.utf16_bytes("ü"), [0, 0xfc]);
        assert_eq!(ByteOrder::Little.utf16(&[b'a', 0, 0, 0xd8, b'b']), "a\u{fffd}");
    }
}
