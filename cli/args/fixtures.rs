//! Arguments of the verbs that make a spec of a dump, a dump of a spec, and a smaller dump of a dump.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::shared::{WaitArgument, seconds};
use crate::completion;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit describe crash.dmp > crash.yaml
  dumpedit describe crash.dmp --json | jq .threads[0].registers
  dumpedit describe core.1234 --memory stacks
  dumpedit describe core.1234 --memory @rsp..+0x200 libc+0x1000..+0x1000
  dumpedit describe core.1234 -o crash.yaml        # large contents become files in crash.yaml.d/
  dumpedit describe core.1234 --folder fixture     # fixture/dump.yaml, with these files beside it")]
pub(crate) struct DescribeArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Memory to describe: none, stacks (from 128 bytes below each stack pointer), all, or ranges
    #[arg(long, value_name = "RANGE", num_args = 1.., default_value = "all")]
    pub(crate) memory: Vec<String>,
    /// Write the spec to this file, and large contents to files in FILE.d beside it; - is standard output, with everything in
    /// one text
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Overwrite FILE if it exists; FILE.d must be new or empty
    #[arg(long, requires = "output")]
    pub(crate) overwrite: bool,
    /// Write FOLDER/dump.yaml, and large contents to files beside it; the folder must be new or empty
    #[arg(long, value_name = "FOLDER", conflicts_with = "output")]
    pub(crate) folder: Option<PathBuf>,
    /// Maximum number of the dump's bytes in the spec [default: four times the size of the dump plus 16 MiB]
    #[arg(long, value_name = "LEN")]
    pub(crate) max_size: Option<String>,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit synth crash.yaml -o crash.dmp
  dumpedit synth - -o crash.core.zst < crash.yaml
  dumpedit synth --schema > dumpedit.schema.json

The smallest spec of a crash:
  format: minidump
  threads:
    - registers:
        rip: 0x401000
        rsp: stack+0xf00
  crash:
  memory:
    - {label: stack, at: 0x7ffe0000, size: 0x1000}")]
pub(crate) struct SynthArguments {
    /// The spec; - is standard input
    #[arg(required_unless_present = "schema")]
    pub(crate) spec: Option<PathBuf>,
    /// The dump to write; .zst, .gz, .xz and .lz4 compress it; - is standard output
    #[arg(short, long, value_name = "OUT", required_unless_present = "schema")]
    pub(crate) output: Option<PathBuf>,
    /// Overwrite OUT if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Maximum size of the unpacked dump, in bytes
    #[arg(long, value_name = "LEN", default_value = "0x100000000")]
    pub(crate) max_size: String,
    /// Allow the spec to read files outside its own folder
    #[arg(long)]
    pub(crate) allow_outside: bool,
    /// Print the JSON Schema of specs, for editors that complete and check YAML
    #[arg(long, exclusive = true)]
    pub(crate) schema: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit reduce core.1234 -o small.core
  dumpedit reduce crash.dmp -o small.dmp --threads crashed 4711 --stack 0x2000
  dumpedit reduce core.1234 -o small.core.zst --keep libc+0x1d2000..+0x1000 --around-pointers 1024
  dumpedit reduce core.1234 -o small.core --oracle 'gdb -batch -ex bt ./program \"$DUMP\" | grep -q handle_request'

reduce keeps the threads with their registers, their stacks from the stack pointer on, other stacks that frame pointers lead to, the code \
around each program counter, the memory that stacks and registers point at, the headers and build ids of modules, the writable memory of \
their files, the dynamic linker's list of modules, the crash, and all streams and notes; in a core, whole pages of these. It drops all other \
memory. In a core, dropped memory is no longer mapped, so that debuggers report it as unreadable instead of zero; a minidump still lists \
where it was mapped. If dumpedit does not know the registers of the threads, all memory stays.

The shell runs CMD for each candidate, with its path in the variable DUMP; a CMD without $DUMP gets the path as its last argument. Exit \
code 0 accepts the candidate. If CMD rejects the dump described above, reduce tries larger ones, up to the whole dump. Then it drops \
threads, regions and pages until none can be dropped alone. Ctrl-C stops this and the current run of CMD: OUT is then the smallest \
dump that CMD accepted, and the exit code is 1.")]
pub(crate) struct ReduceArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The reduced dump; .zst, .gz, .xz and .lz4 compress it; - is standard output
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// Overwrite OUT if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Threads to keep: ids, index:N, name:NAME, crashed, or all [default: the crashed one, else all]
    #[arg(long, value_name = "T", num_args = 1.., add = completion::threads())]
    pub(crate) threads: Vec<String>,
    /// Maximum size of each stack in bytes, from the stack pointer on [default: all, up to 8 MiB]
    #[arg(long, value_name = "N")]
    pub(crate) stack: Option<String>,
    /// Memory to keep in any case
    #[arg(long, value_name = "RANGE", num_args = 1.., add = completion::ranges())]
    pub(crate) keep: Vec<String>,
    /// Bytes to keep around each address in a stack or register, half of them below it; 0 for none
    #[arg(long, value_name = "N", default_value = "256")]
    pub(crate) around_pointers: String,
    /// Also drop the writable memory of modules: debuggers then read it from the files of the modules
    #[arg(long)]
    pub(crate) drop_variables: bool,
    /// Drop more as long as this command exits 0 on the result
    #[arg(long, value_name = "CMD")]
    pub(crate) oracle: Option<String>,
    /// Stop a run of CMD after this long and reject its candidate
    #[arg(long, value_name = "SECONDS", requires = "oracle", value_parser = seconds)]
    pub(crate) oracle_timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

/// What a dump is converted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ConvertedTo {
    ElfCore,
    Minidump,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit convert crash.dmp -o crash.core
  dumpedit convert core.1234 -o crash.dmp
  dumpedit convert core.1234 -o crash.dmp.zst --strict
  dumpedit convert crash.dmp -o - --to elf-core --json > crash.core

convert keeps all captured memory; every thread with the registers that both containers have, vector registers included; names; the crash \
(signals and the exceptions of each system are translated); modules with their ids; mappings with their protection; the auxiliary vector; \
and the command line. It lists everything that has no counterpart, which --strict makes an error, and everything that it makes because \
readers need it and the dump lacks it. gdb finds the libraries of a converted Linux minidump if it is given the program. Any dump can \
become a core, a Mach-O core or a triage dump too; a minidump needs a machine that minidumps have.")]
pub(crate) struct ConvertArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The new dump; .zst, .gz, .xz and .lz4 compress it; - is standard output
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// Format of OUT [default: by its extension, .core or .dmp]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) to: Option<ConvertedTo>,
    /// Overwrite OUT if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Fail and write nothing if anything would be lost
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}
