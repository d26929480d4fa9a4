//! What a failed command tells: a kind for scripts, a sentence, and a hint where there is one.

use dumpedit::{CommitError, Error, OpenError};

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    pub(crate) address: Option<u64>,
    pub(crate) hint: Option<String>,
}

impl Failure {
    fn new(kind: &'static str, message: impl ToString) -> Self {
        Failure { kind, message: message.to_string(), address: None, hint: None }
    }

    /// Arguments that clap refused, in one line.
    pub(crate) fn usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        Failure::new("usage", first.strip_prefix("error: ").unwrap_or(first))
    }

    /// A verb that there is no page for.
    pub(crate) fn no_such_verb(verb: &str) -> Self {
        Failure::new("usage", format!("there is no verb '{verb}'"))
    }

    /// Output that could not be written.
    pub(crate) fn output(error: &std::io::Error) -> Self {
        Failure::new("commit", format!("cannot write standard output: {error}"))
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let kind = match error {
            OpenError::Format { .. } | OpenError::Bytes(_) => "format",
            _ => "open",
        };
        Failure::new(kind, error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure {
            address: error.address(),
            hint: error.hint().map(str::to_owned),
            ..Failure::new(error.kind(), error)
        }
    }
}

impl From<dumpedit::AccessError> for Failure {
    fn from(error: dumpedit::AccessError) -> Self {
        Error::from(error).into()
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        Failure::new(error.kind(), error)
    }
}

impl From<dumpedit::notation::NotationError> for Failure {
    fn from(error: dumpedit::notation::NotationError) -> Self {
        Error::from(error).into()
    }
}
