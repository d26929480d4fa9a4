//! The kinds of the library's errors, and their hints in terms of the command line.

use dumpedit::notation::Visible;
use dumpedit::symbols::{Refused, SymbolError, TypedError};
use dumpedit::{
    AccessError, CommitError, CommitStep, Error, Hint, OpenError, SpecialFile, StructureError, ValueError,
};
use dumpedit_fixtures::{ConvertError, FixtureError, OracleError, Problem};
use dumpedit_scrub::ScrubError;

use super::Failure;
use crate::shell;
use crate::symbols::is_without_symbols;

/// Reason why a symbol is not known.
const SYMBOLS_ARE_OFF: &str =
    "symbols are off (--no-symbols or DUMPEDIT_SYMBOLS=off), so names of symbols and variables are unknown";

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
                Some("--pad BYTE fills the rest of longer matches, and --mask CHAR covers any length")
            }
            Error::Value(ValueError::WrongLength { .. }) => Some("--mask CHAR covers any length"),
            Error::NoSuchModule { symbols: Some(symbols), .. } if !symbols.without.is_empty() => {
                Some("give the files of the modules with --symbols DIR or --sysroot DIR")
            }
            Error::NoSuchVariable { error, .. } if !error.without().is_empty() => {
                Some("give the files of the modules with --symbols DIR or --sysroot DIR")
            }
            Error::Structure(StructureError::NoImages { left, .. }) if left.unidentified > 0 => {
                Some("--trust-symbols uses files by their names alone")
            }
            Error::NoSymbols { .. } => Some(SYMBOLS_ARE_OFF),
            Error::NoSuchModule { meant: None, .. }
            | Error::Access(AccessError::NoSuchRegister { similar: None, .. })
                if is_without_symbols() =>
            {
                Some(SYMBOLS_ARE_OFF)
            }
            Error::PastObject { .. } => {
                Some("where shows its address; a write to the address is not limited to the variable")
            }
            Error::Typed(error) => of_path(error),
            Error::Symbol(error @ SymbolError::Unsure { .. }) if error.met_other_builds() => Some(
                "MODULE!NAME chooses the module; --symbols DIR or --sysroot DIR gives files of the same build, and --trust-symbols uses these",
            ),
            Error::Symbol(SymbolError::Unsure { .. }) => Some("MODULE!NAME chooses the module"),
            Error::Symbol(
                SymbolError::Several { .. } | SymbolError::OfFunctions { .. } | SymbolError::OtherFile { .. },
            ) => Some("each listed name is a place; quote it for the shell"),
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
            Problem::Outside { .. } => Some("--allow-outside allows it"),
            Problem::TooLarge { .. } => Some("--max-size allows more"),
            Problem::SpecTooLarge { .. } => Some("describe --max-size allows more"),
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
            ConvertError::Same { .. } => Some("reduce and describe keep the format"),
            ConvertError::Lossy { .. } => {
                Some("without --strict the dump is written and the losses are listed")
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
                Some(format!("dumpedit recover {} finishes or undoes it", shell::path(path)))
            }
            CommitError::NotRecovered { path, journal, .. } => Some(format!(
                "dumpedit recover {} --discard-later restores the old bytes anyway; if the dump is right as it \
                 is, remove {}",
                shell::path(path),
                shell::word(journal.as_os_str())
            )),
            CommitError::OtherJournal { path, .. } => Some(format!(
                "dumpedit forget {} deletes it; undo --discard-later uses it anyway",
                shell::path(path)
            )),
            CommitError::NotAJournal { path, .. } => Some(format!(
                "move {} away, or write an edited copy elsewhere with -o OUT",
                shell::word(path.as_os_str())
            )),
            CommitError::Unfinished { path: Some(path), journal: Some(journal), .. } => Some(format!(
                "keep {}: dumpedit recover {} restores the dump with it",
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

/// The hint for a path without a target.
fn of_path(error: &TypedError) -> Option<&'static str> {
    match error {
        TypedError::NoType { .. } => {
            Some("--symbols DIR gives debug information; read shows the bytes, and write changes them")
        }
        TypedError::OfBitField { .. } => Some("print shows it, and set changes it"),
        TypedError::OfMereValue { .. } => Some("print shows it"),
        TypedError::InParts { .. } => Some("print shows it; a member or an element of it may have one place"),
        TypedError::SeveralTypes { types, .. } if types.len() > 1 => Some(
            "each listed name is a type; put it in braces and quote it for the shell: '{MODULE!TYPE}ADDRESS'",
        ),
        TypedError::NoPointer { .. } => Some("without the *, it is the value itself"),
        TypedError::Path(_) => Some("a path is NAME, .MEMBER, ->MEMBER, [INDEX], *PATH and &PATH"),
        _ => None,
    }
}

/// The hint for files of other builds. It comes before all spelling corrections.
fn of_builds(error: &Error) -> Option<String> {
    let met_other_builds = match error {
        Error::NoSuchModule { symbols: Some(symbols), .. } => symbols.met_other_builds,
        Error::NoSuchVariable { error, .. } => error.met_other_builds(),
        Error::Typed(error) => match &**error {
            TypedError::NoType { refused, .. } => refused.iter().any(Refused::is_other_build),
            _ => false,
        },
        _ => false,
    };
    let hint = "--symbols DIR or --sysroot DIR gives files of the same build, and --trust-symbols uses these";
    met_other_builds.then(|| hint.to_owned())
}

/// The words of a hint on the command line.
fn worded(hint: Hint) -> Option<String> {
    let words = match hint {
        Hint::Write(words) => return Some(on_one_line(&words)),
        Hint::FirstThreadOf { debugger, number } => {
            return Some(format!("{debugger}'s thread {number} is index:0"));
        }
        Hint::AllowStructure => "--allow-structure writes there anyway; the dump may not open afterwards",
        Hint::WriteThere => "write changes what is there",
        Hint::ThreadByIndex => "--thread index:N chooses one of them",
        Hint::NameThread => "--thread TID chooses the thread",
        Hint::Repair => "dumpedit repair corrects its tables; or -o OUT writes a whole new dump",
        Hint::WriteWhole => "-o OUT writes a whole new dump",
        Hint::PartsApart => "set it in a separate command, after the parts are added and dropped",
        Hint::DropFirst => "put the drop lines first, or drop in a separate command",
        Hint::ShorterRepetitions => "shorten the repetitions in the pattern",
        Hint::FewerAddresses => "give a smaller --range",
        Hint::MemoryAndRegistersOnly => "--only memory,registers compares the rest",
        Hint::PassOver => "only lines with --expect can be reverted; --keep-going reverts the others",
        Hint::ApplyScript => "set - reads only registers; dumpedit apply DUMP - runs a script",
        Hint::NameLost => "the file that was edited is no longer there under this name",
        Hint::CopyElsewhere => "-o OUT writes an edited copy elsewhere, without a journal",
        Hint::OpenAgain => "open the dump and edit it again",
        Hint::DiscardLater => "--discard-later undoes the changes anyway",
        Hint::EditInPlace => "remove -o to edit it in place",
        _ => return None,
    };
    Some(words.to_owned())
}

/// A hint that may contain text from a dump or a file. Only the line breaks of a command are kept.
fn on_one_line(hint: &str) -> String {
    Visible(hint).to_string()
}
