//! PATTERN, the pattern of a search.

use std::fmt;
use std::str::FromStr;

use dumpedit_layout::ByteOrder;

use crate::dump::Dump;
use crate::encoding::Encoding;
use crate::error::Error;
use crate::find::matcher::Matcher;
use crate::find::syntax;
use crate::notation::{Inputs, NotationError, Scope, Value};
use crate::number::ValueError;

/// A pattern: hex bytes with wildcards, a value's bytes, a text, or a regular expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pattern {
    /// Bytes with a mask of equal length: `48 8b ?? 05`, `4?`. Bits outside of the mask are zero.
    Masked {
        /// The bytes.
        bytes: Vec<u8>,
        /// Bits of each that must match.
        mask: Vec<u8>,
    },
    /// The bytes of a value: `u32:7`, `ptr:@rsp`, `str:abc`.
    Value(Value),
    /// A text in UTF-8 and in UTF-16: `text:abc`.
    Text(String),
    /// A regular expression without Unicode, so that `\xff` and `.` each mean a byte: `re:https?://[a-z.]+`.
    Regex(String),
    /// A regular expression over characters that are stored in UTF-16: `re16:https?://[a-z.]+`.
    WideRegex(String),
}

impl Pattern {
    /// Prefix of a text in every encoding.
    pub(crate) const TEXT: &str = "text:";
}

impl FromStr for Pattern {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        let (prefix, rest) = text.split_once(':').unwrap_or_default();
        let pattern = match prefix {
            "text" => Some(Ok(Pattern::Text(rest.to_owned()))),
            "re" => Some(over_bytes(rest, false).map(|_| Pattern::Regex(rest.to_owned()))),
            "re16" => {
                // The byte order does not decide whether the expression is valid.
                let checked = over_utf16(rest, ByteOrder::Little, false);
                Some(checked.map(|_| Pattern::WideRegex(rest.to_owned())))
            }
            _ => None,
        };
        if let Some(pattern) = pattern {
            if rest.is_empty() {
                return Err(NotationError::value(text, "is an empty pattern"));
            }
            return pattern.map_err(|problem| {
                NotationError::value(text, format!("is not a regular expression: {problem}"))
            });
        }
        if text == "-" {
            return Err(NotationError::value(
                text,
                "is not a pattern: standard input cannot be searched for",
            ));
        }
        if let Some(digits) = text.strip_prefix("hex:") {
            return masked(text, digits);
        }
        if text.contains(':') || text.starts_with("0x") || text.starts_with("0X") {
            return text.parse().map(Pattern::Value);
        }
        masked(text, text)
    }
}

/// A matcher for an expression over bytes.
fn over_bytes(expression: &str, ignore_case: bool) -> Result<Matcher, String> {
    Matcher::expression(&syntax::over_bytes(expression, ignore_case)?, None)
}

/// A matcher for an expression over UTF-16.
fn over_utf16(expression: &str, order: ByteOrder, ignore_case: bool) -> Result<Matcher, String> {
    Matcher::expression(&syntax::over_utf16(expression, order, ignore_case)?, Some(Encoding::Utf16))
}

/// Pairs of hex digits or `?`, with optional spaces between bytes.
fn masked(text: &str, digits: &str) -> Result<Pattern, NotationError> {
    let (mut bytes, mut mask) = (Vec::new(), Vec::new());
    for word in digits.split_whitespace() {
        let nibbles: Option<Vec<(u8, u8)>> = word.chars().map(nibble).collect();
        let nibbles = nibbles.ok_or_else(|| {
            NotationError::value(text, "is not a pattern")
                .with_hint(
                    "write hex bytes with wildcards (\"48 8b ?? 05\"), a typed number (u32:7), ptr:AT, re:REGEX, or for this text",
                )
                .with_instead(format!("{}{text}", Pattern::TEXT))
        })?;
        if nibbles.len() % 2 != 0 {
            return Err(NotationError::value(text, "has an odd number of hex digits")
                .with_hint("a byte is two hex digits, and ?? is any byte"));
        }
        for pair in nibbles.chunks(2) {
            bytes.push(pair.iter().fold(0, |byte, (value, _)| byte << 4 | value));
            mask.push(pair.iter().fold(0, |byte, (_, mask)| byte << 4 | mask));
        }
    }
    if mask.is_empty() {
        return Err(NotationError::value(text, "is an empty pattern"));
    }
    if mask.iter().all(|bits| *bits == 0) {
        return Err(NotationError::value(text, "contains only wildcards and matches everything"));
    }
    Ok(Pattern::Masked { bytes, mask })
}

/// The value of a hex digit or a wildcard, and its mask.
fn nibble(digit: char) -> Option<(u8, u8)> {
    match digit {
        '?' => Some((0, 0)),
        _ => digit.to_digit(16).and_then(|value| u8::try_from(value).ok()).map(|value| (value, 0xf)),
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Masked { bytes, mask } => {
                f.write_str("hex:")?;
                for (byte, mask) in bytes.iter().zip(mask) {
                    for (value, bits) in [(byte >> 4, mask >> 4), (byte & 0xf, mask & 0xf)] {
                        if bits == 0 { f.write_str("?") } else { write!(f, "{value:x}") }?;
                    }
                }
                Ok(())
            }
            Pattern::Value(value) => value.fmt(f),
            Pattern::Text(text) => write!(f, "{}{text}", Pattern::TEXT),
            Pattern::Regex(expression) => write!(f, "re:{expression}"),
            Pattern::WideRegex(expression) => write!(f, "re16:{expression}"),
        }
    }
}

impl Scope<'_> {
    /// A matcher for a pattern in this dump: pointers and numbers have the target's byte order and width.
    ///
    /// # Errors
    /// As [`Scope::bytes`], and [`ValueError::Invalid`] for a pattern that is empty or too long.
    pub fn matcher(&self, pattern: &Pattern) -> Result<Matcher, Error> {
        self.matcher_in(pattern, false)
    }

    /// The same, where upper and lower case of texts and expressions can be ignored.
    pub(crate) fn matcher_in(&self, pattern: &Pattern, ignore_case: bool) -> Result<Matcher, Error> {
        let order = self.dump().layout().byte_order();
        let matcher = match pattern {
            Pattern::Masked { bytes, mask } => Matcher::masked(bytes, mask),
            Pattern::Text(text) => Matcher::text(text, &Encoding::ALL, order, ignore_case),
            Pattern::Value(Value::Text { text, wide, terminated }) => {
                let encoding = if *wide { Encoding::Utf16 } else { Encoding::Utf8 };
                let text = if *terminated { &format!("{text}\0") } else { text };
                Matcher::text(text, &[encoding], order, ignore_case)
            }
            Pattern::Value(value) => Matcher::bytes(&self.short_bytes(value, &mut Inputs::files())?),
            Pattern::Regex(expression) => over_bytes(expression, ignore_case),
            Pattern::WideRegex(expression) => over_utf16(expression, order, ignore_case),
        };
        Ok(matcher.map_err(|problem| ValueError::Invalid(format!("the pattern {pattern} {problem}")))?)
    }
}

impl Dump {
    /// A matcher for a pattern in this dump, with the registers of the crashed thread, else of the only one.
    ///
    /// # Errors
    /// As [`Scope::matcher`].
    pub fn matcher(&self, pattern: &Pattern) -> Result<Matcher, Error> {
        let thread = self.layout().default_thread();
        let context = |index| dumpedit_layout::Context::Thread(index, dumpedit_layout::RecordChoice::Auto);
        self.scope(thread.map(context)).matcher(pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> NotationError {
        text.parse::<Pattern>().unwrap_err()
    }

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in [
            "hex:488b??05",
            "hex:4??5",
            "u32:7",
            "ptr:@rsp+0x8",
            "str:a b?",
            "utf16z:y:z",
            "file:a/b",
            r"re:(?i)a\xff+$",
            "text:a b:c",
            r"re16:(?i)[а-я]+\w",
        ] {
            assert_eq!(text.parse::<Pattern>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn wildcards_stand_for_bytes_and_for_nibbles() {
        let pattern: Pattern = "48 8B ?? 4? ?5".parse().unwrap();
        let bytes = vec![0x48, 0x8b, 0, 0x40, 5];
        assert_eq!(pattern, Pattern::Masked { bytes, mask: vec![0xff, 0xff, 0, 0xf0, 0xf] });
        assert_eq!("488b??4??5".parse::<Pattern>().unwrap(), pattern);
        assert_eq!("hex:488b??4??5".parse::<Pattern>().unwrap(), pattern);
    }

    #[test]
    fn what_matches_everything_or_nothing_is_an_error() {
        for text in ["", "  ", "hex:", "re:", "re16:", "text:"] {
            assert!(error(text).to_string().contains("empty"), "{text}");
        }
        for text in ["??", "?? ??", "hex:????"] {
            assert!(error(text).to_string().contains("only wildcards"), "{text}");
        }
        for text in
            ["-", "48 ?", "zz", "4?8", "u8:256", "str", "re:a(", r"re:\pL", "re16:a(", "re16:^a", "x:y"]
        {
            assert_eq!(error(text).kind(), "value", "{text}");
        }
    }

    #[test]
    fn a_number_without_a_size_is_an_error_that_points_to_the_types() {
        let error = error("0x1234");
        let hint = format!("{:?}", error.hint());
        assert!(hint.contains("u64:0x1234") && hint.contains("ptr:0x1234"), "{hint}");
    }

    #[test]
    fn a_bad_regular_expression_is_told_in_one_line() {
        assert_eq!(error("re:a(b").to_string(), "'re:a(b' is not a regular expression: unclosed group");
        let large = error("re:(?:a{1000}){1000}{1000}").to_string();
        assert!(!large.contains('\n') && large.contains("limit"), "{large}");
    }
}
