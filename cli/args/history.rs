//! Arguments of the verbs that list edits, take them back and do them again.

use std::path::PathBuf;

use clap::Args;

use super::shared::WaitArgument;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit undo crash.dmp              # the latest; once more for the one before it
  dumpedit undo crash.dmp --to 3       # all that came after number 3 of dumpedit log
  dumpedit undo crash.dmp --all --dry-run
  dumpedit redo crash.dmp              # the one taken back last is in force again

An edit is taken back where the dump holds all the bytes that it wrote. Entries of a damaged journal are passed over, and
said; the exit code is 1 then.")]
pub(crate) struct UndoArguments {
    /// The minidump or core file
    pub(crate) dump: PathBuf,
    /// The number of the last edit that stays, as log shows it; 0 takes all back [default: all but the latest stay]
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(crate) to: Option<u64>,
    /// Take all edits back
    #[arg(long)]
    pub(crate) all: bool,
    /// Take edits back even where something else has changed the same bytes since
    #[arg(long)]
    pub(crate) discard_later: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit redo crash.dmp              # the one that was taken back last
  dumpedit redo crash.dmp --to 3       # all up to number 3 of dumpedit log
  dumpedit redo crash.dmp --all

A new edit ends what could be done again.")]
pub(crate) struct RedoArguments {
    /// The minidump or core file
    pub(crate) dump: PathBuf,
    /// The number of the last edit that is done again, as log shows it [default: the one that was taken back last]
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(crate) to: Option<u64>,
    /// Do all edits again
    #[arg(long)]
    pub(crate) all: bool,
    /// Do edits again even where something else has changed the same bytes since
    #[arg(long)]
    pub(crate) discard_later: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit log crash.dmp
  dumpedit log crash.dmp --verify      # and say that every checksum and every byte in force was checked

Exit codes: 0 all of it can be read and undone, 1 a part is damaged or something else changed the dump since, 2 an error.")]
pub(crate) struct LogArguments {
    /// The minidump or core file that was edited in place
    pub(crate) dump: PathBuf,
    /// Say what was checked: every checksum, and every byte that an edit in force wrote
    #[arg(long)]
    pub(crate) verify: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit forget crash.dmp            # all of them: the journal goes
  dumpedit forget crash.dmp --keep 10  # all but the latest ten in force")]
pub(crate) struct ForgetArguments {
    /// The minidump or core file that was edited in place
    pub(crate) dump: PathBuf,
    /// Keep the latest N edits in force, and what came after them
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) keep: u64,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The dump ends as it was before the interrupted edit, or as it was asked to be where all of it was already written.
The next edit does the same by itself.")]
pub(crate) struct RecoverArguments {
    /// The minidump or core file that was edited in place
    pub(crate) dump: PathBuf,
    /// Put the old bytes back even where something else has changed them since
    #[arg(long)]
    pub(crate) discard_later: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}
