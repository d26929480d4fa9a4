//! A line of a script: an operation, and the options that a command line gives it.

use std::fmt;

use dumpedit_layout::RecordChoice;

use crate::edit::EditOptions;
use crate::notation::{Operation, ThreadText};

/// An operation with everything that a command line says of it but the dump's name. `Display` writes it as a script has
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    /// What is asked for.
    pub operation: Operation,
    /// The thread whose registers are meant; the crashed one, else the only one, where none is named.
    pub thread: Option<ThreadText>,
    /// Which of the thread's records is meant.
    pub record: RecordChoice,
    /// The rules of the operation.
    pub options: EditOptions,
}

impl Line {
    /// An operation without options.
    pub fn new(operation: Operation) -> Line {
        Line { operation, thread: None, record: RecordChoice::default(), options: EditOptions::default() }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.operation.fmt(f)?;
        if let Some(thread) = self.thread {
            write!(f, " --thread {thread}")?;
        }
        if self.record != RecordChoice::default() {
            write!(f, " --context {}", self.record)?;
        }
        for (on, option) in [
            (self.options.all_or_nothing, "--all-or-nothing"),
            (self.options.allow_structure, "--allow-structure"),
        ] {
            if on {
                write!(f, " {option}")?;
            }
        }
        Ok(())
    }
}
