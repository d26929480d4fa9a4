//! Pseudonyms: equal secrets have equal ones, which follow from a key; different secrets of a dump have different ones as far as their
//! length allows.

use std::collections::{HashMap, HashSet};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::addresses::{Reserved, is_address};
use crate::replaced::{LETTERS, is_letter, is_word};

/// Most pseudonyms that are remembered.
const MOST: usize = 1 << 20;

/// Most pseudonyms that are tried for a secret before it shares one.
const MOST_TRIED: u64 = 1 << 12;

/// Most letters of a pseudonym that vary between tries.
const TRIED: u32 = 16;

/// The pseudonyms of one dump.
pub(crate) struct Pseudonyms {
    key: Hmac<Sha256>,
    /// By the secret in lower case, and by whether it has letters or is part of a text that has.
    given: HashMap<(Vec<u8>, bool), Vec<u8>>,
    taken: HashSet<Vec<u8>>,
    /// Shapes of secrets of which one had no free pseudonym: others of these share one without tries.
    full: HashSet<Vec<u8>>,
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pseudonyms").field("given", &self.given.len()).finish()
    }
}

impl Pseudonyms {
    pub(crate) fn new(key: Hmac<Sha256>) -> Pseudonyms {
        Pseudonyms { key, given: HashMap::new(), taken: HashSet::new(), full: HashSet::new() }
    }

    /// The pseudonym of a secret, without regard to case. Each part of a path or of a mail address has the pseudonym that it has alone, so
    /// that a user is recognized in all of them.
    pub(crate) fn of(&mut self, secret: &[u8]) -> Vec<u8> {
        let secret = secret.to_ascii_lowercase();
        let has_letters = secret.iter().any(|byte| is_letter(*byte));
        if let Some(given) = self.given.get(&(secret.clone(), has_letters)) {
            return given.clone();
        }
        let mut parts = Vec::new();
        if has_letters && !is_ipv6(&secret) {
            for part in secret.split_inclusive(is_between) {
                let (sign, word) = match part.split_last() {
                    Some((sign, word)) if is_between(sign) => (Some(*sign), word),
                    _ => (None, part),
                };
                let word = if word.len() == secret.len() { Vec::new() } else { self.alone(word, true) };
                parts.extend(word);
                parts.extend(sign);
            }
        }
        if parts.len() != secret.len() || self.taken.contains(&parts) {
            return self.alone(&secret, has_letters);
        }
        self.give((secret, has_letters), parts)
    }

    /// The pseudonym of a secret without parts.
    fn alone(&mut self, secret: &[u8], has_letters: bool) -> Vec<u8> {
        let known = (secret.to_vec(), has_letters);
        if let Some(given) = self.given.get(&known) {
            return given.clone();
        }
        let form = Form::of(secret, has_letters);
        let mut noise = Noise { key: &self.key, secret, block: 0, bytes: Vec::new() };
        let count = form.count().max(1);
        let first = noise.number();
        let rest: Vec<u8> = form.rest().map(|_| noise.next()).collect();
        let tried = |tried: u64| form.write(secret, (first % count + tried) % count, &rest);
        let shape = shape(secret, has_letters);
        let tries = if self.full.contains(&shape) { 0 } else { count.min(MOST_TRIED) };
        let free = (0..tries).map(&tried).find(|pseudonym| !self.taken.contains(pseudonym));
        let pseudonym = free.unwrap_or_else(|| tried(0));
        if self.taken.contains(&pseudonym) {
            self.full.insert(shape);
        }
        self.give(known, pseudonym)
    }

    fn give(&mut self, secret: (Vec<u8>, bool), pseudonym: Vec<u8>) -> Vec<u8> {
        if self.given.len() < MOST {
            self.taken.insert(pseudonym.clone());
            self.given.insert(secret, pseudonym.clone());
        }
        pseudonym
    }
}

/// What the pseudonyms of a secret have in common: their letters or digits are alike, their signs are the same.
fn shape(secret: &[u8], has_letters: bool) -> Vec<u8> {
    let word = if has_letters { b'x' } else { b'0' };
    secret.iter().map(|byte| if is_word(*byte) { word } else { *byte }).collect()
}

/// Whether a byte separates the parts of a path, a mail address, a list or several lines.
fn is_between(byte: &u8) -> bool {
    matches!(byte, b'/' | b'\\' | b'@' | b':' | b';' | b',' | b'=' | b'"' | b'\'' | b'<' | b'>')
        || byte.is_ascii_whitespace()
}

/// Whether a text is an IPv6 address, whose groups are no parts.
fn is_ipv6(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok())
}

/// Shape of a pseudonym.
enum Form {
    /// An IPv4 address.
    Address(Reserved),
    /// The first letter or digit of each word is `first`; `free` others vary.
    Words { letters: &'static [u8], first: u8, free: u32 },
}

impl Form {
    fn of(secret: &[u8], has_letters: bool) -> Form {
        if !has_letters && is_address(secret) {
            return Form::Address(Reserved::of_length(secret.len()));
        }
        let (letters, first): (&[u8], u8) = if has_letters { (LETTERS, b'x') } else { (b"0123456789", b'0') };
        let pairs = secret.iter().zip(secret.iter().skip(1));
        let free = pairs.filter(|(before, byte)| is_word(**before) && is_word(**byte)).count();
        Form::Words { letters, first, free: u32::try_from(free).unwrap_or(u32::MAX) }
    }

    /// Number of pseudonyms that differ in the letters that are tried.
    fn count(&self) -> u64 {
        match self {
            Form::Address(reserved) => reserved.count(),
            Form::Words { letters, free, .. } => (letters.len() as u64).pow((*free).min(TRIED)),
        }
    }

    /// The varying letters that are not tried.
    fn rest(&self) -> std::ops::Range<u32> {
        match self {
            Form::Address(_) => 0..0,
            Form::Words { free, .. } => TRIED.min(*free)..*free,
        }
    }

    /// The pseudonym of a number; `rest` decides the letters that are not tried.
    fn write(&self, secret: &[u8], mut number: u64, rest: &[u8]) -> Vec<u8> {
        match self {
            Form::Address(reserved) => {
                reserved.get(number).map_or_else(|| secret.to_vec(), String::into_bytes)
            }
            Form::Words { letters, first, .. } => {
                let count = letters.len() as u64;
                let mut free = 0..;
                let mut rest = rest.iter();
                let mut before = false;
                let mut letter = |byte: &u8| {
                    let was_word = std::mem::replace(&mut before, is_word(*byte));
                    if !before {
                        return *byte;
                    }
                    if !was_word {
                        return *first;
                    }
                    let place = if free.next() < Some(TRIED) {
                        let place = number % count;
                        number /= count;
                        place
                    } else {
                        rest.next().map_or(0, |noise| u64::from(*noise) % count)
                    };
                    usize::try_from(place)
                        .ok()
                        .and_then(|place| letters.get(place))
                        .copied()
                        .unwrap_or(*first)
                };
                secret.iter().map(&mut letter).collect()
            }
        }
    }
}

/// Bytes that a key makes of a secret: HMAC-SHA-256 of the secret and of the number of the block.
struct Noise<'a> {
    key: &'a Hmac<Sha256>,
    secret: &'a [u8],
    block: u64,
    bytes: Vec<u8>,
}

impl Noise<'_> {
    fn next(&mut self) -> u8 {
        if self.bytes.is_empty() {
            let mut mac = self.key.clone();
            mac.update(&self.block.to_le_bytes());
            mac.update(self.secret);
            self.bytes = mac.finalize().into_bytes().to_vec();
            self.block = self.block.saturating_add(1);
        }
        self.bytes.pop().unwrap_or(0)
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.next()))
    }
}

#[cfg(test)]
mod tests {
    use crate::replace::{Replacements, Replacer};
    use crate::replaced::is_replaced;

    fn keyed(key: &[u8]) -> Replacements {
        Replacer::with_key(key).for_dump()
    }

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn pseudonyms_follow_from_the_key_and_the_secret_alone() {
        let of = |key: &[u8], text: &[u8]| keyed(key).of(text);
        let secrets: [&[u8]; 5] =
            [b"alice@example.com", b"4111111111111111", b"192.168.178.10", b"8.8.8.8", b"hunter2hunter2"];
        for secret in secrets {
            let pseudonym = of(b"key", secret);
            assert_eq!(pseudonym, of(b"key", secret));
            assert_ne!(pseudonym, of(b"other", secret));
            assert_ne!(pseudonym, of(b"", secret));
            assert_ne!(pseudonym, Replacer::default().for_dump().of(secret));
            assert_eq!(pseudonym.len(), secret.len());
            assert!(is_replaced(&pseudonym) && !is_replaced(secret));
            assert_eq!(of(b"key", &pseudonym), pseudonym, "a pseudonym has none");
        }
        assert_ne!(of(b"key", b"alice and bob"), of(b"key", b"alice and eve"));
        let path = of(b"key", b"/home/walther2/notes of mine/a-10.1.txt");
        for part in path.split(|byte| b"/ -.".contains(byte)) {
            assert!(is_replaced(part), "{}", text(part));
        }
    }

    #[test]
    fn a_user_is_the_same_in_every_path_and_address_and_in_small_letters_and_capitals() {
        let mut keyed = keyed(b"key");
        let user = text(&keyed.of(b"alice")).to_owned();
        for (secret, before) in [
            ("/home/alice", "/home/"),
            ("C:\\Users\\Alice", "C:\\Users\\"),
            ("alice@example.com", ""),
            ("unix:path=/run/alice", "unix:path=/run/"),
            ("ALICE", ""),
        ] {
            let pseudonym = keyed.of(secret.as_bytes());
            assert_eq!(&text(&pseudonym)[before.len()..][..user.len()], user, "{secret}");
        }
        // The order of secrets does not matter.
        let mut other = super::Pseudonyms::new(hmac::KeyInit::new_from_slice(b"key").unwrap());
        assert!(text(&other.of(b"/home/alice")).ends_with(&format!("/{user}")));
    }

    #[test]
    fn different_secrets_of_a_dump_have_different_pseudonyms_while_there_are_some() {
        let all = |secrets: &mut dyn Iterator<Item = String>| {
            let mut keyed = keyed(b"key");
            let (mut count, mut seen) = (0, std::collections::HashSet::new());
            for secret in secrets {
                let pseudonym = keyed.of(secret.as_bytes());
                assert!(is_replaced(&pseudonym) && pseudonym.len() == secret.len(), "{secret}");
                seen.insert(pseudonym);
                count += 1;
            }
            (count, seen.len())
        };
        // Two letters make 8 pseudonyms, three make 64.
        let letters = || (b'a'..=b'h').map(char::from);
        assert_eq!(all(&mut letters().map(|one| format!("b{one}"))), (8, 8));
        assert_eq!(all(&mut letters().chain(['i', 'k']).map(|one| format!("b{one}"))), (10, 8));
        let threes = letters().flat_map(|one| letters().map(move |two| format!("b{one}{two}")));
        assert_eq!(all(&mut threes.into_iter()), (64, 64));
        let addresses = (1..=9).flat_map(|one| (0..=9).map(move |two| format!("{one}.2.3.{two}")));
        assert_eq!(all(&mut addresses.into_iter()), (90, 90));
        assert_eq!(all(&mut (10..200).map(|host| format!("10.0.0.{host}"))), (190, 190));
        for parts in [
            &["/srv/a/x", "/srv/b/x"],
            &["a@corp.example", "b@corp.example"],
            &["fe80::1", "fe80::2"],
            &["web-1", "web-2"],
        ] {
            assert_eq!(all(&mut parts.iter().map(|part| (*part).to_owned())), (2, 2), "{parts:?}");
        }
    }

    #[test]
    fn secrets_share_pseudonyms_without_tries_once_their_shape_has_no_free_one() {
        let mut keyed = super::Pseudonyms::new(hmac::KeyInit::new_from_slice(b"key").unwrap());
        let mut of = |text: String| (keyed.of(text.as_bytes()), keyed.full.len());
        // Five letters make 4096 pseudonyms.
        let full: Vec<usize> = (1000..6000).map(|number| of(format!("u{number}")).1).collect();
        assert_eq!(full.iter().position(|count| *count == 1), Some(4096));
        assert_eq!(full.last(), Some(&1));
        assert_eq!(of("u-1000".to_owned()).1, 1, "another shape has free ones");
    }

    #[test]
    fn the_pseudonym_of_an_address_is_one_of_a_reserved_range() {
        for address in ["8.8.8.8", "10.0.0.7", "192.168.178.10", "203.0.113.200", "123.123.123.123"] {
            let pseudonym = keyed(b"key").of(address.as_bytes());
            let pseudonym: std::net::Ipv4Addr = text(&pseudonym).parse().unwrap();
            assert!(matches!(pseudonym.octets(), [0 | 240..=254, ..]), "{pseudonym}");
        }
    }
}
