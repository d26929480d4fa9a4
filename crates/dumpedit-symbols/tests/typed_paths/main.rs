//! Typed paths in programs of the tests' own: gdb says what is right.
#![cfg(test)]

mod support;

// What stands there, as gdb prints it.
mod as_gdb_prints;
mod base_classes;
// Where members are and what types are called, as gdb's ptype and whatis have it.
mod layouts;
// Separate, split, compressed and shared debug information, of several systems.
mod where_debug_information_is;
// Of programs that ran, in their cores, before and after values are set.
mod running_programs;

// What is wrong with a path, and with debug information.
mod hostile_debug_information;
mod what_errors_say;
// Other machines' byte orders and widths.
mod byte_orders;
mod other_machines;
