//! Types of values in memory, alike for every kind of debug information: what DWARF and PDB are read into.

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

/// A type. What it is made of are references, which are read when they are asked for, so that a type may lead back to itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValueType {
    /// Its own name as the language writes it with its namespaces: `int`, `ns::Point`, `Box<int>`. Empty for what has none: anonymous
    /// structs, and pointers, arrays, functions and qualified types, whose names are made of what they lead to.
    pub name: String,
    /// How many bytes a value has; `None` where that is not known, as of a type that is only declared.
    pub size: Option<u64>,
    /// What it is.
    pub shape: Shape,
    /// The order of the bytes of its numbers, where that is not the target's: of a field of a struct with `scalar_storage_order`.
    pub byte_order: Option<ByteOrder>,
}

impl ValueType {
    /// A type whose numbers are in the target's byte order.
    pub(crate) fn new(name: impl Into<String>, size: Option<u64>, shape: Shape) -> ValueType {
        ValueType { name: name.into(), size, shape, byte_order: None }
    }

    /// The type of no value.
    pub fn void() -> Arc<ValueType> {
        Arc::new(ValueType::new("void", None, Shape::Void))
    }

    /// The order of the bytes of its numbers in a target of an order.
    pub(crate) fn order(&self, target: ByteOrder) -> ByteOrder {
        self.byte_order.unwrap_or(target)
    }
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// No value.
    Void,
    /// A type that is declared and not defined here; [`TypeReader::definition`] looks further.
    Declared(Keyword),
    /// A number or a character.
    Base(Base),
    /// An address of a value of another type.
    Pointer {
        /// The type of what is there.
        to: TypeRef,
        /// What kind of pointer.
        kind: PointerKind,
    },
    /// A pointer of C++ to a member of a class: an offset, or for a function what the ABI says.
    MemberPointer {
        /// The class.
        class: TypeRef,
        /// The type of the member.
        to: TypeRef,
    },
    /// Several values of one type, one behind another. Of several dimensions, an array of arrays.
    Array {
        /// The type of each.
        element: TypeRef,
        /// The index of the first: 0 in C.
        first: i64,
        /// How many there are; `None` where that is not said, or only known at run time.
        count: Option<u64>,
    },
    /// Named parts: a struct, class, union, tuple, or an enum of Rust that carries values.
    Struct {
        /// The word that declares it.
        keyword: Keyword,
        /// Its parts in the order of the source, base classes first.
        members: Vec<Member>,
        /// Of an enum of Rust, what follows from the value of its discriminant.
        variants: Option<Box<Variants>>,
    },
    /// A number of which some values have names.
    Enum {
        /// How the number is read.
        base: Base,
        /// The named values, in the order of the source, each name as the language writes it with its scope.
        values: Vec<(String, i128)>,
    },
    /// Another name of a type.
    Typedef(TypeRef),
    /// A type with a qualifier.
    Qualified {
        /// The type without it.
        of: TypeRef,
        /// Which.
        qualifier: Qualifier,
    },
    /// Code.
    Function {
        /// The type of what it returns.
        returns: TypeRef,
        /// The types of its parameters.
        parameters: Vec<TypeRef>,
        /// That more parameters may follow, or that nothing is said of them.
        variadic: bool,
    },
}

/// The word that declares a type of named parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Keyword {
    /// `struct`
    Struct,
    /// `class`
    Class,
    /// `union`: all parts begin at its beginning.
    Union,
    /// `enum`
    Enum,
}

/// What kind of pointer.
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

/// How the bytes of a number are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Base {
    /// An integer with a sign, in two's complement.
    Signed,
    /// One without.
    Unsigned,
    /// A floating-point number of IEEE 754, or x87's of 10 bytes in 12 or 16.
    Float,
    /// True or false.
    Boolean,
    /// A character of 1 byte, or of UTF-16 or UTF-32 by its size.
    Character {
        /// That its number has a sign, which counts when it is shown as a number.
        signed: bool,
    },
    /// Two floating-point numbers.
    Complex,
    /// What is not read as a number, such as decimal floating-point numbers.
    Other,
}

/// A named part of a [`Shape::Struct`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Its name; empty for an anonymous struct or union, whose members count as the outer one's; for a base class the class's name.
    pub name: String,
    /// Its type.
    pub of: TypeRef,
    /// Where it is.
    pub place: MemberPlace,
    /// That it is a base class, whose members count as the outer one's too.
    pub base_class: bool,
}

/// Where a member is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberPlace {
    /// So many bytes from the beginning of the whole.
    Bytes(u64),
    /// A bit field: bits of the number that stands so many bytes from the beginning of the whole.
    Bits {
        /// How many bytes.
        offset: u64,
        /// Which bits.
        bits: Bits,
    },
    /// A virtual base class, whose distance stands in a table: at `pointer_at` bytes from the beginning of the whole is a pointer, at
    /// `entry_at` bytes from where it leads is a signed number of `entry_size` bytes, and the base class is so many bytes from where
    /// the pointer stands.
    VirtualBase {
        /// Where the pointer to the table is.
        pointer_at: u64,
        /// Where the entry is, from what the pointer leads to.
        entry_at: i64,
        /// The size of the entry; `None` for that of a pointer.
        entry_size: Option<u8>,
    },
    /// A static member: a variable of this full name.
    Static(String),
    /// A static member of which only the value is known: its bytes in the target's order.
    Constant(Vec<u8>),
}

/// What parts of an enum of Rust there are for which discriminant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variants {
    /// The number that says which; `None` where there is only one variant.
    pub discriminant: Option<Member>,
    /// The variants.
    pub arms: Vec<Variant>,
}

/// One variant of an enum of Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variant {
    /// The discriminants that choose it; none for the variant that all others choose.
    pub values: Vec<RangeInclusive<i128>>,
    /// Its name and the struct of its values.
    pub member: Member,
}

/// A type that is read when it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeRef {
    /// `void`, `()` or none.
    Void,
    /// Its number in the debug information that names it.
    Key(u64),
    /// A type that is known already.
    Known(Arc<ValueType>),
}

/// What reads types: DWARF or a PDB.
pub trait TypeReader: Send + Sync {
    /// The type behind a reference. One that is defined in another unit may be a [`Shape::Declared`] here, so that to name it costs
    /// no search.
    ///
    /// # Errors
    /// Where the debug information is damaged or a file that it needs is missing.
    fn read(&self, type_: &TypeRef) -> Result<Arc<ValueType>, TypeError>;

    /// Of a [`Shape::Declared`], the type of that name as another unit defines it; `None` where none does.
    ///
    /// # Errors
    /// As [`TypeReader::read`], and where units define different types of the name.
    fn definition(&self, declared: &ValueType) -> Result<Option<Arc<ValueType>>, TypeError> {
        match self.types(&declared.name)?.first() {
            Some(type_) => {
                Ok(Some(self.read(type_)?).filter(|type_| !matches!(type_.shape, Shape::Declared(_))))
            }
            None => Ok(None),
        }
    }

    /// The variables of a name, as the language writes it with its namespaces and without its module: `counter`,
    /// `app::settings`, `Class::member`, `function::local`. Anonymous and inline namespaces may be left out. Declarations are left
    /// out where there is a definition.
    ///
    /// # Errors
    /// As [`TypeReader::read`].
    fn variables(&self, name: &str) -> Result<Vec<Variable>, TypeError>;

    /// The functions of a name that have code, each where that begins. None where that cannot be told.
    ///
    /// # Errors
    /// As [`TypeReader::read`].
    fn functions(&self, _name: &str) -> Result<Vec<Variable>, TypeError> {
        Ok(Vec::new())
    }

    /// The variables whose full names end with a part, in whatever scope, functions included. None where that cannot be told
    /// quickly.
    ///
    /// # Errors
    /// As [`TypeReader::read`].
    fn variables_ending(&self, _last: &str) -> Result<Vec<Variable>, TypeError> {
        Ok(Vec::new())
    }

    /// The variables that the linker knows by a name, which may say more than their own: the arguments of a template's. None
    /// where that cannot be told.
    ///
    /// # Errors
    /// As [`TypeReader::read`].
    fn variables_linked(&self, _symbol: &str) -> Result<Vec<Variable>, TypeError> {
        Ok(Vec::new())
    }

    /// The defined types of a name as the language writes it with its namespaces, without `struct` or `enum`: one of each that differs
    /// from the others in its size or its members.
    ///
    /// # Errors
    /// As [`TypeReader::read`].
    fn types(&self, name: &str) -> Result<Vec<TypeRef>, TypeError>;

    /// Those of them that one source file has, which may be named by the last parts of its path.
    ///
    /// # Errors
    /// As [`TypeReader::read`].
    fn types_in(&self, _name: &str, _file: &str) -> Result<Vec<TypeRef>, TypeError> {
        Ok(Vec::new())
    }

    /// The language of the unit that defines a type; `None` where that is not said.
    ///
    /// # Errors
    /// As [`TypeReader::read`].
    fn language(&self, _type: &TypeRef) -> Result<Option<Language>, TypeError> {
        Ok(None)
    }

    /// The source file or unit that has a type, as [`Variable::unit`].
    ///
    /// # Errors
    /// As [`TypeReader::read`].
    fn unit_of(&self, _type: &TypeRef) -> Result<String, TypeError> {
        Ok(String::new())
    }

    /// Full names of variables whose last part is that of `name`, for messages: `app::counter` for `counter`. None where that cannot
    /// be told quickly.
    ///
    /// # Errors
    /// As [`TypeReader::read`].
    fn near(&self, _name: &str) -> Result<Vec<String>, TypeError> {
        Ok(Vec::new())
    }
}

/// A variable as debug information has it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its full name.
    pub name: String,
    /// Where it is.
    pub location: VariableLocation,
    /// Its type.
    pub of: TypeRef,
    /// The language that it is written in.
    pub language: Language,
    /// The name of the source file or unit that defines it, as the debug information has it; empty where it does not say.
    pub unit: String,
    /// Whether debug information says that other files see it.
    pub is_external: bool,
}

/// Where a variable is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VariableLocation {
    /// In memory: bytes from where the module begins, as [`crate::SymbolRow::offset`].
    Offset(u64),
    /// In each thread's block of the module, so many bytes behind its beginning.
    ThreadLocal(u64),
    /// Nowhere, but its value is known: its bytes in the target's order.
    Value(Vec<u8>),
    /// In parts, one behind the other: how many bytes each has, and where it is.
    Parts(Vec<(u64, VariableLocation)>),
    /// Nowhere, but its value follows from memory.
    Calculated(Vec<CalculationStep>),
    /// Nowhere: the compiler kept nothing of it.
    OptimizedAway,
    /// It is only declared: its symbol, which another module defines, has this name.
    Declared(String),
    /// The debug information computes it in a way that is not followed here.
    Computed,
}

/// The language of a unit, as far as values are written differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// C, and what is not one of the others.
    C,
    /// C++
    Cpp,
    /// Rust
    Rust,
}
