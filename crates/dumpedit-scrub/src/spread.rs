//! How a secret that was found once is looked for elsewhere.

use crate::class::Class;
use crate::rule::Rule;

/// Length from which names are looked for elsewhere, in bytes: shorter ones occur in any large dump by chance.
pub const LEAST_NAME: usize = 4;

/// Length from which other values are looked for elsewhere, in bytes.
pub const LEAST_VALUE: usize = 8;

/// Spelling in which a value is looked for elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// As it is, at any place, and in Base64.
    Value,
    /// The same in lower and upper case where no letter or digit is beside it.
    Name,
    /// In Base64 only.
    Encoded,
}

impl Spread {
    /// Length from which values are looked for, in bytes.
    pub(crate) fn least(self) -> usize {
        match self {
            Spread::Name => LEAST_NAME,
            Spread::Value | Spread::Encoded => LEAST_VALUE,
        }
    }
}

/// Spelling in which a secret that a rule found is looked for elsewhere. Addresses look the same everywhere except in Base64, and a plain
/// word is in many texts and names that have nothing to do with the secret.
pub(crate) fn spreads(rule: &Rule, secret: &[u8]) -> Option<Spread> {
    match rule.class {
        _ if rule.is_name => Some(Spread::Name),
        Class::Paths | Class::Users => None,
        Class::Tokens | Class::Environment if is_plain(secret) || is_code(secret) => None,
        Class::Addresses => Some(Spread::Encoded),
        _ => Some(Spread::Value),
    }
}

/// Whether a text is a word of letters of one case, the first of which may be a capital, with nothing but signs around it;
/// or a sentence of such letters.
fn is_plain(text: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let first = text.iter().position(is_letter).unwrap_or(0);
    let end = text.iter().rposition(is_letter).map_or(0, |last| last + 1);
    let words = text.get(first..end).unwrap_or_default();
    let rest = words.get(1..).unwrap_or_default();
    let is_word = words.iter().all(u8::is_ascii_alphabetic)
        && (rest.iter().all(u8::is_ascii_lowercase) || words.iter().all(u8::is_ascii_uppercase));
    let is_sentence =
        words.contains(&b' ') && words.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b' ');
    is_word || is_sentence
}

/// Words of which a name in code has one: what it holds, or what a function does.
const CODE: &[&str] = &[
    "pass",
    "passphrase",
    "password",
    "passwd",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "credentials",
    "get",
    "read",
    "load",
    "fetch",
    "prompt",
];

/// Whether a text is a name in code, such as `getPassphrase` or `user->password_`: at least two words, one of them in [`CODE`], and no
/// digits.
fn is_code(text: &[u8]) -> bool {
    let is_sign = |byte: &u8| b"_.:->()".contains(byte);
    let is_one = text.iter().all(|byte| byte.is_ascii_alphabetic() || is_sign(byte));
    let mut words: Vec<Vec<u8>> = vec![Vec::new()];
    let mut after_small = false;
    for byte in text {
        if is_sign(byte) || (after_small && byte.is_ascii_uppercase()) {
            words.push(Vec::new());
        }
        after_small = byte.is_ascii_lowercase();
        if let Some(word) = words.last_mut().filter(|_| !is_sign(byte)) {
            word.push(byte.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    is_one && words.len() > 1 && words.iter().any(|word| CODE.iter().any(|code| code.as_bytes() == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_code_have_words_of_code() {
        for text in
            ["getPassphrase", "userPassword", "m_password", "ctx->secret_", "Config::token()", "read_line"]
        {
            assert!(is_code(text.as_bytes()), "{text}");
        }
        for text in
            ["password", "getPass1", "hUnter", "let_me_in", "correct-horse-battery", "tokenless", "PASSWORD"]
        {
            assert!(!is_code(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn words_and_sentences_are_plain() {
        for text in ["expected", "SECRET", "must not be empty"] {
            assert!(is_plain(text.as_bytes()), "{text}");
        }
        for text in ["hUnter", "hunter2", "s3cret word", "let_me_in", "correct-horse-battery"] {
            assert!(!is_plain(text.as_bytes()), "{text}");
        }
    }
}
