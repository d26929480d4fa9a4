//! The notation: locations, ranges, values, numbers, threads, and the operations made of them.
//!
//! The command line's arguments and a script's lines are parsed here, by one grammar; `Display` of each type is the inverse of its
//! `FromStr`. Parsing needs no dump; a [`Scope`] resolves texts in one.

use std::borrow::Cow;

use crate::error::Hint;

mod assignment;
mod at;
#[cfg(feature = "symbols")]
mod begun;
mod crash_codes;
#[cfg(feature = "symbols")]
mod environment_block;
mod excerpt;
mod field;
mod inputs;
pub(crate) mod line;
#[cfg(feature = "symbols")]
mod linker_slots;
mod meant;
mod number;
mod operand;
mod operation;
mod parts;
mod pattern;
mod perform;
mod printed;
mod replacement;
pub(crate) mod scope;
mod scope_values;
mod script;
mod search;
pub(crate) mod similar;
#[cfg(feature = "symbols")]
mod symbol;
pub(crate) mod terms;
mod thread;
#[cfg(feature = "symbols")]
mod thread_local;
#[cfg(feature = "symbols")]
mod typed;
mod value;
mod variable;
mod verbs;
mod visible;
pub(crate) mod words;

pub use assignment::Assignment;
pub use at::{At, RangeEnd, RangeText};
pub use excerpt::Excerpt;
pub use inputs::Inputs;
pub use line::Line;
pub use number::NumberText;
pub use operation::Operation;
pub use parts::{Addition, Removal, protection};
pub use pattern::Pattern;
pub use replacement::Replacement;
pub use scope::{LocationRange, Scope};
pub use script::{Applied, ApplyError, Script, ScriptError, ScriptOptions};
pub use search::SearchText;
pub use thread::ThreadText;
pub use value::{NumberType, Value};
pub use visible::{PathText, Visible, is_hidden};

/// Error for a text that is not in the notation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{}' {problem}", shortened(.text))]
pub struct NotationError {
    text: Box<str>,
    problem: Box<str>,
    hint: Option<Box<Hint>>,
    instead: Option<Box<str>>,
    kind: &'static str,
}

impl NotationError {
    /// A text that cannot be parsed as its kind.
    pub(crate) fn usage(text: &str, problem: impl Into<String>) -> Self {
        NotationError {
            text: text.into(),
            problem: problem.into().into(),
            hint: None,
            instead: None,
            kind: "usage",
        }
    }

    /// A value that cannot be parsed.
    pub(crate) fn value(text: &str, problem: impl Into<String>) -> Self {
        NotationError { kind: "value", ..Self::usage(text, problem) }
    }

    /// Adds a hint at what to write, in words.
    pub(crate) fn with_hint(self, words: impl Into<String>) -> Self {
        self.with(Hint::Write(words.into()))
    }

    pub(crate) fn with(self, hint: Hint) -> Self {
        NotationError { hint: Some(Box::new(hint)), ..self }
    }

    /// Adds the text to write instead.
    pub(crate) fn with_instead(self, instead: impl Into<String>) -> Self {
        NotationError { instead: Some(instead.into().into()), ..self }
    }

    /// The invalid text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The error's kind, a word that scripts can rely on.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// The text to write instead, where it is clear.
    pub fn instead(&self) -> Option<&str> {
        self.instead.as_deref()
    }

    /// A hint at what to try instead.
    pub fn hint(&self) -> Option<&Hint> {
        self.hint.as_deref()
    }
}

/// A text, cut to a length that fits into a message.
fn shortened(text: &str) -> Cow<'_, str> {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()).into(),
        None => text.into(),
    }
}

/// Parses LEN, a number of bytes: decimal, or hex behind `0x`.
///
/// # Errors
/// [`NotationError`] where the text is no such number.
pub fn length(text: &str) -> Result<u64, NotationError> {
    count(text).ok_or_else(|| match zeros(text) {
        Some(readings) => NotationError::usage(text, ZEROS).with_hint(readings),
        None => NotationError::usage(text, "is not a length (decimal, or hex after 0x)"),
    })
}

/// What is wrong with digits behind zeros, for the message.
pub(crate) const ZEROS: &str = "begins with zeros, as other tools write hex";

/// Possible meanings of digits behind zeros, which other tools write in front of hex; zeros only are zero either way, and a binary number
/// (`0b101`) is not hex.
pub(crate) fn zeros(digits: &str) -> Option<String> {
    let binary = digits.strip_prefix("0b").or_else(|| digits.strip_prefix("0B")).unwrap_or_default();
    if !binary.is_empty() && binary.bytes().all(|digit| matches!(digit, b'0' | b'1' | b'_')) {
        return None;
    }
    let bare = digits.trim_start_matches('0');
    if bare.len() == digits.len() || !bare.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return None;
    }
    hex_digits(bare)?;
    let decimal = bare.bytes().all(|digit| digit.is_ascii_digit());
    Some(if decimal { format!("write 0x{bare} or {bare}") } else { format!("write 0x{bare}") })
}

/// An offset, a length or a count: decimal without leading zeros, or hex behind `0x`; underscores may separate digits.
pub(crate) fn count(text: &str) -> Option<u64> {
    let digits = text.replace('_', "");
    if zeros(&digits).is_some() {
        return None;
    }
    match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => hex_digits(hex).and_then(|hex| u64::from_str_radix(hex, 16).ok()),
        None if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            digits.parse().ok()
        }
        None => None,
    }
}

/// Hex digits of bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// The text, where it consists of hex digits only (Rust's own parser accepts a sign).
pub(crate) fn hex_digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|digit| digit.is_ascii_hexdigit())).then_some(text)
}
