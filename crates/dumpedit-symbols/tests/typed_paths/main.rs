//! Typed paths in programs of the tests' own: gdb says what is right.
#![cfg(test)]

mod support;

// What stands there, as gdb prints it.
mod as_gdb_prints;
