//! The value of a field as a text says it.

use dumpedit_formats::fields::{Field, Kind, is_name};

use crate::error::Error;
use crate::field::FieldValue;
use crate::notation::operation::Inputs;
use crate::notation::scope::Scope;
use crate::notation::{NotationError, NumberText, Value, similar, terms};

/// `NAME=VALUE` as its two parts: of a field's name, an `=` in brackets belongs to the name.
pub(crate) fn assignment(text: &str) -> Option<(&str, &str)> {
    let in_brackets =
        text.find('[').filter(|at| text.get(..*at).is_some_and(|root| is_name(&format!("{root}["))));
    let skipped = match in_brackets {
        Some(at) => {
            let behind = terms::bracketed(text.get(at..)?).map_or("", |(_, behind)| behind);
            text.len().checked_sub(behind.len()).filter(|_| !behind.is_empty()).unwrap_or(0)
        }
        None => 0,
    };
    let equals = text.get(skipped..)?.find('=')?.checked_add(skipped)?;
    let (name, value) = text.split_at_checked(equals)?;
    Some((name, value.get(1..)?)).filter(|(name, _)| !name.is_empty())
}

impl Scope<'_> {
    /// The value that a text says for a field: a number, or the name of one; a text as it is, or behind `str:`; bytes.
    ///
    /// # Errors
    /// [`ValueError`](crate::ValueError), and those of a place whose address is the number.
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
            Kind::Number(shown) if stored.place.size <= 8 => {
                // As it is printed, with the name behind the number.
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
                        let error = NotationError::value(number, "is no number");
                        Err(self.unknown_code(field, number, error).into())
                    }
                    Err(error) => Err(error),
                }
            }
            Kind::Text(_) | Kind::Version | Kind::DebugId => {
                Ok(FieldValue::Text(text.strip_prefix("str:").unwrap_or(text).to_owned()))
            }
            _ => as_bytes(),
        }
    }

    /// An error of a text that is neither a number nor a name, with the name that may have been meant.
    fn unknown_code(&self, field: &Field, text: &str, error: NotationError) -> NotationError {
        let Some(Kind::Number(shown)) = field.first().map(|stored| stored.kind) else { return error };
        let names = self.dump().fields().map(|fields| fields.codes().names(shown)).unwrap_or_default();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let near = similar::word(&text.to_ascii_uppercase(), &names);
        match near {
            Some(near) => error.with_hint(format!("did you mean {near}?")).with_instead(near),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equals_sign_in_brackets_belongs_to_the_name() {
        for (text, parts) in [
            ("rip=0x10", Some(("rip", "0x10"))),
            ("crash.code=11", Some(("crash.code", "11"))),
            ("module[a=b].name=c=d", Some(("module[a=b].name", "c=d"))),
            ("module[[x]=].name=", Some(("module[[x]=].name", ""))),
            ("stream[LinuxCmdLine]=hex:00", Some(("stream[LinuxCmdLine]", "hex:00"))),
            ("module[a=b", Some(("module[a", "b"))),
            ("=1", None),
            ("rip", None),
            ("", None),
        ] {
            assert_eq!(assignment(text), parts, "{text}");
        }
    }
}
