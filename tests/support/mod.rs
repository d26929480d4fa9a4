//! Helpers of all tests: run the binary, build dumps byte by byte, find other people's tools.

pub(crate) mod bytes;
pub(crate) mod command;
pub(crate) mod corpus;
pub(crate) mod elf_builder;
pub(crate) mod macho_builder;
pub(crate) mod minidump_builder;
pub(crate) mod other_editor;
pub(crate) mod process;
pub(crate) mod readers;
pub(crate) mod rewritten;
pub(crate) mod subject;
#[cfg(target_os = "linux")]
pub(crate) mod terminal;
pub(crate) mod tools;
pub(crate) mod traced;
pub(crate) mod triage_builder;
pub(crate) mod user;
