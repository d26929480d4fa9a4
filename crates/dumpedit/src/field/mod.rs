//! Named values that are neither memory nor registers: looking them up, reading and setting them.

mod called;
mod value;

use dumpedit_formats::fields::{Field, FieldAt, FieldKind, FieldPlace, Fields, TextKind};
use dumpedit_layout::{Access, Context, ContextLocation, Location, Notice, NoticeKind, Place};

use crate::dump::Dump;
use crate::edit::Edit;
use crate::edit::payload::Payload;
use crate::error::Error;
use crate::view::View;

pub use value::FieldValue;

/// Longer values are told by their first bytes.
const MOST_READ: u64 = 1 << 16;

/// A field that changes, and what it says before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldChange {
    /// The field, with the one of its places that changes.
    pub field: Field,
    /// Its value before.
    pub old: FieldValue,
    /// Its value after.
    pub new: FieldValue,
}

impl Dump {
    /// The value of a field: of one that is stored several times, the first.
    ///
    /// # Errors
    /// [`Error::NoSuchField`], and [`Error::Io`] where the file cannot be read.
    pub fn read_field(&self, name: &str) -> Result<FieldValue, Error> {
        self.view().field_value(&self.field(name)?)
    }

    /// The value that a field has.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read.
    pub fn field_value(&self, field: &Field) -> Result<FieldValue, Error> {
        self.view().field_value(field)
    }

    /// A value in words as [`Edit::set_field`]'s notation takes it, with the name of a number behind it where it has one.
    pub fn field_in_words(&self, field: &Field, value: &FieldValue) -> String {
        let codes = self.fields().ok().map(Fields::codes);
        match field.first() {
            Some(stored) => value.in_words(stored, codes),
            None => String::new(),
        }
    }

    /// The field behind changed bytes that are the whole of one of its places, and what these bytes and the ones before say.
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
        let Some(stored) = field.first() else { return Ok(FieldValue::Bytes(Vec::new())) };
        let bytes = self.stored_bytes(stored)?;
        Ok(FieldValue::read(stored.kind, &bytes, self.dump.layout().byte_order()))
    }

    fn stored_bytes(&self, stored: FieldPlace) -> Result<Vec<u8>, Error> {
        let Place { file_offset, size } = stored.place;
        let mut bytes = vec![0; usize::try_from(size.min(MOST_READ)).unwrap_or(0)];
        self.file_bytes(file_offset, &mut bytes)?;
        Ok(bytes)
    }
}

impl Edit {
    /// The value of a field as this edit leaves it.
    ///
    /// # Errors
    /// As [`Dump::read_field`].
    pub fn read_field(&self, name: &str) -> Result<FieldValue, Error> {
        self.view().field_value(&self.dump().field(name)?)
    }

    /// Sets a field, such as `crash.code` or `module[libc].name`, in every place that the dump has it in. Its size stays: a
    /// shorter text has zeros behind it.
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
    /// [`Error::NoSuchField`]; [`Error::Unfit`] where there is no room for a text, and
    /// [`ValueError`](crate::ValueError) where a number has not: a value is never truncated. The edit is then as it was
    /// before the call.
    pub fn set_field(&mut self, name: &str, value: impl Into<FieldValue>) -> Result<(), Error> {
        let (field, value) = (self.dump().field(name)?, value.into());
        self.atomically(|edit| edit.set_in_places(&field, &value).map(drop))
    }

    /// Writes a value to all places of a field; how many bytes its first one has.
    pub(crate) fn set_in_places(&mut self, field: &Field, value: &FieldValue) -> Result<u64, Error> {
        for stored in &field.stored {
            let bytes = self.encoded(field, *stored, value)?;
            let at = location(*stored);
            let size = stored.place.size;
            let resolved =
                self.dump().layout().resolve(Context::Process, at, size, Access::WriteStructure)?;
            self.apply(Context::Process, at, &resolved, Payload::given(&bytes))?;
        }
        self.note_crash_address(&field.path);
        if let Some(notice) = self.shared_with(field) {
            self.tell(notice);
        }
        Ok(field.first().map_or(0, |stored| stored.place.size))
    }

    pub(crate) fn expect_in_places(&mut self, field: &Field, expected: &FieldValue) -> Result<(), Error> {
        let order = self.dump().layout().byte_order();
        for stored in &field.stored {
            let old = self.view().stored_bytes(*stored)?;
            let found = FieldValue::read(stored.kind, &old, order);
            // A text counts, and not what is behind its end.
            let bytes = match (&found, expected) {
                (FieldValue::Text(found), FieldValue::Text(expected)) if found == expected => old.clone(),
                _ => match self.encoded(field, *stored, expected) {
                    Ok(bytes) if bytes == old => bytes,
                    Ok(_) | Err(Error::Unfit { .. }) => {
                        let codes = self.dump().fields()?.codes();
                        let words = |value: &FieldValue| value.in_words(*stored, Some(codes));
                        return Err(Error::Expect {
                            location: self.dump().place_name(field, *stored),
                            address: None,
                            file_offset: stored.place.file_offset,
                            expected: words(expected),
                            found: words(&found),
                        });
                    }
                    Err(error) => return Err(error),
                },
            };
            self.expect_payload(Context::Process, location(*stored), &Payload::given(&bytes))?;
        }
        Ok(())
    }

    /// The bytes of a value for one place of a field.
    fn encoded(&self, field: &Field, stored: FieldPlace, value: &FieldValue) -> Result<Vec<u8>, Error> {
        let old = self.view().stored_bytes(stored)?;
        value
            .write(stored, &old, self.dump().layout().byte_order())
            .map_err(|problem| problem.of(&field.path))
    }

    /// Says where else the dump has the value of a field whose bytes are written at a place, and this edit leaves it: each place
    /// may store it in another way, so that only [`Edit::set_field`] writes them all.
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

    /// Says which other fields have the bytes of a text, since several may share one.
    fn shared_with(&self, field: &Field) -> Option<Notice> {
        let stored = field.first()?;
        // Nothing else that fields lead to is shared by what is not the same thing.
        if stored.kind != FieldKind::Text(TextKind::Counted) {
            return None;
        }
        let mut others =
            self.dump().fields().ok()?.sharing(stored.place).filter(|other| other.path != field.path);
        let other = others.next()?;
        let more = others.count();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!("{}{more} has the same bytes of the file and changes too", other.path);
        Some(Notice::new(NoticeKind::SharedField, message))
    }
}

/// The location of a place of a field.
pub(crate) fn location(stored: FieldPlace) -> Location {
    Location::Field { file_offset: stored.place.file_offset, left: stored.place.size }
}

impl Dump {
    /// Where else the dump has the value of the field at a location, since the bytes there are only one of its places.
    pub fn field_elsewhere(&self, location: Location) -> Option<Notice> {
        let Location::Field { file_offset, .. } = location else { return None };
        Some(Notice::new(NoticeKind::FieldElsewhere, self.other_places(file_offset, |_| true)?))
    }

    /// `crash.code is also at 0x1234, 0x5678`, of the field that a byte of the file is in: the places that are wanted.
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

    /// What a byte of the file belongs to that has a name and is neither memory nor a register, as a location.
    pub(crate) fn field_location(&self, file_offset: u64) -> Option<ContextLocation> {
        let FieldAt { stored, .. } = self.fields().ok()?.at(file_offset)?;
        let left = stored.place.end().checked_sub(file_offset)?;
        Some(ContextLocation { context: Context::Process, location: Location::Field { file_offset, left } })
    }

    /// The name of a field that a byte of the file is in, and how far.
    pub(crate) fn field_text(&self, file_offset: u64) -> Option<String> {
        let FieldAt { field, stored, .. } = self.fields().ok()?.at(file_offset)?;
        let own = if field.first() == Some(stored) { Some(field.path) } else { None };
        let skipped = file_offset.checked_sub(stored.place.file_offset)?;
        let term = if skipped > 0 { format!("+{skipped:#x}") } else { String::new() };
        own.map(|path| path + &term)
    }

    /// The name of one of the places of a field: that which the place has itself, where it has one.
    pub(crate) fn place_name(&self, field: &Field, stored: FieldPlace) -> String {
        if field.first() == Some(stored) {
            return field.path.clone();
        }
        self.display(Context::Process, location(stored))
    }
}
