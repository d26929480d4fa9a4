//! The value that a typed path leads to: its type, and its place in the memory of a process.

mod bases;
mod class_names;
mod error;
mod found;
mod inherited;
mod members;
mod place;
mod process;

use std::sync::Arc;

pub use error::TypedError;
pub(crate) use members::bit_field;
pub use place::{PlacedPart, ValuePlace};
pub use process::{FoundName, Names, ReadMemory, Within};

use crate::error::Refused;
use crate::number::{bytes, unsigned};
use crate::path::{NamedType, Path, PathRoot, PathStep};
use crate::types::{
    Language, NoTypes, PointerKind, Shape, TypeLayout, TypeReader, TypeRef, ValueType, behind, layout,
    resolved, size_of, slice, type_name, unaliased,
};

/// The most references from one to the next, and the deepest nesting of unnamed members and base classes.
const DEPTH: u32 = 64;

/// The value that a path leads to.
#[derive(Clone)]
#[non_exhaustive]
pub struct Typed {
    /// The path in its shortest form.
    pub path: String,
    /// The index of the module in which the path begins; `None` if it begins at an address.
    pub module: Option<usize>,
    /// The place of the value.
    pub place: ValuePlace,
    /// Its type; `None` for a symbol without a known type.
    pub of: Option<TypeRef>,
    /// The language of the unit in which the path begins.
    pub language: Language,
    pub(crate) reader: Option<Arc<dyn TypeReader>>,
    /// If the type is not known, the files that should have it and were refused.
    pub(crate) refused: Arc<[Refused]>,
}

/// Follows a path.
///
/// # Errors
/// Fails if the path leads to no value.
pub fn evaluate(path: &Path, names: &dyn Names, memory: &dyn ReadMemory) -> Result<Typed, TypedError> {
    let mut typed = Typed::root(&path.root, names, memory)?;
    for step in &path.steps {
        typed = typed.stepped(step, names, memory)?.completed(names)?;
    }
    Ok(typed)
}

/// A value's type, with its reader.
struct Known {
    reader: Arc<dyn TypeReader>,
    of: TypeRef,
    type_: Arc<ValueType>,
}

impl Typed {
    fn root(root: &PathRoot, names: &dyn Names, memory: &dyn ReadMemory) -> Result<Typed, TypedError> {
        let path = root.to_string();
        match root {
            PathRoot::Name { module, unit, name } => {
                let found = names.find(called(module.as_deref()), unit.as_deref(), name)?;
                Typed::found(path, found, names, memory)
            }
            PathRoot::At { of, address } => {
                let found = of.find(called(of.module.as_deref()), names)?;
                Ok(Typed::of_type(path, of, found, *address, memory))
            }
            PathRoot::Cast { of, to, converts } => {
                let to = evaluate(to, names, memory)?;
                let address = to.leads_to(memory)?;
                // The module of the path may define the type differently from another module.
                let own = to.module.filter(|_| of.module.is_none());
                let own = own.and_then(|module| of.find(Within::Module(module), names).ok());
                let found = own.map_or_else(|| of.find(called(of.module.as_deref()), names), Ok)?;
                let address = match converts {
                    true => to.cast(&found.0, &found.1, address, names, memory)?,
                    false => address,
                };
                Ok(Typed::of_type(path, of, found, address, memory))
            }
        }
    }

    fn of_type(
        path: String,
        of: &NamedType,
        (reader, mut type_, language): (Arc<dyn TypeReader>, TypeRef, Language),
        address: u64,
        memory: &dyn ReadMemory,
    ) -> Typed {
        for _ in 0..of.pointers.min(DEPTH) {
            type_ = pointer_to(type_, Some(memory.pointer_width().into()));
        }
        let place = ValuePlace::Memory(address);
        let (reader, refused) = (Some(reader), [].into());
        Typed { path, module: None, place, of: Some(type_), language, reader, refused }
    }

    /// The address in a value that is a pointer. For a value without a type, an array or a function, its own address.
    fn leads_to(&self, memory: &dyn ReadMemory) -> Result<u64, TypedError> {
        match (&self.of, &self.place) {
            (None, ValuePlace::Value(bytes)) => {
                return Ok(u64::try_from(unsigned(bytes, memory.byte_order())).unwrap_or(u64::MAX));
            }
            (None, _) => return self.address(),
            _ => {}
        }
        let this = self.dereferenced(memory)?;
        match this.type_()?.shape {
            Shape::Array { .. } | Shape::Function { .. } => this.address(),
            _ => this.pointer(memory),
        }
    }

    /// The address of the first byte.
    ///
    /// # Errors
    /// Fails if the value has no address.
    pub fn address(&self) -> Result<u64, TypedError> {
        let path = self.path.clone();
        match self.place {
            ValuePlace::Memory(address) => Ok(address),
            ValuePlace::Bits(..) => Err(TypedError::OfBitField { path }),
            ValuePlace::Value(_) => Err(TypedError::OfMereValue { path }),
            ValuePlace::Parts(ref parts) => {
                Err(TypedError::InParts { path, parts: PlacedPart::in_words(parts) })
            }
            ValuePlace::OptimizedAway => Err(TypedError::OptimizedAway { path }),
        }
    }

    /// The address in a value that is one, such as `&a` or a pointer.
    ///
    /// # Errors
    /// Fails if the value is not an address, or is not captured.
    pub fn pointer(&self, memory: &dyn ReadMemory) -> Result<u64, TypedError> {
        let known = self.known()?;
        match &known.type_.shape {
            Shape::Pointer { .. } => self.stored_address(&known.type_, memory),
            _ => Err(TypedError::NoPointer { path: self.path.clone(), type_name: self.type_name()? }),
        }
    }

    /// Its type without typedefs and qualifiers.
    ///
    /// # Errors
    /// Fails if the type is not known or cannot be read.
    pub fn type_(&self) -> Result<Arc<ValueType>, TypedError> {
        Ok(self.known()?.type_)
    }

    /// The reader of its type and of the types that this one refers to; `None` if the type is not known.
    pub fn reader(&self) -> Option<&Arc<dyn TypeReader>> {
        self.reader.as_ref()
    }

    /// The name of its type.
    ///
    /// # Errors
    /// Fails if the type is not known or cannot be read.
    pub fn type_name(&self) -> Result<String, TypedError> {
        let (reader, of) = self.parts()?;
        Ok(type_name(&*reader, &of, self.language)?)
    }

    /// The size of its type in bytes; `None` if it is not known.
    ///
    /// # Errors
    /// Fails if the type is not known or cannot be read.
    pub fn size(&self) -> Result<Option<u64>, TypedError> {
        let (reader, of) = self.parts()?;
        Ok(size_of(&*reader, &of)?)
    }

    /// The layout of its type, or of the type at the end of its pointers and arrays. Another module may define that
    /// type.
    ///
    /// # Errors
    /// Fails if the type is not known or cannot be read.
    pub fn layout(&self, names: &dyn Names, memory: &dyn ReadMemory) -> Result<TypeLayout, TypedError> {
        let (reader, of) = self.parts()?;
        let whole = self.at(self.path.clone(), ValuePlace::OptimizedAway, behind(&*reader, &of)?);
        let (reader, of) = whole.completed(names)?.parts()?;
        Ok(layout(&*reader, &of, self.language, memory.byte_order())?)
    }

    fn parts(&self) -> Result<(Arc<dyn TypeReader>, TypeRef), TypedError> {
        match (&self.reader, &self.of) {
            (Some(reader), Some(of)) => Ok((Arc::clone(reader), of.clone())),
            _ => Err(TypedError::NoType {
                symbol: self.path.clone(),
                address: self.address()?,
                refused: self.refused.to_vec(),
            }),
        }
    }

    fn known(&self) -> Result<Known, TypedError> {
        let (reader, of) = self.parts()?;
        let type_ = resolved(&*reader, &of)?;
        Ok(Known { reader, of, type_ })
    }

    fn at(&self, path: String, place: ValuePlace, of: TypeRef) -> Typed {
        Typed { path, place, of: Some(of), ..self.clone() }
    }

    fn stepped(
        &self,
        step: &PathStep,
        names: &dyn Names,
        memory: &dyn ReadMemory,
    ) -> Result<Typed, TypedError> {
        if let PathStep::AddressOf = step
            && self.of.is_none()
        {
            let address = self.address()?;
            let width = memory.pointer_width();
            let place = ValuePlace::Value(bytes(address.into(), width.into(), memory.byte_order()));
            let of = pointer_to(TypeRef::Void, Some(width.into()));
            let reader = self.reader.clone().unwrap_or_else(|| Arc::new(NoTypes));
            return Ok(Typed { reader: Some(reader), ..self.at(format!("&{}", self.path), place, of) });
        }
        let this = self.dereferenced(memory)?;
        match step {
            PathStep::Member(name) => this.member(name, names, memory),
            PathStep::Index(index) => this.index(*index, names, memory),
            PathStep::Follow => this.follow(names, memory),
            PathStep::AddressOf => {
                let address = this.address()?;
                let known = this.known()?;
                let width = memory.pointer_width();
                let place = ValuePlace::Value(bytes(address.into(), width.into(), memory.byte_order()));
                Ok(this.at(format!("&{}", this.path), place, pointer_to(known.of, Some(width.into()))))
            }
        }
    }

    /// The same value. If its type is only declared, the type is the one that another module defines.
    fn completed(self, names: &dyn Names) -> Result<Typed, TypedError> {
        let Ok(known) = self.known() else { return Ok(self) };
        if !matches!(known.type_.shape, Shape::Declared(_)) || known.type_.name.is_empty() {
            return Ok(self);
        }
        match names.find_type(Within::All, None, &known.type_.name) {
            Ok((reader, of, _)) => Ok(Typed { reader: Some(reader), of: Some(of), ..self }),
            // If several modules define it differently, that is an error. If none defines it, the error comes when its
            // members are needed.
            Err(error @ TypedError::SeveralTypes { .. }) => Err(error),
            Err(_) => Ok(self),
        }
    }

    /// Whether this is a C++ reference, which stands for what it refers to.
    pub fn is_reference(&self) -> bool {
        self.referenced().is_ok_and(|to| to.is_some())
    }

    /// The type that a reference refers to; `None` if this is not a reference.
    fn referenced(&self) -> Result<Option<TypeRef>, TypedError> {
        let (reader, of) = self.parts()?;
        Ok(match &unaliased(&*reader, &of)?.shape {
            Shape::Pointer { to, kind: PointerKind::Reference | PointerKind::RvalueReference } => {
                Some(to.clone())
            }
            _ => None,
        })
    }

    /// The value that a reference refers to, or this value itself if it is not a reference.
    ///
    /// # Errors
    /// Fails if the reference is not captured, or if the type cannot be read.
    pub fn dereferenced(&self, memory: &dyn ReadMemory) -> Result<Typed, TypedError> {
        let mut typed = self.clone();
        for _ in 0..DEPTH {
            let Some(to) = typed.referenced()? else { return Ok(typed) };
            let address = typed.stored_address(&*typed.type_()?, memory)?;
            typed = typed.at(typed.path.clone(), ValuePlace::Memory(address), to);
        }
        Ok(typed)
    }

    /// The bytes of the whole value, at most 64. All of them must be captured.
    fn all_bytes(&self, size: u64, memory: &dyn ReadMemory) -> Result<Vec<u8>, TypedError> {
        match &self.place {
            ValuePlace::Value(bytes) => Ok(bytes.clone()),
            ValuePlace::Parts(parts) => {
                let size = usize::try_from(size.min(64)).unwrap_or(0);
                let in_parts =
                    || TypedError::InParts { path: self.path.clone(), parts: PlacedPart::in_words(parts) };
                PlacedPart::read(parts, size, memory).ok_or_else(in_parts)
            }
            ValuePlace::Memory(address) => {
                let mut bytes = vec![0; usize::try_from(size.min(64)).unwrap_or(0)];
                let read = memory.read(*address, &mut bytes);
                let path = self.path.clone();
                if read < bytes.len() {
                    Err(TypedError::NotCaptured { path, address: *address })
                } else {
                    Ok(bytes)
                }
            }
            ValuePlace::Bits(address, _) => {
                Err(TypedError::NotCaptured { path: self.path.clone(), address: *address })
            }
            ValuePlace::OptimizedAway => Err(TypedError::OptimizedAway { path: self.path.clone() }),
        }
    }

    /// The address that is stored here, in a pointer or a reference of a type.
    pub(crate) fn stored_address(
        &self,
        type_: &ValueType,
        memory: &dyn ReadMemory,
    ) -> Result<u64, TypedError> {
        let size = type_.size.unwrap_or(memory.pointer_width().into());
        let bytes = self.all_bytes(size, memory)?;
        Ok(u64::try_from(unsigned(&bytes, memory.byte_order())).unwrap_or(u64::MAX))
    }

    /// The value that a pointer points to, or the first element of an array.
    fn follow(&self, names: &dyn Names, memory: &dyn ReadMemory) -> Result<Typed, TypedError> {
        let known = self.known()?;
        match &known.type_.shape {
            Shape::Pointer { to, .. } => {
                let address = self.stored_address(&known.type_, memory)?;
                if address == 0 {
                    return Err(TypedError::Null { path: self.path.clone() });
                }
                Ok(self.at(format!("*{}", wrapped(&self.path)), ValuePlace::Memory(address), to.clone()))
            }
            Shape::Array { first, .. } => self.index((*first).into(), names, memory),
            _ => Err(TypedError::NoPointer { path: self.path.clone(), type_name: self.type_name()? }),
        }
    }

    fn index(&self, index: i128, names: &dyn Names, memory: &dyn ReadMemory) -> Result<Typed, TypedError> {
        let known = self.known()?;
        let path = format!("{}[{index}]", wrapped(&self.path));
        let (start, element, first) = match &known.type_.shape {
            Shape::Array { element, first, count } => {
                let first = i128::from(*first);
                // An array of length 0 has as many elements as its struct was allocated with.
                if let Some(count) = count.filter(|count| *count > 0) {
                    let last = first + i128::from(count) - 1;
                    if !(first..=last).contains(&index) {
                        return Err(TypedError::OutOfBounds { path: self.path.clone(), index, first, last });
                    }
                }
                (self.place.clone(), element.clone(), first)
            }
            Shape::Pointer { to, .. } => {
                let address = self.stored_address(&known.type_, memory)?;
                if address == 0 {
                    return Err(TypedError::Null { path: self.path.clone() });
                }
                (ValuePlace::Memory(address), to.clone(), 0)
            }
            Shape::Struct { members, .. } => match slice(members) {
                Some((data, length)) => {
                    let length = self.selected(length, memory)?;
                    let size = length.size()?.unwrap_or(8);
                    let count =
                        i128::try_from(unsigned(&length.all_bytes(size, memory)?, memory.byte_order()));
                    let last = count.unwrap_or(i128::MAX) - 1;
                    if !(0..=last).contains(&index) {
                        return Err(TypedError::OutOfBounds {
                            path: self.path.clone(),
                            index,
                            first: 0,
                            last,
                        });
                    }
                    let mut element = self.selected(data, memory)?.index(index, names, memory)?;
                    element.path = path;
                    return Ok(element);
                }
                None => {
                    return Err(TypedError::NoArray {
                        path: self.path.clone(),
                        type_name: self.type_name()?,
                    });
                }
            },
            _ => return Err(TypedError::NoArray { path: self.path.clone(), type_name: self.type_name()? }),
        };
        let size = match size_of(&*known.reader, &element)? {
            None => self.at(path.clone(), self.place.clone(), element.clone()).completed(names)?.size()?,
            size => size,
        };
        let Some(size) = size else {
            let type_name = type_name(&*known.reader, &element, self.language)?;
            return Err(TypedError::NoSize { path, type_name });
        };
        let outside = || TypedError::OutsideAddressSpace { path: path.clone() };
        let by = index.checked_sub(first).and_then(|index| index.checked_mul(i128::from(size)));
        let by = by.ok_or_else(outside)?;
        let place = match start {
            ValuePlace::Memory(address) => {
                let last = crate::number::mask(u32::from(memory.pointer_width()).saturating_mul(8).min(64));
                let address =
                    i128::from(address).checked_add(by).and_then(|address| u64::try_from(address).ok());
                let address = address.filter(|address| u128::from(*address) <= last);
                ValuePlace::Memory(address.ok_or_else(outside)?)
            }
            place => place.part(by, size, memory.pointer_width()),
        };
        Ok(self.at(path, place, element))
    }

    /// An element of this array. `at` is the number of elements before it.
    pub(crate) fn element(&self, index: i128, at: u64, size: u64, of: &TypeRef, width: u8) -> Typed {
        let path = format!("{}[{index}]", wrapped(&self.path));
        let by = i128::from(at).saturating_mul(size.into());
        self.at(path, self.place.part(by, size, width), of.clone())
    }
}

/// A pointer to a type.
pub(crate) fn pointer_to(to: TypeRef, size: Option<u64>) -> TypeRef {
    let shape = Shape::Pointer { to, kind: PointerKind::Pointer };
    TypeRef::Known(Arc::new(ValueType::new("", size, shape)))
}

impl NamedType {
    /// The type with this name, without its pointers.
    fn find(
        &self,
        within: Within<'_>,
        names: &dyn Names,
    ) -> Result<(Arc<dyn TypeReader>, TypeRef, Language), TypedError> {
        names.find_type(within, self.unit.as_deref(), &self.name)
    }
}

fn called(module: Option<&str>) -> Within<'_> {
    module.map_or(Within::All, Within::Called)
}

/// A path to which a step can be appended.
fn wrapped(path: &str) -> String {
    if path.starts_with(['*', '&']) { format!("({path})") } else { path.to_owned() }
}
