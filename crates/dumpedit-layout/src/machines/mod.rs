//! Register names of each machine, one file of rows each.

pub(crate) mod alpha;
pub(crate) mod amd64;
pub(crate) mod arc;
pub(crate) mod arm;
pub(crate) mod arm64;
pub(crate) mod csky;
pub(crate) mod hppa;
pub(crate) mod loongarch64;
pub(crate) mod m68k;
pub(crate) mod microblaze;
pub(crate) mod mips;
mod numbered;
pub(crate) mod ppc;
pub(crate) mod riscv;
pub(crate) mod s390;
pub(crate) mod sh;
pub(crate) mod sparc;
pub(crate) mod x86;
pub(crate) mod xtensa;

use crate::register::Rows;

/// A machine without a table.
pub(crate) static NONE: Rows = Rows::new(&[], &[]);
