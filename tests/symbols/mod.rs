//! Places by names of symbols, compared with gdb's output for the tests' programs, in cores that gdb made.

mod breakpad;
mod class_pointers;
mod declared;
mod every_build;
mod files;
mod found;
mod functions;
mod hostile;
mod in_parts;
mod labels;
mod names;
mod one_place;
mod pdb;
mod program;
mod qualified;
mod shown;
mod templates;
mod thread_local;
mod typed;
mod windows_debug_links;
mod windows_program;
mod windows_thread_local;
