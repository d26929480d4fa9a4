//! Arguments of the verbs that search memory.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::{EditArguments, EmptyArgument, ThreadArguments};
use crate::completion;

#[derive(Debug, Args)]
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
  dumpedit find core.1234 text:hunter2 --everywhere --replace text:xxxxxxx
  dumpedit find core.1234 're:token=[0-9a-f]+' 're16:token=[0-9a-f]+' --mask x

PATTERN is hex bytes with wildcards, or a VALUE (u32:7, ptr:AT, str:TEXT, utf16:TEXT, file:PATH), or text:TEXT, which is
found in UTF-8 and in UTF-16, or re:REGEX, a regular expression over bytes (\\xff is that byte), or re16:REGEX, one over
letters in UTF-16, without ^, $ and \\b. Matches of expressions have up to 256 KiB. UTF-16 is in the target's byte order; text
in the other order is not found. --ignore-case is for texts and expressions (of re: for the letters of ASCII); bytes and
numbers stay as they are.

Memory is searched as the process saw it: a match may lie in regions that are adjacent there and apart in the file, and
never crosses a gap. Matches of fixed length may overlap, those of an expression or of --ignore-case do not. Memory that is
mapped but not in the dump is passed over, and said.

--everywhere tells a match that is no memory by its place, such as note.psargs+0x4, stream[LinuxEnviron]+0x10, reg:rbx or \
offset:0x40, which write takes: with --allow-structure where that is printed behind it.

--replace writes a VALUE over every match, which is as long or is filled up with --pad; text:TEXT is written in the
encoding of each match, and so are the byte of --pad and the letter of --mask, which take two bytes in UTF-16.
With --json each match is a document on a line of its own (with --count and --replace there is one).

Exit codes: 0 found, 1 nothing found, 2 an error.")]
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
    /// In the rest of the file, too: registers, notes, streams, names and headers, where they are not memory
    #[arg(long, conflicts_with_all = ["range", "stack_of", "align"])]
    pub(crate) everywhere: bool,
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
    /// Write over matches in the dump's own structures, and memory that shares its bytes with them
    #[arg(long, requires = "replacement")]
    pub(crate) allow_structure: bool,
    #[command(flatten)]
    pub(crate) edit: EditArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dumpedit strings core.1234 --min 8
  dumpedit strings crash.dmp --encoding utf16 --json
  dumpedit strings core.1234 --range @rsp..+0x4000

A text is printable ASCII, or UTF-16 of such letters in the target's byte order. All captured memory is looked at; a text may
lie in regions that are adjacent there, and never crosses a gap. Texts are listed where they end, so that two that begin
close to one another may stand in the other order. With --json each text is a document on a line of its own.

Exit codes: 0 found, 1 nothing found, 2 an error.")]
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
