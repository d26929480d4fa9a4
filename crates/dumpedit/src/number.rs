//! Numbers as wide as any register: values of registers, and values that must fit into one.

use std::fmt;

/// A register's value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RegisterValue {
    /// Least significant byte first, in any target's order.
    bytes: Vec<u8>,
    bits: u32,
}

impl RegisterValue {
    /// A value from bytes, least significant first.
    pub(crate) fn new(bytes: Vec<u8>, bits: u32) -> Self {
        RegisterValue { bytes, bits }
    }

    /// Width of the register, in bits.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// The value's bytes, least significant first in any target's order.
    pub fn to_le_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The value as a number.
    ///
    /// # Errors
    /// [`ValueError::DoesNotFit`] where it takes more than 64 bits.
    pub fn to_u64(&self) -> Result<u64, ValueError> {
        let (low, high) = self.bytes.split_at_checked(8).unwrap_or((&self.bytes, &[]));
        if high.iter().any(|byte| *byte != 0) {
            return Err(ValueError::DoesNotFit { value: self.to_string(), bits: 64 });
        }
        Ok(low.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }
}

/// `0x` and the digits without leading zeros.
impl fmt::Display for RegisterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(f, &self.bytes)
    }
}

impl fmt::Debug for RegisterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({} bits)", self.bits)
    }
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let mut digits = bytes.iter().rev().skip_while(|byte| **byte == 0);
    match digits.next() {
        None => f.write_str("0x0"),
        Some(first) => {
            write!(f, "{first:#x}")?;
            digits.try_for_each(|byte| write!(f, "{byte:02x}"))
        }
    }
}

/// The reason why a value is not possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The number needs more bits than its place has.
    #[error("{value} does not fit into {bits} {}", if *bits == 1 { "bit" } else { "bits" })]
    DoesNotFit {
        /// The number.
        value: String,
        /// Number of bits of the place.
        bits: u32,
    },
    /// The number has low bits that the register lacks.
    #[error("{value} is not a multiple of {}: the lowest {kept} bits here are not the register's own", 1u64 << kept)]
    LowBits {
        /// The number.
        value: String,
        /// Number of low bits that the register lacks.
        kept: u32,
    },
    /// Raw bytes for a register must have its exact width.
    #[error("{given} bytes were given for a register of {width}")]
    WrongWidth {
        /// Number of bytes given.
        given: usize,
        /// Width of the register, in bytes.
        width: usize,
    },
    /// A pointer's value has bits above the target's pointer width that are not a sign extension.
    #[error("pointer {value:#x} fits the target's {width} bytes neither zero- nor sign-extended")]
    PointerDoesNotFit {
        /// The pointer.
        value: u64,
        /// Pointer width of the target, in bytes.
        width: u8,
    },
    /// A match and its replacement differ in length.
    #[error("the match at {address:#x} has {length} bytes, and its replacement has {given}")]
    WrongLength {
        /// Address of the match.
        address: u64,
        /// Length of the match, in bytes.
        length: u64,
        /// Length of the replacement, in bytes.
        given: u64,
    },
    /// Arithmetic on an address left the address space.
    #[error("{what} lies outside the target's address space")]
    OutsideAddressSpace {
        /// The expression.
        what: String,
    },
    /// Another problem of a value, in words.
    #[error("{0}")]
    Invalid(String),
}

/// A number for a register: of any size and either sign, checked against the register's width when it is set.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number {
    negative: bool,
    /// Least significant byte first, without leading zeros.
    magnitude: Vec<u8>,
}

impl Number {
    /// A number from its magnitude's bytes, least significant first.
    pub fn from_le_bytes(magnitude: &[u8]) -> Self {
        let len = magnitude.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
        Number { negative: false, magnitude: magnitude.get(..len).unwrap_or_default().to_vec() }
    }

    /// A number from any number of hex digits, without prefix.
    pub(crate) fn from_hex(digits: &str) -> Option<Self> {
        let digits: Vec<u8> = digits
            .bytes()
            .rev()
            .map(|digit| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        if digits.is_empty() {
            return None;
        }
        let byte = |pair: &[u8]| pair.iter().rev().fold(0, |byte, digit| byte << 4 | digit);
        Some(Number::from_le_bytes(&digits.chunks(2).map(byte).collect::<Vec<u8>>()))
    }

    /// The same number with the other sign.
    pub fn negated(self) -> Self {
        Number { negative: !self.negative && !self.magnitude.is_empty(), ..self }
    }

    /// The number in `bits` bits, least significant byte first; a negative one as two's complement.
    ///
    /// # Errors
    /// [`ValueError::DoesNotFit`]: a number is never truncated.
    pub fn to_bits(&self, bits: u32) -> Result<Vec<u8>, ValueError> {
        let does_not_fit = || ValueError::DoesNotFit { value: self.to_string(), bits };
        let size = usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX);
        let (low, high) = self.magnitude.split_at_checked(size).unwrap_or((&self.magnitude, &[]));
        if high.iter().any(|byte| *byte != 0) {
            return Err(does_not_fit());
        }
        let mut bytes = low.to_vec();
        bytes.resize(size, 0);
        // Bits of the last byte that belong to the register.
        let top = 0xffu8 >> bits.next_multiple_of(8).saturating_sub(bits);
        if bytes.last().is_some_and(|last| last & !top != 0) {
            return Err(does_not_fit());
        }
        if self.negative {
            let mut carry = true;
            for byte in &mut bytes {
                let (sum, overflow) = (!*byte).overflowing_add(u8::from(carry));
                (*byte, carry) = (sum, overflow);
            }
            let last = bytes.last_mut().ok_or_else(does_not_fit)?;
            *last &= top;
            // The sign bit of a negative number must be set.
            if *last & (top ^ (top >> 1)) == 0 {
                return Err(does_not_fit());
            }
        }
        Ok(bytes)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.negative { "-" } else { "" })?;
        write_hex(f, &self.magnitude)
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

macro_rules! number_from {
    ($($unsigned:ty, $signed:ty;)*) => {$(
        impl From<$unsigned> for Number {
            fn from(value: $unsigned) -> Self {
                Number::from_le_bytes(&value.to_le_bytes())
            }
        }
        impl From<$signed> for Number {
            fn from(value: $signed) -> Self {
                let magnitude = Number::from(value.unsigned_abs());
                if value < 0 { magnitude.negated() } else { magnitude }
            }
        }
    )*};
}

number_from! {
    u8, i8;
    u16, i16;
    u32, i32;
    u64, i64;
    u128, i128;
}

impl From<RegisterValue> for Number {
    fn from(value: RegisterValue) -> Self {
        Number::from_le_bytes(&value.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_fits_exactly_the_widths_that_hold_it() {
        assert_eq!(Number::from(255u8).to_bits(8).unwrap(), [255]);
        assert!(Number::from(256u64).to_bits(8).is_err());
        assert_eq!(Number::from(-1i64).to_bits(16).unwrap(), [255, 255]);
        assert_eq!(Number::from(-128i64).to_bits(8).unwrap(), [0x80]);
        assert!(Number::from(-129i64).to_bits(8).is_err());
        assert_eq!(Number::from(2u8).to_bits(1).unwrap_err().to_string(), "0x2 does not fit into 1 bit");
        assert_eq!(Number::from(1u8).to_bits(1).unwrap(), [1]);
        assert_eq!(Number::from(-1i8).to_bits(2).unwrap(), [3]);
        assert!(Number::from(-3i8).to_bits(2).is_err());
        assert_eq!(Number::from(0i8).negated().to_bits(8).unwrap(), [0]);
        assert_eq!(Number::from(i128::MIN).to_bits(128).unwrap()[15], 0x80);
        assert!(Number::from(i128::MIN).to_bits(127).is_err());
    }

    #[test]
    fn hex_of_any_length_is_read() {
        let number = Number::from_hex("123456789abcdef0112233445566778899").unwrap();
        assert_eq!(number.to_string(), "0x123456789abcdef0112233445566778899");
        assert!(number.to_bits(128).is_err());
        assert_eq!(number.to_bits(136).unwrap().len(), 17);
        assert!(Number::from_hex("").is_none());
        assert!(Number::from_hex("12g").is_none());
    }

    #[test]
    fn a_register_value_is_a_number_while_it_fits() {
        let value = RegisterValue::new(vec![0x34, 0x12, 0, 0, 0, 0, 0, 0, 0, 0], 80);
        assert_eq!(value.to_u64().unwrap(), 0x1234);
        assert_eq!(value.to_string(), "0x1234");
        assert!(RegisterValue::new(vec![1; 10], 80).to_u64().is_err());
    }
}
