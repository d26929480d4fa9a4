//! Arguments of the verbs that show a dump and its contents.

use std::path::PathBuf;

use clap::Args;

use super::shared::{EmptyArgument, RecordArgument, ThreadArguments};
use crate::completion;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit threads crash.dmp
  dumpedit threads core.1234 --thread crashed")]
pub(crate) struct ThreadsArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The thread: an id, index:N, name:NAME, crashed, or all [default: all]
    #[arg(long, value_name = "T", add = completion::threads())]
    pub(crate) thread: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit regions crash.dmp
  dumpedit regions core.1234 --map

The picture of --map is to scale, as wide as the terminal (80 columns elsewhere), and has some forty lines however much there is. On a
terminal its colours tell stacks, modules and other memory apart.")]
pub(crate) struct RegionsArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Draw the address space: what is captured, what is only mapped, stacks, modules, and holes folded
    #[arg(long, conflicts_with = "json")]
    pub(crate) map: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit fields crash.dmp
  dumpedit fields core.1234 crash note.auxv
  dumpedit fields crash.dmp 'module[libc]' --json

Each is a name that set, where, read and write take, with its value and its place in the file; of a value that the dump has \
several times, all its places. Which of them can get another length is said in set --help. Threads are named by T, modules as in an AT, what else there is several of by its number.")]
pub(crate) struct FieldsArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Names, or what they begin with: crash, thread[4711], note.auxv [default: all]
    #[arg(value_name = "FIELD", add = completion::fields())]
    pub(crate) fields: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit where crash.dmp @rsp 16
  dumpedit where core.1234 note.psargs
  dumpedit where crash.dmp reg:rip")]
pub(crate) struct WhereArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The place
    #[arg(add = completion::places())]
    pub(crate) at: String,
    /// How many bytes [default: 1, or the whole register]
    pub(crate) len: Option<String>,
    #[command(flatten)]
    pub(crate) empty: EmptyArgument,
    #[command(flatten)]
    pub(crate) thread: ThreadArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit regs crash.dmp
  dumpedit regs crash.dmp rip rsp xmm0.f32.1 zf
  dumpedit regs core.1234 pc sp --thread all
  dumpedit regs core.1234 --thread 4711
  dumpedit regs crash.dmp --context thread")]
pub(crate) struct RegsArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// These registers, sub-registers and lanes only
    #[arg(value_name = "REG", add = completion::registers())]
    pub(crate) registers: Vec<String>,
    /// The thread: an id, index:N, name:NAME, crashed, or all [default: the crashed one, else the only one, else the first]
    #[arg(long, value_name = "T", add = completion::threads())]
    pub(crate) thread: Option<String>,
    /// Which of the thread's context records
    #[arg(long, value_enum, default_value_t, value_name = "C")]
    pub(crate) context: RecordArgument,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit read crash.dmp @rsp..+0x80
  dumpedit read crash.dmp 0x7ffe1000..0x7ffe1040 --as ptr
  dumpedit read crash.dmp @rsp --as ptr --count 8
  dumpedit read crash.dmp @rsp --as x32 --count 16
  dumpedit read core.1234 libc+0x1f0..+64 --raw | xxd
  dumpedit read core.1234 counter --as i32
  dumpedit read core.1234 @rsp..+0x4000 --strings --min 8

On a terminal, words are coloured by what they point at (a stack, a module, other memory), and its name stands behind the line where
there is room: -> libc.so.6+0x2a1. A line where a symbol begins says so: <app!nodes>. <- pc and <- sp mark where the thread stood, and bytes that edits in force wrote are marked, too.
Elsewhere lines have address, bytes and text alone, unless --color always asks for more.")]
pub(crate) struct ReadArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The stretch to read, or an AT: a symbol's bytes, 64 bytes from anything else, or with --as a number
    #[arg(value_name = "RANGE", add = completion::ranges())]
    pub(crate) range: String,
    /// The bytes as they are, on standard output
    #[arg(long, conflicts_with_all = ["type_", "json"])]
    pub(crate) raw: bool,
    /// Numbers of a type: u8 ... u128, i8 ... i128, x8 ... x128 (hex), f32, f64, ptr
    #[arg(long = "as", value_name = "TYPE", id = "type_", add = completion::types())]
    pub(crate) type_: Option<String>,
    /// How many numbers, where RANGE is an AT [default: 1]
    #[arg(long, value_name = "N", requires = "type_")]
    pub(crate) count: Option<String>,
    /// The texts in it: printable ASCII, and UTF-16 of such letters
    #[arg(long, conflicts_with_all = ["type_", "raw"])]
    pub(crate) strings: bool,
    /// The least letters of a text [default: 4]
    #[arg(long, value_name = "N", requires = "strings")]
    pub(crate) min: Option<String>,
    #[command(flatten)]
    pub(crate) empty: EmptyArgument,
    #[command(flatten)]
    pub(crate) thread: ThreadArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit print core.1234 counter
  dumpedit print core.1234 'head->next->name' 'nodes[2]' '*config'
  dumpedit print crash.dmp 'app!g_config.limits[2]' --json
  dumpedit print core.1234 '{struct node}0x4052a0'        # a type, at an address
  dumpedit print core.1234 config --type                  # the type, with the offsets of its members

A path is made of the name of a variable, .member, ->member, [index], *path and &path, in the words of C, C++ or Rust. A dot follows a \
pointer, too. 'file.c'::name is the one of a source file. Values are written as gdb writes them; what the dump does not hold is \
<not captured>, and the exit code is then 1. Types are those of the modules' own debug information: DWARF in the file or beside it, or a PDB; \
see --symbols.

Every path is a place for read, write, fill and all the others, too, and set changes what it leads to.")]
pub(crate) struct PrintArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// What is printed
    #[arg(required = true, value_name = "PATH", add = completion::variables())]
    pub(crate) paths: Vec<String>,
    /// Print types, not values: of structs each member with its offset and size, and the holes; of enums the values
    #[arg(long = "type", id = "of_type")]
    pub(crate) type_: bool,
    /// The most elements of an array and letters of a text
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(crate) elements: u32,
    #[command(flatten)]
    pub(crate) thread: ThreadArguments,
}
