//! ELF files: `.symtab`, `.dynsym` and what `.gnu_debugdata` holds, the build id, and the link to separate debug information.

mod copies;
mod relocations;
mod thread_local;

use std::io::{self, Read};
use std::sync::Arc;

use dumpedit_layout::ByteOrder;
use lzma_rust2::XzReader;
use object::endian::Endianness;
use object::pod::slice_from_bytes;
use object::read::ReadCache;
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};
use object::{SectionIndex, elf};

use crate::file::{Stream, SymbolFile};
use crate::identity::Identity;
use crate::row::RowKind;
use crate::sources::error::Damaged;
use crate::sources::source::{Asked, CopiedVariable, DebugLink, Source};
use crate::sources::thread_local::{StoredWord, ThreadLocalBlock};
use crate::table::{Entry, Names, REACH, Table};
use crate::target::SymbolTarget;

/// Loaders round the addresses of segments down to a multiple of this.
const PAGE: u64 = 4096;
/// No linker makes more sections or segments.
const MOST_HEADERS: u32 = 1 << 16;
/// Headers, notes, names of sections and versions of a file are no more than this, in bytes.
const MOST_HEADERS_SIZE: u64 = 64 << 20;
/// More versions of symbols of a file are not named.
const MOST_VERSIONS: usize = 1024;
/// No file has more symbol tables.
const MOST_TABLES: usize = 8;
/// More symbols of a file are not read.
const MOST_SYMBOLS: u64 = 6_000_000;
/// More bytes of names of a file are not read.
const MOST_NAMES: u64 = 256 << 20;
/// The versions, the links and the dynamic section of a file are small.
const MOST_SMALL: u64 = 1 << 20;
/// Symbols packed into `.gnu_debugdata` are no more than this, unpacked.
const MOST_PACKED: u64 = 64 << 20;
/// Memory that unpacking may take, in KiB.
const UNPACKING: u32 = 64 << 10;
/// Symbols are read in blocks of so many bytes.
const BLOCK: u64 = 1 << 18;

/// The names of labels that assemblers make for themselves, and of marks of what is code and what is data (`$x`, "Mapping symbols" of
/// "ELF for the Arm Architecture"), begin so.
const LOCAL_LABELS: [&[u8]; 2] = [b".L", b"$"];

type Cache<'a> = ReadCache<Stream<'a>>;
type Sections<'a, 'c, H> = SectionTable<'a, H, &'a Cache<'c>>;

pub(crate) fn recognizes(start: &[u8]) -> bool {
    start.starts_with(&elf::ELFMAG)
}

pub(crate) fn open(file: &Arc<SymbolFile>, _: Asked<'_>) -> Result<Box<dyn Source>, Damaged> {
    Ok(Box::new(Elf::open(file)?))
}

/// An ELF file.
#[derive(Debug)]
pub(crate) struct Elf {
    file: Arc<SymbolFile>,
    wide: bool,
    endian: Endianness,
    machine: elf::Machine,
    /// The lowest page of its segments, which loaders put at the base; of a file without segments 0.
    lowest: u64,
    /// Where the last byte of its segments in memory is, from there on.
    memory_size: u64,
    build_id: Option<Vec<u8>>,
    debug_link: Option<DebugLink>,
    has_debug_info: bool,
    /// Whether it has the bytes that are loaded.
    is_image: bool,
    /// The sections that hold what a linker says of whoever uses a function: their symbols have no place in memory.
    warnings: Vec<u16>,
    thread_local: Option<ThreadLocalBlock>,
    /// What is loaded: so many bytes from where the module begins, and which bytes of the file.
    loaded: Vec<(u64, Part)>,
    /// Where each section ends, by its index.
    section_ends: Vec<u64>,
    tables: Vec<SymbolTable>,
    /// `.gnu_debugdata`.
    packed: Option<Part>,
    /// The relocations that the dynamic linker does.
    relocations: Vec<RelocationTable>,
}

/// Bytes of the file.
#[derive(Clone, Copy, Debug)]
struct Part {
    file_offset: u64,
    size: u64,
}

/// A section of relocations.
#[derive(Clone, Copy, Debug)]
struct RelocationTable {
    part: Part,
    /// Whether its entries have addends (SHT_RELA); those of others stand in memory (SHT_REL).
    has_addends: bool,
}

/// A symbol table.
#[derive(Debug)]
struct SymbolTable {
    is_dynamic: bool,
    symbols: Part,
    names: Part,
    /// The number of each symbol's version (`.gnu.version`).
    version_numbers: Option<Part>,
    /// The names of the versions by their numbers.
    versions: Vec<Vec<u8>>,
}

impl Elf {
    fn open(file: &Arc<SymbolFile>) -> Result<Elf, Damaged> {
        let cache = ReadCache::new(Stream::of(file).with_budget(MOST_HEADERS_SIZE));
        let ident = file.read_at(0, 16.min(file.size()))?;
        match ident.get(4).copied().map(elf::FileClass) {
            Some(elf::ELFCLASS32) => Elf::read::<elf::FileHeader32<Endianness>>(file, &cache),
            Some(elf::ELFCLASS64) => Elf::read::<elf::FileHeader64<Endianness>>(file, &cache),
            _ => Err(Damaged::Format("it is of no class of ELF".to_owned())),
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
        // A file that was only cut short of its sections has its build id all the same.
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

    /// Adds the symbols of the file's tables, which count from an address.
    fn add_to(&self, table: &mut Table, lowest: u64) -> Result<(), Damaged> {
        for symbols in &self.tables {
            match self.wide {
                true => self.add_table::<elf::Sym64<Endianness>>(symbols, table, lowest)?,
                false => self.add_table::<elf::Sym32<Endianness>>(symbols, table, lowest)?,
            }
        }
        Ok(())
    }

    fn add_table<S: Sym<Endian = Endianness>>(
        &self,
        symbols: &SymbolTable,
        table: &mut Table,
        lowest: u64,
    ) -> Result<(), Damaged> {
        let entry_size = size_of::<S>() as u64;
        let count = symbols.symbols.size / entry_size;
        let all = count.saturating_add(table.len() as u64);
        if all > MOST_SYMBOLS || symbols.names.size.saturating_add(table.size_of_names()) > MOST_NAMES {
            return Err(Damaged::TooMany("symbols"));
        }
        let bytes = self.file.read_at(symbols.names.file_offset, symbols.names.size)?;
        let names = Names { bytes, versioned: true, versions: symbols.versions.clone() };
        let Some(names) = table.store(names) else { return Err(Damaged::TooMany("symbol tables")) };
        let versions = match symbols.version_numbers {
            Some(part) => self.file.read_at(part.file_offset, part.size.min(count.saturating_mul(2)))?,
            None => Vec::new(),
        };
        let mut numbers = versions.chunks_exact(2).map(|bytes| self.number(bytes));
        let (mut at, mut unit) = (0u64, 0);
        while at < count {
            let block = (BLOCK / entry_size).min(count.saturating_sub(at));
            let from = symbols.symbols.file_offset.saturating_add(at.saturating_mul(entry_size));
            let bytes = self.file.read_at(from, block.saturating_mul(entry_size))?;
            let (entries, _) = slice_from_bytes::<S>(&bytes, usize::try_from(block).unwrap_or(0))
                .map_err(|()| Damaged::Format("its symbols are cut off".to_owned()))?;
            for symbol in entries {
                let version = numbers.next().unwrap_or(0);
                // It has the symbols behind it that no other file sees.
                if symbol.st_type() == elf::STT_FILE {
                    unit = symbol.st_name(self.endian);
                }
                if let Some(mut entry) = self.entry(symbol, lowest, names, version) {
                    if !entry.is_global {
                        entry.unit = unit;
                    }
                    if !entry.is_sized
                        && LOCAL_LABELS.iter().any(|start| table.begins(names, entry.name, start))
                    {
                        entry.size = 0;
                    }
                    table.push(entry);
                }
            }
            at = at.saturating_add(block.max(1));
        }
        Ok(())
    }

    fn number(&self, bytes: &[u8]) -> u16 {
        let bytes = <[u8; 2]>::try_from(bytes).unwrap_or_default();
        match self.endian {
            Endianness::Little => u16::from_le_bytes(bytes),
            Endianness::Big => u16::from_be_bytes(bytes),
        }
    }

    /// A symbol that stands for an address of the module, or for a thread-local one.
    fn entry<S: Sym<Endian = Endianness>>(
        &self,
        symbol: &S,
        lowest: u64,
        names: u8,
        version: u16,
    ) -> Option<Entry> {
        let endian = self.endian;
        let section = symbol.st_shndx(endian);
        if matches!(section, elf::SHN_UNDEF | elf::SHN_ABS | elf::SHN_COMMON)
            || self.warnings.contains(&section.0)
        {
            return None;
        }
        let kind = match symbol.st_type() {
            elf::STT_FUNC | elf::STT_GNU_IFUNC => RowKind::Function,
            elf::STT_OBJECT | elf::STT_COMMON => RowKind::Object,
            elf::STT_TLS => RowKind::ThreadLocal,
            elf::STT_NOTYPE => RowKind::Other,
            _ => return None,
        };
        let value: u64 = symbol.st_value(endian).into();
        let offset = match kind {
            RowKind::ThreadLocal => value,
            // The lowest bit says that the code is Thumb.
            RowKind::Function if self.machine == elf::EM_ARM => (value & !1).checked_sub(lowest)?,
            _ => value.checked_sub(lowest)?,
        };
        // A label is of its own section: one at the end, such as `_end`, names nothing.
        let end = self.section_ends.get(usize::from(section.0)).copied();
        let reach = end.map_or(REACH, |end| end.saturating_sub(value).min(REACH));
        let size = symbol.st_size(endian).into();
        /// The bit of a version's number that says that the name alone does not mean it (VERSYM_HIDDEN).
        const HIDDEN: u16 = 0x8000;
        Some(Entry {
            offset,
            size: if size > 0 { size } else { reach },
            is_sized: size > 0,
            name: symbol.st_name(endian),
            names,
            kind,
            is_global: symbol.st_bind() != elf::STB_LOCAL,
            version: u8::try_from(version & !HIDDEN).unwrap_or(0),
            is_hidden: version & HIDDEN != 0,
            unit: 0,
        })
    }

    /// The file of symbols that is packed into this one (MiniDebugInfo).
    fn packed(&self) -> Result<Option<Elf>, Damaged> {
        let Some(part) = self.packed else { return Ok(None) };
        let stream = Stream::of_part(&self.file, part.file_offset, part.size);
        let mut unpacked = Vec::new();
        let reader = XzReader::new_mem_limit(io::BufReader::new(stream), false, UNPACKING);
        reader.take(MOST_PACKED.saturating_add(1)).read_to_end(&mut unpacked)?;
        if unpacked.len() as u64 > MOST_PACKED {
            return Err(Damaged::TooMany("packed symbols"));
        }
        Elf::open(&Arc::new(SymbolFile::within(self.file.path(), unpacked))).map(Some)
    }
}

impl Source for Elf {
    fn identity(&self) -> Option<Identity> {
        self.build_id.clone().map(Identity::BuildId)
    }

    fn fits(&self, target: &SymbolTarget) -> bool {
        let order = match self.endian {
            Endianness::Little => ByteOrder::Little,
            Endianness::Big => ByteOrder::Big,
        };
        order == target.byte_order && self.wide == (target.pointer_width == 8)
    }

    fn table(&self) -> Result<Table, Damaged> {
        let mut table = Table::default();
        self.add_to(&mut table, self.lowest)?;
        if !self.is_complete()
            && let Some(packed) = self.packed()?
        {
            let lowest = if packed.lowest == 0 { self.lowest } else { packed.lowest };
            packed.add_to(&mut table, lowest)?;
        }
        Ok(table.sorted())
    }

    fn is_complete(&self) -> bool {
        self.tables.iter().any(|table| !table.is_dynamic)
    }

    fn is_image(&self) -> bool {
        self.is_image
    }

    fn memory_size(&self) -> Option<u64> {
        Some(self.memory_size)
    }

    fn has_debug_info(&self) -> bool {
        self.has_debug_info
    }

    fn cost(&self) -> u64 {
        let tables = self.tables.iter().map(|table| table.symbols.size.saturating_add(table.names.size));
        tables.chain(self.packed.map(|part| part.size)).fold(0, u64::saturating_add)
    }

    fn debug_link(&self) -> Option<&DebugLink> {
        self.debug_link.as_ref()
    }

    fn thread_local(&self) -> Option<ThreadLocalBlock> {
        self.thread_local
    }

    fn read_loaded(&self, offset: u64, into: &mut [u8]) -> usize {
        let within = |(start, part): &(u64, Part)| {
            let at = offset.checked_sub(*start)?;
            let left = part.size.checked_sub(at).filter(|left| *left > 0)?;
            Some((part.file_offset.checked_add(at)?, left))
        };
        let Some((file_offset, left)) = self.loaded.iter().find_map(within) else { return 0 };
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(into.len());
        let read = into.get_mut(..size).map(|into| self.file.read_into(file_offset, into));
        if matches!(read, Some(Ok(()))) { size } else { 0 }
    }

    fn thread_local_words(&self) -> Result<Vec<StoredWord>, Damaged> {
        self.words()
    }

    fn copies(&self) -> Result<Vec<CopiedVariable>, Damaged> {
        self.copied()
    }
}

fn part<S: SectionHeader<Endian = Endianness>>(endian: Endianness, section: &S) -> Option<Part> {
    let (file_offset, size) = section.file_range(endian)?;
    Some(Part { file_offset, size })
}

/// Whether a dynamic section says that its file is a program that may be loaded anywhere.
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

/// NT_GNU_BUILD_ID of the sections, or of the segments where a file has no sections.
fn build_id<'a, 'c, H: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    cache: &'a Cache<'c>,
    segments: &[H::ProgramHeader],
    sections: &Sections<'a, 'c, H>,
) -> Option<Vec<u8>> {
    /// Notes of more bytes, and of more places, are not those of a program.
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

/// A symbol table with its names, and of a dynamic one its versions.
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

/// The names of the versions that a file defines, by their numbers from 1.
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
