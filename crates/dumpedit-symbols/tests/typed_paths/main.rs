//! Typed paths in the tests' own programs, compared with gdb's output.
#![cfg(test)]

mod support;

// Values, as gdb prints them.
mod as_gdb_prints;
mod base_classes;
// Places of members and names of types, as gdb's ptype and whatis print them.
mod layouts;
// Separate, split, compressed and shared debug information of several systems.
mod where_debug_information_is;
// Programs that ran, in their cores, before and after edits.
mod running_programs;

// Errors in paths and in debug information.
mod hostile_debug_information;
mod what_errors_say;
// Byte orders and widths of other machines.
mod byte_orders;
mod other_machines;
