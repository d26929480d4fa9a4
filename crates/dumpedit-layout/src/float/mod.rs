//! Exact conversion of floating-point numbers of every width to text and back.

mod natural;

use std::fmt;

use crate::byte_order::ByteOrder;
use natural::Natural;

/// Largest exponent in computations: far above that of every format.
const MOST_EXPONENT: i64 = 20_000;

/// A floating-point format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FloatFormat {
    /// 2 bytes, IEEE 754.
    Binary16,
    /// 2 bytes with the exponent of [`FloatFormat::Binary32`].
    Bfloat16,
    /// 4 bytes, IEEE 754.
    Binary32,
    /// 8 bytes, IEEE 754.
    Binary64,
    /// 16 bytes, IEEE 754.
    Binary128,
    /// The 10 bytes of x87 registers, in memory with up to 6 more behind them (Intel's manual, volume 1, section 4.2.2).
    X87,
    /// The 12 bytes of the 68881, with 2 unused bytes behind sign and exponent (M68000 family reference manual, section 1.6.2).
    M68881,
}

/// Reason why a text is not a number of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FloatError {
    /// It is not the text of a floating-point number.
    NotANumber,
    /// It is larger than the largest number.
    TooLarge,
    /// It is not zero, and nearer to zero than the smallest number.
    TooSmall,
}

impl fmt::Display for FloatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FloatError::NotANumber => "a floating-point number is expected",
            FloatError::TooLarge => "the number is too large for its format",
            FloatError::TooSmall => "the number is too small for its format",
        })
    }
}

impl std::error::Error for FloatError {}

/// Parameters of a format.
struct Row {
    /// Bits of the exponent.
    exponent: u32,
    /// Bits of the fraction, including an explicit leading bit.
    fraction: u32,
    /// Whether the leading bit is stored.
    explicit: bool,
    /// Digits that tell all numbers apart, as gdb shows them.
    digits: usize,
}

impl FloatFormat {
    fn row(self) -> Row {
        let row = |exponent, fraction, digits| Row { exponent, fraction, explicit: false, digits };
        match self {
            FloatFormat::Binary16 => row(5, 10, 5),
            FloatFormat::Bfloat16 => row(8, 7, 4),
            FloatFormat::Binary32 => row(8, 23, 9),
            FloatFormat::Binary64 => row(11, 52, 17),
            FloatFormat::Binary128 => row(15, 112, 36),
            FloatFormat::X87 | FloatFormat::M68881 => Row { explicit: true, ..row(15, 64, 21) },
        }
    }

    /// The text of a number: `1.5`, `1e+100`, `inf`, `-nan(0x8000000000000)`.
    pub fn shown(self, bytes: &[u8], byte_order: ByteOrder) -> String {
        let row = self.row();
        let Parts { negative, exponent, fraction } = self.parts(bytes, byte_order);
        let all_ones = (1_u32 << row.exponent) - 1;
        let sign = if negative { "-" } else { "" };
        let leading = if row.explicit { 0 } else { row.fraction };
        if exponent == all_ones {
            let fraction = if row.explicit { fraction & mask(63) } else { fraction };
            return match fraction {
                0 => format!("{sign}inf"),
                // gdb shows a stored leading bit, too.
                fraction if row.explicit => format!("{sign}nan({:#x})", fraction | (1 << 63)),
                fraction => format!("{sign}nan({fraction:#x})"),
            };
        }
        let bias = i64::from(all_ones / 2);
        let (mantissa, exponent) = match exponent {
            0 => (fraction, 1 - bias),
            exponent if row.explicit => (fraction, i64::from(exponent) - bias),
            exponent => (fraction | (1 << leading), i64::from(exponent) - bias),
        };
        let exponent = exponent - i64::from(row.behind_point());
        format!("{sign}{}", general(mantissa, exponent, row.digits))
    }

    /// The bytes, `size` of them, of the number nearest to a text: `1.5`, `-1e300`, `inf`, `nan`, `-nan(0x1)`.
    ///
    /// # Errors
    /// [`FloatError`]. A number that would become infinity or zero is an error; rounding is not.
    pub fn encoded(self, text: &str, size: usize, byte_order: ByteOrder) -> Result<Vec<u8>, FloatError> {
        let row = self.row();
        let Written { negative, what } = Written::read(text).ok_or(FloatError::NotANumber)?;
        let all_ones = (1_u32 << row.exponent) - 1;
        let leading = 1_u128 << row.behind_point();
        let explicit = if row.explicit { leading } else { 0 };
        let (exponent, fraction) = match what {
            What::Infinity => (all_ones, explicit),
            What::NotANumber(payload) => {
                let payload = payload.unwrap_or(leading >> 1);
                let (fraction, above) = (payload & (leading - 1), payload >> row.fraction);
                if fraction == 0 || above != 0 {
                    return Err(FloatError::NotANumber);
                }
                (all_ones, fraction | explicit)
            }
            What::Number { digits, exponent } => row.nearest(digits, exponent)?,
        };
        Ok(self.assembled(Parts { negative, exponent, fraction }, size, byte_order))
    }

    fn parts(self, bytes: &[u8], byte_order: ByteOrder) -> Parts {
        let row = self.row();
        let add = |number: u128, byte: &u8| (number << 8) | u128::from(*byte);
        let mut whole = match byte_order {
            ByteOrder::Big => bytes.iter().fold(0, add),
            ByteOrder::Little => bytes.iter().rev().fold(0, add),
        };
        if self == FloatFormat::M68881 {
            whole = (whole >> 80) << 64 | whole & mask(64);
        }
        let rest = whole >> row.fraction;
        Parts {
            negative: rest >> row.exponent & 1 == 1,
            exponent: u32::try_from(rest & mask(row.exponent)).unwrap_or(0),
            fraction: whole & mask(row.fraction),
        }
    }

    fn assembled(self, parts: Parts, size: usize, byte_order: ByteOrder) -> Vec<u8> {
        let row = self.row();
        let mut whole = (u128::from(parts.negative) << (row.exponent + row.fraction))
            | (u128::from(parts.exponent) << row.fraction)
            | parts.fraction & mask(row.fraction);
        if self == FloatFormat::M68881 {
            whole = (whole >> 64) << 80 | whole & mask(64);
        }
        let mut bytes = whole.to_le_bytes().to_vec();
        bytes.resize(size, 0);
        byte_order.reorder(&mut bytes);
        bytes
    }
}

/// Whether a text is a floating-point number.
pub fn is_float(text: &str) -> bool {
    Written::read(text).is_some()
}

struct Parts {
    negative: bool,
    exponent: u32,
    fraction: u128,
}

impl Row {
    /// Bits of the fraction behind the binary point.
    fn behind_point(&self) -> u32 {
        self.fraction - u32::from(self.explicit)
    }

    /// Exponent and fraction of the number nearest to digits * 10^exponent; of two, the even one.
    fn nearest(&self, digits: &str, exponent: i64) -> Result<(u32, u128), FloatError> {
        let number = Natural::of_digits(digits);
        if number.is_zero() {
            return Ok((0, 0));
        }
        let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
        if exponent > MOST_EXPONENT {
            return Err(FloatError::TooLarge);
        }
        if exponent.saturating_add(length) < -MOST_EXPONENT {
            return Err(FloatError::TooSmall);
        }
        let power = u32::try_from(exponent.unsigned_abs()).unwrap_or(0);
        let (number, divisor) = match exponent {
            0.. => (number.times_power(10, power), Natural::of(1)),
            _ => (number, Natural::of(1).times_power(10, power)),
        };
        let all_ones = i64::from((1_u32 << self.exponent) - 1);
        let bias = all_ones / 2;
        let behind = i64::from(self.behind_point());
        // number = quotient * 2^unit, with one or two bits more than fit.
        let unit = number.bits() - divisor.bits() - behind - 2;
        let shift = u32::try_from(unit.unsigned_abs()).unwrap_or(0);
        let (quotient, mut has_rest) = match unit {
            0.. => number.divided(&divisor.times_power(2, shift)),
            _ => number.times_power(2, shift).divided(&divisor),
        };
        // The format's unit at this exponent, which is the same for all subnormal numbers.
        let bits = i64::from(u128::BITS - quotient.leading_zeros());
        let least_unit = 1 - bias - behind;
        let wanted = (unit + bits - 1 - behind).max(least_unit);
        let lost = u32::try_from(wanted - unit).unwrap_or(0);
        if lost > 127 {
            return Err(FloatError::TooSmall);
        }
        let half = (1_u128 << lost) >> 1;
        let rest = quotient & mask(lost);
        let mut mantissa = quotient >> lost;
        has_rest |= rest & !half != 0;
        if rest & half != 0 && (has_rest || mantissa % 2 == 1) {
            mantissa += 1;
        }
        if mantissa == 0 {
            return Err(FloatError::TooSmall);
        }
        let leading = 1_u128 << self.behind_point();
        let mut unit = wanted;
        if mantissa >= leading << 1 {
            mantissa >>= 1;
            unit += 1;
        }
        let exponent = if mantissa < leading { 0 } else { unit + behind + bias };
        if exponent >= all_ones {
            return Err(FloatError::TooLarge);
        }
        let fraction = if self.explicit { mantissa } else { mantissa & !leading };
        Ok((u32::try_from(exponent).unwrap_or(0), fraction))
    }
}

/// A parsed number.
struct Written<'a> {
    negative: bool,
    what: What<'a>,
}

enum What<'a> {
    Infinity,
    /// With the bits in parentheses.
    NotANumber(Option<u128>),
    Number {
        /// Digits, with the point among them.
        digits: &'a str,
        /// The power of ten of the last digit.
        exponent: i64,
    },
}

impl Written<'_> {
    fn read(text: &str) -> Option<Written<'_>> {
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let is_word = |word: &str| text.eq_ignore_ascii_case(word);
        if is_word("inf") || is_word("infinity") {
            return Some(Written { negative, what: What::Infinity });
        }
        if is_word("nan") {
            return Some(Written { negative, what: What::NotANumber(None) });
        }
        if let Some(payload) = text.strip_prefix("nan(0x").and_then(|rest| rest.strip_suffix(')')) {
            let is_hex = payload.bytes().all(|digit| digit.is_ascii_hexdigit());
            let payload = u128::from_str_radix(payload, 16).ok().filter(|_| is_hex)?;
            return Some(Written { negative, what: What::NotANumber(Some(payload)) });
        }
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent_of(exponent)?),
            None => (text, 0),
        };
        let (whole, behind) = digits.split_once('.').unwrap_or((digits, ""));
        let is_digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
        if whole.len() + behind.len() == 0 || !is_digits(whole) || !is_digits(behind) {
            return None;
        }
        let exponent = exponent.saturating_sub(i64::try_from(behind.len()).ok()?);
        Some(Written { negative, what: What::Number { digits, exponent } })
    }
}

fn exponent_of(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().unwrap_or(i64::MAX / 2);
    Some(if negative { -number } else { number })
}

fn mask(bits: u32) -> u128 {
    1_u128.checked_shl(bits).map_or(u128::MAX, |above| above - 1)
}
/// mantissa * 2^exponent with `digits` significant digits, like C's `%g`.
fn general(mantissa: u128, exponent: i64, digits: usize) -> String {
    if mantissa == 0 {
        return "0".into();
    }
    let (text, point) = decimal(mantissa, exponent);
    // The digits without leading zeros; the first one is worth 10^power.
    let first = text.iter().position(|digit| *digit != 0).unwrap_or(0);
    let mut significant: Vec<u8> = text.get(first..).unwrap_or_default().to_vec();
    let mut power = i64::try_from(text.len() - first).unwrap_or(0) - point - 1;
    if significant.len() > digits {
        let rest: Vec<u8> = significant.split_off(digits);
        let half = rest.first().copied().unwrap_or(0).cmp(&5).then_with(|| {
            if rest.iter().skip(1).any(|digit| *digit != 0) {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        });
        let is_odd = significant.last().is_some_and(|digit| digit % 2 == 1);
        if half.is_gt() || half.is_eq() && is_odd {
            let mut carried = true;
            for digit in significant.iter_mut().rev() {
                *digit += 1;
                carried = *digit == 10;
                if !carried {
                    break;
                }
                *digit = 0;
            }
            if carried {
                significant.insert(0, 1);
                significant.truncate(digits);
                power += 1;
            }
        }
    }
    while significant.len() > 1 && significant.last() == Some(&0) {
        significant.pop();
    }
    let text: String = significant.iter().map(|digit| char::from(b'0' + digit)).collect();
    let most = i64::try_from(digits).unwrap_or(17);
    if power < -4 || power >= most {
        let (head, tail) = text.split_at_checked(1).unwrap_or((&text, ""));
        let point = if tail.is_empty() { "" } else { "." };
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{head}{point}{tail}e{sign}{:02}", power.unsigned_abs());
    }
    match usize::try_from(power) {
        Ok(power) if text.len() <= power + 1 => format!("{text:0<width$}", width = power + 1),
        Ok(power) => {
            let (head, tail) = text.split_at_checked(power + 1).unwrap_or((&text, ""));
            format!("{head}.{tail}")
        }
        Err(_) => format!("0.{}{text}", "0".repeat(usize::try_from(-power - 1).unwrap_or(0))),
    }
}

/// The exact decimal digits of mantissa * 2^exponent, and the number of those behind the point.
fn decimal(mut mantissa: u128, mut exponent: i64) -> (Vec<u8>, i64) {
    while exponent < 0 && mantissa.is_multiple_of(2) && mantissa != 0 {
        mantissa >>= 1;
        exponent += 1;
    }
    let steps = u32::try_from(exponent.unsigned_abs()).unwrap_or(0);
    let number = Natural::of(mantissa);
    match exponent {
        0.. => (number.times_power(2, steps).digits(), 0),
        _ => (number.times_power(5, steps).digits(), steps.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITTLE: ByteOrder = ByteOrder::Little;
    const ALL: [(FloatFormat, usize); 8] = [
        (FloatFormat::Binary16, 2),
        (FloatFormat::Bfloat16, 2),
        (FloatFormat::Binary32, 4),
        (FloatFormat::Binary64, 8),
        (FloatFormat::Binary128, 16),
        (FloatFormat::X87, 10),
        (FloatFormat::X87, 16),
        (FloatFormat::M68881, 12),
    ];

    fn of_f64(number: f64) -> String {
        FloatFormat::Binary64.shown(&number.to_le_bytes(), LITTLE)
    }

    #[test]
    fn doubles_are_shown_with_seventeen_digits() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (3.3, "3.2999999999999998"),
            (1e100, "1e+100"),
            (100.0, "100"),
            (1e16, "10000000000000000"),
            (1e17, "1e+17"),
            (0.0001, "0.0001"),
            (0.00001, "1.0000000000000001e-05"),
            (5e-324, "4.9406564584124654e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (0.1 + 0.2, "0.30000000000000004"),
            (9_999_999_999_999_999.0, "10000000000000000"),
        ] {
            assert_eq!(of_f64(number), text);
        }
        assert_eq!(of_f64(f64::from_bits(0xfff8_0000_0000_0000)), "-nan(0x8000000000000)");
        assert_eq!(FloatFormat::Binary32.shown(&1.1_f32.to_be_bytes(), ByteOrder::Big), "1.10000002");
        assert_eq!(FloatFormat::Binary16.shown(&[0, 0x3c], LITTLE), "1");
    }

    #[test]
    fn every_format_takes_back_what_it_shows() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835_u128;
        for (format, size) in ALL {
            for order in [LITTLE, ByteOrder::Big] {
                for _ in 0..60 {
                    seed = seed.wrapping_mul(0xda94_2042_e4dd_58b5).wrapping_add(1);
                    let row = format.row();
                    let mut parts = format.parts(&(seed ^ seed >> 61).to_le_bytes(), LITTLE);
                    if row.explicit && parts.exponent != 0 {
                        parts.fraction |= 1 << 63;
                    }
                    let bytes = format.assembled(parts, size, order);
                    let text = format.shown(&bytes, order);
                    assert_eq!(format.encoded(&text, size, order), Ok(bytes), "{text} in {format:?}");
                }
            }
        }
    }

    #[test]
    fn doubles_and_floats_are_rounded_as_the_standard_library_rounds_them() {
        let mut seed = 1_u64;
        for count in 0..700_i32 {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            let text = format!("{}.{}e{}", seed >> 40, seed & 0xffff, count % 330 - 325);
            let number: f64 = text.parse().unwrap();
            let expected =
                if number == 0.0 { Err(FloatError::TooSmall) } else { Ok(number.to_le_bytes().to_vec()) };
            let expected = if number.is_infinite() { Err(FloatError::TooLarge) } else { expected };
            assert_eq!(FloatFormat::Binary64.encoded(&text, 8, LITTLE), expected, "{text}");
            let number: f32 = text.parse().unwrap();
            if number != 0.0 && number.is_finite() {
                let bytes = FloatFormat::Binary32.encoded(&text, 4, LITTLE);
                assert_eq!(bytes, Ok(number.to_le_bytes().to_vec()), "{text}");
            }
        }
    }

    #[test]
    fn wide_formats_keep_more_than_a_double_holds() {
        let one_tenth = FloatFormat::X87.encoded("1.1", 10, LITTLE).unwrap();
        assert_eq!(one_tenth, [0xcd, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0xcc, 0x8c, 0xff, 0x3f]);
        for (text, shown) in [
            ("1e4000", "9.99999999999999999997e+3999"),
            ("0.1e-4939", "9.99999999996053252001e-4941"),
            ("18446744073709551615", "18446744073709551615"),
        ] {
            let bytes = FloatFormat::X87.encoded(text, 16, LITTLE).unwrap();
            assert_eq!(FloatFormat::X87.shown(&bytes, LITTLE), shown);
        }
        let quad = FloatFormat::Binary128.encoded("1.1", 16, LITTLE).unwrap();
        assert_eq!(FloatFormat::Binary128.shown(&quad, LITTLE), "1.10000000000000000000000000000000008");
        let padded = FloatFormat::M68881.encoded("-1.5", 12, ByteOrder::Big).unwrap();
        assert_eq!(padded, [0xbf, 0xff, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_no_number_of_a_format_is_near_to_is_refused() {
        let bits = |format: FloatFormat, text| format.encoded(text, 8, LITTLE);
        for (format, text, error) in [
            (FloatFormat::Binary64, "1.8e308", FloatError::TooLarge),
            (FloatFormat::Binary64, "1e999999999999999999999", FloatError::TooLarge),
            (FloatFormat::Binary64, "-1e-999999999999999999999", FloatError::TooSmall),
            (FloatFormat::Binary64, "2e-324", FloatError::TooSmall),
            (FloatFormat::Binary16, "65520", FloatError::TooLarge),
            (FloatFormat::Binary32, "nan(0x800000)", FloatError::NotANumber),
        ] {
            assert_eq!(bits(format, text), Err(error), "{text}");
        }
        for text in [
            "",
            "-",
            ".",
            "e5",
            "1e",
            "1e+",
            "1.2.3",
            "0x10",
            "1_0",
            "--1",
            "nan(0x)",
            "nan(0x+1)",
            "infinit",
        ] {
            assert!(!is_float(text), "{text}");
        }
        for text in
            ["1e300", "1E5", "-inf", "nan", "inf", "-nan(0x1)", ".5", "5.", "+1.5", "0e999999999999999999999"]
        {
            assert!(is_float(text) && bits(FloatFormat::Binary64, text).is_ok(), "{text}");
        }
        assert_eq!(
            bits(FloatFormat::Binary16, "65519").map(|bytes| bytes[..2].to_vec()),
            Ok(vec![0xff, 0x7b])
        );
    }
}
