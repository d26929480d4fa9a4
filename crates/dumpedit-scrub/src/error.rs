//! What can go wrong.

use thiserror::Error;

/// A rule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A regular expression that cannot be read, or is too large.
    #[error("the regular expression of rule `{id}` cannot be used: {cause}")]
    Pattern {
        /// The rule.
        id: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A group that the regular expression does not have.
    #[error("rule `{id}` takes group {group} of a regular expression that has {groups}")]
    Group {
        /// The rule.
        id: String,
        /// The group.
        group: usize,
        /// How many there are.
        groups: usize,
    },
    /// Keywords that no search can be made of.
    #[error("the keywords of the rules cannot be used: {cause}")]
    Keywords {
        /// What is wrong with them.
        cause: String,
    },
    /// A file that holds no rules as gitleaks writes them.
    #[error("the rules cannot be read: {cause}")]
    File {
        /// What is wrong with it.
        cause: String,
    },
}

/// Why a dump could not be scrubbed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScrubError {
    /// A rule that cannot be used.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The dump could not be read, or what is to be written not be kept.
    #[error(transparent)]
    Dump(#[from] dumpedit::Error),
    /// The caller asked to stop.
    #[error("stopped; nothing was changed")]
    Cancelled,
}
