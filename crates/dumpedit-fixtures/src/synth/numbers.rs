//! Checks that numbers fit their fields.

use crate::error::{FixtureError, Problem};

/// A number of at most `bits` bits.
pub(super) fn fits(value: u64, what: &'static str, bits: u32) -> Result<u64, FixtureError> {
    if value.checked_shr(bits).unwrap_or(0) != 0 {
        return Err(FixtureError::new(Problem::DoesNotFit { value, what, bits }));
    }
    Ok(value)
}

/// A number of 32 bits.
pub(super) fn fits32(number: u64, what: &'static str) -> Result<u32, FixtureError> {
    fits(number, what, 32).map(|value| u32::try_from(value).unwrap_or(u32::MAX))
}

/// A number of 32 bits; 0 where none is given.
pub(super) fn optional32(number: Option<u64>, what: &'static str) -> Result<u32, FixtureError> {
    number.map_or(Ok(0), |number| fits32(number, what))
}

/// A number of 16 bits; 0 where none is given.
pub(super) fn optional16(number: Option<u64>, what: &'static str) -> Result<u16, FixtureError> {
    let value = number.map_or(Ok(0), |number| fits(number, what, 16))?;
    Ok(u16::try_from(value).unwrap_or(u16::MAX))
}

/// A number of 8 bits; `usual` where none is given.
pub(super) fn or8(number: Option<u64>, what: &'static str, usual: u8) -> Result<u8, FixtureError> {
    let value = number.map_or(Ok(usual.into()), |number| fits(number, what, 8))?;
    Ok(u8::try_from(value).unwrap_or(u8::MAX))
}
