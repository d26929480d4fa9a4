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
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Thread: an id, index:N, name:NAME, crashed, or all [default: all]
    #[arg(long, value_name = "T", add = completion::threads())]
    pub(crate) thread: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit regions crash.dmp
  dumpedit regions core.1234 --map

--map draws to scale, as wide as the terminal (else 80 columns), in about forty lines. On a terminal, stacks, modules and other memory \
have different colours.")]
pub(crate) struct RegionsArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Draw the address space: captured and mapped memory, stacks and modules, with holes folded
    #[arg(long, conflicts_with = "json")]
    pub(crate) map: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit fields crash.dmp
  dumpedit fields core.1234 crash note.auxv
  dumpedit fields crash.dmp 'module[libc]' --json

Each line is a field: the name that set, where, read and write take, its value, and its file offset; a value that the dump stores several \
times has all its offsets. set --help says which fields can change their length. Fields name threads by T, modules as in an AT, and other \
things by number.")]
pub(crate) struct FieldsArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Names or prefixes of names: crash, thread[4711], note.auxv [default: all]
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
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The place
    #[arg(add = completion::places())]
    pub(crate) at: String,
    /// Number of bytes [default: 1, or the whole register]
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
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Only these registers, sub-registers and lanes
    #[arg(value_name = "REG", add = completion::registers())]
    pub(crate) registers: Vec<String>,
    /// Thread: an id, index:N, name:NAME, crashed, or all [default: the crashed one, else the only one, else the first]
    #[arg(long, value_name = "T", add = completion::threads())]
    pub(crate) thread: Option<String>,
    /// Context record of the thread
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

On a terminal, pointers are coloured by the memory that they point at (a stack, a module, other memory), and the line ends with its name \
if there is room: -> libc.so.6+0x2a1. <app!nodes> marks the start of a symbol, <- pc and <- sp mark the thread's registers, and bytes \
written by edits in force are highlighted. In a pipe, lines have only address, bytes and text, unless --color always is given.")]
pub(crate) struct ReadArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Range to read, or an AT: all bytes of a symbol, 64 bytes of anything else, or with --as one number
    #[arg(value_name = "RANGE", add = completion::ranges())]
    pub(crate) range: String,
    /// Write the raw bytes to standard output
    #[arg(long, conflicts_with_all = ["type_", "json"])]
    pub(crate) raw: bool,
    /// Show numbers of this type: u8 ... u128, i8 ... i128, x8 ... x128 (hex), f32, f64, ptr
    #[arg(long = "as", value_name = "TYPE", id = "type_", add = completion::types())]
    pub(crate) type_: Option<String>,
    /// Count of numbers, if RANGE is an AT [default: 1]
    #[arg(long, value_name = "N", requires = "type_")]
    pub(crate) count: Option<String>,
    /// Show strings: printable ASCII, also in UTF-16
    #[arg(long, conflicts_with_all = ["type_", "raw"])]
    pub(crate) strings: bool,
    /// Minimum length of a string, in characters [default: 4]
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

A path is the name of a variable with .member, ->member, [index], *path and &path, in the syntax of C, C++ or Rust. A dot also follows a \
pointer. 'file.c'::name is the variable of that source file. Values are printed as gdb prints them; memory that the dump does not hold is \
<not captured>, and the exit code is then 1. Types come from the debug information of the modules: DWARF in the file or beside it, or a \
PDB; see --symbols.

A path is also an AT for read, write, fill and the other verbs, and set changes its value.")]
pub(crate) struct PrintArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Paths to print
    #[arg(required = true, value_name = "PATH", add = completion::variables())]
    pub(crate) paths: Vec<String>,
    /// Print types instead of values: the offset and size of each member of a struct, with holes; the values of an enum
    #[arg(long = "type", id = "of_type")]
    pub(crate) type_: bool,
    /// Maximum number of array elements and characters to print
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(crate) elements: u32,
    #[command(flatten)]
    pub(crate) thread: ThreadArguments,
}
