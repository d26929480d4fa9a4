//! Finds the places in a text where one of many words may begin: a lookup of a few letters at each step passes over nearly all others.

use crate::text::first_eight;

/// Finds places where a word may begin.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    /// Length of the shortest word, in letters.
    least: usize,
    /// Length of a gram, in letters, and the bits of a number that hold one.
    gram: usize,
    mask: u64,
    /// Letters advanced between two lookups: every word has a whole gram at one of them, wherever it begins.
    step: usize,
    grams: Bits,
    /// First `least` letters of the words, at most eight.
    firsts: Bits,
    /// Bits added to eight letters of a text before they are looked up.
    added: u64,
}

/// A letter in lower case. Some other signs become alike as well.
pub(crate) fn small(letter: u8) -> u8 {
    letter | 0x20
}

/// A set of hashes, one bit each.
#[derive(Debug, Default)]
struct Bits {
    bits: Vec<u64>,
    power: u32,
}

impl Bits {
    /// An empty set with room for `count` hashes: 32 bits each, so that few collide.
    fn for_many(count: usize) -> Bits {
        let power = (count.saturating_mul(32) | 1).ilog2().saturating_add(1).clamp(12, 24);
        Bits { bits: vec![0; 1 << (power - 6)], power }
    }

    /// Knuth's multiplicative hash.
    fn hash(&self, letters: u64) -> (usize, u32) {
        let hash = letters.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - self.power);
        ((hash >> 6) as usize, (hash & 63) as u32)
    }

    fn add(&mut self, letters: u64) {
        let (at, bit) = self.hash(letters);
        self.bits.get_mut(at).into_iter().for_each(|bits| *bits |= 1 << bit);
    }

    fn has(&self, letters: u64) -> bool {
        let (at, bit) = self.hash(letters);
        self.bits.get(at).is_some_and(|bits| bits >> bit & 1 == 1)
    }
}

/// The first `count` of eight letters.
fn first(letters: u64, count: usize) -> u64 {
    letters & (u64::MAX >> (64 - 8 * count.clamp(1, 8)))
}

impl Starts {
    /// Finds words of at least `least` letters by grams of `gram` letters, at most 8.
    pub(crate) fn new<'w>(
        least: usize,
        gram: usize,
        words: impl ExactSizeIterator<Item = &'w [u8]>,
    ) -> Starts {
        let (gram, step) = (gram.min(8), least.saturating_sub(gram).saturating_add(1));
        if words.len() == 0 {
            return Starts::default();
        }
        let grams = Bits::for_many(words.len().saturating_mul(step));
        let mask = first(u64::MAX, gram);
        let mut starts =
            Starts { least, gram, mask, step, grams, firsts: Bits::for_many(words.len()), added: 0 };
        for word in words {
            word.windows(gram).take(step).for_each(|letters| starts.grams.add(first_eight(letters)));
            starts.firsts.add(first(first_eight(word), least));
        }
        starts
    }

    /// Finds words, which are given as [`small`] letters, in lower and upper case.
    pub(crate) fn of_any_case(self) -> Starts {
        Starts { added: u64::from_le_bytes([small(0); 8]), ..self }
    }

    /// Calls `each` for each place in a text where a word may begin, in letters. It returns where to go on.
    pub(crate) fn each(&self, text: &[u8], mut each: impl FnMut(usize) -> usize) {
        if self.step == 0 || text.len() < self.least {
            return;
        }
        let (mut next, mut at) = (0, 0);
        while let Some(letters) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            if self.grams.has((u64::from_le_bytes(*letters) | self.added) & self.mask) {
                next = self.look(text, at, next, &mut each);
            }
            at += self.step;
        }
        while at + self.gram <= text.len() {
            next = self.look(text, at, next, &mut each);
            at += self.step;
        }
    }

    /// Calls `each` for the words that may begin at most a step before `at`, but not before `next`, and returns where to go on.
    #[inline(never)]
    fn look(&self, text: &[u8], at: usize, next: usize, each: &mut impl FnMut(usize) -> usize) -> usize {
        let mut start = next.max((at + 1).saturating_sub(self.step));
        while start <= at && start + self.least <= text.len() {
            let letters = first_eight(text.get(start..).unwrap_or_default()) | self.added;
            let may_begin = self.firsts.has(first(letters, self.least));
            start = if may_begin { each(start).max(start + 1) } else { start + 1 };
        }
        start.max(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_where_a_word_begins_is_told() {
        let words: [&[u8]; 3] = [b"hunter2", b"sesame-open-99", b"a-longer-word"];
        for gram in 3..=7 {
            let starts = Starts::new(7, gram, words.into_iter());
            for before in 0..9 {
                let text = [&vec![b' '; before], &b"hunter2 xhunter2sesame-open-99,a-longer-word hunter"[..]];
                let mut told = Vec::new();
                starts.each(&text.concat(), |at| {
                    told.push(at - before);
                    at + 1
                });
                for at in [0, 9, 16, 31] {
                    assert!(told.contains(&at), "{at} of {told:?}");
                }
            }
        }
        let words: [&[u8]; 1] = [b"quentinz"];
        let starts = Starts::new(7, 4, words.into_iter()).of_any_case();
        for text in ["by quentinz.", "by QUENTINZ.", "by QuentinZ."] {
            let mut told = Vec::new();
            starts.each(text.as_bytes(), |at| {
                told.push(at);
                at + 1
            });
            assert_eq!(told, [3], "{text}");
        }
        Starts::new(7, 4, [].into_iter()).each(b"hunter2", |_| panic!("there is no word"));
    }
}
