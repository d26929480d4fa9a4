//! Encodings of text.

use dumpedit_layout::ByteOrder;

/// An encoding of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// One to four bytes for each character.
    Utf8,
    /// Two or four bytes for each character, in the target's byte order.
    Utf16,
}

impl Encoding {
    /// All encodings.
    pub(crate) const ALL: [Encoding; 2] = [Encoding::Utf8, Encoding::Utf16];

    /// Name, a word that scripts can rely on.
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
            Encoding::Utf16 => order.utf16_bytes(text),
        }
    }

    /// The text in some bytes, with replacement characters where they are invalid.
    pub fn text(self, bytes: &[u8], order: ByteOrder) -> String {
        match self {
            Encoding::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Encoding::Utf16 => order.utf16(bytes),
        }
    }

    /// The bytes of a one-byte character.
    pub(crate) fn unit(self, letter: u8, order: ByteOrder) -> Vec<u8> {
        match self {
            Encoding::Utf8 => vec![letter],
            Encoding::Utf16 => order.bytes(letter.into(), 2),
        }
    }
}
