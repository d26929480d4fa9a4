//! The ELF header, program headers and section headers, of either class and byte order.
//!
//! Tables are read one entry at a time, so that a cut end of a file does not fail the rest.

use object::elf::{self, FileHeader32, FileHeader64};
use object::endian::{Endianness, LittleEndian};
use object::read::ReadRef;
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};

use crate::FormatError;
use crate::encoding::Encoding;
use crate::model::{Section, SectionContent};

/// `PT_AARCH64_MEMTAG_MTE` of `linux/elf.h`.
pub(super) const MEMORY_TAGS: elf::ProgramType = elf::ProgramType(0x7000_0002);

/// Sizes of headers by class, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub(super) header: u64,
    pub(super) program: u64,
    pub(super) section: u64,
}

impl Sizes {
    pub(super) fn of(wide: bool) -> Sizes {
        if wide {
            Sizes { header: 64, program: 56, section: 64 }
        } else {
            Sizes { header: 52, program: 32, section: 40 }
        }
    }
}

/// A table of entries at equal distances; offsets and sizes in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) offset: u64,
    pub(super) entry_size: u64,
    pub(super) count: u64,
}

impl Table {
    pub(super) fn size(self) -> u64 {
        self.entry_size.saturating_mul(self.count)
    }

    /// Number of whole entries in `available` bytes.
    pub(super) fn count_in(self, available: u64) -> u64 {
        let room = available.saturating_sub(self.offset);
        room.checked_div(self.entry_size).unwrap_or(0).min(self.count)
    }

    /// Offset of an entry, in bytes.
    fn entry(self, index: u64) -> Option<u64> {
        if index >= self.count {
            return None;
        }
        self.offset.checked_add(index.checked_mul(self.entry_size)?)
    }
}

/// The ELF header (`Elf32_Ehdr`, `Elf64_Ehdr`), with the counts that did not fit into it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) encoding: Encoding,
    pub(super) file_type: elf::FileType,
    pub(super) machine: elf::Machine,
    /// `e_entry`.
    pub(super) entry: u64,
    pub(super) flags: u32,
    /// Its size in bytes.
    pub(super) size: u64,
    pub(super) programs: Table,
    pub(super) sections: Table,
    /// `e_phnum`.
    pub(super) announced: u16,
    /// Whether `e_phnum` refers to section 0 (`PN_XNUM`) and that is cut off.
    pub(super) count_lost: bool,
    /// File offset and size of the section names.
    pub(super) section_names: Option<(u64, u64)>,
    /// `e_shstrndx`.
    pub(super) section_names_index: u16,
    /// `e_shentsize`.
    pub(super) section_size: u16,
}

/// A program header (`Elf32_Phdr`, `Elf64_Phdr`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) kind: elf::ProgramType,
    pub(super) flags: u32,
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) physical: u64,
    pub(super) file_size: u64,
    pub(super) memory_size: u64,
    pub(super) align: u64,
}

impl Segment {
    /// Size in memory, in bytes: what it maps, or what it stores where that is more.
    pub(super) fn size(&self) -> u64 {
        self.memory_size.max(self.file_size)
    }
}

fn broken(problem: impl Into<String>) -> FormatError {
    FormatError::Broken { structure: "ELF header", file_offset: 0, problem: problem.into() }
}

impl Header {
    /// Reads the header at the start of `bytes`.
    pub(super) fn read(bytes: &[u8]) -> Result<Header, FormatError> {
        let wide = match bytes.get(4).copied().map(elf::FileClass) {
            Some(elf::ELFCLASS32) => false,
            Some(elf::ELFCLASS64) => true,
            Some(class) => return Err(broken(format!("has the unknown class {}", class.0))),
            None => return Err(broken("is cut off by the end of the file")),
        };
        let order = match bytes.get(5).copied().map(elf::DataEncoding) {
            Some(elf::ELFDATA2LSB) => Endianness::Little,
            Some(elf::ELFDATA2MSB) => Endianness::Big,
            Some(data) => return Err(broken(format!("has the unknown byte order {}", data.0))),
            None => return Err(broken("is cut off by the end of the file")),
        };
        let encoding = Encoding { order, wide };
        if wide {
            Self::read_as::<FileHeader64<Endianness>>(bytes, encoding)
        } else {
            Self::read_as::<FileHeader32<Endianness>>(bytes, encoding)
        }
    }

    fn read_as<Elf: FileHeader<Endian = Endianness>>(
        bytes: &[u8],
        encoding: Encoding,
    ) -> Result<Header, FormatError> {
        let order = encoding.order;
        let raw = bytes.read_at::<Elf>(0).map_err(|()| broken("is cut off by the end of the file"))?;
        let mut programs = Table {
            offset: raw.e_phoff(order).into(),
            entry_size: raw.e_phentsize(order).into(),
            count: raw.e_phnum(order).into(),
        };
        let mut sections = Table {
            offset: raw.e_shoff(order).into(),
            entry_size: raw.e_shentsize(order).into(),
            count: raw.e_shnum(order).into(),
        };
        // Section 0 has the values that do not fit into the header.
        let first = match sections.offset {
            0 => None,
            offset => bytes.read_at::<Elf::SectionHeader>(offset).ok(),
        };
        if sections.offset == 0 {
            sections.count = 0;
        } else if sections.count == 0 {
            sections.count = first.map_or(0, |first| first.sh_size(order).into()).max(1);
        }
        let mut count_lost = false;
        if raw.e_phnum(order) == elf::PN_XNUM {
            match first {
                Some(first) => programs.count = first.sh_info(order).into(),
                None => count_lost = true,
            }
        }
        let least = u64::try_from(size_of::<Elf::ProgramHeader>()).unwrap_or(u64::MAX);
        if programs.count > 0 && programs.entry_size < least {
            let size = programs.entry_size;
            return Err(broken(format!("gives program headers of {size} bytes; the minimum is {least}")));
        }
        let names = match raw.e_shstrndx(order) {
            elf::SHN_XINDEX => first.map_or(0, |first| first.sh_link(order)),
            index => u32::from(index.0),
        };
        let section_names = sections
            .entry(names.into())
            .filter(|_| names != 0)
            .and_then(|at| bytes.read_at::<Elf::SectionHeader>(at).ok())
            .filter(|section| section.sh_type(order) != elf::SHT_NOBITS)
            .map(|section| (section.sh_offset(order).into(), section.sh_size(order).into()));
        let mut header = Header {
            encoding,
            file_type: raw.e_type(order),
            machine: raw.e_machine(order),
            entry: raw.e_entry(order).into(),
            flags: raw.e_flags(order).0,
            size: u64::try_from(size_of::<Elf>()).unwrap_or(u64::MAX).max(raw.e_ehsize(order).into()),
            programs,
            sections,
            announced: raw.e_phnum(order),
            count_lost,
            section_names,
            section_names_index: raw.e_shstrndx(order).0,
            section_size: raw.e_shentsize(order),
        };
        if count_lost {
            header.programs.count = header.room_for_programs(bytes);
        }
        Ok(header)
    }

    /// Number of program headers that fit before the first bytes of any of the segments that `e_phnum` counts.
    fn room_for_programs(&self, bytes: &[u8]) -> u64 {
        let Table { offset, entry_size, count } = self.programs;
        let end = offset.saturating_add(entry_size.saturating_mul(count));
        let stored = self.segments(bytes).filter(|segment| segment.file_size > 0 && segment.offset >= end);
        let first = stored.map(|segment| segment.offset).min();
        let room = first.and_then(|first| first.saturating_sub(offset).checked_div(entry_size));
        room.unwrap_or(count)
    }

    /// The section header with an index, and its file offset.
    pub(super) fn section(&self, bytes: &[u8], index: u64) -> Option<(Section, u64)> {
        let at = self.sections.entry(index)?;
        if self.encoding.wide {
            section_as::<FileHeader64<Endianness>>(bytes, self.encoding.order, at)
        } else {
            section_as::<FileHeader32<Endianness>>(bytes, self.encoding.order, at)
        }
    }

    /// The whole program headers in `bytes`, which this header begins.
    pub(super) fn segments<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = Segment> + use<'a> {
        let encoding = self.encoding;
        self.entries(bytes).filter_map(move |entry| segment(encoding, entry, 0))
    }

    /// The same for the most common encoding, by specialized code: there may be a million.
    pub(super) fn common_segments<'a>(
        &self,
        bytes: &'a [u8],
    ) -> Option<impl Iterator<Item = Segment> + use<'a>> {
        const COMMON: Encoding = Encoding { order: Endianness::Little, wide: true };
        let read = |entry| segment_as::<FileHeader64<LittleEndian>>(entry, LittleEndian, 0);
        (self.encoding == COMMON).then(|| self.entries(bytes).filter_map(read))
    }

    fn entries<'a>(&self, bytes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let table = self.programs;
        let whole = usize::try_from(table.count).unwrap_or(usize::MAX);
        let start = usize::try_from(table.offset).unwrap_or(usize::MAX);
        // A table with entries of no bytes is refused earlier.
        let entry_size = usize::try_from(table.entry_size.max(1)).unwrap_or(usize::MAX);
        bytes.get(start..).unwrap_or_default().chunks_exact(entry_size).take(whole)
    }
}

/// The program header at an offset.
#[inline]
pub(super) fn segment(encoding: Encoding, bytes: &[u8], at: u64) -> Option<Segment> {
    if encoding.wide {
        segment_as::<FileHeader64<Endianness>>(bytes, encoding.order, at)
    } else {
        segment_as::<FileHeader32<Endianness>>(bytes, encoding.order, at)
    }
}

#[inline]
fn segment_as<Elf: FileHeader>(bytes: &[u8], order: Elf::Endian, at: u64) -> Option<Segment> {
    let raw = bytes.read_at::<Elf::ProgramHeader>(at).ok()?;
    Some(Segment {
        kind: raw.p_type(order),
        flags: raw.p_flags(order).0,
        offset: raw.p_offset(order).into(),
        address: raw.p_vaddr(order).into(),
        physical: raw.p_paddr(order).into(),
        file_size: raw.p_filesz(order).into(),
        memory_size: raw.p_memsz(order).into(),
        align: raw.p_align(order).into(),
    })
}

fn section_as<Elf: FileHeader<Endian = Endianness>>(
    bytes: &[u8],
    order: Endianness,
    at: u64,
) -> Option<(Section, u64)> {
    let raw = bytes.read_at::<Elf::SectionHeader>(at).ok()?;
    let section = Section {
        name: raw.sh_name(order),
        kind: raw.sh_type(order).0,
        flags: raw.sh_flags(order).0,
        address: raw.sh_addr(order).into(),
        size: raw.sh_size(order).into(),
        link: raw.sh_link(order),
        info: raw.sh_info(order),
        align: raw.sh_addralign(order).into(),
        entry_size: raw.sh_entsize(order).into(),
        content: SectionContent::default(),
    };
    Some((section, raw.sh_offset(order).into()))
}

/// The header of a core.
///
/// # Errors
/// [`FormatError::NotACore`] for any other ELF file, and those of [`Header::read`].
pub(super) fn of_core(bytes: &[u8]) -> Result<Header, FormatError> {
    let header = Header::read(bytes)?;
    if header.file_type != elf::ET_CORE {
        return Err(FormatError::NotACore { kind: kind_of(header.file_type) });
    }
    Ok(header)
}

fn kind_of(file_type: elf::FileType) -> &'static str {
    match file_type {
        elf::ET_REL => "an ELF object file",
        elf::ET_EXEC => "an ELF executable",
        elf::ET_DYN => "an ELF shared library or position-independent executable",
        _ => "an ELF file of an unknown type",
    }
}
