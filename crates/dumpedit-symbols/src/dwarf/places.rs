//! Where a variable is, and of which type.

use gimli::constants;
use gimli::{AttributeValue, Operation};

use super::expressions::operations;
use super::reading::{HOPS, Place, Reading, Unit};
use super::unit::Slice;
use crate::types::{TypeError, TypeRef, Variable, VariableLocation};

impl Reading {
    pub(super) fn variable(&self, place: &Place, name: &str) -> Result<Variable, TypeError> {
        let Place { unit, entry } = place;
        let mut of = TypeRef::Void;
        let mut constant = None;
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
        // What was optimised while linking is in a unit of no source file.
        let is_apart = entry.value(constants::DW_AT_abstract_origin).is_some();
        let of_source = if is_apart { &from.unit } else { unit };
        let (language, unit) = (of_source.language, of_source.addresses.name.clone());
        Ok(Variable { name: name.to_owned(), location, of, language, unit })
    }

    fn location(&self, unit: &Unit, operations: &[Operation<Slice>]) -> Result<VariableLocation, TypeError> {
        let number = |operation: &Operation<Slice>| {
            Ok::<_, TypeError>(match operation {
                Operation::Address { address } => Some(*address),
                Operation::AddressIndex { index } | Operation::ConstantIndex { index } => {
                    Some(self.address(unit, index.0 as u64)?)
                }
                Operation::UnsignedConstant { value } => Some(*value),
                Operation::SignedConstant { value } => u64::try_from(*value).ok(),
                _ => None,
            })
        };
        let object = &unit.addresses.object;
        let all_ones = match unit.header.encoding.address_size {
            4 => u64::from(u32::MAX),
            _ => u64::MAX,
        };
        let placed = |address: u64| match address.checked_sub(object.base) {
            // What linkers put where the variable is gone.
            _ if address == 0 || address >= all_ones - 1 => VariableLocation::OptimizedAway,
            Some(offset) => VariableLocation::Offset(offset),
            None => VariableLocation::Computed,
        };
        Ok(match operations {
            [Operation::Address { .. } | Operation::AddressIndex { .. }] => {
                match operations.first().map(number) {
                    Some(address) => address?.map_or(VariableLocation::Computed, placed),
                    None => VariableLocation::Computed,
                }
            }
            [
                address @ (Operation::Address { .. } | Operation::AddressIndex { .. }),
                Operation::PlusConstant { value },
            ] => match number(address)?.and_then(|address| address.checked_add(*value)) {
                Some(address) => placed(address),
                None => VariableLocation::Computed,
            },
            [offset, Operation::TLS] => {
                number(offset)?.map_or(VariableLocation::Computed, VariableLocation::ThreadLocal)
            }
            [Operation::ImplicitValue { data }] => {
                use gimli::Reader;
                VariableLocation::Value(data.to_slice().unwrap_or_default().into_owned())
            }
            [] => VariableLocation::OptimizedAway,
            _ => VariableLocation::Computed,
        })
    }
}
