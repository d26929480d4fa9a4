//! Where the object of a base class is in one of a class that is derived from it, as casts between pointers to them need.

use std::sync::Arc;

use super::place::narrowed;
use super::{ReadMemory, Typed, TypedError};
use crate::types::{Language, MemberPlace, Shape, TypeError, TypeReader, TypeRef, resolved, type_name};

/// Where a base class is: so many bytes behind the start, or where only an object says.
type Distance = Option<i128>;

impl Typed {
    /// The address that a pointer has as one to another class, as C++ has it: the object of a base class stands within the derived one.
    pub(super) fn cast(
        &self,
        (reader, type_, _): &(Arc<dyn TypeReader>, TypeRef, Language),
        address: u64,
        memory: &dyn ReadMemory,
    ) -> Result<u64, TypedError> {
        if address == 0 || self.of.is_none() {
            return Ok(address);
        }
        let pointer = self.dereferenced(memory)?;
        let (own_reader, _) = pointer.parts()?;
        let Shape::Pointer { to: source, .. } = &pointer.type_()?.shape else { return Ok(address) };
        let source_name = type_name(&*own_reader, source, pointer.language)?;
        let name = type_name(&**reader, type_, pointer.language)?;
        let mut of_source = Vec::new();
        within(&*own_reader, source, pointer.language, &name, Some(0), &mut of_source, &mut 512)?;
        let mut of_target = Vec::new();
        within(&**reader, type_, pointer.language, &source_name, Some(0), &mut of_target, &mut 512)?;
        let distance = match (of_source.as_slice(), of_target.as_slice()) {
            ([], []) => 0,
            ([Some(distance)], []) => *distance,
            ([], [Some(distance)]) => distance.saturating_neg(),
            ([], _) => return Err(TypedError::UnsureBase { base: source_name, class: name }),
            _ => return Err(TypedError::UnsureBase { base: name, class: source_name }),
        };
        Ok(narrowed(i128::from(address) + distance, memory.pointer_width()))
    }

    /// The address that this pointer has as the value of another pointer, which may be one to a base class or from one.
    ///
    /// # Errors
    /// As [`Typed::pointer`], and [`TypedError::UnsureBase`].
    pub fn pointer_as(&self, other: &Typed, memory: &dyn ReadMemory) -> Result<u64, TypedError> {
        let address = self.pointer(memory)?;
        let (reader, _) = other.parts()?;
        match &other.type_()?.shape {
            Shape::Pointer { to, .. } => self.cast(&(reader, to.clone(), other.language), address, memory),
            _ => Ok(address),
        }
    }
}

/// Finds the places of a base class in a class.
fn within(
    reader: &dyn TypeReader,
    of: &TypeRef,
    language: Language,
    name: &str,
    at: Distance,
    found: &mut Vec<Distance>,
    most: &mut u32,
) -> Result<(), TypeError> {
    let type_ = resolved(reader, of)?;
    let Shape::Struct { members, .. } = &type_.shape else { return Ok(()) };
    for member in members.iter().filter(|member| member.base_class) {
        // A damaged class may be derived from itself.
        *most = most.saturating_sub(1);
        if *most == 0 {
            break;
        }
        let at = match member.place {
            MemberPlace::Bytes(offset) => at.map(|at| at.saturating_add(offset.into())),
            _ => None,
        };
        match type_name(reader, &member.of, language)? == name {
            true => found.push(at),
            false => within(reader, &member.of, language, name, at, found, most)?,
        }
    }
    Ok(())
}
