//! Knows the names in the modules of a process: which file has them, what addresses they have, and what types.
//!
//! Never opens a dump: it is told of the modules, and asks for memory through a trait. Symbol files are read by position, and
//! only when a name is asked for.
#![forbid(unsafe_code)]

pub mod demangled;
mod file;
mod identity;
mod pdb;
mod row;
pub mod sources;
pub mod types;

pub use file::SymbolFile;
pub use identity::{Identity, PdbId};
pub use pdb::PdbTypes;
pub use row::{Row, RowKind};
