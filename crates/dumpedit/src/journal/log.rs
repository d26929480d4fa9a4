//! Contents of a journal: a dump's edits, and the parts of the journal that cannot be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io;

use crate::edit::changes::Extents;
use crate::journal::entries::{self, Entry, Walk};
use crate::journal::record::EntryKind;
use crate::journal::recover;
use crate::journal::stack::Stack;
use crate::store::Store;

/// One change in a dump's history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// Number, from 1.
    pub number: u64,
    /// Kind.
    pub kind: EntryKind,
    /// Time, in seconds since 1970 (UTC).
    pub time: u64,
    /// Command of an edit, in one line.
    pub command: String,
    /// Number of the last edit in force after an undo or a redo; 0 where there is none.
    pub to: Option<u64>,
    /// Whether it was finished.
    pub finished: bool,
    /// Whether a finished edit is in force, so that the dump holds all bytes that it wrote.
    pub in_force: Option<bool>,
    /// File offset of the first byte that the dump does not hold of an edit that was not undone, in bytes.
    pub changed_since: Option<u64>,
    /// Changed bytes; the old ones of appended bytes are zeros.
    pub extents: Extents,
    /// Size of the dump before, in bytes.
    pub size_before: u64,
    /// Size of the dump after, in bytes.
    pub size_after: u64,
}

/// A part of a journal that cannot be read, or that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// Number of the entry; 0 for the journal's header.
    pub number: u64,
    /// Offset in the journal, in bytes.
    pub file_offset: u64,
    /// Size, in bytes; 0 where the entry is missing.
    pub size: u64,
    /// Number of bytes of the journal behind it.
    pub behind: u64,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Damage { number, file_offset, size, behind } = *self;
        match (number, size) {
            (0, _) => write!(f, "the journal's header is damaged"),
            (_, 0) => write!(f, "the journal's entry {number} is missing"),
            _ => write!(
                f,
                "the journal's entry {number} is damaged ({size} bytes at {file_offset:#x}, {behind} bytes \
                 after it)"
            ),
        }
    }
}

/// The contents of a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Log {
    /// Readable changes, the earliest first.
    pub entries: Vec<HistoryEntry>,
    /// Parts that cannot be read.
    pub damage: Vec<Damage>,
}

/// The readable and the damaged parts of a journal.
#[derive(Debug, Default)]
pub(crate) struct Readable {
    pub(crate) walk: Walk,
    /// Numbers of damaged entries.
    pub(crate) not_intact: BTreeSet<u64>,
    pub(crate) damage: Vec<Damage>,
    /// Whether the end of the journal is damaged, so that there may have been entries behind its last one.
    pub(crate) damaged_end: bool,
}

impl Readable {
    pub(crate) fn of(dump: &File, log: &File, damaged_header: bool) -> io::Result<Readable> {
        let mut walk = entries::walk(log)?;
        let size = log.len()?;
        let ends = |gap: &mut entries::Gap| gap.at.saturating_add(gap.size) == size;
        // An entry that was cut short before the dump was changed counts for nothing.
        if let Some(gap) = walk.gaps.pop_if(|gap| ends(gap))
            && !entries::was_not_begun(dump, log, gap.at)?
        {
            walk.gaps.push(gap);
        }
        let mut read =
            Readable { damaged_end: walk.gaps.last_mut().is_some_and(ends), ..Readable::default() };
        let behind = |end: u64| size.saturating_sub(end);
        if damaged_header {
            read.damage.push(Damage { number: 0, file_offset: 0, size: 0, behind: size });
        }
        for gap in &walk.gaps {
            let end = gap.at.saturating_add(gap.size);
            let number = gap.after.saturating_add(1);
            read.damage.push(Damage { number, file_offset: gap.at, size: gap.size, behind: behind(end) });
        }
        let mut expected = None;
        for entry in &walk.entries {
            let number = entry.head.number;
            let told = |missing: &u64| !walk.gaps.iter().any(|gap| gap.after.saturating_add(1) == *missing);
            let missing = expected.unwrap_or(number)..number;
            read.damage.extend(missing.filter(told).take(MOST_MISSING).map(|number| Damage {
                number,
                file_offset: entry.at,
                size: 0,
                behind: behind(entry.at),
            }));
            if !entries::is_intact(log, entry)? {
                read.not_intact.insert(number);
                let size = entry.end().saturating_sub(entry.at);
                read.damage.push(Damage { number, file_offset: entry.at, size, behind: behind(entry.end()) });
            }
            expected = Some(number.saturating_add(1));
        }
        read.damage.sort_by_key(|damage| (damage.file_offset, damage.number));
        read.walk = walk;
        Ok(read)
    }

    /// Whether the journal may belong to the dump, by its size and its first bytes.
    pub(crate) fn is_about(&self, dump: &File) -> io::Result<bool> {
        match self.walk.entries.last() {
            Some(last) if last.trailer.sealed && !self.damaged_end => recover::is_about(dump, last),
            Some(last) => Ok(recover::has_size_of(dump.len()?, last)),
            None => Ok(true),
        }
    }

    /// The undamaged entries of these numbers, the earliest first.
    pub(crate) fn intact(&self, numbers: &[u64]) -> Vec<&Entry> {
        let wanted: BTreeSet<u64> = numbers.iter().copied().collect();
        let is_wanted = |number| wanted.contains(&number) && !self.not_intact.contains(&number);
        self.walk.entries.iter().filter(|entry| is_wanted(entry.head.number)).collect()
    }

    /// The numbers of damaged and missing entries in a range of numbers.
    pub(crate) fn passed_over(&self, from: u64, to: u64) -> Vec<u64> {
        let numbers = self.damage.iter().map(|damage| damage.number);
        numbers.filter(|number| *number > 0 && (from..=to).contains(number)).collect()
    }

    /// The history from the entries; and whether the dump holds any byte of edits that were not undone, if there are any.
    pub(crate) fn entries(&self, dump: &File, log: &File) -> io::Result<(Vec<HistoryEntry>, bool)> {
        let last = self.walk.entries.last().map(|entry| entry.head.number);
        let is_finished = |entry: &Entry| entry.trailer.sealed || Some(entry.head.number) != last;
        // The bytes of an unfinished entry are its old or its new ones, and its recovery decides.
        let finished = self.walk.entries.iter().filter(|entry| is_finished(entry));
        let stack = Stack::of(finished.map(|entry| &entry.head));
        let in_force: BTreeSet<u64> = stack.in_force.iter().copied().collect();
        let mut later = Covered::default();
        let (mut held, mut missed) = (false, false);
        let mut told = Vec::new();
        let readable = self.walk.entries.iter().filter(|entry| !self.not_intact.contains(&entry.head.number));
        for entry in readable.rev() {
            let number = entry.head.number;
            let finished = is_finished(entry);
            let is_edit = entry.head.kind == EntryKind::Edit;
            let compared = is_edit && in_force.contains(&number);
            let mut extents = Extents::default();
            let mut changed_since = None;
            let mut ranges = Vec::new();
            entries::each_extent(log, entry, |file_offset, old, new| {
                if new.is_empty() {
                    // The sizes tell which bytes were cut off.
                    ranges.push((file_offset, old.len() as u64));
                    return Ok(());
                }
                extents.extend(file_offset, old, new);
                if compared {
                    let mut now = vec![0; new.len()];
                    dump.read_filled(file_offset, &mut now)?;
                    changed_since = changed_since.or(later.first_difference(file_offset, new, &now));
                    held |= now.iter().zip(old).zip(new).any(|((now, old), new)| now == new && new != old);
                }
                if compared || !finished {
                    ranges.push((file_offset, new.len() as u64));
                }
                Ok(())
            })?;
            missed |= changed_since.is_some();
            if !finished {
                // An undo may have cut the file already.
                let (old, new) = (entry.head.old_size, entry.head.new_size);
                ranges.push((old.min(new), old.abs_diff(new)));
            }
            ranges.into_iter().for_each(|(file_offset, size)| later.add(file_offset, size));
            let moves = matches!(entry.head.kind, EntryKind::Undo | EntryKind::Redo);
            let to = moves.then_some(entry.head.last_in_force);
            told.push(HistoryEntry {
                number,
                kind: entry.head.kind,
                time: entry.head.time,
                // Earlier journals had a command where `to` is the number now.
                command: if to.is_some() { String::new() } else { entries::command(log, entry)? },
                to,
                finished,
                in_force: (is_edit && finished)
                    .then(|| in_force.contains(&number) && changed_since.is_none()),
                changed_since,
                extents,
                size_before: entry.head.old_size,
                size_after: entry.head.new_size,
            });
        }
        told.reverse();
        Ok((told, held || !missed))
    }
}

/// Maximum number of missing entries that are listed.
const MOST_MISSING: usize = 64;

/// File bytes that later edits wrote: starts and ends, disjoint.
#[derive(Debug, Default)]
struct Covered(BTreeMap<u64, u64>);

impl Covered {
    fn add(&mut self, file_offset: u64, size: u64) {
        let (mut start, mut end) = (file_offset, file_offset.saturating_add(size));
        while let Some((&from, &to)) = self.0.range(..=end).next_back().filter(|(_, to)| **to >= start) {
            self.0.remove(&from);
            (start, end) = (start.min(from), end.max(to));
        }
        self.0.insert(start, end);
    }

    /// The file offset of the first byte that is not covered and differs from the expected one.
    fn first_difference(&self, file_offset: u64, expected: &[u8], now: &[u8]) -> Option<u64> {
        if expected == now {
            return None;
        }
        let differing =
            (file_offset..).zip(expected.iter().zip(now)).filter(|(_, (one, other))| one != other);
        let is_covered = |at: u64| self.0.range(..=at).next_back().is_some_and(|(_, end)| *end > at);
        differing.map(|(at, _)| at).find(|at| !is_covered(*at))
    }
}
