//! The contents of an ELF file, by its headers: segments, sections, symbol tables, relocations, the build id, and the
//! link to separate debug information.

use std::sync::Arc;

use object::endian::Endianness;
use object::read::ReadCache;
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader, SectionTable};
use object::{SectionIndex, elf};

use crate::file::{Stream, SymbolFile};
use crate::sources::error::Damaged;
use crate::sources::source::DebugLink;
use crate::sources::thread_local::ThreadLocalBlock;

/// The page size in bytes to which loaders round down the addresses of segments.
const PAGE: u64 = 4096;
/// The most sections or segments of a file. No linker makes more.
const MOST_HEADERS: u32 = 1 << 16;
/// The most bytes of headers, notes, section names and versions that are read from a file.
const MOST_HEADERS_SIZE: u64 = 64 << 20;
/// The most symbol versions of a file that get their names.
const MOST_VERSIONS: usize = 1024;
/// The most symbol tables of a file.
const MOST_TABLES: usize = 8;
/// The largest section of versions or links, and the largest dynamic section, in bytes.
const MOST_SMALL: u64 = 1 << 20;

type Cache<'a> = ReadCache<Stream<'a>>;
type Sections<'a, 'c, H> = SectionTable<'a, H, &'a Cache<'c>>;

/// An ELF file.
#[derive(Debug)]
pub(super) struct Elf {
    pub(super) file: Arc<SymbolFile>,
    pub(super) wide: bool,
    pub(super) endian: Endianness,
    pub(super) machine: elf::Machine,
    /// The address of the lowest page of the segments, which loaders put at the base; 0 for a file without segments.
    pub(super) lowest: u64,
    /// The size in bytes of the segments in memory, from that page to the last byte.
    pub(super) memory_size: u64,
    pub(super) build_id: Option<Vec<u8>>,
    pub(super) debug_link: Option<DebugLink>,
    pub(super) has_debug_info: bool,
    /// Whether the file has the bytes that are loaded.
    pub(super) is_image: bool,
    /// The sections with warnings that a linker gives to users of a function. Their symbols have no address in memory.
    pub(super) warnings: Vec<u16>,
    pub(super) thread_local: Option<ThreadLocalBlock>,
    /// The parts that are loaded: the offset in bytes from the module's base, and the bytes of the file.
    pub(super) loaded: Vec<(u64, Part)>,
    /// The address where each section ends, by the index of the section.
    pub(super) section_ends: Vec<u64>,
    pub(super) tables: Vec<SymbolTable>,
    /// `.gnu_debugdata`.
    pub(super) packed: Option<Part>,
    /// The relocations for the dynamic linker.
    pub(super) relocations: Vec<RelocationTable>,
}

/// A part of the file, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    pub(super) file_offset: u64,
    pub(super) size: u64,
}

/// A section of relocations.
#[derive(Clone, Copy, Debug)]
pub(super) struct RelocationTable {
    pub(super) part: Part,
    /// Whether its entries have addends (SHT_RELA). Otherwise, the addends are in memory (SHT_REL).
    pub(super) has_addends: bool,
}

/// A symbol table.
#[derive(Debug)]
pub(super) struct SymbolTable {
    pub(super) is_dynamic: bool,
    pub(super) symbols: Part,
    pub(super) names: Part,
    /// The version number of each symbol (`.gnu.version`).
    pub(super) version_numbers: Option<Part>,
    /// The names of the versions, by number.
    pub(super) versions: Vec<Vec<u8>>,
}

impl Elf {
    pub(super) fn open(file: &Arc<SymbolFile>) -> Result<Elf, Damaged> {
        let cache = ReadCache::new(Stream::of(file).with_budget(MOST_HEADERS_SIZE));
        let ident = file.read_at(0, 16.min(file.size()))?;
        match ident.get(4).copied().map(elf::FileClass) {
            Some(elf::ELFCLASS32) => Elf::read::<elf::FileHeader32<Endianness>>(file, &cache),
            Some(elf::ELFCLASS64) => Elf::read::<elf::FileHeader64<Endianness>>(file, &cache),
            _ => Err(Damaged::Format("its ELF class is unknown".to_owned())),
        }
    }

    fn read<H: FileHeader<Endian = Endianness>>(
        file: &Arc<SymbolFile>,
        cache: &Cache<'_>,
    ) -> Result<Elf, Damaged> {
        let header = H::parse(cache)?;
        let endian = header.endian()?;
        if header.phnum(endian, cache)? > MOST_HEADERS || header.shnum(endian, cache)? > MOST_HEADERS {
            return Err(Damaged::TooMany("sections"));
        }
        let segments = header.program_headers(endian, cache)?;
        let of_kind = |kind| segments.iter().filter(move |segment| segment.p_type(endian) == kind);
        let page = |segment: &H::ProgramHeader| segment.p_vaddr(endian).into() & !(PAGE - 1);
        let lowest = of_kind(elf::PT_LOAD).map(page).min();
        let end = |segment: &H::ProgramHeader| {
            segment.p_vaddr(endian).into().saturating_add(segment.p_memsz(endian).into())
        };
        let last = of_kind(elf::PT_LOAD).map(end).max();
        let thread_local = of_kind(elf::PT_TLS).next().map(|segment| ThreadLocalBlock {
            is_program: header.e_type(endian) == elf::ET_EXEC
                || of_kind(elf::PT_DYNAMIC).take(1).any(|dynamic| is_program::<H>(endian, cache, dynamic)),
            address: segment.p_vaddr(endian).into(),
            size: segment.p_memsz(endian).into(),
            align: segment.p_align(endian).into().max(1),
        });
        let loaded = of_kind(elf::PT_LOAD).filter_map(|segment| {
            let (file_offset, size) = segment.file_range(endian);
            let start = segment.p_vaddr(endian).into().checked_sub(lowest?)?;
            Some((start, Part { file_offset, size }))
        });
        let loaded = loaded.collect();
        // A file that lost only its sections still has its build id.
        let sections = header.sections(endian, cache).unwrap_or_default();
        let build_id = build_id::<H>(endian, cache, segments, &sections);
        let mut found = Elf {
            file: Arc::clone(file),
            wide: header.is_type_64(),
            endian,
            machine: header.e_machine(endian),
            lowest: lowest.unwrap_or(0),
            memory_size: last.unwrap_or(0).saturating_sub(lowest.unwrap_or(0)),
            build_id,
            debug_link: None,
            has_debug_info: false,
            is_image: false,
            warnings: Vec::new(),
            thread_local,
            loaded,
            section_ends: Vec::new(),
            tables: Vec::new(),
            packed: None,
            relocations: Vec::new(),
        };
        found.add_sections::<H>(cache, &sections);
        Ok(found)
    }

    fn add_sections<'a, 'c, H: FileHeader<Endian = Endianness>>(
        &mut self,
        cache: &'a Cache<'c>,
        sections: &Sections<'a, 'c, H>,
    ) {
        let endian = self.endian;
        for (index, section) in sections.iter().enumerate() {
            let kind = section.sh_type(endian);
            self.section_ends
                .push(section.sh_addr(endian).into().saturating_add(section.sh_size(endian).into()));
            if sections.section_name(endian, section).is_ok_and(|name| name.starts_with(b".gnu.warning")) {
                self.warnings.extend(u16::try_from(index));
                continue;
            }
            if matches!(kind, elf::SHT_SYMTAB | elf::SHT_DYNSYM) && self.tables.len() < MOST_TABLES {
                self.tables.extend(symbol_table(endian, cache, sections, section));
                continue;
            }
            if kind == elf::SHT_NOBITS {
                continue;
            }
            let flags = section.sh_flags(endian).0;
            self.is_image |= kind == elf::SHT_PROGBITS && flags & elf::SHF_EXECINSTR.0 != 0;
            if matches!(kind, elf::SHT_RELA | elf::SHT_REL) && flags & elf::SHF_ALLOC.0 != 0 {
                let has_addends = kind == elf::SHT_RELA;
                let part = part(endian, section);
                self.relocations.extend(part.map(|part| RelocationTable { part, has_addends }));
            }
            match sections.section_name(endian, section) {
                Ok(b".debug_info" | b".zdebug_info") => self.has_debug_info = true,
                Ok(b".gnu_debugdata") => self.packed = part(endian, section),
                Ok(b".gnu_debuglink") if section.sh_size(endian).into() <= MOST_SMALL => {
                    let bytes = section.data(endian, cache).unwrap_or_default();
                    self.debug_link = DebugLink::read(bytes, endian);
                }
                _ => {}
            }
        }
    }
}

fn part<S: SectionHeader<Endian = Endianness>>(endian: Endianness, section: &S) -> Option<Part> {
    let (file_offset, size) = section.file_range(endian)?;
    Some(Part { file_offset, size })
}

/// Whether a dynamic section says that its file is a position-independent program (DF_1_PIE).
fn is_program<H: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    cache: &Cache<'_>,
    segment: &H::ProgramHeader,
) -> bool {
    if segment.p_filesz(endian).into() > MOST_SMALL {
        return false;
    }
    let Ok(Some(entries)) = segment.dynamic(endian, cache) else { return false };
    entries.iter().any(|entry| {
        entry.d_tag(endian) == elf::DT_FLAGS_1 && entry.d_val(endian).into() & elf::DF_1_PIE.0 != 0
    })
}

/// The NT_GNU_BUILD_ID note of the sections, or of the segments if no section has it.
fn build_id<'a, 'c, H: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    cache: &'a Cache<'c>,
    segments: &[H::ProgramHeader],
    sections: &Sections<'a, 'c, H>,
) -> Option<Vec<u8>> {
    /// The largest section of notes that is read in bytes, and the most such sections.
    const LARGEST: u64 = 64 << 10;
    const MOST: usize = 64;
    let first = |mut notes: object::read::elf::NoteIterator<'_, H>| {
        std::iter::from_fn(|| notes.next().ok().flatten())
            .find(|note| is_build_id::<H>(endian, note))
            .map(|note| note.desc().to_vec())
    };
    let of_sections = sections
        .iter()
        .filter(|section| {
            section.sh_type(endian) == elf::SHT_NOTE && section.sh_size(endian).into() <= LARGEST
        })
        .take(MOST)
        .find_map(|section| first(section.notes(endian, cache).ok()??));
    let of_segments = || {
        segments
            .iter()
            .filter(|segment| {
                segment.p_type(endian) == elf::PT_NOTE && segment.p_filesz(endian).into() <= LARGEST
            })
            .take(MOST)
            .find_map(|segment| first(segment.notes(endian, cache).ok()??))
    };
    of_sections.or_else(of_segments)
}

fn is_build_id<H: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    note: &object::read::elf::Note<'_, H>,
) -> bool {
    note.name() == b"GNU" && note.n_type(endian) == elf::NT_GNU_BUILD_ID && !note.desc().is_empty()
}

/// A symbol table with its names. A dynamic one also has its versions.
fn symbol_table<'a, 'c, H: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    cache: &'a Cache<'c>,
    sections: &Sections<'a, 'c, H>,
    section: &H::SectionHeader,
) -> Option<SymbolTable> {
    let is_dynamic = section.sh_type(endian) == elf::SHT_DYNSYM;
    let linked = SectionIndex(section.sh_link(endian) as usize);
    let names = part(endian, sections.section(linked).ok()?)?;
    let of_kind = |kind| sections.iter().find(move |section| section.sh_type(endian) == kind);
    let numbers = of_kind(elf::SHT_GNU_VERSYM).filter(|_| is_dynamic);
    let mut versions = Vec::new();
    if let Some(defined) = of_kind(elf::SHT_GNU_VERDEF)
        .filter(|defined| is_dynamic && defined.sh_size(endian).into() <= MOST_SMALL)
    {
        versions = version_names::<H>(endian, cache, sections, defined).unwrap_or_default();
    }
    Some(SymbolTable {
        is_dynamic,
        symbols: part(endian, section)?,
        names,
        version_numbers: numbers.and_then(|numbers| part(endian, numbers)),
        versions,
    })
}

/// The names of the versions that a file defines, by number from 1.
fn version_names<'a, 'c, H: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    cache: &'a Cache<'c>,
    sections: &Sections<'a, 'c, H>,
    defined: &H::SectionHeader,
) -> Option<Vec<Vec<u8>>> {
    let (mut definitions, link) = defined.gnu_verdef(endian, cache).ok()??;
    let strings = sections.strings(endian, cache, link).ok()?;
    let mut names: Vec<Vec<u8>> = Vec::new();
    for _ in 0..MOST_VERSIONS {
        let Ok(Some((definition, mut parts))) = definitions.next() else { break };
        let Some(at) = usize::from(definition.vd_ndx.get(endian)).checked_sub(1).filter(|at| *at < 255)
        else {
            continue;
        };
        let Ok(Some(part)) = parts.next() else { continue };
        let Ok(name) = part.name(endian, strings) else { continue };
        if names.len() <= at {
            names.resize(at.saturating_add(1), Vec::new());
        }
        if let Some(slot) = names.get_mut(at) {
            *slot = name.to_vec();
        }
    }
    Some(names)
}
