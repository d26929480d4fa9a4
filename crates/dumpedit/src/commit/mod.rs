//! The commit: the one place where a dump's file is changed.

mod checks;
mod in_place;
pub(crate) mod kept;
pub(crate) mod lock;
mod output;
mod output_file;
mod receipt;

pub use in_place::CommitOptions;
pub use output::Output;
pub use output_file::{OutputFile, OutputOptions, new_file};
pub use receipt::Receipt;
