//! Values of fields, decoded and encoded.

use dumpedit_formats::fields::{Codes, FieldKind, FieldPlace, Room, Shown, Unfit};
use dumpedit_layout::ByteOrder;

use crate::error::Error;
use crate::number::{Number, ValueError};

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldValue {
    /// A number.
    Number(Number),
    /// A text; a version (`10.0.19041.1`) and an id of debug information (GUID and age) as well.
    Text(String),
    /// Bytes as stored.
    Bytes(Vec<u8>),
}

impl<T: Into<Number>> From<T> for FieldValue {
    fn from(number: T) -> Self {
        FieldValue::Number(number.into())
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        FieldValue::Text(text.to_owned())
    }
}

impl From<String> for FieldValue {
    fn from(text: String) -> Self {
        FieldValue::Text(text)
    }
}

impl From<Vec<u8>> for FieldValue {
    fn from(bytes: Vec<u8>) -> Self {
        FieldValue::Bytes(bytes)
    }
}

/// The reason why a value cannot be stored.
pub(crate) enum Problem {
    Unfit(Unfit),
    Value(ValueError),
}

impl Problem {
    pub(crate) fn of(self, field: &str) -> Error {
        match self {
            Problem::Unfit(Unfit { given, room, exact, .. }) => {
                Error::Unfit { field: field.to_owned(), given, room, exact }
            }
            Problem::Value(error) => error.into(),
        }
    }
}

impl FieldValue {
    /// The value of stored bytes.
    pub(crate) fn read(kind: FieldKind, bytes: &[u8], order: ByteOrder) -> FieldValue {
        match kind {
            FieldKind::Number(_) if bytes.len() <= 8 => {
                let mut little = bytes.to_vec();
                order.reorder(&mut little);
                FieldValue::Number(Number::from_le_bytes(&little))
            }
            _ => match kind.read(bytes, order) {
                Some(words) => FieldValue::Text(words),
                None => FieldValue::Bytes(bytes.to_vec()),
            },
        }
    }

    /// The bytes for a place, written over the old ones.
    pub(crate) fn write(&self, stored: FieldPlace, old: &[u8], order: ByteOrder) -> Result<Vec<u8>, Problem> {
        let invalid = |problem: String| Problem::Value(ValueError::Invalid(problem));
        match (self, stored.kind) {
            (FieldValue::Number(number), FieldKind::Number(_)) => {
                let bits = u32::try_from(stored.place.size.saturating_mul(8)).unwrap_or(u32::MAX);
                let mut bytes = number.to_bits(bits).map_err(Problem::Value)?;
                order.reorder(&mut bytes);
                Ok(bytes)
            }
            (FieldValue::Text(text), FieldKind::Text(kind)) => {
                if text.contains('\0') {
                    return Err(invalid(format!("the text {text:?} contains a NUL")));
                }
                kind.write(text, old, order).map_err(Problem::Unfit)
            }
            (FieldValue::Text(words), FieldKind::Version) => kind_words(stored.kind, words, order)
                .ok_or_else(|| {
                    invalid(format!(
                        "'{words}' is not a version: expected four numbers up to 65535, such as 10.0.19041.1"
                    ))
                }),
            (FieldValue::Text(words), FieldKind::DebugId) => kind_words(stored.kind, words, order)
                .ok_or_else(|| {
                    invalid(format!(
                        "'{words}' is not an id: expected the 32 hex digits of a GUID, then those of its age"
                    ))
                }),
            (FieldValue::Text(words), FieldKind::Guid) => kind_words(stored.kind, words, order)
                .ok_or_else(|| invalid(format!("'{words}' is not a GUID: expected 32 hex digits"))),
            (FieldValue::Bytes(bytes), _) => {
                let room = usize::try_from(stored.place.size).unwrap_or(usize::MAX);
                match bytes.len() == room {
                    true => Ok(bytes.clone()),
                    false => Err(Problem::Unfit(Unfit::new(bytes.len(), room, true))),
                }
            }
            (FieldValue::Text(text), FieldKind::Number(_)) => {
                Err(invalid(format!("'{text}' is not a number")))
            }
            (FieldValue::Number(number), _) => {
                Err(invalid(format!("{number} is a number, but a text or bytes are expected")))
            }
            (FieldValue::Text(text), _) => {
                Err(invalid(format!("'{text}' is a text, but bytes are expected")))
            }
        }
    }

    /// The bytes of a value in a place just large enough; `None` for a value that always keeps its place and size.
    pub(crate) fn fresh(&self, stored: FieldPlace, order: ByteOrder) -> Option<Vec<u8>> {
        match (self, stored.kind) {
            _ if stored.room == Room::InOrder => self.write(stored, &[], order).ok(),
            (FieldValue::Text(text), FieldKind::Text(kind)) => kind.fresh(text, order),
            (FieldValue::Bytes(bytes), FieldKind::Bytes) => Some(bytes.clone()),
            _ => None,
        }
    }

    /// The number, where it is one of at most 64 bits without a sign.
    pub fn to_u64(&self) -> Option<u64> {
        let FieldValue::Number(number) = self else { return None };
        let bytes: [u8; 8] = number.to_bits(64).ok()?.try_into().ok()?;
        Some(u64::from_le_bytes(bytes))
    }

    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            FieldValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value for display: a number is followed by its name.
    pub(crate) fn in_words(&self, stored: FieldPlace, codes: Option<&Codes>) -> String {
        let kind = stored.kind;
        match (self, kind) {
            (FieldValue::Number(number), FieldKind::Number(shown)) => {
                let Some(value) = self.to_u64() else { return number.to_string() };
                let digits = match shown {
                    Shown::Decimal | Shown::Signal | Shown::Seconds => value.to_string(),
                    Shown::Signed => {
                        let unused = 64u64.saturating_sub(stored.place.size.saturating_mul(8));
                        let unused = u32::try_from(unused).unwrap_or(0);
                        let wide = value.checked_shl(unused).unwrap_or(0).cast_signed();
                        wide.checked_shr(unused).unwrap_or(0).to_string()
                    }
                    _ => format!("{value:#x}"),
                };
                match codes.and_then(|codes| codes.name(shown, value)) {
                    Some(name) => format!("{digits} ({name})"),
                    None => digits,
                }
            }
            (FieldValue::Number(number), _) => number.to_string(),
            (FieldValue::Text(text), _) => text.clone(),
            (FieldValue::Bytes(bytes), _) => {
                const MOST: usize = 32;
                let digits: String = bytes.iter().take(MOST).map(|byte| format!("{byte:02x}")).collect();
                if bytes.len() > MOST { format!("{digits}…") } else { digits }
            }
        }
    }
}

fn kind_words(kind: FieldKind, words: &str, order: ByteOrder) -> Option<Vec<u8>> {
    kind.write(words, order)
}
