//! Resolves values in a dump to bytes, and to numbers for registers.

use dumpedit_layout::{ByteOrder, FloatFormat, Group};

use crate::edit::payload::Gathering;
use crate::edit::write::pointer_bytes;
use crate::encoding::Encoding;
use crate::error::Error;
use crate::notation::inputs::Inputs;
use crate::notation::scope::Scope;
use crate::notation::{NumberText, NumberType, Value, hex_digits};
use crate::number::{Number, ValueError};

impl Scope<'_> {
    /// The bytes of a value, in the target's byte order.
    ///
    /// # Errors
    /// As [`Scope::locate`], and [`Error::Input`] where a file or standard input cannot be read.
    pub fn bytes(&self, value: &Value, inputs: &mut Inputs<'_>) -> Result<Vec<u8>, Error> {
        let mut gathering = Gathering::with_room(u64::MAX);
        self.give(value, inputs, &mut gathering)?;
        let payload = gathering.finish();
        let mut bytes = vec![0; usize::try_from(payload.len()).unwrap_or(usize::MAX)];
        payload.read_at(0, &mut bytes).map_err(|cause| Error::Kept { cause })?;
        Ok(bytes)
    }

    /// Adds the bytes of a value to a payload under construction.
    pub(crate) fn give(
        &self,
        value: &Value,
        inputs: &mut Inputs<'_>,
        gathering: &mut Gathering,
    ) -> Result<(), Error> {
        let order = self.layout().byte_order();
        let mut push = |bytes: &[u8]| gathering.push(bytes).map_err(|cause| Error::Kept { cause });
        match value {
            Value::Bytes(bytes) => push(bytes),
            Value::Number { little, .. } => {
                let mut bytes = little.clone();
                order.reorder(&mut bytes);
                push(&bytes)
            }
            Value::Pointer(at) => {
                let width = self.layout().pointer_width_of(self.target());
                push(&pointer_bytes(self.address(at)?, width, order)?)
            }
            Value::Text { text, wide, terminated } => {
                let encoding = if *wide { Encoding::Utf16 } else { Encoding::Utf8 };
                push(&encoding.bytes(text, order))?;
                push(&encoding.bytes(if *terminated { "\0" } else { "" }, order))
            }
            Value::File(path) => inputs.file(path, gathering),
            Value::StandardInput => inputs.standard_input(gathering),
        }
    }

    /// A register's new value as a number.
    ///
    /// # Errors
    /// As [`Scope::locate`], and [`ValueError::WrongWidth`] for raw bytes of another width than the register's.
    pub fn number(&self, register: &str, number: &NumberText) -> Result<Number, Error> {
        match number {
            NumberText::Number(number) => Ok(number.clone()),
            NumberText::At(at) => Ok(self.address(at)?.into()),
            NumberText::Typed(Value::Number { of: NumberType::Signed(_), little, .. }) => Ok(signed(little)),
            NumberText::Typed(Value::Number { of: NumberType::Float(_), little, .. })
                if self.is_extended_float(register)? =>
            {
                Ok(Number::from_le_bytes(&extended_float(little)))
            }
            NumberText::Typed(Value::Number { little, .. }) => Ok(Number::from_le_bytes(little)),
            NumberText::Float(text) => {
                let format = match self.float_format(register, text) {
                    // `nan` is also the name of a function.
                    Err(_) if text.starts_with(|first: char| first.is_alphabetic()) => {
                        return Ok(self.address(&text.parse()?)?.into());
                    }
                    format => format?,
                };
                let bytes = format.encoded(text, 16, ByteOrder::Little);
                let bytes = bytes.map_err(|error| {
                    ValueError::Invalid(format!("{text} does not fit into {register}: {error}"))
                })?;
                Ok(Number::from_le_bytes(&bytes))
            }
            NumberText::Typed(other) => Err(ValueError::Invalid(format!("{other} is not a number")).into()),
            NumberText::OfField(text) => {
                Err(ValueError::Invalid(format!("{text} is the value of a field, not of a register")).into())
            }
            NumberText::OfVariable(text) => {
                Err(ValueError::Invalid(format!("{text} is the value of a variable, not of a register"))
                    .into())
            }
            NumberText::Initial => Err(ValueError::Invalid(
                "'initial' is not a number: only set can reset a register".to_owned(),
            )
            .into()),
            NumberText::Bytes(bytes) => {
                let (_, part) = self.view.named(self.thread()?, register)?;
                let width = part.size();
                if bytes.len() != width {
                    return Err(ValueError::WrongWidth { given: bytes.len(), width }.into());
                }
                let mut little = bytes.clone();
                self.layout().byte_order().reorder(&mut little);
                Ok(Number::from_le_bytes(&little))
            }
        }
    }

    /// The format of the floats in a register or a lane.
    fn float_format(&self, register: &str, text: &str) -> Result<FloatFormat, Error> {
        let (context, part) = self.view.named(self.thread()?, register)?;
        let registers = self.layout().machine_of(context).registers();
        let whole = registers.get(part.id);
        let holds_floats =
            whole.is_some_and(|register| matches!(register.group, Group::Float | Group::Vector));
        // Control words are in these groups as well, and none of them is a part of a vector.
        let is_part = whole.is_some_and(|register| register.view.is_some() && register.bits == part.bits);
        let of_lane = [("f32", FloatFormat::Binary32), ("f64", FloatFormat::Binary64)]
            .into_iter()
            .find(|(lane, _)| register.to_ascii_lowercase().contains(&format!(".{lane}.")));
        match (of_lane, part.bits) {
            (Some((_, lane)), _) => Ok(lane),
            (None, 32) if holds_floats && is_part => Ok(FloatFormat::Binary32),
            (None, 64) if holds_floats && is_part => Ok(FloatFormat::Binary64),
            (None, 80) => Ok(FloatFormat::X87),
            (None, 128..) if holds_floats => {
                let problem =
                    format!("{register} holds no single float; name a lane: {register}.f64.0={text}");
                Err(ValueError::Invalid(problem).into())
            }
            _ => {
                let hex = hex_digits(text).map(|hex| format!(", and for a hex number 0x{hex}"));
                let problem = format!(
                    "{register} holds no floats; for the bits of one, write f64:{text} or f32:{text}{}",
                    hex.unwrap_or_default()
                );
                Err(ValueError::Invalid(problem).into())
            }
        }
    }

    /// Whether a register is one of the x87's, which hold 80-bit floats.
    fn is_extended_float(&self, register: &str) -> Result<bool, Error> {
        let (context, part) = self.view.named(self.thread()?, register)?;
        let registers = self.layout().machine_of(context).registers();
        Ok(part.bits == 80 && registers.get(part.id).is_some_and(|register| register.group == Group::Float))
    }
}

/// A number in two's complement, least significant byte first.
fn signed(little: &[u8]) -> Number {
    let negative = little.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut wide = [if negative { 0xff } else { 0 }; 16];
    wide.iter_mut().zip(little).for_each(|(wide, byte)| *wide = *byte);
    Number::from(i128::from_le_bytes(wide))
}

/// An IEEE number of 4 or 8 bytes in the format of an x87 register: sign and exponent in 16 bits, then 64 bits of significand with an
/// explicit leading one.
fn extended_float(little: &[u8]) -> [u8; 10] {
    let value = match <[u8; 4]>::try_from(little) {
        Ok(single) => f64::from(f32::from_le_bytes(single)),
        Err(_) => f64::from_le_bytes(<[u8; 8]>::try_from(little).unwrap_or_default()),
    };
    let bits = value.to_bits();
    let sign = u16::from(value.is_sign_negative()) << 15;
    let fraction = bits & 0x000f_ffff_ffff_ffff;
    let exponent = u16::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let (exponent, significand) = match exponent {
        0 if fraction == 0 => (0, 0),
        // A 64-bit subnormal is a normal 80-bit number.
        0 => {
            let shift = fraction.leading_zeros();
            (16383u32.saturating_sub(1011).saturating_sub(shift), fraction << shift)
        }
        0x7ff => (0x7fff, 1 << 63 | fraction << 11),
        exponent => (u32::from(exponent).saturating_add(16383 - 1023), 1 << 63 | fraction << 11),
    };
    let top = sign | u16::try_from(exponent).unwrap_or(0x7fff);
    let mut bytes = [0; 10];
    let parts = significand.to_le_bytes().into_iter().chain(top.to_le_bytes());
    bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_widen_to_the_x87_format() {
        // 1.5 is 3fff:c000000000000000 in Intel's manual, volume 1, section 4.2.2.
        assert_eq!(extended_float(&1.5f64.to_le_bytes()), [0, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0x3f]);
        assert_eq!(extended_float(&(-2.0f32).to_le_bytes()), [0, 0, 0, 0, 0, 0, 0, 0x80, 0x00, 0xc0]);
        assert_eq!(extended_float(&0f64.to_le_bytes()), [0; 10]);
        assert_eq!(extended_float(&f64::INFINITY.to_le_bytes()), [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f]);
        // The least subnormal is 2^-1074: exponent 16383 - 1074.
        assert_eq!(extended_float(&f64::from_bits(1).to_le_bytes()), [0, 0, 0, 0, 0, 0, 0, 0x80, 0xcd, 0x3b]);
    }
}
