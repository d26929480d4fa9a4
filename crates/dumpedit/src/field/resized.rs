//! Fields that an edit resizes.

use std::collections::HashMap;

use dumpedit_formats::fields::{Field, FieldPlace, Room};

use super::value::FieldValue;

/// A field that changes, with its values before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldChange {
    /// The field, with the places that change.
    pub field: Field,
    /// Value before.
    pub old: FieldValue,
    /// Value after.
    pub new: FieldValue,
}

impl FieldChange {
    /// The place of the field that changes with a place: the same, or another behind the same file offset.
    pub(crate) fn place_behind(&self, stored: &FieldPlace) -> Option<FieldPlace> {
        self.field.stored.iter().copied().find(|own| key(own) == key(stored))
    }
}

/// The fields that an edit resizes, in the order in which it sets them.
#[derive(Debug, Default)]
pub(crate) struct ResizedFields {
    changes: Vec<FieldChange>,
    /// Index of the latest change by the file offset of the place that is written to.
    latest: HashMap<u64, usize>,
}

impl ResizedFields {
    pub(crate) fn all(&self) -> &[FieldChange] {
        &self.changes
    }

    pub(crate) fn push(&mut self, change: FieldChange) {
        for stored in &change.field.stored {
            self.latest.insert(key(stored), self.changes.len());
        }
        self.changes.push(change);
    }

    /// Drops all but the first `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        if len < self.changes.len() {
            let kept: Vec<FieldChange> = self.changes.drain(..).take(len).collect();
            self.latest.clear();
            kept.into_iter().for_each(|change| self.push(change));
        }
    }

    /// The latest change of the target that a place belongs to: of the same field, or of a part of it.
    pub(crate) fn at(&self, stored: &FieldPlace) -> Option<&FieldChange> {
        self.latest.get(&key(stored)).and_then(|index| self.changes.get(*index))
    }

    /// The change of the field that has a byte of the file, and moves away from it.
    pub(crate) fn over(&self, file_offset: u64) -> Option<&FieldChange> {
        let has = |stored: &FieldPlace| (stored.place.file_offset..stored.place.end()).contains(&file_offset);
        self.changes.iter().find(|change| change.field.stored.iter().any(has))
    }

    /// The places that are resized, each with its latest value, in the order of the file.
    pub(crate) fn places(&self) -> Vec<(FieldPlace, &FieldValue)> {
        let latest = self.latest.iter().filter_map(|(at, index)| {
            let change = self.changes.get(*index)?;
            let stored = change.field.stored.iter().find(|stored| key(stored) == *at)?;
            Some((*at, *stored, &change.new))
        });
        let mut latest: Vec<_> = latest.collect();
        latest.sort_by_key(|(at, ..)| *at);
        latest.into_iter().map(|(_, stored, value)| (stored, value)).collect()
    }
}

/// The file offset that is written to when a value is resized: no two fields of different bytes share one.
fn key(stored: &FieldPlace) -> u64 {
    match stored.room {
        Room::Behind(lead) => lead.at,
        Room::Fixed | Room::InTable | Room::InOrder => stored.place.file_offset,
    }
}
