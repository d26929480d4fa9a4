//! Named values that are neither memory nor registers: finding, reading and setting them.

mod called;
pub(crate) mod resized;
mod setting;
pub(crate) mod value;

use dumpedit_formats::fields::{Field, FieldAt, FieldPlace, Fields, Room};
use dumpedit_layout::{Context, ContextLocation, Location, Notice, NoticeKind, Place};

use crate::dump::Dump;
use crate::edit::Edit;
use crate::error::Error;
use crate::view::View;

pub use resized::FieldChange;
pub use value::FieldValue;

/// Maximum number of bytes of a value that are read.
const MOST_READ: u64 = 1 << 16;

impl Dump {
    /// The value of a field; of one with several places, that at the first.
    ///
    /// # Errors
    /// [`Error::NoSuchField`], and [`Error::Io`] where the file cannot be read.
    pub fn read_field(&self, name: &str) -> Result<FieldValue, Error> {
        self.view().field_value(&self.field(name)?)
    }

    /// The value of a field.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read.
    pub fn field_value(&self, field: &Field) -> Result<FieldValue, Error> {
        self.view().field_value(field)
    }

    /// A value in [`Edit::set_field`]'s notation, followed by the name of its number where it has one.
    pub fn field_in_words(&self, field: &Field, value: &FieldValue) -> String {
        let codes = self.fields().ok().map(Fields::codes);
        match field.first() {
            Some(stored) => value.in_words(stored, codes),
            None => String::new(),
        }
    }

    /// The change of a field by changed bytes that are the whole of one of its places.
    pub fn field_change(&self, location: Location, old: &[u8], new: &[u8]) -> Option<FieldChange> {
        let Location::Field { file_offset, .. } = location else { return None };
        let FieldAt { field, stored, .. } = self.fields().ok()?.at(file_offset)?;
        let is_whole = stored.place.file_offset == file_offset
            && usize::try_from(stored.place.size).is_ok_and(|size| old.len() == size && new.len() == size);
        let order = self.layout().byte_order();
        let value = |bytes: &[u8]| FieldValue::read(stored.kind, bytes, order);
        is_whole.then(|| FieldChange {
            field: Field::alone(field.path, stored),
            old: value(old),
            new: value(new),
        })
    }
}

impl View<'_> {
    pub(crate) fn field_value(&self, field: &Field) -> Result<FieldValue, Error> {
        field.first().map_or(Ok(FieldValue::Bytes(Vec::new())), |stored| self.stored_value(stored))
    }

    pub(crate) fn stored_value(&self, stored: FieldPlace) -> Result<FieldValue, Error> {
        let known = self.resized.and_then(|resized| resized.at(&stored));
        let known = known.and_then(|change| Some((change, change.place_behind(&stored)?)));
        let bytes = match known {
            Some((change, place)) if place == stored => return Ok(change.new.clone()),
            // The whole target of the offset, which the changed field ends.
            Some((change, place)) if is_led_to(stored) => self.led_to(place, &change.new)?,
            _ => self.stored_bytes(stored)?,
        };
        Ok(FieldValue::read(stored.kind, &bytes, self.dump.layout().byte_order()))
    }

    /// The bytes of the whole target of the file offset that leads to a place, with a value at the place.
    pub(crate) fn led_to(&self, stored: FieldPlace, value: &FieldValue) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        if let Room::Behind(lead) = stored.room {
            let in_front = stored.place.file_offset.saturating_sub(lead.to);
            bytes.resize(usize::try_from(in_front).unwrap_or(0), 0);
            self.file_bytes(lead.to, &mut bytes)?;
        }
        bytes.extend(value.fresh(stored, self.dump.layout().byte_order()).unwrap_or_default());
        Ok(bytes)
    }

    pub(crate) fn stored_bytes(&self, stored: FieldPlace) -> Result<Vec<u8>, Error> {
        let Place { file_offset, size } = stored.place;
        let mut bytes = vec![0; usize::try_from(size.min(MOST_READ)).unwrap_or(0)];
        self.file_bytes(file_offset, &mut bytes)?;
        Ok(bytes)
    }
}

impl Edit {
    /// The value of a field with this edit.
    ///
    /// # Errors
    /// As [`Dump::read_field`].
    pub fn read_field(&self, name: &str) -> Result<FieldValue, Error> {
        self.view().field_value(&self.dump().field(name)?)
    }

    /// Adds a notice about the other places of a field whose bytes are written at one place, where their values stay: each place may store
    /// the value in another way, and only [`Edit::set_field`] writes them all.
    pub(crate) fn note_other_places(&mut self, file_offset: u64) {
        let (now, before) = (self.view(), self.dump().view());
        let is_kept = |stored| match (now.stored_bytes(stored), before.stored_bytes(stored)) {
            (Ok(now), Ok(before)) => now == before,
            _ => true,
        };
        if let Some(others) = self.dump().other_places(file_offset, is_kept) {
            let message = format!("{others}, where it keeps its value");
            self.tell(Notice::new(NoticeKind::OtherPlacesKeepValue, message));
        }
    }
}

/// Whether a file offset leads to a place itself, and not to bytes in front of it.
fn is_led_to(stored: FieldPlace) -> bool {
    matches!(stored.room, Room::Behind(lead) if lead.to == stored.place.file_offset)
}

/// The location of a place of a field.
pub(crate) fn location(stored: FieldPlace) -> Location {
    Location::Field { file_offset: stored.place.file_offset, left: stored.place.size }
}

impl Dump {
    /// A notice of the other places of the field at a location, since the bytes there are only one of them.
    pub fn field_elsewhere(&self, location: Location) -> Option<Notice> {
        let Location::Field { file_offset, .. } = location else { return None };
        Some(Notice::new(NoticeKind::FieldElsewhere, self.other_places(file_offset, |_| true)?))
    }

    /// `crash.code is also at 0x1234, 0x5678`, for the field with a byte of the file: those of its places that `is_wanted`.
    fn other_places(&self, file_offset: u64, is_wanted: impl Fn(FieldPlace) -> bool) -> Option<String> {
        let FieldAt { field, stored: one, .. } = self.fields().ok()?.at(file_offset)?;
        let others: Vec<String> = field
            .stored
            .iter()
            .filter(|stored| stored.place != one.place && is_wanted(**stored))
            .map(|stored| format!("{:#x}", stored.place.file_offset))
            .collect();
        (!others.is_empty()).then(|| format!("{} is also at {}", field.path, others.join(", ")))
    }

    /// The location of a byte of the file in a field that is neither memory nor a register.
    pub(crate) fn field_location(&self, file_offset: u64) -> Option<ContextLocation> {
        let FieldAt { stored, .. } = self.fields().ok()?.at(file_offset)?;
        let left = stored.place.end().checked_sub(file_offset)?;
        Some(ContextLocation { context: Context::Process, location: Location::Field { file_offset, left } })
    }

    /// The name of a field with a byte of the file, and the offset in it.
    pub(crate) fn field_text(&self, file_offset: u64) -> Option<String> {
        let FieldAt { field, stored, .. } = self.fields().ok()?.at(file_offset)?;
        let own = if field.first() == Some(stored) { Some(field.path) } else { None };
        let skipped = file_offset.checked_sub(stored.place.file_offset)?;
        let term = if skipped > 0 { format!("+{skipped:#x}") } else { String::new() };
        own.map(|path| path + &term)
    }

    /// The name of a place of a field: its own, where it has one.
    pub(crate) fn place_name(&self, field: &Field, stored: FieldPlace) -> String {
        if field.first() == Some(stored) {
            return field.path.clone();
        }
        self.display(Context::Process, location(stored))
    }
}
