//! Searches the captured memory: patterns, ranges, and the workers that share the work.

mod budget;
mod expression;
mod found;
pub(crate) mod matcher;
mod matches;
pub(crate) mod outside;
mod plan;
mod run;
mod search;
pub(crate) mod strings;
pub(crate) mod structure;
pub(crate) mod syntax;
#[cfg(test)]
mod tests;
mod worker;
mod zeros;

pub use found::{Found, Match, MatchFn};
pub use matches::Matches;
pub use search::Search;
