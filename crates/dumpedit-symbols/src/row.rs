//! A row of a symbol table, in the same form for every kind of file.

use std::sync::Arc;

/// One symbol as a file has it, independent of where its module is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SymbolRow {
    /// The name as the file has it, mangled if the compiler mangles names.
    pub name: String,
    /// The offset in bytes from the address at which the file says the module is linked to begin. This address is the
    /// lowest address of a PT_LOAD rounded down to a page, the image base of PE (so that the offset is the RVA), the
    /// `__TEXT` segment of Mach-O, or 0 in a Breakpad file. For a thread-local symbol, the offset in bytes in the
    /// module's thread-local block. For an absolute symbol, its value minus that lowest address, which
    /// may wrap around.
    pub offset: u64,
    /// The size in bytes, if the file has it.
    pub size: Option<u64>,
    /// The kind of symbol.
    pub kind: RowKind,
    /// The name of the source file, if the table has it. Tables of ELF, PE and Mach-O have it for symbols that other
    /// object files do not see.
    pub unit: Option<Arc<str>>,
}

impl SymbolRow {
    /// A symbol with a name at an offset.
    pub fn new(name: impl Into<String>, offset: u64, size: Option<u64>, kind: RowKind) -> SymbolRow {
        SymbolRow { name: name.into(), offset, size, kind, unit: None }
    }
}

/// The kind of a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RowKind {
    /// Code.
    Function,
    /// Data.
    Object,
    /// A thread-local variable.
    ThreadLocal,
    /// A value that the linker sets, such as a size. It is no label of an address.
    Absolute,
    /// The file does not say the kind.
    Other,
}
