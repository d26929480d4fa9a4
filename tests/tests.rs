//! Behaviour of dumpedit, one module for each promise; most tests run the binary on dumps built byte by byte.
#![cfg(test)]
// Promises for Unix only are tested only there, so that some imports and helpers are unused elsewhere.
#![cfg_attr(not(unix), allow(unused_imports, dead_code))]

mod support;

// The contract of WriteBytes: the number of written bytes, and the place and the reason of a stop.
mod copies_and_aliases;
mod fill_and_copy;
mod structure;
mod write_memory;
mod write_register;

// Dumps that grow.
mod added_crashes;
mod added_modules;
mod images;
mod parts;
mod parts_for_readers;
mod parts_in_scripts;
mod parts_of_large_dumps;
mod parts_taken_back;
mod repaired;
mod repaired_cores;
mod repaired_cuts;
mod repaired_minidumps;

// Named values that are neither memory nor registers.
mod fields;
mod fields_for_readers;
mod fields_found;
mod minidump_fields;
mod resized_fields;

// Records and threads of registers.
mod which_record;
mod which_thread;

// Hostile and odd dumps of each format.
mod context_records;
mod crashes;
mod cut_files;
mod large_dumps;
mod layouts;
mod machines;
mod macho_cores;
mod made_contexts;
mod memory_kinds;
mod memory_tags;
mod modules;
mod odd_segments;
mod odd_streams;
mod scalable_vectors;
mod triage_dumps;
mod wow64;

// The command line: its arguments, its output, and its errors for files that are not dumps.
mod address_map;
mod asked_for;
mod completions;
mod edited_registers;
mod hostile_names;
mod hostile_sizes;
mod manual;
mod mistakes;
mod notation;
mod opened_once;
mod options;
mod output;
mod pasted_commands;
mod pasted_registers;
mod scripts;
mod strangers;

// Places by the names of symbols.
#[cfg(target_os = "linux")]
mod symbols;

// Comparisons of two dumps, and the script from one to the other.
mod diff;

// Inputs and outputs: streams, compressed files, copies, receipts, and paths that lead elsewhere.
mod pipelines;

// Files and processes on Windows.
mod on_windows;

// Whole-memory verbs.
mod find;
mod read_remarks;
mod read_texts;
mod texts_found;

// Interrupted edits: killed, refused, out of space, or undone.
mod nothing_lost;

// Dumps from specs and specs from dumps, by the verbs and by the specs in testdata/.
mod fixtures;
mod remade_for_readers;
mod rewritten;

// Dumps without the parts that their readers can do without.
mod real_cores;
mod reduce;
mod reduced_for_readers;
mod reduced_shapes;

// Dumps converted to another container.
mod convert;

// Dumps that can be shared: no planted secret is left, and stacks are walked as before.
mod scrub;

// The same contract through the library, and every register of every record.
mod library;

// Real dumps, independent readers, and absurd dumps.
mod corpus;
mod emulated_cores;
mod fibres;
mod figures;
mod independent_readers;
mod module_identities;
mod mutations;
mod registers_agree;

// Imports between the files of the crates.
mod imports;

// The dumps in testdata/, how they are made again, and the README that shows them.
mod readme;
mod testdata;
