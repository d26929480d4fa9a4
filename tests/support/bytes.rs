//! Numbers as bytes in either order, and bytes as hex.

/// The byte order of a dump to be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    /// Encodes the `size` low bytes of a number.
    pub(crate) fn number(self, value: u64, size: usize) -> Vec<u8> {
        match self {
            Order::Little => value.to_le_bytes()[..size].to_vec(),
            Order::Big => value.to_be_bytes()[8 - size..].to_vec(),
        }
    }

    /// Encodes consecutive fields, each a value and its size in bytes.
    pub(crate) fn fields(self, fields: &[(u64, usize)]) -> Vec<u8> {
        fields.iter().flat_map(|&(value, size)| self.number(value, size)).collect()
    }

    /// Writes the `size` low bytes of a number at an offset.
    pub(crate) fn put(self, bytes: &mut [u8], offset: usize, value: u64, size: usize) {
        bytes[offset..offset + size].copy_from_slice(&self.number(value, size));
    }

    /// Decodes the number of `size` bytes at an offset.
    pub(crate) fn get(self, bytes: &[u8], offset: usize, size: usize) -> u64 {
        let shift = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        let bytes = bytes[offset..offset + size].iter();
        match self {
            Order::Little => bytes.rev().fold(0, shift),
            Order::Big => bytes.fold(0, shift),
        }
    }
}

/// Bytes as lower-case hex without spaces, the form of the JSON.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of such hex.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "hex of whole bytes: {text}");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// `size` bytes that count up from `first`, so that every offset differs from its neighbours.
pub(crate) fn counting(first: u8, size: usize) -> Vec<u8> {
    (0..size).map(|index| first.wrapping_add(index as u8)).collect()
}
