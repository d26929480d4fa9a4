//! Converts a dump to a minidump as Breakpad and Crashpad write it.

use std::collections::BTreeSet;

use dumpedit::{Format, Notice};
use dumpedit_formats::elf::schema::{self as elf, AUXV, FILE, PRPSINFO, SIGINFO, SignalInfo, auxiliary};
use dumpedit_formats::minidump::schema::{
    self, Area, ContextKind, XSTATE_FLAG, platform, stream_kind, usual_context,
};
use dumpedit_formats::model::{
    Blob, Container, Content, Crash, CrashRecord, Minidump, Model, ModuleEntry, NoteBody, Stack, Stream,
    StreamContent, SystemInfo, Target, ThreadEntry,
};

use super::core::left_out_of_others;
use super::loss::{LossKind, Losses};
use super::made::{MadeKind, Makings};
use super::records::Registers;
use super::source::Source;
use super::startup::startup;
use super::{ConvertError, details, maps, memory, records, unloaded};
use crate::encode::{narrow, put, read_at, wide};
use crate::holders::Holders;

/// Notes of a core that a minidump has in another form: first those that are Linux's only.
const CARRIED: &[u32] = &[AUXV, FILE, PRPSINFO, SIGINFO];

/// The model of a minidump with the contents of a dump.
pub(super) fn model(
    source: &Source<'_>,
    losses: &mut Losses,
    made: &mut Makings,
) -> Result<Model, ConvertError> {
    let layout = source.dump.layout();
    let machine = source.machine;
    let kind = usual_context(machine, source.os() == Some("windows"));
    let kind = kind.ok_or_else(|| ConvertError::no_record(Format::Minidump, machine))?;
    let target = Target::new(Format::Minidump, machine, layout.byte_order());
    let mut container = Minidump::default();
    container.version = schema::VERSION;
    container.timestamp = layout.process().dumped.and_then(|time| u32::try_from(time).ok()).unwrap_or(0);
    container.memory_align = 1;
    container.system = Some(system(source, kind, losses));
    let model = Model::new(target, Container::Minidump(container));
    let mut minidump = Writing { source, losses, made, kind, model };
    source.machine_of_contexts(minidump.made);
    minidump.threads()?;
    minidump.model.memory = memory::memory(source.dump, minidump.losses)?;
    minidump.model.mappings = memory::mappings(&minidump.model.memory);
    minidump.model.memory.retain(|entry| entry.captured > 0);
    minidump.modules();
    minidump.crash();
    minidump.streams();
    minidump.left_out();
    minidump.stacks()?;
    Ok(minidump.model)
}

fn system(source: &Source<'_>, kind: &ContextKind, losses: &mut Losses) -> SystemInfo {
    let mut system = SystemInfo::default();
    let known = source.os().filter(|name| platform(name).is_some());
    if let (None, Some(other)) = (known, source.os()) {
        losses.name(LossKind::System, other);
    }
    let name = known.unwrap_or("unix");
    system.architecture = kind.architecture.into();
    system.platform = platform(name).unwrap_or(0).into();
    system.cpu = Content::Zero(24);
    system
}

struct Writing<'c, 'd> {
    source: &'c Source<'d>,
    losses: &'c mut Losses,
    made: &'c mut Makings,
    kind: &'static ContextKind,
    model: Model,
}

impl Writing<'_, '_> {
    fn threads(&mut self) -> Result<(), ConvertError> {
        let source = self.source;
        let threads = source.threads(false);
        let ids = source.ids(&threads, self.losses);
        let order = self.model.target.byte_order;
        let mut registers = Vec::with_capacity(threads.len());
        let mut blank = Model::new(self.model.target, self.model.container.clone());
        for ((index, thread), id) in threads.iter().zip(&ids) {
            let of_thread = source.contexts(*index);
            let area = self.area(records::components(source.dump, &of_thread));
            let unplaced = of_thread.iter().filter_map(|context| source.dump.layout().record_of(*context));
            if unplaced.fold(0, |mask, record| mask | record.unplaced) != 0 {
                self.losses.count(LossKind::RegisterComponent);
            }
            let flags = self.kind.all_flags | if area.is_some() { XSTATE_FLAG } else { 0 };
            let mut made = ThreadEntry::default();
            made.tid = (*id).into();
            made.name = thread.name.clone().map(Into::into);
            made.record =
                (!of_thread.is_empty()).then(|| schema::blank_context(self.kind, order, flags, area).into());
            let elsewhere = source.environment_register();
            let foreign = source.foreign_contexts(*index);
            registers.push(Registers { contexts: of_thread, foreign, more: None, elsewhere });
            blank.threads.push(made);
        }
        let filled = records::fill(source.dump, &registers, &blank, self.losses)?;
        let flags_at = narrow(self.kind.flags_place(order));
        for ((mut thread, filled), registers) in blank.threads.into_iter().zip(filled).zip(&registers) {
            if thread.record.is_some() {
                let mut record = filled.record;
                let all = read_at(order, &record, flags_at, 4).unwrap_or(0);
                let groups = u64::from(filled.groups) | u64::from(self.kind.cpu);
                put(&mut record, flags_at, &order.bytes(all & (groups | u64::from(XSTATE_FLAG)), 4));
                thread.record = Some(record.into());
            }
            let environment = registers.elsewhere.and_then(|register| {
                let value = source.dump.read_register(*registers.contexts.last()?, register).ok()?;
                value.to_u64().ok()
            });
            thread.environment = environment.unwrap_or(0).into();
            self.model.threads.push(thread);
        }
        Ok(())
    }

    /// The XSAVE area behind a context with these components.
    fn area(&self, components: u64) -> Option<Area> {
        (self.kind.extends && components != 0).then(|| schema::usual_area(self.kind, components, true))
    }

    fn modules(&mut self) {
        let source = self.source;
        let layout = source.dump.layout();
        let system = source.os();
        let is_elf = !matches!(system, Some("windows" | "macos" | "ios"));
        let entry = source.auxiliary(auxiliary::ENTRY);
        let mut modules: Vec<&dumpedit::Module> = layout.modules().iter().collect();
        // Readers expect the program first.
        let is_program =
            |module: &dumpedit::Module| entry.is_some_and(|at| at.wrapping_sub(module.base) < module.size);
        modules.sort_by_key(|module| !is_program(module));
        for module in modules {
            let size = module.size.min(u32::MAX.into());
            let mut made = ModuleEntry::new(module.base, size, module.name.clone());
            let id = module.id.as_ref().map(|id| id.replace('-', ""));
            // A UUID has no age.
            let id =
                id.map(|id| if system == Some("macos") && id.len() == 32 { format!("{id}0") } else { id });
            if let Some(id) = id {
                match schema::code_view(&id, &module.name, is_elf, layout.byte_order()) {
                    Ok(record) => made.code_view = Some(record.into()),
                    Err(_) if module.image_id.is_some() => {}
                    Err(_) => self.losses.name(LossKind::ModuleId, &module.name),
                }
            }
            let listed = source
                .model
                .triage()
                .and_then(|_| source.model.modules.iter().find(|listed| listed.base.value == module.base));
            made.timestamp = listed.map_or(0, |listed| listed.timestamp.value).into();
            self.model.modules.push(made);
        }
    }

    fn crash(&mut self) {
        let source = self.source;
        let Some(fault) = source.fault(self.losses) else { return };
        let index = narrow(fault.thread.0.into());
        let Some(thread) = self.model.threads.get(index) else { return };
        let mut crash = Crash::default();
        crash.thread = thread.tid;
        crash.record = if thread.record.is_some() { CrashRecord::Thread(index) } else { CrashRecord::None };
        crash.code = fault.code.into();
        crash.flags = fault.flags.into();
        let context = source.contexts(fault.thread).last().copied();
        let pc = context.and_then(|context| source.dump.read_register(context, "pc").ok()?.to_u64().ok());
        let address = fault.address.map(|named| named.address).or(pc);
        if fault.address.is_none() && pc.is_some() {
            self.made.count(MadeKind::CrashAddress);
        }
        crash.address = Some(address.unwrap_or(0).into());
        crash.parameters = fault.parameters.iter().map(|value| (*value).into()).collect();
        if let Some(told) = source.model.crashes.first().filter(|_| source.model.elf().is_some()) {
            crash.flags = told.si_code.value.into();
            if told.address.is_none() {
                crash.parameters = self.sender().into_iter().flatten().map(Into::into).collect();
            }
        }
        crash.parameter_count = u32::try_from(crash.parameters.len()).unwrap_or(0).into();
        self.model.crashes.push(crash);
    }

    /// `si_pid` and `si_uid` of a signal that a process sent, which Crashpad writes as parameters.
    fn sender(&self) -> Option<[u64; 2]> {
        let layout = self.source.dump.layout();
        let content = self.source.notes().find_map(|note| match &note.body {
            NoteBody::Crash { content, .. } => Some(content),
            _ => None,
        });
        let bytes = self.source.bytes(content?)?;
        let at = SignalInfo::of(layout.machine(), elf::is_wide(layout.machine())).address_at;
        let field = |at: usize| read_at(layout.byte_order(), &bytes, at, 4);
        let told = [field(at)?, field(at.saturating_add(4))?];
        (told != [0, 0]).then_some(told)
    }

    fn streams(&mut self) {
        let source = self.source;
        let layout = source.dump.layout();
        let mut streams: Vec<Stream> = Vec::new();
        let mut add = |name: &str, content: Content| {
            if let Some(kind) = stream_kind(name).filter(|_| !content.is_empty()) {
                streams.push(Stream::new(kind, StreamContent::Blob(Blob::new(content))));
            }
        };
        let unloaded = unloaded::stream(layout.unloaded_modules(), layout.byte_order());
        if let Some(pid) = layout.process().pid {
            add("MiscInfoStream", self.miscellaneous(pid).into());
        }
        if source.model.elf().is_some() && source.os() == Some("linux") {
            let text = maps::text(&self.mapped(), &source.mapped_files());
            self.made.count(MadeKind::Maps);
            add("LinuxMaps", text.into_bytes().into());
            match (startup(source), &layout.process().command_line) {
                (Some(startup), _) => {
                    self.made.count(MadeKind::Words);
                    add("LinuxCmdLine", startup.arguments.into());
                    add("LinuxEnviron", startup.environment.into());
                }
                (None, Some(line)) => {
                    let words = line.split(' ').filter(|word| !word.is_empty());
                    let words: Vec<u8> = words.flat_map(|word| word.bytes().chain([0])).collect();
                    add("LinuxCmdLine", words.into());
                }
                (None, None) => {}
            }
            if let Some(vector) = source.auxiliary_vector() {
                add("LinuxAuxv", vector.clone());
            }
        }
        streams.extend(unloaded);
        if let Container::Minidump(minidump) = &mut self.model.container {
            minidump.streams = streams;
        }
    }

    /// The mappings in the form of memory.
    fn mapped(&self) -> Vec<dumpedit_formats::model::Memory> {
        let regions = self.source.dump.layout().regions();
        let memory = regions.map(|region| {
            let size = u64::try_from(region.size).unwrap_or(u64::MAX);
            let mut memory = dumpedit_formats::model::Memory::new(region.start, Content::Zero(size));
            memory.protection = region.protection;
            memory
        });
        memory.collect()
    }

    /// `MINIDUMP_MISC_INFO` with the id of the process.
    fn miscellaneous(&self, pid: u64) -> Vec<u8> {
        const SIZE: usize = 24;
        const HAS_ID: u64 = 1;
        let fields = [wide(SIZE), HAS_ID, pid, 0, 0, 0];
        fields.iter().flat_map(|value| self.model.target.byte_order.bytes(*value, 4)).collect()
    }

    fn carried(&self) -> &'static [u32] {
        let of_linux = self.source.os() == Some("linux");
        CARRIED.get(if of_linux { 0 } else { 2 }..).unwrap_or_default()
    }

    /// Counts the parts that a minidump has no place for.
    fn left_out(&mut self) {
        let source = self.source;
        if let Some(elf) = source.model.elf() {
            details::of_core(source, elf, self.losses);
            let blocks = self.blocks();
            let has_block = |content: &Content| {
                content.place().is_some_and(|place| {
                    let end = place.file_offset.saturating_add(place.size);
                    blocks.range(place.file_offset..end).next().is_some()
                })
            };
            for note in source.notes() {
                let is_known = note.namespace() == b"CORE" && self.carried().contains(&note.kind);
                let is_told = matches!(note.body, NoteBody::Crash { .. }) && !self.model.crashes.is_empty();
                let is_carried = is_known && (note.kind != SIGINFO || is_told);
                let has_registers = match &note.body {
                    NoteBody::Bytes(content) => has_block(content),
                    _ => true,
                };
                if !is_carried && !has_registers {
                    self.losses.name(LossKind::Note, elf::called(note.namespace(), note.kind));
                }
            }
            let crash = source.model.crashes.first().map_or(0, |crash| crash.code.value);
            let other = |signal: u16| signal != 0 && u32::from(signal) != crash;
            let threads = source.model.threads.iter();
            let others = threads.filter(|thread| other(thread.signal.value)).count();
            if others > 0 {
                self.losses.add(LossKind::ThreadSignal, wide(others), None);
            }
            if !elf.sections.is_empty() {
                self.losses.add(LossKind::Section, wide(elf.sections.len()), None);
            }
            let tags = source.model.memory.iter().filter(|entry| entry.segment.kind != 1).count();
            if tags > 0 {
                self.losses.add(LossKind::MemoryTags, wide(tags), None);
            }
        }
        left_out_of_others(source, self.losses);
    }

    /// File offsets of register notes, which are converted by register names.
    fn blocks(&self) -> BTreeSet<u64> {
        let records = self.source.dump.layout().threads().iter().flat_map(|thread| &thread.records);
        records.flat_map(|record| &record.blocks).map(|block| block.file_offset).collect()
    }

    /// Selects the memory that is each thread's stack, where an RVA reaches it; readers look for other stacks by the stack pointer.
    fn stacks(&mut self) -> Result<(), ConvertError> {
        let plan = dumpedit_formats::plan(&self.model, u64::MAX).map_err(ConvertError::NoRoom)?;
        let memory = &self.model.memory;
        let ranges = memory.iter().enumerate().map(|(index, entry)| (index, entry.address, entry.captured));
        let holders = Holders::of(ranges);
        let layout = self.source.dump.layout();
        let fits = |number: u64| u32::try_from(number).is_ok();
        let in_reach = |index: &usize| {
            let entry = memory.get(*index).is_some_and(|entry| fits(entry.captured));
            entry && plan.memory.get(*index).is_some_and(|place| fits(place.file_offset))
        };
        for (thread, index) in self.model.threads.iter_mut().zip(0u32..) {
            let contexts = self.source.contexts(dumpedit::ThreadIndex(index));
            let sp = contexts
                .last()
                .and_then(|context| self.source.dump.read_register(*context, "sp").ok()?.to_u64().ok());
            let holder = sp.and_then(|sp| holders.first(sp & layout.last_address())).filter(in_reach);
            thread.stack = holder.map_or(Stack::None, Stack::Memory);
        }
        Ok(())
    }
}

/// Counts parts that the reader of a dump could not put into its model.
pub(super) fn unread(lost: &[Notice], losses: &mut Losses) {
    for notice in lost {
        losses.name(LossKind::Unread, notice.message.clone());
    }
}
