//! Values that an edit sets and that its parts would lose: once a dump has grown, nothing refers to some bytes of the old file, and no new
//! part copies them.

use dumpedit_formats::fields::{Field, Room};
use dumpedit_formats::model::Place;
use dumpedit_formats::write::{Growth, WriteError, WriteProblem};
use dumpedit_layout::{Span, common};

use super::{Structure, StructureError};
use crate::edit::Edit;
use crate::edit::changes::Change;
use crate::error::Error;

/// A value that an edit sets and would lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LostValue {
    pub(crate) write: Write,
    /// File offset of the first lost byte.
    pub(crate) file_offset: u64,
}

/// A write of an edit, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Write {
    /// One of the [changes](Edit::changes).
    Change(usize),
    /// One of the [resized fields](Edit::resized_fields).
    Resized(usize),
}

/// Bytes of the file in which an edit with added and dropped parts would lose values.
#[derive(Clone, Debug, Default)]
pub(crate) struct LostBytes {
    lost: Vec<Span>,
    /// Places whose bytes new parts contain as they are when the parts are added.
    taken: Vec<Place>,
}

impl LostBytes {
    /// Whether a byte of a place is lost.
    pub(crate) fn meet(&self, file_offset: u64, size: u64) -> bool {
        let is_taken = |part: &Span| {
            self.taken.iter().any(|place| place.file_offset <= part.first && part.last < place.end())
        };
        let parts = Span::of(file_offset, size).map(|span| common(&[span], &self.lost)).unwrap_or_default();
        parts.iter().any(|part| !is_taken(part))
    }

    /// Whether a new value of a field would be lost at one of its places.
    pub(crate) fn meet_field(&self, field: &Field) -> bool {
        field.stored.iter().any(|stored| {
            let led = matches!(stored.room, Room::Behind(lead) if self.meet(lead.at, 1));
            led || self.meet(stored.place.file_offset, stored.place.size)
        })
    }
}

impl LostValue {
    pub(super) fn error(self) -> Error {
        StructureError::Lost { file_offset: self.file_offset, by: None }.into()
    }
}

impl Edit {
    /// The first value that the added and dropped parts would lose.
    ///
    /// # Errors
    /// [`StructureError::InPlace`] where the file cannot grow in this way.
    pub(crate) fn lost_value(&self) -> Result<Option<LostValue>, Error> {
        let Some(structure) = self.structure.as_ref().filter(|structure| !structure.settled) else {
            return Ok(None);
        };
        match self.growth(structure)? {
            Ok(growth) => Ok(self.lost_in(structure, &growth)),
            Err(cause) => self.lost_by(&cause).map_or_else(
                || Err(StructureError::InPlace { cause: cause.clone() }.into()),
                |lost| Ok(Some(lost)),
            ),
        }
    }

    /// Whether the added and dropped parts so far lose a value.
    pub(crate) fn loses(&self, lost: LostValue) -> bool {
        let Some(structure) = &self.structure else { return false };
        match self.growth(structure) {
            Ok(Ok(growth)) => growth.lost.iter().any(|span| span.contains(lost.file_offset)),
            Ok(Err(cause)) => self.lost_by(&cause).is_some(),
            Err(_) => false,
        }
    }

    /// Bytes of the file whose new values would be lost; none where the file cannot grow.
    pub(crate) fn lost_bytes(&self) -> Result<LostBytes, Error> {
        let Some(structure) = &self.structure else { return Ok(LostBytes::default()) };
        let lost = self.growth(structure)?.map(|growth| growth.lost).unwrap_or_default();
        let taken = structure.taken.iter().map(|(place, _)| *place).collect();
        Ok(LostBytes { lost, taken })
    }

    /// The resized field that a growth is refused for, since its part is dropped.
    pub(super) fn lost_by(&self, cause: &WriteError) -> Option<LostValue> {
        let WriteProblem::Dropped { file_offset } = cause.problem else { return None };
        let is_it = |place: Place| place.file_offset == file_offset;
        let mut fields = self.resized_fields().iter();
        let index = fields.position(|change| change.field.stored.iter().any(|stored| is_it(stored.place)))?;
        Some(LostValue { write: Write::Resized(index), file_offset })
    }

    /// The first value that a growth would lose.
    pub(super) fn lost_in(&self, structure: &Structure, growth: &Growth) -> Option<LostValue> {
        if growth.lost.is_empty() {
            return None;
        }
        let parts = |file_offset, size| match Span::of(file_offset, size) {
            Some(span) => common(&[span], &growth.lost),
            None => Vec::new(),
        };
        let changes = self.changes().iter().enumerate().find_map(|(index, change)| {
            let lost = parts(change.file_offset, change.length).into_iter();
            let first = lost.map(|span| span.first).find(|first| differs_from(&change, *first, growth));
            let file_offset = first.filter(|first| !structure.holds_write(index, *first))?;
            Some(LostValue { write: Write::Change(index), file_offset })
        });
        let resized = || {
            self.resized_fields().iter().enumerate().find_map(|(index, change)| {
                let lost = change.field.stored.iter().find_map(|stored| match stored.room {
                    Room::Behind(lead) => parts(lead.at, 1).first().map(|span| span.first),
                    Room::Fixed | Room::InTable | Room::InOrder => None,
                });
                Some(LostValue { write: Write::Resized(index), file_offset: lost? })
            })
        };
        changes.or_else(resized)
    }
}

/// Whether a change has another value in the lost bytes from a file offset on than it found there.
fn differs_from(change: &Change<'_>, first: u64, growth: &Growth) -> bool {
    let behind = growth.lost.partition_point(|span| span.last < first);
    let last = growth.lost.get(behind).map_or(first, |span| span.last);
    let size = last.saturating_sub(first).saturating_add(1);
    let part = change.extent().part(first.saturating_sub(change.file_offset), size);
    // Not all bytes of a long change are held.
    let is_held = part.new.len() as u64 == size.min(change.length);
    !is_held || part.old != part.new
}
