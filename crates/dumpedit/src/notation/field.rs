//! Values of fields, parsed from texts.

use dumpedit_formats::fields::{Field, FieldKind, Fields};

use crate::error::Error;
use crate::field::FieldValue;
use crate::notation::inputs::Inputs;
use crate::notation::scope::Scope;
use crate::notation::{NotationError, NumberText, Value, crash_codes};

impl Scope<'_> {
    /// The value of a text for a field: a number, or the name of one; a text as it is, or behind `str:`; bytes.
    ///
    /// # Errors
    /// [`ValueError`](crate::ValueError), and those of a place that stands for its address.
    pub(crate) fn field_value(&self, field: &Field, text: &str) -> Result<FieldValue, Error> {
        let Some(stored) = field.first() else { return Ok(FieldValue::Bytes(Vec::new())) };
        let as_bytes = || -> Result<FieldValue, Error> {
            let value: Value = text.parse()?;
            Ok(FieldValue::Bytes(self.bytes(&value, &mut Inputs::files())?))
        };
        if text.starts_with("hex:") {
            return as_bytes();
        }
        match stored.kind {
            FieldKind::Number(shown) if stored.place.size <= 8 => {
                // In its printed form, a number is followed by its name.
                let number = text.split_once(" (").map_or(text, |(number, _)| number).trim();
                let is_name = number.starts_with(|first: char| first.is_ascii_alphabetic());
                if is_name && let Some(number) = self.dump().fields()?.codes().number(shown, number) {
                    return Ok(number.into());
                }
                let parsed: NumberText =
                    number.parse().map_err(|error| self.unknown_code(field, number, error))?;
                match self.number(&field.path, &parsed) {
                    Ok(number) => Ok(FieldValue::Number(number)),
                    Err(Error::NoSuchModule { .. }) => {
                        let error = NotationError::value(number, "is not a number");
                        Err(self.unknown_code(field, number, error).into())
                    }
                    Err(error) => Err(error),
                }
            }
            FieldKind::Text(_) | FieldKind::Version | FieldKind::DebugId | FieldKind::Guid => {
                Ok(FieldValue::Text(text.strip_prefix("str:").unwrap_or(text).to_owned()))
            }
            _ => as_bytes(),
        }
    }

    /// The error for a text that is neither a number nor a name, with the help that the kind of number has.
    fn unknown_code(&self, field: &Field, text: &str, error: NotationError) -> NotationError {
        let Some(FieldKind::Number(shown)) = field.first().map(|stored| stored.kind) else { return error };
        let codes = self.dump().fields().ok().map(Fields::codes);
        let names = codes.map(|codes| codes.names(shown)).unwrap_or_default();
        let is_name = |name: &str| codes.is_some_and(|codes| codes.number(shown, name).is_some());
        crash_codes::with_names(error, text, &names, is_name)
    }
}
