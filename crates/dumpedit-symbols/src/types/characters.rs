//! Character types, and the width of characters in texts.

use super::{Base, Shape, TypeError, TypeReader, TypeRef, ValueType};

/// The width in bytes of a text's characters; `None` if elements of this type are not a text.
pub(crate) fn text_width(
    reader: &dyn TypeReader,
    of: &TypeRef,
    target: &ValueType,
) -> Result<Option<u8>, TypeError> {
    let size = target.size.and_then(|size| u8::try_from(size).ok());
    Ok(match target.shape {
        Shape::Base(Base::Character { .. }) => size.filter(|size| matches!(size, 1 | 2 | 4)),
        Shape::Base(Base::Signed | Base::Unsigned) if !character_prefix(reader, of)?.is_empty() => size,
        _ => None,
    })
}

/// The prefix `L`, `u` or `U`, by the name of a type.
pub(crate) fn character_prefix(reader: &dyn TypeReader, of: &TypeRef) -> Result<&'static str, TypeError> {
    let mut type_ = reader.read(of)?;
    for _ in 0..64 {
        match type_.name.as_str() {
            "wchar_t" => return Ok("L"),
            "char16_t" => return Ok("u"),
            "char32_t" => return Ok("U"),
            _ => {}
        }
        match &type_.shape {
            Shape::Typedef(of) | Shape::Qualified { of, .. } => type_ = reader.read(of)?,
            _ => break,
        }
    }
    Ok("")
}
