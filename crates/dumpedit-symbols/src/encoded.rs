//! New values as the bytes of a type. A value that does not fit is an error and is never cut.

use dumpedit_layout::{ByteOrder, FloatError, is_float};

use crate::floats::format_of;
use crate::number::{bytes, mask};
use crate::typed::{ReadMemory, Typed, TypedError, ValuePlace};
use crate::types::{Base, Bits, Keyword, Language, Shape, TypeRef, ValueType, text_width, unaliased};

/// The longest text in an array without a length that can be replaced, in bytes.
const ROOM: usize = 1 << 16;

/// Bytes to write, and the bits in them that change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Encoded {
    /// The address of the first byte.
    pub address: u64,
    /// The new bytes. Bits that do not change are zero.
    pub bytes: Vec<u8>,
    /// The bits that change in each byte. Only a bit field has bits that stay.
    pub mask: Vec<u8>,
}

impl Encoded {
    /// Bytes in which all bits change.
    pub fn whole(address: u64, bytes: Vec<u8>) -> Encoded {
        let mask = vec![0xff; bytes.len()];
        Encoded { address, bytes, mask }
    }
}

impl Encoded {
    /// The bytes to write over `old`. The bits around a bit field stay as they are.
    pub fn merged(&self, old: &[u8]) -> Vec<u8> {
        let all = self.bytes.iter().zip(&self.mask).enumerate();
        all.map(|(at, (new, mask))| new & mask | old.get(at).copied().unwrap_or(0) & !mask).collect()
    }

    /// Whether all bits of all bytes change.
    pub fn is_whole(&self) -> bool {
        self.mask.iter().all(|mask| *mask == 0xff)
    }
}

/// A new value as the user writes it.
enum New {
    Integer {
        number: i128,
        /// Whether the number is written in hexadecimal, octal or binary, which means bits and not a signed number.
        is_bits: bool,
    },
    /// A decimal number above the largest signed one.
    Large(u128),
    Float(String),
    Text(Vec<u8>),
    Character(u32),
    Word(String),
}

impl Typed {
    /// The bytes that give this value a new content, which is written as its type has it: `9`, `-1`, `0xff`, `1.5`,
    /// `true`, `'A'`, `"text"`, `RED`, `READ|WRITE`, `NULL`.
    ///
    /// Numbers in hexadecimal, octal and binary are bits, so that `0xffffffff` fits into an `int`. Other numbers must
    /// be in the range of the type. A text fills the rest of a character array with zeros.
    ///
    /// # Errors
    /// Fails if the new content does not fit, if the type has no values that are written as one, or if this value has
    /// no address.
    pub fn encode(&self, value: &str, memory: &dyn ReadMemory) -> Result<Encoded, TypedError> {
        let type_ = self.type_()?;
        let does_not_fit =
            |why: String| TypedError::DoesNotFit { path: self.path.clone(), value: value.into(), why };
        let new = new_value(value).map_err(does_not_fit)?;
        let order = type_.order(memory.byte_order());
        let (address, bits) = match &self.place {
            ValuePlace::Memory(address) => (*address, None),
            ValuePlace::Bits(address, bits) => (*address, Some(*bits)),
            _ => (self.address()?, None),
        };
        let size = match (&type_.shape, &new) {
            // A text in an array without a length has as much room as the old text.
            (Shape::Array { element, count: None | Some(0), .. }, New::Text(_)) => {
                self.text_room(element, address, memory)?
            }
            _ => self.size()?.and_then(|size| usize::try_from(size).ok()),
        };
        let size = size.ok_or_else(|| {
            does_not_fit(match type_.shape {
                Shape::Function { .. } => "it is a function".into(),
                Shape::Array { .. } => {
                    "the array has no length and no terminated text: write its elements one by one".into()
                }
                _ => "its size is unknown".into(),
            })
        })?;
        if let Shape::Array { element, count, .. } = &type_.shape {
            let New::Text(mut text) = new else {
                return Err(does_not_fit(
                    "it is an array: write its elements one by one, or a text in quotes".into(),
                ));
            };
            let Some(reader) = self.reader() else {
                return Err(does_not_fit("its type is unknown".into()));
            };
            let target = unaliased(&**reader, element)?;
            let Some(width) = text_width(&**reader, element, &target)? else {
                return Err(does_not_fit("it is not an array of characters".into()));
            };
            if matches!(count, None | Some(0)) {
                // Only a zero says where such a text ends.
                text.push(0);
            }
            let bytes =
                text_bytes(&text, width, size, target.order(memory.byte_order())).map_err(does_not_fit)?;
            return Ok(Encoded::whole(address, bytes));
        }
        let width = bits.map_or(u32::try_from(size.saturating_mul(8)).unwrap_or(u32::MAX), |bits| bits.count);
        let number = match (&type_.shape, new) {
            (Shape::Base(Base::Float), new) => {
                if !matches!(new, New::Float(_) | New::Large(_) | New::Integer { is_bits: false, .. }) {
                    return Err(does_not_fit(FloatError::NotANumber.to_string()));
                }
                let format = format_of(&type_, size, memory.machine());
                let format = format.map_err(|why| does_not_fit(why.into()))?;
                let bytes = format.encoded(value.trim(), size, order);
                let bytes = bytes.map_err(|error| does_not_fit(error.to_string()))?;
                return Ok(Encoded::whole(address, bytes));
            }
            (shape, new) => whole_number(shape, &type_, new, width).map_err(does_not_fit)?,
        };
        if self.language == Language::Rust {
            check_rust_value(&type_, number, width).map_err(does_not_fit)?;
        }
        Ok(match bits {
            Some(bits) => placed(address, number, bits, order),
            None => Encoded::whole(address, bytes(number, size, order)),
        })
    }

    /// The size in bytes of the text at an address, with the zero that ends it; `None` if the dump has no text of these
    /// elements up to its end.
    fn text_room(
        &self,
        element: &TypeRef,
        address: u64,
        memory: &dyn ReadMemory,
    ) -> Result<Option<usize>, TypedError> {
        let Some(reader) = self.reader() else { return Ok(None) };
        let target = unaliased(&**reader, element)?;
        let Some(width) = text_width(&**reader, element, &target)? else { return Ok(None) };
        let mut old = vec![0; ROOM];
        let captured = memory.read(address, &mut old);
        let units = old.get(..captured).unwrap_or_default().chunks_exact(usize::from(width).max(1));
        let end = units.into_iter().position(|unit| unit.iter().all(|byte| *byte == 0));
        Ok(end.map(|end| (end + 1) * usize::from(width)))
    }
}

/// The bits of a bit field in the bytes that contain them.
fn placed(address: u64, number: u128, bits: Bits, order: ByteOrder) -> Encoded {
    let size = usize::try_from(bits.size.min(17)).unwrap_or(17);
    let shifted = |number: u128| {
        // A bit field in 17 bytes has bits in the last one that do not fit into the number.
        let low = bytes(number << bits.first.min(127), 17, ByteOrder::Little);
        let high = if bits.first == 0 { 0 } else { number >> (128 - bits.first.min(127)) };
        let mut all = low;
        if let Some(last) = all.get_mut(16) {
            *last = u8::try_from(high & 0xff).unwrap_or(0);
        }
        all.truncate(size);
        order.reorder(&mut all);
        all
    };
    Encoded { address, bytes: shifted(number & mask(bits.count)), mask: shifted(mask(bits.count)) }
}

/// A value as a number of `width` bits.
fn whole_number(shape: &Shape, type_: &ValueType, new: New, width: u32) -> Result<u128, String> {
    if let Shape::Struct { keyword, .. } = shape {
        let what = match keyword {
            Keyword::Union => "a union: write one of its members",
            Keyword::Class => "a class: write its members one by one",
            _ => "a struct: write its members one by one",
        };
        return Err(format!("it is {what}"));
    }
    if !(1..=128).contains(&width) {
        return Err(format!("it has {width} bits"));
    }
    let is_signed = match shape {
        Shape::Base(Base::Signed | Base::Character { signed: true }) => true,
        Shape::Enum { base, .. } => matches!(base, Base::Signed | Base::Character { signed: true }),
        Shape::Base(Base::Unsigned | Base::Boolean | Base::Character { signed: false })
        | Shape::Pointer { .. }
        | Shape::MemberPointer { .. } => false,
        _ => return Err("its type cannot be written as a number".into()),
    };
    let least = if is_signed { i128::MIN >> (128 - width) } else { 0 };
    let most = mask(width - u32::from(is_signed));
    let out_of_range = || {
        let name = if type_.name.is_empty() { String::new() } else { format!("{} of ", type_.name) };
        let bits = if width == 1 { "bit" } else { "bits" };
        format!("{name}{width} {bits} can store {least} to {most}")
    };
    let (number, is_bits) = match (shape, new) {
        (_, New::Integer { number, is_bits }) => (number, is_bits),
        (Shape::Base(Base::Boolean), New::Large(_)) => return Err("true or false is expected".into()),
        (_, New::Large(number)) => {
            return if number <= most { Ok(number) } else { Err(out_of_range()) };
        }
        (Shape::Base(Base::Character { .. } | Base::Signed | Base::Unsigned), New::Character(code)) => {
            (code.into(), true)
        }
        (Shape::Base(Base::Boolean), New::Word(word)) => match word.as_str() {
            "true" => (1, false),
            "false" => (0, false),
            _ => return Err("true or false is expected".into()),
        },
        (Shape::Pointer { .. }, New::Word(word)) => match word.as_str() {
            "NULL" | "nullptr" => (0, false),
            _ => return Err("an address such as 0x7f001000, or NULL, is expected".into()),
        },
        (Shape::Enum { values, .. }, New::Word(word) | New::Float(word)) => (named(&word, values)?, false),
        (_, New::Float(_)) => return Err("a whole number is expected".into()),
        (_, New::Text(_)) => return Err("it is not an array of characters".into()),
        _ => return Err("a number is expected".into()),
    };
    if let (Shape::Base(Base::Boolean), false) = (shape, matches!(number, 0 | 1)) {
        return Err("true or false is expected".into());
    }
    let in_range = number >= least && (number < 0 || number.cast_unsigned() <= most);
    // Bits are taken as they are, if there are not too many of them.
    let fits = in_range || is_bits && number.cast_unsigned() <= mask(width);
    if !fits {
        return Err(out_of_range());
    }
    Ok(number.cast_unsigned() & mask(width))
}

/// Checks that a number is a value of a Rust type. Not every number is a character, or a value of an enum.
fn check_rust_value(type_: &ValueType, number: u128, width: u32) -> Result<(), String> {
    match &type_.shape {
        Shape::Base(Base::Character { .. }) if type_.name == "char" => {
            let is_character = u32::try_from(number).is_ok_and(|number| char::from_u32(number).is_some());
            let why = || "a char is 0 to 0xd7ff or 0xe000 to 0x10ffff; write stores other bits";
            is_character.then_some(()).ok_or_else(|| why().to_owned())
        }
        Shape::Enum { values, .. }
            if !values.iter().any(|(_, value)| value.cast_unsigned() & mask(width) == number) =>
        {
            let variants: Vec<String> =
                values.iter().take(12).map(|(name, value)| format!("{name} = {value}")).collect();
            let more = if values.len() > 12 { ", ..." } else { "" };
            let variants = variants.join(", ");
            Err(format!("it has only the variants {variants}{more}; write stores other bits"))
        }
        _ => Ok(()),
    }
}

/// The number of an enumerator, or of several that are joined by `|`.
fn named(word: &str, values: &[(String, i128)]) -> Result<i128, String> {
    let mut number = 0;
    for name in word.split('|').map(str::trim) {
        let is_it = |known: &str| known == name || known.rsplit("::").next() == Some(name);
        match values.iter().find(|(known, _)| is_it(known)) {
            Some((_, value)) => number |= value,
            None => {
                let names: Vec<&str> = values.iter().take(12).map(|(known, _)| known.as_str()).collect();
                let more = if values.len() > 12 { ", ..." } else { "" };
                return Err(format!("it has no value {name}; its values are {}{more}", names.join(", ")));
            }
        }
    }
    Ok(number)
}

/// A text as the elements of a character array, filled with zeros.
fn text_bytes(text: &[u8], width: u8, size: usize, order: ByteOrder) -> Result<Vec<u8>, String> {
    let mut all = match width {
        1 => text.to_vec(),
        width => {
            let text = std::str::from_utf8(text).map_err(|_| "it is not Unicode text".to_owned())?;
            let mut all = Vec::new();
            let mut push = |unit: u32| all.extend(bytes(unit.into(), width.into(), order));
            if width == 2 {
                text.encode_utf16().for_each(|unit| push(unit.into()));
            } else {
                text.chars().for_each(|character| push(character.into()));
            }
            all
        }
    };
    if all.len() > size {
        let unit = usize::from(width).max(1);
        return Err(format!(
            "it has {} characters, and the array has room for {}",
            all.len() / unit,
            size / unit
        ));
    }
    all.resize(size, 0);
    Ok(all)
}

/// Parses a value.
fn new_value(text: &str) -> Result<New, String> {
    let text = text.trim();
    if let Some(quoted) = quoted(text, '"')? {
        return Ok(New::Text(quoted));
    }
    // `'b.c'::f` is the name of something in a source file.
    if text.starts_with('\'') && text.contains("'::") {
        return Ok(New::Word(text.to_owned()));
    }
    if let Some(quoted) = quoted(text, '\'')? {
        return match (
            quoted.as_slice(),
            std::str::from_utf8(&quoted).map(|text| text.chars().collect::<Vec<char>>()),
        ) {
            ([byte], _) => Ok(New::Character((*byte).into())),
            (_, Ok(characters)) if characters.len() == 1 => {
                Ok(New::Character(characters.first().copied().map_or(0, u32::from)))
            }
            _ => Err("expected one character between quotes".into()),
        };
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)] {
        if let Some(digits) = digits.strip_prefix(prefix) {
            let number = u128::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'));
            let number = number.ok_or("it is not a number of at most 128 bits")?;
            if negative {
                let number = i128::try_from(number).map_err(|_| "it is not a number of at most 128 bits")?;
                return Ok(New::Integer { number: -number, is_bits: false });
            }
            return Ok(New::Integer { number: number.cast_signed(), is_bits: true });
        }
    }
    if digits.starts_with(|character: char| character.is_ascii_digit()) {
        if let Ok(number) = text.parse::<i128>() {
            return Ok(New::Integer { number, is_bits: false });
        }
        if let Ok(number) = text.parse::<u128>() {
            return Ok(New::Large(number));
        }
    }
    match text {
        "" => Err("a value is missing".into()),
        text if is_float(text) => Ok(New::Float(text.to_owned())),
        text => Ok(New::Word(text.to_owned())),
    }
}

/// The text in quotes, with its escapes replaced.
fn quoted(text: &str, quote: char) -> Result<Option<Vec<u8>>, String> {
    let Some(inside) = text.strip_prefix(quote) else { return Ok(None) };
    let mut content = Vec::new();
    let mut characters = inside.chars();
    loop {
        match characters.next() {
            None => return Err(format!("the {quote} at its end is missing")),
            Some(end) if end == quote => {
                return if characters.as_str().is_empty() {
                    Ok(Some(content))
                } else {
                    Err(format!("nothing may follow the second {quote}"))
                };
            }
            Some('\\') => {
                let rest = characters.as_str();
                let digits = |from: usize, most: usize, radix: u32| {
                    let digits: String = rest
                        .chars()
                        .skip(from)
                        .take(most)
                        .take_while(|digit| digit.is_digit(radix))
                        .collect();
                    u8::from_str_radix(&digits, radix).map(|byte| (byte, from + digits.len()))
                };
                let bad = || format!("\\{} is not an escape", rest.chars().next().unwrap_or(' '));
                let (byte, size) = match rest.chars().next() {
                    Some('a') => (7, 1),
                    Some('b') => (8, 1),
                    Some('t') => (9, 1),
                    Some('n') => (10, 1),
                    Some('v') => (11, 1),
                    Some('f') => (12, 1),
                    Some('r') => (13, 1),
                    Some('e') => (27, 1),
                    Some('\\') => (b'\\', 1),
                    Some('"') => (b'"', 1),
                    Some('\'') => (b'\'', 1),
                    Some('x') => digits(1, 2, 16).map_err(|_| bad())?,
                    Some('0'..='7') => digits(0, 3, 8).map_err(|_| bad())?,
                    _ => return Err(bad()),
                };
                content.push(byte);
                characters = rest.get(size..).unwrap_or_default().chars();
            }
            Some(character) => content.extend(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::unsigned;

    #[test]
    fn a_bit_field_keeps_its_neighbours_in_both_byte_orders() {
        let bits = Bits { first: 3, count: 7, size: 2 };
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let encoded = placed(0, 0x55, bits, order);
            let old = bytes(0xffff, 2, order);
            assert_eq!(unsigned(&encoded.merged(&old), order), 0xffff & !(0x7f << 3) | 0x55 << 3);
            assert_eq!(unsigned(&encoded.merged(&[0, 0]), order), 0x55 << 3);
        }
        let wide = placed(0, u128::MAX, Bits { first: 4, count: 128, size: 17 }, ByteOrder::Little);
        assert_eq!(wide.mask[0], 0xf0);
        assert_eq!(wide.mask[16], 0x0f);
        assert_eq!(wide.bytes, wide.mask);
    }

    #[test]
    fn values_are_read_as_they_are_written() {
        let shown = |text: &str| match new_value(text) {
            Ok(New::Integer { number, is_bits }) => format!("{number} {is_bits}"),
            Ok(New::Large(number)) => format!("{number} large"),
            Ok(New::Float(text)) => format!("{text} float"),
            Ok(New::Text(text)) => format!("{text:?}"),
            Ok(New::Character(code)) => format!("'{code}'"),
            Ok(New::Word(word)) => word,
            Err(why) => why,
        };
        for (text, expected) in [
            ("9", "9 false"),
            ("-0x10", "-16 false"),
            ("0xff", "255 true"),
            ("0b11", "3 true"),
            ("170141183460469231731687303715884105728", "170141183460469231731687303715884105728 large"),
            ("1.5", "1.5 float"),
            ("-1e3", "-1e3 float"),
            ("inf", "inf float"),
            ("'A'", "'65'"),
            ("'\\n'", "'10'"),
            ("'\\''", "'39'"),
            ("'\u{e9}'", "'233'"),
            ("\"a\\x41\\101\"", "[97, 65, 65]"),
            ("RED|BLUE", "RED|BLUE"),
            ("'b.c'::f", "'b.c'::f"),
            ("\"a", "the \" at its end is missing"),
            ("\"\\q\"", "\\q is not an escape"),
            ("'ab'", "expected one character between quotes"),
            ("", "a value is missing"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
