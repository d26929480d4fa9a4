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
    /// Add memory that was mapped from ELF files and is not captured
    Images(AddImagesArguments),
    /// Add a crash: an exception of a minidump, or a signal of a core
    Crash(AddCrashArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit add memory core.1234 0x7f0000 file:page.bin --protection r--
  dumpedit add memory crash.dmp 0x10000 \"u64:0x401000\" u64:7 -o patched.dmp

add memory never overwrites captured memory: use write for that. It appends the bytes and a new table to the file and then points the \
header at the table; undo restores the old size and bytes. If a file cannot grow in place (a minidump \
past 4 GiB, a Mach-O core), -o writes a whole new one.")]
pub(crate) struct AddMemoryArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Address of the first byte
    #[arg(add = completion::places())]
    pub(crate) at: String,
    /// Values of the bytes, one after the other
    #[arg(required = true, value_name = "VALUE", add = completion::values())]
    pub(crate) values: Vec<String>,
    /// Protection of the memory: r--, rw-, r-x [default: that of the mapping there, else rw-]
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

The new thread has the same records as T, or as the crashed thread without --like: all registers that these hold. Registers that are not \
given have the values of T with --like T, else zero. A register in a NUMBER, such as @rsp, is also that of T. If T has an exception, its \
registers are those of the exception's record, as in reads; --context thread takes the thread's own record.")]
pub(crate) struct AddThreadArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Id of the thread; no other thread may have it
    pub(crate) tid: String,
    /// Registers and their values
    #[arg(value_name = "REG=NUMBER", add = completion::assignments())]
    pub(crate) registers: Vec<String>,
    /// Thread to copy the other registers from
    #[arg(long, value_name = "T", add = completion::threads())]
    pub(crate) like: Option<String>,
    /// Name of the thread (minidumps only)
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

The id is a build id, or in dumps of Windows and macOS the GUID and age of a PDB file, as modules shows it. A core lists mapped files \
(NT_FILE), and its readers take the id from the memory of the module: with --id, add module also adds the page of its ELF header if that is \
not captured. If the page is captured and has another id, that is an error.")]
pub(crate) struct AddModuleArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Load address of the module
    #[arg(add = completion::places())]
    pub(crate) at: String,
    /// Size in memory, in bytes
    #[arg(long, value_name = "N")]
    pub(crate) size: String,
    /// Name, usually a path
    #[arg(long)]
    pub(crate) name: String,
    /// Build id, or GUID and age
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

A file is used only if its build id is that of the module in the dump. Otherwise a notice gives both ids, and --trust-symbols uses the \
file anyway, also where the dump does not have the module's id. Writable memory is left out, because the process may have changed it.")]
pub(crate) struct AddImagesArguments {
    /// Minidump or core file, compressed or not; - is standard input
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

A minidump gets one more exception, with the registers of the thread. A core gets the signal and a siginfo, and the thread becomes the \
first one, which debuggers show first. If a core has a crash already, another thread gets its own siginfo, which gdb shows as $_siginfo of \
that thread. To change the signal that a thread has, use set crash.code=SIGNAL.")]
pub(crate) struct AddCrashArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Exception or signal: its name on the system of the dump, or a number
    #[arg(long, value_name = "C")]
    pub(crate) code: String,
    /// Address of the fault
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

repair corrects counts, sizes and descriptors that reach past the end of the file, counts of program headers and streams that do not \
match them, and sizes in the directory of a minidump that are too small for their lists: many readers drop a whole list because of one of \
these. It corrects the offset of a segment past the end of the file if its bytes fill the gap between its neighbours, and empties the name \
of a module that is not in the file. Lost bytes stay lost. A dump whose tables match the file is left unchanged.

Contexts and register notes that the end of the file cuts stay as they are, with a notice and exit code 1, because dumpedit shows the \
registers that are left in them. Lists in notes (NT_FILE, auxiliary vectors, FreeBSD's NT_PROCSTAT) get the size that is in the file.

In a core, repair lowers p_memsz together with p_filesz, because gdb reads the missing bytes of a segment as zeros without an error. \
Memory that was mapped and not captured is then no longer mapped; undo restores it.")]
pub(crate) struct RepairArguments {
    /// Minidump or core file, compressed or not; - is standard input
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
    /// Remove captured memory
    Memory(DropMemoryArguments),
    /// Remove a thread
    Thread(DropThreadArguments),
    /// Remove a module from the dump's list
    Module(DropModuleArguments),
    /// Remove the crash of a thread
    Crash(DropCrashArguments),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit drop memory core.1234 0x7f0000..+0x1000
  dumpedit drop memory crash.dmp '[stack]..+4096' -o shared.dmp

In place, only the entries of the memory are removed and its bytes stay in the file; -o writes a file without them.")]
pub(crate) struct DropMemoryArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Range of addresses
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

The crash of the thread is dropped with it. In place, only the entries of the thread are removed and its bytes stay in the file; -o \
writes a file without them.")]
pub(crate) struct DropThreadArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Thread: an id, index:N, name:NAME, or crashed
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

In a core, all mappings of the file are dropped. In place, the bytes of the entry stay in the file; -o writes a file without them.")]
pub(crate) struct DropModuleArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Module: its name or its load address
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

The thread and its registers stay. A minidump loses every exception of the thread; a core loses the siginfo, and the signal in every \
thread. Right after add crash, drop crash takes back that crash alone. In place, only the entries of the crash are removed and its bytes \
stay in the file; -o writes a file without them.")]
pub(crate) struct DropCrashArguments {
    /// Minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Thread: an id, index:N, name:NAME, or crashed
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
