//! What debuggers read of ELF files in memory: headers, build ids, unwind tables, code, the vDSO, and the list of modules that
//! the dynamic linker keeps for them.

use std::collections::HashSet;

use dumpedit::{Dump, Span};
use dumpedit_formats::elf::schema::link_map;
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, elf};

use super::reading::{Reading, number};

/// The most bytes of headers, of notes, of a dynamic section and of the vDSO.
const MOST: u64 = 1 << 16;
/// The most entries of the linker's lists.
const MOST_LINKS: usize = 1 << 16;
/// The most bytes of a name in these.
const MOST_NAME: u64 = 1 << 12;

/// AT_PHDR, AT_PHENT and AT_PHNUM of the auxiliary vector (`getauxval(3)`).
const AT_PHDR: u64 = 3;
const AT_PHENT: u64 = 4;
const AT_PHNUM: u64 = 5;
/// AT_PLATFORM, AT_BASE_PLATFORM and AT_EXECFN: the addresses of strings.
const STRINGS: [u64; 3] = [15, 24, 31];

/// The addresses that stay as they are.
pub(super) fn needs(dump: &Dump) -> Vec<Span> {
    let mut finder = Finder { reading: Reading::of(dump), found: Vec::new(), links: HashSet::new() };
    let layout = dump.layout();
    let mut starts: Vec<u64> = layout.modules().iter().map(|module| module.base).collect();
    starts.extend(layout.captured_ranges(0, u64::MAX).iter().map(|range| range.first));
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
    reading: Reading<'d>,
    found: Vec<Span>,
    links: HashSet<u64>,
}

struct Segment {
    kind: u32,
    address: u64,
    size: u64,
    executes: bool,
}

impl Finder<'_> {
    fn keep(&mut self, first: u64, size: u64) {
        self.found.extend(Span::of(first, size));
    }

    /// The file whose first page is at an address.
    fn file(&mut self, at: u64) -> Option<()> {
        let bytes = self.reading.bytes(at, MOST);
        let (size, segments) = if bytes.get(4) == Some(&elf::ELFCLASS64.0) {
            headers::<elf::FileHeader64<Endianness>>(&bytes)?
        } else {
            headers::<elf::FileHeader32<Endianness>>(&bytes)?
        };
        self.keep(at, size);
        let first =
            segments.iter().filter(|segment| segment.kind == elf::PT_LOAD.0).map(|segment| segment.address);
        // The first page of the file is where its first segment is.
        let bias = at.wrapping_sub(first.min().unwrap_or(0) & !0xfff);
        let is_vdso = self.reading.dump.layout().modules().iter().any(|module| {
            module.base == at
                && matches!(module.name.as_str(), "[vdso]" | "linux-gate.so" | "linux-gate.so.1")
        });
        for segment in &segments {
            let address = bias.wrapping_add(segment.address);
            let kind = segment.kind;
            if kind == elf::PT_LOAD.0 && (segment.executes || is_vdso) {
                self.keep(address, segment.size);
            } else if kind == elf::PT_NOTE.0 {
                self.keep(address, segment.size.min(MOST));
            } else if kind == elf::PT_GNU_EH_FRAME.0 {
                self.unwind_tables(address, segment, &segments, bias);
            } else if kind == elf::PT_DYNAMIC.0 {
                self.dynamic(address, segment.size.min(MOST));
            }
        }
        Some(())
    }

    /// `.eh_frame_hdr` and `.eh_frame`, which is behind it, up to the end of their segment.
    fn unwind_tables(&mut self, address: u64, header: &Segment, segments: &[Segment], bias: u64) {
        let holding = segments.iter().find(|segment| {
            segment.kind == elf::PT_LOAD.0
                && header.address.checked_sub(segment.address).is_some_and(|offset| offset < segment.size)
        });
        let end = holding.map_or(header.address.saturating_add(header.size), |segment| {
            segment.address.saturating_add(segment.size)
        });
        self.keep(address, bias.wrapping_add(end).saturating_sub(address));
    }

    /// A dynamic section; that of the program leads to the linker's list.
    fn dynamic(&mut self, at: u64, size: u64) {
        self.keep(at, size);
        let layout = self.reading.dump.layout();
        let (order, width) = (layout.byte_order(), usize::from(layout.pointer_width()));
        let bytes = self.reading.bytes(at, size);
        let words: Vec<u64> = bytes.chunks_exact(width).map(|word| number(order, word)).collect();
        let debug = words.chunks_exact(2).find_map(|entry| match entry {
            [link_map::DT_DEBUG, value] if *value != 0 => Some(*value),
            _ => None,
        });
        if let Some(debug) = debug {
            self.linker(debug);
        }
    }

    /// The lists of modules that the dynamic linker keeps, one for each namespace.
    fn linker(&mut self, debug: u64) {
        let width = u64::from(self.reading.dump.layout().pointer_width());
        let mut debug = debug;
        while debug != 0 && self.links.len() < MOST_LINKS && self.links.insert(debug) {
            self.keep(debug, link_map::DEBUG_WORDS.saturating_mul(width));
            let mut link = self.reading.word(debug, link_map::DEBUG_MAP).unwrap_or(0);
            while link != 0 && self.links.len() < MOST_LINKS && self.links.insert(link) {
                self.keep(link, link_map::MAP_WORDS.saturating_mul(width));
                if let Some(dynamic) = self.reading.word(link, link_map::MAP_DYNAMIC) {
                    self.keep(dynamic, width.saturating_mul(2));
                }
                if let Some(name) = self.reading.word(link, link_map::MAP_NAME) {
                    let text = self.reading.bytes(name, MOST_NAME);
                    let length = memchr::memchr(0, &text).unwrap_or(0) as u64;
                    self.keep(name, length.saturating_add(1));
                }
                link = self.reading.word(link, link_map::MAP_NEXT).unwrap_or(0);
            }
            let version = self.reading.number(debug, 4).unwrap_or(0);
            let next = self.reading.word(debug, link_map::DEBUG_NEXT).unwrap_or(0);
            debug = if version < link_map::NAMESPACES_FROM { 0 } else { next };
        }
    }

    /// The program headers that the auxiliary vector leads to, and the program's dynamic section: its first page may not be in
    /// the dump.
    fn program(&mut self) -> Option<()> {
        let layout = self.reading.dump.layout();
        let (order, width) = (layout.byte_order(), usize::from(layout.pointer_width()));
        let mut parts = layout.compared_parts();
        let place = parts.find(|part| matches!(part.name, "NT_AUXV" | "LinuxAuxv"))?.place;
        let mut bytes = vec![0; usize::try_from(place.size.min(MOST)).ok()?];
        self.reading.dump.read_file(place.file_offset, &mut bytes).ok()?;
        let words: Vec<u64> = bytes.chunks_exact(width).map(|word| number(order, word)).collect();
        let value = |key: u64| {
            let mut pairs = words.chunks_exact(2);
            pairs.find(|pair| pair.first() == Some(&key)).and_then(|pair| pair.get(1)).copied()
        };
        for at in STRINGS.iter().filter_map(|key| value(*key)) {
            let text = self.reading.bytes(at, MOST_NAME);
            let length = memchr::memchr(0, &text).unwrap_or(0) as u64;
            self.keep(at, length.saturating_add(1));
        }
        let (at, entry, count) = (value(AT_PHDR)?, value(AT_PHENT)?, value(AT_PHNUM)?);
        let size = entry.checked_mul(count).filter(|size| *size <= MOST)?;
        self.keep(at, size);
        let table = self.reading.bytes(at, size);
        // `p_vaddr` and `p_memsz` of `Elf64_Phdr` and `Elf32_Phdr`.
        let (address_at, size_at) = if width == 8 { (16, 40) } else { (8, 20) };
        let programs: Vec<(u64, u64, u64)> = table
            .chunks_exact(usize::try_from(entry).ok()?.max(1))
            .filter_map(|program| {
                let kind = number(order, program.get(..4)?);
                let address = number(order, program.get(address_at..address_at + width)?);
                let size = number(order, program.get(size_at..size_at + width)?);
                Some((kind, address, size))
            })
            .collect();
        let own = programs.iter().find(|(kind, ..)| *kind == u64::from(elf::PT_PHDR.0));
        let bias = own.map_or(0, |(_, address, _)| at.wrapping_sub(*address));
        for (kind, address, size) in programs {
            if kind == u64::from(elf::PT_DYNAMIC.0) {
                self.dynamic(bias.wrapping_add(address), size.min(MOST));
            }
        }
        Some(())
    }
}

/// How far the header and the program headers reach, and the segments.
fn headers<H: FileHeader<Endian = Endianness>>(bytes: &[u8]) -> Option<(u64, Vec<Segment>)> {
    let header = H::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let programs = header.program_headers(endian, bytes).ok()?;
    let segment = |program: &H::ProgramHeader| Segment {
        kind: program.p_type(endian).0,
        address: program.p_vaddr(endian).into(),
        size: program.p_memsz(endian).into(),
        executes: program.p_flags(endian) & elf::PF_X == elf::PF_X,
    };
    let table: u64 = header.e_phoff(endian).into();
    let size = table.saturating_add(size_of_val(programs) as u64).max(size_of::<H>() as u64);
    Some((size, programs.iter().map(segment).collect()))
}
