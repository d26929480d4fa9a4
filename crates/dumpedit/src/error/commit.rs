//! Why a commit did not end as it should, and what the file holds then.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::{Error, Hint};
use crate::notation::PathText;
use crate::store::special::SpecialFile;

/// Why a commit did not end as it should. Every variant says what the file holds now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// Nothing was written: the file is as it was.
    #[error("{}nothing was changed: {step}: {cause}", named(.path))]
    Unchanged {
        /// The dump's file, where it has one.
        path: Option<PathBuf>,
        /// What could not be done.
        step: CommitStep,
        /// What the system said.
        cause: io::Error,
    },
    /// Nothing was written: the parts that are added or dropped cannot be.
    #[error("{cause}")]
    Structure {
        /// Why not.
        cause: Box<Error>,
    },
    /// What else was appended to the file, or cut off, since the edits that are to be taken back or done again.
    #[error(
        "{}: nothing was changed: the file has {size} bytes and not the {expected} that its edits left it with; what was appended \
         since would be cut off",
        PathText(.path)
    )]
    SizeChanged {
        /// The dump's file.
        path: PathBuf,
        /// Its size in bytes.
        size: u64,
        /// The size that the edits left it with.
        expected: u64,
    },
    /// The file is not the one that was opened.
    #[error("{}nothing was changed: the file {how} since it was opened", named(.path))]
    Replaced {
        /// The dump's file, where it has one.
        path: Option<PathBuf>,
        /// What happened to it.
        how: &'static str,
    },
    /// Some bytes were written and could not be taken back.
    #[error(
        "{}the edit is unfinished: {done} of {extents} patches are in the file and could not be taken back: {cause}",
        named(.path)
    )]
    Unfinished {
        /// The dump's file, where it has one.
        path: Option<PathBuf>,
        /// The journal that finishes it.
        journal: Option<PathBuf>,
        /// Patches that are in the file.
        done: usize,
        /// Patches of the edit.
        extents: usize,
        /// What the system said.
        cause: io::Error,
    },
    /// Another process edits the dump, or copies it, and did not end in time.
    #[error("{} is being edited or copied by another process; nothing was changed", PathText(.path))]
    Locked {
        /// The dump's file.
        path: PathBuf,
    },
    /// The journal could not be read or written; the dump is as it was.
    #[error("nothing was changed: the journal {} cannot be used: {cause}", PathText(.path))]
    Journal {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// What has the name of the dump's journal is none, or none that can be trusted; it was left as it is.
    #[error("nothing was changed: {} has the name of the dump's journal, but {why}", PathText(.path))]
    NotAJournal {
        /// What has the name.
        path: PathBuf,
        /// What it is.
        why: &'static str,
    },
    /// An entry of the journal is not as it was written.
    #[error("nothing was changed: entry {number} of the journal {} is damaged", PathText(.journal))]
    JournalDamaged {
        /// The journal.
        journal: PathBuf,
        /// The entry's number.
        number: u64,
    },
    /// The journal was written by another version of dumpedit.
    #[error("nothing was changed: the journal {} has version {version}, which is not known here", PathText(.path))]
    JournalVersion {
        /// The journal.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// The journal beside the dump is about another file.
    #[error(
        "the journal {} is about another file than {}, or about it before something else changed what was edited",
        PathText(.journal),
        PathText(.path)
    )]
    OtherJournal {
        /// The dump's file.
        path: PathBuf,
        /// The journal.
        journal: PathBuf,
    },
    /// An interrupted edit could be neither finished nor taken back; nothing was changed.
    #[error("{}: an interrupted edit was left as it is: {why}", PathText(.path))]
    NotRecovered {
        /// The dump's file.
        path: PathBuf,
        /// The journal that tells of it.
        journal: PathBuf,
        /// What is in the way.
        why: String,
    },
    /// An edit of the dump was interrupted: a copy would hold a part of it.
    #[error("an edit of {} was interrupted; a copy would hold a part of it", PathText(.path))]
    Interrupted {
        /// The dump's file.
        path: PathBuf,
    },
    /// Something that takes no lock wrote to the dump while it was read.
    #[error("{} was changed by something else while it was read; a copy would hold a part of that", PathText(.path))]
    Changed {
        /// The dump's file.
        path: PathBuf,
    },
    /// There is no change that could be taken back.
    #[error("{} has no edits to undo{}", PathText(.path), after_number(*.latest))]
    NothingToUndo {
        /// The dump's file.
        path: PathBuf,
        /// The number of the latest change; 0 where there is none.
        latest: u64,
    },
    /// There is no change that could be done again.
    #[error("{} has no change that was taken back and could be done again", PathText(.path))]
    NothingToRedo {
        /// The dump's file.
        path: PathBuf,
    },
    /// The journal tells of a byte that an edit of values cannot have written.
    #[error(
        "{}: nothing was changed: the byte at file offset {file_offset:#x} is neither captured memory nor a register",
        PathText(.path)
    )]
    NotEditable {
        /// The dump's file.
        path: PathBuf,
        /// Where it is in the file.
        file_offset: u64,
    },
    /// The edit is done, in a file that the dump's name no longer leads to.
    #[error("the edit was written, but {} {how} meanwhile", PathText(.path))]
    NameLost {
        /// The name.
        path: PathBuf,
        /// What happened to it.
        how: &'static str,
    },
    /// The bytes are not the ones that the changes to be taken back wrote.
    #[error(
        "{}: nothing was undone: the byte at file offset {file_offset:#x} was changed since by something else",
        PathText(.path)
    )]
    ChangedSince {
        /// The dump's file.
        path: PathBuf,
        /// The first byte that is another.
        file_offset: u64,
    },
    /// An interrupted edit had to be brought to an end first, so that this one may have been made for other bytes.
    #[error("{}: an interrupted edit was brought to an end; this one was not done, since it was made before that", PathText(.path))]
    WasInterrupted {
        /// The dump's file.
        path: PathBuf,
    },
    /// The bytes that were expected are there no more.
    #[error("{}nothing was changed: the bytes at file offset {file_offset:#x} are not the expected ones any more", named(.path))]
    Expect {
        /// The dump's file, where it has one.
        path: Option<PathBuf>,
        /// Where they are in the file.
        file_offset: u64,
    },
    /// The output file exists.
    #[error("{} exists; it was not overwritten", PathText(.path))]
    OutputExists {
        /// The output file.
        path: PathBuf,
    },
    /// The output is the dump itself.
    #[error("{} is the dump itself", PathText(.path))]
    OutputIsInput {
        /// The output file.
        path: PathBuf,
    },
    /// The output's name leads to something that is not a regular file.
    #[error("{} is a {kind}, not a file; nothing was written", PathText(.path))]
    OutputNotAFile {
        /// The output file.
        path: PathBuf,
        /// What it is.
        kind: SpecialFile,
    },
    /// The output could not be written: there is none, or the old one where one was to be replaced.
    #[error("cannot write {}: {cause}; {}", PathText(.path), what_is_left(.left))]
    Output {
        /// The output file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
        /// The temporary file that could not be removed.
        left: Option<PathBuf>,
    },
    /// The stream took no more.
    #[error("cannot write the edited copy: {cause}")]
    Stream {
        /// What its writer said, or the system where the dump could not be read.
        cause: io::Error,
    },
    /// The dump came from a stream: there is no file that could be edited in place.
    #[error("the dump has no file of its own and cannot be edited in place")]
    NoName,
    /// The caller asked to stop; nothing was changed.
    #[error("stopped on request; nothing was changed")]
    Cancelled,
}

/// A step of a commit that failed before anything was changed, or was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommitStep {
    /// Opening the dump.
    Open,
    /// Opening it to be written to.
    OpenToWrite,
    /// Finding where its journal stands.
    FindJournal,
    /// Keeping others away from it.
    Lock,
    /// Asking whether it is the file that was opened.
    Identify,
    /// Reading it.
    Read,
    /// Reading the bytes that an edit expects.
    ReadExpected,
    /// Keeping the bytes that an edit copies.
    KeepCopied,
    /// Writing the journal.
    WriteJournal,
    /// Writing to the dump; what was written before is taken back.
    Patch,
    /// Writing to a dump in memory that has become shorter.
    PatchMemory,
}

/// Each step with its name and with what is said where it fails.
const STEPS: &[(CommitStep, &str, &str)] = &[
    (CommitStep::Open, "open", "cannot open it"),
    (CommitStep::OpenToWrite, "open-to-write", "cannot open it for writing"),
    (CommitStep::FindJournal, "find-journal", "cannot find where it is"),
    (CommitStep::Lock, "lock", "cannot lock it"),
    (CommitStep::Identify, "identify", "cannot ask what it is"),
    (CommitStep::Read, "read", "cannot read it"),
    (CommitStep::ReadExpected, "read-expected", "cannot read the bytes to be replaced"),
    (CommitStep::KeepCopied, "keep-copied", "cannot keep the bytes to be copied"),
    (CommitStep::WriteJournal, "write-journal", "cannot write the journal"),
    (CommitStep::Patch, "patch", "a write failed and what was written before it was taken back"),
    (CommitStep::PatchMemory, "patch-memory", "the bytes in memory are fewer than they were"),
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
    /// The step that failed, where nothing was changed.
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

    /// What to do now, where that is clear.
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

fn after_number(latest: u64) -> String {
    if latest == 0 { String::new() } else { format!(" after number {latest}") }
}

fn what_is_left(left: &Option<PathBuf>) -> String {
    match left {
        None => "no output was left behind".to_owned(),
        Some(left) => format!("what was written of it is left behind as {}", PathText(left)),
    }
}

fn named(path: &Option<PathBuf>) -> String {
    path.as_ref().map(|path| format!("{}: ", PathText(path))).unwrap_or_default()
}
