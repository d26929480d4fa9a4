//! Errors of rules and of a scrub.

use thiserror::Error;

/// A rule that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RuleError {
    /// A regular expression that does not compile, or is too large.
    #[error("the regular expression of rule `{id}` cannot be used: {cause}")]
    Pattern {
        /// Id of the rule.
        id: String,
        /// Reason.
        cause: String,
    },
    /// A group that the regular expression does not have.
    #[error("rule `{id}` takes group {group} of a regular expression that has {groups}")]
    Group {
        /// Id of the rule.
        id: String,
        /// Group that the rule takes.
        group: usize,
        /// Number of groups of the regular expression.
        groups: usize,
    },
    /// Keywords that cannot be compiled.
    #[error("the keywords of the rules cannot be used: {cause}")]
    Keywords {
        /// Reason.
        cause: String,
    },
    /// A file that is no rule file of gitleaks.
    #[error("the rules cannot be read: {cause}")]
    File {
        /// Reason.
        cause: String,
    },
}

/// Reason why a dump could not be scrubbed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ScrubError {
    /// A rule that cannot be used.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The dump could not be read, or a change could not be made.
    #[error(transparent)]
    Dump(#[from] dumpedit::Error),
    /// The caller asked to stop.
    #[error("stopped; nothing was changed")]
    Cancelled,
}
