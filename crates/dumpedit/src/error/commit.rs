//! Errors of commits, with the state of the file after each.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::{Error, Hint};
use crate::notation::PathText;
use crate::store::special::SpecialFile;

/// The reason why a commit failed. The docs of every variant say what the file holds then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// Nothing was written: the file is unchanged.
    #[error("{}nothing was changed: {step}: {cause}", named(.path))]
    Unchanged {
        /// Path of the dump's file, where it has one.
        path: Option<PathBuf>,
        /// Step that failed.
        step: CommitStep,
        /// The system's error.
        cause: io::Error,
    },
    /// Nothing was written: the parts cannot be added or dropped.
    #[error("{cause}")]
    Structure {
        /// The reason.
        cause: Box<Error>,
    },
    /// Something else was appended to the file, or cut off, since the edits that are to be undone or redone.
    #[error(
        "{}: nothing was changed: the file has {size} bytes, not the {expected} after its last edit; {}",
        PathText(.path),
        since_then(*.size, *.expected)
    )]
    SizeChanged {
        /// Path of the dump's file.
        path: PathBuf,
        /// Size, in bytes.
        size: u64,
        /// Size after the edits, in bytes.
        expected: u64,
    },
    /// The file is not the one that was opened.
    #[error("{}nothing was changed: the file {how} since it was opened", named(.path))]
    Replaced {
        /// Path of the dump's file, where it has one.
        path: Option<PathBuf>,
        /// What happened to it, in words.
        how: &'static str,
    },
    /// Some bytes were written and could not be reverted.
    #[error(
        "{}the edit is unfinished: {done} of {extents} patches are in the file and could not be reverted: \
         {cause}",
        named(.path)
    )]
    Unfinished {
        /// Path of the dump's file, where it has one.
        path: Option<PathBuf>,
        /// Path of the journal that finishes the edit.
        journal: Option<PathBuf>,
        /// Number of patches in the file.
        done: usize,
        /// Number of patches of the edit.
        extents: usize,
        /// The system's error.
        cause: io::Error,
    },
    /// Another process edits the dump, or copies it, and did not finish in time.
    #[error("{} is being edited or copied by another process; nothing was changed", PathText(.path))]
    Locked {
        /// Path of the dump's file.
        path: PathBuf,
    },
    /// The journal could not be read or written; the dump is unchanged.
    #[error("nothing was changed: the journal {} cannot be used: {cause}", PathText(.path))]
    Journal {
        /// Path of the journal.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// The file with the name of the dump's journal is no journal, or is not trusted; it was left as it is.
    #[error("nothing was changed: {} has the name of the dump's journal, but {why}", PathText(.path))]
    NotAJournal {
        /// Path of that file.
        path: PathBuf,
        /// What it is, in words.
        why: &'static str,
    },
    /// An entry of the journal is damaged.
    #[error("nothing was changed: entry {number} of the journal {} is damaged", PathText(.journal))]
    JournalDamaged {
        /// Path of the journal.
        journal: PathBuf,
        /// Number of the entry.
        number: u64,
    },
    /// Another version of dumpedit wrote the journal.
    #[error("nothing was changed: the journal {} has the unsupported version {version}", PathText(.path))]
    JournalVersion {
        /// Path of the journal.
        path: PathBuf,
        /// Version of the journal.
        version: u32,
    },
    /// The journal beside the dump belongs to another file.
    #[error(
        "the journal {} does not match {}: it belongs to another file, or another program changed the \
         edited bytes",
        PathText(.journal),
        PathText(.path)
    )]
    OtherJournal {
        /// Path of the dump's file.
        path: PathBuf,
        /// Path of the journal.
        journal: PathBuf,
    },
    /// An interrupted edit could be neither completed nor undone; nothing was changed.
    #[error("{}: an interrupted edit was not recovered: {why}", PathText(.path))]
    NotRecovered {
        /// Path of the dump's file.
        path: PathBuf,
        /// Path of the journal with the edit.
        journal: PathBuf,
        /// The obstacle, in words.
        why: String,
    },
    /// An edit of the dump was interrupted.
    #[error("an edit of {} was interrupted, and the dump may contain only a part of it", PathText(.path))]
    Interrupted {
        /// Path of the dump's file.
        path: PathBuf,
    },
    /// A program that takes no lock wrote to the dump while it was read.
    #[error(
        "{} was changed by another program while it was read; a copy would contain only a part of the change",
        PathText(.path)
    )]
    Changed {
        /// Path of the dump's file.
        path: PathBuf,
    },
    /// There is no change to undo.
    #[error("{} has no edits to undo{}", PathText(.path), after_number(*.latest))]
    NothingToUndo {
        /// Path of the dump's file.
        path: PathBuf,
        /// Number of the latest change; 0 where there is none.
        latest: u64,
    },
    /// There is no change to redo.
    #[error("{} has no undone edits to redo", PathText(.path))]
    NothingToRedo {
        /// Path of the dump's file.
        path: PathBuf,
    },
    /// The journal contains a byte that an edit of values cannot have written.
    #[error(
        "{}: nothing was changed: the byte at file offset {file_offset:#x} is neither captured memory nor a register",
        PathText(.path)
    )]
    NotEditable {
        /// Path of the dump's file.
        path: PathBuf,
        /// File offset of the byte.
        file_offset: u64,
    },
    /// The edit is done, in a file that is no longer at the dump's path.
    #[error("the edit was written, but {} {how} meanwhile", PathText(.path))]
    NameLost {
        /// The path.
        path: PathBuf,
        /// What happened to it, in words.
        how: &'static str,
    },
    /// The bytes are not those that the changes to undo wrote.
    #[error(
        "{}: nothing was undone: another program has changed the byte at file offset {file_offset:#x} since",
        PathText(.path)
    )]
    ChangedSince {
        /// Path of the dump's file.
        path: PathBuf,
        /// File offset of the first byte that differs.
        file_offset: u64,
    },
    /// An interrupted edit had to be completed or undone first, so that this one may have been made for other bytes.
    #[error(
        "{}: an interrupted edit was recovered; this edit was not written, because it was made before that",
        PathText(.path)
    )]
    WasInterrupted {
        /// Path of the dump's file.
        path: PathBuf,
    },
    /// The expected bytes are no longer there.
    #[error(
        "{}nothing was changed: the bytes at file offset {file_offset:#x} are no longer the expected ones",
        named(.path)
    )]
    Expect {
        /// Path of the dump's file, where it has one.
        path: Option<PathBuf>,
        /// File offset of the bytes.
        file_offset: u64,
    },
    /// The output file exists.
    #[error("{} exists; it was not overwritten", PathText(.path))]
    OutputExists {
        /// Path of the output file.
        path: PathBuf,
    },
    /// The output is the dump itself.
    #[error("{} is the dump itself", PathText(.path))]
    OutputIsInput {
        /// Path of the output file.
        path: PathBuf,
    },
    /// The output's path leads to something that is not a regular file.
    #[error("{} is a {kind}, not a file; nothing was written", PathText(.path))]
    OutputNotAFile {
        /// Path of the output file.
        path: PathBuf,
        /// Type of the file.
        kind: SpecialFile,
    },
    /// The output could not be written: no file was created, and one that was to be replaced is unchanged.
    #[error("cannot write {}: {cause}; {}", PathText(.path), what_is_left(.left))]
    Output {
        /// Path of the output file.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
        /// Path of the temporary file that could not be removed.
        left: Option<PathBuf>,
    },
    /// Writing to the stream failed.
    #[error("cannot write the edited copy: {cause}")]
    Stream {
        /// Error of its writer, or of the system where the dump could not be read.
        cause: io::Error,
    },
    /// The dump came from a stream: there is no file to edit in place.
    #[error("the dump has no file of its own and cannot be edited in place")]
    NoName,
    /// The caller asked to stop; nothing was changed.
    #[error("stopped on request; nothing was changed")]
    Cancelled,
}

/// A step of a commit that failed before anything was changed, or after all changes were reverted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitStep {
    /// Opening the dump.
    Open,
    /// Opening it for writing.
    OpenToWrite,
    /// Finding the path of its journal.
    FindJournal,
    /// Locking it.
    Lock,
    /// Checking that it is the file that was opened.
    Identify,
    /// Reading it.
    Read,
    /// Reading the bytes that an edit expects.
    ReadExpected,
    /// Keeping the bytes that an edit copies.
    KeepCopied,
    /// Writing the journal.
    WriteJournal,
    /// Writing to the dump; earlier writes are reverted.
    Patch,
    /// Writing to a dump in memory that has become shorter.
    PatchMemory,
}

/// Steps with their names and with the messages of their failures.
const STEPS: &[(CommitStep, &str, &str)] = &[
    (CommitStep::Open, "open", "cannot open it"),
    (CommitStep::OpenToWrite, "open-to-write", "cannot open it for writing"),
    (CommitStep::FindJournal, "find-journal", "cannot find its path"),
    (CommitStep::Lock, "lock", "cannot lock it"),
    (CommitStep::Identify, "identify", "cannot get its file status"),
    (CommitStep::Read, "read", "cannot read it"),
    (CommitStep::ReadExpected, "read-expected", "cannot read the bytes to be replaced"),
    (CommitStep::KeepCopied, "keep-copied", "cannot store the bytes to be copied"),
    (CommitStep::WriteJournal, "write-journal", "cannot write the journal"),
    (CommitStep::Patch, "patch", "a write failed and the writes before it were reverted"),
    (CommitStep::PatchMemory, "patch-memory", "the dump in memory has become shorter"),
];

impl CommitStep {
    /// The step's name in JSON.
    pub fn name(self) -> &'static str {
        STEPS.iter().find(|(step, ..)| *step == self).map_or("", |(_, name, _)| name)
    }
}

impl fmt::Display for CommitStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STEPS.iter().find(|(step, ..)| step == self).map_or("", |(.., failed)| failed))
    }
}

impl CommitError {
    /// The failed step of an error that changed nothing.
    pub fn step(&self) -> Option<CommitStep> {
        match self {
            CommitError::Unchanged { step, .. } => Some(*step),
            _ => None,
        }
    }

    /// The error's kind, a word that scripts can rely on.
    pub fn kind(&self) -> &'static str {
        match self {
            CommitError::Unfinished { .. }
            | CommitError::NotRecovered { .. }
            | CommitError::Interrupted { .. } => "unfinished",
            CommitError::Locked { .. } => "locked",
            CommitError::Expect { .. }
            | CommitError::ChangedSince { .. }
            | CommitError::SizeChanged { .. } => "expect",
            CommitError::Structure { cause } => cause.kind(),
            _ => "commit",
        }
    }

    /// A hint at what to do next, where there is one.
    pub fn hint(&self) -> Option<Hint> {
        Some(match self {
            CommitError::NameLost { .. } => Hint::NameLost,
            CommitError::Journal { .. } | CommitError::Unchanged { step: CommitStep::WriteJournal, .. } => {
                Hint::CopyElsewhere
            }
            CommitError::WasInterrupted { .. } => Hint::OpenAgain,
            CommitError::ChangedSince { .. } => Hint::DiscardLater,
            CommitError::OutputIsInput { .. } => Hint::EditInPlace,
            CommitError::Structure { cause } => cause.hint()?,
            _ => return None,
        })
    }
}

fn since_then(size: u64, expected: u64) -> &'static str {
    if size < expected { "it was cut since then" } else { "bytes appended since then would be cut off" }
}

fn after_number(latest: u64) -> String {
    if latest == 0 { String::new() } else { format!(" after number {latest}") }
}

fn what_is_left(left: &Option<PathBuf>) -> String {
    match left {
        None => "no output was left behind".to_owned(),
        Some(left) => format!("the incomplete output is left behind as {}", PathText(left)),
    }
}

fn named(path: &Option<PathBuf>) -> String {
    path.as_ref().map(|path| format!("{}: ", PathText(path))).unwrap_or_default()
}
