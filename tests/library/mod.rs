//! The promise as a program sees it: through `Dump` and `Edit`, on files and on bytes in memory.

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

// Whose registers are meant.
mod records;
mod threads;

// When an edit happens, and what is left where it does not.
mod commits;
mod edits;
mod outputs;

// Every register of every record: that a value goes where it belongs and nowhere else.
mod every_register;
mod system_headers;
mod xsave;
