//! Tables of registers by container, with the source that each was checked against.

use dumpedit_layout::{Format, Machine};

pub use crate::registers::evidence::Evidence;

/// A table of registers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Supported {
    /// The container.
    pub format: Format,
    /// The machine.
    pub machine: Machine,
    /// System or program that writes it.
    pub system: &'static str,
    /// Name of the table; `None` for a machine of which only memory and threads are known.
    pub table: Option<&'static str>,
    /// Records with registers of the table, with the source that each was checked against.
    pub records: Vec<SupportedRecord>,
}

/// A record with registers of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SupportedRecord {
    /// Name of the record in its format.
    pub name: String,
    /// Source that it was checked against.
    pub evidence: Evidence,
}
