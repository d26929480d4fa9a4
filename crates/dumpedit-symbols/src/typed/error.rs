//! Why a path leads nowhere, or a value does not fit where it leads.

use thiserror::Error;

use crate::error::{Refused, SymbolError, listed};
use crate::path::PathError;
use crate::types::TypeError;

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
    /// A type or a variable is declared, and defined nowhere that is known.
    #[error("{what} is only declared in {module}, and no debug information at hand defines it")]
    OnlyDeclared {
        /// The type or the variable.
        what: String,
        /// The base name of the module that declares it.
        module: String,
    },
    /// Several types that differ have a name.
    #[error("several types that differ are named '{name}': {}", types.join(", "))]
    SeveralTypes {
        /// The name.
        name: String,
        /// What means each, as it stands in braces: its name behind its module and, where that is needed, its source file.
        types: Vec<String>,
    },
    /// There is no symbol and no variable, or more than one, of a name.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// Only the address of a symbol is known.
    #[error(
        "the type of {symbol}, which is at {address:#x}, is not known: no debug information has it{}",
        not_taken(.refused)
    )]
    NoType {
        /// The symbol.
        symbol: String,
        /// Its address.
        address: u64,
        /// The files that were to have it and were not taken.
        refused: Vec<Refused>,
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
    /// Several base classes have a member of one name.
    #[error("{path} has several members {member}: {}", classes.iter().map(|class| format!("{class}::{member}")).collect::<Vec<_>>().join(", "))]
    SeveralMembers {
        /// What has several.
        path: String,
        /// The name.
        member: String,
        /// The base classes that have one.
        classes: Vec<String>,
    },
    /// A class is a base of another one in more than one place, or in one that only an object says.
    #[error(
        "where a {base} is in a {class} is not said by their types alone: .{base}::MEMBER names a member of it"
    )]
    UnsureBase {
        /// The base class.
        base: String,
        /// The class that is derived from it.
        class: String,
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
    #[error("{path} is neither an array nor a pointer: it is of type {type_name}")]
    NoArray {
        /// What is none.
        path: String,
        /// Its type.
        type_name: String,
    },
    /// What is not a pointer is followed.
    #[error("{path} is not a pointer: it is of type {type_name}")]
    NoPointer {
        /// What is none.
        path: String,
        /// Its type.
        type_name: String,
    },
    /// What a pointer to nothing known leads to is read.
    #[error(
        "nothing is known of what is at {address:#x}, where {path} is: {{TYPE}}{address:#x} is a value of a type there"
    )]
    OfVoid {
        /// The value.
        path: String,
        /// Its address.
        address: u64,
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
    /// The place of what the compiler keeps in parts is asked for.
    #[error("{path} is not in one place: {parts}")]
    InParts {
        /// The value.
        path: String,
        /// Where each of its bytes is, in words.
        parts: String,
    },
    /// The address of a bit field is asked for.
    #[error("{path} has no address: it is a bit field")]
    OfBitField {
        /// The bit field.
        path: String,
    },
    /// The address of a constant or of an address is asked for.
    #[error("{path} has no address: it is a value that stands nowhere")]
    OfMereValue {
        /// The value.
        path: String,
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

fn not_taken(refused: &[Refused]) -> String {
    if refused.is_empty() { String::new() } else { format!("; {}", listed(refused)) }
}

fn near_members(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!(" (but {})", near.join(", ")) }
}
