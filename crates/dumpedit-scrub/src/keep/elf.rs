//! Memory of ELF files that debuggers read: headers, build ids, unwind tables, code, the vDSO, and the dynamic linker's list of modules.

use dumpedit::mapped::{Headers, Links, ProgramHeader, Reading, Table};
use dumpedit::{Dump, Span};
use dumpedit_formats::elf::schema::auxiliary::{self, Vector};
use object::elf;

/// Largest headers, notes, dynamic section and vDSO, in bytes.
const MOST: u64 = 1 << 16;
/// Longest string, in bytes.
const MOST_NAME: u64 = 1 << 12;

/// Addresses that debuggers need.
pub(super) fn needs(dump: &Dump) -> Vec<Span> {
    let mut finder = Finder { dump, reading: dump.reading(), found: Vec::new(), links: Links::default() };
    let layout = dump.layout();
    let mut starts: Vec<u64> = layout.modules().iter().map(|module| module.base).collect();
    starts.extend(layout.captured_ranges(0, u64::MAX).map(|range| range.first));
    starts.extend(layout.regions().map(|region| region.start));
    starts.sort_unstable();
    starts.dedup();
    for at in starts {
        if finder.reading.bytes(at, 4).starts_with(&elf::ELFMAG) {
            finder.file(at);
        }
    }
    finder.program();
    finder.found
}

struct Finder<'d> {
    dump: &'d Dump,
    reading: Reading<'d>,
    found: Vec<Span>,
    links: Links,
}

impl Finder<'_> {
    fn keep(&mut self, first: u64, size: u64) {
        self.found.extend(Span::of(first, size));
    }

    /// Keeps the parts of the file whose first page is at `at`.
    fn file(&mut self, at: u64) -> Option<()> {
        let headers = Headers::read(&self.reading.bytes(at, MOST))?;
        self.keep(at, headers.size);
        let first = headers.of_kind(elf::PT_LOAD.0).map(|segment| segment.address);
        // The first segment has the first page of the file.
        let bias = at.wrapping_sub(first.min().unwrap_or(0) & !0xfff);
        let is_vdso = self.dump.layout().modules().iter().any(|module| {
            module.base == at
                && matches!(module.name.as_str(), "[vdso]" | "linux-gate.so" | "linux-gate.so.1")
        });
        for segment in &headers.programs {
            let address = bias.wrapping_add(segment.address);
            let kind = segment.kind;
            if kind == elf::PT_LOAD.0 && (segment.flags & elf::PF_X.0 != 0 || is_vdso) {
                self.keep(address, segment.memory_size);
            } else if kind == elf::PT_NOTE.0 {
                self.keep(address, segment.memory_size.min(MOST));
            } else if kind == elf::PT_GNU_EH_FRAME.0 {
                self.unwind_tables(address, segment, &headers, bias);
            } else if kind == elf::PT_DYNAMIC.0 {
                self.dynamic(address, segment.memory_size.min(MOST));
            }
        }
        Some(())
    }

    /// Keeps `.eh_frame_hdr`, and `.eh_frame` behind it, up to the end of their segment.
    fn unwind_tables(&mut self, address: u64, table: &ProgramHeader, headers: &Headers, bias: u64) {
        let end = |segment: &ProgramHeader| segment.address.saturating_add(segment.memory_size);
        let mut loads = headers.of_kind(elf::PT_LOAD.0);
        let holding = loads.find(|load| (load.address..end(load)).contains(&table.address));
        let end = end(holding.unwrap_or(table));
        self.keep(address, bias.wrapping_add(end).saturating_sub(address));
    }

    /// Keeps a dynamic section; that of the program leads to the linker's lists.
    fn dynamic(&mut self, at: u64, size: u64) {
        self.keep(at, size);
        if let Some(debug) = self.reading.debug_of(at, size) {
            let lists = self.links.follow(&mut self.reading, debug);
            self.found.extend(lists);
        }
    }

    /// Keeps the program headers that the auxiliary vector points to, and the program's dynamic section: the program's first page may not
    /// be in the dump.
    fn program(&mut self) -> Option<()> {
        let mut parts = self.dump.layout().compared_parts();
        let place = parts.find(|part| matches!(part.name, "NT_AUXV" | "LinuxAuxv"))?.place;
        let mut bytes = vec![0; usize::try_from(place.size.min(MOST)).ok()?];
        self.dump.read_file(place.file_offset, &mut bytes).ok()?;
        let layout = self.dump.layout();
        let vector = Vector::read(&bytes, layout.byte_order(), layout.pointer_width());
        for at in auxiliary::TEXTS.iter().filter_map(|key| vector.value(*key)) {
            let size = self.reading.text_size(at, MOST_NAME);
            self.keep(at, size);
        }
        let (at, count) = (vector.value(auxiliary::PHDR)?, vector.value(auxiliary::PHNUM)?);
        let Table { size, programs, .. } = self.reading.program_headers(at, count);
        self.keep(at, size);
        let own = programs.iter().find(|program| program.kind == elf::PT_PHDR.0);
        let bias = own.map_or(0, |program| at.wrapping_sub(program.address));
        for program in programs.iter().filter(|program| program.kind == elf::PT_DYNAMIC.0) {
            self.dynamic(bias.wrapping_add(program.address), program.memory_size.min(MOST));
        }
        Some(())
    }
}
