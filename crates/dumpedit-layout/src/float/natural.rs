//! Natural numbers of any size, for exact conversions between binary and decimal.

use std::cmp::Ordering;

/// A natural number, the least significant limb first, without a leading zero limb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Natural(Vec<u32>);

fn low(number: u64) -> u32 {
    u32::try_from(number & 0xffff_ffff).unwrap_or(0)
}

impl Natural {
    pub(super) fn of(number: u128) -> Natural {
        let parts = (0..4).map(|at| u32::try_from((number >> (32 * at)) & 0xffff_ffff).unwrap_or(0));
        Natural(parts.collect()).trimmed()
    }

    /// Parses decimal digits; other characters are skipped.
    pub(super) fn of_digits(digits: &str) -> Natural {
        let mut number = Natural(Vec::new());
        for digit in digits.chars().filter_map(|digit| digit.to_digit(10)) {
            number.multiply_and_add(10, digit);
        }
        number
    }

    fn trimmed(mut self) -> Natural {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Number of significant bits.
    pub(super) fn bits(&self) -> i64 {
        let Some(last) = self.0.last() else { return 0 };
        let whole = i64::try_from(self.0.len()).unwrap_or(i64::MAX).saturating_mul(32);
        whole.saturating_sub(last.leading_zeros().into())
    }

    fn multiply_and_add(&mut self, by: u32, more: u32) {
        let mut carry = u64::from(more);
        for part in &mut self.0 {
            let product = u64::from(*part) * u64::from(by) + carry;
            *part = low(product);
            carry = product >> 32;
        }
        if carry > 0 {
            self.0.push(low(carry));
        }
    }

    /// This number times of^exponent.
    pub(super) fn times_power(mut self, of: u32, exponent: u32) -> Natural {
        // Largest power that fits a limb.
        let most = if of < 2 { 1 } else { u32::MAX.ilog(of) };
        let mut left = exponent;
        while left > 0 {
            let by = left.min(most);
            self.multiply_and_add(of.saturating_pow(by), 0);
            left -= by;
        }
        self
    }

    /// Subtracts a number that is not larger; returns whether it did.
    fn take(&mut self, other: &Natural) -> bool {
        if self.compare(other).is_lt() {
            return false;
        }
        let mut borrow = 0;
        for (at, part) in self.0.iter_mut().enumerate() {
            let off = u64::from(other.0.get(at).copied().unwrap_or(0)) + borrow;
            let here = u64::from(*part);
            borrow = u64::from(here < off);
            *part = low((here + (borrow << 32)).wrapping_sub(off));
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        true
    }

    fn halve(&mut self) {
        let mut carry = 0;
        for part in self.0.iter_mut().rev() {
            let next = (*part & 1) << 31;
            *part = (*part >> 1) | carry;
            carry = next;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn compare(&self, other: &Natural) -> Ordering {
        let by_size = self.0.len().cmp(&other.0.len());
        by_size.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Quotient of this number and `by`, at most 127 bits of it, and whether there is a remainder.
    pub(super) fn divided(mut self, by: &Natural) -> (u128, bool) {
        let steps = u32::try_from(self.bits().saturating_sub(by.bits()).clamp(0, 126)).unwrap_or(0);
        let mut shifted = by.clone().times_power(2, steps);
        let mut quotient = 0;
        for _ in 0..=steps {
            quotient = quotient << 1 | u128::from(self.take(&shifted));
            shifted.halve();
        }
        (quotient, !self.is_zero())
    }

    /// Decimal digits, the most significant first; none for zero.
    pub(super) fn digits(mut self) -> Vec<u8> {
        let mut digits = Vec::new();
        while !self.is_zero() {
            let mut rest = 0_u64;
            for part in self.0.iter_mut().rev() {
                let number = (rest << 32) | u64::from(*part);
                *part = low(number / 1_000_000_000);
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
        while digits.last() == Some(&0) {
            digits.pop();
        }
        digits.reverse();
        digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_multiplied_divided_and_written() {
        let text = "123456789012345678901234567890123456789012345678901234567890";
        let number = Natural::of_digits(text);
        let digits: String = number.clone().digits().iter().map(|digit| char::from(b'0' + digit)).collect();
        assert_eq!(digits, text);
        assert_eq!(
            number.clone().times_power(10, 40).divided(&number.times_power(10, 3)),
            (10_u128.pow(37), false)
        );
        assert_eq!(Natural::of(7).divided(&Natural::of(2)), (3, true));
        assert_eq!(Natural::of(1 << 64).divided(&Natural::of(3)), ((1_u128 << 64) / 3, true));
        assert_eq!((Natural::of(0).bits(), Natural::of(1).bits(), Natural::of(1 << 100).bits()), (0, 1, 101));
        assert_eq!(Natural::of(0).digits(), Vec::<u8>::new());
    }
}
