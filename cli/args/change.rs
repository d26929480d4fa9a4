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

If the captured memory ends before the last value does, the bytes up to there are written and the exit code is 1.")]
pub(crate) struct WriteArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Place of the first byte
    #[arg(add = completion::places())]
    pub(crate) at: String,
    /// Values to write, one after the other
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
  dumpedit set core.1234 - < registers.txt   # output of gdb, lldb, WinDbg, a kernel oops or an hs_err log

NUMBER is decimal, 0x hex, -N, a typed value (u32:7, f64:1.5), an AT (its address), or hex: bytes of the exact width.

A name with a dot or brackets is a field (see fields). Its value is a number or the name of a number (SIGSEGV), text, or hex: and bytes \
of the exact size. A value that the dump stores in several places is set in all of them: the signal of a core in every thread that has \
it and in NT_SIGINFO, a file name in every row of NT_FILE. Shorter text is padded with zeros. Longer text makes the file grow, as add \
does: dumpedit appends names of modules and threads, the service pack, PDB names, CodeView records and streams of a minidump \
(stream[LinuxCmdLine]=str:./app, of any length), and writes the notes of a core anew with new names in NT_FILE. A field in memory or in a \
structure of fixed size (note.psargs, 79 bytes) keeps its size.

A path to a variable (see print) is set by its type: a number, true, 'c', quoted text for an array of characters, the name of an \
enumerator, an address for a pointer (&nodes[3], main+4, NULL), or hex: and bytes of the exact size. A value that does not fit is an \
error, and a bit field leaves its neighbours unchanged. A register or module of the same name comes first; app!flags is the variable.

A sub-register (eax, ax, al, w0) changes only its own bits: unlike the processor, set never zeroes the rest.

In a WOW64 thread, names that the 32-bit record has (eip, sp, ax, eflags) mean that record, in every verb; names that only the 64-bit \
record has (rip, r8), and all names with --context thread, mean the 64-bit one.

ymm0=initial resets a register of an XSAVE component. Once all registers of a component are initial, set clears its bit in xstate_bv.

A register that is stored twice in a record is set in both copies; mxcsr@2 is the second copy alone.

A value that does not fit is an error; it is never truncated. set never changes ContextFlags.")]
pub(crate) struct SetArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Registers, fields or variables and their new values; - reads the register output of a debugger from standard input
    #[arg(required = true, value_name = "REG=NUMBER|FIELD=VALUE|PATH=VALUE", add = completion::assignments())]
    pub(crate) registers: Vec<String>,
    /// Expected old value of a register, field or variable: if it differs, nothing is written
    #[arg(long, value_name = "REG=NUMBER|FIELD=VALUE", add = completion::assignments())]
    pub(crate) expect: Vec<String>,
    /// Fail and change nothing instead of a partial edit; registers are never set in part
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

The last repetition is cut at the end of the range. If the captured memory ends before the range does, the bytes up to there are \
filled and the exit code is 1.")]
pub(crate) struct FillArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Range to fill
    #[arg(add = completion::ranges())]
    pub(crate) range: String,
    /// Values to repeat over the range
    #[arg(required = true, value_name = "VALUE", add = completion::values())]
    pub(crate) pattern: Vec<String>,
    #[command(flatten)]
    pub(crate) memory: MemoryArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit copy crash.dmp 0x602000..+0x40 0x603000
  dumpedit copy core.1234 @rsp..+0x100 @rsp+8          # the ranges may overlap

If the captured memory ends before either range does, the bytes up to there are copied and the exit code is 1.")]
pub(crate) struct CopyArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Range to copy
    #[arg(add = completion::ranges())]
    pub(crate) range: String,
    /// Place of the first copied byte
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

A line is a command without the name of the dump: write, set, fill, copy, find --replace, add or drop, with its options. Blanks separate \
words, ' and \" group them, a backslash is literal, and # at the start of a word begins a comment:

  # fix the smashed return address, then show the fibre's stack
  write @rsp+0x18 ptr:0x401d2e --expect 4141414141414141
  set rip=0x401d2e rsp=0x7ffe0ff8 --thread crashed
  thread 4712
  rip=0x401000 rsp=0x7ffe2000

`thread T` chooses the thread of the lines after it. A line of registers printed by another tool sets them: gdb's `info registers`, \
lldb's `register read`, WinDbg's `r`, a kernel oops, a Java hs_err log. Each line sees the values that the lines before it set. \
Parts are added and dropped once the whole script is done: a script that sets a value in a part that it drops or rewrites is refused. \
The script is applied whole or not at all: a partial write is an error, unless --keep-going is given.")]
pub(crate) struct ApplyArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Scripts, one command per line without the name of the dump; - is standard input
    #[arg(required = true, value_name = "SCRIPT")]
    pub(crate) scripts: Vec<PathBuf>,
    /// Skip and report lines that fail
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Revert the scripts: write the bytes that their lines expect, in reverse order
    #[arg(long)]
    pub(crate) reverse: bool,
    /// Write memory even where it shares its bytes with the dump's own structures
    #[arg(long)]
    pub(crate) allow_structure: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}
