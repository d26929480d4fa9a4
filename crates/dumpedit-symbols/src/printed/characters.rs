//! Characters and texts in quotes, as gdb writes them. What cannot be shown is written in octal.

use std::fmt::Write;

use dumpedit_layout::ByteOrder;

use super::value::{PrintLimits, Text};
use crate::number::{mask, unsigned};

/// A character in quotes.
pub(super) fn quoted_character(unit: u32, width: u32) -> String {
    let mut shown = String::from("'");
    let is_single_byte = width == 1;
    let character = char::from_u32(unit).filter(|_| !is_single_byte || unit < 128);
    escaped(&mut shown, character, &[unit], '\'');
    shown.push('\'');
    shown
}

/// Writes one character, or its units in octal if it cannot be shown.
fn escaped(shown: &mut String, character: Option<char>, units: &[u32], quote: char) {
    let special = match character {
        Some('\u{7}') => Some("\\a"),
        Some('\u{8}') => Some("\\b"),
        Some('\u{c}') => Some("\\f"),
        Some('\n') => Some("\\n"),
        Some('\r') => Some("\\r"),
        Some('\t') => Some("\\t"),
        Some('\u{b}') => Some("\\v"),
        _ => None,
    };
    match (character, special) {
        (_, Some(special)) => shown.push_str(special),
        (Some(character), None) if is_printable(character) => {
            if character == quote || character == '\\' {
                shown.push('\\');
            }
            shown.push(character);
        }
        _ => {
            for unit in units {
                let written =
                    if *unit <= 0o777 { write!(shown, "\\{unit:03o}") } else { write!(shown, "\\x{unit:x}") };
                // Writing to a String does not fail.
                debug_assert!(written.is_ok(), "written to memory");
            }
        }
    }
}

fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(u32::from(character), 0xad | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xe000..=0xf8ff | 0xfff0..=0xfffb | 0xe_0000..)
        && u32::from(character) & 0xfffe != 0xfffe
}

/// One character of a text, or units that are not a character.
#[derive(Clone, PartialEq, Eq)]
struct Unit {
    character: Option<char>,
    units: Vec<u32>,
}

/// The characters of bytes. Single bytes are read as UTF-8, wider units as UTF-16 or UTF-32.
fn characters(bytes: &[u8], width: u8, order: ByteOrder) -> Vec<Unit> {
    let units: Vec<u32> = bytes
        .chunks_exact(usize::from(width).max(1))
        .map(|unit| u32::try_from(unsigned(unit, order) & mask(32)).unwrap_or(0))
        .collect();
    let mut characters = Vec::new();
    let mut rest = units.as_slice();
    while let [first, ..] = rest {
        let (character, used) = match width {
            1 => utf8(rest),
            2 => match (*first, rest.get(1)) {
                (high @ 0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                    (char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)), 2)
                }
                _ => (char::from_u32(*first), 1),
            },
            _ => (char::from_u32(*first), 1),
        };
        let (taken, left) = rest.split_at_checked(used).unwrap_or((rest, &[]));
        characters.push(Unit { character, units: taken.to_vec() });
        rest = left;
    }
    characters
}

/// The character at the beginning of some bytes, and its size in bytes. Without a valid character, the size is 1.
fn utf8(units: &[u32]) -> (Option<char>, usize) {
    let bytes: Vec<u8> = units.iter().take(4).map_while(|unit| u8::try_from(*unit).ok()).collect();
    for size in 1..=bytes.len() {
        if let Some(Ok(text)) = bytes.get(..size).map(std::str::from_utf8)
            && let Some(character) = text.chars().next()
        {
            return (Some(character), size);
        }
    }
    (None, 1)
}

/// A text in quotes as gdb writes it. A longer run of equal characters is written apart from the others.
pub(super) fn text(
    bytes: &[u8],
    width: u8,
    order: ByteOrder,
    prefix: &str,
    limits: PrintLimits,
    mut more: bool,
) -> Text {
    let all = characters(bytes, width, order);
    let content_end = all.iter().position(|unit| unit.character == Some('\0')).unwrap_or(all.len());
    let mut content = String::new();
    for unit in all.get(..content_end).unwrap_or_default() {
        content.push(unit.character.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    if all.is_empty() {
        return Text { shown: format!("{prefix}\"\""), content, more, is_cut: false };
    }
    let mut shown = String::new();
    let (mut at, mut printed, mut is_open) = (0, 0, false);
    while let Some(unit) = all.get(at)
        && printed < limits.elements
    {
        let like = all.get(at..).unwrap_or_default().iter().take_while(|other| *other == unit).count();
        at += like;
        printed += like;
        if like > limits.repeats {
            if is_open {
                shown.push('"');
                is_open = false;
            }
            if !shown.is_empty() {
                shown.push_str(", ");
            }
            shown.push_str(prefix);
            shown.push('\'');
            escaped(&mut shown, unit.character, &unit.units, '\'');
            let written = write!(shown, "' <repeats {like} times>");
            debug_assert!(written.is_ok(), "written to memory");
        } else {
            if !is_open {
                if !shown.is_empty() {
                    shown.push_str(", ");
                }
                shown.push_str(prefix);
                shown.push('"');
                is_open = true;
            }
            for _ in 0..like {
                escaped(&mut shown, unit.character, &unit.units, '"');
            }
        }
    }
    if is_open {
        shown.push('"');
    }
    more |= at < all.len();
    if more {
        shown.push_str("...");
    }
    Text { shown, content, more, is_cut: false }
}
