//! Errors of specs, and the text of a spec that they point at.

use std::fmt;
use std::io;
use std::path::PathBuf;

use dumpedit::notation::{Excerpt, NotationError, PathText};
use dumpedit::{Format, Hint};

use crate::spec::{NotYaml, Step, TextPlace, find};

/// Problem of a spec, or of the dump or the files that it is made of.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is not YAML.
    #[error("{0}")]
    Yaml(String),
    /// An unknown key.
    #[error("{owner} has no key '{key}'{}", suggested(.nearest))]
    UnknownKey {
        /// Owner of the key.
        owner: &'static str,
        /// The key.
        key: String,
        /// A key with a similar spelling.
        nearest: Option<&'static str>,
    },
    /// A required key is missing.
    #[error("{owner} needs the key '{key}'")]
    MissingKey {
        /// Owner of the key.
        owner: &'static str,
        /// The key.
        key: &'static str,
    },
    /// A key that the container has no place for.
    #[error("{} does not support the key '{key}'{}", .format.phrase(), in_place_of(owner, *.instead))]
    Misplaced {
        /// The container.
        format: Format,
        /// Owner of the key.
        owner: &'static str,
        /// The key.
        key: &'static str,
        /// Replacement for the key, where there is one.
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
        /// Offset from the start of the content, in bytes.
        offset: u64,
    },
    /// A value of another shape.
    #[error("expected {expected}")]
    Expected {
        /// Expected shape.
        expected: String,
    },
    /// A text that does not parse in the notation.
    #[error(transparent)]
    Notation(#[from] NotationError),
    /// An unknown label or module.
    #[error("nothing is labelled '{name}'{}", among(.labels))]
    UnknownLabel {
        /// The name.
        name: String,
        /// Some of the known labels.
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
    /// A number that does not fit its field.
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
        /// Error of the system.
        cause: io::Error,
    },
    /// A file outside the folder of the spec.
    #[error("{} is outside the folder of the spec", PathText(.path))]
    Outside {
        /// The file, as the spec names it.
        path: PathBuf,
    },
    /// A part that the container has no room for.
    #[error(transparent)]
    Write(dumpedit_formats::write::WriteProblem),
    /// More bytes than the dump may have.
    #[error("the dump would have {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Size in bytes.
        size: u64,
        /// Limit in bytes.
        limit: u64,
    },
    /// More bytes than the spec may hold.
    #[error(
        "the spec would contain {size} bytes of the dump, more than the limit of {limit}: structures of \
         the dump overlap"
    )]
    SpecTooLarge {
        /// Number of bytes, counted as often as the spec holds them.
        size: u64,
        /// Limit in bytes.
        limit: u64,
    },
    /// The dump that is read or made cannot be read or written.
    #[error(transparent)]
    Dump(#[from] dumpedit::Error),
    /// A structure of the described dump cannot be read.
    #[error("{structure} at file offset {file_offset:#x} cannot be read")]
    Structure {
        /// The structure.
        structure: &'static str,
        /// File offset, in bytes.
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

/// The owner of a key that has no place, and the replacement for the key.
fn in_place_of(owner: &str, instead: Option<&str>) -> String {
    let owner_of = if owner == "a spec" { String::new() } else { format!(" of {owner}") };
    let instead = instead.map(|text| format!("; {text}"));
    owner_of + &instead.unwrap_or_default()
}

fn among(labels: &[String]) -> String {
    if labels.is_empty() { String::new() } else { format!("; the labels are {}", labels.join(", ")) }
}

/// Error of reading a spec, of making a dump of it, or of describing a dump: the problem, and the piece of the spec that has it.
#[derive(Debug)]
pub struct FixtureError {
    problem: Box<Problem>,
    place: Option<TextPlace>,
    /// Path to the piece of the spec, its last step first.
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

    /// Sets the place of an error without one.
    pub(crate) fn or_in_text(self, place: TextPlace) -> Self {
        FixtureError { place: self.place.or(Some(place)), ..self }
    }

    /// Puts a step in front of the error's path.
    pub(crate) fn within(mut self, step: impl Into<Step>) -> Self {
        self.steps.push(step.into());
        self
    }

    /// The problem.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Place of the problem in the spec's text, where it is one piece.
    pub fn place(&self, text: &str) -> Option<TextPlace> {
        self.place.or_else(|| if self.steps.is_empty() { None } else { find(text, &self.steps) })
    }

    /// Kind of the error, a word for scripts: `spec`, or the kind of the dump's or the notation's error.
    pub fn kind(&self) -> &'static str {
        match &*self.problem {
            Problem::Dump(error) => error.kind(),
            Problem::Notation(_) => "value",
            Problem::SideFile { .. } | Problem::Outside { .. } | Problem::Io(_) => "open",
            Problem::Structure { .. } | Problem::Format { .. } => "format",
            _ => "spec",
        }
    }

    /// Hint of the dump's or the notation's error.
    pub fn hint(&self) -> Option<Hint> {
        match &*self.problem {
            Problem::Notation(error) => error.hint().cloned(),
            Problem::Dump(error) => error.hint(),
            _ => None,
        }
    }

    /// The line of the spec's text with the problem, and the piece underlined. `name` is the name of the text.
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

/// Adds steps to the path of an error in a spec.
pub(crate) trait Within<T> {
    /// Puts a step in front of the error's path.
    fn within(self, step: impl Into<Step>) -> Result<T, FixtureError>;
}

impl<T> Within<T> for Result<T, FixtureError> {
    fn within(self, step: impl Into<Step>) -> Result<T, FixtureError> {
        self.map_err(|error| error.within(step))
    }
}
