//! Types of values in memory, in the same form for every kind of debug information. DWARF and PDBs are read into it.

mod bits;
mod calculated;
mod characters;
mod error;
mod layout;
mod names;
mod no_types;
mod slices;
mod spelled;

use std::ops::RangeInclusive;
use std::sync::Arc;

use dumpedit_layout::ByteOrder;

pub use bits::Bits;
pub use calculated::{CalculationStep, calculated};
pub(crate) use characters::{character_prefix, text_width};
pub use error::TypeError;
pub(crate) use layout::behind;
pub use layout::{LayoutPart, LayoutRow, RowBits, TypeLayout, layout};
pub use names::{declaration, resolved, size_of, type_name, unaliased};
pub(crate) use no_types::NoTypes;
pub(crate) use slices::slice;
pub(crate) use spelled::spellings;

/// A type. The types that it consists of are references, which are read when they are asked for, so that a type may
/// refer to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValueType {
    /// The name as the language writes it, with its namespaces: `int`, `ns::Point`, `Box<int>`. Empty for a type
    /// without a name: anonymous structs, and pointers, arrays, functions and qualified types, whose names are made
    /// from the types that they refer to.
    pub name: String,
    /// The size of a value in bytes; `None` if it is not known, as for a type that is only declared.
    pub size: Option<u64>,
    /// The shape of its values.
    pub shape: Shape,
    /// The byte order of its numbers, if it is not the target's, as in a field of a struct with `scalar_storage_order`.
    pub byte_order: Option<ByteOrder>,
}

impl ValueType {
    /// A type whose numbers are in the target's byte order.
    pub(crate) fn new(name: impl Into<String>, size: Option<u64>, shape: Shape) -> ValueType {
        ValueType { name: name.into(), size, shape, byte_order: None }
    }

    /// The type without a value.
    pub fn void() -> Arc<ValueType> {
        Arc::new(ValueType::new("void", None, Shape::Void))
    }

    /// The byte order of its numbers in a target with a byte order.
    pub(crate) fn order(&self, target: ByteOrder) -> ByteOrder {
        self.byte_order.unwrap_or(target)
    }
}

/// The shape of a type's values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// No value.
    Void,
    /// A type that is declared but not defined here. [`TypeReader::definition`] finds its definition.
    Declared(Keyword),
    /// A number or a character.
    Base(Base),
    /// The address of a value of another type.
    Pointer {
        /// The type of the value at the address.
        to: TypeRef,
        /// The kind of pointer.
        kind: PointerKind,
    },
    /// A C++ pointer to a member of a class: an offset, or for a function what the ABI defines.
    MemberPointer {
        /// The class.
        class: TypeRef,
        /// The type of the member.
        to: TypeRef,
    },
    /// Several values of one type, one after another. An array with several dimensions is an array of arrays.
    Array {
        /// The type of the elements.
        element: TypeRef,
        /// The index of the first element: 0 in C.
        first: i64,
        /// The number of elements; `None` if it is not given, or is only known at run time.
        count: Option<u64>,
    },
    /// Named parts: a struct, class, union, tuple, or a Rust enum that carries values.
    Struct {
        /// The keyword that declares it.
        keyword: Keyword,
        /// Its parts in source order, base classes first.
        members: Vec<Member>,
        /// For a Rust enum, the variants and their discriminants.
        variants: Option<Box<Variants>>,
    },
    /// A number with names for some of its values.
    Enum {
        /// The kind of number.
        base: Base,
        /// The named values in source order. Each name is as the language writes it, with its scope.
        values: Vec<(String, i128)>,
    },
    /// Another name for a type.
    Typedef(TypeRef),
    /// A type with a qualifier.
    Qualified {
        /// The type without it.
        of: TypeRef,
        /// The qualifier.
        qualifier: Qualifier,
    },
    /// Code.
    Function {
        /// The type of its result.
        returns: TypeRef,
        /// The types of its parameters.
        parameters: Vec<TypeRef>,
        /// Whether more parameters may follow, or nothing is known of them.
        variadic: bool,
    },
}

/// The keyword that declares a type with named parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Keyword {
    /// `struct`
    Struct,
    /// `class`
    Class,
    /// `union`: all parts begin at the same address.
    Union,
    /// `enum`
    Enum,
}

/// The kind of pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PointerKind {
    /// `*`
    Pointer,
    /// `&`
    Reference,
    /// `&&`
    RvalueReference,
}

/// A qualifier of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Qualifier {
    /// `const`
    Const,
    /// `volatile`
    Volatile,
    /// `restrict`
    Restrict,
    /// `_Atomic`
    Atomic,
}

/// The interpretation of a number's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Base {
    /// A signed integer, in two's complement.
    Signed,
    /// An unsigned integer.
    Unsigned,
    /// A floating-point number of IEEE 754, or one of x87 with 10 bytes in 12 or 16.
    Float,
    /// True or false.
    Boolean,
    /// A character of 1 byte, or of UTF-16 or UTF-32 by its size.
    Character {
        /// Whether its number is signed, which matters when it is shown as a number.
        signed: bool,
    },
    /// A complex number: two floating-point numbers.
    Complex,
    /// A value that is not read as a number, such as a decimal floating-point number.
    Other,
}

/// A named part of a [`Shape::Struct`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// The name. It is empty for an anonymous struct or union, whose members are also members of the outer one. For a
    /// base class, it is the name of the class.
    pub name: String,
    /// The type.
    pub of: TypeRef,
    /// The place of the member.
    pub place: MemberPlace,
    /// Whether this is a base class, whose members are also members of the outer class.
    pub base_class: bool,
}

/// The place of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberPlace {
    /// An offset in bytes from the beginning of the whole.
    Bytes(u64),
    /// A bit field: bits of the number at an offset in bytes from the beginning of the whole.
    Bits {
        /// The offset in bytes.
        offset: u64,
        /// The bits.
        bits: Bits,
    },
    /// A virtual base class, whose offset is in a table. A pointer to the table is at `pointer_at` bytes from the
    /// beginning of the whole. A signed number of `entry_size` bytes is at `entry_at` bytes from the address in the
    /// pointer. This number is the offset in bytes of the base class from the pointer.
    VirtualBase {
        /// The offset of the pointer to the table.
        pointer_at: u64,
        /// The offset of the entry from the address in the pointer.
        entry_at: i64,
        /// The size of the entry in bytes; `None` for that of a pointer.
        entry_size: Option<u8>,
    },
    /// A static member: a variable elsewhere.
    Static(StaticMember),
    /// A static member of which only the value is known: its bytes in the target's order.
    Constant(Vec<u8>),
}

/// What debug information has of the variable of a static member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StaticMember {
    /// The full name. Instances of a template may share it: gcc writes `V<2u>` as `V<2>`.
    pub name: String,
    /// The linkage name, if the declaration has it (DW_AT_linkage_name).
    pub symbol: Option<String>,
    /// The number of the DIE that declares it, for [`TypeReader::completing`].
    pub entry: Option<u64>,
}

/// The variants of a Rust enum, and its discriminant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variants {
    /// The number that chooses the variant; `None` if there is only one variant.
    pub discriminant: Option<Member>,
    /// The variants.
    pub arms: Vec<Variant>,
}

/// One variant of a Rust enum.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variant {
    /// The discriminants that choose it; empty for the variant that all other discriminants choose.
    pub values: Vec<RangeInclusive<i128>>,
    /// The name, and the struct with the values.
    pub member: Member,
}

/// A type that is read when it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeRef {
    /// `void`, `()` or no type.
    Void,
    /// The number of the type in its debug information.
    Key(u64),
    /// A type that is already known.
    Known(Arc<ValueType>),
}

/// A reader of types: DWARF or a PDB.
pub trait TypeReader: Send + Sync {
    /// The type of a reference. A type that another unit defines may be a [`Shape::Declared`] here, so that its name
    /// needs no search.
    ///
    /// # Errors
    /// Fails if the debug information is damaged, or if a file that it needs is missing.
    fn read(&self, type_: &TypeRef) -> Result<Arc<ValueType>, TypeError>;

    /// The definition in another unit of a [`Shape::Declared`], by its name; `None` if no unit defines it.
    ///
    /// # Errors
    /// The errors of [`TypeReader::read`], and an error if units define different types with the name.
    fn definition(&self, declared: &ValueType) -> Result<Option<Arc<ValueType>>, TypeError> {
        match self.types(&declared.name)?.first() {
            Some(type_) => {
                Ok(Some(self.read(type_)?).filter(|type_| !matches!(type_.shape, Shape::Declared(_))))
            }
            None => Ok(None),
        }
    }

    /// The variables with a name, as the language writes it with its namespaces and without its module: `counter`,
    /// `app::settings`, `Class::member`, `function::local`. Anonymous and inline namespaces may be left out. If there
    /// is a definition, declarations are left out.
    ///
    /// # Errors
    /// The errors of [`TypeReader::read`].
    fn variables(&self, name: &str) -> Result<Vec<Variable>, TypeError>;

    /// The functions with a name that have code, each with its start. Empty if the reader cannot find them.
    ///
    /// # Errors
    /// The errors of [`TypeReader::read`].
    fn functions(&self, _name: &str) -> Result<Vec<Variable>, TypeError> {
        Ok(Vec::new())
    }

    /// The variables whose full names end with a part, in any scope, also in functions. Empty if the reader cannot find
    /// them quickly.
    ///
    /// # Errors
    /// The errors of [`TypeReader::read`].
    fn variables_ending(&self, _last: &str) -> Result<Vec<Variable>, TypeError> {
        Ok(Vec::new())
    }

    /// The variables with a linker's name. It may say more than their own name, such as a template's arguments. Empty
    /// if the reader cannot find them.
    ///
    /// # Errors
    /// The errors of [`TypeReader::read`].
    fn variables_linked(&self, _symbol: &str) -> Result<Vec<Variable>, TypeError> {
        Ok(Vec::new())
    }

    /// The variables that complete the declaration of a static member, by its [`StaticMember::entry`], in the unit of the
    /// declaration. Empty if the reader cannot tell.
    ///
    /// # Errors
    /// As [`TypeReader::read`].
    fn completing(&self, _entry: u64) -> Result<Vec<Variable>, TypeError> {
        Ok(Vec::new())
    }

    /// The defined types with a name, as the language writes it with its namespaces, without `struct` or `enum`. Types
    /// that differ in size or members are listed once each.
    ///
    /// # Errors
    /// The errors of [`TypeReader::read`].
    fn types(&self, name: &str) -> Result<Vec<TypeRef>, TypeError>;

    /// The same for the types in one source file, which may be given by the last parts of its path.
    ///
    /// # Errors
    /// The errors of [`TypeReader::read`].
    fn types_in(&self, _name: &str, _file: &str) -> Result<Vec<TypeRef>, TypeError> {
        Ok(Vec::new())
    }

    /// The language of the unit that defines a type; `None` if it is not known.
    ///
    /// # Errors
    /// The errors of [`TypeReader::read`].
    fn language(&self, _type: &TypeRef) -> Result<Option<Language>, TypeError> {
        Ok(None)
    }

    /// The source file or unit of a type, as [`Variable::unit`].
    ///
    /// # Errors
    /// The errors of [`TypeReader::read`].
    fn unit_of(&self, _type: &TypeRef) -> Result<String, TypeError> {
        Ok(String::new())
    }

    /// The full names of variables whose last part is that of `name`, for messages: `app::counter` for `counter`. Empty
    /// if the reader cannot find them quickly.
    ///
    /// # Errors
    /// The errors of [`TypeReader::read`].
    fn near(&self, _name: &str) -> Result<Vec<String>, TypeError> {
        Ok(Vec::new())
    }
}

/// A variable in debug information.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// The full name.
    pub name: String,
    /// The location.
    pub location: VariableLocation,
    /// The type.
    pub of: TypeRef,
    /// The language of its source.
    pub language: Language,
    /// The name of the source file or unit that defines it, as the debug information has it; empty if it has none.
    pub unit: String,
    /// Whether other object files see it, according to the debug information.
    pub is_external: bool,
}

/// The location of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VariableLocation {
    /// In memory, at an offset in bytes from the module's base, as [`crate::SymbolRow::offset`].
    Offset(u64),
    /// In the block that each thread has for the module, at an offset in bytes.
    ThreadLocal(u64),
    /// Not in memory, but with a known value: its bytes in the target's order.
    Value(Vec<u8>),
    /// In parts, one after another: the size of each in bytes, and its location.
    Parts(Vec<(u64, VariableLocation)>),
    /// Not in memory as it is, but with a value that is calculated from memory.
    Calculated(Vec<CalculationStep>),
    /// Not kept by the compiler.
    OptimizedAway,
    /// Only declared. Another module defines the symbol with this name.
    Declared(String),
    /// Computed by the debug information in a way that is not supported here.
    Computed,
}

/// The language of a unit, as far as it changes how values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// C, and any language that is not one of the others.
    C,
    /// C++
    Cpp,
    /// Rust
    Rust,
}
