//! Values that compilers keep in another form than their type's, and their calculation from memory.

/// A step in the calculation of a value. As in DWARF, steps work on a stack of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CalculationStep {
    /// A number.
    Constant(u64),
    /// The address at an offset in bytes from the module's base.
    Address(u64),
    /// Reads the number of this many bytes at the address on top of the stack.
    Read(u8),
    /// The sum of the last two.
    Add,
    /// The second number from the top minus the top one.
    Subtract,
    /// The product of the last two.
    Multiply,
    /// The bitwise and of the last two.
    And,
    /// The bitwise or of the last two.
    Or,
    /// The bitwise exclusive or of the last two.
    ExclusiveOr,
    /// The second number from the top, shifted left by the top one.
    ShiftLeft,
    /// The second number from the top, shifted right by the top one.
    ShiftRight,
    /// The last with all bits inverted.
    Not,
    /// The last with its sign changed.
    Negate,
}

/// The result of the steps in a module with this `base` address. `read` reads a number of a size in bytes at an
/// address.
///
/// # Errors
/// The address that could not be read, or `None` if the steps have no result.
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
