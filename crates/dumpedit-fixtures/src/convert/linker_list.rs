//! The dynamic linker's list of modules, which debuggers of Linux read from memory: made where a dump has it outside of memory, or has only
//! a list of modules.

use dumpedit_formats::elf::schema::auxiliary;
use dumpedit_formats::elf::schema::link_map::{self, LinkMap, LinkerDebug};
use dumpedit_formats::mapped::{ProgramHeader, Reading};

use super::source::Source;
use crate::encode::wide;

/// `PT_DYNAMIC` and `PT_PHDR` of `elf.h`.
const DYNAMIC: u32 = 2;
const HEADERS: u32 = 6;

/// Memory that leads a debugger to the modules.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct MadeList {
    /// Addresses and bytes; empty where existing memory leads to the modules.
    pub(super) pieces: Vec<(u64, Vec<u8>)>,
    /// Address and number of the program headers among them.
    pub(super) programs: Option<(u64, u64)>,
}

/// Memory that leads to the list of a process's modules; `None` where none can. `programs` is the address and number of the program
/// headers. They are not replaced, because debuggers compare them with the program's file; `is_free` says whether the auxiliary vector is
/// made as well, and can point to others.
pub(super) fn made(source: &Source<'_>, programs: Option<(u64, u64)>, is_free: bool) -> Option<MadeList> {
    if !matches!(source.os(), Some("linux" | "android")) {
        return None;
    }
    let mut reading = source.dump.reading();
    let stream = source.linker_list();
    let in_headers = programs.and_then(|(at, count)| dynamic(&mut reading, at, count));
    let of_stream = stream.as_ref().map(|stream| (stream.dynamic, wide(stream.section.len())));
    let told = in_headers.or(of_stream);
    let modules = match &stream {
        Some(stream) if !stream.modules.is_empty() => stream.modules.clone(),
        _ => listed(source, &mut reading),
    };
    let (breakpoint, loader) = stream.as_ref().map_or((0, 0), |stream| (stream.breakpoint, stream.loader));
    let list = List::of(source, modules, LinkerDebug { map: 0, breakpoint, loader })?;
    let Some((at, size)) = told else {
        return (is_free && programs.is_none()).then(|| list.with_programs());
    };
    let mut pieces = Vec::new();
    let debug = if reading.number(at, 1).is_some() {
        reading.debug_of(at, size)?
    } else {
        let section = stream.filter(|stream| stream.dynamic == at)?.section;
        let debug = reading.debug_in(&section)?;
        pieces.push((at, section));
        debug
    };
    match reading.word(debug, link_map::DEBUG_MAP) {
        None => pieces.extend(list.with_debug(debug)),
        // A list in memory is used as it is.
        Some(map) => drop(reading.word(map, link_map::MAP_BIAS)?),
    }
    Some(MadeList { pieces, programs: None })
}

/// Address and size of the dynamic section that program headers point to.
fn dynamic(reading: &mut Reading<'_>, at: u64, count: u64) -> Option<(u64, u64)> {
    let table = reading.program_headers(at, count);
    let of_kind = |kind: u32| table.programs.iter().find(|program| program.kind == kind);
    let bias = of_kind(HEADERS).map_or(0, |own| at.wrapping_sub(own.address));
    of_kind(DYNAMIC).map(|dynamic| (bias.wrapping_add(dynamic.address), dynamic.memory_size))
}

/// The modules of a dump in the linker's form, with their headers where memory has them.
fn listed(source: &Source<'_>, reading: &mut Reading<'_>) -> Vec<LinkMap> {
    /// No file has its dynamic section here, so that debuggers accept the bias.
    const UNKNOWN: u64 = 1;
    let vdso = source.auxiliary(auxiliary::SYSINFO_EHDR);
    let modules = source.dump.layout().modules().iter().filter(|module| Some(module.base) != vdso);
    let listed = modules.map(|module| {
        let image = source.image(module.base);
        let bias = image.as_ref().map_or(module.base, |image| module.base.wrapping_add(image.bias));
        let section = image.and_then(|image| {
            let at = module.base.wrapping_add(image.programs.file_offset);
            dynamic(reading, at, image.program_count)
        });
        LinkMap::new(bias, module.name.clone(), section.map_or(UNKNOWN, |(at, _)| at))
    });
    listed.collect()
}

/// The list, for memory that nothing is mapped to.
struct List<'s> {
    source: &'s Source<'s>,
    address: u64,
    modules: Vec<LinkMap>,
    debug: LinkerDebug,
}

impl<'s> List<'s> {
    fn of(source: &'s Source<'_>, modules: Vec<LinkMap>, debug: LinkerDebug) -> Option<List<'s>> {
        let mut list = List { source, address: 0, modules, debug };
        let size = wide(list.bytes(0).len());
        list.address = source.unmapped(size).filter(|_| !list.modules.is_empty())?;
        Some(list)
    }

    fn bytes(&self, address: u64) -> Vec<u8> {
        let layout = self.source.dump.layout();
        link_map::list(address, &self.modules, layout.byte_order(), layout.pointer_width())
    }

    fn debug_bytes(&self, map: u64) -> Vec<u8> {
        let layout = self.source.dump.layout();
        LinkerDebug { map, ..self.debug }.to_bytes(layout.byte_order(), layout.pointer_width())
    }

    /// The list, and the `r_debug` at an address that points to it.
    fn with_debug(&self, debug: u64) -> [(u64, Vec<u8>); 2] {
        [(debug, self.debug_bytes(self.address)), (self.address, self.bytes(self.address))]
    }

    /// The list, behind program headers and a dynamic section that lead to it.
    fn with_programs(&self) -> MadeList {
        let layout = self.source.dump.layout();
        let (order, width) = (layout.byte_order(), layout.pointer_width());
        let section = |debug: u64| -> Vec<u8> {
            let words = [link_map::DT_DEBUG, debug, 0, 0];
            words.into_iter().flat_map(|word| order.bytes(word, width.into())).collect()
        };
        let size = wide(section(0).len());
        let program = |at: u64| ProgramHeader::of_dynamic(at, size).to_bytes(order, width);
        let section_at = self.address.saturating_add(wide(program(0).len()));
        let debug_at = section_at.saturating_add(size);
        let map_at = debug_at.saturating_add(wide(self.debug_bytes(0).len()));
        let block =
            [program(section_at), section(debug_at), self.debug_bytes(map_at), self.bytes(map_at)].concat();
        MadeList { pieces: vec![(self.address, block)], programs: Some((self.address, 1)) }
    }
}
