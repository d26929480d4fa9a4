//! Mappings in order of addresses, built at first use: most runs read or write captured memory and never ask.

use crate::capture::Capture;
use crate::interval::{Interval, IntervalTree};
use crate::layout::Layout;
use crate::mapping::{Apart, Mapping};
use crate::span::{Span, joined};

impl Layout {
    /// All mappings: those that captures stand for, and those apart from them.
    pub(crate) fn mappings(&self) -> &IntervalTree<Mapping> {
        self.mappings.get_or_init(|| {
            let all = in_order(self.captures.items(), &self.apart);
            IntervalTree::new(without_guesses(all))
        })
    }
}

/// Mappings in order of first addresses; those with equal ones in the order they were added.
fn in_order(captures: &[Capture], apart: &[Apart]) -> Vec<Mapping> {
    let mut apart: Vec<&Apart> = apart.iter().collect();
    apart.sort_by_key(|one| one.mapping.first);
    let mut all = Vec::with_capacity(apart.len().saturating_add(captures.len()));
    let mut captured = captures.iter().filter(|capture| capture.mapped.is_some()).peekable();
    let mapping = |capture: &Capture| Mapping {
        first: capture.first,
        last: capture.last,
        protection: capture.mapped,
        name: None,
    };
    for Apart { mapping: one, behind } in apart {
        let place = (one.first, *behind);
        while let Some(before) = captured.next_if(|capture| (capture.lowest(), capture.rank) < place) {
            all.push(mapping(before));
        }
        all.push(one.clone());
    }
    all.extend(captured.map(mapping));
    all
}

/// Drops the parts of mappings without protection and name that other mappings cover.
fn without_guesses(mappings: Vec<Mapping>) -> Vec<Mapping> {
    let says_more = |mapping: &Mapping| mapping.protection.is_some() || mapping.name.is_some();
    if mappings.iter().all(says_more) {
        return mappings;
    }
    let (mut told, guessed): (Vec<Mapping>, Vec<Mapping>) = mappings.into_iter().partition(says_more);
    if told.is_empty() {
        return guessed;
    }
    let addresses =
        |mappings: &[Mapping]| joined(mappings.iter().map(|mapping| (mapping.first, mapping.last)));
    let covered = addresses(&told);
    let mut covered = covered.iter().peekable();
    for Span { mut first, last } in addresses(&guessed) {
        while covered.next_if(|span| span.last < first).is_some() {}
        let mut next = Some(first);
        while let Some(span) = covered.peek().copied().copied().filter(|span| span.first <= last) {
            if let Some(before) = span.first.checked_sub(1).filter(|before| *before >= first) {
                told.push(Mapping { first, last: before, protection: None, name: None });
            }
            next = span.last.checked_add(1).filter(|next| *next <= last);
            match next {
                Some(behind) => first = behind,
                // The rest of this mapping may cover the next one, too.
                None => break,
            }
            covered.next();
        }
        if let Some(first) = next {
            told.push(Mapping { first, last, protection: None, name: None });
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Protection;
    use crate::{ByteOrder, Format, LayoutBuilder, Machine, Region};

    #[test]
    fn a_captured_mapping_is_the_mapping_and_the_capture() {
        let mut state = 9u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        for round in 0..2000u64 {
            let (width, base) = if round % 2 == 0 { (8, u64::MAX - 150) } else { (4, 0xffff_ff80) };
            let base = if round % 3 == 0 { 0 } else { base };
            let new = || LayoutBuilder::new(Format::ElfCore, Machine::Unknown, ByteOrder::Little, width, 300);
            let (mut both, mut apart) = (new(), new());
            for _ in 0..random(12) {
                let (address, size, offset) = (base.saturating_add(random(200)), random(60), random(310));
                let protection = Protection { write: random(2) == 0, ..Protection::default() };
                let name = (random(3) == 0).then(|| "named".into());
                let mapped = size + random(3);
                if name.is_none() && mapped == size {
                    both.captured_mapping(address, size, offset, protection);
                } else {
                    both.mapping(address, mapped, Some(protection), name.clone());
                    both.capture(address, size, offset);
                }
                apart.mapping(address, mapped, Some(protection), name);
                apart.capture(address, size, offset);
            }
            let (both, apart) = (both.finish(), apart.finish());
            assert_eq!(seen(&both), seen(&apart));
            assert!(both.has_places_of(&apart) && apart.has_places_of(&both));
            assert_eq!(both.has_aliases(), apart.has_aliases());
        }
    }

    /// Everything a layout says of memory.
    fn seen(layout: &Layout) -> String {
        let regions: Vec<Region> = layout.regions().collect();
        let mappings: Vec<&Mapping> = layout.mappings().items().iter().collect();
        format!("{regions:?} {mappings:?} {:?} {:?}", layout.mapping_named("named"), layout.notices())
    }

    #[test]
    fn what_is_only_guessed_fills_the_gaps_between_what_is_told() {
        let read = Some(Protection { read: true, write: false, execute: false, guard: false });
        let mapping = |(first, last), protection| Mapping { first, last, protection, name: None };
        type Ranges = &'static [(u64, u64)];
        let cases: [(Ranges, Ranges, Ranges); 5] = [
            (&[(10, 19), (30, 39)], &[(0, 49)], &[(0, 9), (20, 29), (40, 49)]),
            (&[(10, 19)], &[(12, 15), (18, 25), (27, 30)], &[(20, 25), (27, 30)]),
            (&[(10, 19)], &[(0, 12), (15, 19)], &[(0, 9)]),
            (&[(0, u64::MAX)], &[(5, 6)], &[]),
            (&[(10, u64::MAX)], &[(5, u64::MAX), (1, 2)], &[(1, 2), (5, 9)]),
        ];
        for (told, guessed, left) in cases {
            let all = told.iter().map(|range| mapping(*range, read));
            let all = all.chain(guessed.iter().map(|range| mapping(*range, None))).collect();
            let found = without_guesses(all);
            assert_eq!(found.iter().filter(|mapping| mapping.protection == read).count(), told.len());
            let guesses = found.iter().filter(|mapping| mapping.protection.is_none());
            let guesses: Vec<(u64, u64)> = guesses.map(|mapping| (mapping.first, mapping.last)).collect();
            assert_eq!(guesses, left, "{told:?} {guessed:?}");
        }
    }
}
