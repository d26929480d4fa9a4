//! Counts of a comparison.

use dumpedit::diff::{MemoryDifference, OneSided, OutsideDifference, RecordDifference, Side};
use dumpedit::{Notice, NoticeKind, Subject};

use crate::output::text::counted;

/// Maximum number of reported sets of registers that only one dump holds.
const MOST_SETS: usize = 16;

/// Numbers of differences.
#[derive(Default)]
pub(super) struct Found {
    pub(super) bytes: u64,
    pub(super) places: u64,
    /// End address of the last difference of memory.
    end: Option<u64>,
    pub(super) registers: u64,
    pub(super) records: u64,
    /// Records whose registers are all of one side.
    pub(super) unmatched: u64,
    pub(super) one_sided: [Sided; 2],
    sets: Vec<OneSidedRegisters>,
    pub(super) incomparable: Vec<Notice>,
    /// Differences outside memory and registers.
    pub(super) outside: Vec<OutsideDifference>,
}

#[derive(Default)]
pub(super) struct Sided {
    pub(super) ranges: u64,
    pub(super) bytes: u128,
    pub(super) threads: u64,
}

/// Registers that only one of two records holds.
struct OneSidedRegisters {
    names: [Vec<&'static str>; 2],
    records: u64,
    first: String,
}

impl Found {
    pub(super) fn is_same(&self) -> bool {
        let none = |sided: &Sided| sided.ranges == 0 && sided.threads == 0;
        self.places == 0
            && self.registers == 0
            && self.unmatched == 0
            && self.incomparable.is_empty()
            && self.outside.is_empty()
            && self.one_sided.iter().all(none)
    }

    /// Counts a difference. Returns whether it continues the last one.
    pub(super) fn memory(&mut self, found: &MemoryDifference<'_>) -> bool {
        let goes_on = self.end == Some(found.address);
        let size = found.new.len() as u64;
        self.bytes = self.bytes.saturating_add(differing(found));
        self.places = self.places.saturating_add(u64::from(!goes_on));
        self.end = found.address.checked_add(size);
        goes_on
    }

    pub(super) fn record(&mut self, found: &RecordDifference) {
        self.registers = self.registers.saturating_add(found.registers.len() as u64);
        self.records = self.records.saturating_add(u64::from(!found.registers.is_empty()));
        self.unmatched = self.unmatched.saturating_add(u64::from(!found.has_common));
        if found.only_in_a.is_empty() && found.only_in_b.is_empty() {
            return;
        }
        let is_same = |set: &&mut OneSidedRegisters| {
            let [in_a, in_b] = &set.names;
            *in_a == found.only_in_a && *in_b == found.only_in_b
        };
        let full = self.sets.len() >= MOST_SETS;
        match self.sets.iter_mut().find(is_same) {
            Some(set) => set.records = set.records.saturating_add(1),
            None if !full => self.sets.push(OneSidedRegisters {
                names: [found.only_in_a.clone(), found.only_in_b.clone()],
                records: 1,
                first: format!("the {} record of thread {}", found.kind.name(), found.tid),
            }),
            None => {}
        }
    }

    pub(super) fn range(&mut self, one: &OneSided) -> u64 {
        let sided = self.sided(one.side);
        sided.ranges = sided.ranges.saturating_add(1);
        sided.bytes = sided.bytes.saturating_add(length(one));
        sided.ranges
    }

    pub(super) fn thread(&mut self, side: Side) -> u64 {
        let sided = self.sided(side);
        sided.threads = sided.threads.saturating_add(1);
        sided.threads
    }

    fn sided(&mut self, side: Side) -> &mut Sided {
        let [a, b] = &mut self.one_sided;
        match side {
            Side::A => a,
            Side::B => b,
        }
    }

    /// Notices about registers that could not be compared.
    pub(super) fn notices(&self) -> Vec<Notice> {
        let sets = self.sets.iter().flat_map(|set| {
            let sides = [Side::A, Side::B].into_iter().zip(&set.names);
            sides.filter(|(_, names)| !names.is_empty()).map(|(side, names)| {
                const MOST: usize = 12;
                let shown: Vec<&str> = names.iter().copied().take(MOST).collect();
                let more = names.len().saturating_sub(MOST);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let records = usize::try_from(set.records).unwrap_or(usize::MAX);
                let message = format!(
                    "registers that only {} holds, in {} (the first is {}): {}{more}",
                    side.name(),
                    counted(records, "record"),
                    set.first,
                    shown.join(", ")
                );
                let registers = shown.iter().map(|name| Subject::Register((*name).to_owned()));
                registers.fold(Notice::new(NoticeKind::RegistersOfOneSide, message), Notice::about)
            })
        });
        self.incomparable.iter().cloned().chain(sets).collect()
    }
}

fn differing(found: &MemoryDifference<'_>) -> u64 {
    found.old.iter().zip(found.new).filter(|(old, new)| old != new).count() as u64
}

pub(super) fn length(one: &OneSided) -> u128 {
    u128::from(one.last).saturating_sub(u128::from(one.first)).saturating_add(1)
}
