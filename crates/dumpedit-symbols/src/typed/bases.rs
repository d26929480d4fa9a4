//! The place of a base class in the objects of a derived class, which casts between pointers to the two need.

use std::sync::Arc;

use super::place::narrowed;
use super::{DEPTH, Names, ReadMemory, Typed, TypedError, ValuePlace, Within, wrapped};
use crate::number::{signed, unsigned};
use crate::types::{
    Base, Member, MemberPlace, Shape, TypeError, TypeReader, TypeRef, ValueType, resolved, type_name,
};

/// The beginning of the names of virtual tables' symbols, by the Itanium C++ ABI.
const TABLE: &str = "vtable for ";

/// The base classes from a class to one of its bases, each a base of the one before.
type Way = Vec<Member>;

impl Typed {
    /// The address of a pointer converted to a pointer to another class, as C++ converts it. The object of a base class
    /// is inside the derived object.
    pub(super) fn cast(
        &self,
        reader: &Arc<dyn TypeReader>,
        to: &TypeRef,
        address: u64,
        names: &dyn Names,
        memory: &dyn ReadMemory,
    ) -> Result<u64, TypedError> {
        if address == 0 || self.of.is_none() {
            return Ok(address);
        }
        let pointer = self.dereferenced(memory)?;
        let Shape::Pointer { to: source, .. } = &pointer.type_()?.shape else { return Ok(address) };
        let path = format!("*{}", wrapped(&pointer.path));
        let source = pointer.at(path, ValuePlace::Memory(address), source.clone());
        let target = Typed { of: Some(to.clone()), reader: Some(reader.clone()), ..source.clone() };
        let up = source.ways(&target.type_name()?)?;
        let down = target.ways(&source.type_name()?)?;
        let found = match (up.as_slice(), down.as_slice()) {
            ([], []) => return Ok(address),
            (up, []) => source.ends(up, memory)?,
            ([], [only]) if only.iter().all(|base| matches!(base.place, MemberPlace::Bytes(_))) => {
                // The derived object is as far before the address as the base class is after the start of the object.
                let behind = target.end(only, memory)?.address()?.wrapping_sub(address);
                return Ok(narrowed(i128::from(address) - i128::from(behind), memory.pointer_width()));
            }
            _ => source.derived(&target, names, memory)?,
        };
        match found.as_slice() {
            [only] => Ok(*only),
            _ if up.is_empty() => Err(unsure(&source, &target)?),
            _ => Err(unsure(&target, &source)?),
        }
    }

    /// The addresses of the objects of a derived class that contain this object of a base class.
    fn derived(
        &self,
        target: &Typed,
        names: &dyn Names,
        memory: &dyn ReadMemory,
    ) -> Result<Vec<u64>, TypedError> {
        let Some(whole) = self.whole(names, memory)? else { return Ok(Vec::new()) };
        let (own, name) = (self.address()?, target.type_name()?);
        let candidates = match whole.type_name()? == name {
            true => vec![whole.address()?],
            false => whole.ends(&whole.ways(&name)?, memory)?,
        };
        let down = target.ways(&self.type_name()?)?;
        let mut found = Vec::new();
        for candidate in candidates {
            let derived = Typed { place: ValuePlace::Memory(candidate), ..target.clone() };
            if derived.ends(&down, memory)?.contains(&own) {
                found.push(candidate);
            }
        }
        Ok(found)
    }

    /// The whole object that contains this one, from its virtual table. The table has the distance to the start of the
    /// whole object, and the table's symbol names its class. `None` if there is no such table.
    fn whole(&self, names: &dyn Names, memory: &dyn ReadMemory) -> Result<Option<Typed>, TypedError> {
        let (address, width) = (self.address()?, memory.pointer_width());
        let mut bytes = vec![0; width.into()];
        if memory.read(address, &mut bytes) < bytes.len() {
            return Err(TypedError::NotCaptured { path: self.path.clone(), address });
        }
        let table = u64::try_from(unsigned(&bytes, memory.byte_order())).unwrap_or(0);
        let Some((symbol, _)) = names.symbol_at(table) else { return Ok(None) };
        let Some(class) = symbol.strip_prefix(TABLE) else { return Ok(None) };
        let to_top = table.wrapping_sub(u64::from(width) * 2);
        if memory.read_constant(to_top, &mut bytes) < bytes.len() {
            return Err(TypedError::NotCaptured { path: symbol, address: to_top });
        }
        let distance = signed(unsigned(&bytes, memory.byte_order()), u32::from(width) * 8);
        let top = i128::from(address).saturating_add(distance);
        let (reader, of, _) = names.find_type(Within::All, None, class)?;
        let place = ValuePlace::Memory(narrowed(top, width));
        Ok(Some(Typed { place, of: Some(of), reader: Some(reader), ..self.clone() }))
    }

    /// The ways from this class to a base class.
    fn ways(&self, name: &str) -> Result<Vec<Way>, TypedError> {
        let (reader, of) = self.parts()?;
        let mut found = Vec::new();
        let type_name = |of: &TypeRef| type_name(&*reader, of, self.language);
        ways(&*reader, &of, &|of| Ok(type_name(of)? == name), &mut Vec::new(), &mut found, &mut 512)?;
        Ok(found)
    }

    /// The object of the base class at the end of a way.
    fn end(&self, way: &[Member], memory: &dyn ReadMemory) -> Result<Typed, TypedError> {
        way.iter().try_fold(self.clone(), |object, base| object.selected(base, memory))
    }

    /// The addresses of the objects at the ends of these ways. A virtual base is one object, whichever way leads to it.
    fn ends(&self, ways: &[Way], memory: &dyn ReadMemory) -> Result<Vec<u64>, TypedError> {
        let ends = ways.iter().map(|way| self.end(way, memory)?.address());
        let mut ends = ends.collect::<Result<Vec<u64>, _>>()?;
        ends.sort_unstable();
        ends.dedup();
        Ok(ends)
    }

    /// The address of this pointer, converted to the type of another pointer, which may point to a base class or a
    /// derived class.
    ///
    /// # Errors
    /// The errors of [`Typed::pointer`], [`TypedError::UnsureBase`], and [`TypedError::NotCaptured`] for the table that
    /// has the place of a virtual base.
    pub fn pointer_as(
        &self,
        other: &Typed,
        names: &dyn Names,
        memory: &dyn ReadMemory,
    ) -> Result<u64, TypedError> {
        let address = self.pointer(memory)?;
        let (reader, _) = other.parts()?;
        match &other.type_()?.shape {
            Shape::Pointer { to, .. } => self.cast(&reader, to, address, names, memory),
            _ => Ok(address),
        }
    }

    /// The names of this pointer's type and of the type of a value for it, if C takes the two for different types: what
    /// they point to differs in more than qualifiers and typedefs, neither points to void or characters, and neither
    /// class is a base of the other. Otherwise `None`.
    ///
    /// # Errors
    /// Fails if a type cannot be read.
    pub fn differs_from(&self, value: &Typed) -> Result<Option<(String, String)>, TypedError> {
        let given = match value.type_()?.shape {
            Shape::Function { .. } => Some(value.clone()),
            _ => value.pointee()?,
        };
        let (Some(own), Some(given)) = (self.pointee()?, given) else { return Ok(None) };
        let (mut one, mut other) = (own, given);
        for _ in 0..DEPTH {
            let Some((next, with)) = one.pointee()?.zip(other.pointee()?) else { break };
            (one, other) = (next, with);
        }
        let is_any = |type_: &ValueType| {
            matches!(type_.shape, Shape::Void | Shape::Base(Base::Character { .. }))
                && type_.size.unwrap_or(1) == 1
        };
        let (first, second) = (one.type_()?, other.type_()?);
        let name = |typed: &Typed, type_: &Arc<ValueType>| {
            let of = TypeRef::Known(Arc::clone(type_));
            let (reader, _) = typed.parts()?;
            Ok::<_, TypedError>(type_name(&*reader, &of, typed.language)?)
        };
        if is_any(&first) || is_any(&second) || name(&one, &first)? == name(&other, &second)? {
            return Ok(None);
        }
        let is_base =
            !one.ways(&other.type_name()?)?.is_empty() || !other.ways(&one.type_name()?)?.is_empty();
        Ok(if is_base { None } else { Some((self.type_name()?, value.type_name()?)) })
    }

    /// A value of the type that a pointer points to, or of an array's elements; `None` if this is neither.
    fn pointee(&self) -> Result<Option<Typed>, TypedError> {
        let (Shape::Pointer { to, .. } | Shape::Array { element: to, .. }) = &self.type_()?.shape else {
            return Ok(None);
        };
        Ok(Some(self.at(self.path.clone(), ValuePlace::OptimizedAway, to.clone())))
    }
}

fn unsure(base: &Typed, class: &Typed) -> Result<TypedError, TypedError> {
    Ok(TypedError::UnsureBase { base: base.type_name()?, class: class.type_name()? })
}

/// Finds the ways from a class to a base class.
fn ways(
    reader: &dyn TypeReader,
    of: &TypeRef,
    is_wanted: &dyn Fn(&TypeRef) -> Result<bool, TypeError>,
    before: &mut Way,
    found: &mut Vec<Way>,
    most: &mut u32,
) -> Result<(), TypeError> {
    let type_ = resolved(reader, of)?;
    let Shape::Struct { members, .. } = &type_.shape else { return Ok(()) };
    for member in members.iter().filter(|member| member.base_class) {
        // A damaged class may be its own base.
        *most = most.saturating_sub(1);
        if *most == 0 {
            break;
        }
        before.push(member.clone());
        match is_wanted(&member.of)? {
            true => found.push(before.clone()),
            false => ways(reader, &member.of, is_wanted, before, found, most)?,
        }
        before.pop();
    }
    Ok(())
}
