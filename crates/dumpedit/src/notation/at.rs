//! AT, the place of a byte, and RANGE, the bytes from one place to another.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::notation::{NotationError, count, hex_digits, terms, zeros};

/// A place: `0x7ffe1000`, `@rsp+8`, `libc+0x1f0`, `[stack]-16`, `[@rsp+8]+0x10`, `reg:rip+4`, `tag:0x7ffe1000`. All but
/// `reg:` take any number of terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum At {
    /// An address.
    Address(u64),
    /// An address in a register, and an offset in bytes.
    Register {
        /// The register's name.
        name: String,
        /// Offset that is added to the register's value.
        offset: i128,
    },
    /// The start of a module or a region, a symbol, a field, or a path over variables, and terms: `libc`, `libc+0x1f0`, `[stack]+8`,
    /// `main+4`, `note.psargs`, `head->next[2].value`. The modules decide which part of the text is the name, and whether brackets belong
    /// to it: `[libc+8]` is a pointer where no region has that name.
    Module(String),
    /// The target of a pointer that is stored at a place, and an offset in bytes.
    Pointer {
        /// Place of the pointer.
        stored_at: Box<At>,
        /// Offset that is added to the pointer.
        offset: i128,
    },
    /// A byte of a register itself, in stored order.
    InRegister {
        /// The register's name.
        name: String,
        /// Index of the byte.
        byte: u32,
    },
    /// The memory tag of the granule at a place.
    Tag(Box<At>),
    /// A byte of the file.
    Offset(u64),
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
        if let Some(tagged) = text.strip_prefix("tag:") {
            return tag(text, tagged);
        }
        if let Some(offset) = text.strip_prefix("offset:") {
            return file_offset(text, offset);
        }
        if text.starts_with("0x") || text.starts_with("0X") {
            return address(text);
        }
        if let Some(inside) = text.strip_prefix('[')
            && ["@", "0x", "0X", "reg:", "["].iter().any(|base| inside.starts_with(base))
        {
            return pointer(text);
        }
        if let Some((instead, hint)) = meant(text) {
            return Err(NotationError::usage(text, "is not a location")
                .with_hint(hint)
                .with_instead(instead));
        }
        if text.trim().is_empty() {
            return Err(NotationError::usage(text, "is not a location")
                .with_hint("write 0xADDRESS, @REGISTER, MODULE+0xOFFSET, reg:REGISTER or a field"));
        }
        Ok(At::Module(text.to_owned()))
    }
}

/// The place that a text in another tool's notation means, and a hint.
fn meant(text: &str) -> Option<(String, String)> {
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if let Some(range) = ends(text) {
        return Some((range.clone(), format!("for a range, write {range}")));
    }
    let (base, _) = terms::splits(text).last()?;
    let terms = text.get(base.len()..)?;
    let digits = plain_digits(base);
    let decimal = digits.strip_prefix("0n").unwrap_or(&digits);
    // Decimal digits only are a number that something printed in decimal; zeros in front mark hex.
    if let Some(number) =
        decimal.parse::<u64>().ok().filter(|_| digits.len() > decimal.len() || !digits.starts_with('0'))
    {
        let instead = format!("{number:#x}{terms}");
        return Some((instead, format!("addresses are hex: {number:#x} is this number")));
    }
    let hex = base.strip_suffix(['h', 'H']).unwrap_or(base);
    hex_digits(&plain_digits(hex))?;
    let instead = format!("0x{hex}{terms}");
    let hint = format!("for the address, write {instead}");
    Some((instead, hint))
}

/// The error of invalid terms.
fn no_offset(text: &str) -> NotationError {
    let error = NotationError::usage(text, "has an offset that is not a number (decimal, or hex after 0x)");
    with_readings(error, text.rsplit(['+', '-', '*']).next().unwrap_or_default())
}

/// An error with the possible meanings of digits behind zeros.
fn with_readings(error: NotationError, digits: &str) -> NotationError {
    match zeros(digits) {
        Some(readings) => error.with_hint(readings),
        None => error,
    }
}

/// A number without separators between its digits.
fn plain_digits(text: &str) -> Cow<'_, str> {
    if text.contains(['_', '`']) { text.replace(['_', '`'], "").into() } else { text.into() }
}

/// `0x` and hex digits, followed by terms.
fn address(text: &str) -> Result<At, NotationError> {
    let invalid = |problem| NotationError::usage(text, problem);
    let (base, offset) = terms::split(text).ok_or_else(|| no_offset(text))?;
    let digits = plain_digits(base);
    let hex = digits.get(2..).and_then(hex_digits).and_then(|hex| u64::from_str_radix(hex, 16).ok());
    let base = hex.ok_or_else(|| invalid("is not an address: 0x and up to 16 hex digits"))?;
    let address = i128::from(base).checked_add(offset).and_then(|address| u64::try_from(address).ok());
    address.map(At::Address).ok_or_else(|| {
        let error = invalid("lies outside the address space");
        match ends(text) {
            Some(range) => error.with_hint(format!("for a range, write {range}")).with_instead(range),
            None => error,
        }
    })
}

/// `REG` behind the `@`, followed by terms.
fn register_value(text: &str, register: &str) -> Result<At, NotationError> {
    let (name, offset) = terms::split(register).ok_or_else(|| no_offset(text))?;
    if name.is_empty() {
        return Err(NotationError::usage(text, "names no register"));
    }
    Ok(At::Register { name: name.to_owned(), offset })
}

/// `[AT]`, followed by terms.
fn pointer(text: &str) -> Result<At, NotationError> {
    /// Maximum depth of nested pointers.
    const DEEPEST: usize = 16;
    let invalid = |problem: &str| NotationError::usage(text, problem);
    if text.bytes().take_while(|byte| *byte == b'[').count() > DEEPEST {
        return Err(invalid("has more than 16 nested brackets"));
    }
    let (inside, behind) =
        terms::bracketed(text).ok_or_else(|| invalid("has a bracket that is not closed"))?;
    let ("", offset) = terms::split(behind).ok_or_else(|| no_offset(text))? else {
        return Err(invalid("continues after its brackets with something other than + or - and a number"));
    };
    Ok(At::Pointer { stored_at: Box::new(inside.parse()?), offset })
}

/// `AT` behind the `tag:`.
fn tag(text: &str, tagged: &str) -> Result<At, NotationError> {
    match tagged.parse()? {
        At::InRegister { .. } | At::Tag(_) | At::Offset(_) => {
            Err(NotationError::usage(text, "is not the memory tag of an address"))
        }
        at => Ok(At::Tag(Box::new(at))),
    }
}

/// A number and terms behind the `offset:`.
fn file_offset(text: &str, offset: &str) -> Result<At, NotationError> {
    let (base, terms) = terms::split(offset).ok_or_else(|| no_offset(text))?;
    let sum = count(base).and_then(|base| i128::from(base).checked_add(terms));
    let sum = sum.and_then(|sum| u64::try_from(sum).ok());
    sum.map(At::Offset)
        .ok_or_else(|| NotationError::usage(text, "has no file offset after it (decimal, or hex after 0x)"))
}

/// `REG` or `REG+N` behind the `reg:`.
fn in_register(text: &str, register: &str) -> Result<At, NotationError> {
    let (name, byte) = match register.split_once('+') {
        None => (register, Some(0)),
        Some((name, digits)) => (name, count(digits).and_then(|byte| u32::try_from(byte).ok())),
    };
    let byte = byte.ok_or_else(|| {
        NotationError::usage(text, "has an offset that is not a number of bytes (decimal, or hex after 0x)")
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
                write!(f, "@{name}{}", Term(*offset))
            }
            At::Module(text) => f.write_str(text),
            At::Pointer { stored_at, offset } => write!(f, "[{stored_at}]{}", Term(*offset)),
            At::InRegister { name, byte: 0 } => write!(f, "reg:{name}"),
            At::InRegister { name, byte } => write!(f, "reg:{name}+{byte}"),
            At::Tag(tagged) => write!(f, "tag:{tagged}"),
            At::Offset(file_offset) => write!(f, "offset:{file_offset:#x}"),
        }
    }
}

/// A term that is added to a place, empty for zero.
struct Term(i128);

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            offset @ 1.. => write!(f, "+{offset:#x}"),
            offset => write!(f, "-{:#x}", offset.unsigned_abs()),
        }
    }
}

impl At {
    /// The register whose value is in the place.
    pub(crate) fn register(&self) -> Option<&str> {
        match self {
            At::Register { name, .. } => Some(name),
            At::Pointer { stored_at, .. } => match &**stored_at {
                At::InRegister { name, .. } => Some(name),
                place => place.register(),
            },
            At::Tag(tagged) => tagged.register(),
            _ => None,
        }
    }
}

/// A range: `AT..AT`, the end not included, or `AT..+LEN`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RangeText {
    /// Start.
    pub start: At,
    /// End.
    pub end: RangeEnd,
}

/// The end of a [`RangeText`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RangeEnd {
    /// The first place behind it.
    At(At),
    /// A length, in bytes.
    Length(u64),
    /// All bytes of the named symbol, variable or part of one, or field.
    Whole,
}

impl FromStr for RangeText {
    type Err = NotationError;

    fn from_str(text: &str) -> Result<Self, NotationError> {
        let Some((start, end)) = text.rsplit_once("..") else {
            // Only the dump decides whether the name has a size.
            if let Ok(start @ At::Module(_)) = text.parse() {
                return Ok(RangeText { start, end: RangeEnd::Whole });
            }
            let error = NotationError::usage(text, "is not a range");
            return Err(match ends(text) {
                Some(range) => error.with_hint(format!("write {range}")).with_instead(range),
                None => error.with_hint(format!("write {text}..+LENGTH or {text}..END")),
            });
        };
        if count(end).is_some() && !end.starts_with("0x") && start.starts_with(['0', '@', '[']) {
            return Err(NotationError::usage(text, "has an end that is not a place")
                .with_hint(format!("for a length, write {start}..+{end}"))
                .with_instead(format!("{start}..+{end}")));
        }
        let end = match end.strip_prefix('+') {
            Some(length) => RangeEnd::Length(count(length).ok_or_else(|| {
                let error = NotationError::usage(
                    text,
                    "has a length that is not a number (decimal, or hex after 0x)",
                );
                with_readings(error, length)
            })?),
            None => RangeEnd::At(end.parse()?),
        };
        Ok(RangeText { start: start.parse()?, end })
    }
}

/// The range that `0x1000-0x2000` means, in the system's notation of mappings, with `0x` or without.
fn ends(text: &str) -> Option<String> {
    let (start, end) = text.split_once('-')?;
    let address = |text: &str| {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        u64::from_str_radix(hex_digits(digits)?, 16).ok()
    };
    let (start, end) = (address(start)?, address(end)?);
    (start < end && start > 0xffff).then(|| format!("{start:#x}..{end:#x}"))
}

impl fmt::Display for RangeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.end {
            RangeEnd::At(end) => write!(f, "{}..{end}", self.start),
            RangeEnd::Length(length) => write!(f, "{}..+{length:#x}", self.start),
            RangeEnd::Whole => self.start.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Hint;

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in [
            "0x7ffe1000",
            "@rsp",
            "@rsp+0x8",
            "@rsp-0x10",
            "libc+0x1f0",
            "reg:rip",
            "reg:rip+4",
            "/a/b-1.so",
            "offset:0x10",
            "note.psargs+4",
        ] {
            let at: At = text.parse().unwrap();
            assert_eq!(at.to_string(), text);
        }
        assert_eq!("0x0000_7ffe`1000".parse::<At>().unwrap(), At::Address(0x7ffe_1000));
        assert_eq!("@rsp+8".parse::<At>().unwrap(), At::Register { name: "rsp".into(), offset: 8 });
        assert_eq!("0x1000+32-0x8".parse::<At>().unwrap(), At::Address(0x1018));
        assert_eq!("@rsp+8-24+1".parse::<At>().unwrap(), At::Register { name: "rsp".into(), offset: -15 });
        assert_eq!("@rsp+2*8-2*0x8*2".parse::<At>().unwrap().to_string(), "@rsp-0x10");
        assert_eq!("0x1000+0x10*3".parse::<At>().unwrap(), At::Address(0x1030));
    }

    #[test]
    fn brackets_around_a_place_are_the_pointer_there_and_brackets_of_a_name_stay() {
        for text in ["[@rsp]", "[0x10]", "[@rsp+0x8]-0x10", "[[@rsp]+0x8]+0x10", "[reg:rip+4]", "[[stack]+8]"]
        {
            let at: At = text.parse().unwrap();
            assert!(matches!(at, At::Pointer { .. }), "{text}");
            assert_eq!(at.to_string(), text);
        }
        let at: At = "[@rsp+2*8]+1+2*8-1".parse().unwrap();
        assert_eq!(at.to_string(), "[@rsp+0x10]+0x10");
        for text in ["[stack]", "[stack]+0x20490", "[vdso]", "[anon:x]-1", "[libc+8]+1"] {
            assert_eq!(text.parse::<At>().unwrap(), At::Module(text.to_owned()));
        }
        let deep = |depth: usize| format!("{}0x10{}", "[".repeat(depth), "]".repeat(depth)).parse::<At>();
        assert!(deep(16).is_ok() && deep(17).is_err() && deep(1_000_000).is_err());
    }

    #[test]
    fn bare_digits_are_an_error_with_a_hint() {
        let error = "7ffe1000".parse::<At>().unwrap_err();
        assert_eq!(error.hint(), Some(&Hint::Write("for the address, write 0x7ffe1000".to_owned())));
        let error = "4096".parse::<At>().unwrap_err();
        assert_eq!(error.hint(), Some(&Hint::Write("addresses are hex: 0x1000 is this number".to_owned())));
        let error = "00401000".parse::<At>().unwrap_err();
        assert_eq!(error.hint(), Some(&Hint::Write("for the address, write 0x00401000".to_owned())));
        let error = "4096+8".parse::<At>().unwrap_err();
        assert_eq!(error.instead(), Some("0x1000+8"));
        for (text, instead) in [
            ("0n4096", "0x1000"),
            ("00001000`0014ff28-0x8", "0x00001000`0014ff28-0x8"),
            ("14ff28h", "0x14ff28"),
            ("7ffe1000-7ffe2000", "0x7ffe1000..0x7ffe2000"),
        ] {
            assert_eq!(text.parse::<At>().unwrap_err().instead(), Some(instead), "{text}");
        }
        assert!("7z.dll".parse::<At>().is_ok() && "7z.dll+8".parse::<At>().is_ok());
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
            "@rip-010",
            "0x1000+0010",
            "offset:",
            "offset:-1",
            "offset:x",
            "reg:",
            "reg:rip+-1",
            "@rsp+2*",
            "@rsp+*2",
            "@rsp+2**2",
            "0x1000*2",
            "@rsp+0xffffffffffffffff*0xffffffffffffffff*8",
            "[@rsp",
            "[@rsp]]",
            "[[@rsp]",
            "[@rsp]8",
            "[@rsp]+x",
            "[@rsp]+8x",
            "[@]",
            "[0x]",
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
        for (text, instead) in [
            ("0x1000..16", "0x1000..+16"),
            ("@rsp..8", "@rsp..+8"),
            ("7ffe1000-7ffe2000", "0x7ffe1000..0x7ffe2000"),
            ("0x7ffe1000-0x7ffe2000", "0x7ffe1000..0x7ffe2000"),
        ] {
            assert_eq!(text.parse::<RangeText>().unwrap_err().instead(), Some(instead), "{text}");
        }
        let range: RangeText = "nodes[1].next".parse().unwrap();
        assert_eq!((range.to_string().as_str(), range.end), ("nodes[1].next", RangeEnd::Whole));
        for text in ["0x1000", "0x1000..", "..0x1000", "0x1000..+", "0x1000..+z", "0x1000..20"] {
            assert!(text.parse::<RangeText>().is_err(), "{text}");
        }
    }
}
