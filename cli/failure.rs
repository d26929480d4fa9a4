//! What a failed command tells: a kind for scripts, a sentence, and a hint where there is one.

use std::path::Path;

use clap::error::{ContextKind, ContextValue};
use dumpedit::compressed::{Compressor, UnpackError};
use dumpedit::notation::{Excerpt, PathText, Visible, is_hidden};
use dumpedit::symbols::{SymbolError, TypedError};
use dumpedit::{
    AccessError, CommitError, CommitStep, Correction, Error, Hint, OpenError, SpecialFile, ValueError,
};
use dumpedit_fixtures::{ConvertError, FixtureError, OracleError, Problem};
use dumpedit_scrub::ScrubError;

use crate::help;
use crate::output::text;
use crate::shell;
use crate::symbols::is_without_symbols;

/// Why a name of a symbol is not known.
const SYMBOLS_ARE_OFF: &str =
    "symbols are off, by --no-symbols or DUMPEDIT_SYMBOLS=off: names of symbols and variables mean nothing";

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    /// Of a commit that changed nothing, the name of the step that failed.
    pub(crate) step: Option<&'static str>,
    pub(crate) address: Option<u64>,
    pub(crate) hint: Option<String>,
    /// A text that was given, and what to write in its place.
    pub(crate) instead: Option<Box<Correction>>,
    /// Where in a script or a spec it is.
    pub(crate) place: Option<Box<InText>>,
}

/// A piece of a script or a spec.
#[derive(Debug)]
pub(crate) struct InText {
    pub(crate) file: String,
    /// From 1, as are columns, which count characters.
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) length: usize,
    /// The line with the piece underlined.
    pub(crate) excerpt: Excerpt,
}

impl Failure {
    /// The hint where there is no other.
    pub(crate) const LOOK_UP: &str = "dumpedit --help, or dumpedit VERB --help";

    /// The kind of what ends a command that is only tried out.
    pub(crate) const TRIED: &str = "tried";

    pub(crate) fn new(kind: &'static str, message: impl ToString) -> Self {
        let message = message.to_string();
        Failure { kind, message, step: None, address: None, hint: None, instead: None, place: None }
    }

    /// Arguments that clap refused: what is wrong in one line, and clap's tip where it has one.
    pub(crate) fn usage(mut error: clap::Error) -> Self {
        // Of an argument's hidden letters clap would leave some out, and its line breaks would be taken for clap's own.
        let hidden = |value: &ContextValue| match value {
            ContextValue::String(text) => text.contains(is_hidden).then(|| Visible(text).to_string()),
            _ => None,
        };
        let shown: Vec<(ContextKind, String)> =
            error.context().filter_map(|(kind, value)| Some((kind, hidden(value)?))).collect();
        for (kind, text) in shown {
            error.insert(kind, ContextValue::String(text));
            error.insert(ContextKind::Suggested, ContextValue::None);
        }
        let text = error.to_string();
        let mut paragraphs = text.split("\n\n").map(|lines| {
            lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
        });
        let message = paragraphs.next().unwrap_or_default();
        let rest: Vec<String> = paragraphs.collect();
        let after = |word| rest.iter().find_map(|paragraph| Some(paragraph.strip_prefix(word)?.to_owned()));
        let usage =
            || after("Usage: ").filter(|_| error.kind() == clap::error::ErrorKind::MissingRequiredArgument);
        let given = |kind| error.get(kind).map(ToString::to_string);
        let look = || {
            let verb = given(ContextKind::InvalidSubcommand)?;
            Path::new(&verb).is_file().then(|| format!("dumpedit info {}", shell::word(verb.as_ref())))
        };
        // The last of clap's suggestions is the nearest.
        let suggested = |kind| match error.get(kind)? {
            ContextValue::Strings(names) => names.last().cloned(),
            ContextValue::String(name) => Some(name.clone()),
            _ => None,
        };
        let verb = || {
            let verb = given(ContextKind::InvalidSubcommand)?;
            let named = help::verb_elsewhere(&verb).map(str::to_owned);
            Some(Correction::new(verb, named.or_else(|| suggested(ContextKind::SuggestedSubcommand))?))
        };
        let value = || {
            Some(Correction::new(given(ContextKind::InvalidValue)?, suggested(ContextKind::SuggestedValue)?))
        };
        let option =
            || Some(Correction::new(given(ContextKind::InvalidArg)?, suggested(ContextKind::SuggestedArg)?));
        let instead = verb().or_else(value).or_else(option);
        let meant = || instead.as_ref().map(|meant| format!("did you mean {}?", meant.instead));
        // That a word is not an option helps only where it is something else.
        let is_file = || given(ContextKind::InvalidArg).is_some_and(|word| Path::new(&word).is_file());
        let tip = || after("tip: ").filter(|tip| !tip.starts_with("to pass") || is_file());
        let typed = || {
            let number = given(ContextKind::InvalidArg)?;
            number.parse::<i128>().ok()?;
            Some(format!(
                "a negative number has a type: i8:{number}, i16:{number}, i32:{number}, i64:{number}"
            ))
        };
        let hint = look().or_else(meant).or_else(typed).or_else(tip).or_else(usage);
        Failure {
            hint: hint.or_else(|| Some(Failure::LOOK_UP.to_owned())),
            instead: instead.map(Box::new),
            ..Failure::new("usage", message.strip_prefix("error: ").unwrap_or(&message))
        }
    }

    /// A dump that standard output leads into.
    pub(crate) fn output_is_input(path: &Path) -> Self {
        let name = if path.as_os_str() == "-" { "standard input".into() } else { PathText(path).to_string() };
        Failure::new("usage", format!("standard output leads into {name}, which is the dump itself"))
    }

    /// Standard input cannot be read.
    pub(crate) fn standard_input(cause: std::io::Error) -> Self {
        dumpedit::Error::Input { name: "standard input".to_owned(), cause }.into()
    }

    /// A scrub into the dump itself whose old bytes the journal would keep.
    pub(crate) fn scrub_keeps_secrets() -> Self {
        let message = "in place, the journal would keep the secrets";
        Failure {
            hint: Some("-o OUT writes a scrubbed copy; --no-undo scrubs the dump itself for good".to_owned()),
            ..Failure::new("usage", message)
        }
    }

    /// Standard input that several arguments mean.
    pub(crate) fn standard_input_twice() -> Self {
        Failure::new("usage", "standard input can be read only once")
    }

    /// An output that is to be packed as nothing here packs.
    pub(crate) fn no_compressor(extension: &str) -> Self {
        Failure {
            hint: Some(
                "-o OUT.zst, OUT.gz, OUT.xz or OUT.lz4 is packed, and any other name is not".to_owned(),
            ),
            ..Failure::new("usage", format!("nothing here packs as .{extension}"))
        }
    }

    /// An output whose name does not say what it is to be.
    pub(crate) fn no_container(path: &Path) -> Self {
        Failure {
            hint: Some(
                "--to elf-core or --to minidump says it, and so does -o OUT.core or -o OUT.dmp".to_owned(),
            ),
            ..Failure::new("usage", format!("the name {} does not say what the dump becomes", PathText(path)))
        }
    }

    /// A folder where `describe` writes a file.
    pub(crate) fn folder_for_spec(path: &Path) -> Self {
        Failure {
            hint: Some("--folder writes dump.yaml and its files into a folder".to_owned()),
            instead: Some(Box::new(Correction::new("-o", "--folder"))),
            ..Failure::new(
                "commit",
                format!("{} is a folder, not a file; nothing was written", PathText(path)),
            )
        }
    }

    /// A value, a range or a count of nothing, which mostly is a variable of the shell that is not set.
    pub(crate) fn empty(what: &str) -> Self {
        Failure {
            hint: Some("--allow-empty does nothing, and is not an error".to_owned()),
            ..Failure::new("usage", format!("{what} is empty"))
        }
    }

    /// A verb that there is no page for.
    pub(crate) fn no_such_verb(verb: &str) -> Self {
        Failure {
            hint: Some(
                "dumpedit help lists the verbs; dumpedit help notation is about AT, RANGE and VALUE"
                    .to_owned(),
            ),
            ..Failure::new("usage", format!("there is no verb '{verb}'"))
        }
    }

    /// A range whose length is also given as a count.
    pub(crate) fn two_lengths(range: &str) -> Self {
        Failure {
            hint: Some("leave --count away, or give an AT".to_owned()),
            ..Failure::new("usage", format!("'{range}' has a length already"))
        }
    }

    /// How an edit is to be done, where nothing is edited.
    pub(crate) fn nothing_replaced() -> Self {
        let hint =
            Some("add --replace VALUE or --mask CHAR, or leave the options of an edit away".to_owned());
        Failure { hint, ..Failure::new("usage", "find edits nothing without --replace or --mask") }
    }

    /// A listing whose reader went away.
    pub(crate) fn stopped() -> Self {
        Failure::new("commit", "nobody reads the listing any more")
    }

    /// What ends a command that is only tried out, once it would print something.
    pub(crate) fn tried() -> Self {
        Failure::new(Failure::TRIED, "tried out")
    }

    /// Binary data that would be typed in, or shown.
    pub(crate) fn terminal(what: &str, instead: &str) -> Self {
        Failure {
            hint: Some(instead.to_owned()),
            ..Failure::new("usage", format!("{what} is a terminal, not a dump"))
        }
    }

    /// A dump that cannot be read any more, beside another one.
    pub(crate) fn of_dump(path: &Path, error: Error) -> Self {
        let failure = Failure::from(error);
        Failure { message: format!("{}: {}", PathText(path), failure.message), ..failure }
    }

    /// A dump from standard input that should be edited in place.
    pub(crate) fn no_file_to_edit() -> Self {
        Failure {
            hint: Some("add -o OUT for a file, or -o - for standard output".to_owned()),
            ..Failure::new("usage", "a dump from standard input cannot be edited in place")
        }
    }

    /// A compressed dump that should be edited in place, and the command that edits a copy.
    pub(crate) fn compressed(path: &Path, compressor: Compressor, command: &str) -> Self {
        let path = PathText(path);
        let message = format!(
            "{path} is compressed with {compressor} and cannot be edited in place; write an edited copy: {command}"
        );
        Failure::new("format", message)
    }

    /// A file or a stream that is not a dump, or could not be read to its end.
    pub(crate) fn unpacking(name: &str, error: UnpackError) -> Self {
        let within =
            error.compressor().map_or(String::new(), |compressor| format!(" (compressed with {compressor})"));
        match error {
            UnpackError::TooLarge { most, .. } => Failure {
                hint: Some("--max-unpacked SIZE allows more, such as 256G".to_owned()),
                ..Failure::new(
                    "open",
                    format!("{name}{within} is too large: it has more than {}", text::size(most.into())),
                )
            },
            UnpackError::ShortOfMemory { compressor } => {
                let instead = match compressor {
                    Compressor::Xz => "xz -dc",
                    _ => "zstd -dc --long=31",
                };
                let file = if name == "standard input" { "" } else { name };
                Failure {
                    hint: Some(format!(
                        "--max-window SIZE allows more, such as 2G, or let it be unpacked: {} | dumpedit ... -",
                        format!("{instead} {file}").trim_end()
                    )),
                    ..Failure::new(
                        "open",
                        format!("{name}{within} needs more memory to be unpacked than it may have"),
                    )
                }
            }
            UnpackError::Broken { cause, .. } => {
                Failure::new("format", format!("{name}{within} cannot be unpacked: {cause}"))
            }
            UnpackError::Open { cause: OpenError::Stream { cause }, .. } => {
                Failure::new("open", format!("{name}{within} cannot be read: {cause}"))
            }
            // These name the file.
            UnpackError::Open {
                cause: error @ (OpenError::Io { .. } | OpenError::NotAFile { .. } | OpenError::Format { .. }),
                ..
            } => error.into(),
            UnpackError::Open { cause, .. } => {
                let failure = Failure::from(cause);
                Failure { message: format!("{name}{within}: {}", failure.message), ..failure }
            }
            error => Failure::new("open", format!("{name}: {error}")),
        }
    }

    /// OUT or a receipt that has no place of its own.
    pub(crate) fn name_in_use(problem: &str) -> Self {
        Failure::new("usage", problem)
    }

    /// A spec, whose text is called `name`, that is wrong somewhere.
    pub(crate) fn spec(error: FixtureError, name: &str, text: &str) -> Self {
        let place = error.place(text).zip(error.excerpt(text)).map(|(place, excerpt)| InText {
            file: name.to_owned(),
            line: index(place.line),
            column: index(place.column),
            length: index(place.length),
            excerpt,
        });
        let message = match &place {
            Some(InText { line, column, .. }) => format!("{name}:{line}:{column}: {error}"),
            None => format!("{name}: {error}"),
        };
        Failure { message, place: place.map(Box::new), ..Failure::from(error) }
    }

    /// A file or a folder that could not be read or made.
    pub(crate) fn file(kind: &'static str, what: &str, path: &Path, error: &dyn std::fmt::Display) -> Self {
        Failure::new(kind, format!("cannot {what} {}: {error}", PathText(path)))
    }

    /// Arguments that miss something.
    pub(crate) fn misses(what: &str, hint: &str) -> Self {
        Failure { hint: Some(hint.to_owned()), ..Failure::new("usage", what) }
    }

    /// Output that could not be written.
    pub(crate) fn output(error: &std::io::Error) -> Self {
        Failure::new("commit", format!("cannot write standard output: {error}"))
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let error = match error {
            OpenError::InPlace(error) => return error.into(),
            error => error,
        };
        let kind = match &error {
            OpenError::Format { .. } | OpenError::Bytes(_) => "format",
            _ => "open",
        };
        let hint = match &error {
            OpenError::NotAFile { kind: SpecialFile::Pipe, path } => Some(format!(
                "dumpedit reads a pipe as -: dumpedit ... - < {}",
                shell::word(path.as_os_str())
            )),
            _ => None,
        };
        Failure { hint, ..Failure::new(kind, error) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let of_kind = match &error {
            Error::Value(ValueError::WrongLength { length, given, .. }) if given < length => {
                Some("--pad BYTE fills up what is shorter, and --mask CHAR covers every length")
            }
            Error::Value(ValueError::WrongLength { .. }) => Some("--mask CHAR covers every length"),
            Error::NoSuchModule { symbols: Some(symbols), .. } if !symbols.without.is_empty() => {
                Some("--symbols DIR or --sysroot DIR leads to the files of the modules")
            }
            Error::NoSuchVariable { error, .. } if !error.without().is_empty() => {
                Some("--symbols DIR or --sysroot DIR leads to the files of the modules")
            }
            Error::NoSymbols { .. } => Some(SYMBOLS_ARE_OFF),
            Error::NoSuchModule { meant: None, .. }
            | Error::Access(AccessError::NoSuchRegister { similar: None, .. })
                if is_without_symbols() =>
            {
                Some(SYMBOLS_ARE_OFF)
            }
            Error::PastObject { .. } => {
                Some("where shows its address, from which a write goes on as far as it may")
            }
            Error::Typed(error) => of_path(error),
            Error::Symbol(error @ SymbolError::Unsure { .. }) if error.met_other_builds() => Some(
                "MODULE!NAME is the one of a module; --symbols DIR or --sysroot DIR leads to the files of the same build, and --trust-symbols takes these",
            ),
            Error::Symbol(SymbolError::Unsure { .. }) => Some("MODULE!NAME is the one of a module"),
            Error::Symbol(
                SymbolError::Several { .. } | SymbolError::OfFunctions { .. } | SymbolError::OtherFile { .. },
            ) => Some("each is a place as it is listed, in quotes of the shell"),
            _ => None,
        };
        let meant = match &error {
            Error::NoSuchVariable { similar: Some(similar), .. } => Some(format!("did you mean {similar}?")),
            _ => None,
        };
        Failure {
            address: error.address(),
            hint: of_builds(&error)
                .or_else(|| error.hint().and_then(worded))
                .or(meant.as_deref().map(on_one_line))
                .or(of_kind.map(str::to_owned)),
            instead: error.correction().map(Box::new),
            ..Failure::new(error.kind(), error)
        }
    }
}

impl From<FixtureError> for Failure {
    fn from(error: FixtureError) -> Self {
        let of_problem = match error.problem() {
            Problem::Outside { .. } => Some("--allow-outside lets the spec read it"),
            Problem::TooLarge { .. } => Some("--max-size lets it have more"),
            Problem::SpecTooLarge { .. } => Some("describe --max-size lets it hold more"),
            _ => None,
        };
        let hint = error.hint().and_then(worded).or(of_problem.map(str::to_owned));
        Failure { hint, ..Failure::new(error.kind(), error) }
    }
}

impl From<ConvertError> for Failure {
    fn from(error: ConvertError) -> Self {
        let hint = match error {
            ConvertError::Fixture(error) => return error.into(),
            ConvertError::Same { .. } => Some("reduce and describe make other dumps of one container"),
            ConvertError::Lossy { .. } => {
                Some("without --strict the dump is written, and what it lacks is listed")
            }
            _ => None,
        };
        Failure {
            hint: hint.map(str::to_owned),
            ..Failure::new(error.kind(), format!("{error}; nothing was written"))
        }
    }
}

impl From<ScrubError> for Failure {
    fn from(error: ScrubError) -> Self {
        match error {
            ScrubError::Dump(error) => error.into(),
            ScrubError::Cancelled => Failure::stopped(),
            error => Failure::new("usage", error),
        }
    }
}

impl From<OracleError> for Failure {
    fn from(error: OracleError) -> Self {
        let (kind, hint) = match error {
            OracleError::Fixture(error) => return error.into(),
            OracleError::Refused => ("oracle", Some("run CMD on the dump itself: does it exit with 0?")),
            OracleError::Unasked(_) => ("oracle", Some("CMD is a shell command; the dump's path is $DUMP")),
            OracleError::Interrupted => ("oracle", None),
            _ => ("commit", None),
        };
        Failure {
            hint: hint.map(str::to_owned),
            ..Failure::new(kind, format!("{error}; nothing was written"))
        }
    }
}

impl From<dumpedit::AccessError> for Failure {
    fn from(error: dumpedit::AccessError) -> Self {
        Error::from(error).into()
    }
}

impl From<CommitError> for Failure {
    fn from(error: CommitError) -> Self {
        let hint = match &error {
            CommitError::OutputExists { .. } => Some("--overwrite replaces it".to_owned()),
            CommitError::Interrupted { path } => {
                Some(format!("dumpedit recover {} brings it to an end", shell::path(path)))
            }
            CommitError::NotRecovered { path, journal, .. } => Some(format!(
                "dumpedit recover {} --discard-later puts the old bytes back all the same; if the dump is right as it \
                 is, remove {}",
                shell::path(path),
                shell::word(journal.as_os_str())
            )),
            CommitError::OtherJournal { path, .. } => Some(format!(
                "dumpedit forget {} removes it; undo --discard-later uses it all the same",
                shell::path(path)
            )),
            CommitError::NotAJournal { path, .. } => Some(format!(
                "move {} away, or write an edited copy elsewhere with -o OUT",
                shell::word(path.as_os_str())
            )),
            CommitError::Unfinished { path: Some(path), journal: Some(journal), .. } => Some(format!(
                "keep {}: dumpedit recover {} brings the dump back with it",
                shell::word(journal.as_os_str()),
                shell::path(path)
            )),
            CommitError::OutputNotAFile { kind: SpecialFile::Pipe | SpecialFile::Device, .. } => {
                Some("-o - writes to standard output".to_owned())
            }
            _ => error.hint().and_then(worded),
        };
        Failure { hint, step: error.step().map(CommitStep::name), ..Failure::new(error.kind(), error) }
    }
}

impl From<dumpedit::notation::NotationError> for Failure {
    fn from(error: dumpedit::notation::NotationError) -> Self {
        Error::from(error).into()
    }
}

/// What to try where a path leads nowhere.
fn of_path(error: &TypedError) -> Option<&'static str> {
    match error {
        TypedError::NoType { .. } => {
            Some("--symbols DIR leads to debug information; read shows the bytes, and write changes them")
        }
        TypedError::OfBitField { .. } => Some("print shows it, and set changes it"),
        TypedError::OfMereValue { .. } => Some("print shows it"),
        TypedError::SeveralTypes { modules, .. } if modules.len() > 1 => {
            Some("{MODULE!TYPE}ADDRESS has the type of a module")
        }
        TypedError::NoPointer { .. } => Some("without the *, it is the value itself"),
        TypedError::Path(_) => Some("a path is NAME, .MEMBER, ->MEMBER, [INDEX], *PATH and &PATH"),
        _ => None,
    }
}

/// A hint where the files that were found are of another build, which comes before all that a slip may have meant.
fn of_builds(error: &Error) -> Option<String> {
    let met_other_builds = match error {
        Error::NoSuchModule { symbols: Some(symbols), .. } => symbols.met_other_builds,
        Error::NoSuchVariable { error, .. } => error.met_other_builds(),
        _ => false,
    };
    let hint = "--symbols DIR or --sysroot DIR leads to the files of the same build, and --trust-symbols takes these";
    met_other_builds.then(|| hint.to_owned())
}

/// A hint in the words of the command line.
fn worded(hint: Hint) -> Option<String> {
    let words = match hint {
        Hint::Write(words) => return Some(on_one_line(&words)),
        Hint::FirstThreadOf { debugger, number } => {
            return Some(format!("{debugger}'s thread {number} is index:0"));
        }
        Hint::AllowStructure => {
            "--allow-structure writes there all the same; the dump may not open afterwards"
        }
        Hint::WriteThere => "write changes what is there",
        Hint::ThreadByIndex => "--thread index:N takes one of them",
        Hint::NameThread => "--thread TID says whose registers are meant",
        Hint::Repair => "dumpedit repair mends its tables; or -o OUT writes the dump whole",
        Hint::WriteWhole => "-o OUT writes the dump whole",
        Hint::DropFirst => "put the lines that drop in front, or drop by a command of its own",
        Hint::ShorterRepetitions => "shorten the repetitions in the pattern",
        Hint::FewerAddresses => "give fewer addresses with --range",
        Hint::MemoryAndRegistersOnly => "--only memory,registers compares the rest",
        Hint::PassOver => {
            "only a line that says what was there before can; --keep-going takes back the others"
        }
        Hint::ApplyScript => {
            "registers and their values are read here; dumpedit apply DUMP - does all that a script can"
        }
        Hint::NameLost => "the file that was edited is no longer there under this name",
        Hint::CopyElsewhere => "-o OUT writes an edited copy elsewhere, without a journal",
        Hint::OpenAgain => "open the dump and edit it again",
        Hint::DiscardLater => "--discard-later takes the changes back all the same",
        Hint::EditInPlace => "leave -o away to edit it in place",
        _ => return None,
    };
    Some(words.to_owned())
}

/// A hint that may hold somebody else's words. Only a command's line breaks are shown as they are.
fn on_one_line(hint: &str) -> String {
    Visible(hint).to_string()
}

/// A line's or a column's number.
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
