//! Headers of mapped ELF files, read from a process's memory.

use dumpedit_layout::ByteOrder;
use object::elf;

use super::header::{self, Header, Segment, Sizes};
use crate::encoding::Encoding;
use crate::mapped::Reading;

/// Maximum number of program headers that are read.
const MOST_SEGMENTS: usize = 256;

/// The headers of an ELF file that describe how it is mapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Headers {
    /// End of the header and the program headers, in bytes from the start.
    pub size: u64,
    /// File offset of the end of the section headers, in bytes.
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
    /// `p_align`, in bytes.
    pub align: u64,
}

impl ProgramHeader {
    /// `PT_DYNAMIC`: the dynamic section of `size` bytes at an address.
    pub fn of_dynamic(address: u64, size: u64) -> ProgramHeader {
        let kind = elf::PT_DYNAMIC.0;
        ProgramHeader { kind, address, file_size: size, memory_size: size, ..ProgramHeader::default() }
    }

    /// Its bytes in a file whose words have `width` bytes; `p_paddr` is zero.
    pub fn to_bytes(&self, order: ByteOrder, width: u8) -> Vec<u8> {
        let word = usize::from(width);
        let (kind, flags) = ((u64::from(self.kind), 4), (u64::from(self.flags), 4));
        let words = [self.file_offset, self.address, 0, self.file_size, self.memory_size, self.align];
        let [offset, address, physical, file_size, memory_size, align] = words.map(|value| (value, word));
        let sized = [offset, address, physical, file_size, memory_size];
        let fields: Vec<(u64, usize)> = match width {
            8 => [kind, flags].into_iter().chain(sized).chain([align]).collect(),
            _ => [kind].into_iter().chain(sized).chain([flags, align]).collect(),
        };
        fields.into_iter().flat_map(|(value, size)| order.bytes(value, size)).collect()
    }
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
            align: segment.align,
        }
    }
}

/// A table of program headers in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Table {
    /// Size of the table, in bytes.
    pub size: u64,
    /// The program headers that the dump holds.
    pub programs: Vec<ProgramHeader>,
}

impl Reading<'_> {
    /// The program headers at an address, as AT_PHDR and AT_PHNUM give them, of a file with the target's word size.
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
    /// Reads the headers at the start of some memory; `None` where it does not begin with an ELF file.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_header_that_is_written_reads_the_same() {
        let mut written = ProgramHeader::of_dynamic(0x1234_5678, 0x40);
        (written.flags, written.file_offset, written.align) = (6, 0x99, 0x1000);
        for order in [ByteOrder::Little, ByteOrder::Big] {
            for width in [4, 8] {
                let bytes = written.to_bytes(order, width);
                let encoding = Encoding::of(order, width == 8);
                assert_eq!(u64::try_from(bytes.len()), Ok(Sizes::of(encoding.wide).program));
                let read = header::segment(encoding, &bytes, 0).map(ProgramHeader::from);
                assert_eq!(read.as_ref(), Some(&written), "{order} {width}");
            }
        }
    }
}
