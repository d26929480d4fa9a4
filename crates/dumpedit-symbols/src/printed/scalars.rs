//! Printed values of one number: base types, enums and pointers to members.

use super::characters::quoted_character;
use super::{PrintedValue, Printer};
use crate::floats::format_of;
use crate::number::{mask, signed, unsigned};
use crate::typed::{Typed, TypedError, ValuePlace, bit_field};
use crate::types::{
    Base, Member, MemberPlace, Shape, TypeRef, ValueType, character_prefix, resolved, unaliased,
};

impl Printer<'_> {
    pub(super) fn scalar(
        &mut self,
        typed: &Typed,
        type_: &ValueType,
        depth: usize,
    ) -> Result<PrintedValue, TypedError> {
        let order = type_.order(self.order());
        let (number, bits, bytes) = match &typed.place {
            ValuePlace::Bits(address, bits) => {
                let mut bytes = vec![0; usize::try_from(bits.size).unwrap_or(17).min(17)];
                if self.memory.read(*address, &mut bytes) < bytes.len() {
                    return Ok(PrintedValue::NotCaptured);
                }
                let number = bit_field(type_, *bits, &bytes, order);
                (number.cast_unsigned() & mask(bits.count), bits.count, Vec::new())
            }
            _ => {
                let Some(size) = type_.size else {
                    return Ok(PrintedValue::Unreadable("the size is unknown".into()));
                };
                let Some(bytes) = self.bytes(typed, size) else { return Ok(PrintedValue::NotCaptured) };
                let bits = u32::try_from(size.saturating_mul(8)).unwrap_or(u32::MAX);
                (unsigned(&bytes, order), bits, bytes)
            }
        };
        if bits > 128 && !matches!(type_.shape, Shape::Base(Base::Complex | Base::Other)) {
            return Ok(PrintedValue::Bytes(bytes));
        }
        let with_sign = signed(number, bits);
        Ok(match &type_.shape {
            Shape::Base(base) => match base {
                Base::Signed if is_rust_unit(type_) => PrintedValue::Nothing,
                Base::Signed | Base::Unsigned if !self.character_prefix(typed)?.is_empty() => {
                    let is_signed = *base == Base::Signed;
                    let shown_number = if is_signed { with_sign } else { number.cast_signed() };
                    let unit = u32::try_from(number & mask(32)).unwrap_or(0);
                    let prefix = self.character_prefix(typed)?;
                    let shown = format!("{prefix}{}", quoted_character(unit, bits / 8));
                    PrintedValue::Character { number: shown_number, shown }
                }
                Base::Signed => PrintedValue::Integer(with_sign),
                Base::Unsigned => PrintedValue::Unsigned(number),
                Base::Boolean => match number {
                    0 => PrintedValue::Boolean(false),
                    1 => PrintedValue::Boolean(true),
                    number => PrintedValue::Unsigned(number),
                },
                Base::Character { signed } => {
                    let shown_number = if *signed { with_sign } else { number.cast_signed() };
                    let prefix = self.character_prefix(typed)?;
                    // For a bit field as well, the character is that of the whole number.
                    let size = u32::try_from(type_.size.unwrap_or(1).min(4)).unwrap_or(1);
                    let unit = u32::try_from(shown_number.cast_unsigned() & mask(size * 8)).unwrap_or(0);
                    let shown = format!("{prefix}{}", quoted_character(unit, size));
                    PrintedValue::Character { number: shown_number, shown }
                }
                Base::Float => match self.float(type_, &bytes) {
                    Ok(text) => PrintedValue::Float(text),
                    Err(why) => unread(why, bytes),
                },
                Base::Complex => {
                    let (real, imaginary) = bytes.split_at(bytes.len() / 2);
                    match (self.float(type_, real), self.float(type_, imaginary)) {
                        (Ok(real), Ok(imaginary)) => PrintedValue::Complex(real, imaginary),
                        (Err(why), _) | (_, Err(why)) => unread(why, bytes),
                    }
                }
                Base::Other => PrintedValue::Bytes(bytes),
            },
            Shape::Enum { base, values } => {
                let is_signed = matches!(base, Base::Signed | Base::Character { signed: true });
                let number = if is_signed { with_sign } else { number.cast_signed() };
                PrintedValue::Enumerator { number, shown: enumerator(number, bits, values) }
            }
            Shape::MemberPointer { class, to } => self.member_pointer(typed, class, to, &bytes, depth)?,
            _ => PrintedValue::Bytes(bytes),
        })
    }

    fn float(&self, type_: &ValueType, bytes: &[u8]) -> Result<String, &'static str> {
        let format = format_of(type_, bytes.len(), self.memory.machine())?;
        Ok(format.shown(bytes, type_.order(self.order())))
    }

    /// A pointer to a member in the Itanium C++ ABI: the member's name, or the function's address.
    fn member_pointer(
        &self,
        typed: &Typed,
        class: &TypeRef,
        to: &TypeRef,
        bytes: &[u8],
        depth: usize,
    ) -> Result<PrintedValue, TypedError> {
        let Some(reader) = typed.reader.clone() else { return Ok(PrintedValue::OptimizedAway) };
        let width = usize::from(self.memory.pointer_width());
        let first = bytes.get(..width).unwrap_or(bytes);
        let number = u64::try_from(unsigned(first, self.order())).unwrap_or(u64::MAX);
        if let Shape::Function { .. } = unaliased(&*reader, to)?.shape {
            // An odd number is 1 plus the offset of a virtual function in its table.
            if number % 2 == 1 {
                return Ok(PrintedValue::MemberPointer(format!("&virtual table offset {}", number - 1)));
            }
            if number == 0 {
                return Ok(PrintedValue::MemberPointer("NULL".into()));
            }
            let type_name = (depth == 0).then(|| typed.type_name()).transpose()?;
            let symbol = self.names.symbol_at(number);
            return Ok(PrintedValue::Pointer { address: number, type_name, symbol, text: None });
        }
        let class = resolved(&*reader, class)?;
        let Shape::Struct { members, .. } = &class.shape else {
            return Ok(PrintedValue::Unsigned(number.into()));
        };
        let is_it = |member: &&Member| member.place == MemberPlace::Bytes(number) && !member.base_class;
        Ok(match members.iter().find(is_it) {
            Some(member) => PrintedValue::MemberPointer(format!("&{}::{}", class.name, member.name)),
            None if number.cast_signed() == -1 => PrintedValue::MemberPointer("NULL".into()),
            None => PrintedValue::Unsigned(number.into()),
        })
    }

    /// The letter before the quotes of a character or text. It depends on the name of the type.
    fn character_prefix(&self, typed: &Typed) -> Result<&'static str, TypedError> {
        match typed.reader.as_deref().zip(typed.of.as_ref()) {
            Some((reader, of)) => Ok(character_prefix(reader, of)?),
            None => Ok(""),
        }
    }
}

/// Bytes that cannot be read as a number, with the reason.
fn unread(why: &str, bytes: Vec<u8>) -> PrintedValue {
    PrintedValue::Unreadable(format!("{}: {why}", PrintedValue::Bytes(bytes).text()))
}

/// `()` is a number of no bytes in rustc's debug information.
fn is_rust_unit(type_: &ValueType) -> bool {
    type_.name == "()" && type_.size == Some(0)
}

/// The text of an enum's value, as gdb writes it: its name, or the names of its flags if the enumerators are flags, or
/// its number.
fn enumerator(number: i128, bits: u32, values: &[(String, i128)]) -> String {
    if let Some((name, _)) = values.iter().find(|(_, value)| *value == number) {
        return name.clone();
    }
    let is_flags = values.iter().all(|(_, value)| *value >= 0 && value.count_ones() <= 1);
    if !is_flags || values.is_empty() || number < 0 {
        return number.to_string();
    }
    let mut left = number.cast_unsigned() & mask(bits);
    let mut names: Vec<String> = Vec::new();
    for (name, value) in values {
        let value = value.cast_unsigned();
        if value != 0 && left & value == value {
            left &= !value;
            names.push(name.clone());
        }
    }
    if left != 0 {
        names.push(format!("unknown: {left:#x}"));
    }
    if names.is_empty() { number.to_string() } else { format!("({})", names.join(" | ")) }
}
