//! Units of UTF-16 in bytes: which are letters of a text.

use super::letter::{is_name_letter, is_wide_text};
use crate::letters::Letters;

/// Index of a byte order and of even or odd offsets of its units.
pub(super) fn lane(form: Letters, at: usize) -> usize {
    at % 2 + 2 * usize::from(form == Letters::High)
}

/// The unit at an offset.
fn unit(block: &[u8], form: Letters, at: usize) -> Option<u16> {
    form.order().utf16_units(block.get(at..at.checked_add(2)?)?).next()
}

/// Whether the unit at an offset is a letter beyond U+00FF, a mark that combines with one, or half of a pair that is a letter.
pub(super) fn is_beyond(block: &[u8], form: Letters, at: usize) -> bool {
    let unit_at = |at: Option<usize>| at.and_then(|at| unit(block, form, at));
    let is_letter = |units: &[u16]| {
        let letters = char::decode_utf16(units.iter().copied()).next();
        letters.is_some_and(|letter| letter.is_ok_and(is_name_letter))
    };
    match unit_at(Some(at)) {
        Some(high @ 0xd800..=0xdbff) => unit_at(at.checked_add(2)).is_some_and(|low| is_letter(&[high, low])),
        Some(low @ 0xdc00..=0xdfff) => unit_at(at.checked_sub(2)).is_some_and(|high| is_letter(&[high, low])),
        // A unit without a low byte is half of a number before a text in the other byte order.
        Some(unit @ 0x100..) => unit.to_le_bytes()[0] != 0 && is_letter(&[unit]),
        _ => false,
    }
}

/// Whether letters beyond ASCII go on with the word of ASCII right before them: Latin ones do, and several Greek or Cyrillic ones. Others
/// are rather data behind a text, which may be letters of any script.
pub(super) fn goes_on(letters: &[u16]) -> bool {
    let latin = |unit: &u16| matches!(unit, 0xa0..=0x24f | 0x300..=0x36f | 0x1e00..=0x1eff);
    let near = |unit: &u16| matches!(unit, 0x370..=0x52f);
    letters.iter().all(latin) || letters.len() > 1 && letters.iter().all(near)
}

/// Whether the unit at an offset is a letter of a text.
pub(super) fn is_unit(block: &[u8], form: Letters, at: usize) -> bool {
    match unit(block, form, at) {
        Some(unit @ 0..=0xff) => is_wide_text(unit.to_le_bytes()[0]),
        _ => is_beyond(block, form, at),
    }
}
