//! Arguments of the verbs that list edits, take them back and do them again.

use std::path::PathBuf;

use clap::Args;

use super::shared::WaitArgument;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit undo crash.dmp              # the latest edit; again for the one before it
  dumpedit undo crash.dmp --to 3       # all edits after number 3 of dumpedit log
  dumpedit undo crash.dmp --all --dry-run
  dumpedit redo crash.dmp              # the edit undone last is in force again

An edit is undone only if the dump still holds the bytes that it wrote. Damaged entries of the journal are reported and skipped; the \
exit code is then 1.")]
pub(crate) struct UndoArguments {
    /// The minidump or core file
    pub(crate) dump: PathBuf,
    /// Undo all edits after this number of log; 0 undoes all [default: undo the latest]
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(crate) to: Option<u64>,
    /// Undo all edits
    #[arg(long)]
    pub(crate) all: bool,
    /// Undo edits even if something else has changed the same bytes since
    #[arg(long)]
    pub(crate) discard_later: bool,
    /// Show what would change and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit redo crash.dmp              # the edit undone last
  dumpedit redo crash.dmp --to 3       # all edits up to number 3 of dumpedit log
  dumpedit redo crash.dmp --all

After a new edit, edits undone before it can no longer be redone.")]
pub(crate) struct RedoArguments {
    /// The minidump or core file
    pub(crate) dump: PathBuf,
    /// Redo all edits up to this number of log [default: redo the edit undone last]
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(crate) to: Option<u64>,
    /// Redo all edits
    #[arg(long)]
    pub(crate) all: bool,
    /// Redo edits even if something else has changed the same bytes since
    #[arg(long)]
    pub(crate) discard_later: bool,
    /// Show what would change and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit log crash.dmp
  dumpedit log crash.dmp --verify      # also report the checks of checksums and bytes

Exit codes: 0 all edits can be read and undone, 1 a part is damaged or something else has changed the dump since, 2 an error.")]
pub(crate) struct LogArguments {
    /// The minidump or core file that was edited in place
    pub(crate) dump: PathBuf,
    /// Report what was checked: every checksum, and every byte written by an edit in force
    #[arg(long)]
    pub(crate) verify: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit forget crash.dmp            # all of them: deletes the journal
  dumpedit forget crash.dmp --keep 10  # all but the latest ten in force")]
pub(crate) struct ForgetArguments {
    /// The minidump or core file that was edited in place
    pub(crate) dump: PathBuf,
    /// Keep the latest N edits in force and all edits after them
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) keep: u64,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

#[derive(Debug, Args)]
#[command(after_help = "\
recover finishes the interrupted edit if all of it was written, else it restores the dump from before the edit. The next edit of the \
dump does the same.")]
pub(crate) struct RecoverArguments {
    /// The minidump or core file that was edited in place
    pub(crate) dump: PathBuf,
    /// Restore the old bytes even if something else has changed them since
    #[arg(long)]
    pub(crate) discard_later: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}
