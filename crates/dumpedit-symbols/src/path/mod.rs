//! Typed paths: what is done from a name on, one step after the other, and how that is written.

mod grammar;
mod steps;

pub use steps::{NamedType, Path, PathError, PathRoot, PathStep, Prefix};
