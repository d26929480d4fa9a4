//! Values that compilers keep in another form than their type's, and how they follow from memory.

/// A step of the calculation of a value, on a stack of numbers, as DWARF has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CalculationStep {
    /// A number.
    Constant(u64),
    /// The address so many bytes from where the module begins.
    Address(u64),
    /// The number of so many bytes at the address on top.
    Read(u8),
    /// The sum of the last two.
    Add,
    /// The last but one less the last.
    Subtract,
    /// The product of the last two.
    Multiply,
    /// The bits that the last two have both.
    And,
    /// The bits that one of the last two has.
    Or,
    /// The bits that only one of the last two has.
    ExclusiveOr,
    /// The last but one, moved up by the last.
    ShiftLeft,
    /// The last but one, moved down by the last.
    ShiftRight,
    /// All bits of the last turned.
    Not,
    /// The last with the other sign.
    Negate,
}

/// The number that steps lead to in a module that begins at `base`; `read` reads a number of so many bytes at an address.
///
/// # Errors
/// The address that could not be read; none where the steps lead to no number.
pub fn calculated(
    steps: &[CalculationStep],
    base: u64,
    read: impl Fn(u64, u8) -> Option<u64>,
) -> Result<u64, Option<u64>> {
    let mut stack: Vec<u64> = Vec::new();
    for step in steps {
        let mut pop = || stack.pop().ok_or(None);
        let number = match step {
            CalculationStep::Constant(number) => *number,
            CalculationStep::Address(offset) => base.wrapping_add(*offset),
            CalculationStep::Read(size) => {
                let address = pop()?;
                read(address, *size).ok_or(Some(address))?
            }
            CalculationStep::Not => !pop()?,
            CalculationStep::Negate => pop()?.wrapping_neg(),
            two => {
                let (last, before) = (pop()?, pop()?);
                let by = u32::try_from(last).unwrap_or(u32::MAX);
                match two {
                    CalculationStep::Add => before.wrapping_add(last),
                    CalculationStep::Subtract => before.wrapping_sub(last),
                    CalculationStep::Multiply => before.wrapping_mul(last),
                    CalculationStep::And => before & last,
                    CalculationStep::Or => before | last,
                    CalculationStep::ExclusiveOr => before ^ last,
                    CalculationStep::ShiftLeft => before.checked_shl(by).unwrap_or(0),
                    _ => before.checked_shr(by).unwrap_or(0),
                }
            }
        };
        stack.push(number);
    }
    stack.pop().ok_or(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_follows_from_what_is_in_memory() {
        use CalculationStep::{Add, Address, Constant, Multiply, Read};
        let steps = [Address(0x10), Read(1), Constant(5), Multiply, Constant(2), Add];
        let read = |address: u64, size: u8| (address == 0x1010 && size == 1).then_some(3);
        assert_eq!(calculated(&steps, 0x1000, read), Ok(17));
        assert_eq!(calculated(&steps, 0x2000, read), Err(Some(0x2010)));
        assert_eq!(calculated(&[Add], 0, read), Err(None));
    }
}
