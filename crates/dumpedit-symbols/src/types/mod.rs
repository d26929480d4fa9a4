//! Types of values in memory, alike for every kind of debug information: what DWARF and PDB are read into.

use std::sync::Arc;

/// A type. Parts that may lead round in a circle are [`Lazy`] ones, which are looked up when they are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// Its name as the language writes it; empty where it has none.
    pub name: String,
    /// How many bytes a value has; 0 where that is not known.
    pub size: u64,
    /// What it is.
    pub shape: Shape,
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// No value: `void`, or a type that is declared and not defined.
    Nothing,
    /// A number or a character.
    Base(Base),
    /// An address of a value of another type.
    Pointer(Lazy),
    /// Several values of one type, one behind another.
    Array {
        /// The type of each.
        element: Lazy,
        /// How many there are in each dimension, the outer one first; `None` where that is not said.
        counts: Vec<Option<u64>>,
    },
    /// Named parts: a struct, class, union, tuple, or an enum of Rust.
    Struct {
        /// Its parts, in the order of the source.
        members: Vec<Member>,
        /// That all parts begin at its beginning.
        union: bool,
    },
    /// A number of which some values have names.
    Enum {
        /// The number.
        base: Base,
        /// The named values.
        values: Vec<(String, i128)>,
    },
    /// Another name of a type, or one with `const` or `volatile`.
    Alias(Lazy),
    /// Code.
    Function,
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
    /// A character of 1 byte, or of UTF-16 or UTF-32 by its size; the sign counts when it is shown as a number.
    Character {
        /// That its number has a sign.
        signed: bool,
    },
    /// Two floating-point numbers.
    Complex,
}

/// A named part of a [`Shape::Struct`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name; empty for an anonymous struct or union, whose members count as the outer one's, and for a base class the
    /// class's name.
    pub name: String,
    /// How many bytes from the beginning of the whole.
    pub offset: u64,
    /// Of a bit field, which bits of the bytes there.
    pub bits: Option<Bits>,
    /// Its type.
    pub of: Lazy,
    /// That it is a base class.
    pub base_class: bool,
}

/// The bits of a bit field, counted from the least significant one of the number that `size` bytes at the member's offset are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bits {
    /// The lowest.
    pub first: u32,
    /// How many.
    pub count: u32,
    /// The bytes of the number that they are in.
    pub size: u32,
}

/// A type that is read when it is asked for: its number in the debug information that names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Lazy {
    /// What the reader needs to find it; `None` for `void`.
    pub key: Option<u64>,
}

/// What reads types: DWARF or a PDB.
pub trait TypeReader: Send + Sync {
    /// The type behind a key.
    ///
    /// # Errors
    /// A sentence where the debug information is damaged.
    fn read(&self, type_: &Lazy) -> Result<Arc<Type>, String>;

    /// The variables of a name, as the language writes it without its module: `counter`, `app::settings`, `Class::member`.
    ///
    /// # Errors
    /// As [`TypeReader::read`].
    fn variables(&self, name: &str) -> Result<Vec<Variable>, String>;
}

/// A variable as debug information has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its full name.
    pub name: String,
    /// Where it is.
    pub location: VariableLocation,
    /// Its type.
    pub of: Lazy,
}

/// Where a variable is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VariableLocation {
    /// In memory: bytes from where the module begins, as [`crate::Row::offset`].
    Offset(u64),
    /// In each thread's block of the module, so many bytes behind its beginning.
    ThreadLocal(u64),
    /// Nowhere: the compiler kept its value, or nothing of it.
    OptimizedAway,
}
