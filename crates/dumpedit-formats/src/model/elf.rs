//! What only ELF cores have.

use std::collections::BTreeMap;

use super::{Content, Placed};

/// An ELF core beside its threads and its memory (`Elf64_Ehdr` of `elf.h`).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Elf {
    /// `e_machine`.
    pub machine: u16,
    /// Whether the class is 64 bits.
    pub wide: bool,
    /// `e_entry`.
    pub entry: u64,
    /// `e_flags`.
    pub flags: u32,
    /// `EI_OSABI`.
    pub os_abi: u8,
    /// `EI_ABIVERSION`.
    pub abi_version: u8,
    /// Whether the number of program headers stands in section 0 (`PN_XNUM`), though the header has room for it.
    pub extended: bool,
    /// What the program header of a segment of notes says.
    pub note_header: NoteHeader,
    /// What those say that say something else, by the numbers of their segments.
    pub other_note_headers: BTreeMap<u32, NoteHeader>,
    /// What the file offsets of memory are a multiple of, in bytes.
    pub memory_align: u64,
    /// The page size that NT_FILE counts in, in bytes.
    pub page_size: Placed<u64>,
    /// The notes in front of the threads'.
    pub notes: Vec<Note>,
    /// The section headers; none in most cores.
    pub sections: Vec<Section>,
    /// `e_shstrndx`.
    pub section_names: u16,
    /// `e_shentsize` where there are no section headers.
    pub section_size: u16,
    /// The number of the first PT_NOTE that comes behind all other program headers, where one does.
    pub notes_behind: Option<u32>,
}

#[cfg(test)]
impl Elf {
    /// A core of amd64, or of i386, that has nothing.
    pub(crate) fn blank(wide: bool) -> Elf {
        Elf {
            machine: if wide { object::elf::EM_X86_64.0 } else { object::elf::EM_386.0 },
            wide,
            entry: 0,
            flags: 0,
            os_abi: 0,
            abi_version: 0,
            extended: false,
            note_header: NoteHeader::default(),
            other_note_headers: BTreeMap::new(),
            memory_align: 1,
            page_size: 4096.into(),
            notes: Vec::new(),
            sections: Vec::new(),
            section_names: 0,
            section_size: 0,
            notes_behind: None,
        }
    }
}

impl Elf {
    /// What the program header of the segment of notes with a number says.
    pub fn note_header(&self, segment: u32) -> NoteHeader {
        self.other_note_headers.get(&segment).copied().unwrap_or(self.note_header)
    }
}

/// What the program header of a segment of notes says beside where they are, and how they stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoteHeader {
    /// `p_flags`.
    pub flags: u32,
    /// `p_align`.
    pub align: u64,
    /// What its notes are padded to: 4 or 8 bytes.
    pub unit: u64,
}

impl NoteHeader {
    /// What one says that has these flags and alignment, and notes padded to so many bytes.
    pub fn new(flags: u32, align: u64, unit: u64) -> NoteHeader {
        NoteHeader { flags, align, unit }
    }
}

impl Default for NoteHeader {
    /// Readable, and everything by 4.
    fn default() -> Self {
        NoteHeader { flags: 4, align: 4, unit: 4 }
    }
}

/// A note (`Elf64_Nhdr`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Note {
    /// Its name as it is stored, mostly with a NUL.
    pub name: Vec<u8>,
    /// Its type.
    pub kind: u32,
    /// Its descriptor.
    pub body: NoteBody,
    /// The number of its PT_NOTE: notes that follow one another and have one number are in one.
    pub segment: u32,
}

/// The descriptor of a note.
#[derive(Clone, Debug, PartialEq)]
pub enum NoteBody {
    /// These bytes.
    Bytes(Content),
    /// A `siginfo_t`: these bytes, and over them what a [crash](super::Model::crashes) says.
    Crash {
        /// The crash's index.
        index: usize,
        /// The bytes.
        content: Content,
    },
    /// The [modules](super::Model::modules) as the rows of NT_FILE.
    Modules,
}

impl Note {
    /// A note whose name ends with a NUL.
    pub fn new(name: &str, kind: u32, content: Content) -> Note {
        let mut name = name.as_bytes().to_vec();
        name.push(0);
        Note::stored(name, kind, NoteBody::Bytes(content))
    }

    /// A note with its name as it is stored.
    pub fn stored(name: Vec<u8>, kind: u32, body: NoteBody) -> Note {
        Note { name, kind, body, segment: 0 }
    }

    /// The same with another descriptor.
    pub fn with_body(self, body: NoteBody) -> Note {
        Note { body, ..self }
    }

    /// Its name up to its NUL.
    pub fn namespace(&self) -> &[u8] {
        self.name.split(|byte| *byte == 0).next().unwrap_or_default()
    }
}

/// A section header (`Elf64_Shdr`).
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Section {
    /// `sh_name`.
    pub name: u32,
    /// `sh_type`.
    pub kind: u32,
    /// `sh_flags`.
    pub flags: u64,
    /// `sh_addr`.
    pub address: u64,
    /// `sh_size`, in bytes.
    pub size: u64,
    /// `sh_link`.
    pub link: u32,
    /// `sh_info`.
    pub info: u32,
    /// `sh_addralign`.
    pub align: u64,
    /// `sh_entsize`.
    pub entry_size: u64,
    /// What its offset leads to.
    pub content: SectionContent,
}

/// What the offset of a section leads to.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SectionContent {
    /// The bytes of a [memory](super::Model::memory) entry.
    Memory {
        /// Its index.
        index: usize,
        /// How many bytes into it.
        skipped: u64,
    },
    /// All of the first segment of notes.
    Notes,
    /// Bytes of its own.
    Own(Content),
    /// Nothing.
    #[default]
    Nothing,
    /// Nothing, though it has a file offset.
    NothingAt(u64),
}
