//! Which bits of which bytes a bit field is.

use dumpedit_layout::ByteOrder;

/// The bits of a bit field, counted from the least significant one of the number that `size` bytes are in the target's byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Bits {
    /// The lowest.
    pub first: u32,
    /// How many: 1 to 128.
    pub count: u32,
    /// The bytes of the number that they are in: 1 to 17, and no more than the bits need.
    pub size: u32,
}

impl Bits {
    /// The bits of a field that begins so many bits behind the beginning of the whole, as DW_AT_data_bit_offset counts them: from the
    /// least significant bit of the first byte in little-endian order, from the most significant one in big-endian order. And the
    /// byte that their number begins at. `None` for a field of no bits or of more than 128.
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
