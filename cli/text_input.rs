//! Scripts and specs: text of limited size from a file or from standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use dumpedit::notation::PathText;

use crate::failure::Failure;
use crate::input::is_standard;

/// Maximum size of a text, in bytes.
const MOST: usize = 1 << 30;

const BLOCK: u64 = 1 << 20;

/// A text and its name.
pub(crate) struct Text {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Reason why a text cannot be read.
#[derive(Debug)]
enum TextError {
    Io(io::Error),
    /// A byte in this line is not text. Lines count from 1.
    NotText(usize),
    TooLong,
}

impl Text {
    /// Reads a text to its end, or to the first byte that is not text. An error is a failure of kind `kind`.
    pub(crate) fn read(path: &Path, kind: &'static str) -> Result<Text, Failure> {
        let (name, text) = if is_standard(path) {
            ("standard input".to_owned(), read(&mut io::stdin().lock(), MOST))
        } else {
            let file = File::open(path).map_err(TextError::Io);
            (PathText(path).to_string(), file.and_then(|mut file| read(&mut file, MOST)))
        };
        match text {
            Ok(text) => Ok(Text { name, text }),
            Err(error) => Err(error.of(kind, &name)),
        }
    }
}

impl TextError {
    /// The failure for the text with this name.
    fn of(&self, kind: &'static str, name: &str) -> Failure {
        match self {
            TextError::Io(error) => Failure::new(kind, format!("cannot read {name}: {error}")),
            TextError::NotText(line) => {
                Failure::new("usage", format!("{name}:{line}: this line is not text in UTF-8"))
            }
            TextError::TooLong => {
                Failure::new("usage", format!("{name} is too long: a text may have {MOST} bytes"))
            }
        }
    }
}

fn read(stream: &mut dyn Read, most: usize) -> Result<String, TextError> {
    let mut bytes = Vec::new();
    // The bytes before this are text.
    let mut checked = 0usize;
    loop {
        let read = (&mut *stream).take(BLOCK).read_to_end(&mut bytes).map_err(TextError::Io)?;
        let unchecked = bytes.get(checked..).unwrap_or_default();
        let valid = match std::str::from_utf8(unchecked) {
            Ok(text) => text.len(),
            // The next block completes this letter.
            Err(error) if error.error_len().is_none() && read > 0 => error.valid_up_to(),
            Err(error) => return Err(not_text(&bytes, checked.saturating_add(error.valid_up_to()))),
        };
        if let Some(zero) = unchecked.iter().take(valid).position(|byte| *byte == 0) {
            return Err(not_text(&bytes, checked.saturating_add(zero)));
        }
        checked = checked.saturating_add(valid);
        if bytes.len() > most {
            return Err(TextError::TooLong);
        }
        if read == 0 {
            return String::from_utf8(bytes).map_err(|error| TextError::Io(io::Error::other(error)));
        }
    }
}

fn not_text(bytes: &[u8], at: usize) -> TextError {
    let before = bytes.get(..at).unwrap_or_default();
    TextError::NotText(before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_read_no_further() {
        let mut zeros = "one\ntwo\n".as_bytes().chain(io::repeat(0));
        assert!(matches!(read(&mut zeros, MOST), Err(TextError::NotText(3))));
        let mut high = io::repeat(0xff);
        assert!(matches!(read(&mut high, MOST), Err(TextError::NotText(1))));
        assert!(matches!(read(&mut "one\n\u{e9}".as_bytes().take(5), MOST), Err(TextError::NotText(2))));
    }

    #[test]
    fn an_endless_text_is_read_as_far_as_a_text_may_be_long() {
        assert!(matches!(read(&mut io::repeat(b'a'), 3 << 20), Err(TextError::TooLong)));
    }

    #[test]
    fn a_letter_may_lie_in_two_blocks() {
        let text = format!("a{}", "\u{1f980}".repeat(1 << 19));
        assert!(read(&mut text.as_bytes(), MOST).ok() == Some(text));
    }
}
