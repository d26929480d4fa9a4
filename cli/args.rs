//! The command line's arguments. What is in dumpedit's own notation stays text here: the library parses it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use dumpedit::RecordChoice;

use crate::completion;
use crate::output::text::Colour;

/// Edits crash dumps in place: the memory and the thread registers of minidumps and cores
#[derive(Debug, Parser)]
#[command(name = "dumpedit", bin_name = "dumpedit", version, after_help = EXIT_CODES, max_term_width = 100)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// JSON on standard output instead of text: one document, of find and strings one on each line
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// No report of what was done, no notices and no hints: only what was asked for, and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// When text is coloured: auto (on a terminal, unless NO_COLOR is set), always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) color: Colour,

    /// The most bytes of a compressed dump, unpacked, or of a dump on standard input
    #[arg(long, global = true, value_name = "SIZE", default_value = "64G", value_parser = size)]
    pub(crate) max_unpacked: u64,

    /// How far a compressed dump may look back in what was unpacked, which takes as much memory
    #[arg(long, global = true, value_name = "SIZE", default_value = "128M", value_parser = size)]
    pub(crate) max_window: u64,

    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes: 0 all was done, 1 a part was done, 2 nothing was done, 128+N ended by signal N.

AT is a place: 0x7ffe1000, @rsp+8-16 (where a register points), libc+0x1f0 (in a module), [stack]+8 (in a region of that name), \
[@rsp+2*8]+0x10 (where the pointer leads that is stored there), reg:rip+4 (in a register itself). Brackets that are a region's \
name, such as [stack], are that region; around any other place they are the pointer at it: [[stack]+8].
RANGE is AT..AT (the end not included) or AT..+LENGTH.
VALUE is hex bytes (9090, \"48 8b 05\") or u8: u16: u32: u64: i8: ... f32: f64: ptr:AT str: strz: utf16: utf16z: \
file:PATH, or - for standard input.
All of it is on one page: dumpedit help notation.";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show what a dump is: format, machine, crash, memory, anything odd
    Info(DumpArgument),
    /// List the threads
    #[command(after_help = "\
Examples:
  dumpedit threads crash.dmp
  dumpedit threads core.1234 --thread crashed")]
    Threads(ThreadsArguments),
    /// List the modules
    Modules(DumpArgument),
    /// List the regions of memory, captured or not
    #[command(after_help = "\
Examples:
  dumpedit regions crash.dmp
  dumpedit regions core.1234 --map

The picture of --map is to scale, as wide as the terminal (80 columns elsewhere), and has some forty lines however much there is. On a
terminal its colours tell stacks, modules and other memory apart.")]
    Regions(RegionsArguments),
    /// Show where in the file the bytes of a place are
    #[command(after_help = "\
Examples:
  dumpedit where crash.dmp @rsp 16
  dumpedit where crash.dmp reg:rip")]
    Where(WhereArguments),
    /// Show the registers of a thread
    #[command(after_help = "\
Examples:
  dumpedit regs crash.dmp
  dumpedit regs crash.dmp rip rsp xmm0.f32.1 zf
  dumpedit regs core.1234 pc sp --thread all
  dumpedit regs core.1234 --thread 4711
  dumpedit regs crash.dmp --context thread")]
    Regs(RegsArguments),
    /// Read memory or a register
    #[command(after_help = "\
Examples:
  dumpedit read crash.dmp @rsp..+0x80
  dumpedit read crash.dmp 0x7ffe1000..0x7ffe1040 --as ptr
  dumpedit read crash.dmp @rsp --as ptr --count 8
  dumpedit read crash.dmp @rsp --as x32 --count 16
  dumpedit read core.1234 libc+0x1f0..+64 --raw | xxd
  dumpedit read core.1234 @rsp..+0x4000 --strings --min 8

On a terminal, words are coloured by what they point at (a stack, a module, other memory), and its name stands behind the line where
there is room: -> libc.so.6+0x2a1. <- pc and <- sp mark where the thread stood, and bytes that edits in force wrote are marked, too.
Elsewhere lines have address, bytes and text alone, unless --color always asks for more.")]
    Read(ReadArguments),
    /// Find bytes, values, texts or regular expressions in memory
    #[command(after_help = "\
Examples:
  dumpedit find core.1234 \"48 8b ?? 05\"                     # ?? is any byte, 4? any low half
  dumpedit find crash.dmp ptr:@rip u32:0xc0000005            # several at once
  dumpedit find core.1234 utf16:password --range 0x7f0000000000..0x7fffffffffff
  dumpedit find core.1234 ptr:libc+0x1f0 --stack-of crashed --align 8
  dumpedit find core.1234 're:(?i)https?://[a-z0-9.]+' --max 10 --json
  dumpedit find core.1234 text:hunter2 -i                    # UTF-8 and UTF-16, small letters and capitals
  dumpedit find core.1234 text:hunter2 --replace text:xxxxxxx --dry-run
  dumpedit find core.1234 text:hunter2 --replace text:none --pad 00
  dumpedit find core.1234 're:token=[0-9a-f]+' 're16:token=[0-9a-f]+' --mask x

PATTERN is hex bytes with wildcards, or a VALUE (u32:7, ptr:AT, str:TEXT, utf16:TEXT, file:PATH), or text:TEXT, which is
found in UTF-8 and in UTF-16, or re:REGEX, a regular expression over bytes (\\xff is that byte), or re16:REGEX, one over
letters in UTF-16, without ^, $ and \\b. Matches of expressions have up to 256 KiB. UTF-16 is in the target's byte order; text
in the other order is not found. --ignore-case is for texts and expressions (of re: for the letters of ASCII); bytes and
numbers stay as they are.

Memory is searched as the process saw it: a match may lie in regions that are adjacent there and apart in the file, and
never crosses a gap. Matches of fixed length may overlap, those of an expression or of --ignore-case do not. Memory that is
mapped but not in the dump is passed over, and said.

--replace writes a VALUE over every match, which is as long or is filled up with --pad; text:TEXT is written in the
encoding of each match, and so are the byte of --pad and the letter of --mask, which take two bytes in UTF-16.
With --json each match is a document on a line of its own (with --count and --replace there is one).

Exit codes: 0 found, 1 nothing found, 2 an error.")]
    Find(FindArguments),
    /// List the texts in memory
    #[command(after_help = "\
Examples:
  dumpedit strings core.1234 --min 8
  dumpedit strings crash.dmp --encoding utf16 --json
  dumpedit strings core.1234 --range @rsp..+0x4000

A text is printable ASCII, or UTF-16 of such letters in the target's byte order. All captured memory is looked at; a text may
lie in regions that are adjacent there, and never crosses a gap. Texts are listed where they end, so that two that begin
close to one another may stand in the other order. With --json each text is a document on a line of its own.

Exit codes: 0 found, 1 nothing found, 2 an error.")]
    Strings(StringsArguments),
    /// Write bytes to memory or into a register
    #[command(after_help = "\
Examples:
  dumpedit write crash.dmp 0x7ffe1000 \"48 8b 05\"
  dumpedit write core.1234 libc+0x1f0 u32:7 ptr:@rsp -o patched.core
  dumpedit write crash.dmp reg:rip+4 0000
  dumpedit write crash.dmp @rsp+0x18 ptr:0x401d2e --expect 4141414141414141
  head -c 64 shellcode | dumpedit write crash.dmp @rip -
  zstd -dc core.zst | dumpedit write - @rsp 00 -o - | zstd > patched.zst
  dumpedit write core.zst @rsp 00 -o patched.zst --receipt patched.json --hash

Where the captured memory ends before the values do, the part before it is written: the exit code is 1.")]
    Write(WriteArguments),
    /// Set registers of a thread
    #[command(after_help = "\
Examples:
  dumpedit set crash.dmp rip=0x401000 rsp=0x7ffe0ff8 --thread 4711
  dumpedit set crash.dmp zf=1 xmm0.u32.2=7
  dumpedit set core.1234 rax=-1 --expect rax=0x10
  dumpedit set core.1234 - < registers.txt   # as gdb, lldb, WinDbg, a kernel's oops or hs_err logs print them

NUMBER is decimal, 0x hex, -N, a typed value (u32:7, f64:1.5), an AT (its address), or hex: bytes of the exact width.

A sub-register (eax, ax, al, w0) changes only its own bits of the register: unlike the processor, nothing else is zeroed.

In a WOW64 thread the names that its 32-bit record has (eip, sp, ax, eflags) mean that record, here and everywhere; those that
only the 64-bit one has (rip, r8), and all names with --context thread, mean the 64-bit one.

The word initial puts a register of an XSAVE component back: ymm0=initial. Once all registers of a component are initial,
its bit in xstate_bv is cleared.

A register that the record holds more than once is set in all its copies; mxcsr@2 is the second one alone.

A value that does not fit is an error and never cut. ContextFlags are never changed.")]
    Set(SetArguments),
    /// Fill a stretch of memory with a pattern
    #[command(after_help = "\
Examples:
  dumpedit fill crash.dmp 0x7ffe2000..+0x1000 00
  dumpedit fill core.1234 @rsp..+64 ptr:0xdeadbeef
  dumpedit fill core.1234 0x602000..0x603000 str:PATTERN --expect 00

The last repetition is cut. Where the captured memory ends before the range does, the part before it is filled: the exit
code is 1.")]
    Fill(FillArguments),
    /// Copy a stretch of memory to another place
    #[command(after_help = "\
Examples:
  dumpedit copy crash.dmp 0x602000..+0x40 0x603000
  dumpedit copy core.1234 @rsp..+0x100 @rsp+8          # the two may overlap

Where the captured memory ends before either range does, the part before it is copied: the exit code is 1.")]
    Copy(CopyArguments),
    /// Do all that a script asks for as one edit
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
    Apply(ApplyArguments),
    /// Show what differs between two dumps, or print it as a script
    #[command(after_help = "\
Examples:
  dumpedit diff crash.dmp edited.dmp
  dumpedit diff core.1234 crash.dmp --json        # a core and a minidump of one process
  dumpedit diff a.core b.core --range @rsp..+0x1000
  dumpedit diff --script a.core b.core | dumpedit apply a.core -

Exit codes: 0 the same, 1 different, 2 an error; with --script, 0 means that the script was written.

The script's lines check the old bytes, so that they can be taken back with apply --reverse. It reproduces memory and
registers; ContextFlags and whatever else has no name stay as they are. What no edit can do, such as adding memory that
only B holds, is told in comments and in notices.")]
    Diff(DiffArguments),
    /// Take back the latest edit, or several
    #[command(after_help = "\
Examples:
  dumpedit undo crash.dmp              # the latest; once more for the one before it
  dumpedit undo crash.dmp --to 3       # all that came after number 3 of dumpedit log
  dumpedit undo crash.dmp --all --dry-run
  dumpedit redo crash.dmp              # the one taken back last is in force again

An edit is taken back where the dump holds all the bytes that it wrote. Entries of a damaged journal are passed over, and
said; the exit code is 1 then.")]
    Undo(UndoArguments),
    /// Do again what was taken back
    #[command(after_help = "\
Examples:
  dumpedit redo crash.dmp              # the one that was taken back last
  dumpedit redo crash.dmp --to 3       # all up to number 3 of dumpedit log
  dumpedit redo crash.dmp --all

A new edit ends what could be done again.")]
    Redo(RedoArguments),
    /// List the edits of a dump, and which are in force
    #[command(after_help = "\
Examples:
  dumpedit log crash.dmp
  dumpedit log crash.dmp --verify      # and say that every checksum and every byte in force was checked

Exit codes: 0 all of it can be read and undone, 1 a part is damaged or something else changed the dump since, 2 an error.")]
    Log(LogArguments),
    /// Forget old edits, so that they can no longer be taken back
    #[command(after_help = "\
Examples:
  dumpedit forget crash.dmp            # all of them: the journal goes
  dumpedit forget crash.dmp --keep 10  # all but the latest ten in force")]
    Forget(ForgetArguments),
    /// Finish or roll back an interrupted edit
    #[command(after_help = "\
The dump ends as it was before the interrupted edit, or as it was asked to be where all of it was already written.
The next edit does the same by itself.")]
    Recover(RecoverArguments),
    /// Write a dump as a spec: YAML that synth makes a dump of
    #[command(after_help = "\
Examples:
  dumpedit describe crash.dmp > crash.yaml
  dumpedit describe crash.dmp --json | jq .threads[0].registers
  dumpedit describe core.1234 --memory stacks
  dumpedit describe core.1234 --memory @rsp..+0x200 libc+0x1000..+0x1000
  dumpedit describe core.1234 -o crash.yaml        # large contents become files in crash.yaml.d/
  dumpedit describe core.1234 --folder fixture     # fixture/dump.yaml, with these files beside it")]
    Describe(DescribeArguments),
    /// Make a minidump, an ELF or Mach-O core, or a triage dump from a spec
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
    Synth(SynthArguments),
    /// Make a smaller dump: some threads, their stacks, and what debuggers need
    #[command(after_help = "\
Examples:
  dumpedit reduce core.1234 -o small.core
  dumpedit reduce crash.dmp -o small.dmp --threads crashed 4711 --stack 0x2000
  dumpedit reduce core.1234 -o small.core.zst --keep libc+0x1d2000..+0x1000 --around-pointers 1024
  dumpedit reduce core.1234 -o small.core --oracle 'gdb -batch -ex bt ./program \"$DUMP\" | grep -q handle_request'

What stays: the threads with their registers, their stacks from the stack pointer on and those that frames lead to, the code
around each program counter, what stacks and registers point at, headers and build ids of modules, what is writable of their mapped files, the dynamic
linker's list of modules, the crash, and every stream and note; of a core, the whole pages of these. All other memory is dropped.
In a core it is mapped no more, so that debuggers cannot read it rather than read zeros; a minidump still tells where it was
mapped. Where dumpedit knows no registers of the threads, all memory stays.

CMD is run by the shell on one candidate after the other, whose path is in the variable DUMP; a CMD that does not mention
$DUMP gets it as its last argument. Exit code 0 means that the candidate still serves. Where what is described above does not
serve, more is tried first, up to the whole dump. Then threads, regions and pages are dropped until none can be dropped alone.
Ctrl-C ends that, and the run of CMD with it: OUT is then the smallest dump that CMD has accepted, and the exit code is 1.")]
    Reduce(ReduceArguments),
    /// List the machines whose registers are known
    #[command(after_help = "\
Examples:
  dumpedit machines
  dumpedit machines --json | jq -r '.[] | select(.machine == \"ppc64\")'

Checked against, from the strongest on: an independent tool that shows a real dump's registers alike; a real dump, the sample; \
a dump made from a description, whose registers another program shows alike; a dump that an emulator wrote; the header of the system that writes such dumps.")]
    Machines,
    /// Print this, the help of a verb, or the page of the notation
    #[command(after_help = "\
Examples:
  dumpedit help write
  dumpedit help notation               # AT, RANGE, VALUE, NUMBER, REG, T and C")]
    Help {
        /// A verb, or notation
        topic: Option<String>,
    },
    /// Print the completions for a shell
    #[command(after_help = "\
The shell then completes verbs and options, and what the dump on the line has: registers, threads, modules and regions.

Examples:
  dumpedit completions bash > ~/.local/share/bash-completion/completions/dumpedit
  dumpedit completions zsh > ~/.zfunc/_dumpedit           # a folder of fpath
  dumpedit completions fish > ~/.config/fish/completions/dumpedit.fish
  dumpedit completions powershell >> $PROFILE")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or a verb's
    #[command(after_help = "\
Examples:
  dumpedit man | man -l -
  dumpedit man notation | man -l -
  dumpedit man --all ~/.local/share/man/man1    # then: man dumpedit, man dumpedit-write, man dumpedit-notation")]
    Man {
        /// The verb, or notation
        verb: Option<String>,
        /// Write every page into this folder, which must exist; beside a folder man1, dumpedit-notation(7) goes into man7
        #[arg(long, value_name = "FOLDER", conflicts_with = "verb")]
        all: Option<PathBuf>,
    },
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
            _ => None,
        }
    }

    /// The same, to be changed, of what edits: `find` does only where it replaces.
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
            _ => None,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DumpArgument {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RegionsArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Draw the address space: what is captured, what is only mapped, stacks, modules, and holes folded
    #[arg(long, conflicts_with = "json")]
    pub(crate) map: bool,
}

#[derive(Debug, Default, Args)]
pub(crate) struct ThreadArguments {
    /// The thread: an id, index:N, name:NAME, or crashed [default: the crashed one, else the only one, else for reads the first]
    #[arg(long, value_name = "T", add = completion::threads())]
    pub(crate) thread: Option<String>,

    /// Which of the thread's context records
    #[arg(long, value_enum, default_value_t, value_name = "C")]
    pub(crate) context: RecordArgument,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecordArgument {
    /// The exception's for its thread, else the thread's; edits change both where they agree on pc and sp
    #[default]
    Auto,
    /// The thread's own record
    Thread,
    /// The exception's record
    Exception,
    /// Both records
    Both,
    /// The 32-bit record of a WOW64 thread, which lies in memory
    Wow64,
}

impl ThreadArguments {
    /// The record, where it is another than the effective one.
    pub(crate) fn record(&self) -> Option<RecordChoice> {
        Some(self.context.into()).filter(|_| self.context != RecordArgument::Auto)
    }
}

impl From<RecordArgument> for RecordChoice {
    fn from(argument: RecordArgument) -> Self {
        match argument {
            RecordArgument::Auto => RecordChoice::Auto,
            RecordArgument::Thread => RecordChoice::Thread,
            RecordArgument::Exception => RecordChoice::Exception,
            RecordArgument::Both => RecordChoice::Both,
            RecordArgument::Wow64 => RecordChoice::Wow64,
        }
    }
}

#[derive(Debug, Args)]
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

/// What happens where nothing is asked for, as by a variable of the shell that is not set.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct EmptyArgument {
    /// Let a value or a range be empty, and do nothing; else that is an error
    #[arg(long)]
    pub(crate) allow_empty: bool,
}

#[derive(Debug, Args)]
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
pub(crate) struct ThreadsArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The thread: an id, index:N, name:NAME, crashed, or all [default: all]
    #[arg(long, value_name = "T", add = completion::threads())]
    pub(crate) thread: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ReadArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// The stretch to read, or an AT: 64 bytes from there, or with --as a number
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
pub(crate) struct FindArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// What to look for
    #[arg(required = true, value_name = "PATTERN", add = completion::values())]
    pub(crate) patterns: Vec<String>,
    /// Only in this stretch of memory
    #[arg(long, value_name = "RANGE", add = completion::ranges())]
    pub(crate) range: Option<String>,
    /// Only on a thread's stack: from its stack pointer, or above the guard page that this is in, to the end of the mapping
    /// around it, or where the dump lists none, of the captured memory
    #[arg(long, value_name = "T", conflicts_with = "range", add = completion::threads())]
    pub(crate) stack_of: Option<String>,
    /// Only at addresses that are a multiple of N
    #[arg(long, value_name = "N")]
    pub(crate) align: Option<String>,
    /// The first N matches only
    #[arg(long, value_name = "N")]
    pub(crate) max: Option<String>,
    /// Small letters and capitals of texts and expressions are the same
    #[arg(short, long)]
    pub(crate) ignore_case: bool,
    /// Say how many there are, and not where
    #[arg(long, conflicts_with = "replacement")]
    pub(crate) count: bool,
    /// Write this over every match, as one edit; of matches that overlap, over the first
    #[arg(long, value_name = "VALUE", group = "replacement", add = completion::values())]
    pub(crate) replace: Option<String>,
    /// Fill what is left of a longer match with this byte: 00, 20
    #[arg(long, value_name = "BYTE", requires = "replace", conflicts_with = "mask")]
    pub(crate) pad: Option<String>,
    /// Write this letter over all of every match, whatever its length
    #[arg(long, value_name = "CHAR", group = "replacement")]
    pub(crate) mask: Option<String>,
    #[command(flatten)]
    pub(crate) empty: EmptyArgument,
    /// Make a partial write an error that changes nothing
    #[arg(long, requires = "replacement")]
    pub(crate) all_or_nothing: bool,
    /// Write memory even where it shares its bytes with the dump's own structures
    #[arg(long, requires = "replacement")]
    pub(crate) allow_structure: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
pub(crate) struct StringsArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Only in this stretch of memory
    #[arg(long, value_name = "RANGE", add = completion::ranges())]
    pub(crate) range: Option<String>,
    /// The least letters of a text
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) min: String,
    /// Which texts
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    pub(crate) encoding: Texts,
    #[command(flatten)]
    pub(crate) thread: ThreadArguments,
}

/// The texts that `strings` lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Texts {
    /// Of one byte a letter, and of two
    #[default]
    All,
    /// Of one byte a letter
    Ascii,
    /// Of two bytes a letter
    Utf16,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// A minidump or core file, compressed or not; - is standard input
    pub(crate) a: PathBuf,
    /// Another one
    pub(crate) b: PathBuf,
    /// Print an edit script that turns A into B
    #[arg(long, conflicts_with_all = ["json", "max"])]
    pub(crate) script: bool,
    /// Compare this stretch of memory only, and no registers; @REG is A's
    #[arg(long, add = completion::ranges())]
    pub(crate) range: Option<String>,
    /// Compare these only: memory, registers, outside (notes, streams, header fields, modules, crashes)
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',', conflicts_with_all = ["range", "script"])]
    pub(crate) only: Vec<Compared>,
    /// Show at most N differences of each kind: of memory, of registers, ranges and threads of one side, outside; all are
    /// counted [default: 64 of the first two, 16 of the others; with --json: all]
    #[arg(long, value_name = "N")]
    pub(crate) max: Option<u64>,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

/// What `diff` compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compared {
    /// The captured memory
    Memory,
    /// The registers of the threads, and which threads there are
    Registers,
    /// Notes, streams, header fields, modules and crashes
    Outside,
}

impl DiffArguments {
    /// Whether something is to be compared.
    pub(crate) fn compares(&self, what: Compared) -> bool {
        match &self.range {
            Some(_) => what == Compared::Memory,
            None => self.only.is_empty() || self.only.contains(&what),
        }
    }
}

/// How long a command waits for others.
#[derive(Debug, Args)]
pub(crate) struct WaitArgument {
    /// Wait this long for another process that edits the dump, or, where this one edits it in place, copies it
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) wait: Duration,
}

/// A size in bytes: as a length, or with K, M, G or T behind it, the powers of 1024.
fn size(text: &str) -> Result<u64, String> {
    const UNITS: [char; 4] = ['K', 'M', 'G', 'T'];
    let unit = UNITS.iter().zip(1u32..).find(|(unit, _)| text.ends_with(**unit));
    let (digits, power) = unit.map_or((text, 0), |(unit, power)| (text.trim_end_matches(*unit), power));
    let size = dumpedit::notation::length(digits).map_err(|error| error.to_string())?;
    size.checked_mul(1 << (10 * power)).ok_or_else(|| "that is more bytes than there can be".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("files").multiple(true))]
pub(crate) struct EditArguments {
    #[command(flatten)]
    pub(crate) thread: ThreadArguments,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Leave the dump alone and write an edited copy; OUT.zst, .gz, .xz and .lz4 are packed, - is standard output
    /// (the report then goes to standard error)
    #[arg(short, long, value_name = "OUT", group = "files")]
    pub(crate) output: Option<PathBuf>,
    /// Replace OUT, and the receipt, where they exist
    #[arg(long, requires = "files")]
    pub(crate) overwrite: bool,
    /// Write a record of the edit as JSON: names, sizes, and each edit's place, old and new bytes
    #[arg(long, value_name = "FILE", group = "files", conflicts_with = "dry_run")]
    pub(crate) receipt: Option<PathBuf>,
    /// Put the SHA-256 of the dump, unpacked, before and after into the receipt
    #[arg(long, requires = "receipt")]
    pub(crate) hash: bool,
    /// Keep nothing to take the edit back with
    #[arg(long)]
    pub(crate) no_undo: bool,
    /// Do not wait until the disk has the bytes: for scratch copies
    #[arg(long)]
    pub(crate) no_sync: bool,
}

#[derive(Debug, Args)]
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

/// What the verbs that change memory have in common.
#[derive(Debug, Args)]
pub(crate) struct MemoryArguments {
    /// The old bytes: where they are others, nothing is written
    #[arg(long, value_name = "VALUE", add = completion::values())]
    pub(crate) expect: Vec<String>,
    #[command(flatten)]
    pub(crate) empty: EmptyArgument,
    /// Make a partial write an error that changes nothing
    #[arg(long)]
    pub(crate) all_or_nothing: bool,
    /// Write memory even where it shares its bytes with the dump's own structures
    #[arg(long)]
    pub(crate) allow_structure: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
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

#[derive(Debug, Args)]
pub(crate) struct SetArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Registers and their new values; - reads them from standard input, as debuggers print them
    #[arg(required = true, value_name = "REG=NUMBER", add = completion::assignments())]
    pub(crate) registers: Vec<String>,
    /// The old value of a register: where it is another, nothing is written
    #[arg(long, value_name = "REG=NUMBER", add = completion::assignments())]
    pub(crate) expect: Vec<String>,
    /// As with write; registers are always set whole or not at all
    #[arg(long)]
    pub(crate) all_or_nothing: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
pub(crate) struct UndoArguments {
    /// The minidump or core file
    pub(crate) dump: PathBuf,
    /// The number of the last edit that stays, as log shows it; 0 takes all back [default: all but the latest stay]
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(crate) to: Option<u64>,
    /// Take all edits back
    #[arg(long)]
    pub(crate) all: bool,
    /// Take edits back even where something else has changed the same bytes since
    #[arg(long)]
    pub(crate) discard_later: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

#[derive(Debug, Args)]
pub(crate) struct RedoArguments {
    /// The minidump or core file
    pub(crate) dump: PathBuf,
    /// The number of the last edit that is done again, as log shows it [default: the one that was taken back last]
    #[arg(long, value_name = "N", conflicts_with = "all")]
    pub(crate) to: Option<u64>,
    /// Do all edits again
    #[arg(long)]
    pub(crate) all: bool,
    /// Do edits again even where something else has changed the same bytes since
    #[arg(long)]
    pub(crate) discard_later: bool,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

#[derive(Debug, Args)]
pub(crate) struct LogArguments {
    /// The minidump or core file that was edited in place
    pub(crate) dump: PathBuf,
    /// Say what was checked: every checksum, and every byte that an edit in force wrote
    #[arg(long)]
    pub(crate) verify: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ForgetArguments {
    /// The minidump or core file that was edited in place
    pub(crate) dump: PathBuf,
    /// Keep the latest N edits in force, and what came after them
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) keep: u64,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

#[derive(Debug, Args)]
pub(crate) struct RecoverArguments {
    /// The minidump or core file that was edited in place
    pub(crate) dump: PathBuf,
    /// Put the old bytes back even where something else has changed them since
    #[arg(long)]
    pub(crate) discard_later: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgument,
}

#[derive(Debug, Args)]
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
