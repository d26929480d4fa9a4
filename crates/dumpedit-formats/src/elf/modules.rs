//! Modules: from NT_FILE, else from the dynamic linker's list in memory, and the kernel's own (the vDSO).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dumpedit_layout::Module;
use object::elf;

use super::auxiliary;
use super::files::{FileMapping, Files};
use super::header::{self, Header, Segment, Sizes};
use super::link_map::{self, Entry, Words};
use super::notes;
use crate::build_id;
use crate::encoding::Encoding;
use crate::memory::Memory;

/// Entries of the auxiliary vector (`getauxval(3)`) that are addresses.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Auxiliary {
    program_headers: Option<u64>,
    program_header_count: Option<u64>,
    pub(super) vdso: Option<u64>,
    executable_name: Option<u64>,
    random: Option<u64>,
}

impl Auxiliary {
    /// Reads NT_AUXV: pairs of words, up to `AT_NULL`.
    pub(super) fn read(encoding: Encoding, descriptor: &[u8]) -> Auxiliary {
        let mut found = Auxiliary::default();
        for pair in descriptor.chunks_exact(encoding.word_size().saturating_mul(2)) {
            let (Some(key), Some(value)) = (encoding.word(pair, 0), encoding.word(pair, 1)) else { break };
            let entry = match key {
                0 => break,
                auxiliary::PHDR => &mut found.program_headers,
                auxiliary::PHNUM => &mut found.program_header_count,
                auxiliary::RANDOM => &mut found.random,
                auxiliary::EXECFN => &mut found.executable_name,
                auxiliary::SYSINFO_EHDR => &mut found.vdso,
                _ => continue,
            };
            *entry = Some(value).filter(|value| *value != 0);
        }
        found
    }

    /// Only the entries whose numbers all systems share.
    pub(super) fn common(self) -> Auxiliary {
        let Auxiliary { program_headers, program_header_count, .. } = self;
        Auxiliary { program_headers, program_header_count, ..Auxiliary::default() }
    }

    /// An address that the kernel put onto the main thread's stack.
    pub(super) fn stack(&self) -> Option<u64> {
        self.random.or(self.executable_name)
    }
}

/// Maximum number of a module's program headers that are read; linkers write a dozen.
const MOST_SEGMENTS: usize = 64;
/// Maximum size of a module's notes that are searched for its build id, in bytes.
const MOST_NOTES: u64 = 4096;
/// Maximum number of entries of a dynamic section.
const MOST_DYNAMIC: u64 = 4096;

/// The headers of a module in memory.
#[derive(Default)]
struct Image {
    /// Its size in memory, in bytes.
    size: u64,
    build_id: Option<BuildId>,
}

/// NT_GNU_BUILD_ID in memory.
pub(super) struct BuildId {
    /// The address of its bytes.
    pub(super) address: u64,
    hex: String,
}

impl BuildId {
    /// Its size in bytes.
    pub(super) fn size(&self) -> u64 {
        u64::try_from(self.hex.len() / 2).unwrap_or(0)
    }
}

/// Finds modules in memory.
pub(super) struct Modules<'a> {
    memory: Memory<'a>,
    /// Bytes of headers that may still be read: in sum no more than the file has, however modules overlap.
    budget: u64,
    found: Vec<Module>,
}

impl<'a> Modules<'a> {
    pub(super) fn new(memory: Memory<'a>) -> Self {
        Modules { memory, budget: memory.layout.file_size(), found: Vec::new() }
    }

    /// The modules, from the first source that the dump has.
    pub(super) fn find(mut self, files: &Files, auxiliary: &Auxiliary, process: Option<&str>) -> Vec<Module> {
        if files.mappings.is_empty() {
            self.linked(auxiliary, process);
        } else {
            self.mapped(files);
        }
        if let Some(base) = auxiliary.vdso
            && let Some(image) = self.image(base)
        {
            self.add(base, image, "[vdso]".into());
        }
        self.found
    }

    fn add(&mut self, base: u64, image: Image, name: String) {
        self.found.push(Module::new(base, image.size, name).with_id(image.build_id.map(|id| id.hex)));
    }

    /// Modules from mapped files: executable ones, and files that begin with an ELF header.
    fn mapped(&mut self, files: &Files) {
        let mut found: Vec<Mapped> = Vec::new();
        let mut latest: HashMap<Arc<str>, usize> = HashMap::new();
        for mapping in &files.mappings {
            let Some(name) = &mapping.name else { continue };
            let open = latest.get(name).and_then(|at| found.get_mut(*at));
            if let Some(module) = open.filter(|module| module.continues(mapping)) {
                module.end = module.end.max(mapping.end);
                module.executable |= mapping.executable;
                if module.image.is_none() && mapping.offset == 0 {
                    module.image = self.image(mapping.start);
                }
                continue;
            }
            let image = if mapping.offset == 0 { self.image(mapping.start) } else { None };
            latest.insert(name.clone(), found.len());
            found.push(Mapped {
                name: name.clone(),
                base: mapping.start.saturating_sub(mapping.offset),
                end: mapping.end,
                executable: mapping.executable,
                image,
            });
        }
        for module in found.into_iter().filter(|module| module.executable || module.image.is_some()) {
            let size = module.end.saturating_sub(module.base);
            let id = module.image.and_then(|image| image.build_id).map(|id| id.hex);
            self.found.push(Module::new(module.base, size, module.name.as_ref()).with_id(id));
        }
    }

    /// Modules from the dynamic linker's list for debuggers (`struct r_debug` and `struct link_map` of `link.h`).
    fn linked(&mut self, auxiliary: &Auxiliary, process: Option<&str>) {
        let Some(program) = self.program(auxiliary) else { return };
        let named = auxiliary.executable_name.and_then(|at| self.memory.text(at));
        let name = named.or_else(|| process.map(str::to_owned)).unwrap_or_default();
        let image = self.image(program.base).unwrap_or_default();
        self.add(program.base, image, name);
        for Link { bias, name, dynamic, .. } in self.links(&program) {
            // The bias is not a base: prelinked libraries have 0.
            let found = self.base_by_dynamic(dynamic);
            let base = found.unwrap_or(bias);
            let own = base == program.base
                || Some(base) == auxiliary.vdso
                || found.is_none() && bias == program.bias;
            let name = self.memory.text(name).unwrap_or_default();
            let image = self.image(base);
            if own || image.is_none() && (base == 0 || name.is_empty()) {
                continue;
            }
            let image = image.unwrap_or_default();
            self.add(base, image, name);
        }
    }

    /// The entries of the dynamic linker's list.
    fn links(&self, program: &Program) -> Vec<Link> {
        let Some(debug) = program.debug else { return Vec::new() };
        let mut memory = self.memory;
        let entries = link_map::follow(&mut memory, debug, &mut HashSet::new());
        // The lists of other namespaces repeat these modules, and add those that `dlmopen` loaded.
        let own = entries.into_iter().skip(1).take_while(|entry| !matches!(entry, Entry::Debug { .. }));
        let link = |entry| match entry {
            Entry::Map { address, bias: Some(bias), name: Some(name), dynamic: Some(dynamic) } => {
                Some(Link { address, bias, name, dynamic })
            }
            _ => None,
        };
        own.filter_map(link).collect()
    }

    /// Addresses in memory of the names of modules: those in the dynamic linker's list, and the program's.
    pub(super) fn name_addresses(&self, auxiliary: &Auxiliary) -> Vec<u64> {
        let program = self.program(auxiliary);
        let links = program.map(|program| self.links(&program)).unwrap_or_default();
        let names = links.into_iter().map(|link| link.name).chain(auxiliary.executable_name);
        names.filter(|address| *address != 0).collect()
    }

    /// Addresses in memory of the modules' biases (`l_addr`, the first word of an entry), and the biases.
    pub(super) fn biases(&self, auxiliary: &Auxiliary) -> Vec<(u64, u64)> {
        let links = self.program(auxiliary).map(|program| self.links(&program)).unwrap_or_default();
        links.into_iter().map(|link| (link.address, link.bias)).collect()
    }

    /// The base of the module whose dynamic section is at an address (`l_ld`): the nearest header below that refers to it.
    fn base_by_dynamic(&mut self, dynamic: u64) -> Option<u64> {
        let memory = self.memory;
        for start in memory.layout.captures_down_from(dynamic).take(MOST_SEGMENTS) {
            let bytes = memory.from(start);
            if !bytes.starts_with(&elf::ELFMAG) || self.budget == 0 {
                continue;
            }
            let header = Header::read(bytes).ok().filter(|header| header.encoding == memory.encoding);
            let Some(header) = header else { continue };
            let mut loaded = None;
            for segment in header.segments(bytes).take(MOST_SEGMENTS) {
                self.budget = self.budget.saturating_sub(header.programs.entry_size);
                match (segment.kind, loaded) {
                    (elf::PT_LOAD, None) => loaded = Some(segment.address.wrapping_sub(segment.offset)),
                    (elf::PT_DYNAMIC, Some(first))
                        if segment.address.wrapping_add(start.wrapping_sub(first)) == dynamic =>
                    {
                        return Some(start);
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// The program, from the headers at AT_PHDR.
    fn program(&self, auxiliary: &Auxiliary) -> Option<Program> {
        let headers = auxiliary.program_headers?;
        let count = auxiliary.program_header_count?.min(u64::try_from(MOST_SEGMENTS).ok()?);
        let bytes = self.memory.from(headers);
        let encoding = self.memory.encoding;
        let sizes = Sizes::of(encoding.wide);
        let entry_size = sizes.program;
        let segments: Vec<Segment> = (0..count)
            .map_while(|index| header::segment(encoding, bytes, index.checked_mul(entry_size)?))
            .collect();
        let of_kind = |kind| segments.iter().find(move |segment| segment.kind == kind);
        let first = of_kind(elf::PT_LOAD)?;
        let start = first.address.wrapping_sub(first.offset);
        // Static programs have no PT_PHDR; linkers put the table right behind the header.
        let bias = match of_kind(elf::PT_PHDR) {
            Some(table) => headers.wrapping_sub(table.address),
            None => headers.wrapping_sub(sizes.header).wrapping_sub(start),
        };
        let base = bias.wrapping_add(start);
        let debug = of_kind(elf::PT_DYNAMIC).and_then(|dynamic| {
            let dynamic = self.memory.from(bias.wrapping_add(dynamic.address));
            let pairs = dynamic.chunks_exact(encoding.word_size().saturating_mul(2));
            let pairs = pairs.take(usize::try_from(MOST_DYNAMIC).ok()?);
            link_map::debug_of(pairs.map_while(|pair| encoding.word(pair, 0).zip(encoding.word(pair, 1))))
        });
        Some(Program { base, bias, debug })
    }

    /// The headers of the ELF file at an address, where the dump holds them.
    fn image(&mut self, base: u64) -> Option<Image> {
        let bytes = self.memory.from(base);
        if !bytes.starts_with(&elf::ELFMAG) || self.budget == 0 {
            return None;
        }
        let header = Header::read(bytes).ok().filter(|header| header.encoding == self.memory.encoding)?;
        let mut end = 0u64;
        let mut start = None;
        let mut noted = Vec::new();
        for segment in header.segments(bytes).take(MOST_SEGMENTS) {
            self.budget = self.budget.saturating_sub(header.programs.entry_size);
            match segment.kind {
                elf::PT_LOAD => {
                    start.get_or_insert(segment.address.wrapping_sub(segment.offset));
                    end = end.max(segment.address.saturating_add(segment.memory_size));
                }
                elf::PT_NOTE => noted.push(segment),
                _ => {}
            }
        }
        let start = start.unwrap_or(0);
        let bias = base.wrapping_sub(start);
        let build_id = noted.iter().find_map(|segment| {
            self.build_id(bias.wrapping_add(segment.address), segment.file_size, segment.align)
        });
        Some(Image { size: end.saturating_sub(start), build_id })
    }

    /// The build id of the module at a load address, where memory has its notes.
    pub(super) fn build_id_at(&mut self, base: u64) -> Option<BuildId> {
        self.image(base)?.build_id
    }

    /// NT_GNU_BUILD_ID among the notes at an address.
    fn build_id(&mut self, address: u64, size: u64, align: u64) -> Option<BuildId> {
        let size = size.min(MOST_NOTES).min(self.budget);
        self.budget = self.budget.saturating_sub(size);
        let bytes = self.memory.from(address);
        let bytes = bytes.get(..usize::try_from(size).ok()?).unwrap_or(bytes);
        let mut found = None;
        notes::walk(self.memory.encoding, bytes, size, align, |note| {
            if note.namespace == b"GNU" && note.kind == elf::NT_GNU_BUILD_ID.0 && !note.descriptor.is_empty()
            {
                let address = address.wrapping_add(note.at);
                found.get_or_insert_with(|| BuildId { address, hex: build_id::hex(note.descriptor) });
            }
        });
        found
    }
}

impl Words for Memory<'_> {
    fn word(&mut self, address: u64, index: usize) -> Option<u64> {
        Memory::word(self, address, index)
    }

    fn version(&mut self, address: u64) -> Option<u64> {
        self.encoding.u32(self.from(address), 0).map(u64::from)
    }
}

/// The parts of an entry of the dynamic linker's list that are read.
struct Link {
    /// Its own address.
    address: u64,
    bias: u64,
    /// The address of its name.
    name: u64,
    /// The address of its dynamic section.
    dynamic: u64,
}

/// The program in memory.
struct Program {
    base: u64,
    /// Added to an address in the file for one in memory.
    bias: u64,
    /// The address of the dynamic linker's `r_debug`.
    debug: Option<u64>,
}

/// A module under construction from the mappings of one file.
struct Mapped {
    name: Arc<str>,
    base: u64,
    end: u64,
    executable: bool,
    image: Option<Image>,
}

impl Mapped {
    /// Whether a further mapping of the same file belongs to this module, and is not the file loaded once more. The start of a file may be
    /// mapped twice for one module, once for its code and once for its data.
    fn continues(&self, mapping: &FileMapping) -> bool {
        let size = self.image.as_ref().map_or(0, |image| image.size);
        mapping.offset != 0 || mapping.start == self.end || mapping.start < self.base.saturating_add(size)
    }
}
