//! Arguments of the verbs that change memory and registers.

use std::path::PathBuf;

use clap::Args;

use super::shared::{EditArguments, MemoryArguments};
use crate::completion;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit write crash.dmp 0x7ffe1000 \"48 8b 05\"
  dumpedit write core.1234 libc+0x1f0 u32:7 ptr:@rsp -o patched.core
  dumpedit write core.1234 nodes+16 ptr:&nodes
  dumpedit write core.1234 'nodes[1].next' 'ptr:&nodes[3]'
  dumpedit write crash.dmp reg:rip+4 0000
  dumpedit write crash.dmp @rsp+0x18 ptr:0x401d2e --expect 4141414141414141
  head -c 64 shellcode | dumpedit write crash.dmp @rip -
  zstd -dc core.zst | dumpedit write - @rsp 00 -o - | zstd > patched.zst
  dumpedit write core.zst @rsp 00 -o patched.zst --receipt patched.json --hash

Where the captured memory ends before the values do, the part before it is written: the exit code is 1.")]
pub(crate) struct WriteArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Where the first byte goes
    #[arg(add = completion::places())]
    pub(crate) at: String,
    /// What is written, one value after the other
    #[arg(required = true, value_name = "VALUE", add = completion::values())]
    pub(crate) values: Vec<String>,
    #[command(flatten)]
    pub(crate) memory: MemoryArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit set crash.dmp rip=0x401000 rsp=0x7ffe0ff8 --thread 4711
  dumpedit set crash.dmp zf=1 xmm0.u32.2=7
  dumpedit set core.1234 rax=-1 --expect rax=0x10
  dumpedit set crash.dmp crash.code=EXCEPTION_STACK_OVERFLOW crash.address=0x401000 rip=0x401000
  dumpedit set core.1234 note.psargs=\"./server --quiet\" --expect crash.code=SIGSEGV
  dumpedit set core.1234 'g_config.limits[2]=9' 'head->next=&nodes[3]' 'color=BLUE' --expect 'g_config.limits[2]=7'
  dumpedit set core.1234 - < registers.txt   # as gdb, lldb, WinDbg, a kernel's oops or hs_err logs print them

NUMBER is decimal, 0x hex, -N, a typed value (u32:7, f64:1.5), an AT (its address), or hex: bytes of the exact width.

A name with a point or brackets, as dumpedit fields lists them, is a field. Its value is a number or what that number is called \
(SIGSEGV), a text, or hex: bytes of the exact size. A value that the dump has in several places is set in all of them: the signal \
of a core in every thread that has it and in NT_SIGINFO, a file's name in every row of NT_FILE. A text that is shorter has zeros \
behind it. A longer one makes the file grow, as add does: names of modules and threads, the service pack, PDB files, CodeView records and \
streams of a minidump (stream[LinuxCmdLine]=str:./app, of any length) go behind its end, and a core's notes are written there anew with the \
new names of NT_FILE. What stands in memory or in a structure of a fixed size (note.psargs, 79 letters) keeps its size.

A path to a variable (see print) is set by its type: a number, true, 'c', a text in quotes into an array of letters, the name of a value \
of an enum, the address of a place into a pointer (&nodes[3], main+4, NULL), or hex: bytes of the exact size. What does not fit is an \
error, and a bit field keeps its neighbours. A register or a module of the same name comes first; app!flags is the variable.

A sub-register (eax, ax, al, w0) changes only its own bits of the register: unlike the processor, nothing else is zeroed.

In a WOW64 thread the names that its 32-bit record has (eip, sp, ax, eflags) mean that record, here and everywhere; those that
only the 64-bit one has (rip, r8), and all names with --context thread, mean the 64-bit one.

The word initial puts a register of an XSAVE component back: ymm0=initial. Once all registers of a component are initial,
its bit in xstate_bv is cleared.

A register that the record holds more than once is set in all its copies; mxcsr@2 is the second one alone.

A value that does not fit is an error and never cut. ContextFlags are never changed.")]
pub(crate) struct SetArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Registers, fields or variables and their new values; - reads registers from standard input, as debuggers print them
    #[arg(required = true, value_name = "REG=NUMBER|FIELD=VALUE|PATH=VALUE", add = completion::assignments())]
    pub(crate) registers: Vec<String>,
    /// The old value of a register, a field or a variable: where it is another, nothing is written
    #[arg(long, value_name = "REG=NUMBER|FIELD=VALUE", add = completion::assignments())]
    pub(crate) expect: Vec<String>,
    /// As with write; registers are always set whole or not at all
    #[arg(long)]
    pub(crate) all_or_nothing: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit fill crash.dmp 0x7ffe2000..+0x1000 00
  dumpedit fill core.1234 @rsp..+64 ptr:0xdeadbeef
  dumpedit fill crash.dmp 'app!g_secret' 00
  dumpedit fill core.1234 0x602000..0x603000 str:PATTERN --expect 00

The last repetition is cut. Where the captured memory ends before the range does, the part before it is filled: the exit
code is 1.")]
pub(crate) struct FillArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The stretch to fill
    #[arg(add = completion::ranges())]
    pub(crate) range: String,
    /// What it is filled with, over and over; the last time as far as it goes
    #[arg(required = true, value_name = "VALUE", add = completion::values())]
    pub(crate) pattern: Vec<String>,
    #[command(flatten)]
    pub(crate) memory: MemoryArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit copy crash.dmp 0x602000..+0x40 0x603000
  dumpedit copy core.1234 @rsp..+0x100 @rsp+8          # the two may overlap

Where the captured memory ends before either range does, the part before it is copied: the exit code is 1.")]
pub(crate) struct CopyArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The stretch to copy
    #[arg(add = completion::ranges())]
    pub(crate) range: String,
    /// Where its first byte goes
    #[arg(add = completion::places())]
    pub(crate) at: String,
    #[command(flatten)]
    pub(crate) memory: MemoryArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit apply core.1234 fix.edits
  dumpedit diff --script old.dmp new.dmp | dumpedit apply old.dmp -
  dumpedit apply core.1234 fix.edits --reverse

A line is a command without the dump's name: write, set, fill, copy or find --replace, with its options. Blanks separate
words, ' and \" group them, a backslash is literal, and # begins a comment where a word could begin:

  # fix the smashed return address, then show the fibre's stack
  write @rsp+0x18 ptr:0x401d2e --expect 4141414141414141
  set rip=0x401d2e rsp=0x7ffe0ff8 --thread crashed
  thread 4712
  rip=0x401000 rsp=0x7ffe2000

The line `thread T` names the thread of those that follow. A line of registers as other tools print them sets them: gdb's
`info registers`, lldb's `register read`, WinDbg's `r`, a kernel's oops, Java's hs_err logs. Each line
sees what those before it did. All of them are done or none: a partial write is an error, unless --keep-going is given.")]
pub(crate) struct ApplyArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Files of lines, each a command without the dump's name; - is standard input
    #[arg(required = true, value_name = "SCRIPT")]
    pub(crate) scripts: Vec<PathBuf>,
    /// Leave out the lines that cannot be done, and tell them
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Take the scripts back: write what their lines expect, in reverse order
    #[arg(long)]
    pub(crate) reverse: bool,
    /// Write memory even where it shares its bytes with the dump's own structures
    #[arg(long)]
    pub(crate) allow_structure: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}
