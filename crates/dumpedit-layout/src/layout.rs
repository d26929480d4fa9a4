//! The layout of a dump: everything its tables say.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::access::AccessError;
use crate::byte_order::ByteOrder;
use crate::capture::{Capture, FileOrder};
use crate::granule::{TagSpan, granule};
use crate::interval::IntervalTree;
use crate::location::{Context, Location, RecordChoice, ThreadIndex};
use crate::machine::{Format, Machine};
use crate::mapping::{Apart, Mapping};
use crate::notice::Notice;
use crate::outcome::StopReason;
use crate::process::{Fault, Module, Process};
use crate::region::{Region, RegionWalk};
use crate::register::RegisterPart;
use crate::span::{NamedPart, Span};
use crate::thread::{ContextRecord, RecordKind, Thread};
use crate::thread_order::ThreadOrder;

/// Number of address bits of a pointer whose other bits hold a signature or a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressBits {
    /// In the lower half of the address space.
    pub low: u32,
    /// In the upper half.
    pub high: u32,
}

/// Places of all parts of a dump. Built by [`LayoutBuilder`](crate::LayoutBuilder); owned data that borrows nothing.
#[derive(Debug)]
pub struct Layout {
    pub(crate) format: Format,
    pub(crate) machine: Machine,
    pub(crate) os: Option<String>,
    /// Whether each system has its own tables for the records of threads.
    pub(crate) records_by_system: bool,
    pub(crate) process: Process,
    pub(crate) byte_order: ByteOrder,
    pub(crate) pointer_width: u8,
    pub(crate) address_bits: Option<AddressBits>,
    pub(crate) file_size: u64,
    pub(crate) captures: IntervalTree<Capture>,
    /// Mappings that no capture stands for.
    pub(crate) apart: Vec<Apart>,
    pub(crate) mappings: OnceLock<IntervalTree<Mapping>>,
    pub(crate) cut: IntervalTree<Span>,
    pub(crate) structures: IntervalTree<Span>,
    /// Addresses that map to several pages of physical memory.
    pub(crate) several: IntervalTree<Span>,
    /// Addresses whose memory tags are in the file.
    pub(crate) tags: IntervalTree<TagSpan>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) parts: Vec<NamedPart>,
    pub(crate) modules: Vec<Module>,
    pub(crate) unloaded_modules: Vec<Module>,
    pub(crate) untouched: Vec<String>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) by_file: OnceLock<FileOrder>,
    /// Whether any byte of the file maps to two addresses, computed at first use.
    pub(crate) aliased: OnceLock<bool>,
    /// Index in `apart` of the mapping of each name; `None` where several have it.
    pub(crate) by_name: OnceLock<HashMap<String, Option<usize>>>,
    pub(crate) thread_order: OnceLock<ThreadOrder>,
    /// Whether the process ran 32-bit code on 64-bit Windows, computed at first use.
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

    /// Data about the process as a whole.
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

    /// Modules that were unloaded, in the dump's order.
    pub fn unloaded_modules(&self) -> &[Module] {
        &self.unloaded_modules
    }

    /// The crash that counts where none is named: the first.
    pub fn fault(&self) -> Option<&Fault> {
        self.faults.first()
    }

    /// All crashes, in the dump's order.
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

    /// The only mapping with that name, which may be the last part of a path.
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

    /// The thread of a context.
    ///
    /// # Errors
    /// [`AccessError::NeedsThread`] for the process, [`AccessError::NoSuchThread`] for an index that is too great.
    pub fn thread(&self, context: Context) -> Result<&Thread, AccessError> {
        Ok(self.indexed_thread(context)?.1)
    }

    /// The thread of a context, and its index.
    pub(crate) fn indexed_thread(&self, context: Context) -> Result<(ThreadIndex, &Thread), AccessError> {
        let index = context.thread().ok_or(AccessError::NeedsThread)?;
        let found = usize::try_from(index.0).ok().and_then(|at| self.threads.get(at));
        found
            .map(|thread| (index, thread))
            .ok_or(AccessError::NoSuchThread { thread: index, count: self.threads.len() })
    }

    /// The record that a context's registers are read from.
    pub fn record_of(&self, context: Context) -> Option<&ContextRecord> {
        let Context::Thread(_, choice) = context else { return None };
        let thread = self.thread(context).ok()?;
        thread.chosen(choice).first().copied()
    }

    /// The machine whose registers a context has: the process's, or that of the context's record, such as the 32-bit machine of a WOW64
    /// record.
    pub fn machine_of(&self, context: Context) -> Machine {
        self.record_of(context).map_or(self.machine, |record| record.format.machine)
    }

    /// Whether the process ran 32-bit code on 64-bit Windows: a thread has a 32-bit record, or the library that runs such code is loaded.
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

    /// The context that a register name refers to. In a WOW64 thread a name of the 32-bit record (`eip`, `sp`, `ax`, `eflags`) refers to
    /// that record, as debuggers show it, unless the record was chosen.
    pub fn context_of_name(&self, context: Context, name: &str) -> Context {
        let wow64 = context.with_record(RecordChoice::Wow64);
        let (Context::Thread(_, RecordChoice::Auto), Some(narrow)) = (context, self.record_of(wow64)) else {
            return context;
        };
        let register = name.split(['.', '@']).next().unwrap_or(name);
        if narrow.registers().find(register).is_some() { wow64 } else { context }
    }

    /// Size of a pointer in a context, in bytes: 4 for a WOW64 record, else the process's.
    pub fn pointer_width_of(&self, context: Context) -> u8 {
        match context {
            Context::Thread(_, RecordChoice::Wow64) => 4,
            _ => self.pointer_width,
        }
    }

    /// The address of a pointer: without its signature, where the dump says which bits are the address.
    pub fn address_of(&self, pointer: u64) -> u64 {
        /// The bit that no signature takes: it selects the half of the address space (Arm's manual, PAC).
        const UPPER_HALF: u64 = 1 << 55;
        let Some(bits) = self.address_bits else { return pointer };
        let is_upper = pointer & UPPER_HALF != 0;
        let others = u64::MAX.checked_shl(if is_upper { bits.high } else { bits.low }).unwrap_or(0);
        if is_upper { pointer | others } else { pointer & !others }
    }

    /// The canonical location of an address: zero-extended, so that a sign-extended 32-bit address loses its upper half.
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
    /// [`AccessError::NotLinear`] for a register; [`AccessError::TagNotLinear`] for a memory tag; [`AccessError::NeedsThread`] and its like
    /// for a context without such a thread.
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

    /// A scalable register at the width of the context's record; any other part as it is.
    pub fn fitted(&self, context: Context, part: RegisterPart) -> RegisterPart {
        self.record_of(context).map_or(part, |record| record.fitted(part))
    }

    /// The text of a part of a register in a context.
    pub fn register_name(&self, context: Context, part: RegisterPart) -> String {
        match self.record_of(context) {
            Some(record) => record.name(part),
            None => self.machine.registers().display(part),
        }
    }

    /// The text of a location, which parses back: `0x…`, `reg:rip`, `reg:rip+4`, `tag:0x…`, `offset:0x…`.
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

    /// Reason why an address is not captured.
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

    /// Sets the command line of the process, where it was found in memory.
    pub fn add_command_line(&mut self, line: String) {
        self.process.command_line = Some(line);
    }

    /// Names a thread that has no name yet, where the name was found in memory.
    pub fn name_thread(&mut self, thread: ThreadIndex, name: String) {
        let index = usize::try_from(thread.0).unwrap_or(usize::MAX);
        if let Some(thread) = self.threads.get_mut(index) {
            thread.name.get_or_insert(name);
        }
    }

    /// Adds a module that was found in memory.
    pub fn add_module(&mut self, module: Module) {
        self.modules.push(module);
    }

    /// Adds a record that lies in memory, and that could be found only when the captures were sorted.
    pub fn add_record(&mut self, index: ThreadIndex, record: ContextRecord) {
        if let Some(thread) = usize::try_from(index.0).ok().and_then(|at| self.threads.get_mut(at)) {
            thread.records.push(record);
            self.thread_order = OnceLock::new();
            self.wow64 = OnceLock::new();
        }
    }

    /// Whether every location has the same file bytes as in another layout, so that locations resolved in one hold in the other.
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

    /// Number of distinct addresses whose bytes are in the file.
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

    /// The regions in order of addresses: each captured stretch with the uncaptured rest of its mapping behind it, and each mapping or rest
    /// that is not captured at all.
    pub fn regions(&self) -> impl Iterator<Item = Region> {
        RegionWalk::new(&self.captures, self.mappings(), &self.cut)
    }

    /// File bytes of memory and structures, in any order.
    pub fn parts(&self) -> impl Iterator<Item = Span> {
        let memory = self.captures.items().iter().filter_map(|capture| {
            let size = capture.last.saturating_sub(capture.first).saturating_add(1);
            Span::of(capture.file_offset, size)
        });
        memory.chain(self.structures.items().iter().copied())
    }

    /// Number of regions.
    pub fn region_count(&self) -> usize {
        self.regions().count()
    }
}

/// The last address that a pointer of `width` bytes can hold.
pub(crate) fn last_address(width: u8) -> u64 {
    if width == 4 { u64::from(u32::MAX) } else { u64::MAX }
}

/// An address cut to the pointer's width; `None` where its upper half is neither zero nor a sign extension.
pub(crate) fn zero_extend(address: u64, width: u8) -> Option<u64> {
    let low = address & last_address(width);
    let sign = low & 0x8000_0000 != 0 && address == low | 0xffff_ffff_0000_0000;
    (low == address || sign).then_some(low)
}
