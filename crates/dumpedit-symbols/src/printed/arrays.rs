//! Printed arrays and Rust slices: the elements that are shown, and the numbers of equal ones.

use std::mem::discriminant;

use super::{Form, PrintedValue, Printer};
use crate::number::unsigned;
use crate::typed::{Typed, TypedError, ValuePlace};
use crate::types::{Language, Member, Shape, TypeRef, ValueType, size_of, text_width, unaliased};

/// The largest element that is compared with its neighbours, in bytes.
const ELEMENT: u64 = 1 << 16;

impl Printer<'_> {
    pub(super) fn array(
        &mut self,
        typed: &Typed,
        element: &TypeRef,
        first: i64,
        count: Option<u64>,
        depth: usize,
    ) -> Result<PrintedValue, TypedError> {
        let Some(reader) = typed.reader.clone() else { return Ok(PrintedValue::OptimizedAway) };
        let is_c = typed.language != Language::Rust;
        let (count, address) = match (count, &typed.place) {
            // As gdb does, an array without a length is shown as its address and the text there.
            (None | Some(0), ValuePlace::Memory(address)) if is_c => (0, Some(*address)),
            (count, _) => (count.unwrap_or(0), None),
        };
        if let Some(address) = address {
            let target = unaliased(&*reader, element)?;
            return Ok(PrintedValue::Pointer {
                address,
                type_name: None,
                symbol: self.names.symbol_at(address),
                text: self.text_at(&reader, element, &target, address)?,
            });
        }
        let target = unaliased(&*reader, element)?;
        if is_c && let Some(width) = text_width(&*reader, element, &target)? {
            return self.text_array(typed, &reader, element, width, count);
        }
        let Some(size) = size_of(&*reader, element)? else {
            return Ok(PrintedValue::Unreadable("the size of the elements is unknown".into()));
        };
        if depth >= self.limits.depth {
            return Ok(PrintedValue::Deeper);
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
                    let is_like = discriminant(&next.place) == discriminant(&one.place);
                    if !is_like || self.bytes(&next, size) != bytes {
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
                // Fewer equal elements are written one by one, as far as the limit allows.
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
        Ok(PrintedValue::Array { name: String::new(), form, elements, more: at < count })
    }

    /// A Rust slice: the elements at its pointer, as many as its length says.
    pub(super) fn rust_slice(
        &mut self,
        typed: &Typed,
        type_: &ValueType,
        data: &Member,
        length: &Member,
        depth: usize,
    ) -> Result<PrintedValue, TypedError> {
        let Some((address, count)) = self.slice_parts(typed, data, length)? else {
            return Ok(PrintedValue::NotCaptured);
        };
        let data = typed.selected(data, self.memory)?;
        let Shape::Pointer { to, .. } = &data.type_()?.shape else {
            return Ok(PrintedValue::Unreadable("its pointer is not of a pointer type".into()));
        };
        let elements = Typed { place: ValuePlace::Memory(address), ..data.clone() };
        let mut value = self.array(&elements, to, 0, Some(count), depth)?;
        if let PrintedValue::Array { name, .. } = &mut value {
            name.clone_from(&type_.name);
        }
        Ok(value)
    }

    /// The address and the length of a slice; `None` if one of them is not captured.
    pub(super) fn slice_parts(
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
}
