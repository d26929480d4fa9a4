//! The sizes of types in bytes, and the dimensions of arrays.

use std::sync::Arc;

use gimli::constants;

use super::expressions::integer;
use super::reading::{Place, Reading, Unit};
use super::unit::Entry;
use crate::types::{TypeError, TypeRef};

/// The most type references that are followed, and the most dimensions of an array.
const DEPTH: u32 = 64;

impl Reading {
    /// The size of a type in bytes, as far as the units of this file state it without a search.
    pub(super) fn size_of(&self, type_: &TypeRef, depth: u32) -> Result<Option<u64>, TypeError> {
        let key = match type_ {
            TypeRef::Key(key) if depth < DEPTH => *key,
            TypeRef::Known(known) => return Ok(known.size),
            _ => return Ok(None),
        };
        let place = self.place(key)?;
        let Place { unit, entry } = &place;
        if let Some(size) = entry.unsigned(constants::DW_AT_byte_size) {
            return Ok(Some(size));
        }
        let of = || self.type_ref(unit, entry, constants::DW_AT_type);
        match entry.tag {
            constants::DW_TAG_array_type => {
                let mut size = self.size_of(&of()?, depth + 1)?;
                for (_, count) in self.dimensions(&place)? {
                    size = size.zip(count).and_then(|(size, count)| size.checked_mul(count));
                }
                Ok(size)
            }
            constants::DW_TAG_typedef
            | constants::DW_TAG_const_type
            | constants::DW_TAG_volatile_type
            | constants::DW_TAG_restrict_type
            | constants::DW_TAG_atomic_type
            | constants::DW_TAG_template_alias
            | constants::DW_TAG_packed_type
            | constants::DW_TAG_immutable_type
            | constants::DW_TAG_shared_type
            | constants::DW_TAG_subrange_type => self.size_of(&of()?, depth + 1),
            constants::DW_TAG_pointer_type
            | constants::DW_TAG_reference_type
            | constants::DW_TAG_rvalue_reference_type
            | constants::DW_TAG_ptr_to_member_type => Ok(self.pointer_size(unit, entry)?),
            // A type in a type unit.
            _ => match self.refers(unit, entry, constants::DW_AT_signature)? {
                Some(key) => Ok(self.place(key)?.entry.unsigned(constants::DW_AT_byte_size)),
                None => Ok(None),
            },
        }
    }

    /// The size in bytes of a pointer of any kind that has no DW_AT_byte_size.
    pub(super) fn pointer_size(&self, unit: &Unit, entry: &Entry) -> Result<Option<u64>, TypeError> {
        let size = u64::from(unit.header.encoding.address_size);
        let is_to_function = entry.tag == constants::DW_TAG_ptr_to_member_type
            && self.is_function(&self.type_ref(unit, entry, constants::DW_AT_type)?)?;
        // In the Itanium C++ ABI, a pointer to a member function also has the adjustment of `this`.
        Ok(Some(if is_to_function { 2 * size } else { size }))
    }

    pub(super) fn dimensions(&self, place: &Place) -> Result<Vec<(i64, Option<u64>)>, TypeError> {
        let Place { unit, entry } = place;
        let mut dimensions = Vec::new();
        for child in self.children(place)? {
            match child.tag {
                constants::DW_TAG_subrange_type => dimensions.push(dimension(unit, &child)),
                constants::DW_TAG_enumeration_type => {
                    let place = Place { unit: Arc::clone(unit), entry: child };
                    dimensions.push((0, Some(self.children(&place)?.len() as u64)));
                }
                _ => {}
            }
            if dimensions.len() > DEPTH as usize {
                return Err(unit.damaged(entry, "an array has too many dimensions"));
            }
        }
        if dimensions.is_empty() {
            dimensions.push((unit.first_index, None));
        }
        Ok(dimensions)
    }

    fn is_function(&self, type_: &TypeRef) -> Result<bool, TypeError> {
        let TypeRef::Key(key) = type_ else { return Ok(false) };
        Ok(self.place(*key)?.entry.tag == constants::DW_TAG_subroutine_type)
    }
}

/// The first index of an array's dimension, and the number of its elements.
fn dimension(unit: &Unit, entry: &Entry) -> (i64, Option<u64>) {
    let bound = |name| {
        entry.value(name).and_then(integer).and_then(|bound| {
            // A bound with all bits set in an unsigned form is -1.
            i64::try_from(bound).ok().or(u64::try_from(bound).ok().map(u64::cast_signed))
        })
    };
    let first = bound(constants::DW_AT_lower_bound).unwrap_or(unit.first_index);
    let count = match entry.value(constants::DW_AT_count) {
        Some(_) => bound(constants::DW_AT_count).and_then(|count| u64::try_from(count).ok()),
        None => bound(constants::DW_AT_upper_bound)
            .map(|last| u64::try_from(i128::from(last) - i128::from(first) + 1).unwrap_or(0)),
    };
    (first, count)
}
