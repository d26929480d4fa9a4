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
  dumpedit find core.1234 text:hunter2 -i                    # UTF-8 and UTF-16, upper and lower case
  dumpedit find core.1234 text:hunter2 --replace text:xxxxxxx --dry-run
  dumpedit find core.1234 text:hunter2 --replace text:none --pad 00
  dumpedit find core.1234 text:hunter2 --everywhere --replace text:xxxxxxx
  dumpedit find core.1234 're:token=[0-9a-f]+' 're16:token=[0-9a-f]+' --mask x

PATTERN is hex bytes with wildcards; a VALUE (u32:7, ptr:AT, str:TEXT, utf16:TEXT, file:PATH); text:TEXT, which matches UTF-8 and UTF-16; \
re:REGEX, a regular expression over bytes (\\xff is that byte); or re16:REGEX, one over UTF-16 letters, without ^, $ and \\b. A match of an \
expression has at most 256 KiB. UTF-16 is in the byte order of the target. --ignore-case applies to text and expressions (for re: only to \
ASCII letters), not to bytes and numbers.

find searches memory as the process saw it: a match may cross regions that are adjacent in memory and apart in the file, and never crosses \
a gap. Matches of fixed length may overlap; matches of an expression or of --ignore-case do not. find reports the memory that is mapped but \
not in the dump.

--everywhere gives the place of a match outside memory, such as note.psargs+0x4, stream[LinuxEnviron]+0x10, reg:rbx or offset:0x40. write \
takes these places, with --allow-structure if the line says so.

--replace writes a VALUE over every match; it must be as long as the match, or --pad fills the rest. text:TEXT is written in the encoding \
of each match, and so are the byte of --pad and the letter of --mask, which take two bytes in UTF-16. With --json, each match is a document \
on its own line; --count and --replace print one document.

Exit codes: 0 found, 1 nothing found, or matches left alone by --replace, 2 an error.")]
pub(crate) struct FindArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Patterns to find
    #[arg(required = true, value_name = "PATTERN", add = completion::values())]
    pub(crate) patterns: Vec<String>,
    /// Search only this range of memory
    #[arg(long, value_name = "RANGE", add = completion::ranges())]
    pub(crate) range: Option<String>,
    /// Search only the stack of a thread: from its stack pointer (or the end of the guard page that it is in) to the end of the
    /// mapping, or of the captured memory if the dump lists no mappings
    #[arg(long, value_name = "T", conflicts_with = "range", add = completion::threads())]
    pub(crate) stack_of: Option<String>,
    /// Report only matches at multiples of N
    #[arg(long, value_name = "N")]
    pub(crate) align: Option<String>,
    /// Stop after N matches
    #[arg(long, value_name = "N")]
    pub(crate) max: Option<String>,
    /// Ignore the case of letters in text and expressions
    #[arg(short, long)]
    pub(crate) ignore_case: bool,
    /// Also search the rest of the file: registers, notes, streams, names and headers
    #[arg(long, conflicts_with_all = ["range", "stack_of", "align"])]
    pub(crate) everywhere: bool,
    /// Print only the number of matches
    #[arg(long, conflicts_with = "replacement")]
    pub(crate) count: bool,
    /// Write this over every match, as one edit; of overlapping matches, over the first
    #[arg(long, value_name = "VALUE", group = "replacement", add = completion::values())]
    pub(crate) replace: Option<String>,
    /// Fill the rest of a longer match with this byte: 00, 20
    #[arg(long, value_name = "BYTE", requires = "replace", conflicts_with = "mask")]
    pub(crate) pad: Option<String>,
    /// Write this letter over every letter of every match
    #[arg(long, value_name = "CHAR", group = "replacement")]
    pub(crate) mask: Option<String>,
    #[command(flatten)]
    pub(crate) empty: EmptyArgument,
    /// Fail and change nothing instead of a partial write
    #[arg(long, requires = "replacement")]
    pub(crate) all_or_nothing: bool,
    /// Also write over matches in the dump's own structures
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

A string is printable ASCII, or the same characters in UTF-16 of the target's byte order. strings searches all captured memory; a string \
may cross adjacent regions and never crosses a gap. Strings are listed in the order of their ends, so two that overlap may be listed in \
the opposite order of their starts. With --json, each string is a document on its own line.

Exit codes: 0 found, 1 nothing found, 2 an error.")]
pub(crate) struct StringsArguments {
    /// The minidump or core file, compressed or not; - is standard input
    pub(crate) dump: PathBuf,
    /// Search only this range of memory
    #[arg(long, value_name = "RANGE", add = completion::ranges())]
    pub(crate) range: Option<String>,
    /// Minimum length of a string, in characters
    #[arg(long, value_name = "N", default_value = "4")]
    pub(crate) min: String,
    /// Encoding of the strings
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    pub(crate) encoding: Texts,
    #[command(flatten)]
    pub(crate) thread: ThreadArguments,
}

/// The texts that `strings` lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Texts {
    /// ASCII and UTF-16
    #[default]
    All,
    /// One byte per character
    Ascii,
    /// Two bytes per character
    Utf16,
}
