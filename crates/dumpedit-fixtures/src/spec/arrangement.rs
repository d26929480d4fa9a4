//! Layout of the parts of a dump.

/// List of a minidump's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemoryPlace {
    /// In the MemoryList.
    #[default]
    List,
    /// In the Memory64List.
    List64,
    /// In no list: only a thread's stack.
    Outside,
}

/// The lists of a minidump that may have four bytes of padding behind their count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct PaddedSpec {
    /// ThreadList.
    pub threads: bool,
    /// ModuleList.
    pub modules: bool,
    /// MemoryList.
    pub memory: bool,
}

/// Layout of the parts of a dump. Defaults are behind semicolons.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Arrangement {
    /// Minidump: list of memory without a list of its own.
    pub memory: MemoryPlace,
    /// Minidump: types of the streams in the directory's order; the usual one.
    pub streams: Vec<u64>,
    /// Minidump: the lists with padding.
    pub padded: PaddedSpec,
    /// ELF: `p_flags` of the notes; 4, readable.
    pub note_flags: Option<u64>,
    /// ELF: `p_align` of the notes; 4.
    pub note_align: Option<u64>,
    /// ELF: padding of notes, in bytes: 4 or 8; 8 where they are aligned by that.
    pub note_padding: Option<u64>,
    /// ELF: whether every thread's notes are in a PT_NOTE of their own.
    pub split_notes: bool,
    /// ELF: whether the program headers of notes come behind all others.
    pub notes_last: bool,
    /// ELF: whether the number of program headers is in section 0 (`PN_XNUM`) though it would fit the header.
    pub extended: bool,
    /// Alignment of memory in the file, in bytes; 1, for a Mach-O core 4096.
    pub align: Option<u64>,
    /// ELF: page size of NT_FILE, in bytes; 4096.
    pub page_size: Option<u64>,
    /// ELF: zeros behind the names of NT_FILE, in bytes; none.
    pub files_padding: Option<u64>,
}
