//! Parts of a model that only ELF cores have.

use std::collections::BTreeMap;

use super::{Content, Placed};

/// An ELF core without its threads and its memory (`Elf64_Ehdr` of `elf.h`).
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
    /// Whether section 0 has the number of program headers (`PN_XNUM`), though the header has room for it.
    pub extended: bool,
    /// Program header of a segment of notes.
    pub note_header: NoteHeader,
    /// Program headers that differ from that, by the numbers of their segments.
    pub other_note_headers: BTreeMap<u32, NoteHeader>,
    /// Alignment of the file offsets of memory, in bytes.
    pub memory_align: u64,
    /// Page size, the unit of offsets in NT_FILE, in bytes.
    pub page_size: Placed<u64>,
    /// Zeros behind the names of NT_FILE, in bytes: createdump of .NET counts the note's padding into its size.
    pub files_padding: u64,
    /// Notes in front of the threads' notes.
    pub notes: Vec<Note>,
    /// Section headers; none in most cores.
    pub sections: Vec<Section>,
    /// `e_shstrndx`.
    pub section_names: u16,
    /// `e_shentsize` where there are no section headers.
    pub section_size: u16,
    /// Number of the first PT_NOTE, where it is behind all other program headers.
    pub notes_behind: Option<u32>,
}

#[cfg(test)]
impl Elf {
    /// An empty core of amd64, or of i386.
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
            files_padding: 0,
            notes: Vec::new(),
            sections: Vec::new(),
            section_names: 0,
            section_size: 0,
            notes_behind: None,
        }
    }
}

impl Elf {
    /// The program header of the segment of notes with a number.
    pub fn note_header(&self, segment: u32) -> NoteHeader {
        self.other_note_headers.get(&segment).copied().unwrap_or(self.note_header)
    }
}

/// The program header of a segment of notes without their place, and the alignment of notes in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoteHeader {
    /// `p_flags`.
    pub flags: u32,
    /// `p_align`.
    pub align: u64,
    /// Alignment of its notes: 4 or 8 bytes.
    pub unit: u64,
}

impl NoteHeader {
    /// A header with these flags and alignment, and notes padded to multiples of `unit` bytes.
    pub fn new(flags: u32, align: u64, unit: u64) -> NoteHeader {
        NoteHeader { flags, align, unit }
    }
}

impl Default for NoteHeader {
    /// Readable, and aligned to 4 bytes.
    fn default() -> Self {
        NoteHeader { flags: 4, align: 4, unit: 4 }
    }
}

/// A note (`Elf64_Nhdr`).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Note {
    /// Name as stored, mostly with a NUL.
    pub name: Vec<u8>,
    /// Type.
    pub kind: u32,
    /// Descriptor.
    pub body: NoteBody,
    /// Number of its PT_NOTE: consecutive notes with the same number are in one segment.
    pub segment: u32,
}

/// The descriptor of a note.
#[derive(Clone, Debug, PartialEq)]
pub enum NoteBody {
    /// Plain bytes.
    Bytes(Content),
    /// A `siginfo_t`: bytes, overwritten with the values of a [crash](super::Model::crashes).
    Crash {
        /// Index of the crash.
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

    /// A note with a name as stored.
    pub fn stored(name: Vec<u8>, kind: u32, body: NoteBody) -> Note {
        Note { name, kind, body, segment: 0 }
    }

    /// The same note with another descriptor.
    pub fn with_body(self, body: NoteBody) -> Note {
        Note { body, ..self }
    }

    /// The name up to its NUL.
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
    /// Target of its offset.
    pub content: SectionContent,
}

/// Target of a section's offset.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SectionContent {
    /// The bytes of a [memory](super::Model::memory) entry.
    Memory {
        /// Its index.
        index: usize,
        /// Offset in the entry, in bytes.
        skipped: u64,
    },
    /// The whole first segment of notes.
    Notes,
    /// Bytes that are the section's own.
    Own(Content),
    /// No bytes.
    #[default]
    Nothing,
    /// No bytes, with this file offset.
    NothingAt(u64),
}
