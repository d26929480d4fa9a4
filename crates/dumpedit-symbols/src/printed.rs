//! Values as their types say, in the order of the target's bytes, written as gdb writes them.

use std::fmt::Write;
use std::sync::Arc;

use dumpedit_layout::ByteOrder;

use crate::number::{mask, signed, unsigned};
use crate::typed::{Memory, Names, Place, Typed, TypedError, bit_field, slice};
use crate::types::{
    Base, Language, Member, MemberPlace, PointerKind, Shape, Type, TypeReader, TypeRef, resolved, size_of,
    unaliased,
};

/// How much is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most elements of an array and characters of a text: gdb's `print elements`.
    pub elements: usize,
    /// How many like elements are written as one with their number: gdb's `print repeats`.
    pub repeats: usize,
    /// How deep structs lie in each other: gdb's `print max-depth`.
    pub depth: usize,
    /// The most values of all arrays and structs together.
    pub values: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { elements: 200, repeats: 10, depth: 20, values: 20_000 }
    }
}

/// How many bytes of an array are looked through for like elements.
const LOOKED_THROUGH: u64 = 16 << 20;
/// How many bytes are looked through for all arrays together.
const ALL: u64 = 64 << 20;
/// The largest element that is compared with its neighbours.
const ELEMENT: u64 = 1 << 16;

/// What is written for bytes that are not in the dump.
const NOT_CAPTURED: &str = "<not captured>";

/// A value as its type says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A number with a sign.
    Integer(i128),
    /// A number without.
    Unsigned(u128),
    /// A floating-point number, as text that tells it from its neighbours.
    Float(String),
    /// Two floating-point numbers.
    Complex(String, String),
    /// True or false.
    Boolean(bool),
    /// A character.
    Character {
        /// Its number.
        number: i128,
        /// It in quotes.
        shown: String,
    },
    /// A value of an enum.
    Enumerator {
        /// Its number.
        number: i128,
        /// Its name, or the names of its flags, or its number.
        shown: String,
    },
    /// A pointer.
    Pointer {
        /// The address.
        address: u64,
        /// The pointer's type, which is told where the pointer is no part of another value.
        type_name: Option<String>,
        /// The symbol that the address lies in.
        symbol: Option<(String, u64)>,
        /// The text that it leads to.
        text: Option<Text>,
    },
    /// A pointer of C++ to a member, as it is written.
    MemberPointer(String),
    /// A reference of C++.
    Reference {
        /// The address.
        address: u64,
        /// The reference's type, which is told where it is no part of another value.
        type_name: Option<String>,
        /// What is there, where the reference is no part of another value.
        value: Option<Box<Value>>,
    },
    /// An array of characters.
    Text(Text),
    /// An array.
    Array {
        /// Of a slice of Rust, its type's name; else empty.
        name: String,
        /// How it is written.
        form: Form,
        /// The elements, each with how many like it stand there.
        elements: Vec<(Value, u64)>,
        /// That there are more.
        more: bool,
    },
    /// A struct, class, union, tuple or a variant of an enum.
    Struct {
        /// Its type's name, or that of the variant.
        name: String,
        /// How it is written.
        form: Form,
        /// The parts.
        members: Vec<(Label, Value)>,
    },
    /// Bytes that are not read as anything.
    Bytes(Vec<u8>),
    /// A value of no bytes.
    Nothing,
    /// Its bytes are not in the dump.
    NotCaptured,
    /// The compiler kept nothing of it.
    OptimizedAway,
    /// A static member that is told already.
    Seen,
    /// It lies deeper than is printed.
    Deeper,
    /// It cannot be read; a sentence.
    Unreadable(String),
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// In quotes, as gdb writes it.
    pub shown: String,
    /// Its characters, without what stands behind its end.
    pub content: String,
    /// That it goes on.
    pub more: bool,
    /// That the bytes where it goes on are not in the dump.
    pub is_cut: bool,
}

/// How a struct is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `{a = 1, b = 2}`
    C,
    /// `Point {x: 1, y: 2}`
    Rust,
    /// `Pair (1, 2)`, or `(1, 2)` without a name
    Tuple,
    /// `Shape::Circle{radius: 1}`
    Variant,
    /// `Option::Some(1)`
    TupleVariant,
}

/// What a part of a struct is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Label {
    /// A member.
    Member(String),
    /// A base class.
    Base(String),
    /// A static member.
    Static(String),
    /// A nameless struct or union.
    None,
}

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
    typed.type_()?;
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
                let type_name = Some(typed.type_name()?);
                Ok(Value::Pointer { address, type_name, symbol, text: None })
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
                Base::Float => match crate::float::shown(&bytes, order, is_x87(type_)) {
                    Some(text) => Value::Float(text),
                    None => Value::Bytes(bytes),
                },
                Base::Complex => {
                    let (real, imaginary) = bytes.split_at(bytes.len() / 2);
                    let x87 = real.len() == 16 && type_.name.contains("long double");
                    match crate::float::shown(real, order, x87)
                        .zip(crate::float::shown(imaginary, order, x87))
                    {
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

/// x87's numbers of 10 bytes may stand in 16, as those of IEEE 754 do: the type's name tells.
pub(crate) fn is_x87(type_: &Type) -> bool {
    type_.name == "long double"
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

/// A character in quotes.
fn quoted_character(unit: u32, width: u32) -> String {
    let mut shown = String::from("'");
    let is_single_byte = width == 1;
    let character = char::from_u32(unit).filter(|_| !is_single_byte || unit < 128);
    escaped(&mut shown, character, &[unit], '\'');
    shown.push('\'');
    shown
}

/// Writes one character, or its units in octal where it cannot be shown.
fn escaped(shown: &mut String, character: Option<char>, units: &[u32], quote: char) {
    let special = match character {
        Some('\u{7}') => Some("\\a"),
        Some('\u{8}') => Some("\\b"),
        Some('\u{c}') => Some("\\f"),
        Some('\n') => Some("\\n"),
        Some('\r') => Some("\\r"),
        Some('\t') => Some("\\t"),
        Some('\u{b}') => Some("\\v"),
        _ => None,
    };
    match (character, special) {
        (_, Some(special)) => shown.push_str(special),
        (Some(character), None) if is_printable(character) => {
            if character == quote || character == '\\' {
                shown.push('\\');
            }
            shown.push(character);
        }
        _ => {
            for unit in units {
                let written =
                    if *unit <= 0o777 { write!(shown, "\\{unit:03o}") } else { write!(shown, "\\x{unit:x}") };
                // Nothing fails to be written to a String.
                debug_assert!(written.is_ok(), "written to memory");
            }
        }
    }
}

fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(u32::from(character), 0xad | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xe000..=0xf8ff | 0xfff0..=0xfffb | 0xe_0000..)
        && u32::from(character) & 0xfffe != 0xfffe
}

/// One character of a text, or the units that are none.
#[derive(Clone, PartialEq, Eq)]
struct Unit {
    character: Option<char>,
    units: Vec<u32>,
}

/// The characters of bytes: of single bytes as UTF-8, of wider units as UTF-16 or UTF-32.
fn characters(bytes: &[u8], width: u8, order: ByteOrder) -> Vec<Unit> {
    let units: Vec<u32> = bytes
        .chunks_exact(usize::from(width).max(1))
        .map(|unit| u32::try_from(unsigned(unit, order) & mask(32)).unwrap_or(0))
        .collect();
    let mut characters = Vec::new();
    let mut rest = units.as_slice();
    while let [first, ..] = rest {
        let (character, used) = match width {
            1 => utf8(rest),
            2 => match (*first, rest.get(1)) {
                (high @ 0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
                    (char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)), 2)
                }
                _ => (char::from_u32(*first), 1),
            },
            _ => (char::from_u32(*first), 1),
        };
        let (taken, left) = rest.split_at_checked(used).unwrap_or((rest, &[]));
        characters.push(Unit { character, units: taken.to_vec() });
        rest = left;
    }
    characters
}

/// The character that bytes begin with, and how many bytes it has.
fn utf8(units: &[u32]) -> (Option<char>, usize) {
    let bytes: Vec<u8> = units.iter().take(4).map_while(|unit| u8::try_from(*unit).ok()).collect();
    for size in 1..=bytes.len() {
        if let Some(Ok(text)) = bytes.get(..size).map(std::str::from_utf8)
            && let Some(character) = text.chars().next()
        {
            return (Some(character), size);
        }
    }
    (None, 1)
}

/// A text in quotes as gdb writes it: runs of more than so many like characters apart from the others.
fn text(bytes: &[u8], width: u8, order: ByteOrder, prefix: &str, limits: Limits, mut more: bool) -> Text {
    let all = characters(bytes, width, order);
    let content_end = all.iter().position(|unit| unit.character == Some('\0')).unwrap_or(all.len());
    let mut content = String::new();
    for unit in all.get(..content_end).unwrap_or_default() {
        content.push(unit.character.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    if all.is_empty() {
        return Text { shown: format!("{prefix}\"\""), content, more, is_cut: false };
    }
    let mut shown = String::new();
    let (mut at, mut printed, mut is_open) = (0, 0, false);
    while let Some(unit) = all.get(at)
        && printed < limits.elements
    {
        let like = all.get(at..).unwrap_or_default().iter().take_while(|other| *other == unit).count();
        at += like;
        printed += like;
        if like > limits.repeats {
            if is_open {
                shown.push('"');
                is_open = false;
            }
            if !shown.is_empty() {
                shown.push_str(", ");
            }
            shown.push_str(prefix);
            shown.push('\'');
            escaped(&mut shown, unit.character, &unit.units, '\'');
            let written = write!(shown, "' <repeats {like} times>");
            debug_assert!(written.is_ok(), "written to memory");
        } else {
            if !is_open {
                if !shown.is_empty() {
                    shown.push_str(", ");
                }
                shown.push_str(prefix);
                shown.push('"');
                is_open = true;
            }
            for _ in 0..like {
                escaped(&mut shown, unit.character, &unit.units, '"');
            }
        }
    }
    if is_open {
        shown.push('"');
    }
    more |= at < all.len();
    if more {
        shown.push_str("...");
    }
    Text { shown, content, more, is_cut: false }
}

impl Value {
    /// The value as gdb writes it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, Form::C);
        text
    }

    fn write(&self, into: &mut String, around: Form) {
        let is_rust = around != Form::C;
        match self {
            Value::Integer(number) => into.push_str(&number.to_string()),
            Value::Unsigned(number) => into.push_str(&number.to_string()),
            Value::Float(text) => into.push_str(text),
            Value::Complex(real, imaginary) => into.push_str(&format!("{real} + {imaginary}i")),
            Value::Boolean(is_true) => into.push_str(if *is_true { "true" } else { "false" }),
            Value::Character { number, shown } => into.push_str(&format!("{number} {shown}")),
            Value::Enumerator { shown, .. } => into.push_str(shown),
            Value::Pointer { address, type_name, symbol, text } => {
                if let Some(name) = type_name {
                    into.push_str(&format!("({name}) "));
                }
                into.push_str(&format!("{address:#x}"));
                match symbol {
                    Some((symbol, 0)) => into.push_str(&format!(" <{symbol}>")),
                    Some((symbol, offset)) => into.push_str(&format!(" <{symbol}+{offset}>")),
                    None => {}
                }
                if let Some(text) = text {
                    into.push(' ');
                    into.push_str(&text.shown);
                }
            }
            Value::Reference { address, type_name, value } => {
                if let Some(name) = type_name {
                    into.push_str(&format!("({name}) "));
                }
                into.push_str(&format!("@{address:#x}"));
                if let Some(value) = value {
                    into.push_str(": ");
                    value.write(into, around);
                }
            }
            Value::MemberPointer(shown) => into.push_str(shown),
            Value::Text(text) => into.push_str(&text.shown),
            Value::Array { name, form, elements, more } => {
                if !name.is_empty() {
                    into.push_str(name);
                    into.push(' ');
                }
                into.push_str(if *form == Form::C { "{" } else { "[" });
                for (at, (value, like)) in elements.iter().enumerate() {
                    if at > 0 {
                        into.push_str(", ");
                    }
                    value.write(into, around);
                    if *like > 1 {
                        into.push_str(&format!(" <repeats {like} times>"));
                    }
                }
                if *more {
                    into.push_str("...");
                }
                into.push_str(if *form == Form::C { "}" } else { "]" });
            }
            Value::Struct { name, form, members } => {
                let (open, between, close, separator) = match form {
                    Form::C => ("{".to_owned(), "}", "", " = "),
                    Form::Rust => (format!("{name} {{"), "}", "", ": "),
                    Form::Tuple if name.is_empty() => ("(".into(), ")", "", ""),
                    Form::Tuple => (format!("{name} ("), ")", "", ""),
                    Form::Variant => (format!("{name}{{"), "}", "", ": "),
                    Form::TupleVariant => (format!("{name}("), ")", "", ""),
                };
                let _ = close;
                if members.is_empty() && matches!(form, Form::Rust | Form::Variant | Form::TupleVariant) {
                    into.push_str(name);
                    return;
                }
                into.push_str(&open);
                for (at, (label, value)) in members.iter().enumerate() {
                    if at > 0 {
                        into.push_str(", ");
                    }
                    if !separator.is_empty() {
                        match label {
                            Label::Member(name) => into.push_str(&format!("{name}{separator}")),
                            Label::Base(name) => into.push_str(&format!("<{name}>{separator}")),
                            Label::Static(name) => into.push_str(&format!("static {name}{separator}")),
                            Label::None => {}
                        }
                    }
                    value.write(into, *form);
                }
                if members.is_empty() && *form == Form::C {
                    into.push_str("<No data fields>");
                }
                into.push_str(between);
            }
            Value::Bytes(bytes) => {
                into.push_str("0x");
                for byte in bytes {
                    into.push_str(&format!("{byte:02x}"));
                }
            }
            Value::Nothing => into.push_str(if is_rust { "()" } else { "void" }),
            Value::NotCaptured => into.push_str(NOT_CAPTURED),
            Value::OptimizedAway => into.push_str("<optimized out>"),
            Value::Seen => into.push_str("<same as static member of an already seen type>"),
            Value::Deeper => into.push_str("{...}"),
            Value::Unreadable(why) => into.push_str(&format!("<{why}>")),
        }
    }
}
