//! Finds keywords in a text, in lower and upper case, by the hash of three letters of each.

use std::ops::Range;

use memchr::memchr2_iter;

use crate::text::first_eight;

/// Length of a gram, in letters.
const GRAM: usize = 3;

/// Letters advanced between two lookups: eight letters hold six grams.
const STEP: usize = 6;

/// Binary logarithm of the size of the gram table, in bytes: it stays in a processor's first-level cache.
const POWER: u32 = 14;

/// Finds keywords in a text.
#[derive(Clone, Debug)]
pub(crate) struct Keywords {
    /// Hash of a gram to one more than the index of its list in `words`; 0 for grams of no keyword.
    table: Box<[u8; 1 << POWER]>,
    words: Vec<Vec<Word>>,
    /// Words shorter than a gram.
    short: Vec<Word>,
}

/// A keyword in lower case.
#[derive(Clone, Debug)]
struct Word {
    letters: Vec<u8>,
    /// Offset of its gram, in letters.
    gram: usize,
    /// Index of the keyword.
    index: usize,
}

impl Word {
    /// Range of the word in a text whose letters at `at` have the hash of its gram; `None` where the word is not there.
    fn there(&self, text: &[u8], at: usize) -> Option<Range<usize>> {
        let start = at.checked_sub(self.gram)?;
        let place = start..start.checked_add(self.letters.len())?;
        text.get(place.clone())?.eq_ignore_ascii_case(&self.letters).then_some(place)
    }
}

/// Bits that make eight letters lower case. Some other signs become alike as well.
const SMALL: u64 = 0x2020_2020_2020_2020;

/// Knuth's multiplicative hash of the first three of eight letters: the factor's low byte is zero, so the fourth has no part in it.
fn hash(letters: u64) -> usize {
    const FACTOR: u32 = 0x9e37_7900;
    let [one, other, third, fourth, ..] = letters.to_le_bytes();
    (u32::from_le_bytes([one, other, third, fourth]).wrapping_mul(FACTOR) >> (32 - POWER)) as usize
}

/// Approximate rareness of a letter in texts and programs.
fn rareness(letter: u8) -> u32 {
    match letter {
        b'e' | b't' | b's' | b' ' | b'a' | b'o' | b'i' | b'n' | b'r' => 0,
        b'_' | b'0'..=b'9' | b'l' | b'c' | b'd' | b'u' | b'p' | b'm' | b'f' | b'h' | b'g' => 1,
        b'b' | b'v' | b'k' | b'w' | b'y' | b'/' | b'.' | b'-' => 3,
        _ => 5,
    }
}

impl Default for Keywords {
    fn default() -> Self {
        Keywords { table: Box::new([0; 1 << POWER]), words: Vec::new(), short: Vec::new() }
    }
}

impl Keywords {
    /// Adds a keyword and its index. It is looked for by its rarest gram.
    pub(crate) fn add(&mut self, word: &str, index: usize) {
        let letters = word.to_ascii_lowercase().into_bytes();
        // Long runs of one letter are common: they pad memory, and are zeros in Base64.
        let is_run = |gram: &[u8]| gram.iter().all(|letter| gram.first() == Some(letter));
        let rareness = |gram: &[u8]| gram.iter().map(|letter| rareness(*letter)).sum::<u32>();
        let rarest =
            letters.windows(GRAM).enumerate().max_by_key(|(_, gram)| (!is_run(gram), rareness(gram)));
        let Some((gram, hash)) = rarest.map(|(place, gram)| (place, hash(first_eight(gram) | SMALL))) else {
            return self.short.push(Word { letters, gram: 0, index });
        };
        let Some(list) = self.table.get_mut(hash) else { return };
        if *list == 0 {
            // An index is a byte: grams beyond the 255th share the last list.
            if self.words.len() < usize::from(u8::MAX) {
                self.words.push(Vec::new());
            }
            *list = u8::try_from(self.words.len()).unwrap_or(u8::MAX);
        }
        let words = self.words.get_mut(usize::from(*list).saturating_sub(1));
        words.into_iter().for_each(|words| words.push(Word { letters: letters.clone(), gram, index }));
    }

    /// Calls `each` with the range of every keyword in a text, in letters, and the keyword's index.
    pub(crate) fn each(&self, text: &[u8], mut each: impl FnMut(Range<usize>, usize)) {
        for word in &self.short {
            let Some(first) = word.letters.first() else { continue };
            for at in memchr2_iter(*first, first.to_ascii_uppercase(), text) {
                word.there(text, at).into_iter().for_each(|found| each(found, word.index));
            }
        }
        if self.words.is_empty() {
            return;
        }
        let mut at = 0;
        while let Some(letters) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            self.look(text, at, u64::from_le_bytes(*letters), &mut each);
            at += STEP;
        }
        while at < text.len() {
            self.look(text, at, first_eight(text.get(at..).unwrap_or_default()), &mut each);
            at += STEP;
        }
    }

    /// Looks up the six grams of the eight letters at `at`.
    #[inline(always)]
    fn look(&self, text: &[u8], at: usize, letters: u64, each: &mut impl FnMut(Range<usize>, usize)) {
        let letters = letters | SMALL;
        let list = |place: usize| self.table.get(hash(letters >> (8 * place))).copied().unwrap_or(0);
        if (0..STEP).fold(0, |any, place| any | list(place)) == 0 {
            return;
        }
        for place in 0..STEP {
            let words = usize::from(list(place)).checked_sub(1).and_then(|list| self.words.get(list));
            for word in words.into_iter().flatten() {
                word.there(text, at + place).into_iter().for_each(|found| each(found, word.index));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_wherever_it_stands() {
        let words = ["@", "::", "pwd", "ghp_", "hooks.slack.com", "settings\\", "token"];
        let mut keywords = Keywords::default();
        words.iter().enumerate().for_each(|(index, word)| keywords.add(word, index));
        for before in 0..20 {
            for behind in 0..9 {
                for (index, word) in words.iter().enumerate() {
                    for word in [(*word).to_owned(), word.to_ascii_uppercase()] {
                        let text = format!("{}{word}{}", "-".repeat(before), "-".repeat(behind));
                        let mut found = Vec::new();
                        keywords.each(text.as_bytes(), |at, word| found.push((at.start, word)));
                        assert_eq!(found, [(before, index)], "{text}");
                    }
                }
            }
        }
        keywords.each(b"pw tok hooks.slack.co", |at, word| panic!("{word} at {at:?}"));
        Keywords::default().each(b"token", |_, _| panic!("there is no word"));
    }

    #[test]
    fn a_run_of_one_letter_leads_to_no_keyword_that_has_others() {
        let mut keywords = Keywords::default();
        keywords.add("eaaa", 0);
        keywords.add("aaah", 1);
        keywords.add("aaaa", 2);
        let grams = keywords.words.iter().flatten().map(|word| &word.letters[word.gram..][..GRAM]);
        assert_eq!(grams.collect::<Vec<_>>(), [b"eaa", b"aah", b"aaa"]);
    }
}
