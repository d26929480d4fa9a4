//! VALUE, bytes to write, and types of numbers.

use std::fmt;
use std::str::FromStr;

use dumpedit_layout::ByteOrder;

use crate::notation::{At, NotationError, ZEROS, count, hex, hex_digits, zeros};

/// The type of a number in memory, in the target's byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NumberType {
    /// An unsigned integer of 1, 2, 4, 8 or 16 bytes.
    Unsigned(u8),
    /// A signed integer of 1, 2, 4, 8 or 16 bytes.
    Signed(u8),
    /// An IEEE number of 4 or 8 bytes.
    Float(u8),
    /// A pointer of the target's width.
    Pointer,
    /// An unsigned integer of this number of bytes that is shown in hex; for reading only.
    Hexadecimal(u8),
}

/// All types and their names.
const TYPES: &[(&str, NumberType)] = &[
    ("u8", NumberType::Unsigned(1)),
    ("u16", NumberType::Unsigned(2)),
    ("u32", NumberType::Unsigned(4)),
    ("u64", NumberType::Unsigned(8)),
    ("u128", NumberType::Unsigned(16)),
    ("i8", NumberType::Signed(1)),
    ("i16", NumberType::Signed(2)),
    ("i32", NumberType::Signed(4)),
    ("i64", NumberType::Signed(8)),
    ("i128", NumberType::Signed(16)),
    ("f32", NumberType::Float(4)),
    ("f64", NumberType::Float(8)),
    ("ptr", NumberType::Pointer),
    ("x8", NumberType::Hexadecimal(1)),
    ("x16", NumberType::Hexadecimal(2)),
    ("x32", NumberType::Hexadecimal(4)),
    ("x64", NumberType::Hexadecimal(8)),
    ("x128", NumberType::Hexadecimal(16)),
];

/// Names of types in other tools and languages.
const ELSEWHERE: &[(&str, &str)] = &[
    ("hex", "x64"),
    ("pointer", "ptr"),
    ("byte", "u8"),
    ("uint8", "u8"),
    ("uint8_t", "u8"),
    ("uint16", "u16"),
    ("uint16_t", "u16"),
    ("uint32", "u32"),
    ("uint32_t", "u32"),
    ("dword", "u32"),
    ("uint64", "u64"),
    ("uint64_t", "u64"),
    ("qword", "u64"),
    ("int", "i32"),
    ("int8_t", "i8"),
    ("int16_t", "i16"),
    ("int32_t", "i32"),
    ("int64_t", "i64"),
    ("float", "f32"),
    ("double", "f64"),
];

impl NumberType {
    /// Size in bytes, for pointers of `pointer_width` bytes.
    pub fn size(self, pointer_width: u8) -> u8 {
        match self {
            NumberType::Unsigned(size)
            | NumberType::Signed(size)
            | NumberType::Float(size)
            | NumberType::Hexadecimal(size) => size,
            NumberType::Pointer => pointer_width,
        }
    }

    /// The number in bytes of this type, for display: integers in decimal, pointers in hex, and hexadecimal ones with all digits.
    pub fn show(self, bytes: &[u8], order: ByteOrder) -> String {
        let mut little = bytes.to_vec();
        order.reorder(&mut little);
        let negative = little.last().is_some_and(|byte| byte & 0x80 != 0);
        let extended = |fill: u8| {
            let mut wide = [fill; 16];
            wide.iter_mut().zip(&little).for_each(|(wide, byte)| *wide = *byte);
            u128::from_le_bytes(wide)
        };
        let unsigned = extended(0);
        match self {
            NumberType::Unsigned(_) => unsigned.to_string(),
            NumberType::Signed(_) => extended(if negative { 0xff } else { 0 }).cast_signed().to_string(),
            NumberType::Float(4) => {
                let number = f32::from_bits(u32::try_from(unsigned).unwrap_or(0));
                general(number.into(), &number.to_string(), &format!("{number:e}"))
            }
            NumberType::Float(_) => {
                let number = f64::from_bits(u64::try_from(unsigned).unwrap_or(0));
                general(number, &number.to_string(), &format!("{number:e}"))
            }
            NumberType::Pointer => format!("{unsigned:#x}"),
            NumberType::Hexadecimal(size) => {
                let digits = usize::from(size).saturating_mul(2);
                format!("0x{unsigned:0digits$x}")
            }
        }
    }

    /// The bytes of a number in text, least significant first, or what is wrong with the text.
    fn read(self, text: &str) -> Result<Vec<u8>, &'static str> {
        match self {
            NumberType::Unsigned(size) => {
                let value = integer(text, false).ok_or("is not a number (decimal, or hex after 0x)")?;
                cut(value.1, size).filter(|_| !value.0).ok_or("does not fit the type")
            }
            NumberType::Signed(size) => {
                let (negative, magnitude) =
                    integer(text, true).ok_or("is not a number (decimal, or hex after 0x)")?;
                let bits = u32::from(size).saturating_mul(8).saturating_sub(1);
                let most = 1u128.checked_shl(bits).unwrap_or(0);
                let fits = magnitude < most || (negative && magnitude == most);
                let value = if negative { magnitude.wrapping_neg() } else { magnitude };
                let mut bytes = value.to_le_bytes().to_vec();
                bytes.truncate(usize::from(size));
                if fits { Ok(bytes) } else { Err("does not fit the type") }
            }
            NumberType::Float(4) => {
                text.parse::<f32>().map(|value| value.to_le_bytes().to_vec()).map_err(|_| "is not a number")
            }
            NumberType::Float(_) => {
                text.parse::<f64>().map(|value| value.to_le_bytes().to_vec()).map_err(|_| "is not a number")
            }
            NumberType::Pointer => Err("is not a number"),
            NumberType::Hexadecimal(_) => {
                Err("has a type that can only be read: write u8:0x..., u16:, u32: or u64:")
            }
        }
    }
}

impl NumberType {
    /// The names of all types.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TYPES.iter().map(|(name, _)| *name)
    }

    /// The type whose name elsewhere this is.
    fn elsewhere(name: &str) -> Option<&'static str> {
        let name = name.to_ascii_lowercase();
        let own = TYPES.iter().map(|(own, _)| (*own, *own));
        ELSEWHERE.iter().copied().chain(own).find(|(other, _)| *other == name).map(|(_, own)| own)
    }

    /// The error of a number of this type, `rest` in `text`, with the probable meaning where it is clear.
    fn wrong(self, text: &str, rest: &str, problem: &str) -> NotationError {
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        if matches!(self, NumberType::Unsigned(_) | NumberType::Signed(_))
            && let Some(readings) = zeros(digits)
        {
            return NotationError::value(text, ZEROS).with_hint(readings);
        }
        let error = NotationError::value(text, problem);
        let hex = digits.strip_suffix(['h', 'H']).unwrap_or(digits);
        let instead = match self {
            NumberType::Unsigned(size) if digits.len() < rest.len() => {
                format!("i{}:{rest}", u16::from(size).saturating_mul(8))
            }
            NumberType::Unsigned(_) | NumberType::Signed(_)
                if hex_digits(hex).is_some() && count(digits).is_none() =>
            {
                format!("{self}:{}", rest.replace(digits, &format!("0x{hex}")))
            }
            NumberType::Hexadecimal(size) => format!("u{}:{rest}", u16::from(size).saturating_mul(8)),
            _ => return error,
        };
        error.with_hint(format!("write {instead}")).with_instead(instead)
    }
}

/// A number in the form of C's `%g`, with the digits that distinguish it from all others: plain, or with an exponent of at least two digits
/// where it is small or large.
fn general(number: f64, plain: &str, scientific: &str) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    if !number.is_finite() || number == 0.0 || (1e-4..1e16).contains(&number.abs()) {
        return plain.to_owned();
    }
    let (digits, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}

/// Sign and magnitude.
fn integer(text: &str, signed: bool) -> Option<(bool, u128)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) if signed => (true, digits),
        _ => (false, text),
    };
    if let Some(small) = count(digits) {
        return Some((negative, u128::from(small)));
    }
    let digits = digits.replace('_', "");
    if zeros(&digits).is_some() {
        return None;
    }
    let magnitude = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => u128::from_str_radix(hex_digits(hex)?, 16).ok()?,
        None if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits.parse().ok()?,
        None => return None,
    };
    Some((negative, magnitude))
}

fn cut(value: u128, size: u8) -> Option<Vec<u8>> {
    let mut bytes = value.to_le_bytes().to_vec();
    let rest = bytes.split_off(usize::from(size).min(16));
    rest.iter().all(|byte| *byte == 0).then_some(bytes)
}

impl FromStr for NumberType {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        TYPES.iter().find(|(name, _)| *name == text).map(|(_, found)| *found).ok_or_else(|| {
            let names: Vec<&str> = NumberType::names().collect();
            let error = NotationError::usage(text, "is not a type");
            match NumberType::elsewhere(text) {
                Some(meant) => error.with_hint(format!("did you mean {meant}?")).with_instead(meant),
                None => error.with_hint(format!("the types are {}", names.join(", "))),
            }
        })
    }
}

impl fmt::Display for NumberType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TYPES.iter().find(|(_, named)| named == self).map_or("?", |(name, _)| name))
    }
}

/// Bytes to write: hex, a typed number, a pointer, a text, a file's content, or standard input.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value {
    /// Plain bytes.
    Bytes(Vec<u8>),
    /// A number of a type: its bytes, least significant first, and its text.
    Number {
        /// The type.
        of: NumberType,
        /// Its bytes, least significant first.
        little: Vec<u8>,
        /// Text as written.
        text: String,
    },
    /// A pointer to a place.
    Pointer(At),
    /// A text in UTF-8 or UTF-16, with or without a terminating NUL.
    Text {
        /// The text.
        text: String,
        /// Whether it is UTF-16 in the target's byte order, else UTF-8.
        wide: bool,
        /// Whether a NUL follows.
        terminated: bool,
    },
    /// The content of a file.
    File(String),
    /// The contents of standard input.
    StandardInput,
}

impl Value {
    /// Prefixes in front of a value's colon.
    pub fn prefixes() -> impl Iterator<Item = &'static str> {
        let types =
            TYPES.iter().filter(|(_, of)| !matches!(of, NumberType::Hexadecimal(_))).map(|(name, _)| *name);
        types.chain(TEXTS.iter().map(|(name, ..)| *name)).chain(["hex", "file"])
    }

    /// Whether it is empty as written: no bytes, and neither a file nor a stream.
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Bytes(bytes) => bytes.is_empty(),
            Value::Text { text, terminated, .. } => text.is_empty() && !terminated,
            _ => false,
        }
    }
}

/// Prefixes of texts: name, UTF-16, terminated.
const TEXTS: &[(&str, bool, bool)] =
    &[("str", false, false), ("strz", false, true), ("utf16", true, false), ("utf16z", true, true)];

impl FromStr for Value {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        if text == "-" {
            return Ok(Value::StandardInput);
        }
        if let Some((prefix, rest)) = text.split_once(':') {
            if prefix == "file" {
                return Ok(Value::File(rest.to_owned()));
            }
            if prefix == "hex" {
                return hex_bytes(text, rest).map(Value::Bytes);
            }
            if let Some((_, wide, terminated)) = TEXTS.iter().find(|(name, ..)| *name == prefix) {
                return Ok(Value::Text { text: rest.to_owned(), wide: *wide, terminated: *terminated });
            }
            if prefix == "ptr" {
                return Ok(Value::Pointer(rest.parse()?));
            }
            if prefix == "text" {
                return Err(NotationError::value(text, "does not say how its characters are encoded")
                    .with_hint(format!("write str:{rest} for UTF-8, or utf16:{rest}")));
            }
            if let Ok(of) = prefix.parse::<NumberType>() {
                let little = of.read(rest).map_err(|problem| of.wrong(text, rest, problem))?;
                return Ok(Value::Number { of, little, text: rest.to_owned() });
            }
        }
        if let Some(instead) = meant(text) {
            return Err(NotationError::value(text, "is not a value")
                .with_hint(format!("write {instead}"))
                .with_instead(instead));
        }
        if text.starts_with("0x") || text.starts_with("0X") {
            let fits = |size: &&str| size.parse::<NumberType>().is_ok_and(|size| size.read(text).is_ok());
            let sizes = ["u8", "u16", "u32", "u64"].into_iter().filter(fits);
            let sizes: String = sizes.map(|size| format!("{size}:{text}, ")).collect();
            return Err(NotationError::value(text, "is a number without a size")
                .with_hint(format!("give its size: {sizes}ptr:{text}; or omit 0x for the bytes")));
        }
        hex_bytes(text, text).map(Value::Bytes)
    }
}

/// Pairs of hex digits, with optional spaces between bytes.
fn hex_bytes(text: &str, digits: &str) -> Result<Vec<u8>, NotationError> {
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    for word in digits.split_whitespace() {
        let mut letters = word.chars();
        while let Some(letter) = letters.next() {
            let digit = |letter: char| letter.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let high = digit(letter).ok_or_else(|| no_value(text))?;
            let low = letters.next().map(|letter| digit(letter).ok_or_else(|| no_value(text)));
            let odd = || {
                NotationError::value(text, "has an odd number of hex digits")
                    .with_hint("a byte is two hex digits; a number has a type: u8:, u16:, u32:, u64:")
            };
            bytes.push(high << 4 | low.ok_or_else(odd)??);
        }
    }
    Ok(bytes)
}

/// The value that a text in another tool's notation means: `@rip`, `U32:7`, `u32=7`, `\x90\x90`, `0x90,0x90`.
fn meant(text: &str) -> Option<String> {
    if text.starts_with('@') {
        return Some(format!("ptr:{text}"));
    }
    if let Some((prefix, rest)) = text.split_once([':', '=']) {
        let text = TEXTS.iter().map(|(name, ..)| *name).find(|name| name.eq_ignore_ascii_case(prefix));
        let name = text.or_else(|| NumberType::elsewhere(prefix).filter(|_| prefix != "hex"))?;
        return Some(format!("{name}:{rest}"));
    }
    let bytes: Vec<&str> = match text.strip_prefix("\\x") {
        Some(rest) => rest.split("\\x").collect(),
        None => {
            let words = text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
            let words: Vec<&str> = words.map(|word| word.strip_prefix("0x").unwrap_or(word)).collect();
            (words.len() > 1).then_some(words)?
        }
    };
    let is_byte = |byte: &&str| byte.len() == 2 && hex_digits(byte).is_some();
    // Bytes with spaces between them are valid already.
    let is_meant = bytes.iter().all(is_byte) && text.contains([',', 'x']);
    is_meant.then(|| bytes.concat())
}

fn no_value(text: &str) -> NotationError {
    NotationError::value(text, "is not a value")
        .with_hint(
            "write hex bytes (\"48 8b 05\"), a typed number (u32:7), ptr:AT, file:PATH, -, or for this text",
        )
        .with_instead(format!("str:{text}"))
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bytes(bytes) => {
                write!(f, "hex:{}", hex(bytes))
            }
            Value::Number { of, text, .. } => write!(f, "{of}:{text}"),
            Value::Pointer(at) => write!(f, "ptr:{at}"),
            Value::Text { text, wide, terminated } => {
                let named = TEXTS.iter().find(|(_, is_wide, ends)| is_wide == wide && ends == terminated);
                write!(f, "{}:{text}", named.map_or("str", |(name, ..)| name))
            }
            Value::File(path) => write!(f, "file:{path}"),
            Value::StandardInput => f.write_str("-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        match text.parse().unwrap() {
            Value::Bytes(bytes) | Value::Number { little: bytes, .. } => bytes,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hex_bytes_may_stand_together_or_apart() {
        assert_eq!(bytes("9090"), [0x90, 0x90]);
        assert_eq!(bytes("48 8b 05"), [0x48, 0x8b, 5]);
        assert_eq!(bytes("hex:DEAD be ef"), [0xde, 0xad, 0xbe, 0xef]);
        assert_eq!(bytes(""), [0u8; 0]);
    }

    #[test]
    fn numbers_with_a_point_are_shown_with_an_exponent_where_they_would_be_long() {
        let single = |number: f32| NumberType::Float(4).show(&number.to_le_bytes(), ByteOrder::Little);
        let double = |number: f64| NumberType::Float(8).show(&number.to_be_bytes(), ByteOrder::Big);
        assert_eq!([single(1.5), single(1e30), single(-1e-20)], ["1.5", "1e+30", "-1e-20"]);
        assert_eq!([double(0.1), double(6.02e23), double(0.0), double(-0.0)], ["0.1", "6.02e+23", "0", "-0"]);
        assert_eq!(
            [double(1e-4), double(9.9e-5), double(1e16), double(5e-324)],
            ["0.0001", "9.9e-05", "1e+16", "5e-324"]
        );
        assert_eq!([double(f64::NAN), double(f64::INFINITY)], ["nan", "inf"]);
    }

    #[test]
    fn typed_numbers_fit_or_are_errors() {
        assert_eq!(bytes("u16:0x1234"), [0x34, 0x12]);
        assert_eq!(bytes("i8:-128"), [0x80]);
        assert_eq!(bytes("i32:-1"), [0xff; 4]);
        assert_eq!(bytes("f32:1.5"), 1.5f32.to_le_bytes());
        assert_eq!(bytes("f64:-0.1"), (-0.1f64).to_le_bytes());
        assert_eq!(bytes("u128:340282366920938463463374607431768211455"), [0xff; 16]);
        for text in [
            "u8:256",
            "u8:-1",
            "i8:128",
            "i8:-129",
            "u32:",
            "u32:x",
            "f32:x",
            "u64:0x",
            "i64:9223372036854775808",
        ] {
            assert!(text.parse::<Value>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_without_a_size_is_an_error_that_points_to_the_types() {
        let error = "0x1234".parse::<Value>().unwrap_err();
        let hint = format!("{:?}", error.hint());
        assert!(hint.contains("u64:0x1234") && hint.contains("ptr:0x1234"), "{hint}");
        assert!("123".parse::<Value>().is_err());
        assert!("48 8".parse::<Value>().is_err());
        assert!("zz".parse::<Value>().is_err());
    }

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in [
            "hex:9090",
            "u32:7",
            "i64:-0x10",
            "f64:1.5",
            "ptr:@rsp+0x8",
            "str:a b",
            "strz:",
            "utf16:x",
            "utf16z:y:z",
            "file:a/b",
            "-",
        ] {
            assert_eq!(text.parse::<Value>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn numbers_are_shown_in_the_order_of_the_target() {
        assert_eq!(NumberType::Unsigned(2).show(&[1, 2], ByteOrder::Big), "258");
        assert_eq!(NumberType::Signed(2).show(&[0xfe, 0xff], ByteOrder::Little), "-2");
        assert_eq!(NumberType::Pointer.show(&[0, 0x10, 0, 0], ByteOrder::Little), "0x1000");
        assert_eq!(NumberType::Float(4).show(&1.5f32.to_le_bytes(), ByteOrder::Little), "1.5");
    }
}
