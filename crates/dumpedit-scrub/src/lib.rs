#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod addresses;
mod alphabet;
mod builtin;
mod class;
mod error;
mod finding;
mod findings;
mod found_by;
mod gitleaks;
mod keep;
mod keywords;
mod letters;
mod literals;
mod matcher;
mod module_names;
mod named;
mod pieces;
mod pseudonyms;
mod register_writer;
mod registers;
mod replace;
mod replaced;
mod report;
mod rule;
mod scan;
mod scrub;
mod spread;
mod starts;
mod stretches;
mod system_folders;
mod text;
mod values;
mod writer;

pub use builtin::builtin;
pub use class::{Class, UnknownClass};
pub use error::{RuleError, ScrubError};
pub use gitleaks::{RuleFile, gitleaks};
pub use keep::Keep;
pub use report::{Cleared, FoundAt, NotSearched, Report, Row};
pub use rule::{Allowed, BEFORE, Check, Part, RegexTarget, Rule, Stretch};
pub use scrub::{Scrub, Scrubbed};
pub use spread::{LEAST_NAME, LEAST_VALUE};
