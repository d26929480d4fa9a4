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
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Which memory: none, stacks (from 128 bytes below the stack pointers on), all, or ranges
    #[arg(long, value_name = "RANGE", num_args = 1.., default_value = "all")]
    pub(crate) memory: Vec<String>,
    /// Write the spec into this file, and large contents as files into FILE.d beside it; - is standard output, with all in
    /// one text
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace FILE where it exists; FILE.d must be new or empty
    #[arg(long, requires = "output")]
    pub(crate) overwrite: bool,
    /// Write FOLDER/dump.yaml, and large contents as files beside it; the folder must be new or empty
    #[arg(long, value_name = "FOLDER", conflicts_with = "output")]
    pub(crate) folder: Option<PathBuf>,
    /// The most bytes of the dump that the spec may hold [default: four times the size of the dump and 16 MiB]
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
    /// The dump; OUT.zst, .gz, .xz and .lz4 are packed, - is standard output
    #[arg(short, long, value_name = "OUT", required_unless_present = "schema")]
    pub(crate) output: Option<PathBuf>,
    /// Replace OUT where it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// The most bytes that the dump may have, unpacked
    #[arg(long, value_name = "LEN", default_value = "0x100000000")]
    pub(crate) max_size: String,
    /// Let the spec read files outside its own folder
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

What stays: the threads with their registers, their stacks from the stack pointer on and those that frames lead to, the code
around each program counter, what stacks and registers point at, headers and build ids of modules, what is writable of their mapped files, the dynamic
linker's list of modules, the crash, and every stream and note; of a core, the whole pages of these. All other memory is dropped.
In a core it is no longer mapped, and debuggers say that they cannot read it, where they would else read zeros; a minidump still tells where it was
mapped. Where dumpedit knows no registers of the threads, all memory stays.

CMD is run by the shell on one candidate after the other, whose path is in the variable DUMP; a CMD that does not mention
$DUMP gets it as its last argument. Exit code 0 means that the candidate still serves. Where what is described above does not
serve, more is tried first, up to the whole dump. Then threads, regions and pages are dropped until none can be dropped alone.
Ctrl-C ends that, and the run of CMD with it: OUT is then the smallest dump that CMD has accepted, and the exit code is 1.")]
pub(crate) struct ReduceArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The reduced dump; OUT.zst, .gz, .xz and .lz4 are packed, - is standard output
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// Replace OUT where it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// The threads that stay: ids, index:N, name:NAME, crashed, or all [default: the crashed one, else all]
    #[arg(long, value_name = "T", num_args = 1.., add = completion::threads())]
    pub(crate) threads: Vec<String>,
    /// The most bytes of each stack, from the stack pointer on [default: all up to 8 MiB]
    #[arg(long, value_name = "N")]
    pub(crate) stack: Option<String>,
    /// Memory that stays in any case
    #[arg(long, value_name = "RANGE", num_args = 1.., add = completion::ranges())]
    pub(crate) keep: Vec<String>,
    /// Bytes around each address that a stack or a register holds, half of them below it; 0 for none
    #[arg(long, value_name = "N", default_value = "256")]
    pub(crate) around_pointers: String,
    /// Drop writable memory of modules, too: debuggers then take what the modules' files have there
    #[arg(long)]
    pub(crate) drop_variables: bool,
    /// Drop more as long as this command exits 0 on what is left
    #[arg(long, value_name = "CMD")]
    pub(crate) oracle: Option<String>,
    /// End a run of CMD after this long, and count it as a no
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

All memory goes over as reads take it, and every thread with the registers that both containers have, vectors and their
extensions included; names, the crash (signals and the exceptions of each system become one another), modules with their ids, mappings
with their protection, the auxiliary vector, and the command line. What has no counterpart is listed, and with --strict it is an
error; what readers need and the dump does not say is made, and listed as well. gdb finds the libraries of a minidump of Linux in its
core when it is given the program. A core can be made of any dump, of a Mach-O core and of a triage dump, too; a minidump of dumps of machines that minidumps have.")]
pub(crate) struct ConvertArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The new dump; OUT.zst, .gz, .xz and .lz4 are packed, - is standard output
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// What OUT becomes [default: what its name ends with, .core or .dmp]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) to: Option<ConvertedTo>,
    /// Replace OUT where it exists
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Write nothing where anything would be lost
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}
