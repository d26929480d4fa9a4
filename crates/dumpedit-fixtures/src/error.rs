//! Knows what can be wrong with a spec, and how the piece of text that is wrong is shown.
//!
//! Never knows what the text should have meant.

use std::fmt;
use std::io;
use std::path::PathBuf;

use dumpedit::notation::{Excerpt, NotationError, PathText};
use dumpedit::{Format, Hint};

use crate::spec::{NotYaml, Step, TextPlace, find};

/// What is wrong with a spec, or with the dump or the files that it is made of.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is not YAML.
    #[error("{0}")]
    Yaml(String),
    /// A key that nothing has.
    #[error("{owner} has no key '{key}'{}", suggested(.nearest))]
    UnknownKey {
        /// What has the key.
        owner: &'static str,
        /// The key.
        key: String,
        /// A key that is spelled much like it.
        nearest: Option<&'static str>,
    },
    /// A key that has to be there is not.
    #[error("{owner} needs the key '{key}'")]
    MissingKey {
        /// What needs the key.
        owner: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A key that the container has no place for.
    #[error("{} has no place for the key '{key}'{}", .format.phrase(), in_place_of(owner, *.instead))]
    Misplaced {
        /// The container.
        format: Format,
        /// What has the key.
        owner: &'static str,
        /// The key.
        key: &'static str,
        /// What to give in its place, where something says the same.
        instead: Option<&'static str>,
    },
    /// A key that is given twice.
    #[error("the key '{key}' is given twice")]
    RepeatedKey {
        /// The key.
        key: String,
    },
    /// Two pieces of a content at one offset.
    #[error("the offset {offset:#x} is given twice")]
    RepeatedOffset {
        /// The offset, in bytes from the start of what has the content.
        offset: u64,
    },
    /// Something of another shape.
    #[error("this should be {expected}")]
    Expected {
        /// What it should be.
        expected: String,
    },
    /// A text that is not in the notation.
    #[error(transparent)]
    Notation(#[from] NotationError),
    /// A label or a module that is not there.
    #[error("nothing is labelled '{name}'{}", among(.labels))]
    UnknownLabel {
        /// The name.
        name: String,
        /// Some of the labels that there are.
        labels: Vec<String>,
    },
    /// A label that several things have.
    #[error("the label '{label}' is given twice")]
    RepeatedLabel {
        /// The label.
        label: String,
    },
    /// Two parts of the spec, or a part and the format, that exclude each other.
    #[error("{0}")]
    Contradiction(String),
    /// A number that its field has no room for.
    #[error("{value:#x} does not fit into {what}, which has {bits} bits")]
    DoesNotFit {
        /// The number.
        value: u64,
        /// The field.
        what: &'static str,
        /// Its width in bits.
        bits: u32,
    },
    /// A file beside the spec that cannot be read.
    #[error("cannot read {}: {cause}", PathText(.path))]
    SideFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// A file outside the folder of the spec.
    #[error("{} is outside the folder of the spec", PathText(.path))]
    Outside {
        /// The file, as the spec names it.
        path: PathBuf,
    },
    /// What the container has no room for.
    #[error(transparent)]
    Write(dumpedit_formats::write::WriteProblem),
    /// More bytes than the dump may have.
    #[error("the dump would have {size} bytes, and may have {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: u64,
        /// What it may have, in bytes.
        limit: u64,
    },
    /// More bytes than the spec may hold.
    #[error(
        "the spec would hold {size} bytes of the dump, and may hold {limit}: structures of the dump overlap"
    )]
    SpecTooLarge {
        /// The bytes that it would hold, counted as often as it holds them.
        size: u64,
        /// What it may hold, in bytes.
        limit: u64,
    },
    /// The dump that is read or made cannot be read or set.
    #[error(transparent)]
    Dump(#[from] dumpedit::Error),
    /// A structure of the dump that is described cannot be read.
    #[error("{structure} at file offset {file_offset:#x} cannot be read")]
    Structure {
        /// The structure.
        structure: &'static str,
        /// Where it is in the file, in bytes.
        file_offset: u64,
    },
    /// A dump of a format that specs cannot express.
    #[error("dumps of the format {format} cannot be described")]
    Format {
        /// The format.
        format: Format,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<dumpedit_formats::write::WriteProblem> for Problem {
    fn from(problem: dumpedit_formats::write::WriteProblem) -> Self {
        use dumpedit_formats::write::WriteProblem as Write;
        match problem {
            Write::DoesNotFit { value, what, bits } => Problem::DoesNotFit { value, what, bits },
            Write::TooLarge { size, limit } => Problem::TooLarge { size, limit },
            other => Problem::Write(other),
        }
    }
}

fn suggested(nearest: &Option<&'static str>) -> String {
    nearest.map(|key| format!("; '{key}' is one")).unwrap_or_default()
}

/// Whose key has no place, and what to give in its place.
fn in_place_of(owner: &str, instead: Option<&str>) -> String {
    let owner_of = if owner == "a spec" { String::new() } else { format!(" of {owner}") };
    let instead = instead.map(|text| format!("; {text}"));
    owner_of + &instead.unwrap_or_default()
}

fn among(labels: &[String]) -> String {
    if labels.is_empty() { String::new() } else { format!("; the labels are {}", labels.join(", ")) }
}

/// Why a spec could not be read or made into a dump, or a dump not described: the problem, and the piece of the spec
/// that has it.
#[derive(Debug)]
pub struct FixtureError {
    problem: Box<Problem>,
    place: Option<TextPlace>,
    /// The way to the piece of the spec, its last step first.
    steps: Vec<Step>,
}

impl FixtureError {
    pub(crate) fn new(problem: impl Into<Problem>) -> Self {
        FixtureError { problem: Box::new(problem.into()), place: None, steps: Vec::new() }
    }

    pub(crate) fn in_text(problem: impl Into<Problem>, place: TextPlace) -> Self {
        FixtureError::new(problem).or_in_text(place)
    }

    pub(crate) fn not_yaml(NotYaml { text, place }: NotYaml) -> Self {
        FixtureError::in_text(Problem::Yaml(text), place)
    }

    pub(crate) fn contradiction(text: impl Into<String>) -> Self {
        FixtureError::new(Problem::Contradiction(text.into()))
    }

    /// The same error, about this place where it was about none.
    pub(crate) fn or_in_text(self, place: TextPlace) -> Self {
        FixtureError { place: self.place.or(Some(place)), ..self }
    }

    /// The same error, whose way so far begins behind this step.
    pub(crate) fn within(mut self, step: impl Into<Step>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// What is wrong.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Where the spec's text is wrong, where that is one piece of it.
    pub fn place(&self, text: &str) -> Option<TextPlace> {
        self.place.or_else(|| if self.steps.is_empty() { None } else { find(text, &self.steps) })
    }

    /// The error's kind, a word that scripts can rely on: `spec`, or what the dump or the notation says.
    pub fn kind(&self) -> &'static str {
        match &*self.problem {
            Problem::Dump(error) => error.kind(),
            Problem::Notation(_) => "value",
            Problem::SideFile { .. } | Problem::Outside { .. } | Problem::Io(_) => "open",
            Problem::Structure { .. } | Problem::Format { .. } => "format",
            _ => "spec",
        }
    }

    /// What to try instead, where the dump or the notation says so.
    pub fn hint(&self) -> Option<Hint> {
        match &*self.problem {
            Problem::Notation(error) => error.hint().cloned(),
            Problem::Dump(error) => error.hint(),
            _ => None,
        }
    }

    /// The line of the spec's text that is wrong, with the piece underlined. `name` is what the text is called.
    pub fn excerpt(&self, text: &str) -> Option<Excerpt> {
        let TextPlace { line, column, length } = self.place(text)?;
        let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let shown = text.lines().nth(number(line).checked_sub(1)?)?;
        Some(Excerpt::new(number(line), shown, number(column), number(length)))
    }
}

impl fmt::Display for FixtureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for FixtureError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.problem.source()
    }
}

impl<P: Into<Problem>> From<P> for FixtureError {
    fn from(problem: P) -> Self {
        FixtureError::new(problem)
    }
}

/// Adds to an error where in the spec its cause is.
pub(crate) trait Within<T> {
    /// The same, whose error is behind this step.
    fn within(self, step: impl Into<Step>) -> Result<T, FixtureError>;
}

impl<T> Within<T> for Result<T, FixtureError> {
    fn within(self, step: impl Into<Step>) -> Result<T, FixtureError> {
        self.map_err(|error| error.within(step))
    }
}
