//! The bits of a bit field.

use dumpedit_layout::ByteOrder;

/// The bits of a bit field. They are counted from the least significant bit of the number in `size` bytes, in the
/// target's byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Bits {
    /// The lowest bit.
    pub first: u32,
    /// The number of bits: 1 to 128.
    pub count: u32,
    /// The size in bytes of the number with these bits: 1 to 17, and no more than the bits need.
    pub size: u32,
}

impl Bits {
    /// The bits of a field, and the offset in bytes of their number. `bit_offset` is counted from the beginning of the
    /// whole as DW_AT_data_bit_offset counts: from the least significant bit of the first byte in little-endian order,
    /// and from the most significant bit in big-endian order. `None` for a field of no bits, or of more than 128.
    pub(crate) fn at(bit_offset: u64, count: u64, byte_order: ByteOrder) -> Option<(u64, Bits)> {
        let count = u32::try_from(count).ok().filter(|count| (1..=128).contains(count))?;
        let within = u32::try_from(bit_offset % 8).ok()?;
        let size = (within + count).div_ceil(8);
        let first = match byte_order {
            ByteOrder::Little => within,
            ByteOrder::Big => size * 8 - within - count,
        };
        Some((bit_offset / 8, Bits { first, count, size }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_counted_from_the_end_that_the_byte_order_begins_with() {
        let bits = |first, count, size| Bits { first, count, size };
        assert_eq!(Bits::at(35, 3, ByteOrder::Little), Some((4, bits(3, 3, 1))));
        assert_eq!(Bits::at(35, 3, ByteOrder::Big), Some((4, bits(2, 3, 1))));
        assert_eq!(Bits::at(6, 4, ByteOrder::Little), Some((0, bits(6, 4, 2))));
        assert_eq!(Bits::at(6, 4, ByteOrder::Big), Some((0, bits(6, 4, 2))));
        assert_eq!(Bits::at(0, 0, ByteOrder::Little), None);
    }
}
