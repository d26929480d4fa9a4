//! What a typed path leads to: a type, and the place of a value in the memory of a process.

use std::sync::Arc;

use dumpedit_layout::{ByteOrder, Machine};
use thiserror::Error;

use crate::error::SymbolError;
use crate::number::{bytes, signed, unsigned};
use crate::path::{Path, PathError, Root, Step};
use crate::types::{
    Base, Bits, Language, Member, MemberPlace, PointerKind, Shape, Type, TypeError, TypeReader, TypeRef,
    Variable, VariableLocation, resolved, size_of, type_name, unaliased,
};

/// How far references lead to references, and members lie in nameless ones and base classes.
const DEPTH: u32 = 64;
/// How many near names an error tells.
const NEAR: usize = 4;

/// The memory of a process.
pub trait Memory {
    /// Reads what is captured at an address, and says how many bytes, from the first one, that was.
    fn read(&self, address: u64, into: &mut [u8]) -> usize;

    /// The machine that the process ran on.
    fn machine(&self) -> Machine;

    /// The order of the bytes of numbers.
    fn byte_order(&self) -> ByteOrder;

    /// How many bytes an address has.
    fn pointer_width(&self) -> u8;
}

/// Where a name is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within<'a> {
    /// In all modules.
    All,
    /// In the modules that are called so, as a path names them.
    Called(&'a str),
    /// In the module of this number, which a name that was found before said.
    Module(usize),
}

/// What a name in a path stands for.
#[derive(Clone)]
pub enum Found {
    /// A variable with a type.
    Variable {
        /// The number of its module, by which whoever finds names knows it.
        module: usize,
        /// Where the module begins in memory.
        base: u64,
        /// What has its type.
        reader: Arc<dyn TypeReader>,
        /// The variable. Where it is only declared, whoever finds it has looked for the definition.
        variable: Variable,
    },
    /// A symbol of which only the address is known.
    Symbol {
        /// The number of its module.
        module: usize,
        /// Its name.
        name: String,
        /// Its address.
        address: u64,
    },
}

/// The names in the modules of a process.
pub trait Names {
    /// What a name stands for, in all units or in the source file of a name.
    ///
    /// # Errors
    /// Where there is nothing of that name, or several things.
    fn find(&self, within: Within<'_>, unit: Option<&str>, name: &str) -> Result<Found, TypedError>;

    /// The type of a name, and what reads it.
    ///
    /// # Errors
    /// Where there is none of that name.
    fn find_type(
        &self,
        within: Within<'_>,
        name: &str,
    ) -> Result<(Arc<dyn TypeReader>, TypeRef, Language), TypedError>;

    /// Where a thread-local variable of a module is, of the chosen thread.
    ///
    /// # Errors
    /// A sentence where that cannot be told.
    fn thread_local(&self, module: usize, offset: u64) -> Result<u64, String>;

    /// The symbol that an address lies in, and how many bytes behind its beginning.
    fn symbol_at(&self, address: u64) -> Option<(String, u64)>;
}

/// Why a path leads nowhere.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TypedError {
    /// The path is written wrongly.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The debug information cannot be read.
    #[error(transparent)]
    Types(#[from] TypeError),
    /// There is nothing, or more than one thing, of a name.
    #[error("{0}")]
    Name(String),
    /// There is no symbol and no variable, or more than one, of a name.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// Only the address of a symbol is known.
    #[error("the type of {symbol}, which is at {address:#x}, is not known: no debug information has it")]
    NoType {
        /// The symbol.
        symbol: String,
        /// Its address.
        address: u64,
    },
    /// A struct has no such member.
    #[error("{path} has no member {member}{}: it is of type {type_name}", near_members(near))]
    NoMember {
        /// What has no such member.
        path: String,
        /// The member.
        member: String,
        /// The type.
        type_name: String,
        /// Members of nearly that name.
        near: Vec<String>,
    },
    /// What has no members is taken for a struct.
    #[error("{path} has no members: it is of type {type_name}")]
    NoStruct {
        /// What has none.
        path: String,
        /// Its type.
        type_name: String,
    },
    /// What has no elements is taken for an array.
    #[error("{path} is no array and no pointer: it is of type {type_name}")]
    NoArray {
        /// What is none.
        path: String,
        /// Its type.
        type_name: String,
    },
    /// What is no pointer is followed.
    #[error("{path} is no pointer: it is of type {type_name}")]
    NoPointer {
        /// What is none.
        path: String,
        /// Its type.
        type_name: String,
    },
    /// An index is outside an array.
    #[error(
        "{path} has the indices {first} to {last}, and {index} is outside them; (&{path}[{first}])[{index}] counts on"
    )]
    OutOfBounds {
        /// The array.
        path: String,
        /// The index.
        index: i128,
        /// The first index.
        first: i128,
        /// The last index.
        last: i128,
    },
    /// A pointer is null.
    #[error("{path} is a null pointer")]
    Null {
        /// The pointer.
        path: String,
    },
    /// An index leads past the first or the last address.
    #[error("{path} lies outside the address space")]
    OutsideAddressSpace {
        /// The element.
        path: String,
    },
    /// A value that is needed on the way is not in the dump.
    #[error("{path} is needed, and its bytes at {address:#x} are not captured")]
    NotCaptured {
        /// The value.
        path: String,
        /// Where it is.
        address: u64,
    },
    /// The compiler kept no place.
    #[error("{path} has no place: the compiler optimised it away")]
    OptimizedAway {
        /// The variable.
        path: String,
    },
    /// The debug information computes the place.
    #[error(
        "the place of {path} is computed in a way that is not followed here, as that of a local variable"
    )]
    Computed {
        /// The variable.
        path: String,
    },
    /// A thread-local variable whose place is not found.
    #[error("{path} is thread-local: {why}")]
    ThreadLocal {
        /// The variable.
        path: String,
        /// Why it is not found.
        why: String,
    },
    /// A value without an address: a constant, an address, or a bit field.
    #[error("{path} has no address: {why}")]
    NoAddress {
        /// The value.
        path: String,
        /// Why.
        why: &'static str,
    },
    /// The size of a type is needed and not known.
    #[error("the size of {type_name} is not known, which {path} needs")]
    NoSize {
        /// What needs it.
        path: String,
        /// The type.
        type_name: String,
    },
    /// A new value does not fit.
    #[error("{value} does not fit into {path}: {why}")]
    DoesNotFit {
        /// What is written to.
        path: String,
        /// The value.
        value: String,
        /// Why it does not fit.
        why: String,
    },
}

fn near_members(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!(" (but {})", near.join(", ")) }
}

/// Where a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// At an address.
    Memory(u64),
    /// In some bits of the number at an address.
    Bits(u64, Bits),
    /// Nowhere: these are its bytes in the target's order.
    Value(Vec<u8>),
    /// Nowhere, and it is not known.
    OptimizedAway,
}

/// What a path leads to.
#[derive(Clone)]
pub struct Typed {
    /// The path in its shortest form.
    pub path: String,
    /// The number of the module that the path begins in; `None` where it begins at an address.
    pub module: Option<usize>,
    /// Where the value is.
    pub place: Place,
    /// Its type; `None` for a symbol of which only the address is known.
    pub of: Option<TypeRef>,
    /// The language of the unit that the path begins in.
    pub language: Language,
    pub(crate) reader: Option<Arc<dyn TypeReader>>,
}

/// Follows a path.
///
/// # Errors
/// Where it leads nowhere.
pub fn evaluate(path: &Path, names: &dyn Names, memory: &dyn Memory) -> Result<Typed, TypedError> {
    let mut typed = Typed::root(&path.root, names)?;
    for step in &path.steps {
        typed = typed.stepped(step, names, memory)?;
    }
    Ok(typed)
}

/// A value with its type on the way along a path.
struct Known {
    reader: Arc<dyn TypeReader>,
    of: TypeRef,
    type_: Arc<Type>,
}

impl Typed {
    fn root(root: &Root, names: &dyn Names) -> Result<Typed, TypedError> {
        let path = root.to_string();
        match root {
            Root::Name { module, unit, name } => {
                let found = names.find(called(module.as_deref()), unit.as_deref(), name)?;
                Typed::found(path, found, names)
            }
            Root::At { module, type_name, pointers, address } => {
                let (reader, mut of, language) = names.find_type(called(module.as_deref()), type_name)?;
                for _ in 0..(*pointers).min(DEPTH) {
                    of = pointer_to(of, None);
                }
                let place = Place::Memory(*address);
                Ok(Typed { path, module: None, place, of: Some(of), language, reader: Some(reader) })
            }
        }
    }

    fn found(path: String, found: Found, names: &dyn Names) -> Result<Typed, TypedError> {
        let (module, base, reader, variable) = match found {
            Found::Variable { module, base, reader, variable } => (module, base, reader, variable),
            Found::Symbol { module, address, .. } => {
                let place = Place::Memory(address);
                return Ok(Typed {
                    path,
                    module: Some(module),
                    place,
                    of: None,
                    language: Language::C,
                    reader: None,
                });
            }
        };
        let place = match variable.location {
            VariableLocation::Offset(offset) => Place::Memory(base.wrapping_add(offset)),
            VariableLocation::ThreadLocal(offset) => match names.thread_local(module, offset) {
                Ok(address) => Place::Memory(address),
                Err(why) => return Err(TypedError::ThreadLocal { path, why }),
            },
            VariableLocation::Value(bytes) => Place::Value(bytes),
            VariableLocation::OptimizedAway => Place::OptimizedAway,
            VariableLocation::Declared(_) => {
                return Err(TypedError::Name(format!(
                    "{path} is only declared in {module}, and defined in no module"
                )));
            }
            VariableLocation::Computed => return Err(TypedError::Computed { path }),
        };
        let language = variable.language;
        Ok(Typed { path, module: Some(module), place, of: Some(variable.of), language, reader: Some(reader) })
    }

    /// The address of the first byte.
    ///
    /// # Errors
    /// Where it has none.
    pub fn address(&self) -> Result<u64, TypedError> {
        let path = self.path.clone();
        match self.place {
            Place::Memory(address) => Ok(address),
            Place::Bits(..) => Err(TypedError::NoAddress { path, why: "it is a bit field" }),
            Place::Value(_) => Err(TypedError::NoAddress { path, why: "it is a value that stands nowhere" }),
            Place::OptimizedAway => Err(TypedError::OptimizedAway { path }),
        }
    }

    /// Of a value that is an address, such as `&a` or a pointer, that address.
    ///
    /// # Errors
    /// Where it is none, or not captured.
    pub fn pointer(&self, memory: &dyn Memory) -> Result<u64, TypedError> {
        let known = self.known()?;
        match &known.type_.shape {
            Shape::Pointer { .. } => self.pointer_value(&known, memory),
            _ => Err(TypedError::NoPointer { path: self.path.clone(), type_name: self.type_name()? }),
        }
    }

    /// Its type without other names and qualifiers.
    ///
    /// # Errors
    /// Where the type is not known or cannot be read.
    pub fn type_(&self) -> Result<Arc<Type>, TypedError> {
        Ok(self.known()?.type_)
    }

    /// What reads its type and those that this one leads to; `None` where the type is not known.
    pub fn reader(&self) -> Option<&Arc<dyn TypeReader>> {
        self.reader.as_ref()
    }

    /// Its type's name.
    ///
    /// # Errors
    /// Where the type is not known or cannot be read.
    pub fn type_name(&self) -> Result<String, TypedError> {
        let (reader, of) = self.parts()?;
        Ok(type_name(&*reader, &of, self.language)?)
    }

    /// How many bytes its type has; `None` where that is not known.
    ///
    /// # Errors
    /// Where the type is not known or cannot be read.
    pub fn size(&self) -> Result<Option<u64>, TypedError> {
        let (reader, of) = self.parts()?;
        Ok(size_of(&*reader, &of)?)
    }

    fn parts(&self) -> Result<(Arc<dyn TypeReader>, TypeRef), TypedError> {
        match (&self.reader, &self.of) {
            (Some(reader), Some(of)) => Ok((Arc::clone(reader), of.clone())),
            _ => Err(TypedError::NoType { symbol: self.path.clone(), address: self.address()? }),
        }
    }

    fn known(&self) -> Result<Known, TypedError> {
        let (reader, of) = self.parts()?;
        let type_ = resolved(&*reader, &of)?;
        Ok(Known { reader, of, type_ })
    }

    fn at(&self, path: String, place: Place, of: TypeRef) -> Typed {
        Typed { path, place, of: Some(of), ..self.clone() }
    }

    fn stepped(&self, step: &Step, names: &dyn Names, memory: &dyn Memory) -> Result<Typed, TypedError> {
        if let Step::AddressOf = step
            && self.of.is_none()
        {
            let address = self.address()?;
            let width = memory.pointer_width();
            let place = Place::Value(bytes(address.into(), width.into(), memory.byte_order()));
            return Ok(Typed { path: format!("&{}", self.path), place, ..self.clone() });
        }
        let this = self.dereferenced(memory)?;
        match step {
            Step::Member(name) => this.member(name, names, memory),
            Step::Index(index) => this.index(*index, memory),
            Step::Follow => this.follow(memory),
            Step::AddressOf => {
                let address = this.address()?;
                let known = this.known()?;
                let width = memory.pointer_width();
                let place = Place::Value(bytes(address.into(), width.into(), memory.byte_order()));
                Ok(this.at(format!("&{}", this.path), place, pointer_to(known.of, Some(width.into()))))
            }
        }
    }

    /// What a reference refers to, or this itself.
    ///
    /// # Errors
    /// Where the reference is not captured, or the type cannot be read.
    pub fn dereferenced(&self, memory: &dyn Memory) -> Result<Typed, TypedError> {
        let mut typed = self.clone();
        for _ in 0..DEPTH {
            let (reader, of) = typed.parts()?;
            let Shape::Pointer { to, kind: PointerKind::Reference | PointerKind::RvalueReference } =
                &unaliased(&*reader, &of)?.shape
            else {
                return Ok(typed);
            };
            let address = typed.pointer_value(&typed.known()?, memory)?;
            typed = typed.at(typed.path.clone(), Place::Memory(address), to.clone());
        }
        Ok(typed)
    }

    /// The bytes of the whole value, if all are captured.
    fn all_bytes(&self, size: u64, memory: &dyn Memory) -> Result<Vec<u8>, TypedError> {
        match &self.place {
            Place::Value(bytes) => Ok(bytes.clone()),
            Place::Memory(address) => {
                let mut bytes = vec![0; usize::try_from(size.min(64)).unwrap_or(0)];
                let read = memory.read(*address, &mut bytes);
                let path = self.path.clone();
                if read < bytes.len() {
                    Err(TypedError::NotCaptured { path, address: *address })
                } else {
                    Ok(bytes)
                }
            }
            Place::Bits(address, _) => {
                Err(TypedError::NotCaptured { path: self.path.clone(), address: *address })
            }
            Place::OptimizedAway => Err(TypedError::OptimizedAway { path: self.path.clone() }),
        }
    }

    fn pointer_value(&self, known: &Known, memory: &dyn Memory) -> Result<u64, TypedError> {
        let size = known.type_.size.unwrap_or(memory.pointer_width().into());
        let bytes = self.all_bytes(size, memory)?;
        Ok(u64::try_from(unsigned(&bytes, memory.byte_order())).unwrap_or(u64::MAX))
    }

    /// What a pointer leads to, or the first element of an array.
    fn follow(&self, memory: &dyn Memory) -> Result<Typed, TypedError> {
        let known = self.known()?;
        match &known.type_.shape {
            Shape::Pointer { to, .. } => {
                let address = self.pointer_value(&known, memory)?;
                if address == 0 {
                    return Err(TypedError::Null { path: self.path.clone() });
                }
                Ok(self.at(format!("*{}", wrapped(&self.path)), Place::Memory(address), to.clone()))
            }
            Shape::Array { first, .. } => self.index((*first).into(), memory),
            _ => Err(TypedError::NoPointer { path: self.path.clone(), type_name: self.type_name()? }),
        }
    }

    fn index(&self, index: i128, memory: &dyn Memory) -> Result<Typed, TypedError> {
        let known = self.known()?;
        let path = format!("{}[{index}]", wrapped(&self.path));
        let (start, element, first) = match &known.type_.shape {
            Shape::Array { element, first, count } => {
                let first = i128::from(*first);
                // An array of none is one of as many as its struct was allocated with.
                if let Some(count) = count.filter(|count| *count > 0) {
                    let last = first + i128::from(count) - 1;
                    if !(first..=last).contains(&index) {
                        return Err(TypedError::OutOfBounds { path: self.path.clone(), index, first, last });
                    }
                }
                (self.place.clone(), element.clone(), first)
            }
            Shape::Pointer { to, .. } => {
                let address = self.pointer_value(&known, memory)?;
                if address == 0 {
                    return Err(TypedError::Null { path: self.path.clone() });
                }
                (Place::Memory(address), to.clone(), 0)
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
                    let mut element = self.selected(data, memory)?.index(index, memory)?;
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
        let size = size_of(&*known.reader, &element)?;
        let Some(size) = size else {
            let type_name = type_name(&*known.reader, &element, self.language)?;
            return Err(TypedError::NoSize { path, type_name });
        };
        let outside = || TypedError::OutsideAddressSpace { path: path.clone() };
        let by = index.checked_sub(first).and_then(|index| index.checked_mul(i128::from(size)));
        let by = by.ok_or_else(outside)?;
        let place = match start {
            Place::Memory(address) => {
                let last = crate::number::mask(u32::from(memory.pointer_width()).saturating_mul(8).min(64));
                let address =
                    i128::from(address).checked_add(by).and_then(|address| u64::try_from(address).ok());
                let address = address.filter(|address| u128::from(*address) <= last);
                Place::Memory(address.ok_or_else(outside)?)
            }
            Place::Value(bytes) => part(&bytes, by, size),
            place => place,
        };
        Ok(self.at(path, place, element))
    }

    fn member(&self, name: &str, names: &dyn Names, memory: &dyn Memory) -> Result<Typed, TypedError> {
        let mut this = self.clone();
        let mut known = this.known()?;
        for _ in 0..DEPTH {
            let Shape::Pointer { .. } = &known.type_.shape else { break };
            // As gdb: one pointer is followed, and a pointer to a pointer has no members.
            let path = this.path.clone();
            this = this.follow(memory)?;
            this.path = path;
            known = this.known()?;
            if matches!(known.type_.shape, Shape::Pointer { kind: PointerKind::Pointer, .. }) {
                break;
            }
        }
        let type_name = || type_name(&*known.reader, &known.of, self.language);
        let Shape::Struct { members, variants, .. } = &known.type_.shape else {
            return Err(TypedError::NoStruct { path: self.path.clone(), type_name: self.type_name()? });
        };
        // A base class's member may be named with the class.
        if let Some((class, member)) = name.rsplit_once("::")
            && let Some(base) = members.iter().find(|member| member.base_class && member.name == class)
        {
            return this.selected(base, memory)?.member(member, names, memory);
        }
        let mut all: Vec<&Member> = members.iter().collect();
        let mut arm = None;
        if let Some(variants) = variants {
            arm = this.active_variant(variants, memory)?;
            all.extend(arm);
        }
        if let Some(member) = all.iter().find(|member| member.name == name && !member.base_class) {
            return match &member.place {
                MemberPlace::Static(_) => self.static_member(member, names),
                _ => this.selected(member, memory),
            };
        }
        for member in members.iter().filter(|member| member.base_class || member.name.is_empty()).chain(arm) {
            if has_member(&*known.reader, &member.of, name, &mut 512)? {
                let mut found = this.selected(member, memory)?.member(name, names, memory)?;
                found.path = format!("{}.{name}", wrapped(&self.path));
                return Ok(found);
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
        variants: &'a crate::types::Variants,
        memory: &dyn Memory,
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

    /// An element of this array, by how many stand before it.
    pub(crate) fn element(&self, index: i128, at: u64, size: u64, of: &TypeRef, width: u8) -> Typed {
        let path = format!("{}[{index}]", wrapped(&self.path));
        let by = i128::from(at).saturating_mul(size.into());
        let place = match &self.place {
            Place::Memory(address) => Place::Memory(narrowed(i128::from(*address).saturating_add(by), width)),
            Place::Value(bytes) => part(bytes, by, size),
            place => place.clone(),
        };
        self.at(path, place, of.clone())
    }

    /// A static member of this value's type.
    pub(crate) fn static_member(&self, member: &Member, names: &dyn Names) -> Result<Typed, TypedError> {
        let path = format!("{}.{}", wrapped(&self.path), member.name);
        let MemberPlace::Static(variable) = &member.place else {
            return Err(TypedError::OptimizedAway { path });
        };
        let within = self.module.map_or(Within::All, Within::Module);
        Typed::found(path, names.find(within, None, variable)?, names)
    }

    /// A member that is a part of this value.
    pub(crate) fn selected(&self, member: &Member, memory: &dyn Memory) -> Result<Typed, TypedError> {
        let name = if member.base_class || member.name.is_empty() { None } else { Some(&member.name) };
        let path = name.map_or_else(|| self.path.clone(), |name| format!("{}.{name}", wrapped(&self.path)));
        let (reader, _) = self.parts()?;
        let place = match &member.place {
            MemberPlace::Bytes(offset) => match &self.place {
                Place::Memory(address) => Place::Memory(narrowed(
                    i128::from(*address) + i128::from(*offset),
                    memory.pointer_width(),
                )),
                Place::Value(bytes) => {
                    part(bytes, (*offset).into(), size_of(&*reader, &member.of)?.unwrap_or(0))
                }
                place => place.clone(),
            },
            MemberPlace::Bits { offset, bits } => match &self.place {
                Place::Memory(address) => Place::Bits(
                    narrowed(i128::from(*address) + i128::from(*offset), memory.pointer_width()),
                    *bits,
                ),
                Place::Value(whole) => {
                    let Place::Value(number) = part(whole, (*offset).into(), bits.size.into()) else {
                        return Ok(self.at(path, Place::OptimizedAway, member.of.clone()));
                    };
                    let size =
                        size_of(&*reader, &member.of)?.and_then(|size| usize::try_from(size.min(16)).ok());
                    Place::Value(bits_value(&*reader, member, *bits, &number, size.unwrap_or(16), memory)?)
                }
                place => place.clone(),
            },
            MemberPlace::VirtualBase { pointer_at, entry_at, entry_size } => {
                let address = self.address()?;
                let width = memory.pointer_width();
                let number = |at: u64, size: u8| {
                    let mut bytes = vec![0; size.min(16).into()];
                    let read = memory.read(at, &mut bytes);
                    match read < bytes.len() {
                        true => Err(TypedError::NotCaptured { path: path.clone(), address: at }),
                        false => Ok(unsigned(&bytes, memory.byte_order())),
                    }
                };
                let pointer_at = address.wrapping_add(*pointer_at);
                let table = u64::try_from(number(pointer_at, width)?).unwrap_or(0);
                let size = entry_size.unwrap_or(width);
                let entry = number(table.wrapping_add_signed(*entry_at), size)?;
                let distance = signed(entry, u32::from(size) * 8);
                Place::Memory(narrowed(i128::from(pointer_at).saturating_add(distance), width))
            }
            MemberPlace::Constant(bytes) => Place::Value(bytes.clone()),
            MemberPlace::Static(_) => Place::OptimizedAway,
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
    memory: &dyn Memory,
) -> Result<Vec<u8>, TypeError> {
    let type_ = resolved(reader, &member.of)?;
    Ok(bytes(bit_field(&type_, bits, number, memory.byte_order()).cast_unsigned(), size, memory.byte_order()))
}

/// The number that a bit field is.
pub(crate) fn bit_field(type_: &Type, bits: Bits, number: &[u8], byte_order: ByteOrder) -> i128 {
    // A field of 128 bits that begins within a byte has one byte more than fits.
    let whole = unsigned(number, byte_order);
    let field = (whole >> bits.first.min(127)) & crate::number::mask(bits.count);
    match type_.shape {
        Shape::Base(Base::Signed | Base::Character { signed: true })
        | Shape::Enum { base: Base::Signed, .. } => signed(field, bits.count),
        _ => field.cast_signed(),
    }
}

/// A pointer to a type.
pub(crate) fn pointer_to(to: TypeRef, size: Option<u64>) -> TypeRef {
    let shape = Shape::Pointer { to, kind: PointerKind::Pointer };
    TypeRef::Known(Arc::new(Type { name: String::new(), size, shape }))
}

/// The members of a slice or `&str` of Rust.
pub(crate) fn slice(members: &[Member]) -> Option<(&Member, &Member)> {
    match members {
        [data, length] if data.name == "data_ptr" && length.name == "length" => Some((data, length)),
        _ => None,
    }
}

fn called(module: Option<&str>) -> Within<'_> {
    module.map_or(Within::All, Within::Called)
}

/// A path that something is written behind.
fn wrapped(path: &str) -> String {
    if path.starts_with(['*', '&']) { format!("({path})") } else { path.to_owned() }
}

fn narrowed(address: i128, width: u8) -> u64 {
    let mask = crate::number::mask(u32::from(width).saturating_mul(8).min(64));
    u64::try_from(address.cast_unsigned() & mask).unwrap_or(u64::MAX)
}

/// A part of a value that stands nowhere.
fn part(bytes: &[u8], at: i128, size: u64) -> Place {
    let range = usize::try_from(at).ok().zip(usize::try_from(size).ok());
    let part = range.and_then(|(at, size)| bytes.get(at..at.checked_add(size)?));
    part.map_or(Place::OptimizedAway, |part| Place::Value(part.to_vec()))
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
    type_: &Type,
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
