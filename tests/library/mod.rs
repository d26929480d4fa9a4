//! The contract in a program: through `Dump` and `Edit`, on files and on bytes in memory.

// A dump opened both ways, and one dump for every kind of record.
pub(crate) mod every_record;
mod opened;
pub(crate) mod random;

// The contract of WriteBytes, row by row.
mod copies;
mod memory;
mod pointers;
mod registers;
mod structures;

// The records of registers.
mod records;
mod threads;

// Commits, and the files after commits that fail.
mod commits;
mod edits;
mod outputs;

// Every register of every record: a value is written to its own place and nowhere else.
mod every_register;
mod system_headers;
mod xsave;
