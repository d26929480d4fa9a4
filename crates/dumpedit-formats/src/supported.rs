//! What registers the tables have, container by container, and what each table was checked against.

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
    /// Who writes it: a system, or a program.
    pub system: &'static str,
    /// The table's name; none for a machine of which memory and threads alone are known.
    pub table: Option<&'static str>,
    /// The records that the table has registers in, and what each was checked against.
    pub records: Vec<SupportedRecord>,
}

/// A record that a table has registers in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SupportedRecord {
    /// The record, by the name that its format gives it.
    pub name: String,
    /// What it was checked against.
    pub evidence: Evidence,
}
