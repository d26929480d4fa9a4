//! Converts a dump to an ELF core as Linux writes it.

use std::collections::HashMap;

use dumpedit::{Format, Location, Protection, ThreadIndex};
use dumpedit_formats::elf::schema::{self, ProcessInfo, SignalInfo};
use dumpedit_formats::linux_maps;
use dumpedit_formats::minidump::schema::stream_name;
use dumpedit_formats::model::{
    Container, Content, Crash, Elf, Memory, Model, ModuleEntry, Note, NoteBody, Target, ThreadEntry,
};
use dumpedit_formats::triage::schema::part_name;
use dumpedit_formats::{signal_name, xsave};

use super::crash::{Exception, Signal, signal};
use super::loss::{LossKind, Losses};
use super::made::{MadeKind, Makings};
use super::records::Registers;
use super::source::{Source, code_of};
use super::startup::startup;
use super::{ConvertError, details, linker_list, memory, module_ids, records};
use crate::encode::{narrow, put, wide};

/// `ELFOSABI_GNU` of `elf.h`, by which LLDB recognizes Linux where no note does.
const LINUX: u8 = 3;

/// Name that readers of cores give the kernel's own library, which is no file.
const VDSO: &str = "[vdso]";

/// Streams of a minidump that a core has in another form.
const CARRIED: &[&str] =
    &["LinuxMaps", "LinuxAuxv", "LinuxCmdLine", "LinuxEnviron", "MiscInfoStream", "UnusedStream"];

/// The model of a core with the contents of a dump.
pub(super) fn model(
    source: &Source<'_>,
    losses: &mut Losses,
    made: &mut Makings,
) -> Result<Model, ConvertError> {
    let layout = source.dump.layout();
    let machine = source.machine;
    let number = schema::machine_number(machine).filter(|_| schema::has_order(machine, layout.byte_order()));
    let target = Target::new(Format::ElfCore, machine, layout.byte_order());
    let mut elf = Elf::default();
    elf.machine = number.ok_or(ConvertError::no_record(Format::ElfCore, machine))?;
    elf.wide = schema::is_wide(machine);
    elf.os_abi = LINUX;
    elf.page_size = source.page_size().into();
    let mut core = Core {
        source,
        losses,
        made,
        model: Model::new(target, Container::Elf(elf)),
        is_wide: schema::is_wide(machine),
        has_list: false,
    };
    source.machine_of_contexts(core.made);
    core.threads()?;
    core.model.memory = memory::memory(source.dump, core.losses)?;
    core.modules();
    core.code_of_modules();
    module_ids::headers(source, &mut core.model, core.losses, core.made);
    let vector = core.vector();
    if let Container::Elf(elf) = &mut core.model.container {
        elf.memory_align = memory::alignment(&core.model.memory, source.page_size());
    }
    core.process(vector);
    core.left_out();
    Ok(core.model)
}

/// The program's headers in memory.
struct Program {
    /// Address of the program headers.
    table: u64,
    /// Number of program headers.
    count: u64,
    /// Entry address.
    entry: u64,
}

struct Core<'c, 'd> {
    source: &'c Source<'d>,
    losses: &'c mut Losses,
    made: &'c mut Makings,
    model: Model,
    is_wide: bool,
    /// Whether the dynamic linker's list can be found in memory.
    has_list: bool,
}

impl Core<'_, '_> {
    fn threads(&mut self) -> Result<(), ConvertError> {
        let source = self.source;
        let machine = source.machine;
        let threads = source.threads(true);
        let ids = source.ids(&threads, self.losses);
        let mut registers = Vec::with_capacity(threads.len());
        let mut blank = Model::new(self.model.target, self.model.container.clone());
        for ((index, thread), id) in threads.iter().zip(&ids) {
            source.other_records(*index, thread, self.losses);
            let of_thread = source.contexts(*index);
            if of_thread.is_empty() {
                self.made.count(MadeKind::ThreadRegisters);
            }
            let components = records::components(source.dump, &of_thread);
            let environment = self.listed(*index).map_or(0, |listed| listed.environment.value);
            registers.push(Registers {
                contexts: of_thread,
                foreign: source.foreign_contexts(*index),
                more: source.environment_register().zip(Some(environment)).filter(|(_, at)| *at != 0),
                elsewhere: None,
            });
            let mut made = ThreadEntry::default();
            made.tid = (*id).into();
            made.status_name = b"CORE\0".to_vec();
            made.record = Some(Content::Zero(schema::status_size(machine)));
            let order = self.model.target.byte_order;
            made.notes = register_notes(machine, components, |value| order.bytes(value, 8)).collect();
            blank.threads.push(made);
        }
        let filled = records::fill(source.dump, &registers, &blank, self.losses)?;
        for ((mut thread, filled), (index, _)) in blank.threads.into_iter().zip(filled).zip(&threads) {
            let mut record = filled.record;
            let notes = thread.notes.into_iter().zip(filled.notes);
            let with_registers =
                notes.filter_map(|(note, bytes)| Some(note.with_body(NoteBody::Bytes(bytes?.into()))));
            thread.notes = with_registers.collect();
            let is_floats = |note: &Note| note.kind == schema::FPREGSET && note.namespace() == b"CORE";
            if let Some(at) =
                schema::float_validity_at(machine).filter(|_| thread.notes.iter().any(is_floats))
            {
                put(&mut record, at, &self.model.target.byte_order.bytes(1, 4));
            }
            thread.record = Some(record.into());
            self.model.threads.push(thread);
            self.thread_details(*index, filled.has_more);
        }
        Ok(())
    }

    /// A thread's entry in a minidump's list.
    fn listed(&self, index: ThreadIndex) -> Option<&ThreadEntry> {
        self.source.model.threads.get(narrow(index.0.into()))
    }

    /// Counts the losses of a thread.
    fn thread_details(&mut self, index: ThreadIndex, has_environment: bool) {
        let Some(listed) = self.listed(index) else { return };
        let (environment, suspended) = (listed.environment.value, listed.suspend_count.value);
        let priorities = (listed.priority.value, listed.priority_class.value);
        if suspended != 0 || priorities != (0, 0) {
            self.losses.count(LossKind::ThreadState);
        }
        if environment != 0 && !has_environment {
            self.losses.count(LossKind::ThreadEnvironment);
        }
    }

    /// Rows of NT_FILE: the mappings that the dump lists, and modules that are in none of them.
    fn modules(&mut self) {
        let source = self.source;
        let layout = source.dump.layout();
        let vdso = source.auxiliary(schema::auxiliary::SYSINFO_EHDR);
        let text = source.stream("LinuxMaps").and_then(|text| source.bytes(text)).unwrap_or_default();
        let mut rows: Vec<ModuleEntry> = Vec::new();
        for mapping in linux_maps::lines(&text).filter(|mapping| mapping.size() > 0) {
            let Some(path) = mapping.name.clone().filter(|name| name.starts_with('/')) else { continue };
            let mut row = ModuleEntry::new(mapping.first, mapping.size(), path);
            row.page = mapping.offset.checked_div(source.page_size()).unwrap_or(0).into();
            rows.push(row);
        }
        rows.sort_by_key(|row| row.base.value);
        let mapped = rows.len();
        let extents = extents(&rows, source.page_size());
        for module in layout.modules() {
            let before = rows.get(..mapped).unwrap_or_default();
            let before = before.partition_point(|row| row.base.value <= module.base);
            let before = before.checked_sub(1).and_then(|at| rows.get(at));
            let holding = before.filter(|row| module.base.saturating_sub(row.base.value) < row.size.value);
            let is_mapped = holding.is_some();
            if let Some(row) = holding {
                if row.name.value != module.name {
                    self.losses.name(LossKind::ModuleName, &module.name);
                }
                if extents.get(&row.name.value) != Some(&(module.base, module.size)) {
                    self.losses.name(LossKind::ModuleSize, &module.name);
                }
            } else if Some(module.base) == vdso {
                // Readers recognize it by its header, which is made where it has an id.
                let is_known = source.image(module.base).is_some() || module.id.is_some();
                if !is_known {
                    self.losses.name(LossKind::Module, &module.name);
                } else if module.name != VDSO {
                    self.losses.name(LossKind::ModuleName, &module.name);
                }
            }
            if !is_mapped && Some(module.base) != vdso && module.size > 0 {
                self.made.count(MadeKind::MappedFiles);
                rows.push(ModuleEntry::new(module.base, module.size, module.name.clone()));
            }
        }
        rows.sort_by_key(|row| row.base.value);
        self.model.modules = rows;
    }

    /// Makes the memory of modules executable where its protection is not known: readers take executable mappings for modules.
    fn code_of_modules(&mut self) {
        let code = Protection { read: true, write: false, execute: true, guard: false };
        let memory = &mut self.model.memory;
        for module in self.source.dump.layout().modules() {
            let end = module.base.saturating_add(module.size);
            let first =
                memory.partition_point(|entry| entry.address.saturating_add(entry.size) <= module.base);
            let behind = memory.partition_point(|entry| entry.address < end).max(first);
            if first == behind && module.size > 0 {
                let mut entry = Memory::new(module.base, Content::default());
                entry.size = module.size;
                entry.protection = Some(code);
                memory.insert(first, entry);
                self.made.count(MadeKind::ModuleMapping);
                continue;
            }
            let within = memory.get_mut(first..behind).unwrap_or_default();
            for entry in within.iter_mut().filter(|entry| entry.protection.is_none()) {
                entry.protection = Some(code);
                self.made.count(MadeKind::ModuleProtection);
            }
        }
    }

    /// The auxiliary vector: the dump's own, or one with the entries by which debuggers find the program and the list of modules, which is
    /// made where memory does not have it.
    fn vector(&mut self) -> Option<Content> {
        let source = self.source;
        let told = source.auxiliary_vector().cloned();
        let image = if told.is_some() { None } else { self.program() };
        let programs = match (&told, &image) {
            (Some(_), _) => {
                source.auxiliary(schema::auxiliary::PHDR).zip(source.auxiliary(schema::auxiliary::PHNUM))
            }
            (None, Some(program)) => Some((program.table, program.count)),
            (None, None) => None,
        };
        let list = linker_list::made(source, programs, told.is_none());
        self.has_list = list.is_some();
        let entry = image.as_ref().map(|program| program.entry);
        let programs = programs.or(list.as_ref().and_then(|list| list.programs));
        for (address, bytes) in list.into_iter().flat_map(|list| list.pieces) {
            self.made.name(MadeKind::LinkerList, format!("{address:#x}"));
            memory::put(&mut self.model.memory, address, &bytes);
        }
        let made = || {
            let (table, count) = programs?;
            self.made.count(MadeKind::AuxiliaryVector);
            Some(self.vector_of(table, count, entry).into())
        };
        told.or_else(made)
    }

    /// The program, which minidumps list first, by its headers in memory.
    fn program(&self) -> Option<Program> {
        let first = self.source.dump.layout().modules().first()?;
        let image = self.source.image(first.base)?;
        Some(Program {
            table: first.base.wrapping_add(image.programs.file_offset),
            count: image.program_count,
            entry: first.base.wrapping_add(image.bias).wrapping_add(image.entry),
        })
    }

    /// A vector of AT_PHDR, AT_PHENT, AT_PHNUM, AT_PAGESZ and AT_ENTRY (`elf.h`).
    fn vector_of(&self, table: u64, count: u64, entry: Option<u64>) -> Vec<u8> {
        let layout = self.source.dump.layout();
        let mut pairs = vec![
            [schema::auxiliary::PHDR, table],
            [schema::auxiliary::PHENT, if self.is_wide { 56 } else { 32 }],
            [schema::auxiliary::PHNUM, count],
            [schema::auxiliary::PAGESZ, self.source.page_size()],
        ];
        pairs.extend(entry.map(|entry| [schema::auxiliary::ENTRY, entry]));
        pairs.push([0, 0]);
        let word = usize::from(layout.pointer_width());
        pairs.into_iter().flatten().flat_map(|value| layout.byte_order().bytes(value, word)).collect()
    }

    /// Notes about the process, behind the status of its first thread.
    fn process(&mut self, vector: Option<Content>) {
        let mut notes = vec![self.process_info()];
        notes.extend(self.crash());
        notes.extend(vector.map(|vector| Note::new("CORE", schema::AUXV, vector)));
        if !self.model.modules.is_empty() {
            let files = Note::new("CORE", schema::FILE, Content::default());
            notes.push(files.with_body(NoteBody::Modules));
        }
        match (self.model.threads.first_mut(), &mut self.model.container) {
            (Some(first), _) => {
                first.notes.splice(0..0, notes);
            }
            (None, Container::Elf(elf)) => elf.notes = notes,
            _ => {}
        }
    }

    fn process_info(&mut self) -> Note {
        let source = self.source;
        let layout = source.dump.layout();
        let process = layout.process();
        let first = self.model.threads.first().map(|thread| thread.tid.value);
        if process.pid.is_none() && first.is_some() {
            self.made.count(MadeKind::ProcessId);
        }
        let id = process.pid.or(first).unwrap_or(0);
        let of_process = |thread: &&dumpedit::Thread| thread.tid == id;
        let thread = layout.threads().iter().find(of_process).and_then(|thread| thread.name.clone());
        let named = layout.threads().iter().filter(|thread| thread.name.is_some()).count();
        let lost = wide(named.saturating_sub(usize::from(thread.is_some())));
        if lost > 0 {
            self.losses.add(LossKind::ThreadName, lost, None);
        }
        let is_of_thread = thread.is_some();
        let program = layout.modules().first().map(|module| {
            let name = module.name.rsplit(['/', '\\']).next().unwrap_or_default();
            name.to_owned()
        });
        let name = thread.or_else(|| process.name.clone()).or(program).unwrap_or_default();
        let line = self.command_line();
        let ProcessInfo { size, id_at, name_at, .. } = *ProcessInfo::usual(source.machine, self.is_wide);
        let mut bytes = vec![0; narrow(size)];
        put(&mut bytes, id_at, &self.model.target.byte_order.bytes(id, 4));
        let short = cut(&name, ProcessInfo::NAME_SIZE);
        if short.len() < name.len() && is_of_thread {
            self.losses.count(LossKind::ThreadName);
        }
        put(&mut bytes, name_at, short);
        let arguments = cut(&line, ProcessInfo::ARGUMENTS_SIZE);
        put(&mut bytes, name_at.saturating_add(ProcessInfo::NAME_SIZE), arguments);
        if arguments.len() < line.trim_end().len() && startup(source).is_none() {
            self.losses.count(LossKind::CommandLine);
        }
        Note::new("CORE", schema::PRPSINFO, bytes.into())
    }

    /// The command line as in `pr_psargs`, where the kernel writes a space for the NUL of every word, the last one too.
    fn command_line(&self) -> String {
        let words = self.source.stream("LinuxCmdLine").and_then(|words| self.source.bytes(words));
        let words = words.map(|words| String::from_utf8_lossy(&words).into_owned()).unwrap_or_default();
        let line = words.trim_end_matches('\0');
        if line.is_empty() {
            let line = self.source.dump.layout().process().command_line.clone().unwrap_or_default();
            return line.strip_suffix('\0').map(str::to_owned).unwrap_or(line);
        }
        let end = if line.len() < words.len() { " " } else { "" };
        line.replace('\0', " ") + end
    }

    /// An address in a word of the core, without its sign extension.
    fn in_word(&self, address: u64) -> Option<u64> {
        let layout = self.source.dump.layout();
        let Location::Virtual(address) = layout.canonicalize(Location::Virtual(address)) else { return None };
        Some(address).filter(|address| *address <= layout.last_address())
    }

    /// Sets the signal of the first thread, and makes its NT_SIGINFO.
    fn crash(&mut self) -> Option<Note> {
        let source = self.source;
        let fault = source.fault(self.losses)?;
        let exception = Exception {
            code: fault.code,
            flags: fault.flags,
            address: fault.address.map_or(0, |named| named.address),
            parameters: &fault.parameters,
        };
        let Some(mut signal) = signal(source.os(), exception) else {
            self.losses.name(LossKind::CrashCode, format!("{:#x}", fault.code));
            return None;
        };
        signal.address = signal.address.and_then(|address| self.in_word(address));
        let Signal { number: signo, code, address, errno, is_known } = signal;
        let sender = match fault.parameters.as_slice() {
            [pid, uid, ..] if errno == 0 && address.is_none() => {
                u32::try_from(*pid).ok().zip(u32::try_from(*uid).ok())
            }
            _ => None,
        };
        if !is_known {
            self.losses.name(LossKind::CrashCode, code_of(fault));
            self.made.name(MadeKind::Signal, signal_name(signo, true).unwrap_or_else(|| signo.to_string()));
        }
        // The sender's ids, or the address that was accessed.
        let is_kept = |index: usize, value: u64| match index {
            _ if sender.is_some() => index < 2,
            1 => address == Some(value),
            _ => false,
        };
        // Parameters behind those that count are losses as well.
        let listed = source.crash().map_or(&[][..], |crash| &crash.parameters);
        let values = listed.iter().map(|value| value.value);
        let values = fault.parameters.iter().copied().chain(values.skip(fault.parameters.len()));
        let left =
            values.enumerate().filter(|(index, value)| *value != 0 && !is_kept(*index, *value)).count();
        if left > 0 {
            self.losses.add(LossKind::CrashParameter, wide(left), None);
        }
        let order = self.model.target.byte_order;
        let SignalInfo { code_at, address_at, .. } = SignalInfo::of(source.machine, self.is_wide);
        let errno_at = if code_at == 8 { 4 } else { 8 };
        let mut bytes = vec![0; SignalInfo::SIZE];
        put(&mut bytes, errno_at, &order.bytes(errno.into(), 4));
        if let Some((pid, uid)) = sender {
            put(&mut bytes, address_at, &order.bytes(pid.into(), 4));
            put(&mut bytes, address_at.saturating_add(4), &order.bytes(uid.into(), 4));
        }
        // On Linux the flags are si_code.
        let has_flags = !matches!(source.os(), Some("windows" | "macos" | "ios"));
        if has_flags && fault.flags == 0 && code != 0 {
            self.made.count(MadeKind::SignalCode);
        }
        self.crash_details(fault, &signal);
        // The kernel gives every thread the signal that ended the process, and gdb takes that of the last.
        let of_threads = u16::try_from(signo).unwrap_or(0);
        for thread in &mut self.model.threads {
            thread.signal = of_threads.into();
            // pr_info.si_signo comes first.
            if let Some(Content::Bytes(bytes)) = &thread.record {
                let mut bytes = bytes.to_vec();
                put(&mut bytes, 0, &order.bytes(signo.into(), 4));
                thread.record = Some(bytes.into());
            }
        }
        self.made.add(MadeKind::ThreadSignal, wide(self.model.threads.len().saturating_sub(1)), None);
        let mut crash = Crash::default();
        crash.thread = self.model.threads.first()?.tid;
        crash.code = signo.into();
        crash.si_code = code.into();
        crash.address = address.map(Into::into);
        self.model.crashes.push(crash);
        let note = Note::new("CORE", schema::SIGINFO, Content::default());
        Some(note.with_body(NoteBody::Crash { index: 0, content: bytes.into() }))
    }

    /// Counts the losses of an exception beside its signal.
    fn crash_details(&mut self, fault: &dumpedit::Fault, signal: &Signal) {
        // On Linux the flags are si_code.
        if fault.flags != 0 && signal.code != fault.flags {
            self.losses.name(LossKind::CrashDetail, "flags");
        }
        if let Some(at) = fault.address.map(|named| named.address) {
            let context = self.source.contexts(fault.thread).last().copied();
            let pc =
                context.and_then(|context| self.source.dump.read_register(context, "pc").ok()?.to_u64().ok());
            if signal.address != Some(at) && pc != Some(at) {
                self.losses.name(LossKind::CrashDetail, "address");
            }
        }
        if self.source.model.crashes.iter().any(|crash| crash.nested.value != 0) {
            self.losses.name(LossKind::CrashDetail, "nested exception");
        }
    }

    /// Counts the parts that a core has no place for.
    fn left_out(&mut self) {
        let source = self.source;
        if let Some(minidump) = source.model.minidump() {
            for stream in &minidump.streams {
                let name = stream_name(stream.kind);
                let is_carried =
                    |name: &str| CARRIED.contains(&name) || name == "LinuxDsoDebug" && self.has_list;
                if !name.is_some_and(is_carried) {
                    let name = name.map_or_else(|| format!("{:#x}", stream.kind), str::to_owned);
                    self.losses.name(LossKind::Stream, name);
                }
            }
            details::of_minidump(source, minidump, self.losses);
            let told = source.stream("LinuxEnviron").and_then(|stream| source.bytes(stream));
            let told = told.filter(|told| !told.is_empty());
            if told.is_some() && startup(source).map(|startup| startup.environment) != told {
                self.losses.count(LossKind::Environment);
            }
        }
        if source.model.triage().is_some() {
            for module in source.dump.layout().unloaded_modules() {
                self.losses.name(LossKind::UnloadedModule, &module.name);
            }
        }
        left_out_of_others(source, self.losses);
    }
}

/// Counts the parts that only Mach-O cores and triage dumps have.
pub(super) fn left_out_of_others(source: &Source<'_>, losses: &mut Losses) {
    if let Some(macho) = source.model.macho() {
        for note in &macho.notes {
            losses.name(LossKind::Note, note.name());
        }
        if !macho.commands.is_empty() {
            losses.add(LossKind::LoadCommand, wide(macho.commands.len()), None);
        }
    }
    if let Some(triage) = source.model.triage() {
        for part in &triage.parts {
            losses.name(LossKind::TriagePart, part_name(part.field).unwrap_or_default());
        }
        if let Some(driver) = &triage.broken_driver {
            losses.name(LossKind::TriagePart, format!("broken driver {driver}"));
        }
    }
}

/// Load address and size of the module that each file's mappings are, as readers of cores group them: by file name.
fn extents(rows: &[ModuleEntry], page_size: u64) -> HashMap<String, (u64, u64)> {
    let mut extents: HashMap<String, (u64, u64)> = HashMap::new();
    for row in rows {
        let base = row.base.value.saturating_sub(row.page.value.saturating_mul(page_size));
        let end = row.base.value.saturating_add(row.size.value);
        let (base, size) = extents.entry(row.name.value.clone()).or_insert((base, 0));
        *size = end.saturating_sub(*base).max(*size);
    }
    extents
}

/// The notes of registers that a thread may have, all blank. Scalable ones have a header with their registers' width, which only cores
/// have.
fn register_notes(
    machine: dumpedit::Machine,
    components: u64,
    number: impl Fn(u64) -> Vec<u8>,
) -> impl Iterator<Item = Note> {
    let notes = schema::register_notes(machine).iter();
    let notes = notes.filter(|note| !schema::SCALABLE.contains(&note.kind));
    notes.filter_map(move |note| {
        let mut size = note.size;
        let mut bytes = Vec::new();
        if note.kind == schema::X86_XSTATE {
            /// x87 and SSE, which every area has.
            const LEGACY: u64 = 3;
            if components & !LEGACY == 0 {
                return None;
            }
            size = xsave::standard_size(components);
            bytes = vec![0; narrow(size)];
            put(&mut bytes, schema::XCR0_AT, &number(components | LEGACY));
        }
        bytes.resize(narrow(size), 0);
        Some(Note::new(schema::owner(note.kind), note.kind, bytes.into()))
    })
}

/// The first bytes of a text that fit into a field of `room` bytes.
fn cut(text: &str, room: usize) -> &[u8] {
    let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.as_bytes().get(..end.min(text.len())).unwrap_or(text.as_bytes())
}
