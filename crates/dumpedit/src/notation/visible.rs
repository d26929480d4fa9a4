//! Foreign text in a form that is safe on a terminal: characters that move the cursor, reorder the line or are invisible are written as
//! escapes.

use std::fmt;
use std::path::Path;

/// Ranges of characters that change how others are shown, or are invisible: Unicode's category Cf, its line and paragraph separators, and
/// other characters that are ignored by default, without the variation selectors. Control characters are those of [`char::is_control`].
const HIDDEN: [(u32, u32); 33] = [
    (0xad, 0xad),
    (0x34f, 0x34f),
    (0x600, 0x605),
    (0x61c, 0x61c),
    (0x6dd, 0x6dd),
    (0x70f, 0x70f),
    (0x890, 0x891),
    (0x8e2, 0x8e2),
    (0x115f, 0x1160),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0x3164, 0x3164),
    (0xfdd0, 0xfdef),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfffb),
    (0xfffe, 0xffff),
    (0x110bd, 0x110bd),
    (0x110cd, 0x110cd),
    (0x13430, 0x1343f),
    (0x1bca0, 0x1bca3),
    (0x1d173, 0x1d17a),
    (0xe0000, 0xe00ff),
    (0xe01f0, 0xe0fff),
    (0x1fffe, 0x1ffff),
    (0x2fffe, 0x2ffff),
    (0x3fffe, 0x3ffff),
    (0xefffe, 0xeffff),
    (0xffffe, 0xfffff),
    (0x10_fffe, 0x10_ffff),
];

/// Whether a character is a control character, changes how characters around it are shown, or is invisible.
pub fn is_hidden(letter: char) -> bool {
    // Most text is printable ASCII.
    if matches!(letter, ' '..='~') {
        return false;
    }
    let number = u32::from(letter);
    letter.is_control() || HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&number))
}

/// A text on one line, with its hidden characters as `\n`, `\r`, `\t`, `\x1b` (ASCII) or `\u{202e}`.
#[derive(Clone, Copy, Debug)]
pub struct Visible<'a>(pub &'a str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| is_hidden(*letter)) {
            f.write_str(rest.get(..at).unwrap_or_default())?;
            match letter {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                letter if letter.is_ascii() => write!(f, "\\x{:02x}", u32::from(letter))?,
                letter => write!(f, "\\u{{{:x}}}", u32::from(letter))?,
            }
            rest = rest.get(at.saturating_add(letter.len_utf8())..).unwrap_or_default();
        }
        f.write_str(rest)
    }
}

/// A path as text. One that is not UTF-8 keeps its bytes: invalid ones are written as `\xff`, and a backslash is doubled. Hidden characters
/// stay; see [`Visible`].
#[derive(Clone, Copy, Debug)]
pub struct PathText<'a>(pub &'a Path);

impl fmt::Display for PathText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.0.to_str() {
            return f.write_str(text);
        }
        for chunk in self.0.as_os_str().as_encoded_bytes().utf8_chunks() {
            f.write_str(&chunk.valid().replace('\\', r"\\"))?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_written_as_escapes_and_everything_else_as_it_is() {
        let plain = "C:\\App é ü 日本 \u{1f600} ~";
        assert_eq!(Visible(plain).to_string(), plain);
        assert_eq!(Visible("a\x1b[2J\x07\r\n\tb\x7f").to_string(), r"a\x1b[2J\x07\r\n\tb\x7f");
        let hidden = "\u{85}\u{9b}\u{200e}\u{202e}\u{2028}\u{2066}\u{61c}\u{feff}\u{e0041}";
        let shown = r"\u{85}\u{9b}\u{200e}\u{202e}\u{2028}\u{2066}\u{61c}\u{feff}\u{e0041}";
        assert_eq!(Visible(hidden).to_string(), shown);
    }

    #[test]
    #[cfg(unix)]
    fn a_path_that_is_no_text_keeps_its_bytes() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let text = |bytes: &[u8]| PathText(Path::new(OsStr::from_bytes(bytes))).to_string();
        assert_eq!(text(b"a\xff\\xff\xc3"), r"a\xff\\xff\xc3");
        assert_eq!(text("a\\b\n".as_bytes()), "a\\b\n");
    }
}
