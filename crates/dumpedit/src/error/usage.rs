//! Errors of reads and edits, with the text to write instead.

use std::{fmt, io};

use dumpedit_formats::FormatError;
use dumpedit_formats::write::WriteProblem;
use dumpedit_layout::{AccessError, Partial, StopReason};
#[cfg(feature = "symbols")]
use dumpedit_symbols::TypedError;

use crate::error::Hint;
use crate::notation::NotationError;
use crate::number::ValueError;
use crate::structure::StructureError;

/// The meaning of a text in another debugger's notation, and the same in dumpedit's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meant {
    /// The text as given.
    pub text: String,
    /// Text to write instead.
    pub instead: String,
    /// The correction in words.
    pub hint: String,
}

impl Meant {
    /// The same for a text with this one in brackets, and terms behind them.
    pub(crate) fn in_brackets(self, text: &str, behind: &str) -> Meant {
        let instead = format!("[{}]{behind}", self.instead);
        let hint = format!("for the pointer that is stored there, write {instead}");
        Meant { text: text.to_owned(), instead, hint }
    }
}

/// State of the symbols where none has a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoSymbol {
    /// Modules without symbols, each with the reason.
    pub without: Vec<String>,
    /// Whether files of another build than their modules were found.
    pub met_other_builds: bool,
}

/// Subject of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Walked {
    /// Captured memory.
    Memory,
    /// The notes and streams that are compared byte by byte.
    NotesAndStreams,
}

impl fmt::Display for Walked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Walked::Memory => "memory",
            Walked::NotesAndStreams => "notes and streams",
        })
    }
}

/// The reason why a read or an edit failed. Nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The location cannot be read or written.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The file is no readable dump, or no longer one.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The value is not possible at its place.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// A text is not valid in the notation.
    #[error(transparent)]
    Notation(#[from] NotationError),
    /// No module has that name.
    #[error("{}{}{}", unnamed(.name, .symbols), candidates_after("the modules are", .modules), without_symbols(.symbols))]
    NoSuchModule {
        /// The name in the call.
        name: String,
        /// Names of some of the modules.
        modules: Vec<String>,
        /// The probable meaning, where it is clear.
        meant: Option<Box<Meant>>,
        /// State of the symbols, where symbols were searched as well.
        symbols: Option<Box<NoSymbol>>,
    },
    /// Several symbols have that name, or the named module has none.
    #[cfg(feature = "symbols")]
    #[error(transparent)]
    Symbol(#[from] dumpedit_symbols::SymbolError),
    /// A thread-local symbol whose place in a thread is unknown.
    #[error("'{name}' is thread-local, and {why}")]
    ThreadLocal {
        /// Name of the symbol.
        name: String,
        /// The reason why its place is unknown.
        why: String,
        /// Address of the memory that would give the place, where the dump does not hold it.
        address: Option<u64>,
    },
    /// A path leads nowhere, or a value does not fit at its end.
    #[cfg(feature = "symbols")]
    #[error(transparent)]
    Typed(Box<TypedError>),
    /// No symbol and no variable has the first name of a path.
    #[cfg(feature = "symbols")]
    #[error("{}{error}", .register.as_ref().map(|register| format!("{register}, and ")).unwrap_or_default())]
    NoSuchVariable {
        /// The path.
        path: String,
        /// The error for a register of the name, where it could have been one.
        register: Option<Box<AccessError>>,
        /// The path with a similar name.
        similar: Option<String>,
        /// The name, and the modules without symbols.
        error: Box<dumpedit_symbols::SymbolError>,
    },
    /// A module or a region has the name of a variable, and takes precedence.
    #[error("{name} is the {} at {first:#x}; the variable of that name is {variable}", if *is_module { "module" } else { "region" })]
    ModuleFirst {
        /// The name.
        name: String,
        /// Whether it is a module, and not a region.
        is_module: bool,
        /// First address of the module or region.
        first: u64,
        /// Notation of the variable.
        variable: String,
    },
    /// Symbols are off for this dump.
    #[error("'{name}' is neither a register nor a field, and symbols are off")]
    NoSymbols {
        /// The name.
        name: String,
    },
    /// More bytes are written than the variable, or the part of one, has.
    #[error("{given} bytes do not fit into {path}, which has room for {left}")]
    PastObject {
        /// Path to it.
        path: String,
        /// Number of bytes to write.
        given: u64,
        /// Size, in bytes.
        left: u64,
    },
    /// The dump has no field of that name.
    #[error("the dump has no field '{name}'{}", .similar.as_ref().map(|similar| format!("; did you mean {similar}?")).unwrap_or_default())]
    NoSuchField {
        /// The name in the call.
        name: String,
        /// A similar name of a field of the dump.
        similar: Option<String>,
    },
    /// A value does not fit into its field: it has more bytes than the field, or not exactly as many.
    #[error("{}", unfit(field, *given, *room, *exact))]
    Unfit {
        /// Name of the field.
        field: String,
        /// Size of the value, in bytes.
        given: usize,
        /// Size of the field, in bytes.
        room: usize,
        /// Whether the value must have exactly that size.
        exact: bool,
    },
    /// Several modules have that name.
    #[error("several modules are named '{name}'{}", candidates_after("they are", .modules))]
    AmbiguousModule {
        /// The name in the call.
        name: String,
        /// Matching modules, each with its base.
        modules: Vec<String>,
    },
    /// The old bytes are not the expected ones.
    #[error("expected {expected} at {location} but found {found} (file offset {file_offset:#x})")]
    Expect {
        /// The location in dumpedit's notation.
        location: String,
        /// The address, where the location is one.
        address: Option<u64>,
        /// File offset of the first byte that differs.
        file_offset: u64,
        /// Expected bytes, in hex.
        expected: String,
        /// Bytes found, in hex.
        found: String,
    },
    /// The expected bytes and the new ones differ in number.
    #[error("{expected} expected bytes were given for {written} bytes to write")]
    ExpectLength {
        /// Number of bytes expected.
        expected: u64,
        /// Number of bytes to write.
        written: u64,
    },
    /// One operation would give two values to one file byte.
    #[error(
        "{first:#x} and {second:#x} share one byte of the file (offset {file_offset:#x}), which cannot hold both values"
    )]
    Conflict {
        /// An address of the byte.
        first: u64,
        /// Another address of it.
        second: u64,
        /// File offset of the byte.
        file_offset: u64,
    },
    /// Two of a thread's records overlap in the file, so that a register cannot be in both.
    #[error(
        "two context records share the byte at file offset {file_offset:#x}, which cannot hold both values"
    )]
    RecordsOverlap {
        /// File offset of the byte.
        file_offset: u64,
    },
    /// Two assignments of one operation would give one place two values.
    #[error("{}", twice(.first, .second))]
    AssignedTwice {
        /// Name in the first assignment.
        first: String,
        /// Name in the other one.
        second: String,
    },
    /// A pattern tries the same bytes again and again, or each byte in too many ways.
    #[error("the search takes too many steps for each byte at {address:#x}, and ends there")]
    Costly {
        /// Address up to which the search is complete.
        address: u64,
    },
    /// The same, in bytes of the file that are not memory.
    #[error("the search takes too many steps for each byte at file offset {file_offset:#x}, and ends there")]
    CostlyOutside {
        /// File offset up to which the search is complete.
        file_offset: u64,
    },
    /// Many regions or notes share bytes of the file, so that a walk over them would read these again and again.
    #[error("{size} bytes of {what} share {file_size} bytes of the file, and at most {limit} can be read")]
    Repeated {
        /// Subject of the walk.
        what: Walked,
        /// Its size, in bytes.
        size: u64,
        /// Size of the file, in bytes.
        file_size: u64,
        /// Maximum size of a walk, in bytes.
        limit: u64,
    },
    /// The file could not be read.
    #[error("cannot read {len} bytes at file offset {file_offset:#x}: {cause}")]
    Io {
        /// File offset of the read, in bytes.
        file_offset: u64,
        /// Number of bytes to read.
        len: u64,
        /// The system's error.
        cause: io::Error,
    },
    /// The temporary file for the new bytes of a large edit cannot be used.
    #[error("cannot store the new bytes in a temporary file: {cause}")]
    Kept {
        /// The system's error.
        cause: io::Error,
    },
    /// A part cannot be added to the dump, or dropped from it.
    #[error(transparent)]
    Structure(#[from] StructureError),
    /// A line of a script replaces a value that the dump does not hold.
    #[error("no match")]
    NoMatch,
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
    /// A value's file or standard input could not be read.
    #[error("cannot read {name}: {cause}")]
    Input {
        /// The file's name, or `standard input`.
        name: String,
        /// The system's error.
        cause: io::Error,
    },
}

#[cfg(feature = "symbols")]
impl From<TypedError> for Error {
    fn from(error: TypedError) -> Self {
        match error {
            TypedError::Symbol(error) => Error::Symbol(error),
            error => Error::Typed(Box::new(error)),
        }
    }
}

impl From<Partial> for Error {
    fn from(partial: Partial) -> Self {
        Error::Access(AccessError::Partial(partial))
    }
}

/// A text to write instead of another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Correction {
    /// The given text.
    pub text: String,
    /// The text to write instead.
    pub instead: String,
}

impl Correction {
    /// The text `instead` for `text`.
    pub fn new(text: impl Into<String>, instead: impl Into<String>) -> Self {
        Correction { text: text.into(), instead: instead.into() }
    }
}

impl Error {
    /// The error's kind, a word that scripts can rely on.
    pub fn kind(&self) -> &'static str {
        match self {
            Error::Access(access) => match access {
                AccessError::NotCaptured { reason, .. } => reason.name(),
                AccessError::Structure { .. } | AccessError::StructureOfFile { .. } => "structure",
                AccessError::PastField { .. } => "field",
                AccessError::PastFile { .. } => StopReason::EndOfFile.name(),
                AccessError::OffsetNotLinear { .. } => "value",
                AccessError::SeveralPages { .. } => "conflict",
                AccessError::NoTag { .. } => StopReason::NotCaptured.name(),
                AccessError::TooManyTags { .. } => "limit",
                AccessError::TagNotLinear { .. } => "value",
                AccessError::Partial(partial) => match partial.stop.reason {
                    StopReason::EndOfRegister => "register",
                    reason => reason.name(),
                },
                AccessError::NoSuchThread { .. }
                | AccessError::NoSuchThreadId { .. }
                | AccessError::AmbiguousThreadId { .. }
                | AccessError::NoSuchThreadName { .. }
                | AccessError::AmbiguousThreadName { .. }
                | AccessError::NoDefaultThread { .. }
                | AccessError::NeedsThread
                | AccessError::NoRecord { .. } => "thread",
                _ => "register",
            },
            Error::Format(_) => "format",
            Error::Value(_) => "value",
            Error::Notation(error) => error.kind(),
            Error::NoSuchModule { .. } | Error::AmbiguousModule { .. } | Error::ModuleFirst { .. } => {
                "module"
            }
            #[cfg(feature = "symbols")]
            Error::Symbol(_) | Error::NoSuchVariable { .. } => "symbol",
            Error::ThreadLocal { .. } | Error::NoSymbols { .. } => "symbol",
            #[cfg(feature = "symbols")]
            Error::Typed(error) => match &**error {
                TypedError::Path(_) => "usage",
                TypedError::NotCaptured { .. } => StopReason::NotCaptured.name(),
                TypedError::DoesNotFit { .. } => "value",
                _ => "symbol",
            },
            Error::NoSuchField { .. } => "field",
            Error::Unfit { .. } | Error::PastObject { .. } => "value",
            Error::Expect { .. } | Error::ExpectLength { .. } => "expect",
            Error::Conflict { .. } | Error::RecordsOverlap { .. } | Error::AssignedTwice { .. } => "conflict",
            Error::Costly { .. } | Error::CostlyOutside { .. } | Error::Repeated { .. } => "limit",
            Error::Io { .. } | Error::Kept { .. } => "open",
            Error::Input { .. } => "value",
            Error::Structure(error) => error.kind(),
            Error::NoMatch => "no-match",
            Error::Cancelled => "commit",
        }
    }

    /// The address of the error, where it has one.
    pub fn address(&self) -> Option<u64> {
        match self {
            Error::Access(access) => access.address(),
            Error::Conflict { first, .. } | Error::ModuleFirst { first, .. } => Some(*first),
            Error::Expect { address, .. } | Error::ThreadLocal { address, .. } => *address,
            Error::Costly { address } => Some(*address),
            Error::Structure(error) => error.address(),
            #[cfg(feature = "symbols")]
            Error::Typed(error) => match &**error {
                TypedError::NotCaptured { address, .. } | TypedError::NoType { address, .. } => {
                    Some(*address)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The text of the error, where it has one.
    pub(crate) fn names(&self) -> Option<&str> {
        match self {
            Error::Notation(error) => Some(error.text()),
            Error::NoSuchModule { name, .. } | Error::AmbiguousModule { name, .. } => Some(name),
            Error::NoSuchField { name, .. } => Some(name),
            Error::Unfit { field, .. } => Some(field),
            Error::Access(AccessError::NoSuchRegister { name, .. }) => Some(name),
            Error::Access(
                AccessError::NotPresent { register, .. }
                | AccessError::Unplaced { register, .. }
                | AccessError::NoInitial { register, .. }
                | AccessError::Derived { register, .. }
                | AccessError::AlwaysZero { register, .. },
            ) => Some(register),
            Error::Input { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The text to write instead of a given one, where it is clear.
    pub fn correction(&self) -> Option<Correction> {
        match self {
            Error::Notation(error) => Some(Correction::new(error.text(), error.instead()?)),
            Error::NoSuchModule { meant, .. } => {
                meant.as_ref().map(|meant| Correction::new(meant.text.as_str(), meant.instead.as_str()))
            }
            Error::Access(AccessError::NoSuchRegister { name, similar, .. }) => {
                Some(Correction::new(name.as_str(), (*similar)?))
            }
            Error::ModuleFirst { name, variable, .. } => {
                Some(Correction::new(name.as_str(), variable.as_str()))
            }
            Error::NoSuchField { name, similar } => Some(Correction::new(name.as_str(), similar.as_deref()?)),
            #[cfg(feature = "symbols")]
            Error::NoSuchVariable { path, similar, .. } => {
                Some(Correction::new(path.as_str(), similar.as_deref()?))
            }
            Error::Access(AccessError::NoSuchThreadId { tid, count, .. }) => {
                let index = tid.saturating_sub(1);
                let is_there = usize::try_from(index).is_ok_and(|at| at < *count);
                is_there.then(|| Correction::new(tid.to_string(), format!("index:{index}")))
            }
            _ => None,
        }
    }

    /// A hint at what to try instead, where there is one.
    pub fn hint(&self) -> Option<Hint> {
        Some(match self {
            Error::Access(_) if self.kind() == "structure" => Hint::AllowStructure,
            Error::Notation(error) => error.hint()?.clone(),
            Error::NoSuchModule { meant, .. } => Hint::Write(meant.as_ref()?.hint.clone()),
            Error::Access(AccessError::NoSuchThreadId { tid: 0, count: 1.., .. }) => {
                Hint::FirstThreadOf { debugger: "WinDbg", number: 0 }
            }
            Error::Access(AccessError::NoSuchThreadId { tid, count, .. })
                if usize::try_from(*tid).is_ok_and(|tid| (1..=*count).contains(&tid)) =>
            {
                Hint::FirstThreadOf { debugger: "gdb", number: 1 }
            }
            Error::Access(AccessError::AmbiguousThreadId { .. }) => Hint::ThreadByIndex,
            Error::Access(AccessError::NoDefaultThread { count: 1.., .. }) => Hint::NameThread,
            Error::Structure(StructureError::Captured { .. }) => Hint::WriteThere,
            Error::Structure(StructureError::InPlace { cause }) if cause.problem == WriteProblem::CutOff => {
                Hint::Repair
            }
            Error::Structure(StructureError::InPlace { .. }) => Hint::WriteWhole,
            Error::Structure(StructureError::DropFirst) => Hint::DropFirst,
            Error::Structure(StructureError::Lost { .. }) => Hint::PartsApart,
            Error::Costly { .. } | Error::CostlyOutside { .. } => Hint::ShorterRepetitions,
            Error::Repeated { what: Walked::Memory, .. } => Hint::FewerAddresses,
            Error::Repeated { .. } => Hint::MemoryAndRegistersOnly,
            _ => return None,
        })
    }
}

fn unnamed(name: &str, symbols: &Option<Box<NoSymbol>>) -> String {
    let what = if symbols.is_some() { "module, region or symbol" } else { "module" };
    format!("no {what} is named '{name}'")
}

fn without_symbols(symbols: &Option<Box<NoSymbol>>) -> String {
    let without = symbols.as_ref().map(|symbols| symbols.without.as_slice()).unwrap_or_default();
    candidates_after("no symbols are available for", without)
}

fn twice(first: &str, second: &str) -> String {
    match first == second {
        true => format!("{first} is given two values"),
        false => format!("{first} and {second} share bits of the file, which cannot hold both values"),
    }
}

fn unfit(field: &str, given: usize, room: usize, exact: bool) -> String {
    let takes = format!(
        "{given} bytes do not fit into {field}, which takes {}",
        if exact { "exactly" } else { "at most" }
    );
    format!("{takes} {room}: the structure that contains it cannot be resized")
}

fn candidates_after(words: &str, modules: &[String]) -> String {
    /// A message lists so many.
    const MOST: usize = 8;
    let named: Vec<&str> = modules.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
    if named.is_empty() {
        return String::new();
    }
    let mut shown = named.get(..MOST).unwrap_or(&named).join(", ");
    if let Some(more) = named.len().checked_sub(MOST).filter(|more| *more > 0) {
        shown.push_str(&format!(", and {more} more"));
    }
    format!("; {words} {shown}")
}
