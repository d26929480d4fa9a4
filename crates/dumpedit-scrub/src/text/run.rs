//! Runs of letters, and the run around a letter.

use super::letter::{is_wide_text, letter_before, letter_beyond_ascii, letters_at};
use super::unit::{goes_on, is_unit};
use crate::letters::{Letters, of_unit};

/// Length of the shortest run, in letters, except around signs. Searches in runs look for nothing shorter.
pub(crate) const LEAST: usize = 7;

/// A run of letters in a block of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// Offset of the first letter in the block, in bytes.
    pub(crate) start: usize,
    /// Number of letters; of UTF-8, in bytes.
    pub(crate) letters: usize,
    /// Encoding of the letters. [`Letters::Apart`] is UTF-16 of either byte order, which has no letter beyond U+00FF.
    pub(crate) form: Letters,
}

impl Run {
    /// Indices of letters at which a token ends, as they do not go on with the word of ASCII before them.
    pub(crate) fn token_ends(&self, block: &[u8]) -> Vec<usize> {
        if !matches!(self.form, Letters::Low | Letters::High) {
            return Vec::new();
        }
        let bytes = block.get(self.start..).unwrap_or_default();
        let units: Vec<u16> = self.form.order().utf16_units(bytes).take(self.letters).collect();
        let (mut at, mut is_behind_word) = (0, false);
        let mut ends = Vec::new();
        for letters in units.chunk_by(|one, next| (*one > 0x7f) == (*next > 0x7f)) {
            let is_beyond = letters.first().is_some_and(|first| *first > 0x7f);
            if is_beyond && is_behind_word && !goes_on(letters) {
                ends.push(at);
            }
            let last = letters.last().and_then(|last| u8::try_from(*last).ok());
            is_behind_word = last.is_some_and(|last| last.is_ascii_alphanumeric());
            at += letters.len();
        }
        ends
    }

    /// The letters, one byte each; `room` holds those of two bytes.
    pub(crate) fn letters_of<'a>(&self, block: &'a [u8], room: &'a mut Vec<u8>) -> &'a [u8] {
        let from = block.get(self.start..).unwrap_or_default();
        room.clear();
        match self.form {
            Letters::Bytes => return from.get(..self.letters).unwrap_or_default(),
            Letters::Apart => room.extend(from.iter().step_by(2).take(self.letters)),
            Letters::Low | Letters::High => {
                room.extend(self.form.order().utf16_units(from).take(self.letters).map(of_unit));
            }
        }
        room
    }
}

/// The run of bytes around a letter, not before `least`. UTF-8 beyond ASCII is part of it.
pub(super) fn bytes_around(block: &[u8], at: usize, least: usize) -> Run {
    let mut start = at;
    while let Some(size) = block.get(least..start).and_then(letter_before) {
        start -= size;
    }
    let mut end = at;
    loop {
        let rest = block.get(end..).unwrap_or_default();
        let ascii = letters_at(rest);
        match rest.get(ascii..).and_then(letter_beyond_ascii) {
            Some(size) => end += ascii + size,
            None => return Run { start, letters: end + ascii - start, form: Letters::Bytes },
        }
    }
}

/// A run of letters of two bytes without those at its ends that bytes of all ones beside a text make: numbers such as -1. No word begins with
/// `ÿ`; elsewhere, such bytes go on.
fn without_ones(block: &[u8], mut run: Run) -> Run {
    let is_one = |at: Option<usize>| at.and_then(|at| block.get(at)) == Some(&0xff);
    let low = usize::from(run.form == Letters::High);
    let is_first = |at: usize| {
        let is_half = run.form == Letters::High && is_one(Some(at)) && is_one(at.checked_sub(1));
        is_half || is_one(Some(at + low))
    };
    let is_last = |at: usize| {
        let is_half = run.form == Letters::Low && is_one(Some(at + 1)) && is_one(Some(at + 2));
        is_half || is_one(Some(at + low)) && (is_one(Some(at + low + 1)) || is_one(Some(at + low + 2)))
    };
    while run.letters > 1 && is_first(run.start) {
        run.start += 2;
        run.letters -= 1;
    }
    while run.letters > 1 && is_last(run.start + 2 * (run.letters - 1)) {
        run.letters -= 1;
    }
    run
}

/// The run of stride 2 around a letter, not before `least`.
pub(super) fn wide_around(block: &[u8], at: usize, least: usize) -> Run {
    let pair = |at: usize, zero: usize| match (block.get(at), block.get(zero)) {
        (Some(letter), Some(0)) => is_wide_text(*letter),
        _ => false,
    };
    let mut start = at;
    while start >= least + 2 && pair(start - 2, start - 1) {
        start -= 2;
    }
    let mut letters = (at - start) / 2 + 1;
    while pair(start + letters * 2, start + letters * 2 - 1) {
        letters += 1;
    }
    without_ones(block, Run { start, letters, form: Letters::Apart })
}

/// The run of units around the one at `at`, not before `least`.
pub(super) fn units_around(block: &[u8], form: Letters, at: usize, least: usize) -> Run {
    let (mut start, mut end) = (at, at + 2);
    while start >= least + 2 && is_unit(block, form, start - 2) {
        start -= 2;
    }
    while is_unit(block, form, end) {
        end += 2;
    }
    without_ones(block, Run { start, letters: (end - start) / 2, form })
}
