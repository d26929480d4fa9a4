//! The members of a value: which of them a name means, and where they are.

use dumpedit_layout::ByteOrder;

use super::place::narrowed;
use super::{DEPTH, Names, ReadMemory, Typed, TypedError, ValuePlace, wrapped};
use crate::number::{bytes, mask, signed, unsigned};
use crate::types::{
    Base, Bits, Member, MemberPlace, PointerKind, Shape, TypeError, TypeReader, TypeRef, ValueType, Variants,
    resolved, size_of, type_name, unaliased,
};

/// How many near names an error tells.
const NEAR: usize = 4;

impl Typed {
    pub(super) fn member(
        &self,
        name: &str,
        names: &dyn Names,
        memory: &dyn ReadMemory,
    ) -> Result<Typed, TypedError> {
        let mut this = self.clone();
        let mut known = this.known()?;
        // As C has `array->member`: that of the first element.
        if let Shape::Array { first, count: Some(1..), .. } = known.type_.shape {
            this = this.index(first.into(), names, memory)?;
            known = this.known()?;
        }
        for _ in 0..DEPTH {
            let Shape::Pointer { .. } = &known.type_.shape else { break };
            // As gdb: one pointer is followed, and a pointer to a pointer has no members.
            let path = this.path.clone();
            this = this.follow(names, memory)?.completed(names)?;
            this.path = path;
            known = this.known()?;
            if matches!(known.type_.shape, Shape::Pointer { kind: PointerKind::Pointer, .. }) {
                break;
            }
        }
        let type_name = || type_name(&*known.reader, &known.of, self.language);
        let Shape::Struct { variants, .. } = &known.type_.shape else {
            if let Shape::Declared(_) = known.type_.shape {
                let module = self.module.and_then(|module| names.module_name(module)).unwrap_or_default();
                return Err(TypedError::OnlyDeclared { what: type_name()?, module });
            }
            return Err(TypedError::NoStruct { path: self.path.clone(), type_name: self.type_name()? });
        };
        // The parts of a tuple are called by their numbers, as in Rust.
        let is_number = !name.is_empty() && name.bytes().all(|digit| digit.is_ascii_digit());
        let numbered = format!("__{name}");
        let name = if is_number { numbered.as_str() } else { name };
        if let Some(found) = this.named_member(name, names, memory)? {
            return Ok(found);
        }
        if let Some(variants) = variants
            && let Some(arm) = this.active_variant(variants, memory)?
        {
            if arm.name == name {
                return this.selected(arm, memory);
            }
            if has_member(&*known.reader, &arm.of, name, &mut 512)? {
                let found = this.selected(arm, memory)?.member(name, names, memory)?;
                return Ok(Typed { path: format!("{}.{name}", wrapped(&this.path)), ..found });
            }
        }
        let mut known_names = Vec::new();
        member_names(&*known.reader, &known.type_, &mut known_names, &mut 512)?;
        let near = near(name, known_names);
        Err(TypedError::NoMember {
            path: self.path.clone(),
            member: name.into(),
            type_name: type_name()?,
            near,
        })
    }

    /// The member of an enum of Rust that its discriminant chooses.
    pub(crate) fn active_variant<'a>(
        &self,
        variants: &'a Variants,
        memory: &dyn ReadMemory,
    ) -> Result<Option<&'a Member>, TypedError> {
        let Some(discriminant) = &variants.discriminant else {
            return Ok(variants.arms.first().map(|arm| &arm.member));
        };
        let (reader, _) = self.parts()?;
        let typed = self.selected(discriminant, memory)?;
        let size = typed.size()?.unwrap_or(0);
        let number = unsigned(&typed.all_bytes(size, memory)?, memory.byte_order());
        let is_signed = matches!(unaliased(&*reader, &discriminant.of)?.shape, Shape::Base(Base::Signed));
        let bits = u32::try_from(size.saturating_mul(8)).unwrap_or(128);
        // The list of variants gives some numbers with a sign and some without, whatever the type says.
        let numbers = [number.cast_signed(), signed(number, bits)];
        let number = if is_signed { numbers[1] } else { numbers[0] };
        let chosen = |number: i128| {
            variants.arms.iter().find(move |arm| arm.values.iter().any(|values| values.contains(&number)))
        };
        let arm = chosen(number).or_else(|| chosen(numbers[0])).or_else(|| chosen(numbers[1]));
        let arm = arm.or_else(|| variants.arms.iter().find(|arm| arm.values.is_empty()));
        Ok(arm.map(|arm| &arm.member))
    }

    /// A static member of this value's type.
    pub(crate) fn static_member(
        &self,
        member: &Member,
        names: &dyn Names,
        memory: &dyn ReadMemory,
    ) -> Result<Typed, TypedError> {
        let path = format!("{}.{}", wrapped(&self.path), member.name);
        let MemberPlace::Static(variable) = &member.place else {
            return Err(TypedError::OptimizedAway { path });
        };
        let (reader, _) = self.parts()?;
        let mut found =
            Typed::found(path, names.find_static(self.module, &reader, variable)?, names, memory)?;
        // A file of symbols alone has no types.
        if found.of.is_none() {
            found = Typed {
                reader: Some(reader),
                language: self.language,
                ..found.at(found.path.clone(), found.place.clone(), member.of.clone())
            };
        }
        Ok(found)
    }

    /// A member that is a part of this value.
    pub(crate) fn selected(&self, member: &Member, memory: &dyn ReadMemory) -> Result<Typed, TypedError> {
        let name = if member.base_class || member.name.is_empty() { None } else { Some(&member.name) };
        let path = name.map_or_else(|| self.path.clone(), |name| format!("{}.{name}", wrapped(&self.path)));
        let (reader, _) = self.parts()?;
        let place = match &member.place {
            MemberPlace::Bytes(offset) => {
                let size = match &self.place {
                    ValuePlace::Memory(_) => 0,
                    _ => size_of(&*reader, &member.of)?.unwrap_or(0),
                };
                self.place.part((*offset).into(), size, memory.pointer_width())
            }
            MemberPlace::Bits { offset, bits } => {
                match self.place.part((*offset).into(), bits.size.into(), memory.pointer_width()) {
                    ValuePlace::Memory(address) => ValuePlace::Bits(address, *bits),
                    ValuePlace::Value(number) => {
                        let size = size_of(&*reader, &member.of)?;
                        let size = size.and_then(|size| usize::try_from(size.min(16)).ok()).unwrap_or(16);
                        ValuePlace::Value(bits_value(&*reader, member, *bits, &number, size, memory)?)
                    }
                    place => place,
                }
            }
            MemberPlace::VirtualBase { pointer_at, entry_at, entry_size } => {
                let address = self.address()?;
                let width = memory.pointer_width();
                let not_captured = |path: String, address| TypedError::NotCaptured { path, address };
                let pointer_at = address.wrapping_add(*pointer_at);
                let mut table = vec![0; width.into()];
                if memory.read(pointer_at, &mut table) < table.len() {
                    return Err(not_captured(path, pointer_at));
                }
                let table = u64::try_from(unsigned(&table, memory.byte_order())).unwrap_or(0);
                let size = entry_size.unwrap_or(width).min(16);
                let (mut entry, entry_at) = (vec![0; size.into()], table.wrapping_add_signed(*entry_at));
                if memory.read_constant(entry_at, &mut entry) < entry.len() {
                    return Err(not_captured(format!("the table of {path}"), entry_at));
                }
                let entry = unsigned(&entry, memory.byte_order());
                let distance = signed(entry, u32::from(size) * 8);
                ValuePlace::Memory(narrowed(i128::from(pointer_at).saturating_add(distance), width))
            }
            MemberPlace::Constant(bytes) => ValuePlace::Value(bytes.clone()),
            MemberPlace::Static(_) => ValuePlace::OptimizedAway,
        };
        Ok(self.at(path, place, member.of.clone()))
    }
}

/// The value of a bit field as the bytes of its type.
pub(crate) fn bits_value(
    reader: &dyn TypeReader,
    member: &Member,
    bits: Bits,
    number: &[u8],
    size: usize,
    memory: &dyn ReadMemory,
) -> Result<Vec<u8>, TypeError> {
    let type_ = resolved(reader, &member.of)?;
    let order = memory.byte_order();
    Ok(bytes(bit_field(&type_, bits, number, order).cast_unsigned(), size, type_.order(order)))
}

/// The number that a bit field is.
pub(crate) fn bit_field(type_: &ValueType, bits: Bits, number: &[u8], byte_order: ByteOrder) -> i128 {
    // A field of 128 bits that begins within a byte has one byte more than fits.
    let whole = unsigned(number, type_.order(byte_order));
    let field = (whole >> bits.first.min(127)) & mask(bits.count);
    match type_.shape {
        Shape::Base(Base::Signed | Base::Character { signed: true })
        | Shape::Enum { base: Base::Signed, .. } => signed(field, bits.count),
        _ => field.cast_signed(),
    }
}

/// Whether a struct has a member of this name, also in its nameless members and base classes.
fn has_member(reader: &dyn TypeReader, of: &TypeRef, name: &str, most: &mut u32) -> Result<bool, TypeError> {
    let type_ = resolved(reader, of)?;
    let Shape::Struct { members, .. } = &type_.shape else { return Ok(false) };
    if members.iter().any(|member| member.name == name && !member.base_class) {
        return Ok(true);
    }
    for member in members.iter().filter(|member| member.base_class || member.name.is_empty()) {
        // A damaged struct may lie in itself.
        *most = most.saturating_sub(1);
        if *most == 0 {
            break;
        }
        if has_member(reader, &member.of, name, most)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The names of all members.
fn member_names(
    reader: &dyn TypeReader,
    type_: &ValueType,
    names: &mut Vec<String>,
    most: &mut u32,
) -> Result<(), TypeError> {
    let Shape::Struct { members, .. } = &type_.shape else { return Ok(()) };
    for member in members {
        if member.base_class || member.name.is_empty() {
            *most = most.saturating_sub(1);
            if *most == 0 {
                break;
            }
            member_names(reader, &*resolved(reader, &member.of)?, names, most)?;
        } else {
            names.push(member.name.clone());
        }
    }
    Ok(())
}

/// The names that are nearest to one that is not there.
fn near(name: &str, mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    let mut rated: Vec<(usize, String)> =
        names.into_iter().map(|known| (strsim::damerau_levenshtein(name, &known), known)).collect();
    rated.sort();
    let most = name.chars().count().div_ceil(2).max(1);
    let few = rated.len() <= NEAR;
    rated.retain(|(distance, _)| few || *distance <= most);
    rated.into_iter().take(NEAR).map(|(_, name)| name).collect()
}
