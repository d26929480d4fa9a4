//! Printed pointers and references, with what they point to.

use super::{PrintedValue, Printer};
use crate::typed::{Typed, TypedError, ValuePlace};
use crate::types::{Language, Shape, TypeReader, TypeRef, ValueType, text_width, unaliased};

impl Printer<'_> {
    pub(super) fn pointer(
        &mut self,
        typed: &Typed,
        type_: &ValueType,
        to: &TypeRef,
        depth: usize,
    ) -> Result<PrintedValue, TypedError> {
        let Some(reader) = typed.reader.clone() else { return Ok(PrintedValue::OptimizedAway) };
        let Ok(address) = typed.stored_address(type_, self.memory) else {
            return Ok(PrintedValue::NotCaptured);
        };
        let target = unaliased(&*reader, to)?;
        let is_text = typed.language != Language::Rust && text_width(&*reader, to, &target)?.is_some();
        let text = if is_text && address != 0 { self.text_at(&reader, to, &target, address)? } else { None };
        // gdb leaves out the type if the text shows it: a plain char, with or without const.
        let says_itself = is_text && is_plain_char(&*reader, typed.of.as_ref(), to)?;
        let type_name = (depth == 0 && !says_itself).then(|| typed.type_name()).transpose()?;
        let symbol = if address == 0 { None } else { self.names.symbol_at(address) };
        Ok(PrintedValue::Pointer { address, type_name, symbol, text })
    }

    pub(super) fn reference(
        &mut self,
        typed: &Typed,
        type_: &ValueType,
        to: &TypeRef,
        depth: usize,
    ) -> Result<PrintedValue, TypedError> {
        let Ok(address) = typed.stored_address(type_, self.memory) else {
            return Ok(PrintedValue::NotCaptured);
        };
        if depth > 0 {
            return Ok(PrintedValue::Reference { address, type_name: None, value: None });
        }
        let type_name = Some(typed.type_name()?);
        let target = Typed { place: ValuePlace::Memory(address), of: Some(to.clone()), ..typed.clone() };
        let value = Some(Box::new(self.value(&target, 1)?));
        Ok(PrintedValue::Reference { address, type_name, value })
    }
}

/// Whether a pointer is a `char *` or `const char *` itself, and not through a typedef.
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
