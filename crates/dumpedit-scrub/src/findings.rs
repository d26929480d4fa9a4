//! The findings of a dump, in order of the file and a few bytes each: dense logs have millions.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::finding::Finding;
use crate::letters::Letters;

/// Findings of several searches.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Those of each pass over the file, which come in order.
    passes: Vec<Packed>,
    /// Those that come in no order.
    others: HashSet<Finding>,
}

impl Findings {
    pub(crate) fn new(others: HashSet<Finding>) -> Findings {
        Findings { passes: Vec::new(), others }
    }

    /// Begins a pass over the file.
    pub(crate) fn pass(&mut self) {
        self.passes.push(Packed::default());
    }

    /// Adds a finding.
    pub(crate) fn add(&mut self, finding: Finding) {
        if !self.passes.last_mut().is_some_and(|pass| pass.push(&finding)) {
            self.others.insert(finding);
        }
    }

    /// Calls `each` with every finding in order of the file. Of those that begin at the same offset the longest comes first, which is
    /// replaced whole.
    pub(crate) fn each<E>(self, each: &mut impl FnMut(&Finding) -> Result<(), E>) -> Result<(), E> {
        let mut others: Vec<Finding> = self.others.into_iter().collect();
        others.sort_unstable_by_key(Finding::order);
        let mut streams: Vec<Box<dyn Iterator<Item = Finding>>> = vec![Box::new(others.into_iter())];
        streams.extend(
            self.passes
                .into_iter()
                .map(|pass| Box::new(pass.unpacked()) as Box<dyn Iterator<Item = Finding>>),
        );
        let mut streams: Vec<_> = streams.into_iter().map(Iterator::peekable).collect();
        let mut last = None;
        loop {
            let firsts = streams
                .iter_mut()
                .enumerate()
                .filter_map(|(index, stream)| Some((stream.peek()?.order(), index)));
            let Some((_, index)) = firsts.min() else { return Ok(()) };
            let Some(finding) = streams.get_mut(index).and_then(Iterator::next) else { return Ok(()) };
            if last.replace(finding) != Some(finding) {
                each(&finding)?;
            }
        }
    }
}

/// Findings in order, each as differences and small numbers.
#[derive(Debug, Default)]
struct Packed {
    bytes: Vec<u8>,
    last: Option<Finding>,
}

impl Packed {
    /// Adds a finding, unless it is the last one again; returns whether it is in order.
    fn push(&mut self, finding: &Finding) -> bool {
        let before = self.last.map_or(0, |last| last.file_offset);
        match self.last.map(|last| last.order().cmp(&finding.order())) {
            Some(Ordering::Equal) => return true,
            Some(Ordering::Greater) => return false,
            Some(Ordering::Less) | None => self.last = Some(*finding),
        }
        let letters = FORMS.iter().position(|form| *form == finding.letters).unwrap_or(0) as u64;
        for mut number in [
            finding.file_offset.saturating_sub(before),
            u64::from(finding.count) << 2 | letters,
            u64::from(finding.rule),
        ] {
            // Seven bits a byte, the lowest first (LEB128).
            loop {
                let [low, ..] = number.to_le_bytes();
                number >>= 7;
                self.bytes.push(if number > 0 { low | 0x80 } else { low & 0x7f });
                if number == 0 {
                    break;
                }
            }
        }
        true
    }

    fn unpacked(self) -> Unpacked {
        Unpacked { bytes: self.bytes.into_iter(), file_offset: 0 }
    }
}

const FORMS: [Letters; 4] = [Letters::Bytes, Letters::Apart, Letters::Low, Letters::High];

struct Unpacked {
    bytes: std::vec::IntoIter<u8>,
    file_offset: u64,
}

impl Unpacked {
    fn number(&mut self) -> Option<u64> {
        let (mut number, mut bits) = (0, 0u32);
        loop {
            let byte = self.bytes.next()?;
            number |= u64::from(byte & 0x7f).checked_shl(bits)?;
            bits += 7;
            if byte < 0x80 {
                return Some(number);
            }
        }
    }
}

impl Iterator for Unpacked {
    type Item = Finding;

    fn next(&mut self) -> Option<Finding> {
        self.file_offset = self.file_offset.saturating_add(self.number()?);
        let (count, rule) = (self.number()?, self.number()?);
        Some(Finding {
            file_offset: self.file_offset,
            count: u32::try_from(count >> 2).ok()?,
            letters: *FORMS.get(usize::try_from(count & 3).ok()?)?,
            rule: u32::try_from(rule).ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_come_in_order_and_each_once() {
        let finding = |at: u64, count: usize, letters| Finding::new(at, count, letters, (at % 300) as usize);
        let mut findings =
            Findings::new(HashSet::from([finding(u64::MAX, 7, Letters::High), finding(5, 3, Letters::Low)]));
        findings.pass();
        let first = [(5, 9, Letters::Bytes), (5, 3, Letters::Low), (1 << 40, 1 << 20, Letters::Apart)];
        first.iter().for_each(|(at, count, letters)| findings.add(finding(*at, *count, *letters)));
        // One that comes late.
        findings.add(finding(2, 4, Letters::High));
        findings.pass();
        [7, 7, 4000].iter().for_each(|at| findings.add(finding(*at, 200, Letters::Low)));
        let mut told = Vec::new();
        let told_all: Result<(), ()> = findings.each(&mut |finding| {
            told.push((finding.file_offset, finding.count, finding.letters, finding.rule));
            Ok(())
        });
        assert!(told_all.is_ok());
        let rule = |at: u64| (at % 300) as u32;
        assert_eq!(
            told,
            [
                (2, 4, Letters::High, rule(2)),
                (5, 9, Letters::Bytes, rule(5)),
                (5, 3, Letters::Low, rule(5)),
                (7, 200, Letters::Low, rule(7)),
                (4000, 200, Letters::Low, rule(4000)),
                (1 << 40, 1 << 20, Letters::Apart, rule(1 << 40)),
                (u64::MAX, 7, Letters::High, rule(u64::MAX)),
            ]
        );
    }
}
