//! Replacements of the matches of a search.

use std::fmt;
use std::str::FromStr;

use dumpedit_layout::ByteOrder;

use crate::encoding::Encoding;
use crate::error::Error;
use crate::find::Match;
use crate::notation::words::Quoted;
use crate::notation::{Inputs, NotationError, Pattern, Scope, SearchText, Value};
use crate::number::ValueError;

/// The replacement of a match. `Display` writes it as the options of `find`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Replacement {
    /// The bytes of a value.
    Value {
        /// The value.
        value: Value,
        /// Padding where the match is longer.
        pad: Option<u8>,
    },
    /// A text in the encoding of each match: `text:xyz`.
    Text {
        /// The text.
        text: String,
        /// Padding where the match is longer.
        pad: Option<u8>,
    },
    /// An ASCII character, repeated, in the encoding of each match.
    Mask(u8),
}

impl FromStr for Replacement {
    type Err = NotationError;

    /// A VALUE, or `text:` and a text.
    fn from_str(text: &str) -> Result<Self, NotationError> {
        Ok(match text.strip_prefix(Pattern::TEXT) {
            Some(text) => Replacement::Text { text: text.to_owned(), pad: None },
            None => Replacement::Value { value: text.parse()?, pad: None },
        })
    }
}

impl Replacement {
    /// A repeated character.
    ///
    /// # Errors
    /// [`NotationError`] where the text is not a single ASCII character.
    pub fn mask(text: &str) -> Result<Replacement, NotationError> {
        match text.as_bytes() {
            [letter @ b' '..=b'~'] => Ok(Replacement::Mask(*letter)),
            _ => Err(NotationError::value(text, "is not a mask")
                .with_hint("write one ASCII character, such as x: longer ones do not fit every match")),
        }
    }

    /// The same, with a byte for padding where the match is longer.
    #[must_use]
    pub fn padded(self, byte: Option<u8>) -> Replacement {
        match self {
            Replacement::Value { value, .. } => Replacement::Value { value, pad: byte },
            Replacement::Text { text, .. } => Replacement::Text { text, pad: byte },
            mask @ Replacement::Mask(_) => mask,
        }
    }

    /// A padding byte: a VALUE of one byte.
    ///
    /// # Errors
    /// [`NotationError`] where the text is no such value.
    pub fn padding(text: &str) -> Result<u8, NotationError> {
        if let Some(digits) = text.strip_prefix("0x") {
            return Err(NotationError::value(text, "is not one byte")
                .with_hint("write two hex digits")
                .with_instead(digits));
        }
        let bytes = match text.parse()? {
            Value::Bytes(bytes) | Value::Number { little: bytes, .. } => bytes,
            Value::Text { text, wide: false, terminated: false } => text.into_bytes(),
            _ => Vec::new(),
        };
        match bytes.as_slice() {
            [byte] => Ok(*byte),
            _ => Err(NotationError::value(text, "is not one byte").with_hint("write two hex digits: 00, 20")),
        }
    }

    /// Whether it is empty as written.
    pub fn is_empty(&self) -> bool {
        match self {
            Replacement::Value { value, .. } => value.is_empty(),
            Replacement::Text { text, .. } => text.is_empty(),
            Replacement::Mask(_) => false,
        }
    }

    /// The value, where it is one.
    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Replacement::Value { value, .. } => Some(value),
            _ => None,
        }
    }
}

impl fmt::Display for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pad = match self {
            Replacement::Value { value, pad } => {
                write!(f, "--replace {}", Quoted(value))?;
                pad
            }
            Replacement::Text { text, pad } => {
                write!(f, "--replace {}", Quoted(format!("{}{text}", Pattern::TEXT)))?;
                pad
            }
            Replacement::Mask(letter) => return write!(f, "--mask {}", Quoted(char::from(*letter))),
        };
        pad.map_or(Ok(()), |byte| write!(f, " --pad {byte:02x}"))
    }
}

/// A replacement whose value is resolved.
pub(crate) struct Replacing {
    what: What,
    pad: Option<u8>,
    order: ByteOrder,
}

enum What {
    Bytes(Vec<u8>),
    Text(String),
    Letter(u8),
}

impl Scope<'_> {
    /// Resolves a replacement for the matches of a search.
    pub(crate) fn replacing(
        &self,
        replacement: &Replacement,
        search: &SearchText,
        inputs: &mut Inputs<'_>,
    ) -> Result<Replacing, Error> {
        let (what, pad) = match replacement {
            Replacement::Value { value, pad } => (What::Bytes(self.short_bytes(value, inputs)?), *pad),
            Replacement::Text { text, pad } => (What::Text(text.clone()), *pad),
            Replacement::Mask(letter) => (What::Letter(*letter), None),
        };
        let ends =
            |pattern: &&Pattern| matches!(pattern, Pattern::Value(Value::Text { terminated: true, .. }));
        if let (What::Letter(_), Some(pattern)) = (&what, search.patterns.iter().find(ends)) {
            let problem =
                format!("a mask would overwrite the zero that ends {pattern}; search for the text alone");
            return Err(ValueError::Invalid(problem).into());
        }
        Ok(Replacing { what, pad, order: self.dump().layout().byte_order() })
    }
}

impl Replacing {
    /// Checks that there are bytes for a match.
    pub(crate) fn check(&self, found: &Match) -> Result<(), ValueError> {
        self.bytes(found).map(|_| ())
    }

    /// The replacement of a match, of the same length.
    pub(crate) fn bytes(&self, found: &Match) -> Result<Vec<u8>, ValueError> {
        let encoding = found.encoding.unwrap_or(Encoding::Utf8);
        let (given, pad) = match &self.what {
            What::Bytes(bytes) => (bytes.clone(), self.pad),
            What::Text(text) => (encoding.bytes(text, self.order), self.pad),
            What::Letter(letter) => (Vec::new(), Some(*letter)),
        };
        let length = usize::try_from(found.length).unwrap_or(usize::MAX);
        let wrong = match found.outside {
            true => ValueError::Invalid(format!(
                "the match at file offset {:#x} has {} bytes, and its replacement has {}",
                found.file_offset,
                found.length,
                given.len()
            )),
            false => ValueError::WrongLength {
                address: found.address,
                length: found.length,
                given: given.len() as u64,
            },
        };
        match pad {
            _ if given.len() == length => Ok(given),
            Some(pad) if given.len() < length => {
                // Where a character has two bytes, the padding begins with the byte of the right parity.
                let padding = encoding.unit(pad, self.order).into_iter().cycle().skip(given.len() % 2);
                let missing = length.saturating_sub(given.len());
                Ok(given.into_iter().chain(padding.take(missing)).collect())
            }
            _ => Err(wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_to_pad_with_is_a_value_of_one_byte() {
        for (text, byte) in [("00", 0u8), ("20", 0x20), ("u8:32", 0x20), ("str:x", b'x')] {
            assert_eq!(Replacement::padding(text), Ok(byte), "{text}");
        }
        for text in ["", "0", "0000", "u16:0", "utf16:x", "strz:x", "-", "file:x"] {
            assert!(Replacement::padding(text).is_err(), "{text}");
        }
        for text in ["", "xx", "é", "\0"] {
            assert!(Replacement::mask(text).is_err(), "{text}");
        }
    }
}
