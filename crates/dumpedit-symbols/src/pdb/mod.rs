//! The streams, symbol records and types of PDBs.

mod basic_types;
mod definitions;
mod pages;
mod records;
pub(crate) mod symbols;
mod types;

pub use types::PdbTypes;
