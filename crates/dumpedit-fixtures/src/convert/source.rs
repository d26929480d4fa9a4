//! Data that both containers have in different forms: threads, the process, ids of modules.

use std::collections::HashSet;

use dumpedit::{Context, Dump, Fault, Machine, RecordKind, Thread, ThreadIndex};
use dumpedit_formats::elf::schema::auxiliary::{self, Vector};
use dumpedit_formats::elf::schema::{AUXV, FILE, ImageFile, MappedFile, image_file, is_wide, mapped_files};
use dumpedit_formats::minidump::schema::{LinkerList, linker_list, stream_kind};
use dumpedit_formats::model::{Blob, Content, Crash, Model, ModuleEntry, Note, NoteBody, StreamContent};

use super::loss::{LossKind, Losses};
use super::made::{MadeKind, Makings};
use crate::encode::{narrow, wide};

/// The dump that is converted.
pub(super) struct Source<'d> {
    pub(super) dump: &'d Dump,
    pub(super) model: Model,
    /// The machine of the new dump.
    pub(super) machine: Machine,
}

/// Longest structure of a process that is read, in bytes.
const MOST: u64 = 1 << 24;

impl<'d> Source<'d> {
    pub(super) fn of(dump: &'d Dump) -> Result<Source<'d>, dumpedit::Error> {
        Ok(Source { dump, model: dump.model()?, machine: machine(dump) })
    }

    /// Tells of a machine that is not the one which the dump names.
    pub(super) fn machine_of_contexts(&self, made: &mut Makings) {
        if self.machine != self.dump.layout().machine() {
            made.name(MadeKind::Machine, self.machine.name());
        }
    }

    /// The records of a thread that its registers are read from: its own, then that of its exception.
    pub(super) fn contexts(&self, index: ThreadIndex) -> Vec<Context> {
        self.records(index, |machine| machine == self.machine)
    }

    /// The records of a thread that are of another machine than the new dump.
    pub(super) fn foreign_contexts(&self, index: ThreadIndex) -> Vec<Context> {
        self.records(index, |machine| machine != self.machine)
    }

    fn records(&self, index: ThreadIndex, is_wanted: impl Fn(Machine) -> bool) -> Vec<Context> {
        let thread = self.dump.layout().threads().get(narrow(index.0.into()));
        let records = thread.map_or(&[][..], |thread| &thread.records).iter();
        let mut kinds: Vec<RecordKind> = records
            .filter(|record| record.kind != RecordKind::Wow64 && is_wanted(record.format.machine))
            .map(|record| record.kind)
            .collect();
        kinds.sort_by_key(|kind| *kind == RecordKind::Exception);
        kinds.dedup();
        kinds.into_iter().map(|kind| Context::Thread(index, kind.choice())).collect()
    }

    /// The crash that goes over: the first, or of a triage dump its exception, since other containers have no bug checks.
    pub(super) fn fault(&self, losses: &mut Losses) -> Option<&'d Fault> {
        let (first, rest) = self.dump.layout().faults().split_first()?;
        if self.model.triage().is_none() {
            losses.add(LossKind::Crash, wide(rest.len()), None);
            return Some(first);
        }
        let Some(exception) = rest.last() else { return Some(first) };
        losses.name(LossKind::BugCheck, code_of(first));
        Some(exception)
    }

    /// The model's entry of the crash that goes over; none for a bug check.
    pub(super) fn crash(&self) -> Option<&Crash> {
        self.model.crashes.first()
    }

    pub(super) fn os(&self) -> Option<&str> {
        self.dump.layout().os()
    }

    /// The threads; with `crashed_first` the crashed one is the first, as debuggers expect it in a core.
    pub(super) fn threads(&self, crashed_first: bool) -> Vec<(ThreadIndex, &'d Thread)> {
        let layout = self.dump.layout();
        let mut threads: Vec<_> = (0u32..).map(ThreadIndex).zip(layout.threads()).collect();
        if let Some(crashed) = layout.crashed().filter(|_| crashed_first) {
            threads.sort_by_key(|(index, _)| *index != crashed);
        }
        threads
    }

    /// Ids of threads in the 32 bits that both containers have; longer ones are replaced by new numbers.
    pub(super) fn ids(&self, threads: &[(ThreadIndex, &Thread)], losses: &mut Losses) -> Vec<u64> {
        let fits = |tid: u64| u32::try_from(tid).is_ok();
        let mut taken: HashSet<u64> =
            threads.iter().map(|(_, thread)| thread.tid).filter(|tid| fits(*tid)).collect();
        let mut next = 1u64;
        let mut id = |(_, thread): &(ThreadIndex, &Thread)| {
            if fits(thread.tid) {
                return thread.tid;
            }
            losses.count(LossKind::ThreadId);
            while !taken.insert(next) {
                next = next.saturating_add(1);
            }
            next
        };
        threads.iter().map(&mut id).collect()
    }

    /// The register that points to a thread's own data, which minidumps have as the address of its environment block: Windows does so, and
    /// Crashpad writes it on other systems.
    pub(super) fn environment_register(&self) -> Option<&'static str> {
        match (self.os()?, self.machine) {
            ("windows" | "macos", Machine::Amd64) => Some("gs_base"),
            ("linux", machine) => machine.thread_pointer(),
            _ => None,
        }
    }

    /// Counts records of a thread that another container has no second record for.
    pub(super) fn other_records(&self, index: ThreadIndex, thread: &Thread, losses: &mut Losses) {
        if thread.record(RecordKind::Wow64).is_some() {
            losses.count(LossKind::Wow64Context);
        }
        let both = thread.record(RecordKind::Exception).zip(thread.record(RecordKind::Thread));
        let Some((exception, own)) = both else { return };
        let of = |kind: RecordKind| {
            let context = Context::Thread(index, kind.choice());
            self.dump.registers(context).unwrap_or_default()
        };
        if exception.place() != own.place() && of(RecordKind::Exception) != of(RecordKind::Thread) {
            losses.count(LossKind::ThreadContext);
        }
    }

    /// The bytes of a content, where they are not too many.
    pub(super) fn bytes(&self, content: &Content) -> Option<Vec<u8>> {
        match content {
            Content::Bytes(bytes) => Some(bytes.to_vec()),
            other => {
                let place = other.place().filter(|place| place.size <= MOST)?;
                let held = self.dump.layout().file_size().saturating_sub(place.file_offset);
                let mut bytes = vec![0; narrow(place.size.min(held))];
                self.dump.read_file(place.file_offset, &mut bytes).ok()?;
                Some(bytes)
            }
        }
    }

    /// A minidump's stream, with the data it points to.
    fn blob(&self, name: &str) -> Option<&Blob> {
        let kind = stream_kind(name)?;
        let streams = self.model.minidump().into_iter().flat_map(|minidump| &minidump.streams);
        streams.filter(|stream| stream.kind == kind).find_map(|stream| match &stream.content {
            StreamContent::Blob(blob) => Some(blob),
            StreamContent::Elsewhere { .. } => None,
        })
    }

    /// The content of a minidump's stream.
    pub(super) fn stream(&self, name: &str) -> Option<&Content> {
        self.blob(name).map(|blob| &blob.content)
    }

    /// The list in the stream LinuxDsoDebug.
    pub(super) fn linker_list(&self) -> Option<LinkerList> {
        let layout = self.dump.layout();
        let read = |content: &Content| self.bytes(content);
        linker_list(self.blob("LinuxDsoDebug")?, layout.pointer_width(), layout.byte_order(), read)
    }

    /// The module whose headers are in memory at an address: a core's readers find build ids only there.
    pub(super) fn image(&self, base: u64) -> Option<ImageFile> {
        /// Most bytes of headers and the notes behind them.
        const MOST: usize = 4096;
        let mut bytes = vec![0; MOST];
        let outcome = self.dump.read_bytes(Context::Process, base, &mut bytes).ok()?;
        bytes.truncate(narrow(outcome.completed));
        image_file(&bytes)
    }

    /// The first address of `size` bytes of unmapped pages, with unmapped pages beside them.
    pub(super) fn unmapped(&self, size: u64) -> Option<u64> {
        /// The kernel maps nothing below (`vm.mmap_min_addr`).
        const LEAST: u64 = 1 << 16;
        let layout = self.dump.layout();
        let page = self.page_size();
        let room = page.checked_add(size)?.checked_add(page)?;
        let regions = layout.regions().map(|region| (region.start, region.size));
        let modules = layout.modules().iter().map(|module| (module.base, module.size.into()));
        let mut taken: Vec<(u64, u128)> = regions.chain(modules).collect();
        taken.sort_unstable();
        let mut first = LEAST;
        for (start, size) in taken {
            if start.checked_sub(first).is_some_and(|gap| gap >= room) {
                break;
            }
            let end = u64::try_from(u128::from(start).saturating_add(size)).ok()?;
            first = first.max(end.checked_next_multiple_of(page)?);
        }
        let last = first.checked_add(room)?.checked_sub(1)?;
        (last <= layout.last_address()).then(|| first.saturating_add(page))
    }

    /// All notes of a core.
    pub(super) fn notes(&self) -> impl Iterator<Item = &Note> {
        let in_front = self.model.elf().into_iter().flat_map(|elf| &elf.notes);
        in_front.chain(self.model.threads.iter().flat_map(|thread| &thread.notes))
    }

    /// The auxiliary vector of a Linux process.
    pub(super) fn auxiliary_vector(&self) -> Option<&Content> {
        let in_note = || {
            let mut notes = self.notes().filter(|note| note.namespace() == b"CORE" && note.kind == AUXV);
            notes.find_map(|note| match &note.body {
                NoteBody::Bytes(content) => Some(content),
                _ => None,
            })
        };
        self.stream("LinuxAuxv").or_else(in_note)
    }

    /// The file mappings that a Linux core lists; from the note's bytes where the model keeps it as bytes.
    pub(super) fn mapped_files(&self) -> Vec<MappedFile> {
        let Some(elf) = self.model.elf() else { return Vec::new() };
        let mut notes = self.notes().filter(|note| note.namespace() == b"CORE" && note.kind == FILE);
        let note = notes.find_map(|note| match &note.body {
            NoteBody::Bytes(content) => self.bytes(content),
            _ => None,
        });
        if let Some(bytes) = note {
            return mapped_files(&bytes, self.dump.layout().byte_order(), elf.wide);
        }
        let row = |module: &ModuleEntry| {
            let mut row = MappedFile::new(module.base.value, module.size.value, module.name.value.clone());
            row.offset = module.page.value.saturating_mul(elf.page_size.value);
            row
        };
        let mut rows: Vec<MappedFile> = self.model.modules.iter().map(row).collect();
        rows.sort_by_key(|row| row.first);
        rows
    }

    /// Size of a page, in bytes.
    pub(super) fn page_size(&self) -> u64 {
        const USUAL: u64 = 4096;
        let fits = |size: &u64| size.is_power_of_two() && (USUAL..=1 << 20).contains(size);
        self.auxiliary(auxiliary::PAGESZ).filter(fits).unwrap_or(USUAL)
    }

    /// The value of an entry of the auxiliary vector.
    pub(super) fn auxiliary(&self, wanted: u64) -> Option<u64> {
        let bytes = self.bytes(self.auxiliary_vector()?)?;
        let layout = self.dump.layout();
        Vector::read(&bytes, layout.byte_order(), layout.pointer_width()).value(wanted)
    }
}

/// The machine of the contexts: of all of them where they agree, else of the crashed thread's. What a dump says of its machine may be wrong,
/// while each context has the machine in its flags. Contexts of another width than the dump's addresses do not count.
fn machine(dump: &Dump) -> Machine {
    let layout = dump.layout();
    let named = layout.machine();
    let width = |machine: Machine| if is_wide(machine) { 8 } else { 4 };
    let of = |thread: &Thread| {
        let machine = thread.effective()?.format.machine;
        (machine == named || width(machine) == layout.pointer_width()).then_some(machine)
    };
    let mut machines = layout.threads().iter().filter_map(of);
    let Some(first) = machines.next() else { return named };
    if machines.all(|machine| machine == first) {
        return first;
    }
    let crashed = layout.crashed().and_then(|index| layout.threads().get(narrow(index.0.into())));
    crashed.and_then(of).unwrap_or(named)
}

/// Name of a crash's code, or the code.
pub(super) fn code_of(fault: &Fault) -> String {
    fault.name.clone().unwrap_or_else(|| format!("{:#x}", fault.code))
}
