//! Values as their types say, in the order of the target's bytes, written as gdb writes them.

mod characters;
mod value;

use std::sync::Arc;

use dumpedit_layout::ByteOrder;

use crate::floats::format_of;
use crate::number::{mask, signed, unsigned};
use crate::typed::{Memory, Names, Place, Typed, TypedError, bit_field, slice};
use crate::types::{
    Base, Language, Member, MemberPlace, PointerKind, Shape, Type, TypeReader, TypeRef, resolved, size_of,
    unaliased,
};

use characters::{quoted_character, text};
use value::NOT_CAPTURED;
pub use value::{Form, Label, Limits, Text, Value};

/// How many bytes of an array are looked through for like elements.
const LOOKED_THROUGH: u64 = 16 << 20;
/// How many bytes are looked through for all arrays together.
const ALL: u64 = 64 << 20;
/// The largest element that is compared with its neighbours.
const ELEMENT: u64 = 1 << 16;

/// The value that a path leads to.
///
/// # Errors
/// Where nothing is known of its type, or it cannot be read.
pub fn printed(
    typed: &Typed,
    names: &dyn Names,
    memory: &dyn Memory,
    limits: Limits,
) -> Result<Value, TypedError> {
    let mut printer = Printer {
        names,
        memory,
        limits,
        values: 0,
        left: ALL,
        virtual_bases: Vec::new(),
        statics: Vec::new(),
    };
    if let (Shape::Void, Place::Memory(address)) = (&typed.type_()?.shape, &typed.place) {
        return Err(TypedError::OfVoid { path: typed.path.clone(), address: *address });
    }
    printer.value(typed, 0)
}

struct Printer<'a> {
    names: &'a dyn Names,
    memory: &'a dyn Memory,
    limits: Limits,
    values: usize,
    /// How many bytes may still be looked through for like elements.
    left: u64,
    /// The virtual base classes of the object that is printed, of which each is told once.
    virtual_bases: Vec<u64>,
    /// The static structs that are being printed.
    statics: Vec<u64>,
}

impl Printer<'_> {
    fn order(&self) -> ByteOrder {
        self.memory.byte_order()
    }

    /// The bytes of a value, if all are captured.
    fn bytes(&self, typed: &Typed, size: u64) -> Option<Vec<u8>> {
        let size = usize::try_from(size).ok().filter(|size| *size <= 1 << 20)?;
        match &typed.place {
            Place::Memory(address) => {
                let mut bytes = vec![0; size];
                (self.memory.read(*address, &mut bytes) >= size).then_some(bytes)
            }
            Place::Value(bytes) => bytes.get(..size).map(<[u8]>::to_vec),
            Place::Bits(..) | Place::OptimizedAway => None,
        }
    }

    fn value(&mut self, typed: &Typed, depth: usize) -> Result<Value, TypedError> {
        self.values += 1;
        if self.values > self.limits.values {
            return Ok(Value::Deeper);
        }
        let Some((reader, of)) = typed.reader.clone().zip(typed.of.clone()) else {
            return Ok(Value::OptimizedAway);
        };
        if typed.place == Place::OptimizedAway {
            return Ok(Value::OptimizedAway);
        }
        let type_ = resolved(&*reader, &of)?;
        match &type_.shape {
            Shape::Struct { .. } => self.structure(typed, &type_, depth),
            Shape::Array { element, first, count } => self.array(typed, element, *first, *count, depth),
            Shape::Pointer { kind: PointerKind::Reference | PointerKind::RvalueReference, to } => {
                self.reference(typed, &type_, to, depth)
            }
            Shape::Pointer { to, .. } => self.pointer(typed, &type_, to, depth),
            Shape::Void => Ok(Value::Nothing),
            Shape::Declared(_) => Ok(Value::Unreadable("incomplete type".into())),
            Shape::Function { .. } => {
                let address = typed.address()?;
                let symbol = self.names.symbol_at(address);
                Ok(Value::Function { address, type_name: typed.type_name()?, symbol })
            }
            _ => self.scalar(typed, &type_, depth),
        }
    }

    fn scalar(&mut self, typed: &Typed, type_: &Type, depth: usize) -> Result<Value, TypedError> {
        let order = self.order();
        let (number, bits, bytes) = match &typed.place {
            Place::Bits(address, bits) => {
                let mut bytes = vec![0; usize::try_from(bits.size).unwrap_or(17).min(17)];
                if self.memory.read(*address, &mut bytes) < bytes.len() {
                    return Ok(Value::NotCaptured);
                }
                let number = bit_field(type_, *bits, &bytes, order);
                (number.cast_unsigned() & mask(bits.count), bits.count, Vec::new())
            }
            _ => {
                let Some(size) = type_.size else {
                    return Ok(Value::Unreadable("the size is not known".into()));
                };
                let Some(bytes) = self.bytes(typed, size) else { return Ok(Value::NotCaptured) };
                let bits = u32::try_from(size.saturating_mul(8)).unwrap_or(u32::MAX);
                (unsigned(&bytes, order), bits, bytes)
            }
        };
        if bits > 128 && !matches!(type_.shape, Shape::Base(Base::Complex | Base::Other)) {
            return Ok(Value::Bytes(bytes));
        }
        let with_sign = signed(number, bits);
        Ok(match &type_.shape {
            Shape::Base(base) => match base {
                Base::Signed if is_rust_unit(type_) => Value::Nothing,
                Base::Signed | Base::Unsigned if !self.character_prefix(typed)?.is_empty() => {
                    let is_signed = *base == Base::Signed;
                    let shown_number = if is_signed { with_sign } else { number.cast_signed() };
                    let unit = u32::try_from(number & mask(32)).unwrap_or(0);
                    let prefix = self.character_prefix(typed)?;
                    let shown = format!("{prefix}{}", quoted_character(unit, bits / 8));
                    Value::Character { number: shown_number, shown }
                }
                Base::Signed => Value::Integer(with_sign),
                Base::Unsigned => Value::Unsigned(number),
                Base::Boolean => match number {
                    0 => Value::Boolean(false),
                    1 => Value::Boolean(true),
                    number => Value::Unsigned(number),
                },
                Base::Character { signed } => {
                    let shown_number = if *signed { with_sign } else { number.cast_signed() };
                    let prefix = self.character_prefix(typed)?;
                    // Of a bit field too, the character is that of the whole number.
                    let size = u32::try_from(type_.size.unwrap_or(1).min(4)).unwrap_or(1);
                    let unit = u32::try_from(shown_number.cast_unsigned() & mask(size * 8)).unwrap_or(0);
                    let shown = format!("{prefix}{}", quoted_character(unit, size));
                    Value::Character { number: shown_number, shown }
                }
                Base::Float => match self.float(type_, &bytes) {
                    Some(text) => Value::Float(text),
                    None => Value::Bytes(bytes),
                },
                Base::Complex => {
                    let (real, imaginary) = bytes.split_at(bytes.len() / 2);
                    match self.float(type_, real).zip(self.float(type_, imaginary)) {
                        Some((real, imaginary)) => Value::Complex(real, imaginary),
                        None => Value::Bytes(bytes),
                    }
                }
                Base::Other => Value::Bytes(bytes),
            },
            Shape::Enum { base, values } => {
                let is_signed = matches!(base, Base::Signed | Base::Character { signed: true });
                let number = if is_signed { with_sign } else { number.cast_signed() };
                Value::Enumerator { number, shown: enumerator(number, bits, values) }
            }
            Shape::MemberPointer { class, to } => self.member_pointer(typed, class, to, &bytes, depth)?,
            _ => Value::Bytes(bytes),
        })
    }

    fn float(&self, type_: &Type, bytes: &[u8]) -> Option<String> {
        let format = format_of(type_, bytes.len(), self.memory.machine())?;
        Some(format.shown(bytes, self.order()))
    }

    /// A pointer to a member: the member's name, or where the function is, as the ABI of Itanium has it.
    fn member_pointer(
        &self,
        typed: &Typed,
        class: &TypeRef,
        to: &TypeRef,
        bytes: &[u8],
        depth: usize,
    ) -> Result<Value, TypedError> {
        let Some(reader) = typed.reader.clone() else { return Ok(Value::OptimizedAway) };
        let width = usize::from(self.memory.pointer_width());
        let first = bytes.get(..width).unwrap_or(bytes);
        let number = u64::try_from(unsigned(first, self.order())).unwrap_or(u64::MAX);
        if let Shape::Function { .. } = unaliased(&*reader, to)?.shape {
            // An odd number is the place of a virtual function in its table.
            if number % 2 == 1 {
                return Ok(Value::MemberPointer(format!("&virtual table offset {}", number - 1)));
            }
            if number == 0 {
                return Ok(Value::MemberPointer("NULL".into()));
            }
            let type_name = (depth == 0).then(|| typed.type_name()).transpose()?;
            let symbol = self.names.symbol_at(number);
            return Ok(Value::Pointer { address: number, type_name, symbol, text: None });
        }
        let class = resolved(&*reader, class)?;
        let Shape::Struct { members, .. } = &class.shape else { return Ok(Value::Unsigned(number.into())) };
        let is_it = |member: &&Member| member.place == MemberPlace::Bytes(number) && !member.base_class;
        Ok(match members.iter().find(is_it) {
            Some(member) => Value::MemberPointer(format!("&{}::{}", class.name, member.name)),
            None if number.cast_signed() == -1 => Value::MemberPointer("NULL".into()),
            None => Value::Unsigned(number.into()),
        })
    }

    /// The letter before the quotes of a character or text, which the name of its type says.
    fn character_prefix(&self, typed: &Typed) -> Result<&'static str, TypedError> {
        match typed.reader.as_deref().zip(typed.of.as_ref()) {
            Some((reader, of)) => Ok(prefix_of(reader, of)?),
            None => Ok(""),
        }
    }

    fn pointer(
        &mut self,
        typed: &Typed,
        type_: &Type,
        to: &TypeRef,
        depth: usize,
    ) -> Result<Value, TypedError> {
        let Some(reader) = typed.reader.clone() else { return Ok(Value::OptimizedAway) };
        let size = type_.size.unwrap_or(self.memory.pointer_width().into());
        let Some(bytes) = self.bytes(typed, size) else { return Ok(Value::NotCaptured) };
        let address = u64::try_from(unsigned(&bytes, self.order())).unwrap_or(u64::MAX);
        let target = unaliased(&*reader, to)?;
        let is_text = typed.language != Language::Rust && text_width(&*reader, to, &target)?.is_some();
        let text = if is_text && address != 0 { self.text_at(&reader, to, &target, address)? } else { None };
        // gdb leaves out the type where the text says it: a plain char, with or without const.
        let says_itself = is_text && is_plain_char(&*reader, typed.of.as_ref(), to)?;
        let type_name = (depth == 0 && !says_itself).then(|| typed.type_name()).transpose()?;
        let symbol = if address == 0 { None } else { self.names.symbol_at(address) };
        Ok(Value::Pointer { address, type_name, symbol, text })
    }

    fn reference(
        &mut self,
        typed: &Typed,
        type_: &Type,
        to: &TypeRef,
        depth: usize,
    ) -> Result<Value, TypedError> {
        let size = type_.size.unwrap_or(self.memory.pointer_width().into());
        let Some(bytes) = self.bytes(typed, size) else { return Ok(Value::NotCaptured) };
        let address = u64::try_from(unsigned(&bytes, self.order())).unwrap_or(u64::MAX);
        if depth > 0 {
            return Ok(Value::Reference { address, type_name: None, value: None });
        }
        let type_name = Some(typed.type_name()?);
        let target = Typed { place: Place::Memory(address), of: Some(to.clone()), ..typed.clone() };
        let value = Some(Box::new(self.value(&target, 1)?));
        Ok(Value::Reference { address, type_name, value })
    }

    /// The text that a pointer leads to.
    fn text_at(
        &mut self,
        reader: &Arc<dyn TypeReader>,
        to: &TypeRef,
        target: &Type,
        address: u64,
    ) -> Result<Option<Text>, TypedError> {
        let Some(width) = text_width(&**reader, to, target)? else { return Ok(None) };
        let unit = usize::from(width);
        let mut bytes = vec![0; self.limits.elements.saturating_mul(unit)];
        let captured = self.memory.read(address, &mut bytes);
        bytes.truncate(captured - captured % unit.max(1));
        let order = self.order();
        let end = bytes.chunks_exact(unit).position(|unit| unsigned(unit, order) == 0);
        let ended = end.is_some();
        bytes.truncate(end.map_or(bytes.len(), |end| end * unit));
        if bytes.is_empty() && !ended {
            return Ok(Some(Text {
                shown: NOT_CAPTURED.into(),
                content: String::new(),
                more: true,
                is_cut: true,
            }));
        }
        let is_cut = !ended && captured < self.limits.elements.saturating_mul(unit);
        let mut text = text(&bytes, width, order, prefix_of(&**reader, to)?, self.limits, !ended && !is_cut);
        if is_cut {
            text.shown.push_str(&format!(" {NOT_CAPTURED}"));
            (text.more, text.is_cut) = (true, true);
        }
        Ok(Some(text))
    }

    fn array(
        &mut self,
        typed: &Typed,
        element: &TypeRef,
        first: i64,
        count: Option<u64>,
        depth: usize,
    ) -> Result<Value, TypedError> {
        let Some(reader) = typed.reader.clone() else { return Ok(Value::OptimizedAway) };
        let is_c = typed.language != Language::Rust;
        let (count, address) = match (count, &typed.place) {
            // As gdb: of an array without a length, where it begins.
            (None | Some(0), Place::Memory(address)) if is_c => (0, Some(*address)),
            (count, _) => (count.unwrap_or(0), None),
        };
        if let Some(address) = address {
            return Ok(Value::Pointer {
                address,
                type_name: None,
                symbol: self.names.symbol_at(address),
                text: None,
            });
        }
        let target = unaliased(&*reader, element)?;
        if is_c && let Some(width) = text_width(&*reader, element, &target)? {
            return self.text_array(typed, &reader, element, width, count);
        }
        let Some(size) = size_of(&*reader, element)? else {
            return Ok(Value::Unreadable("the size of the elements is not known".into()));
        };
        if depth >= self.limits.depth {
            return Ok(Value::Deeper);
        }
        let mut elements = Vec::new();
        let (mut at, mut printed) = (0_u64, 0_usize);
        while at < count && printed < self.limits.elements {
            let index = i128::from(first) + i128::from(at);
            let one = typed.element(index, at, size, element, self.memory.pointer_width());
            let mut like = 1_u64;
            if size <= ELEMENT {
                let bytes = self.bytes(&one, size);
                while at + like < count && self.left >= size.max(1) {
                    let next = typed.element(index, at + like, size, element, self.memory.pointer_width());
                    self.left -= size.max(1);
                    if self.bytes(&next, size) != bytes {
                        break;
                    }
                    like += 1;
                }
            }
            let value = self.value(&one, depth + 1)?;
            if like > self.limits.repeats as u64 {
                elements.push((value, like));
                at += like;
                printed += self.limits.repeats;
            } else {
                // Fewer are written one by one, as far as there is room.
                for _ in 0..like {
                    if printed >= self.limits.elements {
                        break;
                    }
                    elements.push((value.clone(), 1));
                    at += 1;
                    printed += 1;
                }
            }
        }
        let form = if is_c { Form::C } else { Form::Rust };
        Ok(Value::Array { name: String::new(), form, elements, more: at < count })
    }

    fn text_array(
        &mut self,
        typed: &Typed,
        reader: &Arc<dyn TypeReader>,
        element: &TypeRef,
        width: u8,
        count: u64,
    ) -> Result<Value, TypedError> {
        let order = self.order();
        let unit = u64::from(width);
        let wanted = count.saturating_mul(unit).min(LOOKED_THROUGH).min(self.left);
        self.left -= wanted;
        let mut bytes = match &typed.place {
            Place::Memory(address) => self.captured(*address, wanted),
            Place::Value(bytes) => bytes.clone(),
            _ => return Ok(Value::OptimizedAway),
        };
        let is_cut = (bytes.len() as u64) < wanted;
        let whole = bytes.len() - bytes.len() % usize::from(width).max(1);
        bytes.truncate(whole);
        if bytes.is_empty() && is_cut {
            return Ok(Value::NotCaptured);
        }
        if !is_cut && bytes.len() as u64 == count.saturating_mul(unit) {
            // The zero that ends a text is not written.
            let last = bytes.len().saturating_sub(usize::from(width));
            if bytes.get(last..).is_some_and(|unit| !unit.is_empty() && unsigned(unit, order) == 0) {
                bytes.truncate(last);
            }
        }
        let more = wanted < count.saturating_mul(unit);
        let mut text = text(&bytes, width, order, prefix_of(&**reader, element)?, self.limits, more);
        if is_cut {
            text.shown.push_str(&format!(" {NOT_CAPTURED}"));
            (text.more, text.is_cut) = (true, true);
        }
        Ok(Value::Text(text))
    }

    /// What is captured at an address, up to a number of bytes.
    fn captured(&self, address: u64, wanted: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < wanted {
            let step = usize::try_from((wanted - bytes.len() as u64).min(1 << 16)).unwrap_or(0);
            let start = bytes.len();
            bytes.resize(start + step, 0);
            let read = self
                .memory
                .read(address.wrapping_add(start as u64), bytes.get_mut(start..).unwrap_or_default());
            bytes.truncate(start + read.min(step));
            if read < step {
                break;
            }
        }
        bytes
    }

    fn structure(&mut self, typed: &Typed, type_: &Type, depth: usize) -> Result<Value, TypedError> {
        let Shape::Struct { members, variants, .. } = &type_.shape else { return Ok(Value::Nothing) };
        if depth >= self.limits.depth {
            return Ok(Value::Deeper);
        }
        let is_rust = typed.language == Language::Rust;
        if is_rust
            && type_.name == "&str"
            && let Some((data, length)) = slice(members)
        {
            return self.rust_text(typed, data, length);
        }
        if is_rust
            && type_.name.starts_with("&[")
            && let Some((data, length)) = slice(members)
        {
            return self.rust_slice(typed, type_, data, length, depth);
        }
        if let Some(variants) = variants {
            let arm = match typed.active_variant(variants, self.memory) {
                Ok(arm) => arm,
                Err(TypedError::NotCaptured { .. }) => return Ok(Value::NotCaptured),
                Err(error) => return Err(error),
            };
            let Some(arm) = arm else {
                return Ok(Value::Unreadable(format!("no variant of {} has this discriminant", type_.name)));
            };
            let typed = typed.selected(arm, self.memory)?;
            let inner = typed.type_()?;
            let Shape::Struct { members, .. } = &inner.shape else { return self.value(&typed, depth + 1) };
            let is_tuple = members.first().is_some_and(|member| member.name == "__0");
            let form = if is_tuple { Form::TupleVariant } else { Form::Variant };
            return Ok(Value::Struct {
                name: inner.name.clone(),
                form,
                members: self.members(&typed, members, depth)?,
            });
        }
        let form = match is_rust {
            true if type_.name.starts_with('(') => Form::Tuple,
            true if members.first().is_some_and(|member| member.name == "__0") => Form::Tuple,
            true => Form::Rust,
            false => Form::C,
        };
        let name = if is_rust && type_.name.starts_with('(') { String::new() } else { type_.name.clone() };
        Ok(Value::Struct { name, form, members: self.members(typed, members, depth)? })
    }

    fn members(
        &mut self,
        typed: &Typed,
        members: &[Member],
        depth: usize,
    ) -> Result<Vec<(Label, Value)>, TypedError> {
        let mut values = Vec::new();
        for member in members {
            let name = || member.name.clone();
            let label = match &member.place {
                _ if member.base_class => Label::Base(name()),
                MemberPlace::Static(_) | MemberPlace::Constant(_) => Label::Static(name()),
                _ if member.name.is_empty() => Label::None,
                _ => Label::Member(name()),
            };
            let selected = match &member.place {
                MemberPlace::Static(_) => match typed.static_member(member, self.names) {
                    Ok(found) => found,
                    Err(_) => {
                        values.push((label, Value::OptimizedAway));
                        continue;
                    }
                },
                _ => match typed.selected(member, self.memory) {
                    Ok(selected) => selected,
                    Err(TypedError::NotCaptured { .. } | TypedError::NoAddress { .. }) => {
                        values.push((label, Value::NotCaptured));
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            if let (MemberPlace::VirtualBase { .. }, Ok(address)) = (&member.place, selected.address()) {
                if self.virtual_bases.contains(&address) {
                    continue;
                }
                self.virtual_bases.push(address);
            }
            let static_struct = match &member.place {
                MemberPlace::Static(_) => self.static_struct(&selected)?,
                _ => None,
            };
            if let Some(address) = static_struct {
                if self.statics.contains(&address) {
                    values.push((label, Value::Seen));
                    continue;
                }
                self.statics.push(address);
            }
            let value = self.value(&selected, depth + 1);
            if static_struct.is_some() {
                self.statics.pop();
            }
            // One member that cannot be read does not hide the others.
            let value = match value {
                Ok(value) => value,
                Err(TypedError::Types(error)) => Value::Unreadable(error.to_string()),
                Err(error) => return Err(error),
            };
            values.push((label, value));
        }
        Ok(values)
    }

    /// The address of a static member that is a struct, which may have itself as a static member.
    fn static_struct(&self, typed: &Typed) -> Result<Option<u64>, TypedError> {
        let is_struct = matches!(typed.type_()?.shape, Shape::Struct { .. });
        Ok(if is_struct { typed.address().ok() } else { None })
    }

    /// A slice of Rust: what its pointer leads to, as many as its length says.
    fn rust_slice(
        &mut self,
        typed: &Typed,
        type_: &Type,
        data: &Member,
        length: &Member,
        depth: usize,
    ) -> Result<Value, TypedError> {
        let Some((address, count)) = self.slice_parts(typed, data, length)? else {
            return Ok(Value::NotCaptured);
        };
        let data = typed.selected(data, self.memory)?;
        let Shape::Pointer { to, .. } = &data.type_()?.shape else {
            return Ok(Value::Unreadable("its pointer is none".into()));
        };
        let elements = Typed { place: Place::Memory(address), ..data.clone() };
        let mut value = self.array(&elements, to, 0, Some(count), depth)?;
        if let Value::Array { name, .. } = &mut value {
            name.clone_from(&type_.name);
        }
        Ok(value)
    }

    /// The address and the length of a slice; `None` where one is not captured.
    fn slice_parts(
        &self,
        typed: &Typed,
        data: &Member,
        length: &Member,
    ) -> Result<Option<(u64, u64)>, TypedError> {
        let width = u64::from(self.memory.pointer_width());
        let number = |member: &Member| {
            let selected = typed.selected(member, self.memory)?;
            let bytes = self.bytes(&selected, width);
            Ok::<_, TypedError>(bytes.and_then(|bytes| u64::try_from(unsigned(&bytes, self.order())).ok()))
        };
        Ok(number(data)?.zip(number(length)?))
    }

    fn rust_text(&mut self, typed: &Typed, data: &Member, length: &Member) -> Result<Value, TypedError> {
        let Some((address, length)) = self.slice_parts(typed, data, length)? else {
            return Ok(Value::NotCaptured);
        };
        let wanted = length.min(LOOKED_THROUGH).min(self.left);
        self.left -= wanted;
        let bytes = self.captured(address, wanted);
        if (bytes.len() as u64) < wanted {
            return Ok(Value::NotCaptured);
        }
        Ok(Value::Text(text(&bytes, 1, self.order(), "", self.limits, wanted < length)))
    }
}

/// rustc's `()` is a number of no bytes.
fn is_rust_unit(type_: &Type) -> bool {
    type_.name == "()" && type_.size == Some(0)
}

/// The width of a text's characters, if elements of this type are a text.
pub(crate) fn text_width(
    reader: &dyn TypeReader,
    of: &TypeRef,
    target: &Type,
) -> Result<Option<u8>, TypedError> {
    let size = target.size.and_then(|size| u8::try_from(size).ok());
    Ok(match target.shape {
        Shape::Base(Base::Character { .. }) => size.filter(|size| matches!(size, 1 | 2 | 4)),
        Shape::Base(Base::Signed | Base::Unsigned) if !prefix_of(reader, of)?.is_empty() => size,
        _ => None,
    })
}

/// `L`, `u` or `U`, by the name of a type.
fn prefix_of(reader: &dyn TypeReader, of: &TypeRef) -> Result<&'static str, crate::types::TypeError> {
    let mut type_ = reader.read(of)?;
    for _ in 0..64 {
        match type_.name.as_str() {
            "wchar_t" => return Ok("L"),
            "char16_t" => return Ok("u"),
            "char32_t" => return Ok("U"),
            _ => {}
        }
        match &type_.shape {
            Shape::Typedef(of) | Shape::Qualified { of, .. } => type_ = reader.read(of)?,
            _ => break,
        }
    }
    Ok("")
}

/// Whether a pointer is a `char *` or `const char *` by itself, not by another name.
fn is_plain_char(
    reader: &dyn TypeReader,
    pointer: Option<&TypeRef>,
    to: &TypeRef,
) -> Result<bool, TypedError> {
    let strip = |type_: &TypeRef| {
        let mut type_ = reader.read(type_)?;
        for _ in 0..64 {
            match &type_.shape {
                Shape::Qualified { of, .. } => type_ = reader.read(of)?,
                _ => break,
            }
        }
        Ok::<_, TypedError>(type_)
    };
    let itself = pointer.map(strip).transpose()?;
    let is_pointer = itself.is_some_and(|type_| matches!(type_.shape, Shape::Pointer { .. }));
    Ok(is_pointer && strip(to)?.name == "char")
}

/// The name of a value of an enum, as gdb has it: the names of its flags where the values are such, else its number.
fn enumerator(number: i128, bits: u32, values: &[(String, i128)]) -> String {
    if let Some((name, _)) = values.iter().find(|(_, value)| *value == number) {
        return name.clone();
    }
    let is_flags = values.iter().all(|(_, value)| *value >= 0 && value.count_ones() <= 1);
    if !is_flags || values.is_empty() || number < 0 {
        return number.to_string();
    }
    let mut left = number.cast_unsigned() & mask(bits);
    let mut names: Vec<String> = Vec::new();
    for (name, value) in values {
        let value = value.cast_unsigned();
        if value != 0 && left & value == value {
            left &= !value;
            names.push(name.clone());
        }
    }
    if left != 0 {
        names.push(format!("unknown: {left:#x}"));
    }
    if names.is_empty() { number.to_string() } else { format!("({})", names.join(" | ")) }
}
