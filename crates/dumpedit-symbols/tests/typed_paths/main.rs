//! Typed paths in programs of the tests' own: gdb says what is right.
#![cfg(test)]

mod support;

// What stands there, as gdb prints it.
mod as_gdb_prints;
// Where members are and what types are called, as gdb's ptype and whatis have it.
mod layouts;
// Separate, split, compressed and shared debug information, of several systems.
mod where_debug_information_is;
