//! DWARF expressions and constants in attributes.

use dumpedit_layout::ByteOrder;
use gimli::{AttributeValue, Operation, Reader};

use super::reading::Unit;
use super::unit::{Slice, Value};
use crate::number::unsigned;

/// The most operations of one expression.
const OPERATIONS: usize = 64;

/// The operations of an expression; `None` if there are too many, or if one cannot be read.
pub(super) fn operations(
    expression: &gimli::Expression<Slice>,
    unit: &Unit,
) -> Option<Vec<Operation<Slice>>> {
    let mut operations = Vec::new();
    let mut input = expression.clone().operations(unit.header.encoding);
    while let Some(operation) = input.next().ok()? {
        if operations.len() >= OPERATIONS {
            return None;
        }
        operations.push(operation);
    }
    Some(operations)
}

/// A constant as an integer. Its form says whether it is signed.
pub(super) fn integer(value: &Value) -> Option<i128> {
    match value {
        AttributeValue::Sdata(value) => Some((*value).into()),
        AttributeValue::Block(block) if block.len() <= 16 => {
            let bytes = block.to_slice().ok()?;
            let order = if block.endian() == gimli::RunTimeEndian::Little {
                ByteOrder::Little
            } else {
                ByteOrder::Big
            };
            Some(unsigned(&bytes, order).cast_signed())
        }
        value => value.udata_value().map(i128::from),
    }
}
