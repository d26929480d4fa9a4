//! Minidumps: header, directory, streams, contexts and what they refer to (`minidumpapiset.h`), and the memory behind them.

use dumpedit::notation::At;
use dumpedit::{Context, Machine, Protection, RecordKind};
use minidump_common::format::{
    CONTEXT_AMD64, CONTEXT_ARM, CONTEXT_ARM64, CONTEXT_ARM64_OLD, CONTEXT_X86, ContextFlagsCpu,
    MINIDUMP_DIRECTORY, MINIDUMP_EXCEPTION_STREAM, MINIDUMP_HEADER, MINIDUMP_MEMORY_DESCRIPTOR,
    MINIDUMP_MEMORY_DESCRIPTOR64, MINIDUMP_MEMORY_INFO, MINIDUMP_MODULE, MINIDUMP_STREAM_TYPE,
    MINIDUMP_SYSTEM_INFO, MINIDUMP_THREAD, MINIDUMP_THREAD_NAME, MINIDUMP_VERSION,
};
use scroll::LE;
use scroll::ctx::SizeWith;

use super::regions::Placement;
use super::sheet::Sheet;
use super::{Part, Sketch, xstate};
use crate::encode::{fields, narrow, number, wide};
use crate::error::{FixtureError, Problem};
use crate::holders::Holders;
use crate::labels::Labels;
use crate::spec::{
    Address, ContextKind, CrashContext, MemoryPlace, Number, Place, Placed, Record, Spec, Stack, Thread,
};

/// A kind of context: how it is made, not what stands in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    pub(crate) name: ContextKind,
    pub(crate) machine: Machine,
    /// Its size in bytes.
    pub(crate) size: u64,
    /// Where its ContextFlags stand, in bytes.
    pub(crate) flags_at: u64,
    /// The bit of its ContextFlags that names the machine.
    pub(crate) cpu: u32,
    /// The flags of all its groups, with the machine's.
    pub(crate) flags: u32,
    /// Whether an XSAVE area can follow it.
    extends: bool,
    /// The `PROCESSOR_ARCHITECTURE` that goes with it.
    architecture: u16,
}

/// `CONTEXT_XSTATE` of winnt.h, without the machine's bit.
pub(crate) const XSTATE_FLAG: u32 = 0x40;

/// Every kind of context that a table describes.
pub(crate) fn kinds() -> [Kind; 8] {
    use ContextKind::{Breakpad, Crashpad, Short, Windows};
    let size = |size: usize| wide(size);
    let kind = |name, machine, size, flags_at, cpu: ContextFlagsCpu, groups: u32, architecture| Kind {
        name,
        machine,
        size,
        flags_at,
        cpu: cpu.bits(),
        flags: cpu.bits() | groups,
        extends: name == Windows && matches!(machine, Machine::X86 | Machine::Amd64),
        architecture,
    };
    type Cpu = ContextFlagsCpu;
    [
        kind(Windows, Machine::X86, size(CONTEXT_X86::size_with(&LE)), 0, Cpu::CONTEXT_X86, 0x3f, 0),
        kind(Short, Machine::X86, 204, 0, Cpu::CONTEXT_X86, 0x1f, 0),
        kind(Windows, Machine::Amd64, size(CONTEXT_AMD64::size_with(&LE)), 0x30, Cpu::CONTEXT_AMD64, 0x1f, 9),
        kind(Windows, Machine::Arm64, size(CONTEXT_ARM64::size_with(&LE)), 0, Cpu::CONTEXT_ARM64, 0x1f, 12),
        kind(
            Breakpad,
            Machine::Arm64,
            size(CONTEXT_ARM64_OLD::size_with(&LE)),
            0,
            Cpu::CONTEXT_ARM64_OLD,
            6,
            0x8003,
        ),
        // `CONTEXT` of winnt.h for ARM, whose flag is not Breakpad's.
        kind(Windows, Machine::Arm, 416, 0, Cpu::from_bits_retain(0x20_0000), 0xf, 5),
        kind(Breakpad, Machine::Arm, size(CONTEXT_ARM::size_with(&LE)), 0, Cpu::CONTEXT_ARM, 6, 5),
        kind(Crashpad, Machine::Arm, 364, 0, Cpu::CONTEXT_ARM, 6, 5),
    ]
}

/// The `PROCESSOR_ARCHITECTURE` of machines whose contexts have no table.
const OTHERS: &[(Machine, u16)] = &[
    (Machine::Mips, 1),
    (Machine::Alpha, 7),
    (Machine::Ppc, 3),
    (Machine::Sparc, 0x8001),
    (Machine::Ppc64, 0x8002),
    (Machine::Mips64, 0x8004),
];

/// `PlatformId` by the system's name.
const PLATFORMS: &[(&str, u32)] = &[
    ("windows", 2),
    ("unix", 0x8000),
    ("macos", 0x8101),
    ("ios", 0x8102),
    ("linux", 0x8201),
    ("solaris", 0x8202),
    ("android", 0x8203),
    ("ps3", 0x8204),
    ("nacl", 0x8205),
    ("fuchsia", 0x8206),
];

/// The name of a `PlatformId`.
pub(crate) fn platform_of(id: u32) -> Option<&'static str> {
    PLATFORMS.iter().find(|(_, known)| *known == id).map(|(name, _)| *name)
}

/// The architecture that a spec's SystemInfo has where it gives none.
pub(crate) fn architecture_of(spec: &Spec) -> Option<u16> {
    let of_contexts = spec.threads.iter().find_map(|thread| thread.record.kind);
    let named = of_contexts.and_then(|kind| kind_of(spec, Some(kind.value)));
    named
        .or_else(|| kind_of(spec, None))
        .map(|kind| kind.architecture)
        .or_else(|| OTHERS.iter().find(|(machine, _)| *machine == spec.machine).map(|(_, number)| *number))
}

/// The kind of context by its name, or the usual one of machine and system.
pub(crate) fn kind_of(spec: &Spec, name: Option<ContextKind>) -> Option<Kind> {
    let windows = spec.system.os.as_ref().is_none_or(|os| os.value == "windows");
    let name = name.unwrap_or(if spec.machine == Machine::Arm && !windows {
        ContextKind::Breakpad
    } else {
        ContextKind::Windows
    });
    kinds().into_iter().find(|kind| kind.machine == spec.machine && kind.name == name)
}

fn size_of<T: SizeWith<scroll::Endian>>() -> u64 {
    wide(T::size_with(&LE))
}

fn kind_number(kind: MINIDUMP_STREAM_TYPE) -> u64 {
    u64::from(u32::from(kind))
}

/// A number that has so many bits.
fn fits(number: Number, what: &'static str, bits: u32) -> Result<u64, FixtureError> {
    if number.value.checked_shr(bits).unwrap_or(0) != 0 {
        return Err(FixtureError::new(Problem::DoesNotFit { value: number.value, what, bits }, number.place));
    }
    Ok(number.value)
}

fn optional(number: Option<Number>, what: &'static str, bits: u32) -> Result<u64, FixtureError> {
    number.map_or(Ok(0), |number| fits(number, what, bits))
}

/// An RVA, which has 32 bits.
fn rva(offset: u64, place: Option<Place>) -> Result<u64, FixtureError> {
    if offset > u64::from(u32::MAX) {
        let text = "this lies beyond 4 GiB, where no RVA of 32 bits reaches; list it in the Memory64List";
        return Err(FixtureError::contradiction(text, place));
    }
    Ok(offset)
}

/// A minidump with nothing in it but its system.
pub(super) fn blank(spec: &Spec) -> Result<Vec<u8>, FixtureError> {
    let mut file = header(spec, 1)?;
    let system = system_info(spec, 0, &[0; 24])?;
    let at = size_of::<MINIDUMP_HEADER>().saturating_add(size_of::<MINIDUMP_DIRECTORY>());
    let kind = kind_number(MINIDUMP_STREAM_TYPE::SystemInfoStream);
    file.extend(fields(spec.byte_order, &[(kind, 4), (wide(system.len()), 4), (at, 4)]));
    file.extend(system);
    Ok(file)
}

fn header(spec: &Spec, streams: u64) -> Result<Vec<u8>, FixtureError> {
    let header = &spec.header;
    for (number, what) in
        [(header.machine, "e_machine"), (header.class, "a class"), (header.os_abi, "an OS ABI")]
    {
        if let Some(number) = number {
            let text = format!("a minidump has no place for {what}");
            return Err(FixtureError::contradiction(text, number.place));
        }
    }
    let version =
        header.version.map_or(Ok(MINIDUMP_VERSION.into()), |version| fits(version, "Version", 32))?;
    let directory_at = if streams == 0 { 0 } else { size_of::<MINIDUMP_HEADER>() };
    // "MDMP" in the dump's own order.
    let mut bytes =
        fields(spec.byte_order, &[(0x504d_444d, 4), (version, 4), (streams, 4), (directory_at, 4)]);
    let checksum = optional(header.checksum, "CheckSum", 32)?;
    let timestamp = optional(header.timestamp, "TimeDateStamp", 32)?;
    let flags = header.flags.map_or(0, |flags| flags.value);
    bytes.extend(fields(spec.byte_order, &[(checksum, 4), (timestamp, 4), (flags, 8)]));
    Ok(bytes)
}

/// A MINIDUMP_SYSTEM_INFO.
fn system_info(spec: &Spec, service_pack_at: u64, cpu: &[u8]) -> Result<Vec<u8>, FixtureError> {
    let system = &spec.system;
    let architecture = match system.architecture {
        Some(number) => fits(number, "ProcessorArchitecture", 16)?,
        None => match architecture_of(spec) {
            Some(number) => u64::from(number),
            None if spec.machine == Machine::Unknown => 0xffff,
            None => {
                let text = format!("'{}' has no number in minidumps; give system.architecture", spec.machine);
                return Err(FixtureError::contradiction(text, None));
            }
        },
    };
    let platform = match &system.os {
        None => 2,
        Some(os) => match PLATFORMS.iter().find(|(name, _)| *name == os.value) {
            Some((_, id)) => u64::from(*id),
            None => {
                let id = dumpedit::notation::length(&os.value).map_err(|_| {
                    let names: Vec<&str> = PLATFORMS.iter().map(|(name, _)| *name).collect();
                    let text = format!("a system is one of {}, or a platform id", names.join(", "));
                    FixtureError::contradiction(text, os.place)
                })?;
                fits(Placed { value: id, place: os.place }, "PlatformId", 32)?
            }
        },
    };
    let mut version = [0u64; 3];
    if let Some(text) = &system.version {
        let wrong = || FixtureError::contradiction("a version is up to three numbers with dots", text.place);
        let mut parts = text.value.split('.');
        for (number, part) in version.iter_mut().zip(&mut parts) {
            *number = part.parse::<u32>().map_err(|_| wrong())?.into();
        }
        if parts.next().is_some() {
            return Err(wrong());
        }
    }
    let [major, minor, build] = version;
    let processors = system.processors.map_or(Ok(1), |count| fits(count, "NumberOfProcessors", 8))?;
    let mut bytes = fields(
        spec.byte_order,
        &[
            (architecture, 2),
            (optional(system.level, "ProcessorLevel", 16)?, 2),
            (optional(system.revision, "ProcessorRevision", 16)?, 2),
            (processors, 1),
            (optional(system.product_type, "ProductType", 8)?, 1),
            (major, 4),
            (minor, 4),
            (build, 4),
            (platform, 4),
            (service_pack_at, 4),
            (optional(system.suite_mask, "SuiteMask", 16)?, 2),
            (optional(system.reserved, "the bytes behind SuiteMask", 16)?, 2),
        ],
    );
    bytes.extend(cpu);
    Ok(bytes)
}

/// The streams in the order of the directory, and where each goes.
struct Directory {
    at: u64,
    entries: Vec<(u64, u64, u64)>,
}

/// Draws the tables; where the memory goes.
pub(super) fn draw(spec: &Spec, sheet: &mut Sheet<'_>) -> Result<Placement, FixtureError> {
    refuse_what_has_no_place(spec)?;
    let mut placement = Placement::measure(spec, &sheet.bytes)?;
    let listed = listed(spec, &sheet.bytes.labels, &placement)?;
    let order = spec.byte_order;
    let infos = memory_infos(spec, sheet, &placement)?;
    let names: Vec<(usize, &Placed<String>)> = spec
        .threads
        .iter()
        .enumerate()
        .filter_map(|(index, thread)| Some((index, thread.name.as_ref()?)))
        .collect();
    let count = [
        !spec.threads.is_empty(),
        !spec.modules.is_empty(),
        !listed.list.is_empty(),
        !listed.list64.is_empty(),
        !spec.system.left_out,
        !infos.is_empty(),
        !names.is_empty(),
    ];
    let count = count.into_iter().filter(|is_there| *is_there).count();
    let count = wide(count.saturating_add(spec.crashes.len()).saturating_add(spec.streams.len()));
    let bytes = header(spec, count)?;
    sheet.place(&bytes);
    let table = count.saturating_mul(size_of::<MINIDUMP_DIRECTORY>());
    let mut directory = Directory { at: sheet.reserve(table, None)?, entries: Vec::new() };

    let padding = |padded: bool| if padded { 8 } else { 4 };
    let threads_header = padding(spec.layout.padded.threads);
    if !spec.threads.is_empty() {
        let size = entries_size::<MINIDUMP_THREAD>(threads_header, spec.threads.len());
        let at = directory.reserve(sheet, MINIDUMP_STREAM_TYPE::ThreadListStream, size)?;
        sheet.put(at, &number(order, wide(spec.threads.len()), 4));
        let entries =
            (0..spec.threads.len()).map(|index| entry_at::<MINIDUMP_THREAD>(at, threads_header, index));
        sheet.threads_at = entries.collect();
    }
    let modules_header = padding(spec.layout.padded.modules);
    let mut modules_at = 0;
    if !spec.modules.is_empty() {
        let size = entries_size::<MINIDUMP_MODULE>(modules_header, spec.modules.len());
        modules_at = directory.reserve(sheet, MINIDUMP_STREAM_TYPE::ModuleListStream, size)?;
        sheet.put(modules_at, &number(order, wide(spec.modules.len()), 4));
    }
    let memory_header = padding(spec.layout.padded.memory);
    let mut memory_at = 0;
    if !listed.list.is_empty() {
        let size = entries_size::<MINIDUMP_MEMORY_DESCRIPTOR>(memory_header, listed.list.len());
        memory_at = directory.reserve(sheet, MINIDUMP_STREAM_TYPE::MemoryListStream, size)?;
        sheet.put(memory_at, &number(order, wide(listed.list.len()), 4));
    }
    let mut memory64_at = 0;
    if !listed.list64.is_empty() {
        let size = entries_size::<MINIDUMP_MEMORY_DESCRIPTOR64>(16, listed.list64.len());
        memory64_at = directory.reserve(sheet, MINIDUMP_STREAM_TYPE::Memory64ListStream, size)?;
        sheet.put(memory64_at, &number(order, wide(listed.list64.len()), 8));
    }
    for _ in &spec.crashes {
        let size = size_of::<MINIDUMP_EXCEPTION_STREAM>();
        let at = directory.reserve(sheet, MINIDUMP_STREAM_TYPE::ExceptionStream, size)?;
        sheet.crashes_at.push(at);
    }
    if !spec.system.left_out {
        let size = size_of::<MINIDUMP_SYSTEM_INFO>();
        let at = directory.reserve(sheet, MINIDUMP_STREAM_TYPE::SystemInfoStream, size)?;
        // Readers follow this offset even where there is nothing to say.
        let service_pack = spec.system.service_pack.as_ref().map_or("", |text| text.value.as_str());
        let service_pack_at = string(sheet, service_pack)?;
        let cpu_at = sheet.reserve(24, None)?;
        sheet.fill(cpu_at, &spec.system.cpu, 24)?;
        let cpu = sheet.tables.split_off(narrow(cpu_at));
        let system = system_info(spec, service_pack_at, &cpu)?;
        sheet.put(at, &system);
    }
    if !infos.is_empty() {
        let size = entries_size::<MINIDUMP_MEMORY_INFO>(16, infos.len());
        let at = directory.reserve(sheet, MINIDUMP_STREAM_TYPE::MemoryInfoListStream, size)?;
        let entry = size_of::<MINIDUMP_MEMORY_INFO>();
        sheet.put(at, &fields(order, &[(16, 4), (entry, 4), (wide(infos.len()), 8)]));
        for (index, info) in infos.iter().enumerate() {
            sheet.put(entry_at::<MINIDUMP_MEMORY_INFO>(at, 16, index), info);
        }
    }
    if !names.is_empty() {
        let size = entries_size::<MINIDUMP_THREAD_NAME>(4, names.len());
        let at = directory.reserve(sheet, MINIDUMP_STREAM_TYPE::ThreadNamesStream, size)?;
        sheet.put(at, &number(order, wide(names.len()), 4));
        for (entry, (index, name)) in names.iter().enumerate() {
            let tid = tid_of(spec, *index)?;
            let name_at = string(sheet, &name.value)?;
            let bytes = fields(order, &[(tid, 4), (name_at, 8)]);
            sheet.put(entry_at::<MINIDUMP_THREAD_NAME>(at, 4, entry), &bytes);
        }
    }
    draw_modules(spec, sheet, modules_at, modules_header)?;
    draw_contexts(spec, sheet)?;
    let mut forced = Vec::new();
    for stream in &spec.streams {
        let kind = fits(stream.kind, "a stream's type", 32)?;
        sheet.align(4);
        if let Some(at) = &stream.file_offset {
            if let Some(piece) = stream.content.pieces.first() {
                let text = "a stream that gives its file_offset stores nothing and can have no content";
                return Err(FixtureError::contradiction(text, piece.data.place));
            }
            let size = optional(stream.size, "a stream's size", 32)?;
            forced.push((directory.entries.len(), at));
            directory.entries.push((kind, size, 0));
            continue;
        }
        let (at, size) = sheet.content(&stream.content, stream.size.as_ref())?;
        let at = if size == 0 { 0 } else { at };
        directory.entries.push((kind, size, at));
    }
    sheet.align(4);

    let memory_order = [&listed.list[..], &listed.outside, &listed.list64].concat();
    let align = spec.layout.align.map_or(1, |align| align.value);
    if align > 1 && !listed.list64.is_empty() {
        let place = spec.layout.align.and_then(|align| align.place);
        return Err(FixtureError::contradiction("the regions of a Memory64List stand without gaps", place));
    }
    placement.place(spec, &sheet.bytes, sheet.end(), &memory_order, align)?;
    for (entry, at) in forced {
        let offset = rva(placement.file_offset(&sheet.bytes, at)?, at.place)?;
        if let Some((.., entry_offset)) = directory.entries.get_mut(entry) {
            *entry_offset = offset;
        }
    }
    for (index, region) in listed.list.iter().enumerate() {
        let descriptor = descriptor(spec, &placement, *region)?;
        sheet.put(entry_at::<MINIDUMP_MEMORY_DESCRIPTOR>(memory_at, memory_header, index), &descriptor);
    }
    draw_list64(spec, sheet, &placement, &listed.list64, memory64_at)?;
    for (index, thread) in spec.threads.iter().enumerate() {
        draw_thread(spec, sheet, &placement, index, thread)?;
    }
    draw_crashes(spec, sheet)?;
    let mut at = directory.at;
    for (kind, size, offset) in &directory.entries {
        let entry = fields(order, &[(*kind, 4), (*size, 4), (rva(*offset, None)?, 4)]);
        sheet.put(at, &entry);
        at = at.saturating_add(size_of::<MINIDUMP_DIRECTORY>());
    }
    Ok(placement)
}

impl Directory {
    /// Makes room for a stream and lists it; its file offset.
    fn reserve(
        &mut self,
        sheet: &mut Sheet<'_>,
        kind: MINIDUMP_STREAM_TYPE,
        size: u64,
    ) -> Result<u64, FixtureError> {
        sheet.align(4);
        let at = sheet.reserve(size, None)?;
        self.entries.push((kind_number(kind), size, at));
        Ok(at)
    }
}

fn entries_size<T: SizeWith<scroll::Endian>>(header: u64, count: usize) -> u64 {
    size_of::<T>().saturating_mul(wide(count)).saturating_add(header)
}

fn entry_at<T: SizeWith<scroll::Endian>>(list: u64, header: u64, index: usize) -> u64 {
    list.saturating_add(entries_size::<T>(header, index))
}

/// A MINIDUMP_STRING; its file offset.
fn string(sheet: &mut Sheet<'_>, text: &str) -> Result<u64, FixtureError> {
    sheet.align(4);
    let order = sheet.order();
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut bytes = number(order, wide(units.len()).saturating_mul(2), 4);
    bytes.extend(units.iter().chain([&0]).flat_map(|unit| number(order, u64::from(*unit), 2)));
    let at = sheet.reserve(wide(bytes.len()), None)?;
    sheet.put(at, &bytes);
    rva(at, None)
}

/// The regions by where they are listed, as indices.
struct Listed {
    list: Vec<usize>,
    list64: Vec<usize>,
    outside: Vec<usize>,
}

fn listed(spec: &Spec, labels: &Labels, placement: &Placement) -> Result<Listed, FixtureError> {
    let mut listed = Listed { list: Vec::new(), list64: Vec::new(), outside: Vec::new() };
    for (index, (region, extent)) in spec.memory.iter().zip(&placement.extents).enumerate() {
        // Nothing captured is a mapping, unless the spec says where it would be.
        if extent.captured == 0 && region.captured.is_some() {
            continue;
        }
        match region.list.map_or(spec.layout.memory, |list| list.value) {
            MemoryPlace::List => listed.list.push(index),
            MemoryPlace::List64 => {
                if let Some(offset) = &region.file_offset {
                    let text =
                        "the regions of a Memory64List stand where the list does; they have no file_offset";
                    return Err(FixtureError::contradiction(text, offset.place));
                }
                listed.list64.push(index);
            }
            MemoryPlace::Outside => {
                let is_this =
                    |text: &Placed<String>| labels.region(text).is_ok_and(|(found, _)| found == index);
                let used = region.label.is_some()
                    && spec.threads.iter().any(|thread| match &thread.stack {
                        Some(Stack::Region(name)) => is_this(name),
                        Some(Stack::Descriptor { file_offset, .. }) => match &file_offset.value {
                            At::Module(text) => {
                                is_this(&Placed { value: text.clone(), place: file_offset.place })
                            }
                            _ => false,
                        },
                        None => true,
                        Some(Stack::None) => false,
                    });
                if !used {
                    let text = "this region is in no list and is no thread's stack: nothing would tell of it";
                    let place = region.list.and_then(|list| list.place).or(region.at.place);
                    return Err(FixtureError::contradiction(text, place));
                }
                listed.outside.push(index);
            }
        }
    }
    Ok(listed)
}

/// A MINIDUMP_MEMORY_DESCRIPTOR.
fn descriptor(spec: &Spec, placement: &Placement, region: usize) -> Result<Vec<u8>, FixtureError> {
    let Some(extent) = placement.extents.get(region) else { return Ok(Vec::new()) };
    let place = spec.memory.get(region).and_then(|region| region.at.place);
    let size = fits(Placed { value: extent.captured, place }, "a memory descriptor's size", 32)?;
    let offset = rva(extent.file_offset, place)?;
    Ok(fields(spec.byte_order, &[(extent.address, 8), (size, 4), (offset, 4)]))
}

fn draw_list64(
    spec: &Spec,
    sheet: &mut Sheet<'_>,
    placement: &Placement,
    regions: &[usize],
    at: u64,
) -> Result<(), FixtureError> {
    let mut base = None;
    let mut captured_before = 0u64;
    for (index, region) in regions.iter().enumerate() {
        let Some(extent) = placement.extents.get(*region) else { continue };
        let expected = base.get_or_insert(extent.file_offset).saturating_add(captured_before);
        captured_before = captured_before.saturating_add(extent.captured);
        if extent.captured > 0 && extent.file_offset != expected {
            let text = "a region of a Memory64List that the file's end cuts must be the last";
            let place = spec.memory.get(*region).and_then(|region| region.at.place);
            return Err(FixtureError::contradiction(text, place));
        }
        let entry = fields(spec.byte_order, &[(extent.address, 8), (extent.captured, 8)]);
        sheet.put(entry_at::<MINIDUMP_MEMORY_DESCRIPTOR64>(at, 16, index), &entry);
    }
    if let Some(base) = base {
        sheet.put(at.saturating_add(8), &number(spec.byte_order, base, 8));
    }
    Ok(())
}

fn tid_of(spec: &Spec, index: usize) -> Result<u64, FixtureError> {
    match spec.threads.get(index).and_then(|thread| thread.tid) {
        Some(tid) => fits(tid, "a thread's id", 32),
        None => Ok(wide(index).saturating_add(1)),
    }
}

/// The entries of the MemoryInfoList: those that the spec lists, then the regions that say more than their bytes.
fn memory_infos(spec: &Spec, sheet: &Sheet<'_>, placement: &Placement) -> Result<Vec<Vec<u8>>, FixtureError> {
    const COMMITTED: u64 = 0x1000;
    const PRIVATE: u64 = 0x2_0000;
    let order = spec.byte_order;
    let mut infos = Vec::new();
    for mapping in &spec.mappings {
        let at = sheet.bytes.labels.address(&mapping.at)?;
        let base = mapping.base.as_ref().map_or(Ok(at), |base| sheet.bytes.labels.address(base))?;
        let protection = mapping.protection.map_or(
            Ok(page_protection(Protection { read: true, write: true, execute: false, guard: false })),
            |number| fits(number, "Protect", 32),
        )?;
        let allocated = mapping
            .allocation_protection
            .map_or(Ok(protection), |number| fits(number, "AllocationProtect", 32))?;
        let state = mapping.state.map_or(Ok(COMMITTED), |state| fits(state, "State", 32))?;
        let kind = mapping.kind.map_or(Ok(PRIVATE), |kind| fits(kind, "Type", 32))?;
        infos.push(info(order, (at, base, mapping.size.value), (allocated, protection), (state, kind)));
    }
    for (region, extent) in spec.memory.iter().zip(&placement.extents) {
        let says_more = region.protection.is_some() || extent.captured < extent.size;
        if !says_more || region.file_offset.is_some() {
            continue;
        }
        let allowed = region
            .protection
            .map_or(Protection { read: true, write: true, execute: false, guard: false }, |protection| {
                protection.value
            });
        let page = page_protection(allowed);
        let range = (extent.address, extent.address, extent.size);
        infos.push(info(order, range, (page, page), (COMMITTED, PRIVATE)));
    }
    Ok(infos)
}

/// A MINIDUMP_MEMORY_INFO: address, allocation base and size; protection then and now; state and type.
fn info(
    order: dumpedit::ByteOrder,
    (at, base, size): (u64, u64, u64),
    (allocated, protection): (u64, u64),
    (state, kind): (u64, u64),
) -> Vec<u8> {
    let mut entry = fields(order, &[(at, 8), (base, 8), (allocated, 4), (0, 4), (size, 8)]);
    entry.extend(fields(order, &[(state, 4), (protection, 4), (kind, 4), (0, 4)]));
    entry
}

/// The `PAGE_` constant of winnt.h that allows the same.
pub(crate) fn page_protection(allowed: Protection) -> u64 {
    match (allowed.read, allowed.write, allowed.execute) {
        (false, false, false) => 0x01,
        (true, false, false) => 0x02,
        (_, true, false) => 0x04,
        (false, false, true) => 0x10,
        (true, false, true) => 0x20,
        (_, true, true) => 0x40,
    }
}

fn draw_modules(spec: &Spec, sheet: &mut Sheet<'_>, list: u64, header: u64) -> Result<(), FixtureError> {
    let order = spec.byte_order;
    for (index, module) in spec.modules.iter().enumerate() {
        let name_at = string(sheet, &module.name.value)?;
        let mut located = Vec::new();
        for record in [&module.cv, &module.misc] {
            sheet.align(4);
            let (at, size) = record.as_ref().map_or(Ok((0, 0)), |record| sheet.content(record, None))?;
            located.extend(fields(order, &[(size, 4), (rva(at, None)?, 4)]));
        }
        let base = sheet.bytes.labels.address(&module.base)?;
        let mut entry = fields(
            order,
            &[
                (base, 8),
                (fits(module.size, "a module's size", 32)?, 4),
                (optional(module.checksum, "CheckSum", 32)?, 4),
                (optional(module.timestamp, "TimeDateStamp", 32)?, 4),
                (name_at, 4),
            ],
        );
        let at = entry_at::<MINIDUMP_MODULE>(list, header, index);
        let version_at = at.saturating_add(wide(entry.len()));
        entry.resize(entry.len().saturating_add(52), 0);
        entry.extend(located);
        sheet.put(at, &entry);
        sheet.fill(version_at, &module.version, 52)?;
        sheet.fill(at.saturating_add(wide(entry.len())), &module.reserved, 16)?;
    }
    Ok(())
}

/// Draws the contexts of threads and crashes, zeroed but for their flags and XSAVE areas.
fn draw_contexts(spec: &Spec, sheet: &mut Sheet<'_>) -> Result<(), FixtureError> {
    for (index, thread) in spec.threads.iter().enumerate() {
        draw_context(spec, sheet, &thread.record, Part::Thread(index))?;
    }
    for (index, crash) in spec.crashes.iter().enumerate() {
        match &crash.context {
            CrashContext::Own(record) => draw_context(spec, sheet, record, Part::Crash(index))?,
            CrashContext::Equal => {
                let of_thread = crashed(spec, index).and_then(|thread| spec.threads.get(thread));
                let record = of_thread.map(|thread| thread.record.clone()).unwrap_or_default();
                draw_context(spec, sheet, &record, Part::Crash(index))?;
            }
            CrashContext::Shared | CrashContext::None => {}
        }
    }
    Ok(())
}

fn draw_context(spec: &Spec, sheet: &mut Sheet<'_>, record: &Record, part: Part) -> Result<(), FixtureError> {
    let name = record.kind.map(|kind| kind.value);
    let place = record.kind.and_then(|kind| kind.place);
    let order = spec.byte_order;
    let raw = match name {
        Some(ContextKind::None) => return Ok(()),
        Some(ContextKind::Raw) => true,
        Some(_) => false,
        None => kind_of(spec, None).is_none(),
    };
    if raw {
        let size = record.size.map_or(0, |size| size.value);
        if size == 0 && record.kind.is_none() {
            return Ok(());
        }
        sheet.align(16);
        let at = sheet.reserve(size, record.size.and_then(|size| size.place))?;
        sheet.parts.place(part, at, size);
        return Ok(());
    }
    let Some(kind) = kind_of(spec, name) else {
        let text = format!("{} has no context of that kind", spec.machine);
        return Err(FixtureError::contradiction(text, place));
    };
    let mut flags = kind.flags;
    let mut size = kind.size;
    let area = match &record.xstate {
        None => None,
        Some(given) if kind.extends => {
            let (usual_skip, usual) = usual_area(&kind, given.components.value, given.compacted);
            let skip = given.skip.map_or(usual_skip, |skip| skip.value);
            let length = given.size.map_or(usual, |size| size.value);
            let components = given.components.value & !(3 | xstate::COMPACTED);
            flags |= XSTATE_FLAG;
            size = size.saturating_add(skip).saturating_add(length);
            Some((skip, length, if given.compacted { xstate::COMPACTED | components } else { 0 }))
        }
        Some(given) => {
            let text = "no XSAVE area can follow this kind of context";
            return Err(FixtureError::contradiction(text, given.components.place));
        }
    };
    let size = record.size.map_or(size, |size| size.value);
    sheet.align(16);
    let at = sheet.reserve(size, record.size.and_then(|size| size.place))?;
    let flags = record.flags.map_or(Ok(flags.into()), |flags| fits(flags, "ContextFlags", 32))?;
    let mut bytes = vec![0; narrow(size)];
    crate::encode::put(&mut bytes, narrow(kind.flags_at), &number(order, flags, 4));
    if let Some((skip, length, mask)) = area {
        // A CONTEXT_EX: offset from itself and length of the whole, of the context, and of the XSAVE area.
        let back = u64::from(u32::MAX).saturating_sub(kind.size).saturating_add(1);
        let all = skip.saturating_add(length);
        let pairs = [
            (back, 4),
            (kind.size.saturating_add(all), 4),
            (back, 4),
            (kind.size, 4),
            (skip, 4),
            (length, 4),
        ];
        crate::encode::put(&mut bytes, narrow(kind.size), &fields(order, &pairs));
        let compaction_at = kind.size.saturating_add(skip).saturating_add(8);
        crate::encode::put(&mut bytes, narrow(compaction_at), &number(order, mask, 8));
    }
    sheet.put(at, &bytes);
    sheet.parts.place(part, at, size);
    Ok(())
}

/// How far behind the CONTEXT_EX an XSAVE area begins, and its size, both in bytes, where the spec gives neither.
pub(crate) fn usual_area(kind: &Kind, components: u64, compacted: bool) -> (u64, u64) {
    const CONTEXT_EX_SIZE: u64 = 24;
    // The area begins at a multiple of 64, as the processor wants it.
    let behind = kind.size.saturating_add(CONTEXT_EX_SIZE).next_multiple_of(64);
    let components = components & !(3 | xstate::COMPACTED);
    let size = if compacted {
        xstate::compacted_size(components)
    } else {
        xstate::standard_size(components).saturating_sub(512)
    };
    (behind.saturating_sub(kind.size), size)
}

fn location(sheet: &Sheet<'_>, part: Part) -> (u64, u64) {
    sheet.parts.get(part).map_or((0, 0), |(at, size)| (size, at))
}

fn draw_thread(
    spec: &Spec,
    sheet: &mut Sheet<'_>,
    placement: &Placement,
    index: usize,
    thread: &Thread,
) -> Result<(), FixtureError> {
    let order = spec.byte_order;
    let Some(at) = sheet.threads_at.get(index).copied() else { return Ok(()) };
    let teb = thread.teb.as_ref().map_or(Ok(0), |teb| sheet.bytes.labels.address(teb))?;
    let mut entry = fields(
        order,
        &[
            (tid_of(spec, index)?, 4),
            (optional(thread.suspend_count, "SuspendCount", 32)?, 4),
            (optional(thread.priority_class, "PriorityClass", 32)?, 4),
            (optional(thread.priority, "Priority", 32)?, 4),
            (teb, 8),
        ],
    );
    match &thread.stack {
        None | Some(Stack::None) => entry.extend(fields(order, &[(0, 8), (0, 4), (0, 4)])),
        Some(Stack::Region(label)) => {
            let (region, _) = sheet.bytes.labels.region(label)?;
            entry.extend(descriptor(spec, placement, region)?);
        }
        Some(Stack::Descriptor { at, size, file_offset }) => {
            let address = sheet.bytes.labels.address(at)?;
            let offset = rva(placement.file_offset(&sheet.bytes, file_offset)?, file_offset.place)?;
            entry
                .extend(fields(order, &[(address, 8), (fits(*size, "a stack's size", 32)?, 4), (offset, 4)]));
        }
    }
    let (size, context_at) = location(sheet, Part::Thread(index));
    entry.extend(fields(order, &[(size, 4), (rva(context_at, None)?, 4)]));
    sheet.put(at, &entry);
    Ok(())
}

/// The index of the thread that a crash is about, where it is listed.
fn crashed(spec: &Spec, crash: usize) -> Option<usize> {
    let tid = spec.crashes.get(crash)?.thread;
    match tid {
        None => (!spec.threads.is_empty()).then_some(0),
        Some(tid) => (0..spec.threads.len()).find(|index| tid_of(spec, *index).ok() == Some(tid.value)),
    }
}

fn draw_crashes(spec: &Spec, sheet: &mut Sheet<'_>) -> Result<(), FixtureError> {
    const ACCESS_VIOLATION: u64 = 0xc000_0005;
    const SIGSEGV: u64 = 11;
    const MOST_PARAMETERS: usize = 15;
    let order = spec.byte_order;
    let windows = spec.system.os.as_ref().is_none_or(|os| os.value == "windows");
    for (index, crash) in spec.crashes.iter().enumerate() {
        let Some(at) = sheet.crashes_at.get(index).copied() else { continue };
        if let Some(si_code) = crash.si_code {
            return Err(FixtureError::contradiction("a minidump has no place for si_code", si_code.place));
        }
        let thread = crashed(spec, index);
        let tid = match (crash.thread, thread) {
            (Some(tid), _) => fits(tid, "a thread's id", 32)?,
            (None, Some(thread)) => tid_of(spec, thread)?,
            (None, None) => 0,
        };
        let usual = if windows { ACCESS_VIOLATION } else { SIGSEGV };
        let code = crash.code.map_or(Ok(usual), |code| fits(code, "ExceptionCode", 32))?;
        let address = |at: &Option<Address>| at.as_ref().map_or(Ok(0), |at| sheet.bytes.labels.address(at));
        if let Some(parameter) = crash.parameters.get(MOST_PARAMETERS) {
            let text = "an exception has at most 15 parameters";
            return Err(FixtureError::contradiction(text, parameter.place));
        }
        let count = match crash.parameter_count {
            Some(count) => fits(count, "NumberParameters", 32)?,
            None => wide(crash.parameters.len()),
        };
        let mut stream = fields(
            order,
            &[
                (tid, 4),
                (0, 4),
                (code, 4),
                (optional(crash.flags, "ExceptionFlags", 32)?, 4),
                (address(&crash.nested)?, 8),
                (address(&crash.address)?, 8),
                (count, 4),
                (0, 4),
            ],
        );
        for parameter in 0..MOST_PARAMETERS {
            let value = address(&crash.parameters.get(parameter).cloned())?;
            stream.extend(number(order, value, 8));
        }
        let part = match (&crash.context, thread) {
            (CrashContext::None, _) | (CrashContext::Shared, None) => None,
            (CrashContext::Shared, Some(thread)) => Some(Part::Thread(thread)),
            (CrashContext::Equal | CrashContext::Own(_), _) => Some(Part::Crash(index)),
        };
        let (size, context_at) = part.map_or((0, 0), |part| location(sheet, part));
        stream.extend(fields(order, &[(size, 4), (rva(context_at, None)?, 4)]));
        sheet.put(at, &stream);
    }
    Ok(())
}

/// Fills in what follows from registers: stacks, and the addresses of exceptions.
pub(super) fn after_registers(
    spec: &Spec,
    sheet: &mut Sheet<'_>,
    placement: &Placement,
) -> Result<(), FixtureError> {
    /// From the start of a MINIDUMP_THREAD to its stack, in bytes.
    const STACK_AT: u64 = 24;
    /// From the start of a MINIDUMP_EXCEPTION_STREAM to ExceptionAddress, in bytes.
    const ADDRESS_AT: u64 = 24;
    let dump = sheet.bytes.dump().clone();
    let captured = placement.extents.iter().enumerate();
    let holders = Holders::of(captured.map(|(index, extent)| (index, extent.address, extent.captured)));
    for (index, thread) in spec.threads.iter().enumerate() {
        let context = sheet.parts.context(&dump, Part::Thread(index), RecordKind::Thread);
        let sp = context.and_then(|context| dump.read_register(context, "sp").ok()?.to_u64().ok());
        let (None, Some(sp), Some(at)) = (&thread.stack, sp, sheet.threads_at.get(index).copied()) else {
            continue;
        };
        let in_reach = holders.first(sp).filter(|region| {
            placement.extents.get(*region).is_some_and(|extent| {
                u32::try_from(extent.captured).is_ok() && u32::try_from(extent.file_offset).is_ok()
            })
        });
        if let Some(region) = in_reach {
            let descriptor = descriptor(spec, placement, region)?;
            sheet.put(at.saturating_add(STACK_AT), &descriptor);
        }
    }
    for (index, crash) in spec.crashes.iter().enumerate() {
        let (None, Some(at)) = (&crash.address, sheet.crashes_at.get(index).copied()) else { continue };
        let own = sheet.parts.context(&dump, Part::Crash(index), RecordKind::Exception);
        let of_thread = || {
            let thread = crashed(spec, index)?;
            sheet.parts.context(&dump, Part::Thread(thread), RecordKind::Thread)
        };
        let context = match &crash.context {
            CrashContext::Own(_) => own,
            _ => of_thread(),
        };
        let pc = |context: Context| dump.read_register(context, "pc").ok();
        if let Some(pc) = context.and_then(pc).and_then(|pc| pc.to_u64().ok()) {
            sheet.put(at.saturating_add(ADDRESS_AT), &number(spec.byte_order, pc, 8));
        }
    }
    Ok(())
}

/// Copies contexts that are to be equal to their thread's, once those are finished.
pub(super) fn copy_equal_contexts(spec: &Spec, sketch: &mut Sketch<'_>) {
    for (index, crash) in spec.crashes.iter().enumerate() {
        if let (CrashContext::Equal, Some(thread)) = (&crash.context, crashed(spec, index)) {
            let from = sketch.part(Part::Thread(thread)).unwrap_or_default().to_vec();
            if let Some((at, _)) = sketch.parts.get(Part::Crash(index)) {
                crate::encode::put(&mut sketch.tables, narrow(at), &from);
            }
        }
    }
}

/// Everything that only cores have is an error here.
fn refuse_what_has_no_place(spec: &Spec) -> Result<(), FixtureError> {
    let refuse = |what: &str, place| {
        Err(FixtureError::contradiction(format!("a minidump has no place for {what}"), place))
    };
    if let Some(note) = spec.notes.first() {
        return refuse("a note", note.kind.place);
    }
    for thread in &spec.threads {
        if let Some(signal) = thread.signal {
            return refuse("a thread's signal; give a crash", signal.place);
        }
        if let Some(note) = thread.notes.iter().flatten().next() {
            return refuse("a note", note.kind.place);
        }
    }
    if let Some(align) = spec.layout.note_align {
        return refuse("notes", align.place);
    }
    for region in &spec.memory {
        let physical = region.physical.as_ref().map(|at| at.place);
        let numbers =
            [(region.kind, "a type of memory"), (region.flags, "p_flags"), (region.align, "p_align")];
        let given = numbers.iter().find_map(|(number, what)| Some((*what, (*number)?.place)));
        if let Some((what, place)) = given.or(physical.map(|place| ("physical addresses", place))) {
            return refuse(what, place);
        }
    }
    Ok(())
}
