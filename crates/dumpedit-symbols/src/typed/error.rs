//! Errors for paths that lead to no value, and for values that do not fit.

use thiserror::Error;

use crate::error::{Refused, SymbolError, listed};
use crate::path::PathError;
use crate::types::TypeError;

/// Why a path leads to no value, or why a value does not fit.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TypedError {
    /// The path has a syntax error.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The debug information cannot be read.
    #[error(transparent)]
    Types(#[from] TypeError),
    /// Nothing has the name, or more than one thing has it.
    #[error("{0}")]
    Name(String),
    /// A type or a variable is only declared, and no debug information at hand defines it.
    #[error("{what} is only declared in {module}, and no available debug information defines it")]
    OnlyDeclared {
        /// The type or the variable.
        what: String,
        /// The base name of the module that declares it.
        module: String,
    },
    /// Several different types have the same name.
    #[error("several different types are named '{name}': {}", types.join(", "))]
    SeveralTypes {
        /// The name.
        name: String,
        /// A name for each, as it is written in braces: the type's name after its module, with its source file if that
        /// is needed.
        types: Vec<String>,
    },
    /// No symbol or variable has the name, or more than one has it.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// A symbol has an address but no type.
    #[error(
        "the type of {symbol}, at {address:#x}, is unknown: no debug information has it{}",
        not_taken(.refused)
    )]
    NoType {
        /// The symbol.
        symbol: String,
        /// Its address.
        address: u64,
        /// The files that should have the type and were refused.
        refused: Vec<Refused>,
    },
    /// A struct has no such member.
    #[error("{path} has no member {member}{}: it is of type {type_name}", near_members(near))]
    NoMember {
        /// The value.
        path: String,
        /// The name of the member.
        member: String,
        /// The type of the value.
        type_name: String,
        /// Members with a similar name.
        near: Vec<String>,
    },
    /// Several base classes have a member with the same name.
    #[error("{path} has several members {member}: {}", members.join(", "))]
    SeveralMembers {
        /// The value.
        path: String,
        /// The name of the member.
        member: String,
        /// A name for each, with the base class that has it.
        members: Vec<String>,
    },
    /// A class is a base of another in more than one place, or in a place that only an object has.
    #[error(
        "the offset of a {base} in a {class} is unknown from their types alone: .{base}::MEMBER names a \
         member of it"
    )]
    UnsureBase {
        /// The base class.
        base: String,
        /// The derived class.
        class: String,
    },
    /// A member is asked for of a value that has no members.
    #[error("{path} has no members: it is of type {type_name}")]
    NoStruct {
        /// The value.
        path: String,
        /// Its type.
        type_name: String,
    },
    /// An element is asked for of a value that has no elements.
    #[error("{path} is neither an array nor a pointer: it is of type {type_name}")]
    NoArray {
        /// The value.
        path: String,
        /// Its type.
        type_name: String,
    },
    /// A value that is not a pointer is dereferenced.
    #[error("{path} is not a pointer: it is of type {type_name}")]
    NoPointer {
        /// The value.
        path: String,
        /// Its type.
        type_name: String,
    },
    /// The value at a pointer to void is asked for.
    #[error("{path}, at {address:#x}, has no type: {{TYPE}}{address:#x} is a value of a type there")]
    OfVoid {
        /// The value.
        path: String,
        /// Its address.
        address: u64,
    },
    /// An index is outside the array.
    #[error(
        "{path} has the indices {first} to {last}, not {index}; (&{path}[{first}])[{index}] reads past its \
         end"
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
    /// The index leads beyond the first or the last address.
    #[error("{path} is outside the address space")]
    OutsideAddressSpace {
        /// The element.
        path: String,
    },
    /// A value that the path needs is not in the dump.
    #[error("{path} is required, but its bytes at {address:#x} are not captured")]
    NotCaptured {
        /// The value.
        path: String,
        /// Its address.
        address: u64,
    },
    /// The compiler did not keep the variable.
    #[error("{path} has no location: the compiler optimised it away")]
    OptimizedAway {
        /// The variable.
        path: String,
    },
    /// The debug information computes the location of the variable.
    #[error("the location of {path} is computed in an unsupported way, as for a local variable")]
    Computed {
        /// The variable.
        path: String,
    },
    /// The location of a thread-local variable is not found.
    #[error("{path} is thread-local: {why}")]
    ThreadLocal {
        /// The variable.
        path: String,
        /// The reason.
        why: String,
    },
    /// The address of a value in several parts is asked for.
    #[error("{path} is stored in several parts: {parts}")]
    InParts {
        /// The value.
        path: String,
        /// The places of its bytes, in words.
        parts: String,
    },
    /// The address of a bit field is asked for.
    #[error("{path} has no address: it is a bit field")]
    OfBitField {
        /// The bit field.
        path: String,
    },
    /// The address of a value that is not in memory is asked for.
    #[error("{path} has no address: it is a value without a location")]
    OfMereValue {
        /// The value.
        path: String,
    },
    /// The size of a type is needed but not known.
    #[error("the size of {type_name}, which {path} needs, is unknown")]
    NoSize {
        /// The value that needs it.
        path: String,
        /// The type.
        type_name: String,
    },
    /// The new value does not fit.
    #[error("{value} does not fit into {path}: {why}")]
    DoesNotFit {
        /// The value that is written to.
        path: String,
        /// The new value.
        value: String,
        /// The reason.
        why: String,
    },
}

fn not_taken(refused: &[Refused]) -> String {
    if refused.is_empty() { String::new() } else { format!("; {}", listed(refused)) }
}

fn near_members(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!(" (but {})", near.join(", ")) }
}
