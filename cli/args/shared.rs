//! Arguments that several verbs take.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use dumpedit::RecordChoice;

use crate::completion;

#[derive(Debug, Args)]
pub(crate) struct DumpArgument {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
}

#[derive(Debug, Default, Args)]
pub(crate) struct ThreadArguments {
    /// Thread: an id, index:N, name:NAME, or crashed [default: the crashed one, else the only one; reads then take the first]
    #[arg(long, value_name = "T", add = completion::threads())]
    pub(crate) thread: Option<String>,

    /// Context record of the thread
    #[arg(long, value_enum, default_value_t, value_name = "C")]
    pub(crate) context: RecordArgument,
}

impl ThreadArguments {
    /// The record, where it is not the effective one.
    pub(crate) fn record(&self) -> Option<RecordChoice> {
        Some(self.context.into()).filter(|_| self.context != RecordArgument::Auto)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecordArgument {
    /// The exception's record for its thread, else the thread's; edits change both if they agree on pc and sp
    #[default]
    Auto,
    /// The thread's own record
    Thread,
    /// The exception's record
    Exception,
    /// Both records
    Both,
    /// The 32-bit record of a WOW64 thread, which is in its memory
    Wow64,
}

impl From<RecordArgument> for RecordChoice {
    fn from(argument: RecordArgument) -> Self {
        match argument {
            RecordArgument::Auto => RecordChoice::Auto,
            RecordArgument::Thread => RecordChoice::Thread,
            RecordArgument::Exception => RecordChoice::Exception,
            RecordArgument::Both => RecordChoice::Both,
            RecordArgument::Wow64 => RecordChoice::Wow64,
        }
    }
}

/// What happens where nothing is asked for, as by a variable of the shell that is not set.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct EmptyArgument {
    /// Accept an empty value or range and do nothing, instead of an error
    #[arg(long)]
    pub(crate) allow_empty: bool,
}

/// How long a command waits for others.
#[derive(Debug, Args)]
pub(crate) struct WaitArgument {
    /// Wait at most this long for another process that edits the dump; an edit in place also waits for one that copies it
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) wait: Duration,
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("files").multiple(true))]
pub(crate) struct EditArguments {
    #[command(flatten)]
    pub(crate) thread: ThreadArguments,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
    /// Show what would be done and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write an edited copy and leave the dump unchanged; .zst, .gz, .xz and .lz4 compress it; - is standard output
    /// (the report then goes to standard error)
    #[arg(short, long, value_name = "OUT", group = "files")]
    pub(crate) output: Option<PathBuf>,
    /// Overwrite OUT and the receipt if they exist
    #[arg(long, requires = "files")]
    pub(crate) overwrite: bool,
    /// Write a record of the edit as JSON: file names, sizes, and the place, old bytes and new bytes of each change
    #[arg(long, value_name = "FILE", group = "files", conflicts_with = "dry_run")]
    pub(crate) receipt: Option<PathBuf>,
    /// Add the SHA-256 of the unpacked dump before and after the edit to the receipt
    #[arg(long, requires = "receipt")]
    pub(crate) hash: bool,
    /// Keep no journal: the edit cannot be undone
    #[arg(long)]
    pub(crate) no_undo: bool,
    /// Do not sync to disk: for scratch copies
    #[arg(long)]
    pub(crate) no_sync: bool,
}

/// What the verbs that change memory have in common.
#[derive(Debug, Args)]
pub(crate) struct MemoryArguments {
    /// Expected old bytes: if they differ, nothing is written
    #[arg(long, value_name = "VALUE", add = completion::values())]
    pub(crate) expect: Vec<String>,
    #[command(flatten)]
    pub(crate) empty: EmptyArgument,
    /// Fail and change nothing instead of a partial write
    #[arg(long)]
    pub(crate) all_or_nothing: bool,
    /// Also write bytes that belong to the dump's own structures
    #[arg(long)]
    pub(crate) allow_structure: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}
