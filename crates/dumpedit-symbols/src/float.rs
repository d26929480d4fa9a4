//! Floating-point numbers of every width as text and back, exactly.

use dumpedit_layout::ByteOrder;

use crate::number::{bytes, unsigned};

/// How a kind of floating-point number is laid out.
struct Format {
    /// The bits of the exponent.
    exponent: u32,
    /// The bits of the fraction, an explicit leading bit among them.
    fraction: u32,
    /// That the leading bit stands in the number, as x87's does.
    explicit: bool,
    /// How many digits tell all numbers apart, as gdb shows them.
    digits: usize,
}

/// The format of a size in bytes: IEEE 754's binary16, binary32, binary64 and binary128, and x87's of 10 bytes in 10, 12 or 16.
fn format(size: usize, is_x87: bool) -> Option<Format> {
    let format = |exponent, fraction, digits| Format { exponent, fraction, explicit: false, digits };
    Some(match size {
        2 => format(5, 10, 5),
        4 => format(8, 23, 9),
        8 => format(11, 52, 17),
        10 | 12 => Format { exponent: 15, fraction: 64, explicit: true, digits: 21 },
        16 if is_x87 => Format { exponent: 15, fraction: 64, explicit: true, digits: 21 },
        16 => format(15, 112, 36),
        _ => return None,
    })
}

/// The bytes of a number as text: `1.5`, `1e+100`, `inf`, `-nan(0x8000000000000)`. `None` for a size that no format has.
pub(crate) fn shown(number: &[u8], byte_order: ByteOrder, is_x87: bool) -> Option<String> {
    let format = format(number.len(), is_x87)?;
    let (negative, exponent, fraction) = taken_apart(number, byte_order, &format);
    let all_ones = (1_u32 << format.exponent) - 1;
    let sign = if negative { "-" } else { "" };
    let leading = if format.explicit { 0 } else { format.fraction };
    if exponent == all_ones {
        let fraction = if format.explicit { fraction & crate::number::mask(63) } else { fraction };
        return Some(match fraction {
            0 => format!("{sign}inf"),
            // Of x87's numbers gdb shows the leading bit too.
            fraction if format.explicit => format!("{sign}nan({:#x})", fraction | (1 << 63)),
            fraction => format!("{sign}nan({fraction:#x})"),
        });
    }
    let bias = i64::from(all_ones / 2);
    let (mantissa, exponent) = match exponent {
        0 => (fraction, 1 - bias),
        exponent if format.explicit => (fraction, i64::from(exponent) - bias),
        exponent => (fraction | (1 << leading), i64::from(exponent) - bias),
    };
    let below = if format.explicit { i64::from(format.fraction) - 1 } else { i64::from(format.fraction) };
    Some(format!("{sign}{}", general(mantissa, exponent - below, format.digits)))
}

fn taken_apart(number: &[u8], byte_order: ByteOrder, format: &Format) -> (bool, u32, u128) {
    let whole = unsigned(number, byte_order);
    let fraction = whole & crate::number::mask(format.fraction);
    let rest = whole >> format.fraction;
    let exponent = u32::try_from(rest & crate::number::mask(format.exponent)).unwrap_or(0);
    (rest >> format.exponent & 1 == 1, exponent, fraction)
}

/// mantissa * 2^exponent with so many significant digits, as C's `%g` has it.
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

/// The exact decimal digits of mantissa * 2^exponent, and how many of them stand behind the point.
fn decimal(mantissa: u128, exponent: i64) -> (Vec<u8>, i64) {
    let mut number = Big::of(mantissa);
    let mut exponent = exponent;
    while exponent < 0 && number.is_even() {
        number.halve();
        exponent += 1;
    }
    let steps = u32::try_from(exponent.unsigned_abs()).unwrap_or(0).min(20_000);
    let (factor, power) = if exponent < 0 { (5_u32, 13) } else { (2, 31) };
    let mut left = steps;
    while left > 0 {
        let by = left.min(power);
        number.multiply(factor.pow(by));
        left -= by;
    }
    (number.digits(), if exponent < 0 { steps.into() } else { 0 })
}

/// A natural number, the least significant part first.
struct Big(Vec<u32>);

impl Big {
    fn of(number: u128) -> Big {
        let part = |at: u32| u32::try_from((number >> (32 * at)) & 0xffff_ffff).unwrap_or(0);
        Big((0..4).map(part).collect())
    }

    fn is_even(&self) -> bool {
        self.0.first().is_none_or(|part| part % 2 == 0)
    }

    fn halve(&mut self) {
        let mut carry = 0;
        for part in self.0.iter_mut().rev() {
            let next = (*part & 1) << 31;
            *part = (*part >> 1) | carry;
            carry = next;
        }
    }

    fn multiply(&mut self, by: u32) {
        let mut carry = 0_u64;
        for part in &mut self.0 {
            let product = u64::from(*part) * u64::from(by) + carry;
            *part = u32::try_from(product & 0xffff_ffff).unwrap_or(0);
            carry = product >> 32;
        }
        if carry > 0 {
            self.0.push(u32::try_from(carry).unwrap_or(0));
        }
    }

    fn digits(mut self) -> Vec<u8> {
        let mut digits = Vec::new();
        while self.0.iter().any(|part| *part != 0) {
            let mut rest = 0_u64;
            for part in self.0.iter_mut().rev() {
                let number = (rest << 32) | u64::from(*part);
                *part = u32::try_from(number / 1_000_000_000).unwrap_or(0);
                rest = number % 1_000_000_000;
            }
            while self.0.last() == Some(&0) {
                self.0.pop();
            }
            for _ in 0..9 {
                digits.push(u8::try_from(rest % 10).unwrap_or(0));
                rest /= 10;
            }
        }
        digits.reverse();
        digits
    }
}

/// The bytes of a number in the format of a size. `None` where the format has none so large, or there is no such format.
pub(crate) fn encoded(number: f64, size: usize, byte_order: ByteOrder, is_x87: bool) -> Option<Vec<u8>> {
    let target = format(size, is_x87)?;
    if size == 8 {
        return Some(bytes(number.to_bits().into(), 8, byte_order));
    }
    if size == 4 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "rounded to the nearest float, and checked for infinity"
        )]
        let narrow = number as f32;
        return (narrow.is_infinite() == number.is_infinite())
            .then(|| bytes(narrow.to_bits().into(), 4, byte_order));
    }
    let bits = number.to_bits();
    let (negative, exponent, fraction) =
        taken_apart(&bits.to_le_bytes(), ByteOrder::Little, &format(8, false)?);
    let all_ones = (1_u32 << target.exponent) - 1;
    let bias = i64::from(all_ones / 2);
    // The fraction with its leading bit at bit 63.
    let (mut mantissa, mut power) = match exponent {
        0 => (fraction, -1022),
        exponent => (fraction | 1 << 52, i64::from(exponent) - 1023),
    };
    let below = target.fraction - u32::from(target.explicit);
    let assembled = |exponent: u32, fraction: u128| {
        let whole = (u128::from(negative) << (target.exponent + target.fraction))
            | (u128::from(exponent) << target.fraction)
            | fraction & crate::number::mask(target.fraction);
        bytes(whole, size, byte_order)
    };
    let leading = 1_u128 << below;
    if exponent == 2047 {
        let shifted = if below >= 52 { fraction << (below - 52) } else { fraction >> (52 - below) };
        let quiet = if fraction != 0 && shifted == 0 { 1 } else { shifted };
        return Some(assembled(all_ones, quiet | if target.explicit { leading } else { 0 }));
    }
    if mantissa == 0 {
        return Some(assembled(0, 0));
    }
    while mantissa < 1 << 52 {
        mantissa <<= 1;
        power -= 1;
    }
    if below >= 52 {
        mantissa <<= below - 52;
    } else {
        // Rounded to the nearest, as binary16 needs; what is below its normal numbers loses more bits.
        let mut lost = 52 - below;
        if power < 1 - bias {
            lost += u32::try_from(1 - bias - power).unwrap_or(64).min(60);
            power = 1 - bias;
        }
        let half = 1_u128 << (lost - 1);
        let rest = mantissa & crate::number::mask(lost);
        mantissa >>= lost;
        if rest > half || rest == half && mantissa % 2 == 1 {
            mantissa += 1;
        }
        if mantissa >= leading << 1 {
            mantissa >>= 1;
            power += 1;
        }
    }
    let exponent = if mantissa < leading { 0 } else { u32::try_from(power + bias).ok()? };
    if exponent >= all_ones {
        return None;
    }
    let fraction = if target.explicit { mantissa } else { mantissa & !leading };
    Some(assembled(exponent, fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_f64(number: f64) -> String {
        shown(&number.to_le_bytes(), ByteOrder::Little, false).unwrap()
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
        assert_eq!(shown(&1.1_f32.to_be_bytes(), ByteOrder::Big, false).unwrap(), "1.10000002");
        assert_eq!(shown(&[0, 0x3c], ByteOrder::Little, false).unwrap(), "1");
        assert_eq!(shown(&[0; 3], ByteOrder::Little, false), None);
    }

    #[test]
    fn every_width_takes_and_gives_back_what_a_double_holds() {
        for number in [0.0, -1.5, 65504.0, 0.000_061_035_156_25, 5.960_464_477_539_063e-8, 1024.25] {
            for (size, x87) in
                [(2, false), (4, false), (8, false), (10, true), (12, true), (16, true), (16, false)]
            {
                for order in [ByteOrder::Little, ByteOrder::Big] {
                    let bytes = encoded(number, size, order, x87).unwrap();
                    let back: f64 = shown(&bytes, order, x87).unwrap().parse().unwrap();
                    let near = (back - number).abs() <= number.abs() / 1000.0;
                    assert!(near, "{number} in {size} bytes is {back}");
                }
            }
        }
        assert_eq!(encoded(1e6, 2, ByteOrder::Little, false), None);
        assert_eq!(encoded(1e300, 4, ByteOrder::Little, false), None);
        assert_eq!(encoded(65520.0, 2, ByteOrder::Little, false), None);
        let largest = encoded(65519.0, 2, ByteOrder::Little, false);
        assert_eq!(largest, Some(vec![0xff, 0x7b]));
    }
}
