//! Runs around signs of mail addresses and home folders, which [`super::runs`] does not see by their words.

use memchr::memchr3_iter;

use super::letter::is_ascii_letter;
use super::run::{LEAST, Run, bytes_around, units_around};
use super::unit::{is_unit, lane};
use crate::letters::Letters;

/// Texts around which a run may be shorter than [`LEAST`] or have too few letters of ASCII in a row to be seen: mail addresses and home
/// folders.
const SIGNS: [&[u8]; 3] = [b"@", b"%40", b"/home/"];

/// Length of the shortest run around one of these, in letters: `a@b.cc`.
const LEAST_AROUND: usize = 6;

/// Bytes behind a line that [`may_have_sign`] looks at.
pub(super) const BEHIND: usize = 2;

/// Whether a sign may begin in a line, to which [`BEHIND`] more bytes belong. It is written without branches, so that the compiler
/// vectorizes it.
pub(super) fn may_have_sign<const SIZE: usize>(line: &[u8; SIZE]) -> bool {
    let (next, second) = (line.iter().skip(1), line.iter().skip(BEHIND));
    line.iter().zip(next).zip(second).fold(0, |any, ((letter, next), second)| {
        // The next letter is the next byte or the second one.
        let then = |wanted: u8| u8::from(*next == wanted) | u8::from(*second == wanted);
        let (mail, percent, folder) = (*letter == b'@', *letter == b'%', *letter == b'/');
        any | u8::from(mail) | u8::from(percent) & then(b'4') | u8::from(folder) & then(b'h')
    }) != 0
}

/// Finds runs around signs, each once.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// End of the last run of bytes.
    done: usize,
    /// By [`lane`], ends of the last runs of units.
    done_units: [usize; 4],
}

impl Signs {
    /// Calls `each` for the runs around the signs that begin in `line`, which is at `at` in the block.
    pub(super) fn line(&mut self, block: &[u8], line: &[u8], at: usize, each: &mut impl FnMut(Run)) {
        for at in memchr3_iter(b'@', b'%', b'/', line).map(|place| at + place) {
            let rest = block.get(at..).unwrap_or_default();
            for sign in SIGNS {
                if rest.starts_with(sign) {
                    self.bytes(block, at, sign.len(), each);
                }
                let letters = rest.iter().step_by(2).take(sign.len());
                let zeros = rest.iter().skip(1).step_by(2).take(sign.len() - 1);
                if letters.eq(sign) && zeros.filter(|byte| **byte == 0).count() == sign.len() - 1 {
                    self.units(block, at, each);
                }
            }
        }
    }

    /// Looks around a sign of bytes.
    fn bytes(&mut self, block: &[u8], at: usize, size: usize, each: &mut impl FnMut(Run)) {
        let is_letter = |at: Option<usize>| {
            at.and_then(|at| block.get(at)).is_some_and(|byte| byte.is_ascii_graphic() || !byte.is_ascii())
        };
        // Most signs are in a run that is long enough.
        if at < self.done
            || is_in_ascii(block, at)
            || !(is_letter(at.checked_sub(1)) || size > 1)
            || !is_letter(Some(at + size))
        {
            return;
        }
        let run = bytes_around(block, at, self.done);
        self.done = run.start + run.letters;
        tell(block, run, each);
    }

    /// Looks around a sign whose letters are two bytes each, in both byte orders.
    fn units(&mut self, block: &[u8], at: usize, each: &mut impl FnMut(Run)) {
        let is_zero = |at: Option<usize>| at.and_then(|at| block.get(at)) == Some(&0);
        if !is_zero(Some(at + 1)) && !is_zero(at.checked_sub(1)) {
            return;
        }
        for form in [Letters::Low, Letters::High] {
            let Some(first) = at.checked_sub(usize::from(form == Letters::High)) else { continue };
            let Some(done) = self.done_units.get_mut(lane(form, first)) else { continue };
            if first < *done || !is_unit(block, form, first) {
                continue;
            }
            let run = units_around(block, form, first, *done);
            *done = run.start + run.letters * 2;
            tell(block, run, each);
        }
    }
}

fn tell(block: &[u8], run: Run, each: &mut impl FnMut(Run)) {
    if run.letters >= LEAST_AROUND && !is_seen(block, &run) {
        each(run);
    }
}

/// Whether a letter is one of enough letters of ASCII in a row, four of which are a word's half.
fn is_in_ascii(block: &[u8], at: usize) -> bool {
    let is_ascii = |byte: &&u8| is_ascii_letter(**byte);
    let half = block.get(at & !3..).and_then(|rest| rest.first_chunk::<4>());
    let behind = block.get(at..).unwrap_or_default().iter().take(LEAST);
    let before = block.get(..at).unwrap_or_default().iter().rev().take(LEAST);
    half.is_some_and(|half| half.iter().all(|byte| is_ascii(&byte)))
        && before.take_while(is_ascii).count() + behind.take_while(is_ascii).count() >= LEAST
}

/// Whether [`super::runs`] sees this run by the words that are in it.
fn is_seen(block: &[u8], run: &Run) -> bool {
    if run.letters < LEAST {
        return false;
    }
    let end = run.start + run.letters * run.form.size();
    let is_ascii = |at: usize| block.get(at).is_some_and(|byte| is_ascii_letter(*byte));
    let is_zero = |at: usize| block.get(at) == Some(&0);
    match run.form {
        Letters::Bytes => (run.start.next_multiple_of(4)..end.saturating_sub(3))
            .step_by(4)
            .any(|at| (at..at + 4).all(is_ascii)),
        // Those with letters beyond a byte are seen by the letters around these.
        _ => {
            let first = run.start + usize::from(run.form == Letters::High);
            let word = |at: &usize| {
                (0..4).all(|letter| is_ascii(at + 2 * letter))
                    && (0..3).all(|zero| is_zero(at + 2 * zero + 1))
            };
            let places = (first..end.saturating_sub(6)).step_by(2);
            places.filter(|at| matches!(at % 8, 0 | 1)).any(|at| word(&at))
        }
    }
}
