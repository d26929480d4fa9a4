//! Printed members of structs, unions, tuples and enums that carry values.

use super::{Form, Label, PrintedValue, Printer};
use crate::typed::{Typed, TypedError};
use crate::types::{Language, Member, MemberPlace, Shape, ValueType, slice};

impl Printer<'_> {
    pub(super) fn structure(
        &mut self,
        typed: &Typed,
        type_: &ValueType,
        depth: usize,
    ) -> Result<PrintedValue, TypedError> {
        let Shape::Struct { members, variants, .. } = &type_.shape else { return Ok(PrintedValue::Nothing) };
        if depth >= self.limits.depth {
            return Ok(PrintedValue::Deeper);
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
                Err(TypedError::NotCaptured { .. }) => return Ok(PrintedValue::NotCaptured),
                Err(error) => return Err(error),
            };
            let Some(arm) = arm else {
                return Ok(PrintedValue::Unreadable(format!(
                    "no variant of {} has this discriminant",
                    type_.name
                )));
            };
            let typed = typed.selected(arm, self.memory)?;
            let inner = typed.type_()?;
            let Shape::Struct { members, .. } = &inner.shape else { return self.value(&typed, depth + 1) };
            let is_tuple = members.first().is_some_and(|member| member.name == "__0");
            let form = if is_tuple { Form::TupleVariant } else { Form::Variant };
            return Ok(PrintedValue::Struct {
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
        Ok(PrintedValue::Struct { name, form, members: self.members(typed, members, depth)? })
    }

    fn members(
        &mut self,
        typed: &Typed,
        members: &[Member],
        depth: usize,
    ) -> Result<Vec<(Label, PrintedValue)>, TypedError> {
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
                MemberPlace::Static(_) => match typed.static_member(member, self.names, self.memory) {
                    Ok(found) => found,
                    Err(_) => {
                        values.push((label, PrintedValue::OptimizedAway));
                        continue;
                    }
                },
                _ => match typed.selected(member, self.memory) {
                    Ok(selected) => selected,
                    Err(
                        TypedError::NotCaptured { .. }
                        | TypedError::OfBitField { .. }
                        | TypedError::OfMereValue { .. },
                    ) => {
                        values.push((label, PrintedValue::NotCaptured));
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
                    values.push((label, PrintedValue::Seen));
                    continue;
                }
                self.statics.push(address);
            }
            let value = self.value(&selected, depth + 1);
            if static_struct.is_some() {
                self.statics.pop();
            }
            // A member that cannot be read does not hide the others.
            let value = match value {
                Ok(value) => value,
                Err(TypedError::Types(error)) => PrintedValue::Unreadable(error.to_string()),
                Err(error) => return Err(error),
            };
            values.push((label, value));
        }
        Ok(values)
    }

    /// The address of a static member that is a struct. The struct may have itself as a static member.
    fn static_struct(&self, typed: &Typed) -> Result<Option<u64>, TypedError> {
        let is_struct = matches!(typed.type_()?.shape, Shape::Struct { .. });
        Ok(if is_struct { typed.address().ok() } else { None })
    }
}
