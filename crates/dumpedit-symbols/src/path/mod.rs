//! Typed paths: the steps from a name to a value, and their grammar.

mod grammar;
mod steps;

pub use steps::{NamedType, Path, PathError, PathRoot, PathStep, Prefix};
