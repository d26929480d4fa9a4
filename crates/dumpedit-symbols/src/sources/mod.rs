//! The kinds of files that have symbols, each read into the same rows.

pub mod breakpad;
mod collected;
mod error;
pub mod macho;
pub mod pdb;
pub mod pe;

pub use error::SourceError;

use crate::demangled::Decoration;
use crate::{Identity, Row};

/// What a symbol file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRows {
    /// Its symbols, in the order of the file.
    pub rows: Vec<Row>,
    /// Which build it belongs to, where it says so.
    pub identity: Option<Identity>,
    /// What the compiler puts around the names of C.
    pub decoration: Decoration,
}
