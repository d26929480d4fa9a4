//! The command line: arguments that every verb takes, and the list of verbs, whose arguments are in the files of this folder. Arguments in
//! dumpedit's notation stay text here: the library parses them.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::output::text::Colour;

mod change;
mod compare;
mod fixtures;
mod history;
mod parts;
mod scrub;
mod search;
mod shared;
mod show;
mod symbols;

pub(crate) use change::{ApplyArguments, CopyArguments, FillArguments, SetArguments, WriteArguments};
pub(crate) use compare::{Compared, DiffArguments};
pub(crate) use fixtures::{
    ConvertArguments, ConvertedTo, DescribeArguments, ReduceArguments, SynthArguments,
};
pub(crate) use history::{ForgetArguments, LogArguments, RecoverArguments, RedoArguments, UndoArguments};
pub(crate) use parts::{AddArguments, AddedPart, DropArguments, DroppedPart, RepairArguments};
pub(crate) use scrub::ScrubArguments;
pub(crate) use search::{FindArguments, StringsArguments, Texts};
pub(crate) use shared::{
    DumpArgument, EditArguments, EmptyArgument, MemoryArguments, RecordArgument, ThreadArguments,
    WaitArgument,
};
pub(crate) use show::{
    FieldsArguments, PrintArguments, ReadArguments, RegionsArguments, RegsArguments, ThreadsArguments,
    WhereArguments,
};
pub(crate) use symbols::SymbolArguments;

/// Edits crash dumps in place: the memory and the thread registers of minidumps and cores
#[derive(Debug, Parser)]
#[command(name = "dumpedit", bin_name = "dumpedit", version, after_help = EXIT_CODES, max_term_width = 100)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// Print JSON instead of text: one document; find and strings print one document per line
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print only the requested data and errors: no report, no notices, no hints
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Colour the text: auto (on a terminal, unless NO_COLOR is set), always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) color: Colour,

    /// Maximum size of an unpacked dump, or of a dump on standard input
    #[arg(long, global = true, value_name = "SIZE", default_value = "64G", value_parser = size)]
    pub(crate) max_unpacked: u64,

    /// Maximum window of a compressed dump; unpacking takes that much memory
    #[arg(long, global = true, value_name = "SIZE", default_value = "128M", value_parser = size)]
    pub(crate) max_window: u64,

    #[command(flatten)]
    pub(crate) symbols: SymbolArguments,

    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes: 0 all was done, 1 a part was done, 2 nothing was done, 128+N ended by signal N.

AT is a place: 0x7ffe1000, @rsp+8-16 (where a register points), libc+0x1f0 (in a module), main+4 or libc!environ (a symbol), \
'head->next[2].name' (a variable or a part of one), \
[stack]+8 (in the region of that name), note.psargs+4 (in a field; see fields), \
[@rsp+2*8]+0x10 (relative to the pointer stored there), reg:rip+4 (in the register itself). [stack] is the region of that name \
if the dump has one; brackets around any other AT read the pointer stored there: [[stack]+8].
RANGE is AT..AT (without the end), AT..+LENGTH, or a symbol, variable or field: all its bytes.
VALUE is hex bytes (9090, \"48 8b 05\") or u8: u16: u32: u64: i8: ... f32: f64: ptr:AT str: strz: utf16: utf16z: \
file:PATH, or - for standard input.
dumpedit help notation has the whole notation.";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show a summary: format, machine, crash, memory, and anything odd
    Info(DumpArgument),
    /// List the threads
    Threads(ThreadsArguments),
    /// List the modules
    Modules(DumpArgument),
    /// List the regions of memory, captured or not
    Regions(RegionsArguments),
    /// List the fields of the crash, threads, modules, notes and headers
    Fields(FieldsArguments),
    /// Show the file offsets of a place's bytes
    Where(WhereArguments),
    /// Show the registers of a thread
    Regs(RegsArguments),
    /// Read memory or a register
    Read(ReadArguments),
    /// Print variables of the program by their types
    Print(PrintArguments),
    /// Find bytes, values, text or regular expressions in memory
    Find(FindArguments),
    /// List the strings in memory
    Strings(StringsArguments),
    /// Write bytes to memory or into a register
    Write(WriteArguments),
    /// Set registers, fields such as crash.code, and variables
    Set(SetArguments),
    /// Fill a range of memory with a pattern
    Fill(FillArguments),
    /// Copy a range of memory to another address
    Copy(CopyArguments),
    /// Add memory, a thread, a module or a crash to a dump
    Add(AddArguments),
    /// Remove memory, a thread, a module or a crash from a dump
    Drop(DropArguments),
    /// Repair tables that contradict the file
    Repair(RepairArguments),
    /// Apply a script as one edit
    Apply(ApplyArguments),
    /// Compare two dumps, or print a script that turns one into the other
    Diff(DiffArguments),
    /// Undo the latest edit, or several
    Undo(UndoArguments),
    /// Redo what was undone
    Redo(RedoArguments),
    /// List the edits of a dump and whether they are in force
    Log(LogArguments),
    /// Forget old edits, which can then no longer be undone
    Forget(ForgetArguments),
    /// Finish or roll back an interrupted edit
    Recover(RecoverArguments),
    /// Write a dump as a YAML spec for synth
    Describe(DescribeArguments),
    /// Make a minidump, an ELF or Mach-O core, or a triage dump from a spec
    Synth(SynthArguments),
    /// Make a smaller dump: some threads, their stacks, and what debuggers need
    Reduce(ReduceArguments),
    /// Convert a minidump to a core, or a core to a minidump
    Convert(ConvertArguments),
    /// Remove secrets and personal data from a dump, so that it can be shared
    Scrub(ScrubArguments),
    /// List the machines whose registers are known
    #[command(after_help = "\
Examples:
  dumpedit machines
  dumpedit machines --json | jq -r '.[] | select(.machine == \"ppc64\")'

How a table was checked, strongest first: an independent tool shows the same registers of a real dump; a real dump (the sample); \
another program shows the same registers of a dump made from a description; a dump written by an emulator; the header of the system \
that writes such dumps.")]
    Machines,
    /// Print this help, the help of a verb, or the notation
    #[command(after_help = "\
Examples:
  dumpedit help write
  dumpedit help notation               # AT, RANGE, VALUE, NUMBER, REG, T and C")]
    Help {
        /// A verb, or notation
        topic: Option<String>,
    },
    /// Print shell completions
    #[command(after_help = "\
The shell completes verbs and options, and the registers, threads, modules and regions of the dump on the command line.

Examples:
  dumpedit completions bash > ~/.local/share/bash-completion/completions/dumpedit
  dumpedit completions zsh > ~/.zfunc/_dumpedit           # a folder of fpath
  dumpedit completions fish > ~/.config/fish/completions/dumpedit.fish
  dumpedit completions powershell >> $PROFILE")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of dumpedit or of a verb
    #[command(after_help = "\
Examples:
  dumpedit man | man -l -
  dumpedit man notation | man -l -
  dumpedit man --all ~/.local/share/man/man1    # then: man dumpedit, man dumpedit-write, man dumpedit-notation")]
    Man {
        /// The verb, or notation
        verb: Option<String>,
        /// Write all pages into this existing folder; if it is man1, dumpedit-notation(7) goes into man7 beside it
        #[arg(long, value_name = "FOLDER", conflicts_with = "verb")]
        all: Option<PathBuf>,
    },
}

impl Arguments {
    /// Passes the options of symbols to the verb that uses them in its own way.
    pub(crate) fn hand_down(&mut self) {
        if let Verb::Add(AddArguments { part: AddedPart::Images(images) }) = &mut self.verb {
            images.sysroot.clone_from(&self.symbols.sysroot);
            images.trust = self.symbols.trust_symbols;
        }
    }
}

impl Verb {
    /// The arguments of a verb that edits.
    pub(crate) fn edit(&self) -> Option<&EditArguments> {
        match self {
            Verb::Write(arguments) => Some(&arguments.memory.edit),
            Verb::Fill(arguments) => Some(&arguments.memory.edit),
            Verb::Copy(arguments) => Some(&arguments.memory.edit),
            Verb::Apply(arguments) => Some(&arguments.edit),
            Verb::Find(arguments) => Some(&arguments.edit),
            Verb::Set(arguments) => Some(&arguments.edit),
            Verb::Add(arguments) => Some(arguments.edit()),
            Verb::Drop(arguments) => Some(arguments.edit()),
            Verb::Repair(arguments) => Some(&arguments.edit),
            _ => None,
        }
    }

    /// The arguments of a verb that edits, to change them; of `find` only where it replaces.
    pub(crate) fn edit_mut(&mut self) -> Option<&mut EditArguments> {
        match self {
            Verb::Write(arguments) => Some(&mut arguments.memory.edit),
            Verb::Fill(arguments) => Some(&mut arguments.memory.edit),
            Verb::Copy(arguments) => Some(&mut arguments.memory.edit),
            Verb::Apply(arguments) => Some(&mut arguments.edit),
            Verb::Find(arguments) if arguments.replace.is_some() || arguments.mask.is_some() => {
                Some(&mut arguments.edit)
            }
            Verb::Set(arguments) => Some(&mut arguments.edit),
            Verb::Add(arguments) => Some(arguments.edit_mut()),
            Verb::Drop(arguments) => Some(arguments.edit_mut()),
            Verb::Repair(arguments) => Some(&mut arguments.edit),
            _ => None,
        }
    }
}

/// Parses a size in bytes: a length, or one with K, M, G or T behind it, the powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    const UNITS: [char; 4] = ['K', 'M', 'G', 'T'];
    let unit = UNITS.iter().zip(1u32..).find(|(unit, _)| text.ends_with(**unit));
    let (digits, power) = unit.map_or((text, 0), |(unit, power)| (text.trim_end_matches(*unit), power));
    let size = dumpedit::notation::length(digits).map_err(|error| error.to_string())?;
    size.checked_mul(1 << (10 * power)).ok_or_else(|| "that is more bytes than there can be".to_owned())
}
