//! How the letters of a text are stored.

use dumpedit_layout::ByteOrder;

/// How the letters of a text are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// One to four bytes a letter.
    Utf8,
    /// Two or four bytes a letter, in the target's byte order.
    Utf16,
}

impl Encoding {
    /// Every encoding.
    pub(crate) const ALL: [Encoding; 2] = [Encoding::Utf8, Encoding::Utf16];

    /// Its name, a word that scripts can rely on.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
        }
    }

    /// The bytes of a text.
    pub(crate) fn bytes(self, text: &str, order: ByteOrder) -> Vec<u8> {
        match self {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf16 => text.encode_utf16().flat_map(|unit| unit_bytes(unit, order)).collect(),
        }
    }

    /// The text of some bytes, with a mark where they are none.
    pub fn text(self, bytes: &[u8], order: ByteOrder) -> String {
        match self {
            Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Encoding::Utf16 => {
                let unit = |pair: &[u8]| {
                    let pair = <[u8; 2]>::try_from(pair).unwrap_or_default();
                    match order {
                        ByteOrder::Little => u16::from_le_bytes(pair),
                        ByteOrder::Big => u16::from_be_bytes(pair),
                    }
                };
                String::from_utf16_lossy(&bytes.chunks_exact(2).map(unit).collect::<Vec<u16>>())
            }
        }
    }

    /// The bytes of a letter of one byte.
    pub(crate) fn unit(self, letter: u8, order: ByteOrder) -> Vec<u8> {
        match self {
            Encoding::Utf8 => vec![letter],
            Encoding::Utf16 => unit_bytes(letter.into(), order).to_vec(),
        }
    }
}

fn unit_bytes(unit: u16, order: ByteOrder) -> [u8; 2] {
    match order {
        ByteOrder::Little => unit.to_le_bytes(),
        ByteOrder::Big => unit.to_be_bytes(),
    }
}
