//! What was done, or found: by rule and place, and never a value.

use std::collections::BTreeMap;

use dumpedit::{Context, ContextLocation, Dump, Location};
use serde::Serialize;

use crate::class::Class;
use crate::finding::Finding;

/// What a scrub found and wrote over.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// What was found, by rule and by the kind of the place.
    pub found: Vec<Row>,
    /// How many secrets were found in all.
    pub values: u64,
    /// How many bytes they have.
    pub bytes: u64,
    /// Where the first of them are, and the first of those that stay in the dump's own tables.
    pub places: Vec<FoundAt>,
    /// How many more places there are, which are not listed.
    pub places_left_out: u64,
    /// How many bytes were written over because something was found there.
    pub changed_bytes: u64,
    /// What was cleared, whatever it was, where only pointers stay.
    pub cleared: Option<Cleared>,
    /// What was not searched.
    pub not_searched: NotSearched,
}

/// What one rule found in one kind of place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The rule's name.
    pub rule: String,
    /// Its class.
    pub class: Class,
    /// The kind of the place: `memory`, `stack`, `module`, `registers`, or the name of a stream or note.
    pub place: String,
    /// How many secrets.
    pub values: u64,
    /// How many bytes they have.
    pub bytes: u64,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FoundAt {
    /// The rule's name.
    pub rule: String,
    /// A place that dumpedit reads: an address, or a register; `None` for any other byte of the file.
    pub at: Option<String>,
    /// The thread, of a register.
    pub tid: Option<u64>,
    /// What it is in: a stream, a note, memory.
    pub place: String,
    /// Where its first byte is in the file.
    pub file_offset: u64,
    /// How many bytes it has.
    pub size: u64,
}

/// What was cleared although nothing was found in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cleared {
    /// Bytes of memory.
    pub memory: u64,
    /// Words of stacks.
    pub stack_words: u64,
    /// Words of stacks that look like two small numbers, one beside the other.
    pub packed_words: u64,
    /// Registers.
    pub registers: u64,
}

/// What was not searched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NotSearched {
    /// Bytes of memory that were mapped and that the dump does not hold.
    pub uncaptured: u64,
    /// Streams and notes that dumpedit has no table for: they were searched for patterns alone.
    pub unknown: Vec<String>,
    /// How many places look as if something compressed began there.
    pub compressed: u64,
    /// How many names are shorter than [`LEAST_NAME`](crate::LEAST_NAME): they are not looked for elsewhere.
    pub too_short: u64,
    /// How many other values are shorter than [`LEAST_VALUE`](crate::LEAST_VALUE): neither are they.
    pub too_short_values: u64,
    /// How many places name a value that was written over before: what it was is not known, and not looked for elsewhere.
    pub blank: u64,
    /// How many values were not looked for elsewhere, since they are too long or too many.
    pub too_many: u64,
    /// How many places where memory goes on elsewhere in the file were not looked at, since there are too many.
    pub seams: u64,
    /// How many secrets are in the dump's own tables, which never change. They are not among [`Report::values`].
    pub in_tables: u64,
}

impl Report {
    /// Whether nothing was found, not even in the dump's own tables.
    pub fn is_clean(&self) -> bool {
        self.values == 0 && self.not_searched.in_tables == 0
    }
}

/// So many places are listed.
pub(crate) const MOST_PLACES: usize = 1000;

/// Counts what is found.
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

    /// One more secret.
    pub(crate) fn add(&mut self, finding: &Finding) {
        let location = self.dump.layout().location_of(finding.file_offset);
        let size = finding.place().size;
        self.count(finding.rule(), location, finding.file_offset, size);
    }

    /// One more secret, which stays: its place is told, and nothing is counted.
    pub(crate) fn leave(&mut self, finding: &Finding) {
        let location = self.dump.layout().location_of(finding.file_offset);
        let place = self.place(location, finding.file_offset);
        self.tell(finding.rule(), location, place, finding.file_offset, finding.place().size);
    }

    /// One more in a register.
    pub(crate) fn add_register(&mut self, rule: usize, location: ContextLocation, size: u64) {
        self.count(rule, Some(location), 0, size);
    }

    fn count(&mut self, rule: usize, location: Option<ContextLocation>, file_offset: u64, size: u64) {
        let place = self.place(location, file_offset);
        let (values, bytes) = self.rows.entry((rule, place.clone())).or_default();
        *values = values.saturating_add(1);
        *bytes = bytes.saturating_add(size);
        self.tell(rule, location, place, file_offset, size);
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

    /// The kind of a place.
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
