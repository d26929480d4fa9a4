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

    /// Arguments that clap refused: what is wrong in one line, and clap's tip where it has one.
    pub(crate) fn usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        let mut paragraphs = text.split("\n\n").map(|lines| {
            lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
        });
        let message = paragraphs.next().unwrap_or_default();
        let tip = paragraphs.find_map(|paragraph| Some(paragraph.strip_prefix("tip: ")?.to_owned()));
        Failure {
            hint: tip.or_else(|| Some("dumpedit --help, or dumpedit VERB --help".to_owned())),
            ..Failure::new("usage", message.strip_prefix("error: ").unwrap_or(&message))
        }
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
        Failure { hint: error.hint(), ..Failure::new(error.kind(), error) }
    }
}

impl From<dumpedit::notation::NotationError> for Failure {
    fn from(error: dumpedit::notation::NotationError) -> Self {
        Error::from(error).into()
    }
}
