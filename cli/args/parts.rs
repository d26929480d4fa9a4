//! Arguments of the verbs that add parts to a dump and take them out.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::shared::EditArguments;
use crate::completion;

#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    #[command(subcommand)]
    pub(crate) part: AddedPart,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AddedPart {
    /// Add memory that the dump does not hold
    Memory(AddMemoryArguments),
    /// Add a thread
    Thread(AddThreadArguments),
    /// Add a module to the dump's list
    Module(AddModuleArguments),
    /// Add what was mapped from ELF files and is not captured
    Images(AddImagesArguments),
    /// Add what the dump says of a crash: one more exception, or a core's signal
    Crash(AddCrashArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit add memory core.1234 0x7f0000 file:page.bin --protection r--
  dumpedit add memory crash.dmp 0x10000 \"u64:0x401000\" u64:7 -o patched.dmp

Nothing that is captured already is written over: that is for write. The bytes and a new table go behind the end of the file, \
whatever its size, and the header then leads there; undo gives the file its old size and bytes back. Where a file cannot grow so \
(a minidump's offsets end at 4 GiB, a Mach-O core is changed only as a whole), -o writes it whole.")]
pub(crate) struct AddMemoryArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The address of the first byte
    #[arg(add = completion::places())]
    pub(crate) at: String,
    /// The bytes, one value after the other
    #[arg(required = true, value_name = "VALUE", add = completion::values())]
    pub(crate) values: Vec<String>,
    /// What the process could do there: r--, rw-, r-x [default: that of the mapping there, else rw-]
    #[arg(long, value_name = "rwx", allow_hyphen_values = true)]
    pub(crate) protection: Option<String>,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit add thread core.1234 99 --like crashed rip=0x401000 rsp=0x7ffe00
  dumpedit add thread crash.dmp 4712 rip=@rip rsp=0x10000 --name fibre

Its records have the shape of those of T, or else of the crashed thread's: every register that these hold. Registers that are \
not given are T's with --like T, else zero. A register in a NUMBER, as @rsp, is T's too. Of a thread with an exception they are those of \
the exception's record, as in reads; --context thread takes the thread's own.")]
pub(crate) struct AddThreadArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The thread's id, which no other has
    pub(crate) tid: String,
    /// Registers and their values
    #[arg(value_name = "REG=NUMBER", add = completion::assignments())]
    pub(crate) registers: Vec<String>,
    /// The thread whose registers it has, but for those that are given
    #[arg(long, value_name = "T", add = completion::threads())]
    pub(crate) like: Option<String>,
    /// Its name, which only minidumps have
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit add module crash.dmp 0x400000 --size 0x2000 --name app --id 8d3c9a0b
  dumpedit add module core.1234 0x7f0000 --size 0x1000 --name /opt/plugin.so

The id is a build id, or in dumps of Windows and macOS the GUID of a PDB file and its age, as modules shows it. A core lists mapped \
files (NT_FILE), and its readers take ids out of the modules' memory: with --id, the page of the module's ELF header is added where it is not \
captured. Where it is captured and has another id, that is an error.")]
pub(crate) struct AddModuleArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The module's load address
    #[arg(add = completion::places())]
    pub(crate) at: String,
    /// Its size in memory, in bytes
    #[arg(long, value_name = "N")]
    pub(crate) size: String,
    /// Its name, mostly a path
    #[arg(long)]
    pub(crate) name: String,
    /// Its id
    #[arg(long, value_name = "HEX")]
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit add images core.1234 --sysroot /
  dumpedit add images core.1234 --sysroot ~/images/debian-12 -o whole.core

A file is used where its build id is the module's, which readers take out of the dump; where it is not, a notice gives both, and \
--trust-symbols takes it nonetheless. What the \
process could write to is left out: the file need not say what was there.")]
pub(crate) struct AddImagesArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The value of `--sysroot`, which every verb has for its symbols.
    #[arg(skip)]
    pub(crate) sysroot: Option<PathBuf>,
    /// The one of `--trust-symbols`.
    #[arg(skip)]
    pub(crate) trust: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit add crash core.1234 --thread 99 --code SIGSEGV --address 0x8
  dumpedit add crash crash.dmp --thread 4711 --code EXCEPTION_ACCESS_VIOLATION --address 0x8

A minidump gets one more exception, with the registers of the thread. A core gets the signal and a siginfo, and the thread becomes its \
first one, which is the one that debuggers show. Of a core that tells of a crash already, another thread gets a siginfo of its own, \
which gdb shows as $_siginfo of that thread; what a thread has already is for set crash.code=SIGNAL.")]
pub(crate) struct AddCrashArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The exception or the signal: a name that the dump's system has for it, or a number
    #[arg(long, value_name = "C")]
    pub(crate) code: String,
    /// The address that it is about
    #[arg(long, value_name = "AT", add = completion::places())]
    pub(crate) address: Option<String>,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit repair crash.dmp --dry-run
  dumpedit repair cut.core -o readable.core

What is mended are counts, sizes and descriptors that reach behind the end of the file, counts of program headers and streams that the \
bytes of these contradict, and sizes in a minidump's directory that have no room for their lists and structures: many readers give up a \
whole list for one of these. Offsets of segments behind the end of the file are mended where just their bytes stand between their \
neighbours, and a module's name that is not in the file becomes an empty one. Bytes that are lost stay lost. A dump whose tables and file \
agree is left alone.

What is cut but still shown stays shown: of contexts and notes of registers that end behind the end of the file dumpedit reads what is there \
by their whole size, so that they stay as they are, with a notice and exit code 1. Lists in notes (NT_FILE, auxiliary vectors, FreeBSD's \
NT_PROCSTAT) get the size that is in the file.

In a core, p_memsz is lowered together with p_filesz: gdb reads memory that a segment has no bytes of as zeros, without an error. Such \
memory is then no longer mapped, where it was mapped and not captured before; undo brings it back.")]
pub(crate) struct RepairArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
pub(crate) struct DropArguments {
    #[command(subcommand)]
    pub(crate) part: DroppedPart,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DroppedPart {
    /// Take captured memory out of the dump
    Memory(DropMemoryArguments),
    /// Take a thread out of the dump
    Thread(DropThreadArguments),
    /// Take a module out of the dump's list
    Module(DropModuleArguments),
    /// Take out what the dump says of a thread's crash
    Crash(DropCrashArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit drop memory core.1234 0x7f0000..+0x1000
  dumpedit drop memory crash.dmp '[stack]..+4096' -o shared.dmp

In place the tables only stop to tell of the memory, and its bytes stay in the file; -o writes a file without them.")]
pub(crate) struct DropMemoryArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The addresses
    #[arg(add = completion::ranges())]
    pub(crate) range: String,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit drop thread crash.dmp 4711
  dumpedit drop thread core.1234 index:3 -o smaller.core

What the dump says of a crash of the thread is dropped with it. In place the tables only stop to tell of the thread, and its bytes \
stay in the file; -o writes a file without them.")]
pub(crate) struct DropThreadArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The thread: an id, index:N, name:NAME, or crashed
    #[arg(add = completion::threads())]
    pub(crate) tid: String,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit drop module crash.dmp plugin.dll
  dumpedit drop module core.1234 0x7f0000

Of a core all mappings of the file are dropped. In place the bytes of the entry stay in the file; -o writes a file without them.")]
pub(crate) struct DropModuleArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The module: its name, or its load address
    #[arg(add = completion::places())]
    pub(crate) module: String,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit drop crash crash.dmp crashed
  dumpedit drop crash core.1234 4711 -o hang.core

The thread and its registers stay. A minidump loses every exception that names the thread; a core loses the siginfo and the signal, which \
every thread has. In place the tables only stop to tell of the crash, and its bytes stay in the file; -o writes a file without them.")]
pub(crate) struct DropCrashArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The thread: an id, index:N, name:NAME, or crashed
    #[arg(add = completion::threads())]
    pub(crate) tid: String,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

impl AddArguments {
    pub(crate) fn edit(&self) -> &EditArguments {
        match &self.part {
            AddedPart::Memory(part) => &part.edit,
            AddedPart::Thread(part) => &part.edit,
            AddedPart::Module(part) => &part.edit,
            AddedPart::Images(part) => &part.edit,
            AddedPart::Crash(part) => &part.edit,
        }
    }

    pub(crate) fn edit_mut(&mut self) -> &mut EditArguments {
        match &mut self.part {
            AddedPart::Memory(part) => &mut part.edit,
            AddedPart::Thread(part) => &mut part.edit,
            AddedPart::Module(part) => &mut part.edit,
            AddedPart::Images(part) => &mut part.edit,
            AddedPart::Crash(part) => &mut part.edit,
        }
    }
}

impl DropArguments {
    pub(crate) fn edit(&self) -> &EditArguments {
        match &self.part {
            DroppedPart::Memory(part) => &part.edit,
            DroppedPart::Thread(part) => &part.edit,
            DroppedPart::Module(part) => &part.edit,
            DroppedPart::Crash(part) => &part.edit,
        }
    }

    pub(crate) fn edit_mut(&mut self) -> &mut EditArguments {
        match &mut self.part {
            DroppedPart::Memory(part) => &mut part.edit,
            DroppedPart::Thread(part) => &mut part.edit,
            DroppedPart::Module(part) => &mut part.edit,
            DroppedPart::Crash(part) => &mut part.edit,
        }
    }
}
