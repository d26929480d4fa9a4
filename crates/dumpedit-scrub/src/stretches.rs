//! Finds runs of letters of a set, such as numbers with dots, for many sets at once.

use std::ops::Range;

use crate::alphabet::Alphabet;

/// Length of the shortest stretch, in letters: wherever it begins, it contains four aligned letters.
pub(crate) const LEAST_STRETCH: usize = 7;

/// Length from which a stretch contains eight letters from a multiple of four on.
const LONG: usize = 11;

/// Number of sets with a bit of their own; further sets share the last one.
const BITS: usize = 32;

/// Finds stretches.
#[derive(Clone, Debug)]
pub(crate) struct Stretches {
    /// By letter, the bits of the sets that contain it.
    sets: [u32; 256],
    /// By letter, the bits of the sets that require it in every group of letters.
    wanted: [u32; 256],
    /// Bits of the sets with stretches shorter than [`LONG`].
    short: u32,
    /// By bit, the owners of its sets.
    owners: Vec<Vec<usize>>,
}

impl Default for Stretches {
    fn default() -> Self {
        Stretches { sets: [0; 256], wanted: [0; 256], short: 0, owners: Vec::new() }
    }
}

impl Stretches {
    /// Adds a set of letters for runs of at least `least`. Any four letters of a run contain one of `wanted`, or any eight where `least` is
    /// at least [`LONG`].
    pub(crate) fn add(&mut self, set: &Alphabet, wanted: &Alphabet, least: usize, owner: usize) {
        let bit = self.owners.len().min(BITS - 1);
        match self.owners.get_mut(bit) {
            Some(owners) => owners.push(owner),
            None => self.owners.push(vec![owner]),
        }
        for (letters, bits) in [(set, &mut self.sets), (wanted, &mut self.wanted)] {
            for (bits, letter) in bits.iter_mut().zip(0..=u8::MAX) {
                *bits |= u32::from(letters.has(letter)) << bit;
            }
        }
        self.short |= u32::from(least < LONG) << bit;
    }

    /// Calls `each` with four letters of every stretch, and the owner of its set; more than once where sets share a bit.
    pub(crate) fn each(&self, text: &[u8], mut each: impl FnMut(Range<usize>, usize)) {
        if self.owners.is_empty() || text.len() < LEAST_STRETCH {
            return;
        }
        let bits = |table: &[u32; 256], letter: &u8| table.get(usize::from(*letter)).copied().unwrap_or(0);
        // Sets that share a bit do not say that a stretch of one of them goes on.
        let shared = if self.owners.len() < BITS { 0 } else { 1 << (BITS - 1) };
        let (fours, _) = text.as_chunks::<4>();
        let (mut before, mut told) = (0, 0);
        for (index, four) in fours.iter().enumerate() {
            let all = four.iter().fold(u32::MAX, |all, letter| all & bits(&self.sets, letter));
            told &= all & !shared;
            let mut found = all & (before | self.short) & !told;
            before = all;
            if found == 0 {
                continue;
            }
            let any = |index: usize| {
                let letters = fours.get(index).into_iter().flatten();
                letters.fold(0, |any, letter| any | bits(&self.wanted, letter))
            };
            let here = any(index);
            found &= here | any(index.wrapping_sub(1)) & !self.short;
            told |= found;
            while found != 0 {
                let owners = self.owners.get(found.trailing_zeros() as usize);
                owners.into_iter().flatten().for_each(|owner| each(index * 4..index * 4 + 4, *owner));
                found &= found - 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_every_stretch_is_told_wherever_it_begins() {
        let mut stretches = Stretches::default();
        stretches.add(&Alphabet::of(b"0123456789."), &Alphabet::of(b"."), 7, 1);
        stretches.add(&Alphabet::of(b"0123456789 -"), &Alphabet::of(b"0123456789"), 15, 2);
        for before in 0..9 {
            let told = |text: &str| {
                let text = format!("{}{text}:", "x".repeat(before));
                let mut told = Vec::new();
                stretches.each(text.as_bytes(), |found, owner| told.push((owner, found.start)));
                told.dedup_by_key(|(owner, _)| *owner);
                told
            };
            for (text, owner) in [("1.1.1.1", 1), ("4111 1111 111-1111", 2)] {
                let told = told(text);
                let is_in = |(_, at): &(usize, usize)| (before..before + text.len()).contains(at);
                assert!(told.iter().any(|one| one.0 == owner && is_in(one)), "{text} at {before}: {told:?}");
            }
            assert_eq!(told("1.1:1.1:12 13:14"), []);
        }
    }
}
