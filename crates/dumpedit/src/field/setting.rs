//! Sets and checks fields: in place where the value has room, else with another size.

use dumpedit_formats::fields::{Field, FieldKind, FieldPlace, Fields, Room, TextKind};
use dumpedit_layout::{Access, Context, Location, Notice, NoticeKind, Subject};

use super::location;
use super::resized::FieldChange;
use super::value::FieldValue;
use crate::edit::Edit;
use crate::edit::payload::Payload;
use crate::error::Error;
use crate::structure::StructureError;

/// The way in which a value is written to a place of a field.
enum Fit {
    /// In place, these bytes.
    InPlace(Vec<u8>),
    /// Elsewhere, with this size in bytes.
    Resized(usize),
    /// It cannot be written.
    Unfit(Error),
}

impl Edit {
    /// Sets a field, such as `crash.code` or `module[libc].name`, at every place that the dump has it at. A text shorter than its room is
    /// padded with zeros. A longer one goes behind the file's end, and so does one whose bytes belong to other fields as well: the file
    /// grows, as it does for added parts. Texts that neither a file offset nor a table of names refers to keep their size.
    ///
    /// ```
    /// # let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/crash.dmp"))?;
    /// let dump = dumpedit::Dump::from_bytes(bytes)?;
    /// let mut edit = dump.edit();
    /// edit.set_field("crash.code", 0xc000_001d_u32)?;
    /// edit.commit()?;
    /// assert_eq!(dump.read_field("crash.code")?.to_u64(), Some(0xc000_001d));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoSuchField`]; [`Error::Unfit`] where there is no room for a text, and [`ValueError`](crate::ValueError) where a number is
    /// too large: a value is never truncated. The edit is unchanged then.
    pub fn set_field(&mut self, name: &str, value: impl Into<FieldValue>) -> Result<(), Error> {
        let value = value.into();
        let field = match (self.dump().field(name), &value) {
            (Err(error @ Error::NoSuchField { .. }), FieldValue::Text(text)) => {
                return if self.name_thread_of(name, text)? { Ok(()) } else { Err(error) };
            }
            (found, _) => found?,
        };
        self.atomically(|edit| edit.set_in_places(&field, &value).map(drop))
    }

    /// Writes a value to all places of a field, and returns the size of its first one then, in bytes.
    pub(crate) fn set_in_places(&mut self, field: &Field, value: &FieldValue) -> Result<u64, Error> {
        let (mut resized, mut unfit, mut size) = (Vec::new(), Vec::new(), None);
        for stored in &field.stored {
            match self.fit(field, *stored, value)? {
                Fit::InPlace(bytes) => {
                    size.get_or_insert(bytes.len());
                    let (at, size) = (location(*stored), stored.place.size);
                    let layout = self.dump().layout();
                    let resolved = layout.resolve(Context::Process, at, size, Access::WriteStructure)?;
                    self.apply(Context::Process, at, &resolved, Payload::given(&bytes))?;
                }
                Fit::Resized(bytes) => {
                    size.get_or_insert(bytes);
                    resized.push(*stored);
                }
                Fit::Unfit(error) => unfit.push((*stored, error)),
            }
        }
        for (stored, error) in unfit {
            let found = self.dump().layout().location_of(stored.place.file_offset);
            match found.map(|found| found.location) {
                Some(Location::Virtual(address)) if !resized.is_empty() => {
                    self.tell(left_in_memory(field, stored, address));
                }
                _ => return Err(error),
            }
        }
        if !resized.is_empty() {
            self.resize(field, resized, value)?;
        }
        self.note_crash_address(&field.path);
        Ok(size.map_or(0, |size| u64::try_from(size).unwrap_or(u64::MAX)))
    }

    /// The way to write a value to a place of a field: in place where it has room, unless another field shares the place.
    fn fit(&self, field: &Field, stored: FieldPlace, value: &FieldValue) -> Result<Fit, Error> {
        let known = self.resized.at(&stored);
        let known = known.and_then(|change| Some((change, change.place_behind(&stored)?)));
        let is_known = known.is_some_and(|(_, place)| place == stored);
        // Bytes in front of a value are copied with it when the edit is written.
        let in_the_way = known.filter(|(_, place)| !is_known && stored.place.end() > place.place.file_offset);
        if let Some((change, _)) = in_the_way {
            let (field, other) = (field.path.clone(), change.field.path.clone());
            return Err(StructureError::ResizedAlready { field, other }.into());
        }
        let order = self.dump().layout().byte_order();
        let fresh = || value.fresh(stored, order).filter(|_| stored.room != Room::Fixed);
        if stored.room == Room::InOrder {
            let bytes = self.encoded(field, stored, value)?;
            if !is_known && self.view().stored_value(stored)? == *value {
                return Ok(Fit::InPlace(bytes));
            }
            self.dump().layout().thread_by_id(order.number(&bytes))?;
            return Ok(Fit::Resized(bytes.len()));
        }
        Ok(match self.encoded(field, stored, value) {
            Ok(bytes) if is_known || self.is_shared(field, stored, value)? => match fresh() {
                Some(fresh) => Fit::Resized(fresh.len()),
                None => Fit::InPlace(bytes),
            },
            Ok(bytes) => Fit::InPlace(bytes),
            Err(error @ Error::Unfit { .. }) => match fresh() {
                Some(fresh) => Fit::Resized(fresh.len()),
                None => Fit::Unfit(error),
            },
            Err(error) => return Err(error),
        })
    }

    /// Whether another field shares the file bytes, which a new value would change as well.
    fn is_shared(&self, field: &Field, stored: FieldPlace, value: &FieldValue) -> Result<bool, Error> {
        // Only texts are shared between unrelated fields.
        let is_text = matches!(stored.kind, FieldKind::Text(TextKind::Counted | TextKind::CountedUtf8));
        if !is_text || self.view().stored_value(stored)? == *value {
            return Ok(false);
        }
        Ok(self.dump().fields()?.sharing(stored.place).any(|other| other.path != field.path))
    }

    /// Resizes some places of a field.
    fn resize(&mut self, field: &Field, places: Vec<FieldPlace>, value: &FieldValue) -> Result<(), Error> {
        if self.structure.as_ref().is_some_and(|structure| structure.is_settled()) {
            return Err(StructureError::Settled.into());
        }
        let mut field = field.clone();
        field.stored = places;
        let old = self.view().field_value(&field)?;
        self.resized.push(FieldChange { field, old, new: value.clone() });
        Ok(())
    }

    pub(crate) fn expect_in_places(&mut self, field: &Field, expected: &FieldValue) -> Result<(), Error> {
        let order = self.dump().layout().byte_order();
        for stored in &field.stored {
            if self.resized.at(stored).is_some() {
                let found = self.view().stored_value(*stored)?;
                if found != *expected {
                    return Err(self.unexpected(field, *stored, expected, &found));
                }
                continue;
            }
            let old = self.view().stored_bytes(*stored)?;
            let found = FieldValue::read(stored.kind, &old, order);
            // Texts are compared up to their ends.
            let bytes = match (&found, expected) {
                (FieldValue::Text(found), FieldValue::Text(expected)) if found == expected => old.clone(),
                _ => match self.encoded(field, *stored, expected) {
                    Ok(bytes) if bytes == old => bytes,
                    Ok(_) | Err(Error::Unfit { .. }) => {
                        return Err(self.unexpected(field, *stored, expected, &found));
                    }
                    Err(error) => return Err(error),
                },
            };
            self.expect_payload(Context::Process, location(*stored), &Payload::given(&bytes))?;
        }
        Ok(())
    }

    /// The error of a field with another value than the expected one.
    fn unexpected(
        &self,
        field: &Field,
        stored: FieldPlace,
        expected: &FieldValue,
        found: &FieldValue,
    ) -> Error {
        let codes = self.dump().fields().ok().map(Fields::codes);
        let words = |value: &FieldValue| value.in_words(stored, codes);
        Error::Expect {
            location: self.dump().place_name(field, stored),
            address: None,
            file_offset: stored.place.file_offset,
            expected: words(expected),
            found: words(found),
        }
    }

    /// The bytes of a value for one place of a field.
    fn encoded(&self, field: &Field, stored: FieldPlace, value: &FieldValue) -> Result<Vec<u8>, Error> {
        let old = self.view().stored_bytes(stored)?;
        value
            .write(stored, &old, self.dump().layout().byte_order())
            .map_err(|problem| problem.of(&field.path))
    }
}

/// Notice of a copy in memory that has no room for a text.
fn left_in_memory(field: &Field, stored: FieldPlace, address: u64) -> Notice {
    let message = format!(
        "the copy of {} in memory at {address:#x} keeps its value: it has room for only {} bytes",
        field.path,
        stored.place.size.saturating_sub(1)
    );
    Notice::new(NoticeKind::CopyInMemoryStays, message).about(Subject::Address(address))
}
