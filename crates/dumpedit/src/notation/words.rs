//! Words of a line, with their bytes in it: spaces separate them, quotes group them, and a backslash is literal.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::notation::NotationError;

/// A word, and the bytes of the line with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) span: Range<usize>,
}

impl<'a> Word<'a> {
    /// Parses the word; an error refers to it.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&str) -> Result<T, NotationError>,
    ) -> Result<T, LineError> {
        read(&self.text).map_err(|error| self.wrong(error))
    }

    pub(crate) fn wrong(&self, error: NotationError) -> LineError {
        LineError::new(error, self.span.clone())
    }

    /// The text behind the first `skipped` bytes, as a word of its own.
    pub(crate) fn behind(&self, skipped: usize) -> Word<'a> {
        let text = self.text.get(skipped..).unwrap_or_default().to_owned();
        Word { text: text.into(), span: self.span.clone() }
    }
}

/// The error of a line that is not in the notation, with the wrong bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineError {
    pub(crate) error: NotationError,
    pub(crate) span: Range<usize>,
}

impl LineError {
    pub(crate) fn new(error: NotationError, span: Range<usize>) -> LineError {
        LineError { error, span }
    }
}

/// Maximum number of words of a line.
const MOST_WORDS: usize = 1 << 16;

/// The words of a line. A `#` where a word could begin ends them.
pub(crate) fn words(line: &str) -> Result<Vec<Word<'_>>, LineError> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = line.get(at..) {
        let word_on = rest.trim_ascii_start();
        at = at.saturating_add(rest.len().saturating_sub(word_on.len()));
        if word_on.is_empty() || word_on.starts_with('#') {
            break;
        }
        if words.len() == MOST_WORDS {
            let error =
                NotationError::usage(word_on, format!("exceeds the limit of {MOST_WORDS} words in a line"));
            let error = error.with_hint("quotes make one word of many bytes: \"48 8b 05\"");
            return Err(LineError::new(error, at..line.len()));
        }
        let word = word(word_on, at)?;
        at = word.span.end;
        words.push(word);
    }
    Ok(words)
}

/// The first word of a text, which itself begins at byte `start` of the line.
fn word(text: &str, start: usize) -> Result<Word<'_>, LineError> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\'' || *byte == b'"';
    let end = text.as_bytes().iter().position(ends).unwrap_or(text.len());
    if let (Some(plain), None | Some(b' ' | b'\t')) = (text.get(..end), text.as_bytes().get(end)) {
        return Ok(Word { text: plain.into(), span: start..start.saturating_add(end) });
    }
    let mut grouped = String::new();
    let mut open: Option<(char, usize)> = None;
    let mut end = text.len();
    for (at, letter) in text.char_indices() {
        match open {
            Some((quote, _)) if letter == quote => open = None,
            None if letter == '\'' || letter == '"' => open = Some((letter, at)),
            None if letter.is_ascii_whitespace() => {
                end = at;
                break;
            }
            _ => grouped.push(letter),
        }
    }
    if let Some((quote, at)) = open {
        let error = NotationError::usage(text.get(at..).unwrap_or(text), "is a quote that is not closed");
        let error = error.with_hint(format!("close it with another {quote}"));
        return Err(LineError::new(error, start.saturating_add(at)..start.saturating_add(text.len())));
    }
    Ok(Word { text: grouped.into(), span: start..start.saturating_add(end) })
}

/// A word in a line's form: in quotes where it needs them.
pub(crate) struct Quoted<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Quoted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let needs = |letter: char| letter.is_ascii_whitespace() || letter == '\'' || letter == '"';
        if !text.is_empty() && !text.starts_with('#') && !text.contains(needs) {
            return f.write_str(&text);
        }
        if text.contains('\'') && !text.contains('"') {
            return write!(f, "\"{text}\"");
        }
        write!(f, "'{}'", text.replace('\'', r#"'"'"'"#))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        words(line).unwrap().into_iter().map(|word| word.text.into_owned()).collect()
    }

    #[test]
    fn blanks_separate_and_quotes_group_wherever_they_stand() {
        assert_eq!(texts("  write\t0x10  '48 8b' "), ["write", "0x10", "48 8b"]);
        assert_eq!(texts(r#"str:"a b"'c d' "" "it's""#), ["str:a bc d", "", "it's"]);
        assert_eq!(texts(r"str:a\n C:\x"), [r"str:a\n", r"C:\x"]);
        assert_eq!(texts(""), [""; 0]);
    }

    #[test]
    fn a_line_has_only_so_many_words() {
        let line = "00 ".repeat(MOST_WORDS);
        assert_eq!(words(&line).unwrap().len(), MOST_WORDS);
        let error = words(&format!("{line}00")).unwrap_err();
        assert_eq!(error.span, line.len()..line.len() + 2);
    }

    #[test]
    fn a_comment_begins_only_where_a_word_could() {
        assert_eq!(texts("# all of it"), [""; 0]);
        assert_eq!(texts("set rax=1 # why"), ["set", "rax=1"]);
        assert_eq!(texts("write 0x10 str:a#b '#c'"), ["write", "0x10", "str:a#b", "#c"]);
    }

    #[test]
    fn a_word_knows_where_it_was_written() {
        let found = words("é 'b c' d").unwrap();
        let spans: Vec<_> = found.into_iter().map(|word| word.span).collect();
        assert_eq!(spans, [0..2, 3..8, 9..10]);
    }

    #[test]
    fn a_quote_that_never_ends_is_an_error_that_points_to_it() {
        let error = words("write 'a b' x\"y z").unwrap_err();
        assert_eq!(error.span, 13..17);
    }

    #[test]
    fn any_word_is_quoted_so_that_it_is_read_back() {
        for text in ["a", "", "#a", "a b", "it's", "\"", "'\"'", "a\tb", "a\\", "-", "é ü", "a\nb"] {
            let line = format!("x {} y", Quoted(text));
            assert_eq!(texts(&line), ["x", text, "y"], "{line}");
        }
    }
}
