//! Arguments of the verb that compares two dumps.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::WaitArgument;
use crate::completion;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit diff crash.dmp edited.dmp
  dumpedit diff core.1234 crash.dmp --json        # a core and a minidump of one process
  dumpedit diff a.core b.core --range @rsp..+0x1000
  dumpedit diff --script a.core b.core | dumpedit apply a.core -

Exit codes: 0 the same, 1 different, 2 an error; with --script, 0 if the script was written.

The script changes memory, registers and fields; its lines check the old bytes, so that apply --reverse can revert them. ContextFlags and \
values without a name stay as they are. Memory, threads, modules and crashes that only one dump has are added and dropped; undo reverts \
that, --reverse does not. Comments and notices list the differences that no edit can make.")]
pub(crate) struct DiffArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) a: PathBuf,
    /// Another one
    pub(crate) b: PathBuf,
    /// Print an edit script that turns A into B
    #[arg(long, conflicts_with_all = ["json", "max"])]
    pub(crate) script: bool,
    /// Compare only this range of memory and no registers; @REG is A's
    #[arg(long, add = completion::ranges())]
    pub(crate) range: Option<String>,
    /// Compare only these: memory, registers, outside (notes, streams, header fields, modules, crashes)
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',', conflicts_with_all = ["range", "script"])]
    pub(crate) only: Vec<Compared>,
    /// Show at most N differences of each kind (memory, registers, ranges and threads of one side, outside); all are counted
    /// [default: 64 of memory and registers, 16 of the others; with --json: all]
    #[arg(long, value_name = "N")]
    pub(crate) max: Option<u64>,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

impl DiffArguments {
    /// Whether a kind of data is compared.
    pub(crate) fn compares(&self, what: Compared) -> bool {
        match &self.range {
            Some(_) => what == Compared::Memory,
            None => self.only.is_empty() || self.only.contains(&what),
        }
    }
}

/// What `diff` compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compared {
    /// The captured memory
    Memory,
    /// The threads and their registers
    Registers,
    /// Notes, streams, header fields, modules and crashes
    Outside,
}
