//! Replacements of secrets: of the same length and kind, and recognizable.

use hmac::{Hmac, KeyInit};
use sha2::Sha256;

use crate::letters::Letters;
use crate::pseudonyms::Pseudonyms;
use crate::replaced::{is_letter, is_replaced, is_word};

/// Makes replacements.
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
    /// Gives equal secrets equal pseudonyms, which cannot be computed without the key.
    pub(crate) fn with_key(key: &[u8]) -> Replacer {
        // HMAC takes a key of any length (RFC 2104).
        Replacer { key: Hmac::new_from_slice(key).ok() }
    }

    /// Makes the replacements of one dump.
    pub(crate) fn for_dump(&self) -> Replacements {
        Replacements { pseudonyms: self.key.clone().map(Pseudonyms::new) }
    }
}

/// Replacements of the secrets of one dump.
#[derive(Debug)]
pub(crate) struct Replacements {
    pseudonyms: Option<Pseudonyms>,
}

impl Replacements {
    /// The replacement of a secret. Letters become letters, digits of a secret without letters become digits, and signs stay, so that a
    /// path stays a path. Without a key, all letters become `x` and all digits of numbers `0`.
    pub(crate) fn of(&mut self, secret: &[u8]) -> Vec<u8> {
        match &mut self.pseudonyms {
            Some(_) if is_replaced(secret) => secret.to_vec(),
            Some(pseudonyms) => pseudonyms.of(secret),
            None => {
                let has_letters = secret.iter().any(|byte| is_letter(*byte));
                let masked = |byte: &u8| match byte {
                    byte if !is_word(*byte) => *byte,
                    _ if has_letters => b'x',
                    _ => b'0',
                };
                secret.iter().map(masked).collect()
            }
        }
    }

    /// The replacement of a secret that is stored in an encoding; `None` where it is replaced already.
    pub(crate) fn of_stored(&mut self, secret: &[u8], letters: Letters) -> Option<Vec<u8>> {
        let narrow = letters.narrow(secret);
        if is_replaced(&narrow) {
            return None;
        }
        let with = self.of(&narrow);
        Some(match letters {
            Letters::Bytes => with,
            Letters::Apart => {
                let mut new = secret.to_vec();
                new.iter_mut().step_by(2).zip(with).for_each(|(byte, with)| *byte = with);
                new
            }
            Letters::Low => with.iter().flat_map(|letter| [*letter, 0]).collect(),
            Letters::High => with.iter().flat_map(|letter| [0, *letter]).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_has_the_length_and_the_signs_of_the_secret() {
        let masked =
            |text: &str| String::from_utf8(Replacer::default().for_dump().of(text.as_bytes())).unwrap();
        assert_eq!(masked("alice@example.com"), "xxxxx@xxxxxxx.xxx");
        assert_eq!(masked("4111 1111-11111111"), "0000 0000-00000000");
        assert_eq!(masked("10.1.2.33"), "00.0.0.00");
        assert_eq!(masked("fe80::1"), "xxxx::x");
        assert_eq!(masked("ghp_a1B2"), "xxx_xxxx");
        assert_eq!(masked("Jürgen"), "xxxxxxx");
        assert_eq!(masked(""), "");
    }
}
