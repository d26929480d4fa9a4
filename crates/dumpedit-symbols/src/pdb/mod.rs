//! What PDBs hold, beside the rows of their symbols: streams, symbol records, and types.

mod basic_types;
mod definitions;
mod pages;
mod records;
pub(crate) mod symbols;
mod types;

pub use types::PdbTypes;
