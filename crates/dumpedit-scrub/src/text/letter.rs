//! Letters of texts: printable ASCII and white space, and letters of names beyond ASCII.

use std::sync::LazyLock;

/// Whether a byte is a letter of a text: printable ASCII or white space.
pub(super) fn is_text(byte: u8) -> bool {
    matches!(byte, 9..=13 | 0x20..=0x7e)
}

/// Whether a byte is printable ASCII.
pub(super) fn is_ascii_letter(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e)
}

/// Whether a byte beside a zero byte is a letter of UTF-16, whose first 256 units are Latin-1.
pub(super) fn is_wide_text(byte: u8) -> bool {
    is_text(byte) || byte >= 0xa0
}

pub(super) const HIGH: u64 = 0x8080_8080_8080_8080;

/// The high bit of each byte that is printable ASCII.
pub(super) fn printable(word: u64) -> u64 {
    let low = word & !HIGH;
    // For a byte below 0x80: at least 0x20, and not 0x7f.
    let least = low.wrapping_add(0x6060_6060_6060_6060);
    let most = low.wrapping_add(0x0101_0101_0101_0101);
    least & !most & !word & HIGH
}

/// Number of ASCII letters at the beginning of some bytes.
pub(super) fn letters_at(bytes: &[u8]) -> usize {
    const MANY: usize = 32;
    let mut count = 0;
    loop {
        let rest = bytes.get(count..).unwrap_or_default();
        let others = !printable(first_eight(rest)) & HIGH;
        if others == 0 {
            count += 8;
            let all = |many: &[u8; MANY]| many.iter().fold(true, |all, byte| all & is_text(*byte));
            while bytes.get(count..).and_then(|rest| rest.first_chunk()).is_some_and(all) {
                count += MANY;
            }
            continue;
        }
        let few = (others.trailing_zeros() / 8) as usize;
        if !rest.get(few).is_some_and(|byte| is_text(*byte)) {
            return count + few;
        }
        count += few + 1;
    }
}

/// The first eight bytes as a little-endian number; missing bytes are zero.
pub(crate) fn first_eight(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => bytes.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

/// One bit for each letter up to U+FFFF that may be in a name.
static NAME_LETTERS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let is_one = |code: u32| char::from_u32(code).is_some_and(is_in_names);
    let bits = |from: u32| (0..64).fold(0, |bits, code| bits | u64::from(is_one(from + code)) << code);
    (0..0x1_0000).step_by(64).map(bits).collect()
});

fn is_in_names(letter: char) -> bool {
    // Punctuation, raised digits and symbols. A blank behind a text is half of one in the other byte order.
    const SIGNS: std::ops::RangeInclusive<char> = '\u{2000}'..='\u{2bff}';
    !SIGNS.contains(&letter) && letter.is_alphanumeric() || matches!(letter, '\u{300}'..='\u{36f}')
}

/// Whether a letter beyond ASCII may be in a name: also the marks that combine with the letter in front of them.
pub(super) fn is_name_letter(letter: char) -> bool {
    let code = u32::from(letter);
    match NAME_LETTERS.get((code / 64) as usize) {
        Some(bits) => bits >> (code % 64) & 1 == 1,
        None => is_in_names(letter),
    }
}

/// Size of the letter that these bytes end with.
#[inline(always)]
pub(super) fn letter_before(bytes: &[u8]) -> Option<usize> {
    match bytes.last()? {
        last if is_text(*last) => Some(1),
        0x80..=0xbf => {
            let last = |size: usize| bytes.get(bytes.len().checked_sub(size)?..);
            (2..=4).find(|size| last(*size).is_some_and(|bytes| letter_beyond_ascii(bytes) == Some(*size)))
        }
        _ => None,
    }
}

/// Size of the letter of UTF-8 beyond ASCII that these bytes begin with.
pub(super) fn letter_beyond_ascii(bytes: &[u8]) -> Option<usize> {
    let size = match bytes.first()? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let letter = bytes.get(..size)?;
    if !letter.iter().skip(1).all(|byte| matches!(byte, 0x80..=0xbf)) {
        return None;
    }
    let text = std::str::from_utf8(letter).ok()?;
    text.chars().next().is_some_and(is_name_letter).then_some(size)
}
