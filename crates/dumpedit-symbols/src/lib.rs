#![doc = include_str!("../README.md")]
//!
//! This crate has no stable interface; `dumpedit` re-exports what its users need.
#![forbid(unsafe_code)]

mod ambiguous;
mod candidates;
mod compared_names;
mod copied;
mod default_arguments;
pub mod demangled;
pub mod dwarf;
mod encoded;
mod error;
mod file;
mod floats;
mod function_copies;
mod given_folders;
mod identity;
mod labels;
mod module_files;
mod module_names;
mod named_types;
mod number;
mod options;
mod path;
mod pdb;
mod printed;
mod row;
mod search;
mod shadow;
mod source_files;
pub mod sources;
mod spelling;
mod static_members;
mod std_thread_local;
mod symbol_types;
mod symbols;
mod table;
mod target;
mod thread_locals;
mod typed;
mod typed_names;
pub mod types;
mod unusable;
mod variables;
mod wanted;

pub use candidates::Candidate;
pub use encoded::Encoded;
pub use error::{Absent, Refusal, Refused, SymbolError, Without, without_symbols};
pub use file::SymbolFile;
pub use identity::{Identity, PdbId};
pub use module_names::{ModuleNames, ThreadLocals};
pub use options::SymbolOptions;
pub use path::{NamedType, Path, PathError, PathRoot, PathStep, Prefix};
pub use pdb::PdbTypes;
pub use printed::{Form, Label, PrintLimits, PrintedValue, Text, printed};
pub use row::{RowKind, SymbolRow};
pub use shadow::Shadow;
pub use sources::{ThreadLocalBlock, ThreadLocalWord, WindowsThreadLocals};
pub use symbols::{Labelled, Symbol, SymbolPlace, Symbols};
pub use target::SymbolTarget;
pub use typed::{FoundName, Names, PlacedPart, ReadMemory, Typed, TypedError, ValuePlace, Within, evaluate};
