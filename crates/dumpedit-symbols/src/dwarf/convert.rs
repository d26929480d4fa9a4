//! Entries of types as neutral types.

use std::ops::RangeInclusive;
use std::sync::{Arc, PoisonError};

use dumpedit_layout::ByteOrder;
use gimli::constants::{self, DwAt};
use gimli::{AttributeValue, Operation, Reader};

use super::name::{Part, joined, with_number_types};
use super::reading::{Place, Reading, TYPES, Unit};
use super::unit::{Entry, Slice, Value, Want};
use crate::number::{bytes, unsigned};
use crate::types::{
    Base, Bits, Keyword, Language, Member, MemberPlace, PointerKind, Qualifier, Shape, Type, TypeError,
    TypeRef, Variant, Variants,
};

/// The most members, values or dimensions of one type.
const PARTS: usize = 1 << 16;
/// How far types lead to others where a size is looked for, and the most dimensions of an array.
const DEPTH: u32 = 64;

impl Reading {
    /// The type behind a key.
    pub(super) fn read_type(&self, key: u64) -> Result<Arc<Type>, TypeError> {
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

    /// What an attribute refers to as a type.
    pub(super) fn type_ref(&self, unit: &Unit, entry: &Entry, name: DwAt) -> Result<TypeRef, TypeError> {
        Ok(self.refers(unit, entry, name)?.map_or(TypeRef::Void, TypeRef::Key))
    }

    fn type_of(&self, place: &Place) -> Result<Type, TypeError> {
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
            constants::DW_TAG_base_type => {
                self.check_byte_order(place)?;
                Shape::Base(base(entry, size))
            }
            // `std::nullptr_t`, of which a variable is an address as any.
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
            // Types that differ from another in what does not show in memory.
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
        // gcc leaves out that such a type is only declared.
        let is_struct = matches!(shape, Shape::Declared(_) | Shape::Struct { .. } | Shape::Enum { .. });
        if is_struct
            && let Some(AttributeValue::DebugTypesRef(_)) = entry.value(constants::DW_AT_signature)
            && let Some(key) = self.refers(unit, entry, constants::DW_AT_signature)?
            && key != place.key()
        {
            // The type is in a unit of its own. There it has its full name too.
            return Ok(Type::clone(&*self.read_type_once(key)?));
        }
        if size.is_none() && matches!(shape, Shape::Pointer { .. } | Shape::MemberPointer { .. }) {
            size = self.pointer_size(unit, entry)?;
        }
        Ok(Type { name, size, shape })
    }

    /// A type that is no declaration leading elsewhere, so that damaged signatures cannot go round in a circle.
    fn read_type_once(&self, key: u64) -> Result<Arc<Type>, TypeError> {
        let place = self.place(key)?;
        if place.entry.value(constants::DW_AT_signature).is_some() {
            return Err(place
                .unit
                .damaged(&place.entry, "the signature of a type leads to another signature"));
        }
        self.read_type(key)
    }

    fn check_byte_order(&self, place: &Place) -> Result<(), TypeError> {
        let other = match place.unit.source.object.byte_order {
            ByteOrder::Little => constants::DW_END_big,
            ByteOrder::Big => constants::DW_END_little,
        };
        match place.entry.value(constants::DW_AT_endianity) {
            Some(AttributeValue::Endianity(order)) if *order == other => Err(TypeError::Unsupported {
                path: place.unit.source.object.path().to_owned(),
                what: "numbers in the other byte order than the target's".into(),
            }),
            _ => Ok(()),
        }
    }

    /// The children of an entry that have no deeper ones between, with an index of whose children they are.
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
                return Err(unit.damaged(entry, "a type has more parts than are read"));
            }
        }
        Ok(children)
    }

    fn array(&self, place: &Place, size: Option<u64>) -> Result<Type, TypeError> {
        let Place { unit, entry } = place;
        let mut element = self.type_ref(unit, entry, constants::DW_AT_type)?;
        let mut element_size = self.size_of(&element, 0)?;
        if let (Some(stride), Some(known)) = (entry.unsigned(constants::DW_AT_byte_stride), element_size)
            && stride != known
        {
            return Err(TypeError::Unsupported {
                path: unit.source.object.path().to_owned(),
                what: "an array whose elements have space between them".into(),
            });
        }
        let mut built = None;
        for (first, count) in self.dimensions(place)?.into_iter().rev() {
            let size = element_size.zip(count).and_then(|(size, count)| size.checked_mul(count));
            let type_ = Type { name: String::new(), size, shape: Shape::Array { element, first, count } };
            element = TypeRef::Known(Arc::new(type_.clone()));
            element_size = size;
            built = Some(type_);
        }
        let mut type_ = built.ok_or_else(|| unit.damaged(entry, "an array has no dimensions"))?;
        type_.size = type_.size.or(size);
        Ok(type_)
    }

    /// The size of a type, as far as this file's units say it without a search.
    fn size_of(&self, type_: &TypeRef, depth: u32) -> Result<Option<u64>, TypeError> {
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
            // A type in a unit of its own.
            _ => match self.refers(unit, entry, constants::DW_AT_signature)? {
                Some(key) => Ok(self.place(key)?.entry.unsigned(constants::DW_AT_byte_size)),
                None => Ok(None),
            },
        }
    }

    /// The size of a pointer of any kind that does not say it.
    fn pointer_size(&self, unit: &Unit, entry: &Entry) -> Result<Option<u64>, TypeError> {
        let size = u64::from(unit.header.encoding.address_size);
        let is_to_function = entry.tag == constants::DW_TAG_ptr_to_member_type
            && self.is_function(&self.type_ref(unit, entry, constants::DW_AT_type)?)?;
        // In the ABI of Itanium a pointer to a member function also says how far the object is moved.
        Ok(Some(if is_to_function { 2 * size } else { size }))
    }

    fn dimensions(&self, place: &Place) -> Result<Vec<(i64, Option<u64>)>, TypeError> {
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
                return Err(unit.damaged(entry, "an array has more dimensions than are read"));
            }
        }
        if dimensions.is_empty() {
            dimensions.push((unit.first_index, None));
        }
        Ok(dimensions)
    }

    fn structure(&self, place: &Place, keyword: Keyword) -> Result<Shape, TypeError> {
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
                    MemberPlace::Static(joined(&parts))
                }
            }
        } else {
            self.member_place(unit, entry, &type_)?
        };
        Ok(Member { name, of: type_, place, base_class })
    }

    fn member_place(&self, unit: &Unit, entry: &Entry, type_: &TypeRef) -> Result<MemberPlace, TypeError> {
        let byte_order = unit.source.object.byte_order;
        let unsupported = || TypeError::Unsupported {
            path: unit.source.object.path().to_owned(),
            what: "a member whose place is computed".into(),
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
                let from_start = match byte_order {
                    ByteOrder::Big => from_top,
                    ByteOrder::Little => size
                        .zip(from_top)
                        .map(|(size, from_top)| i128::from(size) * 8 - from_top - i128::from(count)),
                };
                from_start.and_then(|bits| u64::try_from(i128::from(offset) * 8 + bits).ok())
            }
        };
        let bits = bit_offset.and_then(|bit_offset| Bits::at(bit_offset, count, byte_order));
        let (offset, bits) = bits.ok_or_else(|| unit.damaged(entry, "a bit field lies nowhere"))?;
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

    /// What kind of number a type is, through its other names.
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

    fn is_function(&self, type_: &TypeRef) -> Result<bool, TypeError> {
        let TypeRef::Key(key) = type_ else { return Ok(false) };
        Ok(self.place(*key)?.entry.tag == constants::DW_TAG_subroutine_type)
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

/// The operations of an expression, where there are few and all can be read.
pub(super) fn operations(
    expression: &gimli::Expression<Slice>,
    unit: &Unit,
) -> Option<Vec<Operation<Slice>>> {
    let mut operations = Vec::new();
    let mut input = expression.clone().operations(unit.header.encoding);
    while let Some(operation) = input.next().ok()? {
        if operations.len() >= DEPTH as usize {
            return None;
        }
        operations.push(operation);
    }
    Some(operations)
}

/// A constant as an integer, with the sign that its form says.
fn integer(value: &Value) -> Option<i128> {
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

/// The first index and the number of values of a dimension of an array.
fn dimension(unit: &Unit, entry: &Entry) -> (i64, Option<u64>) {
    let bound = |name| {
        entry.value(name).and_then(integer).and_then(|bound| {
            // A bound of all ones in an unsigned form is -1.
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
        // A number of several bytes that is called a character is a number, but for those of Unicode.
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
