//! A failed command: a kind for scripts, a sentence, and an optional hint.

mod hints;

use std::path::Path;

use clap::error::{ContextKind, ContextValue};
use dumpedit::compressed::{Compressor, UnpackError};
use dumpedit::notation::{Excerpt, PathText, Visible, is_hidden};
use dumpedit::{Correction, Error, OpenError};
use dumpedit_fixtures::FixtureError;

use crate::help;
use crate::output::text;
use crate::shell;

/// Reason why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    /// Name of the failed step of a commit that changed nothing.
    pub(crate) step: Option<&'static str>,
    pub(crate) address: Option<u64>,
    pub(crate) hint: Option<String>,
    /// A given text and its correction.
    pub(crate) instead: Option<Box<Correction>>,
    /// Place in a script or a spec.
    pub(crate) place: Option<Box<InText>>,
}

/// A place in a script or a spec.
#[derive(Debug)]
pub(crate) struct InText {
    pub(crate) file: String,
    /// The line, from 1. The column counts characters, from 1.
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) length: usize,
    /// The line with the faulty part underlined.
    pub(crate) excerpt: Excerpt,
}

impl Failure {
    /// The default hint.
    pub(crate) const LOOK_UP: &str = "dumpedit --help, or dumpedit VERB --help";

    /// Kind of the failure that ends the trial of a command.
    pub(crate) const TRIED: &str = "tried";

    pub(crate) fn new(kind: &'static str, message: impl ToString) -> Self {
        let message = message.to_string();
        Failure { kind, message, step: None, address: None, hint: None, instead: None, place: None }
    }

    /// Arguments that clap refused: the mistake in one line, and clap's tip if it has one.
    pub(crate) fn usage(mut error: clap::Error) -> Self {
        // clap would drop some hidden letters of an argument, and its line breaks would look like those of clap.
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
        // The tip to pass a word as a value helps only if the word is a file.
        let is_file = || given(ContextKind::InvalidArg).is_some_and(|word| Path::new(&word).is_file());
        let tip = || after("tip: ").filter(|tip| !tip.starts_with("to pass") || is_file());
        let typed = || {
            let number = given(ContextKind::InvalidArg).filter(|word| word.starts_with('-'))?;
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

    /// Standard output is the dump itself.
    pub(crate) fn output_is_input(path: &Path) -> Self {
        let name = if path.as_os_str() == "-" { "standard input".into() } else { PathText(path).to_string() };
        Failure::new("usage", format!("standard output goes to {name}, which is the dump itself"))
    }

    /// Standard input cannot be read.
    pub(crate) fn standard_input(cause: std::io::Error) -> Self {
        dumpedit::Error::Input { name: "standard input".to_owned(), cause }.into()
    }

    /// A scrub in place; the journal would keep the old bytes.
    pub(crate) fn scrub_keeps_secrets() -> Self {
        let message = "in place, the journal would keep the secrets";
        Failure {
            hint: Some("-o OUT writes a scrubbed copy; --no-undo scrubs the dump itself for good".to_owned()),
            ..Failure::new("usage", message)
        }
    }

    /// A scrubbed copy that would be the dump itself.
    pub(crate) fn scrub_onto_itself() -> Self {
        Failure {
            hint: Some("name another file; --no-undo without -o scrubs the dump itself for good".to_owned()),
            ..Failure::new("usage", "OUT and the dump are the same file")
        }
    }

    /// A report on standard output, where the scrubbed dump goes.
    pub(crate) fn report_among_bytes() -> Self {
        Failure {
            hint: Some("write the report to a file".to_owned()),
            ..Failure::new("usage", "the scrubbed dump and the report cannot both go to standard output")
        }
    }

    /// A scrub in place of a dump whose journal keeps old bytes of earlier edits.
    pub(crate) fn scrub_beside_journal(dump: &Path) -> Self {
        let message = "the journal keeps bytes that earlier edits wrote over, and may keep secrets";
        Failure {
            hint: Some(format!(
                "dumpedit forget {} removes them; -o OUT writes a scrubbed copy",
                shell::path(dump)
            )),
            ..Failure::new("usage", message)
        }
    }

    /// Several arguments that read standard input.
    pub(crate) fn standard_input_twice() -> Self {
        Failure::new("usage", "standard input can be read only once")
    }

    /// An output with an unsupported compression.
    pub(crate) fn no_compressor(extension: &str) -> Self {
        Failure {
            hint: Some(
                "-o OUT.zst, OUT.gz, OUT.xz or OUT.lz4 compresses the output; other names do not".to_owned(),
            ),
            ..Failure::new("usage", format!("compression as .{extension} is not supported"))
        }
    }

    /// An output whose name does not determine the container.
    pub(crate) fn no_container(path: &Path) -> Self {
        Failure {
            hint: Some(
                "give --to elf-core or --to minidump, or name the output OUT.core or OUT.dmp".to_owned(),
            ),
            ..Failure::new(
                "usage",
                format!("the name {} does not give the format of the new dump", PathText(path)),
            )
        }
    }

    /// A folder as the file that `describe` writes.
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

    /// An empty value, range or count, usually from an unset shell variable.
    pub(crate) fn empty(what: &str) -> Self {
        Failure {
            hint: Some("--allow-empty accepts it and does nothing".to_owned()),
            ..Failure::new("usage", format!("{what} is empty"))
        }
    }

    /// A verb without a help page.
    pub(crate) fn no_such_verb(verb: &str) -> Self {
        Failure {
            hint: Some(
                "dumpedit help lists the verbs; dumpedit help notation explains AT, RANGE and VALUE"
                    .to_owned(),
            ),
            ..Failure::new("usage", format!("there is no verb '{verb}'"))
        }
    }

    /// A range with a length and a count.
    pub(crate) fn two_lengths(range: &str) -> Self {
        Failure {
            hint: Some("remove --count, or give an AT".to_owned()),
            ..Failure::new("usage", format!("'{range}' has a length already"))
        }
    }

    /// Edit options without an edit.
    pub(crate) fn nothing_replaced() -> Self {
        let hint = Some("add --replace VALUE or --mask CHAR, or remove the options of edits".to_owned());
        Failure { hint, ..Failure::new("usage", "find edits nothing without --replace or --mask") }
    }

    /// A listing whose output was closed.
    pub(crate) fn stopped() -> Self {
        Failure::new("commit", "the reader of the listing has closed it")
    }

    /// The failure that ends the trial of a command at its first output.
    pub(crate) fn tried() -> Self {
        Failure::new(Failure::TRIED, "tried out")
    }

    /// Binary data on a terminal, as input or output.
    pub(crate) fn terminal(what: &str, instead: &str) -> Self {
        Failure {
            hint: Some(instead.to_owned()),
            ..Failure::new("usage", format!("{what} is a terminal, not a dump"))
        }
    }

    /// An error of one of two dumps, with the path of that dump.
    pub(crate) fn of_dump(path: &Path, error: Error) -> Self {
        let failure = Failure::from(error);
        Failure { message: format!("{}: {}", PathText(path), failure.message), ..failure }
    }

    /// An in-place edit of a dump from standard input.
    pub(crate) fn no_file_to_edit() -> Self {
        Failure {
            hint: Some("add -o OUT for a file, or -o - for standard output".to_owned()),
            ..Failure::new("usage", "a dump from standard input cannot be edited in place")
        }
    }

    /// An in-place edit of a compressed dump, with the command that edits a copy.
    pub(crate) fn compressed(path: &Path, compressor: Compressor, command: &str) -> Self {
        let path = PathText(path);
        let message = format!(
            "{path} is compressed with {compressor} and cannot be edited in place; write an edited copy: {command}"
        );
        Failure::new("format", message)
    }

    /// A file or stream that is not a dump or could not be read to its end.
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
                        "--max-window SIZE allows more, such as 2G; or unpack it first: {} | dumpedit ... -",
                        format!("{instead} {file}").trim_end()
                    )),
                    ..Failure::new(
                        "open",
                        format!("{name}{within} needs more memory to unpack than --max-window allows"),
                    )
                }
            }
            UnpackError::Broken { cause, .. } => {
                Failure::new("format", format!("{name}{within} cannot be unpacked: {cause}"))
            }
            UnpackError::Open { cause: OpenError::Stream { cause }, .. } => {
                Failure::new("open", format!("{name}{within} cannot be read: {cause}"))
            }
            // These errors name the file.
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

    /// An OUT or a receipt with the name of another file.
    pub(crate) fn name_in_use(problem: &str) -> Self {
        let hint = Some("name another file".to_owned());
        Failure { hint, ..Failure::new("usage", problem) }
    }

    /// A mistake in the spec called `name`.
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

    /// A file or folder that could not be read or created.
    pub(crate) fn file(kind: &'static str, what: &str, path: &Path, error: &dyn std::fmt::Display) -> Self {
        Failure::new(kind, format!("cannot {what} {}: {error}", PathText(path)))
    }

    /// Incomplete arguments.
    pub(crate) fn misses(what: &str, hint: &str) -> Self {
        Failure { hint: Some(hint.to_owned()), ..Failure::new("usage", what) }
    }

    /// An output that could not be written.
    pub(crate) fn output(error: &std::io::Error) -> Self {
        Failure::new("commit", format!("cannot write standard output: {error}"))
    }
}

/// The number of a line or a column.
fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
