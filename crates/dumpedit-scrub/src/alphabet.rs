//! Sets of letters, and the stretches of a text that consist of them.

use std::ops::Range;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Letters beside a stretch that a pattern may look at, at either end: an escape such as `\u0020` is the longest.
pub(crate) const BESIDE: usize = 6;

/// A set of letters, which are bytes.
#[derive(Clone, Debug)]
pub(crate) struct Alphabet {
    has: [bool; 256],
}

impl Alphabet {
    /// The set of these letters.
    pub(crate) fn of(letters: &[u8]) -> Alphabet {
        let mut alphabet = Alphabet { has: [false; 256] };
        letters.iter().for_each(|letter| alphabet.add(*letter, *letter));
        alphabet
    }

    /// Every letter that matches of a regular expression may have, except for at most [`BESIDE`] letters at either end; `None` where it
    /// does not parse.
    pub(crate) fn of_pattern(pattern: &str, unicode: bool) -> Option<Alphabet> {
        let parsed = ParserBuilder::new().unicode(unicode).utf8(false).build().parse(pattern).ok()?;
        let parts = match parsed.kind() {
            HirKind::Concat(parts) => &parts[..],
            _ => std::slice::from_ref(&parsed),
        };
        let ends = [0, parts.len() - 1];
        let mut alphabet = Alphabet::of(&[]);
        for (index, part) in parts.iter().enumerate() {
            let is_short = part.properties().maximum_len().is_some_and(|most| most <= BESIDE);
            if !(is_short && parts.len() > 1 && ends.contains(&index)) {
                alphabet.add_all(part);
            }
        }
        Some(alphabet)
    }

    fn add(&mut self, first: u8, last: u8) {
        let letters = self.has.get_mut(usize::from(first)..=usize::from(last));
        letters.into_iter().flatten().for_each(|has| *has = true);
    }

    fn add_all(&mut self, part: &Hir) {
        match part.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(text) => text.0.iter().for_each(|letter| self.add(*letter, *letter)),
            HirKind::Class(Class::Bytes(class)) => {
                class.ranges().iter().for_each(|range| self.add(range.start(), range.end()));
            }
            HirKind::Class(Class::Unicode(class)) => {
                let narrow = |letter: char| u8::try_from(letter).unwrap_or(u8::MAX);
                for range in class.ranges() {
                    self.add(narrow(range.start()), narrow(range.end()));
                    // Letters beyond ASCII are any of the other bytes, as UTF-8 has them.
                    if !range.end().is_ascii() {
                        self.add(0x80, u8::MAX);
                    }
                }
            }
            HirKind::Repetition(part) => self.add_all(&part.sub),
            HirKind::Capture(part) => self.add_all(&part.sub),
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().for_each(|part| self.add_all(part));
            }
        }
    }

    pub(crate) fn has(&self, letter: u8) -> bool {
        self.has.get(usize::from(letter)).copied().unwrap_or(false)
    }

    /// Extends a range of a text to all letters around it that are in the set.
    pub(crate) fn around(&self, text: &[u8], found: Range<usize>) -> Range<usize> {
        let is_other = |letter: &u8| !self.has(*letter);
        let before = text.get(..found.start).unwrap_or_default();
        let behind = text.get(found.end..).unwrap_or_default();
        let start = before.iter().rposition(is_other).map_or(0, |other| other + 1);
        start..found.end + behind.iter().position(is_other).unwrap_or(behind.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_the_letters_that_its_matches_may_have() {
        let letters = |pattern: &str| {
            let alphabet = Alphabet::of_pattern(pattern, false).unwrap();
            let letters = (0..=0x7f).filter(|letter| alphabet.has(*letter));
            letters.map(char::from).collect::<String>()
        };
        assert_eq!(letters(r"\bab+(?:c|[x-z]{0,3})$"), "abcxyz");
        assert_eq!(letters("(?i)(?:^|[^.])(k(?P<n>1)?)(?:[^.]|$)"), "1Kk");
        assert_eq!(letters("[^.]{3}|x").len(), 127);
        assert_eq!(letters("^"), "");
        let wide = Alphabet::of_pattern("é*[а-я]{4}", true).unwrap();
        assert!("éж".bytes().all(|byte| wide.has(byte)) && !wide.has(b'e'));
        assert!(Alphabet::of_pattern("(", false).is_none());
    }

    #[test]
    fn a_stretch_reaches_to_the_letters_that_are_none_of_the_set() {
        let digits = Alphabet::of(b"0123456789");
        assert_eq!(digits.around(b"a1234b", 2..3), 1..5);
        assert_eq!(digits.around(b"1234", 3..3), 0..4);
        assert_eq!(digits.around(b"x12a34x", 3..4), 1..6);
        assert_eq!(digits.around(b"12", 2..2), 0..2);
    }
}
