//! Places in a text where one of many words may begin: a look at a few letters now and then passes over nearly all others.

use crate::text::first_eight;

/// What looks for the beginnings of some words.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    /// How many letters each word has at least.
    least: usize,
    /// So many letters in a row are looked at; their bits.
    gram: usize,
    mask: u64,
    /// From one look to the next: a word has the letters of one look, wherever it begins.
    step: usize,
    grams: Bits,
    /// The first letters of the words.
    firsts: Bits,
}

/// A table of bits by hashes.
#[derive(Debug, Default)]
struct Bits {
    bits: Vec<u64>,
    power: u32,
}

impl Bits {
    /// A table in which so many are few.
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

/// The first so many of eight letters.
fn first(letters: u64, count: usize) -> u64 {
    letters & (u64::MAX >> (64 - 8 * count.clamp(1, 8)))
}

impl Starts {
    /// Looks for words, each of at least `least` letters, at up to eight letters in a row.
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
        let mut starts = Starts { least, gram, mask, step, grams, firsts: Bits::for_many(words.len()) };
        for word in words {
            word.windows(gram).take(step).for_each(|letters| starts.grams.add(first_eight(letters)));
            starts.firsts.add(first(first_eight(word), least));
        }
        starts
    }

    /// Calls `each` for the places in a text where a word may begin. It says how far to go on from there.
    pub(crate) fn each(&self, text: &[u8], mut each: impl FnMut(usize) -> usize) {
        if self.step == 0 || text.len() < self.least {
            return;
        }
        let (mut next, mut at) = (0, 0);
        while let Some(letters) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            if self.grams.has(u64::from_le_bytes(*letters) & self.mask) {
                next = self.look(text, at, next, &mut each);
            }
            at += self.step;
        }
        while at + self.gram <= text.len() {
            next = self.look(text, at, next, &mut each);
            at += self.step;
        }
    }

    /// Tells of the words that may begin at most a step before a place, from another on, and returns where to go on.
    #[inline(never)]
    fn look(&self, text: &[u8], at: usize, next: usize, each: &mut impl FnMut(usize) -> usize) -> usize {
        let mut start = next.max((at + 1).saturating_sub(self.step));
        while start <= at && start + self.least <= text.len() {
            let letters = first_eight(text.get(start..).unwrap_or_default());
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
        Starts::new(7, 4, [].into_iter()).each(b"hunter2", |_| panic!("there is no word"));
    }
}
