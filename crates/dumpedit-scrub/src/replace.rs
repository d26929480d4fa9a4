//! What is written over a secret: as long as it, of the same kind, and known again for what it is.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The letters of what is written over letters; the first of each word is always `x`, so that a part of it is known again, too. Hardly
/// a word, and no hexadecimal number, has no others.
const LETTERS: &[u8; 8] = b"jkqvwxyz";

/// Writes over secrets.
#[derive(Clone, Default)]
pub(crate) struct Replacer {
    key: Option<Hmac<Sha256>>,
}

impl std::fmt::Debug for Replacer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replacer").field("has_key", &self.key.is_some()).finish()
    }
}

impl Replacer {
    /// Gives equal secrets equal pseudonyms, which only who has the key can tell from others.
    pub(crate) fn with_key(key: &[u8]) -> Replacer {
        // A key of any length is one (RFC 2104).
        Replacer { key: Hmac::new_from_slice(key).ok() }
    }

    /// What is written over a secret. Letters become letters, digits of what has no letters digits, and signs stay, so that a
    /// path stays a path. Without a key, all letters become `x` and all digits of numbers `0`.
    pub(crate) fn replacement(&self, secret: &[u8]) -> Vec<u8> {
        if is_replaced(secret) && self.key.is_some() {
            return secret.to_vec();
        }
        let mut noise = Noise { key: self.key.as_ref(), secret, block: 0, bytes: Vec::new() };
        if secret.iter().any(|byte| is_letter(*byte)) {
            let mut before = false;
            let mut letter = |byte: &u8| {
                let was_word = std::mem::replace(&mut before, is_letter(*byte) || byte.is_ascii_digit());
                match (before, was_word) {
                    (false, _) => *byte,
                    (true, false) => b'x',
                    (true, true) => noise
                        .next()
                        .map_or(b'x', |noise| LETTERS.get(usize::from(noise & 7)).copied().unwrap_or(b'x')),
                }
            };
            return secret.iter().map(&mut letter).collect();
        }
        let mut before = false;
        let mut digit = |byte: &u8| {
            let (was_digit, is_digit) = (before, byte.is_ascii_digit());
            before = is_digit;
            match (is_digit, was_digit) {
                (false, _) => *byte,
                (true, false) => b'0',
                (true, true) => noise.next().map_or(b'0', |noise| b'0' + noise % 10),
            }
        };
        secret.iter().map(&mut digit).collect()
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

/// Whether a text is one that was written over a secret, or has nothing to be written over.
pub(crate) fn is_replaced(text: &[u8]) -> bool {
    if text.iter().any(|byte| is_letter(*byte)) {
        let mut letters = text.iter().filter(|byte| is_letter(**byte) || byte.is_ascii_digit());
        return letters.next() == Some(&b'x') && letters.all(|letter| LETTERS.contains(letter));
    }
    let before = std::iter::once(&b' ').chain(text);
    text.iter()
        .zip(before)
        .all(|(byte, before)| !byte.is_ascii_digit() || *byte == b'0' || before.is_ascii_digit())
}

/// The bytes that a key makes of a secret: HMAC-SHA-256 of it and the number of the block.
struct Noise<'a> {
    key: Option<&'a Hmac<Sha256>>,
    secret: &'a [u8],
    block: u64,
    bytes: Vec<u8>,
}

impl Noise<'_> {
    fn next(&mut self) -> Option<u8> {
        let key = self.key?;
        if self.bytes.is_empty() {
            let mut mac = key.clone();
            mac.update(&self.block.to_le_bytes());
            mac.update(self.secret);
            self.bytes = mac.finalize().into_bytes().to_vec();
            self.block = self.block.saturating_add(1);
        }
        self.bytes.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_has_the_length_and_the_signs_of_the_secret() {
        let masked =
            |text: &str| String::from_utf8(Replacer::default().replacement(text.as_bytes())).unwrap();
        assert_eq!(masked("alice@example.com"), "xxxxx@xxxxxxx.xxx");
        assert_eq!(masked("4111 1111-11111111"), "0000 0000-00000000");
        assert_eq!(masked("10.1.2.33"), "00.0.0.00");
        assert_eq!(masked("fe80::1"), "xxxx::x");
        assert_eq!(masked("ghp_a1B2"), "xxx_xxxx");
        assert_eq!(masked("Jürgen"), "xxxxxxx");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn pseudonyms_follow_from_the_key_and_the_secret_alone() {
        let of = |key: &[u8], text: &[u8]| Replacer::with_key(key).replacement(text);
        let secrets: [&[u8]; 4] =
            [b"alice@example.com", b"4111111111111111", b"192.168.178.10", b"hunter2hunter2"];
        for secret in secrets {
            let pseudonym = of(b"key", secret);
            assert_eq!(pseudonym, of(b"key", secret));
            assert_ne!(pseudonym, of(b"other", secret));
            assert_ne!(pseudonym, of(b"", secret));
            assert_ne!(pseudonym, Replacer::default().replacement(secret));
            assert_eq!(pseudonym.len(), secret.len());
            assert!(is_replaced(&pseudonym) && !is_replaced(secret));
            assert_eq!(of(b"key", &pseudonym), pseudonym, "a pseudonym has none");
        }
        assert_ne!(of(b"key", b"alice and bob"), of(b"key", b"alice and eve"));
        let path = of(b"key", b"/home/walther2/notes of mine/a-10.1.txt");
        for part in path.split(|byte| b"/ -.".contains(byte)) {
            assert!(is_replaced(part), "{}", String::from_utf8_lossy(part));
        }
    }

    #[test]
    fn what_has_nothing_to_be_written_over_is_clean() {
        for clean in ["", "--", "x", "xx/xx-xx", "0.0.0.0", "00:017"] {
            assert!(is_replaced(clean.as_bytes()), "{clean}");
        }
        for secret in ["bob", "xenia", "1.1.1.1", "10", "x1", "jxx", "é"] {
            assert!(!is_replaced(secret.as_bytes()), "{secret}");
        }
    }
}
