//! Numbers of a file in either byte order and word size, and texts that end with a NUL.

use dumpedit_layout::ByteOrder;
use object::endian::{Endian, Endianness};

/// Encoding of the numbers of a file or of its target: byte order and word size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoding {
    pub(crate) order: Endianness,
    /// Whether a word has 8 bytes and not 4.
    pub(crate) wide: bool,
}

impl Encoding {
    pub(crate) fn of(order: ByteOrder, wide: bool) -> Encoding {
        let order = match order {
            ByteOrder::Little => Endianness::Little,
            ByteOrder::Big => Endianness::Big,
        };
        Encoding { order, wide }
    }

    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        Some(self.order.read_u16(*bytes.get(at..)?.first_chunk()?))
    }

    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        Some(self.order.read_u32(*bytes.get(at..)?.first_chunk()?))
    }

    pub(crate) fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        Some(self.order.read_u64(*bytes.get(at..)?.first_chunk()?))
    }

    /// The `index`-th word of `bytes`.
    pub(crate) fn word(self, bytes: &[u8], index: usize) -> Option<u64> {
        let at = index.checked_mul(self.word_size())?;
        if self.wide { self.u64(bytes, at) } else { self.u32(bytes, at).map(u64::from) }
    }

    /// The size of a word in bytes.
    pub(crate) fn word_size(self) -> usize {
        if self.wide { 8 } else { 4 }
    }

    pub(crate) fn byte_order(self) -> ByteOrder {
        match self.order {
            Endianness::Little => ByteOrder::Little,
            Endianness::Big => ByteOrder::Big,
        }
    }
}

/// The text up to its NUL or the end of the bytes; `None` where it is empty.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    let text = bytes.split(|byte| *byte == 0).next()?;
    (!text.is_empty()).then(|| String::from_utf8_lossy(text).into_owned())
}
