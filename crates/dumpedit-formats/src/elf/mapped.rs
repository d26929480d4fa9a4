//! The headers of ELF files that a process has mapped, as its memory has them.

use object::elf;

use super::header::{self, Header, Segment, Sizes};
use crate::encoding::Encoding;
use crate::mapped::Reading;

/// The most program headers that are read of a file.
const MOST_SEGMENTS: usize = 256;

/// What the headers of an ELF file say of how it is mapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Headers {
    /// How far the header and the program headers reach, in bytes.
    pub size: u64,
    /// How far the section headers reach, in bytes of the file.
    pub sections_end: u64,
    /// The program headers.
    pub programs: Vec<ProgramHeader>,
}

/// A program header (`Elf32_Phdr`, `Elf64_Phdr`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramHeader {
    /// `p_type`.
    pub kind: u32,
    /// `p_flags`.
    pub flags: u32,
    /// `p_offset`.
    pub file_offset: u64,
    /// `p_vaddr`.
    pub address: u64,
    /// `p_filesz`, in bytes.
    pub file_size: u64,
    /// `p_memsz`, in bytes.
    pub memory_size: u64,
}

impl From<Segment> for ProgramHeader {
    fn from(segment: Segment) -> ProgramHeader {
        ProgramHeader {
            kind: segment.kind.0,
            flags: segment.flags,
            file_offset: segment.offset,
            address: segment.address,
            file_size: segment.file_size,
            memory_size: segment.memory_size,
        }
    }
}

/// Program headers that are somewhere in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Table {
    /// How many bytes they take.
    pub size: u64,
    /// Those that the dump holds.
    pub programs: Vec<ProgramHeader>,
}

impl Reading<'_> {
    /// The program headers at an address, as AT_PHDR and AT_PHNUM give them, of files whose words are the target's.
    pub fn program_headers(&mut self, address: u64, count: u64) -> Table {
        let encoding = Encoding::of(self.byte_order(), self.words(1) == 8);
        let entry_size = Sizes::of(encoding.wide).program;
        let size = entry_size.saturating_mul(count.min(MOST_SEGMENTS as u64));
        let bytes = self.bytes(address, size);
        let starts = (0..count).map_while(|index| index.checked_mul(entry_size));
        let programs = starts.map_while(|start| header::segment(encoding, &bytes, start));
        Table { size, programs: programs.map(ProgramHeader::from).collect() }
    }
}

impl Headers {
    /// Reads the headers that some memory begins with; `None` where it begins with no ELF file.
    pub fn read(bytes: &[u8]) -> Option<Headers> {
        let header = Header::read(bytes).ok().filter(|_| bytes.starts_with(&elf::ELFMAG))?;
        let programs = header.segments(bytes).take(MOST_SEGMENTS).map(ProgramHeader::from);
        Some(Headers {
            size: header.programs.offset.saturating_add(header.programs.size()).max(header.size),
            sections_end: header.sections.offset.saturating_add(header.sections.size()),
            programs: programs.collect(),
        })
    }

    /// The program headers of a type (`p_type`).
    pub fn of_kind(&self, kind: u32) -> impl Iterator<Item = &ProgramHeader> {
        self.programs.iter().filter(move |program| program.kind == kind)
    }
}
