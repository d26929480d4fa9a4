//! Errors for names that have no address.

use std::fmt;
use std::path::PathBuf;

use crate::candidates::{Candidate, Known, candidates};

/// The most modules, symbols or files that a message lists.
const MOST: usize = 8;
/// The most modules that a notice lists.
const A_FEW: usize = 3;

/// Why a name has no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SymbolError {
    /// No symbol at hand has the name.
    #[error("no symbol is named '{name}'{}", without_symbols(.without))]
    Unknown {
        /// The name.
        name: String,
        /// The modules that were searched and whose symbols are not at hand.
        without: Vec<Without>,
    },
    /// Several symbols have the name.
    #[error("several symbols are named '{name}': {}", listed(.found))]
    Several {
        /// The name.
        name: String,
        /// The candidates.
        found: Vec<Candidate>,
    },
    /// No symbol has the name, but variables of functions have it.
    #[error("no symbol is named '{name}', but variables of functions are: {}", listed(.found))]
    OfFunctions {
        /// The name.
        name: String,
        /// The candidates.
        found: Vec<Candidate>,
    },
    /// The source file given with the name does not have it, but others do.
    #[error("'{file}' has no '{name}'; the name is defined elsewhere: {}", listed(.found))]
    OtherFile {
        /// The name.
        name: String,
        /// The file.
        file: String,
        /// The candidates.
        found: Vec<Candidate>,
    },
    /// One module has the name, and another module may have it, too.
    #[error("'{name}' is in {found}, and may also be in another module: {}", listed(.others))]
    Unsure {
        /// The name.
        name: String,
        /// The base name of the module that has it.
        found: String,
        /// The modules that may have it, too.
        others: Vec<Without>,
    },
    /// No module has the name before the `!`.
    #[error("no module is named '{name}'")]
    NoSuchModule {
        /// The name.
        name: String,
    },
    /// Several modules have the name before the `!`.
    #[error("several modules are named '{name}': {}", listed(.modules))]
    SeveralModules {
        /// The name.
        name: String,
        /// The modules, each with its base address.
        modules: Vec<String>,
    },
}

/// A module whose symbols are not at hand, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Without {
    /// The base name of the module.
    pub module: String,
    /// The reason.
    pub why: Absent,
}

impl Without {
    pub(crate) fn new(module: &str, why: Absent) -> Without {
        Without { module: module.to_owned(), why }
    }
}

impl fmt::Display for Without {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.module, self.why)
    }
}

/// Why the symbols of a module are not at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Absent {
    /// No file of the module was found.
    NoFile,
    /// The files that were found are not the module's.
    Refused(Vec<Refused>),
    /// The file that was found has no symbols.
    NoSymbols(PathBuf),
    /// The file that was found has only exported symbols.
    OnlyExports(PathBuf),
    /// The module's debug information has a variable with the name, but the variable has no address.
    NoAddress,
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Absent::NoFile => f.write_str("its file is missing"),
            Absent::Refused(files) => f.write_str(&listed(files)),
            Absent::NoSymbols(path) => write!(f, "{} has no symbols", path.display()),
            Absent::OnlyExports(path) => write!(f, "{} has only exported symbols", path.display()),
            Absent::NoAddress => f.write_str("its variable of that name has no address"),
        }
    }
}

impl Absent {
    /// Whether files of another build than the module's were found.
    pub fn is_other_build(&self) -> bool {
        let Absent::Refused(files) = self else { return false };
        files.iter().any(Refused::is_other_build)
    }
}

/// A file that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// The file.
    pub path: PathBuf,
    /// The reason.
    pub why: Refusal,
}

impl Refused {
    /// Whether the file is of another build than the module.
    pub fn is_other_build(&self) -> bool {
        matches!(self.why, Refusal::OtherBuild { .. } | Refusal::OtherBytes { .. })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path.display(), self.why)
    }
}

/// Why a file was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It is of another build.
    OtherBuild {
        /// The file's id; `None` if it has none.
        file: Option<String>,
        /// The module's id.
        module: String,
    },
    /// A debug link led to it, but the CRC-32 of its bytes is not the link's.
    OtherBytes {
        /// The file's CRC-32.
        file: u32,
        /// The link's CRC-32.
        link: u32,
    },
    /// It is for another machine than the process ran on.
    OtherMachine,
    /// It is not a symbol file of a known kind.
    NoSymbolFile,
    /// It cannot be read.
    Unreadable(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::OtherBuild { file: Some(file), module } => {
                write!(f, "is of a different build: its id is {file}, the module's is {module}")
            }
            Refusal::OtherBuild { file: None, module } => {
                write!(f, "has no id, and the module's id is {module}")
            }
            Refusal::OtherBytes { file, link } => {
                write!(f, "is not the linked file: its CRC is {file:08x}, the link's is {link:08x}")
            }
            Refusal::OtherMachine => f.write_str("is for a different machine"),
            Refusal::NoSymbolFile => f.write_str("is not a symbol file of a known kind"),
            Refusal::Unreadable(why) => write!(f, "cannot be read: {why}"),
        }
    }
}

impl SymbolError {
    pub(crate) fn of_functions(name: &str, found: Vec<Known>) -> SymbolError {
        SymbolError::OfFunctions { name: name.to_owned(), found: candidates(&found) }
    }

    pub(crate) fn other_file(name: &str, file: &str, found: Vec<Known>) -> SymbolError {
        SymbolError::OtherFile { name: name.to_owned(), file: file.to_owned(), found: candidates(&found) }
    }

    pub(crate) fn several(name: &str, found: Vec<Known>) -> SymbolError {
        SymbolError::Several { name: name.to_owned(), found: candidates(&found) }
    }

    /// Whether files of another build than their modules' were found.
    pub fn met_other_builds(&self) -> bool {
        self.without().iter().any(|one| one.why.is_other_build())
    }

    /// The modules that were searched and whose symbols are not at hand.
    pub fn without(&self) -> &[Without] {
        match self {
            SymbolError::Unknown { without, .. } | SymbolError::Unsure { others: without, .. } => without,
            _ => &[],
        }
    }
}

/// The text for a message about modules whose symbols are not at hand.
pub fn without_symbols(without: &[Without]) -> String {
    match without {
        [] => String::new(),
        without => format!("; no symbols are available for {}", listed(without)),
    }
}

/// The text for a notice about modules whose symbols are not at hand.
pub(crate) fn not_searched(without: &[Without]) -> String {
    first_of(without, A_FEW)
}

pub(crate) fn listed<T: fmt::Display>(all: &[T]) -> String {
    first_of(all, MOST)
}

fn first_of<T: fmt::Display>(all: &[T], most: usize) -> String {
    let mut shown: Vec<String> = all.iter().take(most).map(T::to_string).collect();
    if let Some(more) = all.len().checked_sub(most).filter(|more| *more > 0) {
        shown.push(format!("and {more} more"));
    }
    shown.join(", ")
}
