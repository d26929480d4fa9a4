//! Arguments of the verb that takes secrets out of a dump.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dumpedit_scrub::{Class, Keep};

use super::shared::{EditArguments, RecordArgument, ThreadArguments, WaitArgument};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit scrub core.1234 -o shared.core
  dumpedit scrub shared.core --verify                    # exit code 0: nothing was found
  dumpedit scrub shared.core --verify --original core.1234
  dumpedit scrub crash.dmp -o shared.dmp --pseudonyms key --report report.json
  dumpedit scrub crash.dmp --dry-run --only env,argv,users

scrub removes the environment and arguments of the process wherever the dump has them (on the stack, in streams and notes, in Windows' \
process parameters); the folders of paths; names of threads and handles, comments and annotations; and text that looks like a mail address, \
a token or key of a service, a private key, a card number, an IP address or a home folder. It searches the whole file (memory, registers, \
notes and streams) in UTF-8 and in UTF-16 of both byte orders at every alignment. The last part of a path stays unless something is found \
in it, and so do folders that every machine has (/usr/lib, C:\\Windows). Found values are also searched for in Base64. The name of the user \
and of the host, environment variables and arguments are searched for in the whole file: names of 4 letters and more as whole words, other \
values of 8 letters and more. Shorter ones, and names such as root and admin, are removed only where the dump itself names them, and a \
short user name also in its home folder.

--verify searches for the same things and changes nothing. A scrubbed dump no longer names the values that it held, so --verify counts \
blanked places and cannot search for their old values. --original gives it the dump from before, whose names and values it then searches \
for as well.

scrub replaces letters with x and digits of numbers with 0, so that all sizes, tables and offsets stay. With --pseudonyms, equal text \
becomes equal text in every dump that is scrubbed with the same key, so that crashes still group. Parts of paths and of mail addresses have \
their own pseudonyms, upper and lower case count as equal, and an IPv4 address becomes one of the reserved ranges 0.0.0.0/8 and \
240.0.0.0/4. Two texts share a pseudonym only if their length leaves no other; the later one may then have a different pseudonym in another \
dump. The auxiliary vector, build ids, pointers and code stay. Debuggers find libraries outside the system's folders by file name, if they \
are told the folders (set solib-search-path in gdb, target.exec-search-paths in LLDB).

--keep pointers keeps, on stacks from the stack pointer on, words of at most 4,096 and addresses of mapped memory; other words become \
0x0defaced0defaced, as in Crashpad. In other memory it keeps code, headers, build ids, unwind tables, the dynamic linker's list and the \
thread control blocks, and zeroes the rest and the vector registers. Stacks can still be walked; most arguments and variables can no longer \
be read. --keep all scrubs names, notes and streams only and leaves memory and registers unchanged.

A plain word that is assigned, such as password: expected, is removed where it is assigned and not searched for elsewhere. Variables that \
the program set are found by the module data that points at their list, and by names that suggest a secret. scrub does not find text that \
is compressed, encrypted, in pieces or in UTF-32 (wchar_t on Unix), or that has no recognisable form.

Exit codes: 0 scrubbed, or --verify found nothing; 1 --verify found something, or values stay in the dump's own tables; 2 an error.")]
pub(crate) struct ScrubArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The scrubbed dump; .zst, .gz, .xz and .lz4 compress it; - is standard output
    #[arg(short, long, value_name = "OUT", conflicts_with = "verify")]
    pub(crate) output: Option<PathBuf>,
    /// Overwrite OUT and the report if they exist
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Search for secrets that are left and change nothing; report places and rules, never values
    #[arg(long, conflicts_with_all = ["dry_run", "pseudonyms", "no_undo"])]
    pub(crate) verify: bool,
    /// With --verify, also search for the names and values of this dump, from which DUMP was scrubbed
    #[arg(long, value_name = "DUMP", requires = "verify", conflicts_with_all = ["output", "dry_run", "no_undo"])]
    pub(crate) original: Option<PathBuf>,
    /// Show what would be done and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Scrub only these kinds of data: env, argv, paths, names, comments, annotations, handles, users, mail, tokens, keys, cards, ip, rules
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub(crate) only: Vec<Class>,
    /// Contents of memory and registers to keep
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub(crate) keep: KeepArgument,
    /// Further rules for secrets, in gitleaks' TOML format
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) rules: Option<PathBuf>,
    /// Replace equal text with equal pseudonyms, derived from the key in this file
    #[arg(long, value_name = "KEYFILE")]
    pub(crate) pseudonyms: Option<PathBuf>,
    /// Write the report as JSON to this file, with the notices; - is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Scrub the dump itself; this cannot be undone
    #[arg(long, conflicts_with = "output")]
    pub(crate) no_undo: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

/// Contents of memory and registers to keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeepArgument {
    /// Of stacks small numbers and pointers, and what debuggers need to walk them; all else is cleared
    Pointers,
    /// Everything except found values
    #[default]
    Text,
    /// Everything: only names, notes and streams are scrubbed
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
