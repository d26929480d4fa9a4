//! Matches in a hole: equally spaced, so that they are counted instead of searched.

use std::collections::BTreeMap;

use crate::find::found::Match;

/// Equally spaced matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Every {
    pub(crate) first: Match,
    /// Distance between matches, in bytes.
    pub(crate) step: u64,
    /// Number of matches, at least one.
    pub(crate) count: u64,
}

impl Every {
    /// Address of the last match.
    pub(crate) fn last(&self) -> u64 {
        self.first.address.saturating_add(self.step.saturating_mul(self.count.saturating_sub(1)))
    }

    /// The matches behind the first `count`.
    fn skip(self, count: u64) -> Option<Every> {
        let left = self.count.checked_sub(count).filter(|left| *left > 0)?;
        let skipped = self.step.saturating_mul(count);
        let first = Match {
            address: self.first.address.saturating_add(skipped),
            file_offset: self.first.file_offset.saturating_add(skipped),
            ..self.first
        };
        Some(Every { first, count: left, ..self })
    }

    /// The matches at multiples of `align`, which is not 0.
    pub(crate) fn aligned(self, align: u64) -> Option<Every> {
        let missing = self.first.address.checked_next_multiple_of(align)?.saturating_sub(self.first.address);
        let (common, inverse) = divisor_and_inverse(self.step, align);
        if !missing.is_multiple_of(common) {
            return None;
        }
        // One of this many consecutive matches is aligned.
        let period = align.checked_div(common)?;
        let index = u128::from(missing.checked_div(common)?).saturating_mul(inverse.into());
        let every = self.skip(u64::try_from(index.checked_rem(period.into())?).ok()?)?;
        let count = every.count.saturating_sub(1).checked_div(period)?.saturating_add(1);
        Some(Every { step: every.step.saturating_mul(period), count, ..every })
    }
}

/// The greatest common divisor of a step and a modulus, and the factor by which the step becomes that divisor again (Euclid's algorithm,
/// extended; modulo the modulus divided by the divisor).
fn divisor_and_inverse(step: u64, modulus: u64) -> (u64, u64) {
    let (mut one, mut other) = (i128::from(step), i128::from(modulus));
    let (mut of_one, mut of_other) = (1i128, 0i128);
    while let Some(times) = one.checked_div(other) {
        (one, other) = (other, one.saturating_sub(times.saturating_mul(other)));
        (of_one, of_other) = (of_other, of_one.saturating_sub(times.saturating_mul(of_other)));
    }
    let period = i128::from(modulus).checked_div(one).unwrap_or(1);
    let inverse = of_one.checked_rem_euclid(period).unwrap_or(0);
    (u64::try_from(one).unwrap_or(1), u64::try_from(inverse).unwrap_or(0))
}

/// All matches of several patterns, in order of addresses and of the patterns.
pub(crate) fn in_order(all: &[Every]) -> impl Iterator<Item = Match> {
    let key = |every: Every| ((every.first.address, every.first.matcher), every);
    let mut next: BTreeMap<_, Every> = all.iter().copied().map(key).collect();
    std::iter::from_fn(move || {
        let (_, every) = next.pop_first()?;
        next.extend(every.skip(1).map(key));
        Some(every.first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_aligned_ones_are_those_that_a_look_at_each_finds() {
        let one = |address, matcher| Match {
            address,
            outside: false,
            length: 1,
            file_offset: address + 7,
            matcher,
            encoding: None,
        };
        for (first, step, count) in [(0, 1, 50), (5, 1, 9), (3, 6, 40), (7, 15, 30), (2, 4, 1), (9, 9, 9)] {
            for align in 1..=24 {
                let every = Every { first: one(first, 0), step, count };
                let expected: Vec<Match> =
                    in_order(&[every]).filter(|one| one.address.is_multiple_of(align)).collect();
                let aligned: Vec<Every> = every.aligned(align).into_iter().collect();
                assert_eq!(in_order(&aligned).collect::<Vec<_>>(), expected, "{every:?} {align}");
            }
        }
        let far = Every { first: one(1 << 40, 0), step: 1, count: u64::MAX >> 1 };
        assert_eq!(far.aligned(1 << 50).unwrap().count, 1 << 13);
    }

    #[test]
    fn matches_of_several_patterns_come_in_order() {
        let one = |address, matcher| Match {
            address,
            outside: false,
            length: 1,
            file_offset: 0,
            matcher,
            encoding: None,
        };
        let all =
            [Every { first: one(4, 1), step: 3, count: 3 }, Every { first: one(1, 0), step: 3, count: 3 }];
        let addresses: Vec<_> = in_order(&all).map(|one| (one.address, one.matcher)).collect();
        assert_eq!(addresses, [(1, 0), (4, 0), (4, 1), (7, 0), (7, 1), (10, 1)]);
    }
}
