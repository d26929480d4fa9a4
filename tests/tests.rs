//! What a user of dumpedit sees. One module a promise; most of them through the binary, on dumps built byte by byte.
#![cfg(test)]
// What only Unix promises is tested only there, so that some imports and helpers have no use elsewhere.
#![cfg_attr(not(unix), allow(unused_imports, dead_code))]

mod support;

// The contract of WriteBytes: how much is written, and where and why it stops.
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
mod repaired;
mod repaired_cuts;

// Named values that are neither memory nor registers.
mod fields;
mod minidump_fields;
mod resized_fields;

// Whose registers are meant.
mod which_record;
mod which_thread;

// What the formats do to those who trust them.
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

// The command line: what it takes, what it prints, and what it says to files that are not dumps.
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

// Two dumps side by side, and the script from one to the other.
mod diff;

// What goes in and comes out: streams, compressed files, copies, receipts, and names that lead elsewhere.
mod pipelines;

// Files and processes as Windows has them.
mod on_windows;

// Whole-memory verbs.
mod find;
mod read_remarks;
mod read_texts;
mod texts_found;

// Whatever happens to an edit: killed, refused, out of space, or taken back.
mod nothing_lost;

// Dumps from specs and specs from dumps, by the verbs and by the specs in testdata/.
mod fixtures;
mod remade_for_readers;
mod rewritten;

// Dumps with everything dropped that their readers can do without.
mod real_cores;
mod reduce;
mod reduced_for_readers;
mod reduced_shapes;

// Dumps in another container.
mod convert;

// Dumps that can be shared: nothing that was planted is left, and stacks are walked as before.
mod scrub;

// The same promise as a program sees it, through the library, and every register of every record.
mod library;

// Dumps and readers that others made, and dumps that nobody would make.
mod corpus;
mod emulated_cores;
mod fibres;
mod figures;
mod independent_readers;
mod module_identities;
mod mutations;
mod registers_agree;

// How the house is built: which files of the crates import which.
mod imports;

// The dumps in testdata/, how they are made again, and the README that shows them.
mod readme;
mod testdata;
