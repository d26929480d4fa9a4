//! What of a spec only minidumps have: the system, contexts, stacks, exceptions, streams.

use dumpedit::notation::At;
use dumpedit::{Format, Machine, Protection};
use dumpedit_formats::minidump::schema::{self, Area, ContextKind as Kind, ContextName};
use dumpedit_formats::model::{
    Blob, Container, Content as Modelled, Crash as CrashModel, CrashRecord, Mapping as MappingModel,
    Minidump, Padded, Stack as StackModel, Stream as StreamModel, StreamContent, SystemInfo,
    Thread as ThreadModel,
};
use dumpedit_formats::write::Part;

use super::contents::place_of;
use super::macho::of_macho;
use super::memory::captured;
use super::model::{Drawing, crashed, fits, fits32, optional16, optional32, or8, refuse_rest};
use super::triage::of_triage;
use crate::error::FixtureError;
use crate::holders::Holders;
use crate::spec::{
    Address, ContextKind, Crash, CrashContext, MemoryPlace, Placed, Record, Spec, Stack, Stream, Thread,
};

const ACCESS_VIOLATION: u32 = 0xc000_0005;
const SIGSEGV: u32 = 11;

/// The architecture that a spec's SystemInfo has where it gives none.
pub(crate) fn architecture_of(spec: &Spec) -> Option<u16> {
    let of_contexts = spec.threads.iter().find_map(|thread| thread.record.kind);
    let named = of_contexts.and_then(|kind| kind_of(spec, Some(kind.value)));
    let kind = named.or_else(|| kind_of(spec, None));
    kind.map(|kind| kind.architecture).or_else(|| schema::architecture(spec.machine))
}

/// The kind of context by its name, or the usual one of machine and system.
pub(crate) fn kind_of(spec: &Spec, name: Option<ContextKind>) -> Option<&'static Kind> {
    let name = match name {
        None => return schema::usual_context(spec.machine, is_windows(spec)),
        Some(ContextKind::Windows) => ContextName::Windows,
        Some(ContextKind::Short) => ContextName::Short,
        Some(ContextKind::Breakpad) => ContextName::Breakpad,
        Some(ContextKind::Crashpad) => ContextName::Crashpad,
        Some(ContextKind::None | ContextKind::Raw) => return None,
    };
    schema::context(spec.machine, name)
}

fn is_windows(spec: &Spec) -> bool {
    spec.system.os.as_ref().is_none_or(|os| os.value == "windows")
}

/// The header and the system of a spec's minidump.
pub(super) fn container(spec: &Spec) -> Result<Container, FixtureError> {
    let header = &spec.header;
    let others = [
        (header.entry, "e_entry"),
        (header.machine, "e_machine"),
        (header.class, "a class"),
        (header.os_abi, "an OS ABI"),
        (header.abi_version, "an ABI version"),
    ];
    for (number, what) in others {
        if let Some(number) = number {
            let text = format!("a minidump has no place for {what}");
            return Err(FixtureError::contradiction(text, number.place));
        }
    }
    let mut minidump = Minidump::default();
    minidump.version = header.version.map_or(Ok(schema::VERSION), |version| fits32(version, "Version"))?;
    minidump.checksum = optional32(header.checksum, "CheckSum")?;
    minidump.timestamp = optional32(header.timestamp, "TimeDateStamp")?;
    minidump.flags = header.flags.map_or(0, |flags| flags.value);
    minidump.system = if spec.system.left_out { None } else { Some(system(spec)?) };
    minidump.padded = Padded {
        threads: spec.layout.padded.threads,
        modules: spec.layout.padded.modules,
        memory: spec.layout.padded.memory,
    };
    minidump.memory_align = spec.layout.align.map_or(1, |align| align.value);
    Ok(Container::Minidump(minidump))
}

fn system(spec: &Spec) -> Result<SystemInfo, FixtureError> {
    let system = &spec.system;
    let architecture = match system.architecture {
        Some(number) => optional16(Some(number), "ProcessorArchitecture")?,
        None => match architecture_of(spec) {
            Some(number) => number,
            None if spec.machine == Machine::Unknown => 0xffff,
            None => {
                let text = format!("'{}' has no number in minidumps; give system.architecture", spec.machine);
                return Err(FixtureError::contradiction(text, None));
            }
        },
    };
    let mut version = [0u32; 3];
    if let Some(text) = &system.version {
        let wrong = || FixtureError::contradiction("a version is up to three numbers with dots", text.place);
        let mut parts = text.value.split('.');
        for (number, part) in version.iter_mut().zip(&mut parts) {
            *number = part.parse().map_err(|_| wrong())?;
        }
        if parts.next().is_some() {
            return Err(wrong());
        }
    }
    let mut info = SystemInfo::default();
    info.architecture = architecture.into();
    info.level = optional16(system.level, "ProcessorLevel")?;
    info.revision = optional16(system.revision, "ProcessorRevision")?;
    info.processors = or8(system.processors, "NumberOfProcessors", 1)?;
    info.product_type = or8(system.product_type, "ProductType", 0)?;
    info.version = version;
    info.platform = platform(spec)?.into();
    info.service_pack = system.service_pack.as_ref().map(|text| text.value.clone()).unwrap_or_default();
    info.suite_mask = optional16(system.suite_mask, "SuiteMask")?;
    info.reserved = optional16(system.reserved, "the bytes behind SuiteMask")?;
    info.cpu = Modelled::Zero(24);
    Ok(info)
}

fn platform(spec: &Spec) -> Result<u32, FixtureError> {
    let Some(os) = &spec.system.os else { return Ok(schema::WINDOWS) };
    if let Some(id) = schema::platform(&os.value) {
        return Ok(id);
    }
    let id = dumpedit::notation::length(&os.value).map_err(|_| {
        let names: Vec<&str> = schema::platforms().collect();
        let text = format!("a system is one of {}, or a platform id", names.join(", "));
        FixtureError::contradiction(text, os.place)
    })?;
    fits32(Placed { value: id, place: os.place }, "PlatformId")
}

/// Adds the threads, the exceptions, the mappings and the streams.
pub(super) fn draw(drawing: &mut Drawing<'_, '_>) -> Result<(), FixtureError> {
    let spec = drawing.spec;
    refuse_what_has_no_place(spec)?;
    check_lists(drawing)?;
    if !spec.system.left_out {
        let cpu = drawing.contents.of(drawing.bytes, &spec.system.cpu, 24)?;
        if let Container::Minidump(Minidump { system: Some(system), .. }) = &mut drawing.model.container {
            system.cpu = cpu;
        }
    }
    drawing.mappings()?;
    let holders = Holders::of(captured(&drawing.model.memory));
    for (index, thread) in spec.threads.iter().enumerate() {
        let thread = drawing.minidump_thread(index, thread, &holders)?;
        drawing.model.threads.push(thread);
    }
    for (index, crash) in spec.crashes.iter().enumerate() {
        let crash = drawing.exception(index, crash)?;
        drawing.model.crashes.push(crash);
    }
    let mut streams = Vec::new();
    for stream in &spec.streams {
        streams.push(drawing.stream(stream)?);
    }
    if let Container::Minidump(minidump) = &mut drawing.model.container {
        minidump.streams = streams;
    }
    Ok(())
}

impl Drawing<'_, '_> {
    fn minidump_thread(
        &mut self,
        index: usize,
        thread: &Thread,
        holders: &Holders,
    ) -> Result<ThreadModel, FixtureError> {
        let record = self.context(&thread.record, Part::Thread(index))?;
        let teb = thread.teb.as_ref().map_or(Ok(0), |teb| self.bytes.labels.address(teb))?;
        let stack = match &thread.stack {
            Some(Stack::None) => StackModel::None,
            Some(Stack::Region(label)) => StackModel::Memory(self.bytes.labels.region(label)?.0),
            Some(Stack::Descriptor { at, size, file_offset }) => StackModel::Descriptor {
                address: self.bytes.labels.address(at)?,
                size: fits32(*size, "a stack's size")?,
                file_offset: self.file_offset(file_offset)?,
            },
            None => self.stack_of(index, holders),
        };
        let name = thread.name.as_ref();
        let mut made = ThreadModel::default();
        made.tid = self.tid(index)?.into();
        made.name = name.map(|name| name.value.clone().into());
        made.record = record;
        made.stack = stack;
        made.environment = teb.into();
        made.suspend_count = optional32(thread.suspend_count, "SuspendCount")?.into();
        made.priority_class = optional32(thread.priority_class, "PriorityClass")?.into();
        made.priority = optional32(thread.priority, "Priority")?.into();
        Ok(made)
    }

    /// The region that a thread's stack pointer points into, where a descriptor of 32 bits can tell of it.
    fn stack_of(&self, index: usize, holders: &Holders) -> StackModel {
        let Some(registers) = self.registers else { return StackModel::None };
        let region = registers.value(Part::Thread(index), "sp").and_then(|sp| holders.first(sp));
        let in_reach = region.filter(|region| {
            let entry = self.model.memory.get(*region);
            let fits = entry.is_some_and(|entry| u32::try_from(entry.captured).is_ok());
            fits && registers.is_in_reach(*region)
        });
        in_reach.map_or(StackModel::None, StackModel::Memory)
    }

    /// The bytes of a context; `None` where there is none.
    pub(super) fn context(&mut self, record: &Record, part: Part) -> Result<Option<Modelled>, FixtureError> {
        let spec = self.spec;
        let name = record.kind.map(|kind| kind.value);
        let kind = kind_of(spec, name);
        let is_raw = name == Some(ContextKind::Raw) || (name.is_none() && kind.is_none());
        let size = record.size.map(|size| size.value);
        if name == Some(ContextKind::None) || (is_raw && name.is_none() && size.unwrap_or(0) == 0) {
            refuse_rest(record)?;
            return Ok(None);
        }
        let mut content = match kind.filter(|_| !is_raw) {
            None if is_raw => Modelled::Zero(size.unwrap_or(0)),
            None => {
                let text = format!("{} has no context of that kind", spec.machine);
                return Err(FixtureError::contradiction(text, record.kind.and_then(|kind| kind.place)));
            }
            Some(kind) => match self.registers.map(|known| known.bytes(part)).transpose()? {
                Some(Some(bytes)) => bytes.into(),
                _ => blank(spec, kind, record)?,
            },
        };
        self.put_rest(&mut content, &record.rest)?;
        Ok(Some(content))
    }

    pub(super) fn exception(&mut self, index: usize, crash: &Crash) -> Result<CrashModel, FixtureError> {
        let spec = self.spec;
        if let Some(si_code) = crash.si_code {
            return Err(FixtureError::contradiction("a minidump has no place for si_code", si_code.place));
        }
        let thread = crashed(spec, crash);
        let tid = match (crash.thread, thread) {
            (Some(tid), _) => fits(tid, "a thread's id", 32)?,
            (None, Some(thread)) => self.tid(thread)?,
            (None, None) => 0,
        };
        if let Some(parameter) = crash.parameters.get(schema::MOST_PARAMETERS) {
            let text = "an exception has at most 15 parameters";
            return Err(FixtureError::contradiction(text, parameter.place));
        }
        let count = u32::try_from(crash.parameters.len()).unwrap_or(u32::MAX);
        let (record, of_registers) = match (&crash.context, thread) {
            (CrashContext::None, _) | (CrashContext::Shared, None) => {
                (CrashRecord::None, thread.map(Part::Thread))
            }
            (CrashContext::Shared, Some(thread)) => (CrashRecord::Thread(thread), Some(Part::Thread(thread))),
            (CrashContext::Equal, thread) => {
                let of_thread = thread.and_then(|thread| self.model.threads.get(thread)?.record.clone());
                let made = match of_thread {
                    Some(record) => Some(record),
                    None => self.context(&Record::default(), Part::Crash(index))?,
                };
                (made.map_or(CrashRecord::None, CrashRecord::Own), thread.map(Part::Thread))
            }
            (CrashContext::Own(record), _) => {
                let made = self.context(record, Part::Crash(index))?;
                (made.map_or(CrashRecord::None, CrashRecord::Own), Some(Part::Crash(index)))
            }
        };
        let address = match (&crash.address, of_registers, self.registers) {
            (Some(at), ..) => self.bytes.labels.address(at)?,
            (None, Some(part), Some(registers)) => registers.value(part, "pc").unwrap_or(0),
            _ => 0,
        };
        let usual = if is_windows(spec) { ACCESS_VIOLATION } else { SIGSEGV };
        let number = |at: &Option<Address>| at.as_ref().map_or(Ok(0), |at| self.bytes.labels.address(at));
        let parameters = crash.parameters.iter().map(|at| self.bytes.labels.address(at).map(Into::into));
        let mut made = CrashModel::default();
        made.thread = tid.into();
        made.code = crash.code.map_or(Ok(usual), |code| fits32(code, "ExceptionCode"))?.into();
        made.flags = optional32(crash.flags, "ExceptionFlags")?.into();
        made.nested = number(&crash.nested)?.into();
        made.address = Some(address.into());
        made.parameter_count =
            crash.parameter_count.map_or(Ok(count), |count| fits32(count, "NumberParameters"))?.into();
        made.parameters = parameters.collect::<Result<_, _>>()?;
        made.record = record;
        Ok(made)
    }

    fn stream(&mut self, stream: &Stream) -> Result<StreamModel, FixtureError> {
        let kind = fits32(stream.kind, "a stream's type")?;
        let content = match &stream.file_offset {
            Some(at) => {
                if !stream.content.is_empty() {
                    let text = "a stream that gives its file_offset stores nothing and can have no content";
                    return Err(FixtureError::contradiction(text, place_of(&stream.content)));
                }
                let size = optional32(stream.size, "a stream's size")?;
                StreamContent::Elsewhere { size, file_offset: self.file_offset(at)? }
            }
            None => {
                let measured = self.bytes.measure(&stream.content)?;
                let size = stream.size.map_or(measured, |size| size.value);
                let content = self.contents.of(self.bytes, &stream.content, size)?;
                StreamContent::Blob(Blob { content, links: self.links(&stream.links, size)? })
            }
        };
        Ok(StreamModel::new(kind, content))
    }

    /// The entries of the MemoryInfoList: those that the spec lists, then the regions that say more than their bytes.
    fn mappings(&mut self) -> Result<(), FixtureError> {
        let spec = self.spec;
        let read_write = Protection { read: true, write: true, execute: false, guard: false };
        for mapping in &spec.mappings {
            let address = self.bytes.labels.address(&mapping.at)?;
            let base = mapping.base.as_ref().map_or(Ok(address), |base| self.bytes.labels.address(base))?;
            let protection = mapping
                .protection
                .map_or(Ok(schema::page_protection(read_write)), |number| fits32(number, "Protect"))?;
            let allocated = mapping.allocation_protection;
            let mut made = MappingModel::default();
            made.address = address;
            made.base = base;
            made.allocation_protection =
                allocated.map_or(Ok(protection), |number| fits32(number, "AllocationProtect"))?;
            made.size = mapping.size.value;
            made.state = mapping.state.map_or(Ok(schema::COMMITTED), |state| fits32(state, "State"))?;
            made.protection = protection;
            made.kind = mapping.kind.map_or(Ok(schema::PRIVATE), |kind| fits32(kind, "Type"))?;
            self.model.mappings.push(made);
        }
        for (region, entry) in spec.memory.iter().zip(&self.model.memory) {
            let says_more = region.protection.is_some() || entry.captured < entry.size;
            if !says_more || region.file_offset.is_some() {
                continue;
            }
            let page = schema::page_protection(entry.protection.unwrap_or(read_write));
            let mut made = MappingModel::default();
            made.address = entry.address;
            made.base = entry.address;
            made.allocation_protection = page;
            made.size = entry.size;
            made.state = schema::COMMITTED;
            made.protection = page;
            made.kind = schema::PRIVATE;
            self.model.mappings.push(made);
        }
        Ok(())
    }
}

/// A context that is zero but for its flags and its XSAVE area.
fn blank(spec: &Spec, kind: &Kind, record: &Record) -> Result<Modelled, FixtureError> {
    let mut flags = kind.all_flags;
    let area = match &record.xstate {
        None => None,
        Some(given) if kind.extends => {
            flags |= schema::XSTATE_FLAG;
            let usual = schema::usual_area(kind, given.components.value, given.compacted);
            Some(Area {
                skip: given.skip.map_or(usual.skip, |skip| skip.value),
                size: given.size.map_or(usual.size, |size| size.value),
                ..usual
            })
        }
        Some(given) => {
            let text = "no XSAVE area can follow this kind of context";
            return Err(FixtureError::contradiction(text, given.components.place));
        }
    };
    let flags = record.flags.map_or(Ok(flags), |flags| fits32(flags, "ContextFlags"))?;
    let all = area.map_or(0, |area| area.skip.saturating_add(area.size)).saturating_add(kind.size);
    let size = record.size.map_or(all, |size| size.value);
    if size > super::contents::SMALL {
        return Ok(Modelled::Zero(size));
    }
    let mut bytes = schema::blank_context(kind, spec.byte_order, flags, area);
    bytes.resize(crate::encode::narrow(size), 0);
    Ok(bytes.into())
}

/// Refuses regions that no list and no stack tells of, and those that a Memory64List cannot have.
fn check_lists(drawing: &Drawing<'_, '_>) -> Result<(), FixtureError> {
    let spec = drawing.spec;
    let list_of = |region: &crate::spec::Region| region.list.map_or(spec.layout.memory, |list| list.value);
    let labels = &drawing.bytes.labels;
    for (index, (region, entry)) in spec.memory.iter().zip(&drawing.model.memory).enumerate() {
        // Nothing captured is a mapping, unless the spec says where it would be.
        if entry.captured == 0 && region.captured.is_some() {
            continue;
        }
        match list_of(region) {
            MemoryPlace::List => {}
            MemoryPlace::List64 => {
                if let Some(offset) = &region.file_offset {
                    let text =
                        "the regions of a Memory64List stand where the list does; they have no file_offset";
                    return Err(FixtureError::contradiction(text, offset.place));
                }
                if let Some(align) = spec.layout.align.filter(|align| align.value > 1) {
                    let text = "the regions of a Memory64List stand without gaps";
                    return Err(FixtureError::contradiction(text, align.place));
                }
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
            }
        }
    }
    Ok(())
}

/// Everything that only cores have is an error here.
fn refuse_what_has_no_place(spec: &Spec) -> Result<(), FixtureError> {
    debug_assert_eq!(spec.format, Format::Minidump);
    let refuse = |what: &str, place| {
        Err(FixtureError::contradiction(format!("a minidump has no place for {what}"), place))
    };
    if let Some((what, place)) = of_macho(spec).or_else(|| of_triage(spec)) {
        return refuse(what, place);
    }
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
    let layout = &spec.layout;
    if let Some(align) = layout.note_align.or(layout.note_padding).or(layout.note_flags) {
        return refuse("notes", align.place);
    }
    for module in &spec.modules {
        if let Some(page) = module.page {
            return refuse("the page of a module in its file", page.place);
        }
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
