//! What the file of a module says of its thread-local variables.

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

/// The thread-local variables of a module of Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WindowsThreadLocals {
    /// The size of the module's pointers, in bytes: 4 or 8.
    pub pointer_width: u8,
    /// The address of the module's number in each thread's array of blocks, where a symbol says it.
    pub number_at: Option<u64>,
}

/// A [`ThreadLocalWord`], and the symbol that it was resolved by, which may be another module's; `None` where it is the
/// module's own for sure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredWord {
    pub(crate) word: ThreadLocalWord,
    pub(crate) symbol: Option<String>,
}
