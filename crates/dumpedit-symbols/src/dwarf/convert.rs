//! The types that debugging information entries (DIEs) describe, as the types that all readers share.

use std::sync::{Arc, PoisonError};

use dumpedit_layout::ByteOrder;
use gimli::constants::{self, DwAt};
use gimli::{AttributeValue, Reader};

use super::expressions::integer;
use super::name::{Part, joined};
use super::reading::{Place, Reading, TYPES, Unit};
use super::unit::{Entry, Value, Want};
use crate::number::bytes;
use crate::spelling::with_number_types;
use crate::types::{Base, Keyword, Language, PointerKind, Qualifier, Shape, TypeError, TypeRef, ValueType};

/// The most members, enumerators or dimensions of one type.
pub(super) const PARTS: usize = 1 << 16;
/// The most references that are followed to find a number type.
const DEPTH: u32 = 64;

impl Reading {
    /// The type of a key.
    pub(super) fn read_type(&self, key: u64) -> Result<Arc<ValueType>, TypeError> {
        {
            let types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = types.get(&key) {
                return Ok(Arc::clone(known));
            }
        }
        let place = self.place(key)?;
        let type_ = Arc::new(self.type_of(&place)?);
        let mut types = self.types.lock().unwrap_or_else(PoisonError::into_inner);
        if types.len() >= TYPES {
            types.clear();
        }
        types.insert(key, Arc::clone(&type_));
        Ok(type_)
    }

    /// The type that an attribute refers to.
    pub(super) fn type_ref(&self, unit: &Unit, entry: &Entry, name: DwAt) -> Result<TypeRef, TypeError> {
        Ok(self.refers(unit, entry, name)?.map_or(TypeRef::Void, TypeRef::Key))
    }

    /// The type that a DIE describes.
    pub(super) fn type_of(&self, place: &Place) -> Result<ValueType, TypeError> {
        let Place { unit, entry } = place;
        let of = || self.type_ref(unit, entry, constants::DW_AT_type);
        let mut size = entry.unsigned(constants::DW_AT_byte_size);
        let name = if entry.tag == constants::DW_TAG_base_type {
            with_number_types(&self.text(unit, entry, constants::DW_AT_name)?.unwrap_or_default())
        } else if entry.value(constants::DW_AT_name).is_some() && entry.tag != constants::DW_TAG_subprogram {
            let name = joined(&self.full_name(place, false)?);
            if unit.language == Language::Rust { name } else { with_number_types(&name) }
        } else {
            String::new()
        };
        let pointer = |kind| Ok::<_, TypeError>(Shape::Pointer { to: of()?, kind });
        let qualified = |qualifier| Ok::<_, TypeError>(Shape::Qualified { of: of()?, qualifier });
        let shape = match entry.tag {
            constants::DW_TAG_base_type => Shape::Base(base(entry, size)),
            // A variable of the type `std::nullptr_t` is an address like any other.
            constants::DW_TAG_unspecified_type
                if name.ends_with("nullptr_t") || name == "decltype(nullptr)" =>
            {
                Shape::Pointer { to: TypeRef::Void, kind: PointerKind::Pointer }
            }
            constants::DW_TAG_unspecified_type => Shape::Void,
            constants::DW_TAG_pointer_type => pointer(PointerKind::Pointer)?,
            constants::DW_TAG_reference_type => pointer(PointerKind::Reference)?,
            constants::DW_TAG_rvalue_reference_type => pointer(PointerKind::RvalueReference)?,
            constants::DW_TAG_ptr_to_member_type => {
                let class = self.type_ref(unit, entry, constants::DW_AT_containing_type)?;
                Shape::MemberPointer { class, to: of()? }
            }
            constants::DW_TAG_const_type => qualified(Qualifier::Const)?,
            constants::DW_TAG_volatile_type => qualified(Qualifier::Volatile)?,
            constants::DW_TAG_restrict_type => qualified(Qualifier::Restrict)?,
            constants::DW_TAG_atomic_type => qualified(Qualifier::Atomic)?,
            constants::DW_TAG_typedef | constants::DW_TAG_template_alias => Shape::Typedef(of()?),
            // These types differ from the type they refer to only in what memory does not show.
            constants::DW_TAG_packed_type
            | constants::DW_TAG_immutable_type
            | constants::DW_TAG_shared_type
            | constants::DW_TAG_subrange_type => Shape::Typedef(of()?),
            constants::DW_TAG_array_type => return self.array(place, size),
            constants::DW_TAG_structure_type | constants::DW_TAG_interface_type => {
                self.structure(place, Keyword::Struct)?
            }
            constants::DW_TAG_class_type => self.structure(place, Keyword::Class)?,
            constants::DW_TAG_union_type => self.structure(place, Keyword::Union)?,
            constants::DW_TAG_enumeration_type => self.enumeration(place)?,
            constants::DW_TAG_subroutine_type | constants::DW_TAG_subprogram => self.function(place)?,
            tag => return Err(unit.damaged(entry, &format!("{tag} is used as a type"))),
        };
        // gcc does not mark such a type as a declaration.
        let is_struct = matches!(shape, Shape::Declared(_) | Shape::Struct { .. } | Shape::Enum { .. });
        if is_struct
            && let Some(AttributeValue::DebugTypesRef(_)) = entry.value(constants::DW_AT_signature)
            && let Some(key) = self.refers(unit, entry, constants::DW_AT_signature)?
            && key != place.key()
        {
            // The type is in a type unit, where it has its full name as well.
            return Ok(ValueType::clone(&*self.read_type_once(key)?));
        }
        if size.is_none() && matches!(shape, Shape::Pointer { .. } | Shape::MemberPointer { .. }) {
            size = self.pointer_size(unit, entry)?;
        }
        Ok(ValueType { byte_order: other_byte_order(place), ..ValueType::new(name, size, shape) })
    }

    /// A type whose DIE has no signature, so that damaged signatures cannot form a cycle.
    fn read_type_once(&self, key: u64) -> Result<Arc<ValueType>, TypeError> {
        let place = self.place(key)?;
        if place.entry.value(constants::DW_AT_signature).is_some() {
            return Err(place
                .unit
                .damaged(&place.entry, "the signature of a type points to another signature"));
        }
        self.read_type(key)
    }

    /// The byte order of a number of a type. Typedefs and qualifiers are followed.
    pub(super) fn byte_order_of(&self, unit: &Unit, type_: &TypeRef) -> Result<ByteOrder, TypeError> {
        let mut type_ = type_.clone();
        for _ in 0..DEPTH {
            let TypeRef::Key(key) = type_ else { break };
            let place = self.place(key)?;
            if let Some(order) = other_byte_order(&place) {
                return Ok(order);
            }
            type_ = self.type_ref(&place.unit, &place.entry, constants::DW_AT_type)?;
        }
        Ok(unit.source.object.byte_order)
    }

    /// The direct children of a DIE.
    pub(super) fn children(&self, place: &Place) -> Result<Vec<Entry>, TypeError> {
        let Place { unit, entry } = place;
        let mut children = Vec::new();
        if !entry.has_children {
            return Ok(children);
        }
        let mut cursor = unit.source.cursor(&unit.header, entry.offset)?;
        cursor.next(|_| Want::Tag)?;
        while let Some(child) = cursor.next(|_| Want::Attributes)? {
            if child.depth != 1 {
                continue;
            }
            cursor.skip_children(&child);
            children.push(child);
            if children.len() > PARTS {
                return Err(unit.damaged(entry, "a type has too many parts"));
            }
        }
        Ok(children)
    }

    fn array(&self, place: &Place, size: Option<u64>) -> Result<ValueType, TypeError> {
        let Place { unit, entry } = place;
        let mut element = self.type_ref(unit, entry, constants::DW_AT_type)?;
        let mut element_size = self.size_of(&element, 0)?;
        if let (Some(stride), Some(known)) = (entry.unsigned(constants::DW_AT_byte_stride), element_size)
            && stride != known
        {
            return Err(TypeError::Unsupported {
                path: unit.source.object.path().to_owned(),
                what: "an array with gaps between its elements".into(),
            });
        }
        let mut built = None;
        for (first, count) in self.dimensions(place)?.into_iter().rev() {
            let size = element_size.zip(count).and_then(|(size, count)| size.checked_mul(count));
            let type_ = ValueType::new("", size, Shape::Array { element, first, count });
            element = TypeRef::Known(Arc::new(type_.clone()));
            element_size = size;
            built = Some(type_);
        }
        let mut type_ = built.ok_or_else(|| unit.damaged(entry, "an array has no dimensions"))?;
        type_.size = type_.size.or(size);
        Ok(type_)
    }

    fn enumeration(&self, place: &Place) -> Result<Shape, TypeError> {
        let Place { unit, entry } = place;
        if entry.flag(constants::DW_AT_declaration) {
            return Ok(Shape::Declared(Keyword::Enum));
        }
        let mut scope = self.full_name(place, false)?;
        if !entry.flag(constants::DW_AT_enum_class) {
            scope.pop();
        }
        let mut values = Vec::new();
        for child in self.children(place)? {
            if child.tag == constants::DW_TAG_enumerator
                && let Some(value) = child.value(constants::DW_AT_const_value).and_then(integer)
            {
                let name = self.text(unit, &child, constants::DW_AT_name)?.unwrap_or_default();
                let mut parts = scope.clone();
                parts.push(Part { name, optional: false });
                values.push((joined(&parts), value));
            }
        }
        let underlying = self.type_ref(unit, entry, constants::DW_AT_type)?;
        let mut base = Base::Unsigned;
        if values.iter().any(|(_, value)| *value < 0) {
            base = Base::Signed;
        }
        if let Some(known) = self.base_of(&underlying)? {
            base = known;
        }
        Ok(Shape::Enum { base, values })
    }

    /// The kind of number that a type is; `None` if it is not a number. Typedefs and qualifiers are followed.
    fn base_of(&self, type_: &TypeRef) -> Result<Option<Base>, TypeError> {
        let mut type_ = type_.clone();
        for _ in 0..DEPTH {
            if type_ == TypeRef::Void {
                break;
            }
            let TypeRef::Key(key) = type_ else { break };
            let place = self.place(key)?;
            if place.entry.tag == constants::DW_TAG_base_type {
                return Ok(Some(base(&place.entry, None)));
            }
            type_ = self.type_ref(&place.unit, &place.entry, constants::DW_AT_type)?;
        }
        Ok(None)
    }

    fn function(&self, place: &Place) -> Result<Shape, TypeError> {
        let Place { unit, entry } = place;
        let mut parameters = Vec::new();
        let mut variadic = unit.language == Language::C && !entry.flag(constants::DW_AT_prototyped);
        for child in self.children(place)? {
            match child.tag {
                constants::DW_TAG_formal_parameter => {
                    parameters.push(self.type_ref(unit, &child, constants::DW_AT_type)?);
                }
                constants::DW_TAG_unspecified_parameters => variadic = true,
                _ => {}
            }
        }
        Ok(Shape::Function {
            returns: self.type_ref(unit, entry, constants::DW_AT_type)?,
            parameters,
            variadic,
        })
    }

    /// The bytes of a constant of a type.
    pub(super) fn constant(&self, unit: &Unit, value: &Value, type_: &TypeRef) -> Result<Vec<u8>, TypeError> {
        let byte_order = unit.source.object.byte_order;
        match value {
            AttributeValue::Block(block) => Ok(block.to_slice().unwrap_or_default().into_owned()),
            AttributeValue::String(_)
            | AttributeValue::DebugStrRef(_)
            | AttributeValue::DebugStrOffsetsIndex(_) => {
                let mut bytes = self.string(unit, value)?.unwrap_or_default().into_bytes();
                bytes.push(0);
                Ok(bytes)
            }
            value => {
                let number = integer(value).unwrap_or_default().cast_unsigned();
                let size = self.size_of(type_, 0)?.filter(|size| *size <= 16).unwrap_or(8);
                Ok(bytes(number, usize::try_from(size).unwrap_or(8), byte_order))
            }
        }
    }
}

/// A type's own byte order, if it differs from the target's.
fn other_byte_order(place: &Place) -> Option<ByteOrder> {
    let order = match place.entry.value(constants::DW_AT_endianity)? {
        AttributeValue::Endianity(constants::DW_END_big) => ByteOrder::Big,
        AttributeValue::Endianity(constants::DW_END_little) => ByteOrder::Little,
        _ => return None,
    };
    Some(order).filter(|order| *order != place.unit.source.object.byte_order)
}

fn base(entry: &Entry, size: Option<u64>) -> Base {
    let Some(AttributeValue::Encoding(encoding)) = entry.value(constants::DW_AT_encoding) else {
        return Base::Other;
    };
    match *encoding {
        constants::DW_ATE_signed => Base::Signed,
        constants::DW_ATE_unsigned | constants::DW_ATE_address => Base::Unsigned,
        constants::DW_ATE_boolean => Base::Boolean,
        constants::DW_ATE_float => Base::Float,
        constants::DW_ATE_complex_float => Base::Complex,
        // A character type of several bytes is a number, except for those of Unicode.
        constants::DW_ATE_signed_char if size.is_none_or(|size| size == 1) => {
            Base::Character { signed: true }
        }
        constants::DW_ATE_unsigned_char if size.is_none_or(|size| size == 1) => {
            Base::Character { signed: false }
        }
        constants::DW_ATE_signed_char => Base::Signed,
        constants::DW_ATE_unsigned_char => Base::Unsigned,
        constants::DW_ATE_UTF | constants::DW_ATE_UCS | constants::DW_ATE_ASCII => {
            Base::Character { signed: false }
        }
        _ => Base::Other,
    }
}
