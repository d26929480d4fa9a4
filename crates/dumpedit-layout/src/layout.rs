//! The layout of a dump: everything that is known about it once its tables have been read.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::access::AccessError;
use crate::file_parts::NamedPart;
use crate::location::{Context, Location, RecordChoice, ThreadIndex};
use crate::machine::{ByteOrder, Format, Machine};
use crate::mappings::Apart;
use crate::memory_tags::{TagSpan, granule};
use crate::notice::{Notice, NoticeKind, Subject};
use crate::outcome::StopReason;
use crate::region::{ByFile, Capture, Interval, IntervalTree, Mapping, Region};
use crate::register::RegisterPart;
use crate::span::Span;
use crate::sweep::RegionWalk;
use crate::thread::{ContextRecord, RecordKind, Thread};
use crate::thread_order::ThreadOrder;

/// A module (an executable or a shared library) of the dumped process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Module {
    /// Its load address.
    pub base: u64,
    /// Its size in memory, in bytes.
    pub size: u64,
    /// Its name, as the dump gives it; mostly a path.
    pub name: String,
    /// Its build id or debug identifier, where the dump has one.
    pub id: Option<String>,
    /// The file that its debug information was put into, as the module names it (a PDB): a name or a path.
    pub debug_file: Option<String>,
    /// By what symbol stores know the module itself, an image of Windows: its time stamp and its size.
    pub image_id: Option<String>,
}

impl Module {
    /// A module without a build id.
    pub fn new(base: u64, size: u64, name: impl Into<String>) -> Module {
        Module { base, size, name: name.into(), id: None, debug_file: None, image_id: None }
    }

    /// The same with a build id or debug identifier, where there is one.
    pub fn with_id(self, id: Option<String>) -> Module {
        Module { id, ..self }
    }

    /// The same with the file of its debug information, where it names one.
    pub fn with_debug_file(self, debug_file: Option<String>) -> Module {
        Module { debug_file, ..self }
    }

    /// The same with what symbol stores know the image by, where there is such.
    pub fn with_image_id(self, image_id: Option<String>) -> Module {
        Module { image_id, ..self }
    }
}

/// A thread that is taken where none is named.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TakenThread {
    /// Which one.
    pub index: ThreadIndex,
    /// That it is the first of several, where the dump says nothing of a crash.
    pub notice: Option<Notice>,
}

/// Addresses that stand for the same file bytes as others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Aliases {
    /// How many captures hold such.
    pub count: usize,
    /// The first address of each; of very many, some.
    pub addresses: Vec<u64>,
}

/// What the dump records of a crash beside the registers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// The thread that crashed.
    pub thread: ThreadIndex,
    /// The exception code or signal number.
    pub code: u32,
    /// What the code is called on the dump's system, where that is known.
    pub name: Option<String>,
    /// `ExceptionFlags`; 0 in a core.
    pub flags: u32,
    /// What an access violation did (`read`, `write`, `execute`), and with which address.
    pub access: Option<NamedAddress>,
    /// `ExceptionInformation`, as many as the exception says that there are; none in a core.
    pub parameters: Vec<u64>,
    /// The recorded address, with the format's name for it (`ExceptionAddress`, `si_addr`).
    pub address: Option<NamedAddress>,
}

impl Fault {
    /// A crash of which nothing else is known.
    pub fn new(thread: ThreadIndex, code: u32) -> Fault {
        Fault { thread, code, name: None, flags: 0, access: None, parameters: Vec::new(), address: None }
    }
}

/// An address, and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedAddress {
    /// What it is called.
    pub name: &'static str,
    /// The address.
    pub address: u64,
}

/// What a dump says of its process as a whole. What it does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: Option<u64>,
    /// Its name, where the dump has one for the process and not for its threads.
    pub name: Option<String>,
    /// Its command line, with blanks between the words; a core keeps the first 80 bytes.
    pub command_line: Option<String>,
    /// When it started, in seconds since 1970 (UTC).
    pub started: Option<u64>,
    /// When the dump was made, in seconds since 1970 (UTC).
    pub dumped: Option<u64>,
}

/// What is where in a dump. Made by [`LayoutBuilder`](crate::LayoutBuilder); owned data that borrows nothing.
#[derive(Debug)]
pub struct Layout {
    pub(crate) format: Format,
    pub(crate) machine: Machine,
    pub(crate) os: Option<String>,
    pub(crate) process: Process,
    pub(crate) byte_order: ByteOrder,
    pub(crate) pointer_width: u8,
    pub(crate) file_size: u64,
    pub(crate) captures: IntervalTree<Capture>,
    /// The mappings that no capture stands for.
    pub(crate) apart: Vec<Apart>,
    pub(crate) mappings: OnceLock<IntervalTree<Mapping>>,
    pub(crate) cut: IntervalTree<Span>,
    pub(crate) structures: IntervalTree<Span>,
    /// Addresses that stand for several pages of physical memory.
    pub(crate) several: IntervalTree<Span>,
    /// Addresses whose memory tags the file has.
    pub(crate) tags: IntervalTree<TagSpan>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) parts: Vec<NamedPart>,
    pub(crate) modules: Vec<Module>,
    pub(crate) untouched: Vec<String>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) by_file: OnceLock<FileOrder>,
    /// Whether any byte of the file stands for two addresses, once that was asked.
    pub(crate) aliased: OnceLock<bool>,
    /// The mappings by name, by their index among those apart; none where several have it.
    pub(crate) by_name: OnceLock<HashMap<String, Option<usize>>>,
    pub(crate) thread_order: OnceLock<ThreadOrder>,
    /// Whether the process ran 32-bit code on 64-bit Windows, once that was asked.
    pub(crate) wow64: OnceLock<bool>,
}

impl Layout {
    /// The container.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The machine of the process.
    pub fn machine(&self) -> Machine {
        self.machine
    }

    /// The operating system, where the dump tells.
    pub fn os(&self) -> Option<&str> {
        self.os.as_deref()
    }

    /// What the dump says of the process as a whole.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The byte order of the target.
    pub fn byte_order(&self) -> ByteOrder {
        self.byte_order
    }

    /// The size of a pointer of the target, in bytes: 4 or 8.
    pub fn pointer_width(&self) -> u8 {
        self.pointer_width
    }

    /// The size of the file, in bytes, when its tables were read.
    pub fn file_size(&self) -> u64 {
        self.file_size
    }

    /// The threads, in the dump's order.
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// The modules, in the dump's order.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// What the dump says of the crash that counts where none is named: the first.
    pub fn fault(&self) -> Option<&Fault> {
        self.faults.first()
    }

    /// What the dump says of all crashes, in its order.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The thread that crashed, where the dump tells.
    pub fn crashed(&self) -> Option<ThreadIndex> {
        self.fault().map(|fault| fault.thread)
    }

    /// Streams and notes that dumpedit has no table for, by name; edits leave them alone.
    pub fn untouched(&self) -> &[String] {
        &self.untouched
    }

    /// Oddities found while the tables were read.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The last address of the target's address space.
    pub fn last_address(&self) -> u64 {
        last_address(self.pointer_width)
    }

    /// The mapping that holds an address, where the dump lists one.
    pub fn mapping_at(&self, address: u64) -> Option<&Mapping> {
        self.mappings().at(address)
    }

    /// The only mapping of that name, which may be the last part of a path.
    pub fn mapping_named(&self, name: &str) -> Option<&Mapping> {
        let by_name = self.by_name.get_or_init(|| {
            let mut by_name: HashMap<String, Option<usize>> = HashMap::new();
            for (index, Apart { mapping, .. }) in self.apart.iter().enumerate() {
                let Some(name) = mapping.name.as_deref() else { continue };
                let last = name.rsplit(['/', '\\']).next().filter(|last| *last != name);
                for name in [Some(name), last].into_iter().flatten() {
                    by_name.entry(name.to_owned()).and_modify(|other| *other = None).or_insert(Some(index));
                }
            }
            by_name
        });
        self.apart.get((*by_name.get(name)?)?).map(|apart| &apart.mapping)
    }

    /// The thread that a context means.
    ///
    /// # Errors
    /// [`AccessError::NeedsThread`] for the process, [`AccessError::NoSuchThread`] for an index that is too great.
    pub fn thread(&self, context: Context) -> Result<&Thread, AccessError> {
        Ok(self.indexed_thread(context)?.1)
    }

    /// The same with its index.
    pub(crate) fn indexed_thread(&self, context: Context) -> Result<(ThreadIndex, &Thread), AccessError> {
        let index = context.thread().ok_or(AccessError::NeedsThread)?;
        let found = usize::try_from(index.0).ok().and_then(|at| self.threads.get(at));
        found
            .map(|thread| (index, thread))
            .ok_or(AccessError::NoSuchThread { thread: index, count: self.threads.len() })
    }

    /// The thread to use where none is named: the crashed one, else the only one.
    ///
    /// # Errors
    /// [`AccessError::NoDefaultThread`] where there are several or none.
    pub fn default_thread(&self) -> Result<ThreadIndex, AccessError> {
        match (self.crashed(), self.threads.len()) {
            (Some(index), _) => Ok(index),
            (None, 1) => Ok(ThreadIndex(0)),
            _ => Err(self.no_default_thread()),
        }
    }

    /// The thread that reads take where none is named: where the dump names no crash the first, as debuggers do.
    ///
    /// # Errors
    /// [`AccessError::NoDefaultThread`] where there is none.
    pub fn thread_to_read(&self) -> Result<TakenThread, AccessError> {
        let first = match (self.default_thread(), self.threads.first()) {
            (Ok(index), _) => return Ok(TakenThread { index, notice: None }),
            (Err(error), None) => return Err(error),
            (Err(_), Some(first)) => first,
        };
        let message = format!("the dump names no crash: thread {}, the first, is taken", first.tid);
        let notice = Notice::new(NoticeKind::FirstThreadTaken, message).about(Subject::Thread(first.tid));
        Ok(TakenThread { index: ThreadIndex(0), notice: Some(notice) })
    }

    /// The error that no thread is the one to use, with the first of those there are.
    pub fn no_default_thread(&self) -> AccessError {
        let named = self.threads.iter().take(AccessError::MOST_NAMED);
        AccessError::NoDefaultThread {
            tids: named.map(|thread| thread.tid).collect(),
            count: self.threads.len(),
        }
    }

    /// The record that reads of a context's registers take.
    pub fn record_of(&self, context: Context) -> Option<&ContextRecord> {
        let Context::Thread(_, choice) = context else { return None };
        let thread = self.thread(context).ok()?;
        thread.chosen(choice).first().copied()
    }

    /// The machine whose registers a context holds: the process's, or another one where its record is of another: the
    /// 32-bit one of a WOW64 record.
    pub fn machine_of(&self, context: Context) -> Machine {
        self.record_of(context).map_or(self.machine, |record| record.format.machine)
    }

    /// Whether the process ran 32-bit code on 64-bit Windows: a thread has a 32-bit record, or the library that makes them
    /// is loaded.
    pub fn is_wow64(&self) -> bool {
        let is_it = |module: &Module| {
            let name = module.name.rsplit(['/', '\\']).next().unwrap_or_default();
            name.eq_ignore_ascii_case("wow64.dll")
        };
        *self.wow64.get_or_init(|| {
            self.threads.iter().any(|thread| thread.record(RecordKind::Wow64).is_some())
                || (self.machine == Machine::Amd64 && self.modules.iter().any(is_it))
        })
    }

    /// The context that a register's name means. In a WOW64 thread a name that the 32-bit record has (`eip`, `sp`, `ax`,
    /// `eflags`) means that record, as debuggers show it, unless the record was chosen.
    pub fn context_of_name(&self, context: Context, name: &str) -> Context {
        let wow64 = context.with_record(RecordChoice::Wow64);
        let (Context::Thread(_, RecordChoice::Auto), Some(narrow)) = (context, self.record_of(wow64)) else {
            return context;
        };
        let register = name.split(['.', '@']).next().unwrap_or(name);
        if narrow.registers().find(register).is_some() { wow64 } else { context }
    }

    /// The size of a pointer in a context, in bytes: 4 for a WOW64 record, else the process's.
    pub fn pointer_width_of(&self, context: Context) -> u8 {
        match context {
            Context::Thread(_, RecordChoice::Wow64) => 4,
            _ => self.pointer_width,
        }
    }

    /// The address as this target writes it: zero-extended, so that a sign-extended 32-bit address loses its upper half.
    pub fn canonicalize(&self, location: Location) -> Location {
        match location {
            Location::Virtual(address) => {
                Location::Virtual(zero_extend(address, self.pointer_width).unwrap_or(address))
            }
            Location::Tag(address) => Location::Tag(granule(address)),
            register => register,
        }
    }

    /// The linear address of a location.
    ///
    /// # Errors
    /// [`AccessError::NotLinear`] for a register; [`AccessError::TagNotLinear`] for a memory tag; [`AccessError::NeedsThread`] and its like for a bad context.
    pub fn linearize(&self, context: Context, location: Location) -> Result<u64, AccessError> {
        if context != Context::Process {
            self.thread(context)?;
        }
        match self.canonicalize(location) {
            Location::Virtual(address) => Ok(address),
            Location::Register { part, .. } => {
                Err(AccessError::NotLinear { register: self.register_name(context, part) })
            }
            Location::Tag(address) => Err(AccessError::TagNotLinear { address }),
            Location::Field { file_offset, .. } | Location::Offset(file_offset) => {
                Err(AccessError::OffsetNotLinear { file_offset })
            }
        }
    }

    /// A register whose width the context's record gives, at that width; any other part as it is.
    pub fn fitted(&self, context: Context, part: RegisterPart) -> RegisterPart {
        self.record_of(context).map_or(part, |record| record.fitted(part))
    }

    /// How a part of a register is written in a context.
    pub fn register_name(&self, context: Context, part: RegisterPart) -> String {
        match self.record_of(context) {
            Some(record) => record.name(part),
            None => self.machine.registers().display(part),
        }
    }

    /// The location as text that dumpedit reads back: `0x…`, `reg:rip`, `reg:rip+4`, `tag:0x…`, `offset:0x…`.
    pub fn display(&self, context: Context, location: Location) -> String {
        match location {
            Location::Virtual(address) => format!("{address:#x}"),
            Location::Tag(address) => format!("tag:{address:#x}"),
            Location::Field { file_offset, .. } | Location::Offset(file_offset) => {
                format!("offset:{file_offset:#x}")
            }
            Location::Register { part, byte } => {
                let name = self.register_name(context, part);
                if byte == 0 { format!("reg:{name}") } else { format!("reg:{name}+{byte}") }
            }
        }
    }

    /// What is known about an address that is not captured.
    pub fn absence(&self, address: u64) -> StopReason {
        if self.cut.at(address).is_some() {
            StopReason::EndOfFile
        } else if self.mappings().at(address).is_some() {
            StopReason::NotCaptured
        } else {
            StopReason::Unmapped
        }
    }

    /// The captured addresses nearest to an address.
    pub fn nearest_captured(&self, address: u64) -> Option<Span> {
        let captures = self.captures.items();
        let after = captures.partition_point(|capture| capture.first <= address);
        let below = self
            .captures
            .greatest_last_from(address)
            .and_then(|last| self.captures.at(last))
            .map(|capture| Span { first: capture.first, last: capture.last });
        let above = captures.get(after).map(|capture| Span { first: capture.first, last: capture.last });
        match (below, above) {
            (Some(below), Some(above)) => {
                let nearer_below = address.saturating_sub(below.last) <= above.first.saturating_sub(address);
                Some(if nearer_below { below } else { above })
            }
            (below, above) => below.or(above),
        }
    }

    /// The command line of the process, where it was found in memory.
    pub fn add_command_line(&mut self, line: String) {
        self.process.command_line = Some(line);
    }

    /// The name of a thread that has none yet, where it was found in memory.
    pub fn name_thread(&mut self, thread: ThreadIndex, name: String) {
        let index = usize::try_from(thread.0).unwrap_or(usize::MAX);
        if let Some(thread) = self.threads.get_mut(index) {
            thread.name.get_or_insert(name);
        }
    }

    /// One more module: one that was found in memory.
    pub fn add_module(&mut self, module: Module) {
        self.modules.push(module);
    }

    /// One more record for a thread: one that could be found only once the captures were in order, because it lies in
    /// memory.
    pub fn add_record(&mut self, index: ThreadIndex, record: ContextRecord) {
        if let Some(thread) = usize::try_from(index.0).ok().and_then(|at| self.threads.get_mut(at)) {
            thread.records.push(record);
            self.thread_order = OnceLock::new();
            self.wow64 = OnceLock::new();
        }
    }

    /// Whether every location has the same file bytes behind it as in another layout, so that what was resolved in one
    /// holds in the other.
    pub fn has_places_of(&self, other: &Layout) -> bool {
        let same_place = |(one, other): (&Capture, &Capture)| one.place() == other.place();
        let same_records = |(one, other): (&Thread, &Thread)| {
            one.records.len() == other.records.len()
                && one.records.iter().zip(&other.records).all(|(one, other)| one.stands_as(other))
        };
        self.file_size == other.file_size
            && self.machine == other.machine
            && self.captures.items().len() == other.captures.items().len()
            && self.captures.items().iter().zip(other.captures.items()).all(same_place)
            && self.structures.items() == other.structures.items()
            && self.threads.len() == other.threads.len()
            && self.threads.iter().zip(&other.threads).all(same_records)
    }

    /// The captures by their file bytes; built when first asked for, since most runs never ask.
    fn file_order(&self) -> &FileOrder {
        self.by_file.get_or_init(|| {
            let captures = self.captures.items().iter().map(|&capture| ByFile { capture }).collect();
            let tree: IntervalTree<ByFile> = IntervalTree::new(captures);
            let mut next = 0;
            let shared = tree.items().iter().any(|one| {
                let shares = one.lowest() < next;
                next = one.highest().saturating_add(1).max(next);
                shares
            });
            FileOrder { tree, shared }
        })
    }

    /// The threads by id and by file bytes; built when first asked for.
    pub(crate) fn thread_order(&self) -> &ThreadOrder {
        self.thread_order.get_or_init(|| ThreadOrder::of(&self.threads))
    }

    /// Whether any byte of the file stands for two addresses.
    pub fn has_aliases(&self) -> bool {
        *self.aliased.get_or_init(|| {
            // Mostly the file has the memory in the order of its addresses, and nothing has to be sorted.
            let captures = self.captures.items();
            let in_order = captures.is_sorted_by(|one, next| one.file_last() < next.file_offset);
            !in_order && self.file_order().shared
        })
    }

    pub(crate) fn by_file(&self) -> &IntervalTree<ByFile> {
        &self.file_order().tree
    }

    /// The addresses outside `written` that stand for any of some file bytes, which are in order and disjoint; at most
    /// `most` of them are listed.
    pub fn aliases(&self, file_bytes: &[Span], written: Option<Span>, most: usize) -> Aliases {
        let mut aliases = Aliases::default();
        let (Some(first), Some(last)) = (file_bytes.first(), file_bytes.last()) else { return aliases };
        self.by_file().meeting(first.first, last.last, |ByFile { capture }| {
            // What the capture holds outside `written`: all of it, or what lies below and what lies above.
            let (below, above) = match written {
                None => (Some(capture.last), None),
                Some(Span { first, last }) => (first.checked_sub(1), last.checked_add(1)),
            };
            let below = below.map(|last| (capture.first, capture.last.min(last)));
            let above = above.map(|first| (capture.first.max(first), capture.last));
            let alias =
                below.into_iter().chain(above).filter(|(from, to)| from <= to).find_map(|(from, to)| {
                    let (from, to) = (capture.file_offset_of(from), capture.file_offset_of(to));
                    let at = file_bytes.partition_point(|bytes| bytes.last < from);
                    let bytes = file_bytes.get(at).filter(|bytes| bytes.first <= to)?;
                    Some(capture.address_of(from.max(bytes.first)))
                });
            if let Some(alias) = alias {
                if aliases.addresses.len() < most {
                    aliases.addresses.push(alias);
                }
                aliases.count = aliases.count.saturating_add(1);
            }
            true
        });
        aliases
    }

    /// How many distinct addresses the file holds bytes for.
    pub fn captured_bytes(&self) -> u64 {
        let mut total = 0u64;
        let mut next = Some(0u64);
        for capture in self.captures.items() {
            let Some(from) = next else { break };
            if capture.last >= from {
                let fresh = capture.last.saturating_sub(capture.first.max(from)).saturating_add(1);
                total = total.saturating_add(fresh);
                next = capture.last.checked_add(1);
            }
        }
        total
    }

    /// The regions in order of addresses: each captured stretch with the uncaptured rest of its mapping behind it, and each
    /// mapping or rest that is not captured at all.
    pub fn regions(&self) -> impl Iterator<Item = Region> {
        RegionWalk::new(&self.captures, self.mappings(), &self.cut)
    }

    /// How many regions there are.
    pub fn region_count(&self) -> usize {
        self.regions().count()
    }
}

/// The captures in the order of their file bytes.
#[derive(Debug)]
pub(crate) struct FileOrder {
    tree: IntervalTree<ByFile>,
    /// Whether any file byte stands for two addresses.
    shared: bool,
}

/// The last address that a pointer of `width` bytes can hold.
pub(crate) fn last_address(width: u8) -> u64 {
    if width == 4 { u64::from(u32::MAX) } else { u64::MAX }
}

/// An address cut to the pointer's width; `None` where the upper half is neither zero nor the sign.
pub(crate) fn zero_extend(address: u64, width: u8) -> Option<u64> {
    let low = address & last_address(width);
    let sign = low & 0x8000_0000 != 0 && address == low | 0xffff_ffff_0000_0000;
    (low == address || sign).then_some(low)
}
