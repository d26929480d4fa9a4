//! Report of a scrub: findings by rule and place, without their values.

use std::collections::BTreeMap;

use dumpedit::{Context, ContextLocation, Dump, Location, Place};
use serde::Serialize;

use crate::class::Class;
use crate::finding::Finding;

/// Secrets that a scrub found and replaced.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Findings by rule and by kind of place.
    pub found: Vec<Row>,
    /// Number of secrets found.
    pub values: u64,
    /// Their size, in bytes.
    pub bytes: u64,
    /// The first places, and the first of those in the dump's own tables, which are not replaced.
    pub places: Vec<FoundAt>,
    /// Number of places that are not listed.
    pub places_left_out: u64,
    /// Number of bytes changed because a secret was found there.
    pub changed_bytes: u64,
    /// Data cleared whatever they were, where only pointers are kept.
    pub cleared: Option<Cleared>,
    /// Data not searched.
    pub not_searched: NotSearched,
}

/// Findings of one rule in one kind of place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// Id of the rule.
    pub rule: String,
    /// Class of the rule.
    pub class: Class,
    /// Kind of place: `memory`, `stack`, `module`, `registers`, or the name of a stream or note.
    pub place: String,
    /// Number of secrets.
    pub values: u64,
    /// Their size, in bytes.
    pub bytes: u64,
}

/// Place of a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FoundAt {
    /// Id of the rule.
    pub rule: String,
    /// Location in dumpedit's notation: an address or a register; `None` for any other byte of the file.
    pub at: Option<String>,
    /// Thread id, for a register.
    pub tid: Option<u64>,
    /// Kind of place: a stream, a note, memory.
    pub place: String,
    /// File offset of the first byte.
    pub file_offset: u64,
    /// Size in bytes.
    pub size: u64,
}

/// Data cleared although no secret was found in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cleared {
    /// Bytes of memory that were not zero.
    pub memory: u64,
    /// Words of stacks.
    pub stack_words: u64,
    /// Words of stacks that look like two small numbers side by side.
    pub packed_words: u64,
    /// Registers.
    pub registers: u64,
}

/// Data not searched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NotSearched {
    /// Bytes of memory that were mapped and are not in the dump.
    pub uncaptured: u64,
    /// Streams and notes that dumpedit has no table for: they were searched by patterns only.
    pub unknown: Vec<String>,
    /// Number of places where compressed data may begin.
    pub compressed: u64,
    /// Number of names shorter than [`LEAST_NAME`](crate::LEAST_NAME), which are not looked for elsewhere.
    pub too_short: u64,
    /// Number of other values shorter than [`LEAST_VALUE`](crate::LEAST_VALUE), which are not looked for elsewhere.
    pub too_short_values: u64,
    /// Number of places whose value was replaced before: the value is not known, and is not looked for elsewhere.
    pub blank: u64,
    /// Number of values not looked for elsewhere because they are too many.
    pub too_many: u64,
    /// Number of seams (where memory goes on elsewhere in the file) left out because there are too many.
    pub seams: u64,
    /// Number of secrets in the dump's own tables, which are never changed. They are not among [`Report::values`].
    pub in_tables: u64,
}

impl Report {
    /// Whether nothing was found, not even in the dump's own tables, and nothing is left to clear.
    pub fn is_clean(&self) -> bool {
        self.values == 0
            && self.not_searched.in_tables == 0
            && self.cleared.is_none_or(|cleared| cleared == Cleared::default())
    }
}

/// Most places that are listed.
pub(crate) const MOST_PLACES: usize = 1000;

/// Counts findings.
pub(crate) struct Counter<'a> {
    dump: &'a Dump,
    rules: &'a [(String, Class)],
    stacks: Vec<(u64, u64)>,
    rows: BTreeMap<(usize, String), (u64, u64)>,
    places: Vec<FoundAt>,
    places_left_out: u64,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(dump: &'a Dump, rules: &'a [(String, Class)], stacks: Vec<(u64, u64)>) -> Counter<'a> {
        Counter { dump, rules, stacks, rows: BTreeMap::new(), places: Vec::new(), places_left_out: 0 }
    }

    /// Counts a secret.
    pub(crate) fn add(&mut self, finding: &Finding) {
        let location = self.dump.layout().location_of(finding.file_offset);
        self.count(finding.rule(), location, &[finding.place()]);
    }

    /// Lists the place of a secret that is not replaced, without counting it.
    pub(crate) fn leave(&mut self, finding: &Finding) {
        let location = self.dump.layout().location_of(finding.file_offset);
        let place = self.place(location, finding.file_offset);
        self.tell(finding.rule(), location, place, finding.file_offset, finding.place().size);
    }

    /// Counts a secret in a register, which has these places in the file.
    pub(crate) fn add_register(&mut self, rule: usize, location: ContextLocation, places: &[Place]) {
        self.count(rule, Some(location), places);
    }

    fn count(&mut self, rule: usize, location: Option<ContextLocation>, places: &[Place]) {
        let Some(first) = places.first() else { return };
        let place = self.place(location, first.file_offset);
        let (values, bytes) = self.rows.entry((rule, place.clone())).or_default();
        *values = values.saturating_add(1);
        *bytes = places.iter().fold(*bytes, |sum, part| sum.saturating_add(part.size));
        for part in places {
            self.tell(rule, location, place.clone(), part.file_offset, part.size);
        }
    }

    fn tell(
        &mut self,
        rule: usize,
        location: Option<ContextLocation>,
        place: String,
        file_offset: u64,
        size: u64,
    ) {
        if self.places.len() < MOST_PLACES {
            let layout = self.dump.layout();
            let at = location.map(|found| layout.display(found.context, found.location));
            let tid = location.and_then(|found| layout.thread(found.context).ok()).map(|thread| thread.tid);
            let rule = self.rules.get(rule).map_or_else(String::new, |(id, _)| id.clone());
            self.places.push(FoundAt { rule, at, tid, place, file_offset, size });
        } else {
            self.places_left_out = self.places_left_out.saturating_add(1);
        }
    }

    /// Kind of a place.
    fn place(&self, location: Option<ContextLocation>, file_offset: u64) -> String {
        let layout = self.dump.layout();
        match location {
            Some(ContextLocation { location: Location::Virtual(address), .. }) => {
                let in_stack = |(first, last): &(u64, u64)| (*first..=*last).contains(&address);
                let named = layout.mapping_at(address).is_some_and(|mapping| mapping.name.is_some());
                if self.stacks.iter().any(in_stack) {
                    "stack".to_owned()
                } else if named {
                    "mapped file".to_owned()
                } else {
                    "memory".to_owned()
                }
            }
            Some(ContextLocation { context: Context::Thread(..), .. }) => "registers".to_owned(),
            _ => layout.part_at(file_offset).unwrap_or("other bytes").to_owned(),
        }
    }

    pub(crate) fn report(self) -> Report {
        let Counter { rules, rows, places, places_left_out, .. } = self;
        let mut report = Report { places, places_left_out, ..Report::default() };
        for ((rule, place), (values, bytes)) in rows {
            let Some((id, class)) = rules.get(rule) else { continue };
            report.values = report.values.saturating_add(values);
            report.bytes = report.bytes.saturating_add(bytes);
            report.found.push(Row { rule: id.clone(), class: *class, place, values, bytes });
        }
        report
    }
}
