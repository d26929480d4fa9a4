//! NUMBER, the value for a register.

use std::fmt;
use std::str::FromStr;

use dumpedit_layout::is_float;

use crate::notation::value::NumberType;
use crate::notation::{At, NotationError, Value, ZEROS, hex, hex_digits, zeros};
use crate::number::Number;

/// A register's new value: a number, a typed number, a place's address, or stored bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NumberText {
    /// A number of any width: `0x10`, `16`, `-1`.
    Number(Number),
    /// A number of a type: `u32:7`, `f64:1.5`; a signed one keeps its sign.
    Typed(Value),
    /// A number with a point or an exponent, for a register or a lane of floats: `1.5`, `1e300`, `-inf`. For other registers, one that is a
    /// word is a place of that name.
    Float(String),
    /// The address of a place: `@rsp+8`, `libc+0x1f0`.
    At(At),
    /// The register's bytes as stored: exactly its width.
    Bytes(Vec<u8>),
    /// The value of a field, as written behind the `=`: the field decides what it means.
    OfField(String),
    /// The value of a variable, as written behind the `=`: the variable's type decides what it means.
    OfVariable(String),
    /// `initial`: the value of an XSAVE component's register while the component is not in use.
    Initial,
}

/// The word for [`NumberText::Initial`].
const INITIAL: &str = "initial";

impl FromStr for NumberText {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        if text == INITIAL {
            return Ok(NumberText::Initial);
        }
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
        if let Some(readings) = zeros(digits) {
            return Err(NotationError::value(text, ZEROS).with_hint(readings));
        }
        if let Some(number) = magnitude(digits) {
            return Ok(NumberText::Number(if negative { number.negated() } else { number }));
        }
        if is_float(text) {
            return Ok(NumberText::Float(text.to_owned()));
        }
        if digits.starts_with(|first: char| first.is_ascii_digit()) {
            let error = NotationError::value(text, "is not a number")
                .with_hint("a number is decimal, or hex after 0x");
            // `401000h` of assemblers, `7ff7a1` of WinDbg.
            let hex = digits.strip_suffix(['h', 'H']).unwrap_or(digits);
            return Err(match hex_digits(hex) {
                Some(hex) => error.with_instead(text.replace(digits, &format!("0x{hex}"))),
                None => error,
            });
        }
        if negative || text.is_empty() {
            return Err(NotationError::value(text, "is not a number"));
        }
        if let Some((prefix, _)) = text.split_once(':') {
            match text.parse::<Value>() {
                Ok(Value::Bytes(bytes)) if prefix == "hex" => return Ok(NumberText::Bytes(bytes)),
                Ok(value @ Value::Number { .. }) => return Ok(NumberText::Typed(value)),
                Ok(Value::Pointer(at)) => return Ok(NumberText::At(at)),
                Err(error) if prefix == "hex" || prefix == "ptr" || prefix.parse::<NumberType>().is_ok() => {
                    return Err(error);
                }
                _ => {}
            }
        }
        match text.parse()? {
            At::InRegister { .. } => Err(NotationError::value(text, "is a register's place, not a number")
                .with_hint(format!("for the register's value, write @{}", text.trim_start_matches("reg:")))),
            at => Ok(NumberText::At(at)),
        }
    }
}

/// A number of any size without a sign: decimal, octal and binary up to 128 bits, hex of any length.
fn magnitude(text: &str) -> Option<Number> {
    let digits = text.replace(['_', '`'], "");
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return Number::from_hex(hex_digits(hex)?);
    }
    let radixes = [("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2), ("", 10)];
    let (digits, radix) =
        radixes.iter().find_map(|(prefix, radix)| Some((digits.strip_prefix(prefix)?, *radix)))?;
    let is_number = digits.chars().all(|digit| digit.is_digit(radix));
    u128::from_str_radix(digits, radix).ok().filter(|_| is_number).map(Number::from)
}

impl fmt::Display for NumberText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NumberText::Number(number) => number.fmt(f),
            NumberText::Typed(value) => value.fmt(f),
            NumberText::Float(text) => f.write_str(text),
            NumberText::At(at) => at.fmt(f),
            NumberText::Bytes(bytes) => {
                write!(f, "hex:{}", hex(bytes))
            }
            NumberText::OfField(text) | NumberText::OfVariable(text) => f.write_str(text),
            NumberText::Initial => f.write_str(INITIAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in [
            "0x10",
            "-0x1",
            "u32:7",
            "f64:1.5",
            "@rsp+0x8",
            "libc+0x10",
            "hex:0011",
            "initial",
            "-1.5e3",
            "1e+30",
            "5e-324",
            "1e300",
            "1E5",
            "-inf",
            "nan",
        ] {
            assert_eq!(text.parse::<NumberText>().unwrap().to_string(), text);
        }
        assert_eq!("16".parse::<NumberText>().unwrap(), NumberText::Number(16u8.into()));
        assert_eq!("-1".parse::<NumberText>().unwrap(), NumberText::Number((-1i8).into()));
        assert_eq!("0b101".parse::<NumberText>().unwrap(), NumberText::Number(5u8.into()));
        assert_eq!("-0o1_7".parse::<NumberText>().unwrap(), NumberText::Number((-15i8).into()));
        assert_eq!("ptr:0x10".parse::<NumberText>().unwrap(), NumberText::At(At::Address(16)));
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        let texts =
            ["", "-", "-x", "0x", "12ab", "0010", "00ff", "-01", "u8:300", "hex:1", "reg:rip", "--1", "0x-1"];
        for text in texts.into_iter().chain(["0b", "0b12", "0o", "0o8", "0b+1", "0o-1"]) {
            assert!(text.parse::<NumberText>().is_err(), "{text}");
        }
    }
}
