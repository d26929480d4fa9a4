//! Dumps in a few lines of Rust: a thin hand on a [`Spec`].
pub struct Minidump;
pub struct ElfCore;
