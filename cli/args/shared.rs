//! Arguments that several verbs take.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use dumpedit::RecordChoice;

use crate::completion;

#[derive(Debug, Args)]
pub(crate) struct DumpArgument {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
}

#[derive(Debug, Default, Args)]
pub(crate) struct ThreadArguments {
    /// The thread: an id, index:N, name:NAME, or crashed [default: the crashed one, else the only one, else for reads the first]
    #[arg(long, value_name = "T", add = completion::threads())]
    pub(crate) thread: Option<String>,

    /// Which of the thread's context records
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
    /// The exception's for its thread, else the thread's; edits change both where they agree on pc and sp
    #[default]
    Auto,
    /// The thread's own record
    Thread,
    /// The exception's record
    Exception,
    /// Both records
    Both,
    /// The 32-bit record of a WOW64 thread, which lies in memory
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
    /// Let a value or a range be empty, and do nothing; else that is an error
    #[arg(long)]
    pub(crate) allow_empty: bool,
}

/// How long a command waits for others.
#[derive(Debug, Args)]
pub(crate) struct WaitArgument {
    /// Wait this long for another process that edits the dump, or, where this one edits it in place, copies it
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
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Leave the dump alone and write an edited copy; OUT.zst, .gz, .xz and .lz4 are packed, - is standard output
    /// (the report then goes to standard error)
    #[arg(short, long, value_name = "OUT", group = "files")]
    pub(crate) output: Option<PathBuf>,
    /// Replace OUT, and the receipt, where they exist
    #[arg(long, requires = "files")]
    pub(crate) overwrite: bool,
    /// Write a record of the edit as JSON: names, sizes, and each edit's place, old and new bytes
    #[arg(long, value_name = "FILE", group = "files", conflicts_with = "dry_run")]
    pub(crate) receipt: Option<PathBuf>,
    /// Put the SHA-256 of the dump, unpacked, before and after into the receipt
    #[arg(long, requires = "receipt")]
    pub(crate) hash: bool,
    /// Keep nothing to take the edit back with
    #[arg(long)]
    pub(crate) no_undo: bool,
    /// Do not wait until the disk has the bytes: for scratch copies
    #[arg(long)]
    pub(crate) no_sync: bool,
}

/// What the verbs that change memory have in common.
#[derive(Debug, Args)]
pub(crate) struct MemoryArguments {
    /// The old bytes: where they are others, nothing is written
    #[arg(long, value_name = "VALUE", add = completion::values())]
    pub(crate) expect: Vec<String>,
    #[command(flatten)]
    pub(crate) empty: EmptyArgument,
    /// Make a partial write an error that changes nothing
    #[arg(long)]
    pub(crate) all_or_nothing: bool,
    /// Write memory even where it shares its bytes with the dump's own structures
    #[arg(long)]
    pub(crate) allow_structure: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}
