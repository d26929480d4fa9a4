//! Builds the parts of a model that only minidumps have: the system, contexts, stacks, exceptions, streams.

use dumpedit::notation::At;
use dumpedit::{Machine, Protection};
use dumpedit_formats::minidump::schema::{self, Area, ContextKind as Kind, ContextName};
use dumpedit_formats::model::{
    Blob, Container, Content, Crash, CrashRecord, MappingEntry, Memory, Minidump, Stack, Stream,
    StreamContent, SystemInfo, ThreadEntry,
};
use dumpedit_formats::write::Part;

use super::drawing::Drawing;
use super::memory::captured;
use super::numbers::{fits, fits32, optional16, optional32, or8};
use super::threads::crashed;
use crate::error::{FixtureError, Within};
use crate::holders::Holders;
use crate::spec::{
    ContextKind, CrashContext, CrashSpec, MappingSpec, MemoryPlace, PaddedSpec, Record, RegionSpec, Spec,
    StackSpec, Step, StreamSpec, ThreadSpec,
};

/// Default protection of memory.
const READ_WRITE: Protection = Protection { read: true, write: true, execute: false, guard: false };

const ACCESS_VIOLATION: u32 = 0xc000_0005;
const SIGSEGV: u32 = 11;

/// Default architecture of a spec's SystemInfo.
pub(crate) fn architecture_of(spec: &Spec) -> Option<u16> {
    let of_contexts = spec.threads.iter().find_map(|thread| thread.record.kind);
    let named = of_contexts.and_then(|kind| kind_of(spec, Some(kind)));
    let kind = named.or_else(|| kind_of(spec, None));
    kind.map(|kind| kind.architecture).or_else(|| schema::architecture(spec.machine))
}

/// The kind of context with a name, or the usual one of machine and system.
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

/// Whether the directory of a spec's minidump has a stream of a type.
pub(crate) fn has_stream(spec: &Spec, kind: u64) -> bool {
    let name = u32::try_from(kind).ok().and_then(schema::stream_name);
    let is_listed = match name.unwrap_or_default() {
        "ThreadListStream" => !spec.threads.is_empty(),
        "ModuleListStream" => !spec.modules.is_empty(),
        "MemoryListStream" => has_list(spec, MemoryPlace::List),
        "Memory64ListStream" => has_list(spec, MemoryPlace::List64),
        "ExceptionStream" => !spec.crashes.is_empty(),
        "SystemInfoStream" => !spec.system.left_out,
        "MemoryInfoListStream" => {
            let is_told = |region: &RegionSpec| region.protection.is_some() || region.captured.is_some();
            !spec.mappings.is_empty() || spec.memory.iter().any(is_told)
        }
        "ThreadNamesStream" => spec.threads.iter().any(|thread| thread.name.is_some()),
        _ => false,
    };
    is_listed || spec.streams.iter().any(|stream| stream.kind == kind)
}

/// The padded lists of a spec's minidump that exist.
pub(crate) fn padded_lists(spec: &Spec) -> PaddedSpec {
    let PaddedSpec { threads, modules, memory } = spec.layout.padded;
    PaddedSpec {
        threads: threads && !spec.threads.is_empty(),
        modules: modules && !spec.modules.is_empty(),
        memory: memory && has_list(spec, MemoryPlace::List),
    }
}

fn has_list(spec: &Spec, place: MemoryPlace) -> bool {
    spec.memory.iter().any(|region| region.list.unwrap_or(spec.layout.memory) == place)
}

fn is_windows(spec: &Spec) -> bool {
    spec.system.os.as_deref().is_none_or(|os| os == "windows")
}

/// The header and the system of a spec's minidump.
pub(crate) fn container(spec: &Spec) -> Result<Container, FixtureError> {
    let header = &spec.header;
    let mut minidump = Minidump::default();
    let version = header.version.map_or(Ok(schema::VERSION), |version| fits32(version, "Version"));
    minidump.version = version.within("version").within("header")?;
    minidump.checksum = optional32(header.checksum, "CheckSum").within("checksum").within("header")?;
    minidump.timestamp =
        optional32(header.timestamp, "TimeDateStamp").within("timestamp").within("header")?;
    minidump.flags = header.flags.unwrap_or(0);
    minidump.system = if spec.system.left_out { None } else { Some(system(spec).within("system")?) };
    let padded = &spec.layout.padded;
    minidump.padded.threads = padded.threads;
    minidump.padded.modules = padded.modules;
    minidump.padded.memory = padded.memory;
    minidump.memory_align = spec.layout.align.unwrap_or(1);
    let kinds = spec.layout.streams.iter().enumerate().map(|(index, kind)| {
        fits32(*kind, "a stream's type").within(index).within("streams").within("layout")
    });
    minidump.order = kinds.collect::<Result<_, _>>()?;
    Ok(Container::Minidump(minidump))
}

fn system(spec: &Spec) -> Result<SystemInfo, FixtureError> {
    let system = &spec.system;
    let architecture = match system.architecture {
        Some(number) => optional16(Some(number), "ProcessorArchitecture").within("architecture")?,
        None => match architecture_of(spec) {
            Some(number) => number,
            None if spec.machine == Machine::Unknown => 0xffff,
            None => {
                let text = format!("'{}' has no number in minidumps; give system.architecture", spec.machine);
                return Err(FixtureError::contradiction(text));
            }
        },
    };
    let mut version = [0u32; 3];
    if let Some(text) = &system.version {
        let wrong = || {
            FixtureError::contradiction("a version is up to three numbers separated by dots")
                .within("version")
        };
        let mut parts = text.split('.');
        for (number, part) in version.iter_mut().zip(&mut parts) {
            *number = part.parse().map_err(|_| wrong())?;
        }
        if parts.next().is_some() {
            return Err(wrong());
        }
    }
    let mut info = SystemInfo::default();
    info.architecture = architecture.into();
    info.level = optional16(system.level, "ProcessorLevel").within("level")?;
    info.revision = optional16(system.revision, "ProcessorRevision").within("revision")?;
    info.processors = or8(system.processors, "NumberOfProcessors", 1).within("processors")?;
    info.product_type = or8(system.product_type, "ProductType", 0).within("product_type")?;
    info.version = version;
    info.platform = platform(spec).within("os")?.into();
    if system.no_service_pack && system.service_pack.is_some() {
        let text = "there is a service pack, or none";
        return Err(FixtureError::contradiction(text).within("service_pack"));
    }
    let text = Some(system.service_pack.clone().unwrap_or_default());
    info.service_pack = text.filter(|_| !system.no_service_pack).map(Into::into);
    info.suite_mask = optional16(system.suite_mask, "SuiteMask").within("suite_mask")?;
    info.reserved = optional16(system.reserved, "the bytes behind SuiteMask").within("reserved")?;
    info.cpu = Content::Zero(24);
    Ok(info)
}

fn platform(spec: &Spec) -> Result<u32, FixtureError> {
    let Some(os) = &spec.system.os else { return Ok(schema::WINDOWS) };
    if let Some(id) = schema::platform(os) {
        return Ok(id);
    }
    let id = dumpedit::notation::length(os).map_err(|_| {
        let names: Vec<&str> = schema::platforms().collect();
        let text = format!("a system is one of {}, or a platform id", names.join(", "));
        FixtureError::contradiction(text)
    })?;
    fits32(id, "PlatformId")
}

/// Adds the threads, the exceptions, the mappings and the streams.
pub(crate) fn draw(drawing: &mut Drawing<'_, '_>) -> Result<(), FixtureError> {
    let spec = drawing.spec;
    check_lists(drawing)?;
    if !spec.system.left_out {
        let cpu = drawing.contents.of(drawing.bytes, &spec.system.cpu, 24).within("cpu").within("system")?;
        if let Container::Minidump(Minidump { system: Some(system), .. }) = &mut drawing.model.container {
            system.cpu = cpu;
        }
    }
    drawing.mappings()?;
    let holders = Holders::of(captured(&drawing.model.memory));
    for (index, thread) in spec.threads.iter().enumerate() {
        let thread = drawing.minidump_thread(index, thread, &holders).within(index).within("threads")?;
        drawing.model.threads.push(thread);
    }
    for (index, crash) in spec.crashes.iter().enumerate() {
        let crash = drawing.exception(index, crash).within(index).within("crash")?;
        drawing.model.crashes.push(crash);
    }
    let mut streams = Vec::new();
    for (index, stream) in spec.streams.iter().enumerate() {
        streams.push(drawing.stream(stream).within(index).within("streams")?);
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
        thread: &ThreadSpec,
        holders: &Holders,
    ) -> Result<ThreadEntry, FixtureError> {
        let record = self.context(&thread.record, Part::Thread(index)).within("context")?;
        let teb = thread.teb.as_ref().map_or(Ok(0), |teb| self.bytes.labels.address(teb)).within("teb")?;
        let stack = match &thread.stack {
            Some(StackSpec::None) => Stack::None,
            Some(StackSpec::Region(label)) => {
                Stack::Memory(self.bytes.labels.region(label).within("stack")?.0)
            }
            Some(StackSpec::Descriptor(given)) => Stack::Descriptor {
                address: self.bytes.labels.address(&given.at).within("at").within("stack")?,
                size: fits32(given.size, "a stack's size").within("size").within("stack")?,
                file_offset: self.file_offset(&given.file_offset).within("file_offset").within("stack")?,
            },
            None => self.stack_of(index, holders),
        };
        let mut made = ThreadEntry::default();
        made.tid = self.tid(index)?.into();
        made.name = thread.name.clone().map(Into::into);
        made.record = record;
        made.stack = stack;
        made.environment = teb.into();
        made.suspend_count = optional32(thread.suspend_count, "SuspendCount").within("suspend_count")?.into();
        made.priority_class =
            optional32(thread.priority_class, "PriorityClass").within("priority_class")?.into();
        made.priority = optional32(thread.priority, "Priority").within("priority")?.into();
        Ok(made)
    }

    /// The region that a thread's stack pointer points into, where a descriptor of 32 bits can hold its size and RVA.
    fn stack_of(&self, index: usize, holders: &Holders) -> Stack {
        let Some(registers) = self.registers else { return Stack::None };
        let region = registers.value(Part::Thread(index), "sp").and_then(|sp| holders.first(sp));
        let in_reach = region.filter(|region| {
            let entry = self.model.memory.get(*region);
            let fits = entry.is_some_and(|entry| u32::try_from(entry.captured).is_ok());
            fits && registers.is_in_reach(*region)
        });
        in_reach.map_or(Stack::None, Stack::Memory)
    }

    /// The bytes of a context; `None` where there is none.
    pub(super) fn context(&mut self, record: &Record, part: Part) -> Result<Option<Content>, FixtureError> {
        let spec = self.spec;
        let name = record.kind;
        let kind = kind_of(spec, name);
        let is_raw = name == Some(ContextKind::Raw) || (name.is_none() && kind.is_none());
        let size = record.size;
        refuse_around(record)?;
        if name == Some(ContextKind::None) || (is_raw && name.is_none() && size.unwrap_or(0) == 0) {
            refuse_rest(record)?;
            return Ok(None);
        }
        let mut content = match kind.filter(|_| !is_raw) {
            None if is_raw => Content::Zero(size.unwrap_or(0)),
            None => {
                let text = format!("{} has no context of that kind", spec.machine);
                return Err(FixtureError::contradiction(text).within("kind"));
            }
            Some(kind) => match self.registers.map(|known| known.bytes(part)).transpose()? {
                Some(Some(bytes)) => bytes.into(),
                _ => blank(spec, kind, record)?,
            },
        };
        self.put_rest(&mut content, &record.rest).within("rest")?;
        Ok(Some(content))
    }

    pub(super) fn exception(&mut self, index: usize, crash: &CrashSpec) -> Result<Crash, FixtureError> {
        let spec = self.spec;
        let thread = crashed(spec, crash);
        let tid = match (crash.thread, thread) {
            (Some(tid), _) => fits(tid, "a thread's id", 32).within("thread")?,
            (None, Some(thread)) => self.tid(thread)?,
            (None, None) => 0,
        };
        if crash.parameters.len() > schema::MOST_PARAMETERS {
            let text = "an exception has at most 15 parameters";
            return Err(FixtureError::contradiction(text)
                .within(schema::MOST_PARAMETERS)
                .within("parameters"));
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
                    None => self.context(&Record::default(), Part::Crash(index)).within("context")?,
                };
                (made.map_or(CrashRecord::None, CrashRecord::Own), thread.map(Part::Thread))
            }
            (CrashContext::Own(record), _) => {
                let made = self.context(record, Part::Crash(index)).within("context")?;
                (made.map_or(CrashRecord::None, CrashRecord::Own), Some(Part::Crash(index)))
            }
        };
        let address = match (&crash.address, of_registers, self.registers) {
            (Some(at), ..) => self.bytes.labels.address(at).within("address")?,
            (None, Some(part), Some(registers)) => registers.value(part, "pc").unwrap_or(0),
            _ => 0,
        };
        let usual = if is_windows(spec) { ACCESS_VIOLATION } else { SIGSEGV };
        let nested = crash.nested.as_ref().map_or(Ok(0), |at| self.bytes.labels.address(at));
        let parameters = crash.parameters.iter().enumerate().map(|(index, at)| {
            let parameter = self.bytes.labels.address(at).within(index).within("parameters");
            parameter.map(Into::into)
        });
        let mut made = Crash::default();
        made.thread = tid.into();
        let code = crash.code.map_or(Ok(usual), |code| fits32(code, "ExceptionCode"));
        made.code = code.within("code")?.into();
        made.flags = optional32(crash.flags, "ExceptionFlags").within("flags")?.into();
        made.nested = nested.within("nested")?.into();
        made.address = Some(address.into());
        let count = crash.parameter_count.map_or(Ok(count), |count| fits32(count, "NumberParameters"));
        made.parameter_count = count.within("parameter_count")?.into();
        made.parameters = parameters.collect::<Result<_, _>>()?;
        made.record = record;
        Ok(made)
    }

    fn stream(&mut self, stream: &StreamSpec) -> Result<Stream, FixtureError> {
        let kind = fits32(stream.kind, "a stream's type").within("type")?;
        let content = match &stream.file_offset {
            Some(at) => {
                if !stream.links.is_empty() {
                    let text = "a stream that gives its file_offset stores nothing and can have no links";
                    return Err(FixtureError::contradiction(text).within("links"));
                }
                if !stream.content.is_empty() {
                    let text = "a stream that gives its file_offset stores nothing and can have no content";
                    return Err(FixtureError::contradiction(text).within(Step::Piece(0)).within("content"));
                }
                let size = optional32(stream.size, "a stream's size").within("size")?;
                StreamContent::Elsewhere { size, file_offset: self.file_offset(at).within("file_offset")? }
            }
            None => {
                let measured = self.bytes.measure(&stream.content).within("content")?;
                let size = stream.size.unwrap_or(measured);
                let content = self.contents.of(self.bytes, &stream.content, size).within("content")?;
                let links = self.links(&stream.links, size).within("links")?;
                StreamContent::Blob(Blob::new(content).with_links(links))
            }
        };
        Ok(Stream::new(kind, content))
    }

    fn mapping(&self, mapping: &MappingSpec, usual: Protection) -> Result<MappingEntry, FixtureError> {
        let labels = &self.bytes.labels;
        let or = |number: Option<u64>, usual, what| number.map_or(Ok(usual), |number| fits32(number, what));
        let mut made = MappingEntry::default();
        made.address = labels.address(&mapping.at).within("at")?;
        made.base = mapping.base.as_ref().map_or(Ok(made.address), |at| labels.address(at)).within("base")?;
        made.size = mapping.size;
        let usual = schema::page_protection(usual);
        made.protection = or(mapping.protection, usual, "Protect").within("protection")?;
        made.allocation_protection = or(mapping.allocation_protection, made.protection, "AllocationProtect")
            .within("allocation_protection")?;
        made.state = or(mapping.state, schema::COMMITTED, "State").within("state")?;
        made.kind = or(mapping.kind, schema::PRIVATE, "Type").within("type")?;
        Ok(made)
    }

    /// Entries of the MemoryInfoList: those of the spec, then those of regions with more than bytes.
    fn mappings(&mut self) -> Result<(), FixtureError> {
        let spec = self.spec;
        for (index, mapping) in spec.mappings.iter().enumerate() {
            let made = self.mapping(mapping, READ_WRITE).within(index).within("mappings")?;
            self.model.mappings.push(made);
        }
        for (region, entry) in spec.memory.iter().zip(&self.model.memory) {
            let is_mapped = entry.captured < entry.size && region.file_offset.is_none();
            if !is_mapped && region.protection.is_none() {
                continue;
            }
            self.model.mappings.push(mapping_of(entry));
        }
        Ok(())
    }
}

/// The MemoryInfoList entry of a dump's memory.
pub(crate) fn mapping_of(entry: &Memory) -> MappingEntry {
    let page = schema::page_protection(entry.protection.unwrap_or(READ_WRITE));
    let mut made = MappingEntry::default();
    made.address = entry.address;
    made.base = entry.address;
    made.allocation_protection = page;
    made.size = entry.size;
    made.state = schema::COMMITTED;
    made.protection = page;
    made.kind = schema::PRIVATE;
    made
}

/// Refuses parts of a record that a context of kind `none` or `raw` does not have.
fn refuse_around(record: &Record) -> Result<(), FixtureError> {
    let (is_none, is_raw) = (record.kind == Some(ContextKind::None), record.kind == Some(ContextKind::Raw));
    let given = [
        (record.size.is_some() && is_none, "size"),
        (record.flags.is_some() && (is_none || is_raw), "flags"),
        (record.xstate.is_some() && (is_none || is_raw), "xstate"),
    ];
    match given.iter().find(|(is_given, _)| *is_given) {
        Some((_, key)) => {
            let kind = if is_none { "none" } else { "raw" };
            let text = format!("a context of the kind '{kind}' has no {key}");
            Err(FixtureError::contradiction(text).within(*key))
        }
        None => Ok(()),
    }
}

/// A context of zeros with its flags and its XSAVE area.
fn blank(spec: &Spec, kind: &Kind, record: &Record) -> Result<Content, FixtureError> {
    let mut flags = kind.all_flags;
    let area = match &record.xstate {
        None => None,
        Some(given) if kind.extends => {
            flags |= schema::XSTATE_FLAG;
            let usual = schema::usual_area(kind, given.components, given.compacted);
            Some(Area {
                skip: given.skip.unwrap_or(usual.skip),
                size: given.size.unwrap_or(usual.size),
                ..usual
            })
        }
        Some(_) => {
            let text = "this kind of context cannot have an XSAVE area";
            return Err(FixtureError::contradiction(text).within("components").within("xstate"));
        }
    };
    let flags = record.flags.map_or(Ok(flags), |flags| fits32(flags, "ContextFlags")).within("flags")?;
    let all = area.map_or(0, |area| area.skip.saturating_add(area.size)).saturating_add(kind.size);
    let size = record.size.unwrap_or(all);
    if size > super::contents::SMALL {
        return Ok(Content::Zero(size));
    }
    let mut bytes = schema::blank_context(kind, spec.byte_order, flags, area);
    bytes.resize(crate::encode::narrow(size), 0);
    Ok(bytes.into())
}

/// Refuses regions that are in no list and no stack, and those that a Memory64List cannot hold.
fn check_lists(drawing: &Drawing<'_, '_>) -> Result<(), FixtureError> {
    let spec = drawing.spec;
    let list_of = |region: &crate::spec::RegionSpec| region.list.unwrap_or(spec.layout.memory);
    let labels = &drawing.bytes.labels;
    for (index, (region, entry)) in spec.memory.iter().zip(&drawing.model.memory).enumerate() {
        // A region without captured bytes is a mapping, unless the spec gives its place.
        if entry.captured == 0 && region.captured.is_some() {
            continue;
        }
        let wrong = |text: &str, key| {
            Err(FixtureError::contradiction(text).within(key).within(index).within("memory"))
        };
        match list_of(region) {
            MemoryPlace::List => {}
            MemoryPlace::List64 => {
                if region.file_offset.is_some() {
                    let text = "the regions of a Memory64List are stored at the list's own offset and \
                 cannot have a file_offset";
                    return wrong(text, "file_offset");
                }
                if spec.layout.align.is_some_and(|align| align > 1) {
                    let text = "the regions of a Memory64List are stored without gaps and cannot be aligned";
                    return Err(FixtureError::contradiction(text).within("align").within("layout"));
                }
            }
            MemoryPlace::Outside => {
                let is_this = |text: &str| labels.region(text).is_ok_and(|(found, _)| found == index);
                let used = region.label.is_some()
                    && spec.threads.iter().any(|thread| match &thread.stack {
                        Some(StackSpec::Region(name)) => is_this(name),
                        Some(StackSpec::Descriptor(given)) => {
                            matches!(&given.file_offset, At::Module(text) if is_this(text))
                        }
                        None => true,
                        Some(StackSpec::None) => false,
                    });
                if !used {
                    let text = "this region is in no list and is not a thread's stack: nothing in the dump would \
                 point to it";
                    return wrong(text, if region.list.is_some() { "list" } else { "at" });
                }
            }
        }
    }
    Ok(())
}

/// Refuses the rest of a record without bytes.
fn refuse_rest(record: &Record) -> Result<(), FixtureError> {
    if record.rest.is_empty() {
        return Ok(());
    }
    let text = "there is no record that this could be the rest of";
    Err(FixtureError::contradiction(text).within(Step::Piece(0)).within("rest"))
}
