//! The kinds of symbol files: one row each.

pub mod breakpad;
mod collected;
pub(crate) mod elf;
mod error;
pub mod macho;
pub mod pdb;
pub mod pe;
mod row_file;

pub use error::SourceError;

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::demangled::Decoration;
use crate::file::SymbolFile;
use crate::identity::Identity;
use crate::row::Row;
use crate::table::Table;
use crate::target::Target;

/// So many bytes at the beginning of a file tell its kind.
const START: u64 = 64;

type Opened = Result<Box<dyn Source>, Damaged>;

/// A kind of symbol file.
pub(crate) struct Kind {
    /// Whether a file that begins so is one.
    pub(crate) recognizes: fn(&[u8]) -> bool,
    /// Reads what is needed to know which build it is of.
    pub(crate) open: fn(&Arc<SymbolFile>, Asked<'_>) -> Opened,
}

/// Whose symbols a file is opened for: of several modules in one file, the one that is meant is taken.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) target: &'a Target,
    /// The module's id, as the dump writes it.
    pub(crate) id: Option<&'a str>,
}

/// Every kind that is known.
pub(crate) static KINDS: &[Kind] = &[
    Kind { recognizes: elf::recognizes, open: elf::open },
    Kind { recognizes: pe::recognizes, open: pe::open },
    Kind { recognizes: pdb::recognizes, open: pdb::open },
    Kind { recognizes: macho::recognizes, open: macho::open },
    Kind { recognizes: breakpad::recognizes, open: breakpad::open },
];

/// Opens a file as what it is; `None` where it is of no kind that is known.
pub(crate) fn open(file: &Arc<SymbolFile>, asked: Asked<'_>) -> Result<Option<Box<dyn Source>>, Damaged> {
    let start = file.read_at(0, START.min(file.size()))?;
    let kind = KINDS.iter().find(|kind| (kind.recognizes)(&start));
    kind.map(|kind| (kind.open)(file, asked)).transpose()
}

/// What a symbol file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRows {
    /// Its symbols, in the order of the file.
    pub rows: Vec<Row>,
    /// Which build it belongs to, where it says so.
    pub identity: Option<Identity>,
    /// What the compiler puts around the names of C.
    pub decoration: Decoration,
}

/// A symbol file of some kind, of which not much was read yet.
pub(crate) trait Source: Send + Sync + fmt::Debug {
    /// Which build it is of, where it says so.
    fn identity(&self) -> Option<Identity>;

    /// Whether it can be of a process of this kind.
    fn fits(&self, target: &Target) -> bool;

    /// Its symbols.
    fn table(&self) -> Result<Table, Damaged>;

    /// Whether it has all symbols that its build had, so that no other file needs to be asked.
    fn is_complete(&self) -> bool;

    /// Whether it is what was loaded, and not only what was moved out of that.
    fn is_image(&self) -> bool {
        true
    }

    /// How many bytes of memory the module has, from where it begins, where the file says so. What a dump says ends with the last byte
    /// that the file has, and the zeros behind it are the module's, too.
    fn memory_size(&self) -> Option<u64> {
        None
    }

    /// Whether it has debug information.
    fn has_debug_info(&self) -> bool;

    /// How many bytes of it [`Source::table`] reads.
    fn cost(&self) -> u64;

    /// What it says of the file that its debug information was moved to.
    fn debug_link(&self) -> Option<&DebugLink> {
        None
    }

    /// Its thread-local variables.
    fn thread_local(&self) -> Option<ThreadLocalBlock> {
        None
    }

    /// Where code that uses its thread-local variables finds them.
    fn thread_local_words(&self) -> Result<Vec<StoredWord>, Damaged> {
        Ok(Vec::new())
    }
}

/// The file that debug information was moved to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DebugLink {
    /// Its name, without folders.
    pub(crate) name: String,
    /// The CRC-32 of its bytes.
    pub(crate) crc: u32,
}

/// The block of thread-local variables that a module has in each thread, as its file describes it (PT_TLS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadLocalBlock {
    /// Whether the file is a program, whose block comes first in every thread.
    pub is_program: bool,
    /// Its address in the file.
    pub address: u64,
    /// How many bytes it has.
    pub size: u64,
    /// What its address is a multiple of.
    pub align: u64,
}

/// A word of a module in memory that the dynamic linker wrote there for code that uses thread-local variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ThreadLocalWord {
    /// The number that the module has in each thread's vector of blocks.
    ModuleNumber {
        /// Where it is; in a file from where the module begins, in a process an address.
        stored_at: u64,
    },
    /// How far a variable of the module is from the thread pointer.
    FromPointer {
        /// Where it is, as above.
        stored_at: u64,
        /// How far the variable is behind the beginning of the module's block.
        symbol_offset: u64,
    },
}

/// A [`ThreadLocalWord`], and the symbol that it was resolved by, which may be another module's; `None` where it is the
/// module's own for sure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredWord {
    pub(crate) word: ThreadLocalWord,
    pub(crate) symbol: Option<String>,
}

/// A file that is not as its kind should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Damaged {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It does not follow its format.
    #[error("{0}")]
    Format(String),
    /// It has more than is read.
    #[error("it has more {0} than are read")]
    TooMany(&'static str),
}

impl From<SourceError> for Damaged {
    /// Without the path, which the message of a refused file has.
    fn from(error: SourceError) -> Damaged {
        match error {
            SourceError::Read { cause, .. } => Damaged::Io(cause),
            SourceError::Damaged { kind, problem, .. } => {
                Damaged::Format(format!("it is a damaged {kind}: {problem}"))
            }
            SourceError::Unsupported { problem, .. } => Damaged::Format(format!("it {problem}")),
        }
    }
}

impl From<object::Error> for Damaged {
    fn from(error: object::Error) -> Damaged {
        let text = error.to_string();
        let mut letters = text.chars();
        let first = letters.next().map(|first| first.to_ascii_lowercase());
        Damaged::Format(first.into_iter().chain(letters).collect())
    }
}
