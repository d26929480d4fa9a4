//! The members of structs, and which of them an enum of Rust has.

use std::ops::RangeInclusive;
use std::sync::Arc;

use dumpedit_layout::ByteOrder;
use gimli::constants;
use gimli::{AttributeValue, Operation, Reader};

use super::convert::PARTS;
use super::expressions::{integer, operations};
use super::name::{Part, joined};
use super::reading::{Place, Reading, Unit};
use super::unit::Entry;
use crate::types::{
    Bits, Keyword, Member, MemberPlace, Shape, StaticMember, TypeError, TypeRef, Variant, Variants,
};

impl Reading {
    pub(super) fn structure(&self, place: &Place, keyword: Keyword) -> Result<Shape, TypeError> {
        let Place { unit, entry } = place;
        if entry.flag(constants::DW_AT_declaration) {
            return Ok(Shape::Declared(keyword));
        }
        let mut members = Vec::new();
        let mut variants = None;
        for child in self.children(place)? {
            match child.tag {
                constants::DW_TAG_member | constants::DW_TAG_inheritance | constants::DW_TAG_variable => {
                    members.push(self.member(place, &child)?);
                }
                constants::DW_TAG_variant_part => {
                    let part = Place { unit: Arc::clone(unit), entry: child };
                    variants = Some(Box::new(self.variants(place, &part)?));
                }
                _ => {}
            }
        }
        Ok(Shape::Struct { keyword, members, variants })
    }

    /// A member, static member or base class of a struct.
    fn member(&self, of: &Place, entry: &Entry) -> Result<Member, TypeError> {
        let unit = &of.unit;
        let base_class = entry.tag == constants::DW_TAG_inheritance;
        let type_ = self.type_ref(unit, entry, constants::DW_AT_type)?;
        let mut name = self.text(unit, entry, constants::DW_AT_name)?.unwrap_or_default();
        if base_class && let TypeRef::Key(key) = type_ {
            let place = self.place(key)?;
            name = joined(&self.full_name(&place, false)?);
        }
        let is_static = entry.tag == constants::DW_TAG_variable
            || entry.flag(constants::DW_AT_declaration)
            || entry.flag(constants::DW_AT_external);
        let place = if is_static && !base_class {
            match entry.value(constants::DW_AT_const_value) {
                Some(value) => MemberPlace::Constant(self.constant(unit, value, &type_)?),
                None => {
                    let mut parts = self.full_name(of, false)?;
                    parts.push(Part { name: name.clone(), optional: false });
                    let symbol = self.linkage_name(unit, entry)?;
                    let entry = Some(unit.key(entry.offset));
                    MemberPlace::Static(StaticMember { name: joined(&parts), symbol, entry })
                }
            }
        } else {
            self.member_place(unit, entry, &type_)?
        };
        Ok(Member { name, of: type_, place, base_class })
    }

    fn member_place(&self, unit: &Unit, entry: &Entry, type_: &TypeRef) -> Result<MemberPlace, TypeError> {
        let unsupported = || TypeError::Unsupported {
            path: unit.source.object.path().to_owned(),
            what: "a member with a computed offset".into(),
        };
        let offset = match entry.value(constants::DW_AT_data_member_location) {
            None => 0,
            Some(AttributeValue::Exprloc(expression)) => {
                match operations(expression, unit).ok_or_else(unsupported)?.as_slice() {
                    [Operation::PlusConstant { value }] => *value,
                    // What the C++ ABI of Itanium has for virtual base classes: the distance stands in the table before the functions.
                    [
                        Operation::Pick { index: 0 },
                        Operation::Deref { .. },
                        Operation::UnsignedConstant { value },
                        Operation::Minus,
                        Operation::Deref { .. },
                        Operation::Plus,
                    ] => {
                        let entry_at = i64::try_from(*value).ok().and_then(|value| value.checked_neg());
                        let entry_at = entry_at.ok_or_else(unsupported)?;
                        return Ok(MemberPlace::VirtualBase { pointer_at: 0, entry_at, entry_size: None });
                    }
                    _ => return Err(unsupported()),
                }
            }
            Some(value) => match value {
                AttributeValue::Sdata(value) => u64::try_from(*value).ok(),
                value => value.udata_value(),
            }
            .ok_or_else(unsupported)?,
        };
        let Some(count) = entry.unsigned(constants::DW_AT_bit_size) else {
            return Ok(MemberPlace::Bytes(offset));
        };
        let byte_order = self.byte_order_of(unit, type_)?;
        let bit_offset = match (
            entry.unsigned(constants::DW_AT_data_bit_offset),
            entry.value(constants::DW_AT_bit_offset),
        ) {
            (Some(bits), _) => Some(bits),
            (None, None) => offset.checked_mul(8),
            // Of DWARF 3 and before: counted from the most significant bit of the number of that size, and may be below 0.
            (None, Some(value)) => {
                let from_top = match value {
                    AttributeValue::Sdata(value) => Some(i128::from(*value)),
                    // Clang writes those below 0 without a sign.
                    value => value.udata_value().map(|bits| i128::from(bits.cast_signed())),
                };
                let size = match entry.unsigned(constants::DW_AT_byte_size) {
                    Some(size) => Some(size),
                    None => self.size_of(type_, 0)?,
                };
                // That number is the target's, also where its type has another byte order.
                let from_start = match unit.source.object.byte_order {
                    ByteOrder::Big => from_top,
                    ByteOrder::Little => size
                        .zip(from_top)
                        .map(|(size, from_top)| i128::from(size) * 8 - from_top - i128::from(count)),
                };
                from_start.and_then(|bits| u64::try_from(i128::from(offset) * 8 + bits).ok())
            }
        };
        let bits = bit_offset.and_then(|bit_offset| Bits::at(bit_offset, count, byte_order));
        let (offset, bits) = bits.ok_or_else(|| unit.damaged(entry, "a bit field has no offset"))?;
        Ok(MemberPlace::Bits { offset, bits })
    }

    fn variants(&self, of: &Place, part: &Place) -> Result<Variants, TypeError> {
        let Place { unit, entry } = part;
        let discriminant = self.refers(unit, entry, constants::DW_AT_discr)?;
        let mut variants = Variants { discriminant: None, arms: Vec::new() };
        for child in self.children(part)? {
            match child.tag {
                constants::DW_TAG_member if Some(unit.key(child.offset)) == discriminant => {
                    variants.discriminant = Some(self.member(of, &child)?);
                }
                constants::DW_TAG_variant => {
                    let values = discriminants(unit, &child)?;
                    let variant = Place { unit: Arc::clone(unit), entry: child };
                    for member in self.children(&variant)? {
                        if member.tag == constants::DW_TAG_member {
                            let member = self.member(of, &member)?;
                            variants.arms.push(Variant { values: values.clone(), member });
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(variants)
    }
}

/// The discriminants that choose a variant: DW_AT_discr_value or DW_AT_discr_list.
fn discriminants(unit: &Unit, entry: &Entry) -> Result<Vec<RangeInclusive<i128>>, TypeError> {
    if let Some(value) = entry.value(constants::DW_AT_discr_value) {
        return Ok(integer(value).map(|value| value..=value).into_iter().collect());
    }
    let Some(AttributeValue::Block(list)) = entry.value(constants::DW_AT_discr_list) else {
        return Ok(Vec::new());
    };
    let mut list = list.clone();
    let mut values = Vec::new();
    let damaged = |_| unit.damaged(entry, "a list of discriminants cannot be read");
    while !list.is_empty() && values.len() < PARTS {
        let kind = constants::DwDsc(list.read_u8().map_err(damaged)?);
        let first = list.read_uleb128().map_err(damaged)?.into();
        let last = match kind {
            constants::DW_DSC_range => list.read_uleb128().map_err(damaged)?.into(),
            _ => first,
        };
        values.push(first..=last);
    }
    Ok(values)
}
