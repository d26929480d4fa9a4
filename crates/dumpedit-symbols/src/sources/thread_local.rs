//! The thread-local variables of a module, from its file.

/// The block of thread-local variables that each thread has for a module, as the module's file describes it (PT_TLS).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadLocalBlock {
    /// Whether the file is a program, whose block is the first of every thread.
    pub is_program: bool,
    /// The linked address of its initial values.
    pub address: u64,
    /// The size in bytes.
    pub size: u64,
    /// The alignment of its address in bytes.
    pub align: u64,
}

/// A word in a module's memory that the dynamic linker wrote for code that uses thread-local variables: the offset of a
/// variable of the module from the thread pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadLocalWord {
    /// The place of the word: an offset in bytes from the module's base in a file, an address in a process.
    pub stored_at: u64,
    /// The offset in bytes of the variable in the module's block.
    pub symbol_offset: u64,
}

/// The thread-local variables of a module of Windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WindowsThreadLocals {
    /// The size of the module's pointers in bytes: 4 or 8.
    pub pointer_width: u8,
    /// The address of the module's number in each thread's array of blocks, if a symbol has it.
    pub number_at: Option<u64>,
}

/// A [`ThreadLocalWord`], and the symbol that it was resolved by. The symbol may be another module's; it is `None` if
/// the word is certain to be the module's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredWord {
    pub(crate) word: ThreadLocalWord,
    pub(crate) symbol: Option<String>,
}
