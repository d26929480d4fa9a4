//! What debuggers read of modules in memory: ELF and PE headers, build ids, CodeView records, and the list of modules that
//! the dynamic linker keeps for them.

use std::collections::HashSet;

use dumpedit::{ByteOrder, Dump, Module, Span};
use dumpedit_formats::elf::schema::link_map;
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, elf};

use super::ranges::{Ranges, most_read, read};
use crate::encode::{self, narrow, wide};

/// Headers that reach further than this, in bytes, are not read.
const MOST_HEADERS: u64 = 1 << 16;
/// The most bytes of a module's notes.
const MOST_NOTES: u64 = 1 << 16;
/// The most bytes of a dynamic section.
const MOST_DYNAMIC: u64 = 1 << 16;
/// The most bytes of a CodeView record.
const MOST_CODE_VIEW: u64 = 1 << 12;
/// The most modules that the dynamic linker's list is followed for.
const MOST_LINKS: usize = 1 << 16;
/// The most bytes of a name in that list.
const MOST_NAME: u64 = 1 << 12;
/// The most bytes of the vDSO, which no file has.
const MOST_VDSO: u64 = 1 << 16;
/// Within one page, notes stay in one piece with the header: gdb looks for a build id behind the header in the core's file.
const PAGE: u64 = 1 << 12;

/// The values of `r_version` in `struct r_debug`.
const VERSIONS: [u64; 2] = [1, 2];
/// The most bytes of writable memory that are searched for it, of each region.
const MOST_SEARCHED: u64 = 1 << 20;

/// The addresses that tell what each module is and where the dynamic linker put it. Headers are looked for
/// where modules and where captured regions begin: a module's first page may be mapped twice, and captured once.
///
/// With them, where `with_variables` says so, their writable memory: what is mapped so, and what their headers say of it.
pub(super) fn needs(dump: &Dump, regions: &[Span], with_variables: bool) -> Vec<Span> {
    let left = most_read(dump.layout());
    let mut finder = Finder { dump, with_variables, left, found: Vec::new(), links: HashSet::new() };
    let mut modules: Vec<&Module> = dump.layout().modules().iter().collect();
    modules.sort_by_key(|module| module.base);
    let mut starts: Vec<u64> = regions.iter().map(|region| region.first).collect();
    starts.extend(modules.iter().map(|module| module.base));
    starts.sort_unstable();
    starts.dedup();
    for at in starts {
        let start = finder.read(at, 4);
        if start.starts_with(&elf::ELFMAG) {
            let module = holding(&modules, at);
            let sections = finder.elf(at, module.map_or(at, |module| module.base));
            // Of the vDSO there is no file.
            if let (Some(end), Some(vdso)) = (sections, module.filter(|module| module.name == "[vdso]")) {
                finder.keep(at, end.max(vdso.size).min(MOST_VDSO));
            }
        } else if start.starts_with(b"MZ") {
            finder.portable_executable(at);
        }
    }
    if finder.links.is_empty() {
        finder.search(&modules);
    }
    if with_variables {
        finder.found.extend(variables(dump));
        finder.uninitialised(&modules);
    }
    finder.found
}

/// The module that holds an address, of modules in order.
fn holding<'m>(modules: &[&'m Module], address: u64) -> Option<&'m Module> {
    let below = modules.partition_point(|module| module.base <= address).checked_sub(1)?;
    let module = modules.get(below)?;
    (address.saturating_sub(module.base) < module.size.max(1)).then_some(module)
}

/// Writable memory of modules: debuggers take what the files have there for what it was.
fn variables(dump: &Dump) -> Vec<Span> {
    let modules = dump.layout().modules().iter();
    let modules = Ranges::of(modules.filter_map(|module| Span::of(module.base, module.size)));
    let mut variables = Vec::new();
    for region in dump.layout().regions() {
        let is_writable = region.protection.is_some_and(|protection| protection.write);
        if let Some(captured) = Span::of(region.start, region.captured).filter(|_| is_writable)
            && !modules.within(&[captured]).is_empty()
        {
            variables.push(captured);
        }
    }
    variables
}

struct Finder<'d> {
    dump: &'d Dump,
    with_variables: bool,
    /// How many bytes may still be read.
    left: u64,
    found: Vec<Span>,
    /// The entries of the dynamic linker's lists that were followed.
    links: HashSet<u64>,
}

impl Finder<'_> {
    fn keep(&mut self, first: u64, size: u64) {
        self.found.extend(Span::of(first, size));
    }

    fn read(&mut self, address: u64, size: u64) -> Vec<u8> {
        let bytes = read(self.dump, address, narrow(size.min(self.left)));
        self.left = self.left.saturating_sub(wide(bytes.len()));
        bytes
    }

    fn number(&mut self, address: u64, size: u8) -> Option<u64> {
        let bytes = self.read(address, size.into());
        (bytes.len() == usize::from(size)).then(|| encode::read(self.dump.layout().byte_order(), &bytes))
    }

    /// A word of the target, by its index behind an address.
    fn word(&mut self, address: u64, index: usize) -> Option<u64> {
        let width = self.dump.layout().pointer_width();
        let at = address.checked_add(wide(index).checked_mul(width.into())?)?;
        self.number(at, width)
    }

    fn words(&self, count: u64) -> u64 {
        count.saturating_mul(self.dump.layout().pointer_width().into())
    }

    /// The headers and notes at an address, of a module that is loaded at `base`; how far its section headers reach, which
    /// are mostly not in memory.
    fn elf(&mut self, at: u64, base: u64) -> Option<u64> {
        let bytes = self.read(at, MOST_HEADERS);
        // The class is the file's own: x32 has 32-bit files.
        let is_wide = bytes.get(4) == Some(&elf::ELFCLASS64.0);
        let headers = if is_wide {
            Headers::read::<elf::FileHeader64<Endianness>>(&bytes)?
        } else {
            Headers::read::<elf::FileHeader32<Endianness>>(&bytes)?
        };
        let Headers { size, sections, segments } = headers;
        self.keep(at, size);
        let first = segments.iter().find(|segment| segment.kind == elf::PT_LOAD.0);
        let start = first.map_or(0, |segment| segment.address.wrapping_sub(segment.offset));
        let address = |of: u64, segment: &Segment| of.wrapping_sub(start).wrapping_add(segment.address);
        for segment in &segments {
            if segment.kind == elf::PT_NOTE.0 && segment.size <= MOST_NOTES {
                let end = segment.offset.saturating_add(segment.size);
                if end <= PAGE {
                    self.keep(at, end);
                } else {
                    self.keep(address(at, segment), segment.size);
                }
            } else if segment.kind == elf::PT_LOAD.0 && segment.is_writable && self.with_variables {
                // What of it the file does not have (`.bss`) is not part of what is mapped from the file.
                self.keep(address(base, segment), segment.memory);
            }
        }
        if let Some(segment) = segments.iter().find(|segment| segment.kind == elf::PT_DYNAMIC.0) {
            self.dynamic(address(base, segment), segment.size.min(MOST_DYNAMIC));
        }
        Some(sections)
    }

    /// The dynamic section of a program, which leads to the linker's list; those of libraries lead nowhere.
    fn dynamic(&mut self, at: u64, size: u64) {
        let order = self.dump.layout().byte_order();
        let bytes = self.read(at, size);
        let words = bytes.chunks_exact(self.dump.layout().pointer_width().into());
        let words: Vec<u64> = words.map(|word| encode::read(order, word)).collect();
        let mut entries = words.chunks_exact(2).map_while(|entry| match entry {
            [tag, value] if *tag != 0 => Some((*tag, *value)),
            _ => None,
        });
        let debug = entries.find(|(tag, _)| *tag == link_map::DT_DEBUG).map(|(_, value)| value);
        if let Some(debug) = debug.filter(|debug| *debug != 0) {
            self.keep(at, size);
            self.linker(debug);
        }
    }

    /// The lists of modules that the dynamic linker keeps, one for each namespace.
    fn linker(&mut self, debug: u64) {
        let mut debug = debug;
        while debug != 0 && self.links.len() < MOST_LINKS && self.links.insert(debug) {
            self.keep(debug, self.words(link_map::DEBUG_WORDS));
            let mut link = self.word(debug, link_map::DEBUG_MAP).unwrap_or(0);
            while link != 0 && self.links.len() < MOST_LINKS && self.links.insert(link) {
                self.keep(link, self.words(link_map::MAP_WORDS));
                // Where elfutils looks for the module.
                if let Some(dynamic) = self.word(link, link_map::MAP_DYNAMIC) {
                    self.keep(dynamic, self.words(2));
                }
                if let Some(name) = self.word(link, link_map::MAP_NAME) {
                    let text = self.read(name, MOST_NAME);
                    let length = text.iter().position(|byte| *byte == 0).unwrap_or(0);
                    self.keep(name, wide(length).saturating_add(1));
                }
                link = self.word(link, link_map::MAP_NEXT).unwrap_or(0);
            }
            let version = self.number(debug, 4).unwrap_or(0);
            debug = if version < link_map::NAMESPACES_FROM {
                0
            } else {
                self.word(debug, link_map::DEBUG_NEXT).unwrap_or(0)
            };
        }
    }

    /// Looks for the dynamic linker's list where no header leads to it: in cores without the first pages of files, and of
    /// static programs. It begins in the writable memory of a module, or right behind, where `.bss` is.
    fn search(&mut self, modules: &[&Module]) {
        let ends: HashSet<u64> =
            modules.iter().map(|module| module.base.saturating_add(module.size)).collect();
        let mut places = Vec::new();
        for region in self.dump.layout().regions() {
            let is_writable = region.protection.is_some_and(|protection| protection.write);
            let is_of_module = ends.contains(&region.start) || holding(modules, region.start).is_some();
            if is_writable && is_of_module {
                places.push((region.start, region.captured.min(MOST_SEARCHED)));
            }
        }
        let order = self.dump.layout().byte_order();
        let width = self.dump.layout().pointer_width();
        // `r_version` is an int in front of a pointer.
        let skipped = if order == ByteOrder::Big && width == 8 { 32 } else { 0 };
        let is_version = |word: u64| VERSIONS.iter().any(|version| word == version << skipped);
        for (start, size) in places {
            let bytes = self.read(start, size);
            let words: Vec<u64> =
                bytes.chunks_exact(width.into()).map(|word| encode::read(order, word)).collect();
            let found = words.windows(2).zip(0u64..).find_map(|(pair, index)| {
                let at = start.saturating_add(index.saturating_mul(width.into()));
                match *pair {
                    [first, link] if is_version(first) && self.is_list(link) => Some((at, link)),
                    _ => None,
                }
            });
            if let Some((debug, link)) = found {
                self.linker(debug);
                // The program's own dynamic section, in which debuggers look for the list.
                if let Some(dynamic) = self.word(link, 2).filter(|dynamic| *dynamic != 0) {
                    self.keep_dynamic(dynamic);
                }
                return;
            }
        }
    }

    /// Writable memory without a name right behind that of a module whose headers are not in the dump: its `.bss`, as far as
    /// can be told.
    fn uninitialised(&mut self, modules: &[&Module]) {
        let headless: Vec<_> =
            modules.iter().filter(|module| !self.read(module.base, 4).starts_with(&elf::ELFMAG)).collect();
        let ends: HashSet<u64> =
            headless.iter().map(|module| module.base.saturating_add(module.size)).collect();
        let found = &mut self.found;
        for region in self.dump.layout().regions() {
            let is_writable = region.protection.is_some_and(|protection| protection.write);
            if is_writable && region.name.is_none() && ends.contains(&region.start) {
                found.extend(Span::of(region.start, region.captured));
            }
        }
    }

    /// Whether a `struct link_map` is there that begins a list of several.
    fn is_list(&mut self, link: u64) -> bool {
        let is_aligned = link.is_multiple_of(self.dump.layout().pointer_width().into());
        if link == 0 || !is_aligned || self.word(link, 4) != Some(0) {
            return false;
        }
        let next = self.word(link, 3).filter(|next| *next != 0);
        next.and_then(|next| self.word(next, 4)) == Some(link)
    }

    /// A dynamic section up to its end.
    fn keep_dynamic(&mut self, at: u64) {
        let width = self.dump.layout().pointer_width();
        let bytes = self.read(at, MOST_DYNAMIC);
        let order = self.dump.layout().byte_order();
        let mut entries = bytes.chunks_exact(usize::from(width).saturating_mul(2));
        let ends = |entry: &[u8]| entry.get(..width.into()).is_some_and(|tag| encode::read(order, tag) == 0);
        let count = entries.position(ends).map_or(1, |last| wide(last).saturating_add(1));
        self.keep(at, self.words(count.saturating_mul(2)));
    }

    /// The headers of a PE file, and the debug directory with the CodeView record that it names.
    fn portable_executable(&mut self, base: u64) {
        const CODE_VIEW: u64 = 2;
        let at = |offset: u64| base.saturating_add(offset);
        let Some(signature) = self.number(at(0x3c), 4) else { return };
        if self.number(at(signature), 4) != Some(0x4550) {
            return;
        }
        let optional = signature.saturating_add(24);
        let directories: u64 = match self.number(at(optional), 2) {
            Some(0x10b) => 96,
            Some(0x20b) => 112,
            _ => return,
        };
        let headers = self.number(at(optional.saturating_add(60)), 4).unwrap_or(0);
        self.keep(base, headers.min(MOST_HEADERS));
        let debug = optional.saturating_add(directories).saturating_add(6 * 8);
        let (Some(table), Some(size)) =
            (self.number(at(debug), 4), self.number(at(debug.saturating_add(4)), 4))
        else {
            return;
        };
        let size = size.min(MOST_CODE_VIEW);
        self.keep(at(table), size);
        for entry in (0..size / 28).map(|index| table.saturating_add(index.saturating_mul(28))) {
            let mut field = |skip| self.number(at(entry.saturating_add(skip)), 4);
            if field(12) == Some(CODE_VIEW)
                && let (Some(size), Some(record)) = (field(16), field(20))
            {
                self.keep(at(record), size.min(MOST_CODE_VIEW));
            }
        }
    }
}

struct Segment {
    kind: u32,
    offset: u64,
    address: u64,
    /// In the file, in bytes.
    size: u64,
    /// In memory, in bytes.
    memory: u64,
    is_writable: bool,
}

/// The headers of an ELF file.
struct Headers {
    /// How far the header and the program headers reach, in bytes.
    size: u64,
    /// How far the section headers reach.
    sections: u64,
    segments: Vec<Segment>,
}

impl Headers {
    fn read<H: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<Headers> {
        let header = H::parse(bytes).ok()?;
        let endian = header.endian().ok()?;
        let programs = header.program_headers(endian, bytes).ok()?;
        let segment = |program: &H::ProgramHeader| Segment {
            kind: program.p_type(endian).0,
            offset: program.p_offset(endian).into(),
            address: program.p_vaddr(endian).into(),
            size: program.p_filesz(endian).into(),
            memory: program.p_memsz(endian).into(),
            is_writable: program.p_flags(endian) & elf::PF_W == elf::PF_W,
        };
        let table: u64 = header.e_phoff(endian).into();
        let sections = u64::from(header.e_shnum(endian)).saturating_mul(header.e_shentsize(endian).into());
        Some(Headers {
            size: table.saturating_add(wide(size_of_val(programs))).max(wide(size_of::<H>())),
            sections: sections.saturating_add(header.e_shoff(endian).into()),
            segments: programs.iter().map(segment).collect(),
        })
    }
}
