//! The registers' names of each machine: one file of rows each.

pub(crate) mod amd64;
pub(crate) mod arm;
pub(crate) mod arm64;
pub(crate) mod mips;
mod numbered;
pub(crate) mod ppc;
pub(crate) mod riscv64;
pub(crate) mod s390;
pub(crate) mod x86;

use crate::register::Rows;

/// A machine that has no table yet.
pub(crate) static NONE: Rows = Rows::new(&[], &[]);

/// Every table, for the tests that hold for all of them.
#[cfg(test)]
pub(crate) static ALL: &[&Rows] = &[
    &amd64::ROWS,
    &arm::ROWS,
    &arm64::ROWS,
    &mips::ROWS_O32,
    &mips::ROWS_64,
    &ppc::ROWS_32,
    &ppc::ROWS_64,
    &riscv64::ROWS,
    &s390::ROWS,
    &s390::ROWS_31,
    &x86::ROWS,
];
