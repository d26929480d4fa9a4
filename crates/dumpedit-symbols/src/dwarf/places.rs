//! The location and the type of a variable.

use gimli::constants;
use gimli::{AttributeValue, Operation};

use super::expressions::operations;
use super::reading::{HOPS, Place, Reading, Unit};
use super::unit::Slice;
use crate::types::{CalculationStep, TypeError, TypeRef, Variable, VariableLocation};

impl Reading {
    pub(super) fn variable(&self, place: &Place, name: &str) -> Result<Variable, TypeError> {
        let Place { unit, entry } = place;
        let mut of = TypeRef::Void;
        let mut constant = None;
        let mut is_external = false;
        let mut from = place.clone();
        for _ in 0..HOPS {
            if of == TypeRef::Void {
                of = self.type_ref(&from.unit, &from.entry, constants::DW_AT_type)?;
            }
            if constant.is_none()
                && let Some(value) = from.entry.value(constants::DW_AT_const_value)
            {
                constant = Some(self.constant(&from.unit, value, &of)?);
            }
            is_external |= from.entry.flag(constants::DW_AT_external);
            let Some(key) = self.completes(&from.unit, &from.entry)? else { break };
            from = self.place(key)?;
        }
        let location = match entry.value(constants::DW_AT_location) {
            Some(AttributeValue::Exprloc(expression)) => match operations(expression, unit) {
                Some(operations) => self.location(unit, &operations)?,
                None => VariableLocation::Computed,
            },
            Some(AttributeValue::LocationListsRef(_) | AttributeValue::DebugLocListsIndex(_)) => {
                VariableLocation::Computed
            }
            _ => constant.map_or(VariableLocation::OptimizedAway, VariableLocation::Value),
        };
        // A variable that was optimized at link time is in a unit without a source file.
        let is_apart = entry.value(constants::DW_AT_abstract_origin).is_some();
        let of_source = if is_apart { &from.unit } else { unit };
        let (language, unit) = (of_source.language, of_source.addresses.name.clone());
        Ok(Variable { name: name.to_owned(), location, of, language, unit, is_external })
    }

    fn location(&self, unit: &Unit, operations: &[Operation<Slice>]) -> Result<VariableLocation, TypeError> {
        if !operations.iter().any(|operation| matches!(operation, Operation::Piece { .. })) {
            return self.unparted(unit, operations);
        }
        let mut parts = Vec::new();
        for part in operations.split_inclusive(|operation| matches!(operation, Operation::Piece { .. })) {
            let Some((Operation::Piece { size_in_bits, bit_offset: None | Some(0) }, before)) =
                part.split_last()
            else {
                return Ok(VariableLocation::Computed);
            };
            if size_in_bits % 8 != 0 {
                return Ok(VariableLocation::Computed);
            }
            parts.push((size_in_bits / 8, self.unparted(unit, before)?));
        }
        Ok(VariableLocation::Parts(parts))
    }

    /// The location of a variable that is not split into parts.
    fn unparted(&self, unit: &Unit, operations: &[Operation<Slice>]) -> Result<VariableLocation, TypeError> {
        if let Some((Operation::StackValue, before)) = operations.split_last() {
            let steps = before.iter().map(|operation| self.step(unit, operation));
            let steps: Option<Vec<_>> = steps.collect::<Result<_, _>>()?;
            return Ok(steps.map_or(VariableLocation::Computed, |steps| {
                VariableLocation::Calculated(steps.into_iter().flatten().collect())
            }));
        }
        let object = &unit.addresses.object;
        let all_ones = match unit.header.encoding.address_size {
            4 => u64::from(u32::MAX),
            _ => u64::MAX,
        };
        let placed = |address: u64| match address.checked_sub(object.base) {
            // Linkers write these addresses for a variable that they removed.
            _ if address == 0 || address >= all_ones - 1 => VariableLocation::OptimizedAway,
            Some(offset) => VariableLocation::Offset(offset),
            None => VariableLocation::Computed,
        };
        Ok(match operations {
            [address @ (Operation::Address { .. } | Operation::AddressIndex { .. })] => {
                self.number(unit, address)?.map_or(VariableLocation::Computed, placed)
            }
            [
                address @ (Operation::Address { .. } | Operation::AddressIndex { .. }),
                Operation::PlusConstant { value },
            ] => match self.number(unit, address)?.and_then(|address| address.checked_add(*value)) {
                Some(address) => placed(address),
                None => VariableLocation::Computed,
            },
            [offset, Operation::TLS] => {
                let offset = self.number(unit, offset)?.map(|number| object.in_thread_local_block(number));
                offset.map_or(VariableLocation::Computed, VariableLocation::ThreadLocal)
            }
            [Operation::ImplicitValue { data }] => {
                use gimli::Reader;
                VariableLocation::Value(data.to_slice().unwrap_or_default().into_owned())
            }
            [] => VariableLocation::OptimizedAway,
            _ => VariableLocation::Computed,
        })
    }

    /// The number that an operation puts on the stack.
    fn number(&self, unit: &Unit, operation: &Operation<Slice>) -> Result<Option<u64>, TypeError> {
        Ok(match operation {
            Operation::Address { address } => Some(*address),
            Operation::AddressIndex { index } | Operation::ConstantIndex { index } => {
                Some(self.address(unit, index.0 as u64)?)
            }
            Operation::UnsignedConstant { value } => Some(*value),
            Operation::SignedConstant { value } => u64::try_from(*value).ok(),
            _ => None,
        })
    }

    /// An operation as steps of a calculation; `None` if the operation is not supported here.
    fn step(
        &self,
        unit: &Unit,
        operation: &Operation<Slice>,
    ) -> Result<Option<Vec<CalculationStep>>, TypeError> {
        let step = match operation {
            Operation::Address { .. } | Operation::AddressIndex { .. } => {
                let base = unit.addresses.object.base;
                let offset = self.number(unit, operation)?.and_then(|address| address.checked_sub(base));
                return Ok(offset.map(|offset| vec![CalculationStep::Address(offset)]));
            }
            Operation::SignedConstant { value } => CalculationStep::Constant(value.cast_unsigned()),
            Operation::UnsignedConstant { .. } | Operation::ConstantIndex { .. } => {
                let number = self.number(unit, operation)?;
                return Ok(number.map(|number| vec![CalculationStep::Constant(number)]));
            }
            Operation::PlusConstant { value } => {
                return Ok(Some(vec![CalculationStep::Constant(*value), CalculationStep::Add]));
            }
            Operation::Deref { size, space: false, .. } if (1..=8).contains(size) => {
                CalculationStep::Read(*size)
            }
            Operation::Plus => CalculationStep::Add,
            Operation::Minus => CalculationStep::Subtract,
            Operation::Mul => CalculationStep::Multiply,
            Operation::And => CalculationStep::And,
            Operation::Or => CalculationStep::Or,
            Operation::Xor => CalculationStep::ExclusiveOr,
            Operation::Shl => CalculationStep::ShiftLeft,
            Operation::Shr => CalculationStep::ShiftRight,
            Operation::Not => CalculationStep::Not,
            Operation::Neg => CalculationStep::Negate,
            _ => return Ok(None),
        };
        Ok(Some(vec![step]))
    }
}
