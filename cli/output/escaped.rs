//! Escapes hidden letters in every output. Text from a dump, a script or a file name cannot control the terminal, and invisible
//! letters cannot change the visible text.

use std::io::{self, Write};

use dumpedit::notation::{Visible, is_hidden};

/// An output that escapes hidden letters.
pub(crate) struct Escaped<W> {
    out: W,
    language: Language,
    /// First bytes of a letter whose remaining bytes are still missing.
    pending: Vec<u8>,
}

/// Form of escapes, and letters that are not escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    /// Like [`Visible`], but line breaks are kept.
    Text,
    /// Like `Text`, but the colours of [`super::text::Style`] are kept.
    Coloured,
    /// `\u202e`: in JSON, hidden letters occur only in strings.
    Json,
}

impl<W: Write> Escaped<W> {
    /// An output for lines of text; `coloured` if they contain colours.
    pub(crate) fn text(out: W, coloured: bool) -> Self {
        let language = if coloured { Language::Coloured } else { Language::Text };
        Escaped { out, language, pending: Vec::new() }
    }

    /// An output for JSON documents.
    pub(crate) fn json(out: W) -> Self {
        Escaped { out, language: Language::Json, pending: Vec::new() }
    }

    fn letters(&mut self, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some((at, letter)) =
            rest.char_indices().find(|(_, letter)| *letter != '\n' && is_hidden(*letter))
        {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.out.write_all(before.as_bytes())?;
            let mut width = letter.len_utf8();
            match self.language {
                Language::Coloured if colour(from).is_some() => {
                    width = colour(from).unwrap_or(width);
                    self.out.write_all(from.get(..width).unwrap_or_default().as_bytes())?;
                }
                Language::Json => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        write!(self.out, "\\u{unit:04x}")?;
                    }
                }
                _ => write!(self.out, "{}", Visible(letter.encode_utf8(&mut [0; 4])))?,
            }
            rest = from.get(width..).unwrap_or_default();
        }
        self.out.write_all(rest.as_bytes())
    }
}

/// Length of the colour code at the start of a text.
fn colour(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\x1b[")?;
    let end = codes.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    codes.get(end..)?.starts_with('m').then(|| end.saturating_add(3))
}

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n');
        if self.pending.is_empty() && bytes.iter().all(plain) {
            return self.out.write_all(bytes).map(|()| bytes.len());
        }
        let joined;
        let mut rest = bytes;
        if !self.pending.is_empty() {
            joined = [std::mem::take(&mut self.pending).as_slice(), bytes].concat();
            rest = &joined;
        }
        let mut chunks = rest.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            self.letters(chunk.valid())?;
            let is_cut = chunks.peek().is_none()
                && std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
            if is_cut {
                self.pending = chunk.invalid().to_vec();
                break;
            }
            for byte in chunk.invalid() {
                write!(self.out, "\\x{byte:02x}")?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(escaped: impl Fn(&mut Vec<u8>) -> Escaped<&mut Vec<u8>>, bytes: &[u8]) -> String {
        let mut whole = Vec::new();
        escaped(&mut whole).write_all(bytes).unwrap();
        // The result does not depend on how the bytes are split into writes.
        let mut pieces = Vec::new();
        {
            let mut out = escaped(&mut pieces);
            bytes.chunks(1).for_each(|byte| out.write_all(byte).unwrap());
        }
        assert_eq!(whole, pieces);
        String::from_utf8(whole).unwrap()
    }

    #[test]
    fn text_keeps_its_lines_and_loses_what_a_terminal_acts_on() {
        let shown = through(|out| Escaped::text(out, false), "é\x1b[31m\r\na\u{202e}b\u{9b}\t".as_bytes());
        assert_eq!(shown, "é\\x1b[31m\\r\na\\u{202e}b\\u{9b}\\t");
    }

    #[test]
    fn colours_go_through_where_there_are_some_and_nothing_else_that_begins_like_one() {
        let mut out = Vec::new();
        Escaped::text(&mut out, true).write_all(b"\x1b[1;32mhit\x1b[0m\x1b[2J\x1b]0;t\x07").unwrap();
        assert_eq!(out, b"\x1b[1;32mhit\x1b[0m\\x1b[2J\\x1b]0;t\\x07");
    }

    #[test]
    fn json_has_its_own_escapes() {
        let shown =
            through(|out| Escaped::json(out), "{\"a\":\"\u{7f}\u{85}\u{2028}\u{e0041}é\"}\n".as_bytes());
        assert_eq!(shown, "{\"a\":\"\\u007f\\u0085\\u2028\\udb40\\udc41é\"}\n");
    }
}
