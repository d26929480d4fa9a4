//! AT, the place of a byte, and RANGE, a stretch from one place to another.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::notation::{NotationError, count, hex_digits, terms};

/// A place: `0x7ffe1000`, `@rsp+8`, `libc+0x1f0`, `[stack]-16`, `reg:rip+4`. All but the last take any number of terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum At {
    /// An address.
    Address(u64),
    /// The address that a register holds, and an offset in bytes.
    Register {
        /// The register's name.
        name: String,
        /// Added to the register's value.
        offset: i128,
    },
    /// Where a module or a region of some name begins, and terms: `libc`, `libc+0x1f0`, `[stack]+8`. Which part of the text
    /// is the name is known only beside the modules.
    Module(String),
    /// A byte of a register itself, counted as stored.
    InRegister {
        /// The register's name.
        name: String,
        /// The byte.
        byte: u32,
    },
}

impl FromStr for At {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        if let Some(register) = text.strip_prefix('@') {
            return register_value(text, register);
        }
        if let Some(register) = text.strip_prefix("reg:") {
            return in_register(text, register);
        }
        if text.starts_with("0x") || text.starts_with("0X") {
            return address(text);
        }
        let digits = plain_digits(text);
        if text.starts_with(|first: char| first.is_ascii_digit()) && hex_digits(&digits).is_some() {
            // What has decimal digits only is a number that something printed in decimal; zeros in front of it are of hex.
            let (hint, instead) = match digits.parse::<u64>() {
                Ok(number) if !digits.starts_with('0') => {
                    (format!("addresses are hex: {number:#x} is this number"), format!("{number:#x}"))
                }
                _ => (format!("for the address, write 0x{text}"), format!("0x{text}")),
            };
            return Err(NotationError::usage(text, "is not a location")
                .with_hint(hint)
                .with_instead(instead));
        }
        if text.trim().is_empty() {
            return Err(NotationError::usage(text, "is not a location")
                .with_hint("write 0xADDRESS, @REGISTER, MODULE+0xOFFSET or reg:REGISTER"));
        }
        Ok(At::Module(text.to_owned()))
    }
}

/// A number without the marks that may stand between its digits.
fn plain_digits(text: &str) -> Cow<'_, str> {
    if text.contains(['_', '`']) { text.replace(['_', '`'], "").into() } else { text.into() }
}

/// `0x` and hex digits, and terms behind them.
fn address(text: &str) -> Result<At, NotationError> {
    let invalid = |problem| NotationError::usage(text, problem);
    let (base, offset) = terms::split(text)
        .ok_or_else(|| invalid("has an offset that is no number (decimal, or hex after 0x)"))?;
    let digits = plain_digits(base);
    let hex = digits.get(2..).and_then(hex_digits).and_then(|hex| u64::from_str_radix(hex, 16).ok());
    let base = hex.ok_or_else(|| invalid("is not an address: 0x and up to 16 hex digits"))?;
    let address = i128::from(base).checked_add(offset).and_then(|address| u64::try_from(address).ok());
    address.map(At::Address).ok_or_else(|| invalid("lies outside the address space"))
}

/// `REG` after the `@`, and terms behind it.
fn register_value(text: &str, register: &str) -> Result<At, NotationError> {
    let (name, offset) = terms::split(register).ok_or_else(|| {
        NotationError::usage(text, "has an offset that is no number (decimal, or hex after 0x)")
    })?;
    if name.is_empty() {
        return Err(NotationError::usage(text, "names no register"));
    }
    Ok(At::Register { name: name.to_owned(), offset })
}

/// `REG` or `REG+N` after the `reg:`.
fn in_register(text: &str, register: &str) -> Result<At, NotationError> {
    let (name, byte) = match register.split_once('+') {
        None => (register, Some(0)),
        Some((name, digits)) => (name, count(digits).and_then(|byte| u32::try_from(byte).ok())),
    };
    let byte = byte.ok_or_else(|| {
        NotationError::usage(text, "has an offset that is no number of bytes (decimal, or hex after 0x)")
    })?;
    if name.is_empty() {
        return Err(NotationError::usage(text, "names no register"));
    }
    Ok(At::InRegister { name: name.to_owned(), byte })
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            At::Address(address) => write!(f, "{address:#x}"),
            At::Register { name, offset } => {
                write!(f, "@{name}")?;
                match offset {
                    0 => Ok(()),
                    1.. => write!(f, "+{offset:#x}"),
                    _ => write!(f, "-{:#x}", offset.unsigned_abs()),
                }
            }
            At::Module(text) => f.write_str(text),
            At::InRegister { name, byte: 0 } => write!(f, "reg:{name}"),
            At::InRegister { name, byte } => write!(f, "reg:{name}+{byte}"),
        }
    }
}

/// A stretch: `AT..AT`, the end not included, or `AT..+LEN`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RangeText {
    /// Where it begins.
    pub start: At,
    /// Where it ends.
    pub end: RangeEnd,
}

/// The end of a [`RangeText`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RangeEnd {
    /// The first place that is not in it.
    At(At),
    /// So many bytes.
    Length(u64),
}

impl FromStr for RangeText {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        let Some((start, end)) = text.rsplit_once("..") else {
            return Err(NotationError::usage(text, "is not a range")
                .with_hint(format!("write {text}..+LENGTH or {text}..END")));
        };
        let end = match end.strip_prefix('+') {
            Some(length) => RangeEnd::Length(count(length).ok_or_else(|| {
                NotationError::usage(text, "has a length that is no number (decimal, or hex after 0x)")
            })?),
            None => RangeEnd::At(end.parse()?),
        };
        Ok(RangeText { start: start.parse()?, end })
    }
}

impl fmt::Display for RangeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.end {
            RangeEnd::At(end) => write!(f, "{}..{end}", self.start),
            RangeEnd::Length(length) => write!(f, "{}..+{length:#x}", self.start),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in
            ["0x7ffe1000", "@rsp", "@rsp+0x8", "@rsp-0x10", "libc+0x1f0", "reg:rip", "reg:rip+4", "/a/b-1.so"]
        {
            let at: At = text.parse().unwrap();
            assert_eq!(at.to_string(), text);
        }
        assert_eq!("0x0000_7ffe`1000".parse::<At>().unwrap(), At::Address(0x7ffe_1000));
        assert_eq!("@rsp+8".parse::<At>().unwrap(), At::Register { name: "rsp".into(), offset: 8 });
        assert_eq!("0x1000+32-0x8".parse::<At>().unwrap(), At::Address(0x1018));
        assert_eq!("@rsp+8-24+1".parse::<At>().unwrap(), At::Register { name: "rsp".into(), offset: -15 });
        assert_eq!("@rip-010".parse::<At>().unwrap(), At::Register { name: "rip".into(), offset: -10 });
    }

    #[test]
    fn bare_digits_are_an_error_with_a_hint() {
        let error = "7ffe1000".parse::<At>().unwrap_err();
        assert_eq!(error.hint(), Some("for the address, write 0x7ffe1000"));
        let error = "4096".parse::<At>().unwrap_err();
        assert_eq!(error.hint(), Some("addresses are hex: 0x1000 is this number"));
        let error = "00401000".parse::<At>().unwrap_err();
        assert_eq!(error.hint(), Some("for the address, write 0x00401000"));
        assert!("7z.dll".parse::<At>().is_ok());
    }

    #[test]
    fn what_is_no_location_is_an_error() {
        for text in [
            "",
            " ",
            "0x",
            "0xg",
            "0x+1",
            "0x1000+",
            "0x1000+x",
            "0x10-0x11",
            "0xffffffffffffffff+1",
            "0x10000000000000000",
            "@",
            "@+8",
            "@rsp+",
            "@rsp+x",
            "@rsp+-1",
            "reg:",
            "reg:rip+-1",
        ] {
            assert!(text.parse::<At>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_range_is_split_at_the_last_dots() {
        let range: RangeText = "../lib/a.so+0x10..+16".parse().unwrap();
        assert_eq!(range.start, At::Module("../lib/a.so+0x10".into()));
        assert_eq!(range.end, RangeEnd::Length(16));
        let range: RangeText = "@rsp..@rbp".parse().unwrap();
        assert_eq!(range.to_string(), "@rsp..@rbp");
        for text in ["0x1000", "0x1000..", "..0x1000", "0x1000..+", "0x1000..+z", "0x1000..20"] {
            assert!(text.parse::<RangeText>().is_err(), "{text}");
        }
    }
}
