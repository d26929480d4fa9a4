#![doc = include_str!("../README.md")]
//!
//! This crate promises no stability of its own; `dumpedit` re-exports what its users need.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod crash_names;
mod elf;
mod error;
mod minidump;

use dumpedit_layout::{Ahead, Layout};

pub use error::FormatError;

/// How many bytes tell whether a dump begins so.
pub const START: usize = 512;

/// Reads the tables of a dump. `ahead` is told of memory that is about to be filled with what they say.
///
/// # Errors
/// [`FormatError`] says what the bytes are where they are no dump, or which structure cannot be read.
pub fn parse(bytes: &[u8], ahead: Ahead) -> Result<Layout, FormatError> {
    if minidump::recognizes(bytes) {
        minidump::parse(bytes)
    } else if elf::recognizes(bytes) {
        elf::parse(bytes, ahead)
    } else {
        Err(error::name_the_stranger(bytes))
    }
}

/// Looks at the first bytes of a dump, [`START`] of them where there are so many.
///
/// # Errors
/// [`FormatError`] says what they are where no dump begins so, however it goes on.
pub fn check_start(start: &[u8]) -> Result<(), FormatError> {
    if elf::recognizes(start) {
        elf::check_start(start)
    } else if minidump::recognizes(start) {
        Ok(())
    } else {
        Err(error::name_the_stranger(start))
    }
}
