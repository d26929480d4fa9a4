//! Places in a text where one of many words may begin: a look at seven letters passes over nearly all others.

use crate::text::LEAST;

/// The first seven letters of some words, as bits of a table by a hash of them.
#[derive(Debug, Default)]
pub(crate) struct Starts {
    bits: Vec<u64>,
}

/// The table has two to this power bits, which stay in a processor's own cache.
const POWER: u32 = 20;

/// The hash of the first seven letters (Knuth's multiplicative one).
fn hash(letters: u64) -> usize {
    let hash = (letters & (u64::MAX >> 8)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - POWER);
    usize::try_from(hash).unwrap_or(0)
}

impl Starts {
    /// Adds a word of at least [`LEAST`] letters.
    pub(crate) fn add(&mut self, word: &[u8]) {
        if self.bits.is_empty() {
            self.bits = vec![0; 1 << (POWER - 6)];
        }
        let at = hash(first(word));
        self.bits.get_mut(at >> 6).into_iter().for_each(|bits| *bits |= 1 << (at & 63));
    }

    /// Calls `each` for the places in a text where a word may begin. It says how far to go on from there.
    pub(crate) fn each(&self, text: &[u8], mut each: impl FnMut(usize) -> usize) {
        if self.bits.is_empty() {
            return;
        }
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| rest.len() >= LEAST) {
            let hash = hash(first(rest));
            let may_begin = self.bits.get(hash >> 6).is_some_and(|bits| bits >> (hash & 63) & 1 == 1);
            at = if may_begin { each(at).max(at + 1) } else { at + 1 };
        }
    }
}

/// The first eight bytes, or as many as there are, as a number.
fn first(text: &[u8]) -> u64 {
    match text.first_chunk::<8>() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => text.iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_where_a_word_begins_is_told() {
        let mut starts = Starts::default();
        let words: [&[u8]; 3] = [b"hunter2", b"sesame-open-99", b"a-longer-word"];
        words.iter().for_each(|word| starts.add(word));
        let text = b"hunter2 xhunter2sesame-open-99,a-longer-word hunter";
        let mut told = Vec::new();
        starts.each(text, |at| {
            told.push(at);
            at + 1
        });
        for at in [0, 9, 16, 31] {
            assert!(told.contains(&at), "{at} of {told:?}");
        }
        Starts::default().each(text, |_| panic!("there is no word"));
    }
}
