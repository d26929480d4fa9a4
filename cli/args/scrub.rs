//! Arguments of the verb that takes secrets out of a dump.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dumpedit_scrub::{Class, Keep};

use super::shared::{EditArguments, RecordArgument, ThreadArguments, WaitArgument};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit scrub core.1234 -o shared.core
  dumpedit scrub shared.core --verify                    # exit code 0: nothing is found
  dumpedit scrub shared.core --verify --original core.1234
  dumpedit scrub crash.dmp -o shared.dmp --pseudonyms key --report report.json
  dumpedit scrub crash.dmp --dry-run --only env,argv,users

What is taken out: the environment and the arguments of the process, wherever the dump has them (on the stack, in streams and notes, \
in Windows' process parameters); the folders of paths, of which the last part stays where nothing is found in it, as do folders that \
every machine has (/usr/lib, C:\\Windows); the names of threads and handles, comments and \
annotations; and whatever looks like a mail address, a token or key of a service, a private key, the number of a card, an IP address \
or somebody's home folder, in all of the file: memory, registers, notes and streams, in UTF-8 and in UTF-16 of both orders, wherever \
it begins. What is found so is looked for in Base64, too; the user's name, the host's, variables and arguments also as they are, in \
all of the file: names from 4 letters on where they stand alone, others from 8 letters on. Shorter ones, and names such as root and \
admin, are written over where the dump names them alone, and a shorter user's name wherever its home folder stands.

--verify looks for the same, and changes nothing. A scrubbed dump no longer says which names and values stood in it, so that places that \
are blank are counted, and what they held is not looked for. With --original it is: names and values of that dump are looked for, too.

Letters become x and digits of numbers 0, so that sizes, tables and offsets stay; with --pseudonyms equal texts become equal ones in \
every dump that is scrubbed with the same key, so that crashes still group: parts of paths and of mail addresses have their own, small \
letters and capitals are one, and an IPv4 address becomes one of 0.0.0.0/8 or 240.0.0.0/4, which nobody has. Two texts of a dump share one \
only where their length leaves no other; the later one may then have another than in other dumps. The auxiliary vector, build ids, pointers and code stay. \
Debuggers find libraries of other folders by their last names where they are told the folders (set solib-search-path in gdb, \
target.exec-search-paths in LLDB).

--keep pointers leaves of stacks, from the stack pointer on, the words that are at most 4,096 or the address of anything mapped; the \
others become 0x0defaced0defaced, as Crashpad has it. Of other memory it leaves code, headers, build ids, unwind tables, the dynamic \
linker's list and the threads' control blocks; all else is zeros, and so are vector registers. Stacks can still be walked, and most \
arguments and variables can no longer be read. --keep all scrubs names, notes and streams, and leaves memory and registers alone.

A plain word that is assigned, as in password: expected, is written over where it stands and not looked for elsewhere. Variables that \
the program set are found where the data of a module leads to their list, and by names that tell of a secret. What is compressed, \
encrypted, in pieces or in letters of four bytes (UTF-32, wchar_t of Unix) is not found, and neither is what looks like nothing in \
particular.

Exit codes: 0 scrubbed, or nothing found by --verify; 1 something found by --verify, or left since it is in the dump's own tables; \
2 an error.")]
pub(crate) struct ScrubArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The scrubbed dump; OUT.zst, .gz, .xz and .lz4 are packed, - is standard output
    #[arg(short, long, value_name = "OUT", conflicts_with = "verify")]
    pub(crate) output: Option<PathBuf>,
    /// Replace OUT, and the report, where they exist
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Look for what is left, and change nothing: where it is and by which rule, never what it is
    #[arg(long, conflicts_with_all = ["dry_run", "pseudonyms"])]
    pub(crate) verify: bool,
    /// With --verify: look for what this dump, of which DUMP is a scrubbed copy, says of itself, too
    #[arg(long, value_name = "DUMP", requires = "verify", conflicts_with_all = ["output", "dry_run", "no_undo"])]
    pub(crate) original: Option<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Only these kinds of data: env, argv, paths, names, comments, annotations, handles, users, mail, tokens, keys, cards, ip, rules
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub(crate) only: Vec<Class>,
    /// What of memory and registers stays
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub(crate) keep: KeepArgument,
    /// What else a secret looks like: rules as gitleaks has them, in TOML
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) rules: Option<PathBuf>,
    /// Equal texts become equal pseudonyms, which follow from the bytes of this file
    #[arg(long, value_name = "KEYFILE")]
    pub(crate) pseudonyms: Option<PathBuf>,
    /// Write what was done as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Scrub the dump itself, which cannot be taken back
    #[arg(long, conflicts_with = "output")]
    pub(crate) no_undo: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

/// What of memory and registers stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeepArgument {
    /// Of stacks small numbers and pointers, and what debuggers need to walk them; all else is cleared
    Pointers,
    /// All but what is found
    #[default]
    Text,
    /// All of it: only names, notes and streams are scrubbed
    All,
}

impl From<KeepArgument> for Keep {
    fn from(argument: KeepArgument) -> Self {
        match argument {
            KeepArgument::Pointers => Keep::Pointers,
            KeepArgument::Text => Keep::Text,
            KeepArgument::All => Keep::All,
        }
    }
}

impl ScrubArguments {
    /// Destination of the scrubbed dump, in the form of an edit's arguments.
    pub(crate) fn edit(&self) -> EditArguments {
        EditArguments {
            thread: ThreadArguments { thread: None, context: RecordArgument::Auto },
            wait: WaitArgument { wait: self.wait.wait },
            dry_run: self.dry_run || self.verify,
            output: self.output.clone(),
            overwrite: self.overwrite,
            receipt: None,
            hash: false,
            no_undo: true,
            no_sync: false,
        }
    }
}
