//! Knows the names in the modules of a process: which file has them, what addresses they have, and what types.
//!
//! Never opens a dump: it is told of the modules, and asks for memory through a trait. Symbol files are read by position, and
//! only when a name is asked for.
#![forbid(unsafe_code)]

pub mod dwarf;
mod encoded;
mod file;
mod float;
mod identity;
mod number;
mod path;
mod printed;
mod row;
mod typed;
pub mod types;

pub use encoded::Encoded;
pub use file::SymbolFile;
pub use identity::Identity;
pub use path::{Path, PathError, Root, Step};
pub use printed::{Form, Label, Limits, Text, Value, printed};
pub use row::{Row, RowKind};
pub use typed::{Found, Memory, Names, Place, Typed, TypedError, Within, evaluate};
