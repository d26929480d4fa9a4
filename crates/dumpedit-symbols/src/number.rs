//! Unsigned and signed numbers of any size, in either byte order.

use dumpedit_layout::ByteOrder;

/// The unsigned number in up to 16 bytes. The higher bytes of longer ones are ignored.
pub(crate) fn unsigned(bytes: &[u8], byte_order: ByteOrder) -> u128 {
    let add = |number: u128, byte: &u8| (number << 8) | u128::from(*byte);
    match byte_order {
        ByteOrder::Big => bytes.iter().fold(0, add),
        ByteOrder::Little => bytes.iter().rev().fold(0, add),
    }
}

/// The signed value of a number of `bits` bits.
pub(crate) fn signed(number: u128, bits: u32) -> i128 {
    match bits {
        0 => 0,
        1..128 => number.wrapping_shl(128 - bits).cast_signed() >> (128 - bits),
        _ => number.cast_signed(),
    }
}

/// A number with the lowest `bits` bits set.
pub(crate) fn mask(bits: u32) -> u128 {
    if bits >= 128 { u128::MAX } else { (1_u128 << bits) - 1 }
}

/// The bytes of a number of `size` bytes. Bytes beyond 16 are zero.
pub(crate) fn bytes(number: u128, size: usize, byte_order: ByteOrder) -> Vec<u8> {
    let mut bytes = number.to_le_bytes().to_vec();
    bytes.resize(size, 0);
    byte_order.reorder(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_byte_order_and_a_sign() {
        assert_eq!(unsigned(&[1, 2, 3], ByteOrder::Little), 0x03_0201);
        assert_eq!(unsigned(&[1, 2, 3], ByteOrder::Big), 0x01_0203);
        assert_eq!((signed(0x7, 3), signed(0x3, 3), signed(u128::MAX, 128), signed(5, 0)), (-1, 3, -1, 0));
        assert_eq!(bytes(0x0102, 3, ByteOrder::Big), [0, 1, 2]);
        assert_eq!(bytes(0x0102, 3, ByteOrder::Little), [2, 1, 0]);
    }
}
