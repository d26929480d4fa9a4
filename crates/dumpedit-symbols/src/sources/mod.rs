//! The kinds of symbol files, one row each.

pub mod breakpad;
mod collected;
pub(crate) mod elf;
mod error;
pub mod macho;
pub mod pdb;
pub mod pe;
mod row_file;
mod source;
mod thread_local;

pub(crate) use error::Damaged;
pub use error::SourceError;
pub use source::SourceRows;
pub(crate) use source::{Asked, CopiedVariable, DebugLink, Source};
pub(crate) use thread_local::StoredWord;
pub use thread_local::{ThreadLocalBlock, ThreadLocalWord, WindowsThreadLocals};

use std::sync::Arc;

use crate::file::SymbolFile;

/// The number of bytes at the beginning of a file that show its kind.
const START: u64 = 64;

type Opened = Result<Box<dyn Source>, Damaged>;

/// A kind of symbol file.
pub(crate) struct Kind {
    /// Whether a file with these first bytes is of this kind.
    pub(crate) recognizes: fn(&[u8]) -> bool,
    /// Reads what is needed to know the file's build.
    pub(crate) open: fn(&Arc<SymbolFile>, Asked<'_>) -> Opened,
}

/// All known kinds.
pub(crate) static KINDS: &[Kind] = &[
    Kind { recognizes: elf::recognizes, open: elf::open },
    Kind { recognizes: pe::recognizes, open: pe::open },
    Kind { recognizes: pdb::recognizes, open: pdb::open },
    Kind { recognizes: macho::recognizes, open: macho::open },
    Kind { recognizes: breakpad::recognizes, open: breakpad::open },
];

/// The kind of a file by its first bytes; `None` if it is not known.
fn kind_of(file: &SymbolFile) -> std::io::Result<Option<&'static Kind>> {
    let start = file.read_at(0, START.min(file.size()))?;
    Ok(KINDS.iter().find(|kind| (kind.recognizes)(&start)))
}

/// Whether a file is of a known kind by its first bytes.
pub(crate) fn recognizes(file: &SymbolFile) -> std::io::Result<bool> {
    Ok(kind_of(file)?.is_some())
}

/// Opens a file as its kind; `None` if the kind is not known.
pub(crate) fn open(file: &Arc<SymbolFile>, asked: Asked<'_>) -> Result<Option<Box<dyn Source>>, Damaged> {
    kind_of(file)?.map(|kind| (kind.open)(file, asked)).transpose()
}
