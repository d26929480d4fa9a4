//! What a user of the library sees: dumps from specs, and specs from dumps.
#![cfg(test)]

mod support;

// Every layout that a spec can force, and every way in which one can be wrong.
mod errors;
mod layouts;

// Dumps that others made, and dumps and specs that nobody would make.
mod mutations;
mod own_bytes;
mod round_trip;
