//! Symbols and types of PE files, PDBs, Mach-O files and Breakpad's symbol files, against the tools of LLVM.
#![cfg(test)]

mod breakpad;
mod copies;
mod hostile;
mod macho;
mod pdb;
mod pdb_types;
mod pe;
mod processes;
mod programs;
#[path = "../../../../tests/support/tools.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod tools;
