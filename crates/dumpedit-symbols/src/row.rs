//! A row of a symbol table, alike for every kind of file.

use std::sync::Arc;

/// One symbol as a file has it, before its module is loaded anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SymbolRow {
    /// Its name as the file has it: mangled where the compiler mangles.
    pub name: String,
    /// Its address, in bytes from where the file says the module is linked to begin: the lowest page-rounded address of a
    /// PT_LOAD, the image base of PE (so that this is the RVA), the `__TEXT` segment of Mach-O, 0 of a Breakpad file. For a
    /// thread-local symbol, its offset in the module's block of them.
    pub offset: u64,
    /// How many bytes it has, where the file says so.
    pub size: Option<u64>,
    /// What it names.
    pub kind: RowKind,
    /// The name of the source file that has it, where the table says that, as those of ELF, PE and Mach-O do of what other files do not
    /// see.
    pub unit: Option<Arc<str>>,
}

impl SymbolRow {
    /// A symbol of a name at an offset.
    pub fn new(name: impl Into<String>, offset: u64, size: Option<u64>, kind: RowKind) -> SymbolRow {
        SymbolRow { name: name.into(), offset, size, kind, unit: None }
    }
}

/// What a symbol names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RowKind {
    /// Code.
    Function,
    /// Data.
    Object,
    /// A variable that each thread has for itself.
    ThreadLocal,
    /// What the file does not say.
    Other,
}
