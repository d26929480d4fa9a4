//! What can go wrong, by the moment at which it does: opening, using, committing.

use std::io;
use std::path::PathBuf;

use dumpedit_formats::FormatError;
use dumpedit_layout::{AccessError, Partial, StopReason};

use crate::notation::{NotationError, PathText};
use crate::number::ValueError;
use crate::structure::StructureError;

/// Why a dump could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file could not be opened or mapped.
    #[error("cannot open {}: {cause}", PathText(.path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The name leads to something that is no regular file.
    #[error("cannot open {}: it is a {kind}, not a file", PathText(.path))]
    NotAFile {
        /// The name.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// The file is no dump that can be read.
    #[error("{}: {cause}", PathText(.path))]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        cause: FormatError,
    },
    /// The bytes are no dump that can be read.
    #[error(transparent)]
    Bytes(#[from] FormatError),
    /// The stream could not be read to its end.
    #[error("{cause}")]
    Stream {
        /// What its reader said.
        cause: io::Error,
    },
    /// The stream could not be kept in a temporary file.
    #[error("cannot keep it in a temporary file: {cause}")]
    Spool {
        /// What the system said.
        cause: io::Error,
    },
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
    /// The dump cannot be kept from others, or an edit of it that was interrupted cannot be brought to an end.
    #[error(transparent)]
    InPlace(#[from] CommitError),
}

/// What a text was meant as that says something else, as in another debugger's habit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant {
    /// The text as it was written.
    pub text: String,
    /// What to write in its place.
    pub instead: String,
    /// The same in words.
    pub hint: String,
}

impl Meant {
    /// The same for a text that has this one in brackets, and terms behind them.
    pub(crate) fn in_brackets(self, text: &str, behind: &str) -> Meant {
        let instead = format!("[{}]{behind}", self.instead);
        let hint = format!("for the pointer that is stored there, write {instead}");
        Meant { text: text.to_owned(), instead, hint }
    }
}

/// Why a read or an edit could not be done. Nothing has changed when one of these is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The location cannot be read or written.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The file is no dump that can be read, or not any more.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The value cannot be what it should be.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A text is not in the notation.
    #[error(transparent)]
    Notation(#[from] NotationError),
    /// No module has that name.
    #[error("no module is named '{name}'{}", candidates_after("the modules are", .modules))]
    NoSuchModule {
        /// The name asked for.
        name: String,
        /// The names of the modules there are, a few of them.
        modules: Vec<String>,
        /// What was meant, where that is clear.
        meant: Option<Box<Meant>>,
    },
    /// Several modules have that name.
    #[error("several modules are named '{name}'{}", candidates_after("they are", .modules))]
    AmbiguousModule {
        /// The name asked for.
        name: String,
        /// The modules that match, each with its base.
        modules: Vec<String>,
    },
    /// The old bytes are not the expected ones.
    #[error("expected {expected} at {location} but found {found} (file offset {file_offset:#x})")]
    Expect {
        /// The location, as dumpedit writes it.
        location: String,
        /// The address, where the location is one.
        address: Option<u64>,
        /// Where the bytes that differ begin in the file.
        file_offset: u64,
        /// The expected bytes in hex.
        expected: String,
        /// The bytes found, in hex.
        found: String,
    },
    /// The expected bytes are not as many as the new ones.
    #[error("{expected} expected bytes were given for {written} bytes to write")]
    ExpectLength {
        /// Bytes expected.
        expected: u64,
        /// Bytes to write.
        written: u64,
    },
    /// One operation would give one file byte two values.
    #[error(
        "{first:#x} and {second:#x} share one byte of the file (offset {file_offset:#x}), which cannot hold both values"
    )]
    Conflict {
        /// An address behind the byte.
        first: u64,
        /// Another address behind it.
        second: u64,
        /// The byte's file offset.
        file_offset: u64,
    },
    /// Two of a thread's records overlap in the file, so that they cannot both hold a register.
    #[error(
        "two context records share the byte at file offset {file_offset:#x}, which cannot hold both values"
    )]
    RecordsOverlap {
        /// The byte's file offset.
        file_offset: u64,
    },
    /// A pattern looks at the same bytes again and again, or at each byte in too many ways.
    #[error("the search takes too many steps for each byte at {address:#x}, and ends there")]
    Costly {
        /// The address up to which all was searched.
        address: u64,
    },
    /// Many regions or notes share bytes of the file, so that a walk over them would read these over and over.
    #[error(
        "{size} bytes of {what} share {file_size} bytes of the file, which is more than can be walked over: at most \
         {limit}"
    )]
    Repeated {
        /// What is walked over: `memory`, or `notes and streams`.
        what: &'static str,
        /// How much of it there is, in bytes.
        size: u64,
        /// The size of the file, in bytes.
        file_size: u64,
        /// The most that is walked over, in bytes.
        limit: u64,
    },
    /// The file could not be read.
    #[error("cannot read {len} bytes at file offset {file_offset:#x}: {cause}")]
    Io {
        /// Where the read began, in bytes.
        file_offset: u64,
        /// How many bytes were wanted.
        len: u64,
        /// What the system said.
        cause: io::Error,
    },
    /// The new bytes of an edit are kept in a temporary file once they are many, and that cannot be used.
    #[error("cannot keep the new bytes in a temporary file: {cause}")]
    Kept {
        /// What the system said.
        cause: io::Error,
    },
    /// A part cannot be added to the dump, or taken out of it.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// A line of a script is to replace what the dump does not hold.
    #[error("no match")]
    NoMatch,
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
    /// A value's file or standard input could not be read.
    #[error("cannot read {name}: {cause}")]
    Input {
        /// The file's name, or `standard input`.
        name: String,
        /// What the system said.
        cause: io::Error,
    },
}

impl From<Partial> for Error {
    fn from(partial: Partial) -> Self {
        Error::Access(AccessError::Partial(partial))
    }
}

/// What to write instead of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Correction {
    /// The text that was given.
    pub text: String,
    /// What to write in its place.
    pub instead: String,
}

impl Correction {
    /// A text, and what to write in its place.
    pub fn new(text: impl Into<String>, instead: impl Into<String>) -> Self {
        Correction { text: text.into(), instead: instead.into() }
    }
}

impl Error {
    /// The error's kind, a word that scripts can rely on.
    pub fn kind(&self) -> &'static str {
        match self {
            Error::Access(access) => match access {
                AccessError::NotCaptured { reason, .. } => reason.name(),
                AccessError::Structure { .. } => "structure",
                AccessError::SeveralPages { .. } => "conflict",
                AccessError::NoTag { .. } => StopReason::NotCaptured.name(),
                AccessError::TooManyTags { .. } => "limit",
                AccessError::TagNotLinear { .. } => "value",
                AccessError::Partial(partial) => match partial.stop.reason {
                    StopReason::EndOfRegister => "register",
                    reason => reason.name(),
                },
                AccessError::NoSuchThread { .. }
                | AccessError::NoSuchThreadId { .. }
                | AccessError::AmbiguousThreadId { .. }
                | AccessError::NoSuchThreadName { .. }
                | AccessError::AmbiguousThreadName { .. }
                | AccessError::NoDefaultThread { .. }
                | AccessError::NeedsThread
                | AccessError::NoRecord { .. } => "thread",
                _ => "register",
            },
            Error::Format(_) => "format",
            Error::Value(_) => "value",
            Error::Notation(error) => error.kind(),
            Error::NoSuchModule { .. } | Error::AmbiguousModule { .. } => "module",
            Error::Expect { .. } | Error::ExpectLength { .. } => "expect",
            Error::Conflict { .. } | Error::RecordsOverlap { .. } => "conflict",
            Error::Costly { .. } | Error::Repeated { .. } => "limit",
            Error::Io { .. } | Error::Kept { .. } => "open",
            Error::Input { .. } => "value",
            Error::Structure(error) => error.kind(),
            Error::NoMatch => "no-match",
            Error::Cancelled => "commit",
        }
    }

    /// The address that the error is about, where it is about one.
    pub fn address(&self) -> Option<u64> {
        match self {
            Error::Access(access) => access.address(),
            Error::Conflict { first, .. } => Some(*first),
            Error::Expect { address, .. } => *address,
            Error::Costly { address } => Some(*address),
            Error::Structure(error) => error.address(),
            _ => None,
        }
    }

    /// The text that the error is about, where it is about one.
    pub(crate) fn names(&self) -> Option<&str> {
        match self {
            Error::Notation(error) => Some(error.text()),
            Error::NoSuchModule { name, .. } | Error::AmbiguousModule { name, .. } => Some(name),
            Error::Access(AccessError::NoSuchRegister { name, .. }) => Some(name),
            Error::Access(
                AccessError::NotPresent { register, .. }
                | AccessError::Unplaced { register, .. }
                | AccessError::NoInitial { register, .. }
                | AccessError::Derived { register, .. }
                | AccessError::AlwaysZero { register, .. },
            ) => Some(register),
            Error::Input { name, .. } => Some(name),
            _ => None,
        }
    }

    /// What to write instead of a text that was given, where that is clear.
    pub fn correction(&self) -> Option<Correction> {
        match self {
            Error::Notation(error) => Some(Correction::new(error.text(), error.instead()?)),
            Error::NoSuchModule { meant, .. } => {
                meant.as_ref().map(|meant| Correction::new(meant.text.as_str(), meant.instead.as_str()))
            }
            Error::Access(AccessError::NoSuchRegister { name, similar, .. }) => {
                Some(Correction::new(name.as_str(), (*similar)?))
            }
            Error::Access(AccessError::NoSuchThreadId { tid, count, .. }) => {
                let index = tid.saturating_sub(1);
                let is_there = usize::try_from(index).is_ok_and(|at| at < *count);
                is_there.then(|| Correction::new(tid.to_string(), format!("index:{index}")))
            }
            _ => None,
        }
    }

    /// What to try instead, in words, where there is something.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Error::Access(_) if self.kind() == "structure" => {
                Some("--allow-structure writes there all the same; the dump may not open afterwards")
            }
            Error::Notation(error) => error.hint(),
            Error::NoSuchModule { meant, .. } => meant.as_ref().map(|meant| meant.hint.as_str()),
            Error::Access(AccessError::NoSuchThreadId { tid: 0, count: 1.., .. }) => {
                Some("WinDbg's thread 0 is index:0")
            }
            Error::Access(AccessError::NoSuchThreadId { tid, count, .. })
                if usize::try_from(*tid).is_ok_and(|tid| (1..=*count).contains(&tid)) =>
            {
                Some("gdb's thread 1 is index:0")
            }
            Error::Access(AccessError::AmbiguousThreadId { .. }) => {
                Some("--thread index:N takes one of them")
            }
            Error::Access(AccessError::NoDefaultThread { count, .. }) if *count > 0 => {
                Some("--thread TID says whose registers are meant")
            }
            Error::Structure(StructureError::InPlace { .. }) => Some("-o OUT writes the dump whole"),
            Error::Structure(StructureError::DropFirst) => {
                Some("put the lines that drop in front, or drop by a command of its own")
            }
            Error::Costly { .. } => Some("shorten the repetitions in the pattern"),
            Error::Repeated { what: "memory", .. } => Some("give fewer addresses with --range"),
            Error::Repeated { .. } => Some("--only memory,registers compares the rest"),
            _ => None,
        }
    }
}

fn after_number(latest: u64) -> String {
    if latest == 0 { String::new() } else { format!(" after number {latest}") }
}

fn candidates_after(words: &str, modules: &[String]) -> String {
    if modules.is_empty() { String::new() } else { format!("; {words} {}", modules.join(", ")) }
}

/// Why a commit did not end as it should. Every variant says what the file holds now.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// Nothing was written: the file is as it was.
    #[error("{}nothing was changed: {reason}: {cause}", named(.path))]
    Unchanged {
        /// The dump's file, where it has one.
        path: Option<PathBuf>,
        /// What could not be done.
        reason: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// Nothing was written: the parts that are added or dropped cannot be.
    #[error("{cause}")]
    Structure {
        /// Why not.
        cause: Box<Error>,
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
    #[error("{} is the dump itself; leave -o away to edit it in place", PathText(.path))]
    OutputIsInput {
        /// The output file.
        path: PathBuf,
    },
    /// The output's name leads to something that is no regular file.
    #[error("{} is a {kind}, not a file; nothing was written", PathText(.path))]
    OutputNotAFile {
        /// The output file.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
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

impl CommitError {
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
    pub fn hint(&self) -> Option<String> {
        match self {
            CommitError::NameLost { .. } => {
                Some("the file that was edited is no longer there under this name".to_owned())
            }
            CommitError::Journal { .. }
            | CommitError::Unchanged { reason: "cannot write the journal", .. } => {
                Some("-o OUT writes an edited copy elsewhere, without a journal".to_owned())
            }
            CommitError::WasInterrupted { .. } => Some("open the dump and edit it again".to_owned()),
            CommitError::ChangedSince { .. } => {
                Some("--discard-later takes the changes back all the same".to_owned())
            }
            _ => None,
        }
    }
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
