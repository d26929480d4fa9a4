//! Builds the parts of a spec that only minidumps have: the system, contexts, stacks, exceptions, streams.

use dumpedit::{BlockKind, Context, ContextRecord, RecordChoice, RecordKind, ThreadIndex};
use dumpedit_formats::minidump::schema::{self, ContextKind as Kind, ContextName};
use dumpedit_formats::model::{
    Content, Crash, CrashRecord, MappingEntry, Place, Stack, Stream, StreamContent, SystemInfo, ThreadEntry,
};
use dumpedit_formats::write::Part;

use super::describing::{Describing, address, address_unless_zero, unless};
use super::slot::Slot;
use super::typed;
use crate::encode::{narrow, read_at};
use crate::spec::{
    ContentSpec, ContextKind, CrashContext, CrashSpec, MappingSpec, PaddedSpec, Record, Spec,
    StackDescriptor, StackSpec, StreamSpec, System, ThreadSpec, Xstate,
};
use crate::synth::minidump as synth;

pub(crate) fn describe(describing: &mut Describing<'_>) {
    let kept = describing.kept;
    let Some(minidump) = kept.model.minidump() else { return };
    let header = &mut describing.spec.header;
    header.version = unless(minidump.version.into(), schema::VERSION.into());
    header.checksum = unless(minidump.checksum.into(), 0);
    header.timestamp = unless(minidump.timestamp.into(), 0);
    header.flags = unless(minidump.flags, 0);
    let layout = &mut describing.spec.layout;
    layout.align = unless(minidump.memory_align, 1).filter(|_| !kept.model.memory.is_empty());
    layout.streams = minidump.order.iter().map(|kind| u64::from(*kind)).collect();
    layout.padded = PaddedSpec {
        threads: minidump.padded.threads,
        modules: minidump.padded.modules,
        memory: minidump.padded.memory,
    };
    describing.spec.system = match &minidump.system {
        Some(system) => describing.system(system),
        None => System { left_out: true, ..System::default() },
    };
    describing.spec.mappings = kept.model.mappings.iter().map(mapping).collect();
    for (index, thread) in kept.model.threads.iter().enumerate() {
        describing.thread(index, thread);
    }
    for index in 0..kept.model.threads.len() {
        describing.stack(index);
    }
    for (index, crash) in kept.model.crashes.iter().enumerate() {
        describing.exception(index, crash);
    }
    for stream in &minidump.streams {
        let stream = describing.stream(stream);
        describing.spec.streams.push(stream);
    }
}

fn mapping(mapping: &MappingEntry) -> MappingSpec {
    MappingSpec {
        protection: Some(mapping.protection.into()),
        base: Some(address(mapping.base)).filter(|_| mapping.base != mapping.address),
        allocation_protection: unless(mapping.allocation_protection.into(), mapping.protection.into()),
        state: unless(mapping.state.into(), schema::COMMITTED.into()),
        kind: unless(mapping.kind.into(), schema::PRIVATE.into()),
        ..MappingSpec::new(mapping.address, mapping.size)
    }
}

impl Describing<'_> {
    fn system(&self, system: &SystemInfo) -> System {
        let platform = system.platform.value;
        let os = schema::platform_name(platform);
        let os = os.map_or_else(|| format!("{platform:#x}"), str::to_owned);
        let [major, minor, build] = system.version;
        let version = format!("{major}.{minor}.{build}");
        let text = system.service_pack.as_ref().map(|text| text.value.clone());
        System {
            left_out: false,
            os: Some(os),
            version: Some(version).filter(|text| text != "0.0.0"),
            no_service_pack: system.service_pack.is_none(),
            service_pack: text.filter(|text| !text.is_empty()),
            processors: unless(system.processors.into(), 1),
            architecture: Some(system.architecture.value.into()),
            level: unless(system.level.into(), 0),
            revision: unless(system.revision.into(), 0),
            product_type: unless(system.product_type.into(), 0),
            suite_mask: unless(system.suite_mask.into(), 0),
            reserved: unless(system.reserved.into(), 0),
            cpu: self.unless_zero(&system.cpu),
        }
    }

    pub(super) fn thread(&mut self, index: usize, thread: &ThreadEntry) {
        let place = thread.record.as_ref().and_then(Content::place);
        let found = self.kept.threads.get(index).copied().flatten();
        let context =
            found.zip(place).and_then(|(found, place)| self.found(found, RecordKind::Thread, place));
        let mut record = Record::default();
        self.shape(&mut record, context, thread.record.as_ref());
        if let Some(Place { file_offset, size }) = place {
            let part = Part::Thread(self.spec.threads.len());
            self.slots.push(Slot { part, context, file_offset, size });
        }
        let name = thread.name.as_ref();
        self.spec.threads.push(ThreadSpec {
            tid: Some(thread.tid.value),
            name: name.map(|name| name.value.clone()),
            record,
            stack: Some(StackSpec::None),
            teb: address_unless_zero(thread.environment.value),
            suspend_count: unless(thread.suspend_count.value.into(), 0),
            priority_class: unless(thread.priority_class.value.into(), 0),
            priority: unless(thread.priority.value.into(), 0),
            ..ThreadSpec::default()
        });
    }

    /// The context of a thread whose record of a kind is at a place, where its registers have names.
    fn found(&self, index: ThreadIndex, kind: RecordKind, place: Place) -> Option<Context> {
        let thread = self.dump.layout().threads().get(narrow(index.0.into()))?;
        let record = thread.record(kind).filter(|record| self.can_name(record, place))?;
        Some(Context::Thread(index, record.kind.choice()))
    }

    /// Whether a record is the one at a place, with registers of the dump's machine, whose names specs use.
    fn can_name(&self, record: &ContextRecord, place: Place) -> bool {
        record.place().file_offset == place.file_offset
            && record.format.machine == self.dump.layout().machine()
    }

    pub(super) fn stack(&mut self, index: usize) {
        let Some(thread) = self.kept.model.threads.get(index) else { return };
        let stack = match thread.stack {
            Stack::None => StackSpec::None,
            Stack::Memory(region) => {
                let wanted = self.stack_label(index);
                StackSpec::Region(self.label(region, Some(wanted)))
            }
            Stack::Descriptor { address: at, size, file_offset } => StackSpec::Descriptor(StackDescriptor {
                at: address(at),
                size: size.into(),
                file_offset: self.file_offset(file_offset),
            }),
        };
        if let Some(thread) = self.spec.threads.get_mut(index) {
            thread.stack = Some(stack);
        }
    }

    /// Sets kind and size of a record's context, where they are not the defaults.
    fn shape(&self, record: &mut Record, context: Option<Context>, content: Option<&Content>) {
        let Some(content) = content else {
            record.kind = Some(ContextKind::None);
            return;
        };
        let found = context.and_then(|context| self.dump.layout().record_of(context));
        let bytes = self.held(content).unwrap_or_default();
        let kind = found.and_then(|found| kind(found.format.machine, &bytes, self.raw.order));
        let (Some(found), Some(kind)) = (found, kind) else {
            record.kind = Some(ContextKind::Raw);
            record.size = Some(content.size());
            return;
        };
        let number = |at: u64, size| read_at(self.raw.order, &bytes, narrow(at), size).unwrap_or(0);
        record.kind = name(kind);
        record.flags = Some(number(kind.flags_place(self.raw.order), 4));
        let mut usual = kind.size;
        if let Some(area) = found.block(BlockKind::XstateHeader) {
            let into = area.file_offset.saturating_sub(found.place().file_offset);
            let skip = into.saturating_sub(kind.size);
            let length = number(kind.size.saturating_add(20), 4);
            let mask = number(into.saturating_add(8), 8);
            record.xstate = Some(Xstate {
                components: mask & !(1 << 63),
                compacted: mask >> 63 == 1,
                skip: Some(skip),
                size: Some(length),
            });
            usual = usual.saturating_add(skip).saturating_add(length);
        }
        record.size = unless(content.size(), usual);
    }

    pub(super) fn exception(&mut self, index: usize, crash: &Crash) {
        let tid = crash.thread.value;
        let own = |thread: &&ThreadEntry| thread.tid.value == tid;
        let of_thread = self.kept.model.threads.iter().find(own).and_then(|thread| thread.record.as_ref());
        let bytes = |content: &Content| self.held(content);
        let context = match &crash.record {
            CrashRecord::None => CrashContext::None,
            CrashRecord::Thread(_) => CrashContext::Shared,
            CrashRecord::Own(content)
                if of_thread.is_some_and(|record| {
                    record.size() == content.size()
                        && bytes(record).is_some()
                        && bytes(record) == bytes(content)
                }) =>
            {
                CrashContext::Equal
            }
            CrashRecord::Own(content) => {
                let mut record = Record::default();
                let place = content.place();
                let context = place.and_then(|place| self.exception_context(tid, place));
                self.shape(&mut record, context, Some(content));
                if let Some(Place { file_offset, size }) = place {
                    let part = Part::Crash(index);
                    self.slots.push(Slot { part, context, file_offset, size });
                }
                CrashContext::Own(record)
            }
        };
        let count = u64::from(crash.parameter_count.value);
        self.spec.crashes.push(CrashSpec {
            thread: Some(tid),
            code: Some(crash.code.value.into()),
            flags: unless(crash.flags.value.into(), 0),
            address: crash.address.map(|at| address(at.value)),
            nested: address_unless_zero(crash.nested.value),
            parameter_count: unless(count, u64::try_from(crash.parameters.len()).unwrap_or(0)),
            parameters: crash.parameters.iter().map(|parameter| address(parameter.value)).collect(),
            context,
            ..CrashSpec::default()
        });
    }

    /// The context of the thread with an id whose exception's record is at a place.
    fn exception_context(&self, tid: u64, place: Place) -> Option<Context> {
        let threads = (0u32..).zip(self.dump.layout().threads());
        let mut of_exceptions =
            threads.filter(|(_, thread)| thread.tid == tid).filter_map(|(index, thread)| {
                let record = thread.record(RecordKind::Exception)?;
                self.can_name(record, place).then_some(ThreadIndex(index))
            });
        of_exceptions.next().map(|index| Context::Thread(index, RecordChoice::Exception))
    }

    fn stream(&mut self, stream: &Stream) -> StreamSpec {
        let kind = stream.kind;
        match &stream.content {
            StreamContent::Elsewhere { size, file_offset } => StreamSpec {
                size: unless(u64::from(*size), 0),
                file_offset: Some(self.file_offset(*file_offset)),
                ..StreamSpec::new(kind, ContentSpec::default())
            },
            StreamContent::Blob(blob) => {
                let text = self.text(kind, &blob.content);
                StreamSpec {
                    size: unless(blob.content.size(), 0).filter(|_| text.is_none()),
                    links: self.links(blob),
                    ..StreamSpec::new(kind, text.unwrap_or_else(|| self.linked(blob)))
                }
            }
        }
    }

    /// The lines of a stream that is a copy of a Linux file.
    fn text(&self, kind: u32, content: &Content) -> Option<ContentSpec> {
        /// Longest text that is read for display, in bytes.
        const MOST_TEXT: u64 = 1 << 16;
        let is_text = (0x4767_0003..0x4768_0000).contains(&kind) && content.size() <= MOST_TEXT;
        let place = content.place().filter(|_| is_text)?;
        typed::lines(&self.raw.bytes(place.file_offset, place.size)?)
    }
}

/// The kind of a context of a machine: the one whose flags it has; of several the largest that fits.
fn kind(machine: dumpedit::Machine, bytes: &[u8], order: dumpedit::ByteOrder) -> Option<&'static Kind> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let flags = |kind: &Kind| read_at(order, bytes, narrow(kind.flags_place(order)), 4).unwrap_or(0);
    let named = schema::contexts().filter(|kind| name(kind).is_some() && kind.format.machine == machine);
    let named: Vec<&'static Kind> = named.collect();
    let own = named.iter().copied().filter(|kind| flags(kind) & u64::from(kind.cpu) != 0);
    let own: Vec<&'static Kind> = own.collect();
    let pool = if own.is_empty() { named } else { own };
    pool.into_iter().filter(|kind| kind.size <= size).max_by_key(|kind| kind.size)
}

fn name(kind: &Kind) -> Option<ContextKind> {
    Some(match kind.name? {
        ContextName::Windows => ContextKind::Windows,
        ContextName::Short => ContextKind::Short,
        ContextName::Breakpad => ContextKind::Breakpad,
        ContextName::Crashpad => ContextKind::Crashpad,
    })
}

/// Removes values that synth adds by itself.
pub(crate) fn simplify(spec: &mut Spec) {
    let usual_kind = synth::kind_of(spec, None);
    let machine = spec.machine;
    let simplify_record = |record: &mut Record| {
        let given = record.kind;
        let kind = schema::contexts().find(|kind| kind.format.machine == machine && name(kind) == given);
        let Some(kind) = kind.filter(|_| given.is_some()) else { return };
        if let Some(area) = &mut record.xstate {
            let usual = schema::usual_area(kind, area.components, area.compacted);
            if (area.skip, area.size) == (Some(usual.skip), Some(usual.size)) {
                (area.skip, area.size) = (None, None);
            }
        }
        let xstate = if record.xstate.is_some() { schema::XSTATE_FLAG } else { 0 };
        if record.flags == Some(u64::from(kind.all_flags | xstate)) {
            record.flags = None;
        }
        if usual_kind.is_some_and(|usual| usual.name == kind.name) {
            record.kind = None;
        }
    };
    // Streams that are not described have no place in the directory either.
    let streams = std::mem::take(&mut spec.layout.streams);
    spec.layout.streams = streams.into_iter().filter(|kind| synth::has_stream(spec, *kind)).collect();
    spec.layout.padded = synth::padded_lists(spec);
    let given = spec.system.architecture.take();
    for thread in &mut spec.threads {
        simplify_record(&mut thread.record);
    }
    for crash in &mut spec.crashes {
        if let CrashContext::Own(record) = &mut crash.context {
            simplify_record(record);
        }
    }
    let usual = synth::architecture_of(spec).map_or(0xffff, u64::from);
    spec.system.architecture = given.filter(|given| *given != usual);
}
