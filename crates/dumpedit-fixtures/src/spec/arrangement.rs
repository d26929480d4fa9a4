//! How the parts of a dump are laid out.

/// Where a minidump lists memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MemoryPlace {
    /// In the MemoryList.
    #[default]
    List,
    /// In the Memory64List.
    List64,
    /// In no list: a thread's stack alone.
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

/// How the parts of a dump are laid out.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Arrangement {
    /// Minidump: where memory is listed that does not say it itself.
    pub memory: MemoryPlace,
    /// Minidump: the types of its streams in the directory's order; the usual one.
    pub streams: Vec<u64>,
    /// Minidump: the lists with padding.
    pub padded: PaddedSpec,
    /// ELF: `p_flags` of the notes; 4, readable.
    pub note_flags: Option<u64>,
    /// ELF: `p_align` of the notes; 4.
    pub note_align: Option<u64>,
    /// ELF: what notes are padded to, in bytes: 4 or 8; 8 where they are aligned by that.
    pub note_padding: Option<u64>,
    /// ELF: whether every thread's notes are in a PT_NOTE of their own.
    pub split_notes: bool,
    /// ELF: whether the program headers of notes come behind all others.
    pub notes_last: bool,
    /// ELF: whether the number of program headers stands in section 0 (`PN_XNUM`) though it would fit the header.
    pub extended: bool,
    /// What the offsets of memory in the file are a multiple of, in bytes; 1, of a Mach-O core 4096.
    pub align: Option<u64>,
    /// ELF: the page size that NT_FILE counts in, in bytes; 4096.
    pub page_size: Option<u64>,
}
