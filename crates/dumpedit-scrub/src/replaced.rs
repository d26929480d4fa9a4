//! Recognizes replaced secrets, so that a scrubbed dump can be checked.

use crate::addresses;

/// Letters of replacements; the first of each word is always `x`, so that a part of one is recognized, too. Hardly a word, and no
/// hexadecimal number, consists of these.
pub(crate) const LETTERS: &[u8; 8] = b"jkqvwxyz";

pub(crate) fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

/// Whether a byte is a letter or a digit.
pub(crate) fn is_word(byte: u8) -> bool {
    is_letter(byte) || byte.is_ascii_digit()
}

/// Whether a text is a replacement, or has nothing to replace.
pub(crate) fn is_replaced(text: &[u8]) -> bool {
    if text.iter().any(|byte| is_letter(*byte)) {
        let mut letters = text.iter().filter(|byte| is_word(**byte));
        return letters.next() == Some(&b'x') && letters.all(|letter| LETTERS.contains(letter));
    }
    let before = std::iter::once(&b' ').chain(text);
    let begins_with_zeros = text
        .iter()
        .zip(before)
        .all(|(byte, before)| !byte.is_ascii_digit() || *byte == b'0' || before.is_ascii_digit());
    begins_with_zeros || addresses::is_reserved(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_nothing_to_be_written_over_is_clean() {
        for clean in ["", "--", "x", "xx/xx-xx", "0.0.0.0", "00:017", "0.12.9.3", "250.1.20.3"] {
            assert!(is_replaced(clean.as_bytes()), "{clean}");
        }
        for secret in ["bob", "xenia", "1.1.1.1", "10", "x1", "jxx", "é", "255.1.1.1", "250.1.20"] {
            assert!(!is_replaced(secret.as_bytes()), "{secret}");
        }
    }
}
