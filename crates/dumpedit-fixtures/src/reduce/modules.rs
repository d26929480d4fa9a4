//! Memory of modules that debuggers read: ELF and PE headers, build ids, CodeView records, and the dynamic linker's list of modules.

use std::collections::HashSet;

use dumpedit::mapped::{Headers, Links, ProgramHeader, Reading};
use dumpedit::{ByteOrder, Dump, Module, Span};
use dumpedit_formats::elf::schema::link_map;
use object::elf;

use super::ranges::Ranges;

/// Largest headers that are read, in bytes.
const MOST_HEADERS: u64 = 1 << 16;
/// Most bytes of a module's notes.
const MOST_NOTES: u64 = 1 << 16;
/// Most bytes of a dynamic section.
const MOST_DYNAMIC: u64 = 1 << 16;
/// Most bytes of the vDSO, which has no file.
const MOST_VDSO: u64 = 1 << 16;
/// Notes in the header's page are kept in one piece with it: gdb looks for a build id behind the header in the core's file.
const PAGE: u64 = 1 << 12;

/// Values of `r_version` in `struct r_debug`.
const VERSIONS: [u64; 2] = [1, 2];
/// Most bytes of a region's writable memory that are searched for it.
const MOST_SEARCHED: u64 = 1 << 20;

/// Memory that identifies modules and tells where the dynamic linker put them. Headers are looked for at the beginnings of modules and of
/// captured regions: a module's first page may be mapped twice, and captured once.
///
/// With `with_variables`, their writable memory as well: by the mappings, and by their headers.
pub(super) fn needs(dump: &Dump, regions: &[Span], with_variables: bool) -> Vec<Span> {
    let (reading, links) = (dump.reading(), Links::default());
    let mut finder = Finder { dump, with_variables, reading, found: Vec::new(), links };
    let mut modules: Vec<&Module> = dump.layout().modules().iter().collect();
    modules.sort_by_key(|module| module.base);
    let mut starts: Vec<u64> = regions.iter().map(|region| region.first).collect();
    starts.extend(modules.iter().map(|module| module.base));
    starts.sort_unstable();
    starts.dedup();
    for at in starts {
        let start = finder.reading.bytes(at, 4);
        if start.starts_with(&elf::ELFMAG) {
            let module = holding(&modules, at);
            let sections = finder.elf(at, module.map_or(at, |module| module.base));
            // The vDSO has no file.
            if let (Some(end), Some(vdso)) = (sections, module.filter(|module| module.name == "[vdso]")) {
                finder.keep(at, end.max(vdso.size).min(MOST_VDSO));
            }
        } else if start.starts_with(b"MZ") {
            let file = finder.reading.portable_executable(at);
            finder.found.extend(file.into_iter().flat_map(|file| file.told_by));
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

/// The module with an address, of sorted modules.
fn holding<'m>(modules: &[&'m Module], address: u64) -> Option<&'m Module> {
    let below = modules.partition_point(|module| module.base <= address).checked_sub(1)?;
    let module = modules.get(below)?;
    (address.saturating_sub(module.base) < module.size.max(1)).then_some(module)
}

/// Writable memory of modules: debuggers would take the initial values in the files for it.
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
    reading: Reading<'d>,
    found: Vec<Span>,
    links: Links,
}

impl Finder<'_> {
    fn keep(&mut self, first: u64, size: u64) {
        self.found.extend(Span::of(first, size));
    }

    /// Keeps headers and notes at an address, of a module loaded at `base`; returns the end of its section headers, which are usually not
    /// in memory.
    fn elf(&mut self, at: u64, base: u64) -> Option<u64> {
        let headers = Headers::read(&self.reading.bytes(at, MOST_HEADERS))?;
        self.keep(at, headers.size);
        let first = headers.of_kind(elf::PT_LOAD.0).next();
        let start = first.map_or(0, |segment| segment.address.wrapping_sub(segment.file_offset));
        let address = |of: u64, segment: &ProgramHeader| of.wrapping_sub(start).wrapping_add(segment.address);
        for segment in &headers.programs {
            if segment.kind == elf::PT_NOTE.0 && segment.file_size <= MOST_NOTES {
                let end = segment.file_offset.saturating_add(segment.file_size);
                if end <= PAGE {
                    self.keep(at, end);
                } else {
                    self.keep(address(at, segment), segment.file_size);
                }
            } else if segment.kind == elf::PT_LOAD.0
                && segment.flags & elf::PF_W.0 != 0
                && self.with_variables
            {
                // The part that is not in the file (`.bss`) is not in the mapping of the file.
                self.keep(address(base, segment), segment.memory_size);
            }
        }
        if let Some(segment) = headers.of_kind(elf::PT_DYNAMIC.0).next() {
            self.dynamic(address(base, segment), segment.file_size.min(MOST_DYNAMIC));
        }
        Some(headers.sections_end)
    }

    /// Keeps the linker's lists that a program's dynamic section leads to.
    fn dynamic(&mut self, at: u64, size: u64) {
        if let Some(debug) = self.reading.debug_of(at, size) {
            self.keep(at, size);
            self.linker(debug);
        }
    }

    fn linker(&mut self, debug: u64) {
        let lists = self.links.follow(&mut self.reading, debug);
        self.found.extend(lists);
    }

    /// Searches for the dynamic linker's list where no header leads to it: in cores without the first pages of files, and of static
    /// programs. It begins in the writable memory of a module, or right behind, in `.bss`.
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
            let words = self.reading.words_at(start, size);
            let found = words.windows(2).zip(0u64..).find_map(|(pair, index)| {
                let at = start.saturating_add(index.saturating_mul(width.into()));
                match *pair {
                    [first, link] if is_version(first) && self.is_list(link) => Some((at, link)),
                    _ => None,
                }
            });
            if let Some((debug, link)) = found {
                self.linker(debug);
                // The program's own dynamic section, by which debuggers find the list.
                if let Some(dynamic) =
                    self.reading.word(link, link_map::MAP_DYNAMIC).filter(|dynamic| *dynamic != 0)
                {
                    let size = self.reading.dynamic_size(dynamic);
                    self.keep(dynamic, size);
                }
                return;
            }
        }
    }

    /// Keeps writable memory without a name right behind that of a module whose headers are not in the dump: probably its `.bss`.
    fn uninitialised(&mut self, modules: &[&Module]) {
        let headless: Vec<_> = modules
            .iter()
            .filter(|module| !self.reading.bytes(module.base, 4).starts_with(&elf::ELFMAG))
            .collect();
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

    /// Whether a `struct link_map` is at an address, and begins a list of several.
    fn is_list(&mut self, link: u64) -> bool {
        let is_aligned = link.is_multiple_of(self.dump.layout().pointer_width().into());
        if link == 0 || !is_aligned || self.reading.word(link, link_map::MAP_PREVIOUS) != Some(0) {
            return false;
        }
        let next = self.reading.word(link, link_map::MAP_NEXT).filter(|next| *next != 0);
        next.and_then(|next| self.reading.word(next, link_map::MAP_PREVIOUS)) == Some(link)
    }
}
