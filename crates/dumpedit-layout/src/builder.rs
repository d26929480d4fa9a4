//! Builds a [`Layout`] from the descriptors that a format's walk finds: clamps to the file, masks addresses, sorts, and counts oddities.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::byte_order::ByteOrder;
use crate::capture::Capture;
use crate::granule::TagSpan;
use crate::interval::{IntervalTree, Ordered};
use crate::layout::{AddressBits, Layout, last_address, zero_extend};
use crate::location::ThreadIndex;
use crate::machine::{Format, Machine};
use crate::mapping::{Apart, Mapping, Protection};
use crate::notice::{NoticeKind, Notices, Subject};
use crate::process::{Fault, Module, Process};
use crate::record_format::BlockKind;
use crate::span::{NamedPart, Span};
use crate::thread::{Block, ContextRecord, Thread};

/// Called with memory that is about to be filled from its start on, as far as needed. The caller may have large pages put there: with small
/// ones, the first touch costs more than all writes.
pub type Ahead = fn(Range<*const u8>);

/// Collects descriptors of a format's walk. Rules that hold for all formats are applied here, once.
#[derive(Debug)]
pub struct LayoutBuilder {
    layout: Layout,
    captures: Ordered<Capture>,
    cut: Vec<Span>,
    structures: Vec<Span>,
    several: Vec<Span>,
    tags: Vec<TagSpan>,
    notices: Notices,
}

impl LayoutBuilder {
    /// Begins a layout of a file of `file_size` bytes for a target whose pointers have `pointer_width` bytes (4 or 8).
    pub fn new(
        format: Format,
        machine: Machine,
        byte_order: ByteOrder,
        pointer_width: u8,
        file_size: u64,
    ) -> Self {
        LayoutBuilder {
            layout: Layout {
                format,
                machine,
                os: None,
                records_by_system: false,
                process: Process::default(),
                byte_order,
                pointer_width,
                address_bits: None,
                file_size,
                captures: IntervalTree::default(),
                apart: Vec::new(),
                mappings: OnceLock::new(),
                cut: IntervalTree::default(),
                structures: IntervalTree::default(),
                several: IntervalTree::default(),
                tags: IntervalTree::default(),
                threads: Vec::new(),
                faults: Vec::new(),
                parts: Vec::new(),
                modules: Vec::new(),
                unloaded_modules: Vec::new(),
                untouched: Vec::new(),
                notices: Vec::new(),
                by_file: OnceLock::new(),
                aliased: OnceLock::new(),
                by_name: OnceLock::new(),
                thread_order: OnceLock::new(),
                wow64: OnceLock::new(),
            },
            captures: Ordered::default(),
            cut: Vec::new(),
            structures: Vec::new(),
            several: Vec::new(),
            tags: Vec::new(),
            notices: Notices::default(),
        }
    }

    /// Sets the operating system's name, for people.
    pub fn os(&mut self, os: impl Into<String>) {
        self.layout.os = Some(os.into());
    }

    /// States that each system has its own tables for the records of threads: a thread without a record is of a system without a table.
    pub fn records_by_system(&mut self) {
        self.layout.records_by_system = true;
    }

    /// Sets the number of address bits of a pointer.
    pub fn address_bits(&mut self, bits: AddressBits) {
        self.layout.address_bits = Some(bits);
    }

    /// Sets the data about the process as a whole.
    pub fn process(&mut self, process: Process) {
        self.layout.process = process;
    }

    /// Reserves memory for `descriptors` captures, and calls `ahead` with it.
    pub fn expect(&mut self, descriptors: usize, ahead: Ahead) {
        ahead(self.captures.reserve(descriptors));
    }

    /// Adds a descriptor that is both: these addresses were mapped with a protection and without a known name, and all of their bytes are
    /// in the file from `file_offset` on.
    #[inline]
    pub fn captured_mapping(&mut self, address: u64, size: u64, file_offset: u64, protection: Protection) {
        match self.plain(address, size, file_offset) {
            Some(capture) => self.captures.push(Capture { mapped: Some(protection), ..capture }),
            None => {
                self.mapping(address, size, Some(protection), None);
                self.capture(address, size, file_offset);
            }
        }
    }

    /// A capture without oddities; `None` for others.
    #[inline]
    fn plain(&self, address: u64, size: u64, file_offset: u64) -> Option<Capture> {
        let last = address.checked_add(size.checked_sub(1)?)?;
        let in_file = file_offset.checked_add(size)? <= self.layout.file_size;
        let rank = u32::try_from(self.captures.len()).ok()?;
        let plain = in_file && last <= last_address(self.layout.pointer_width);
        plain.then_some(Capture { first: address, last, file_offset, rank, mapped: None })
    }

    /// Adds a descriptor: `size` bytes from `address` on are in the file from `file_offset` on. Reads take the first added.
    ///
    /// Bytes past the end of the file are not captured; the notice counts such descriptors.
    #[inline]
    pub fn capture(&mut self, address: u64, size: u64, file_offset: u64) {
        let Some((first, last)) = self.range(address, size) else { return };
        let declared = last.saturating_sub(first);
        let Some(available) =
            self.layout.file_size.checked_sub(file_offset).and_then(|left| left.checked_sub(1))
        else {
            self.cut_off(first, last, first);
            return;
        };
        let held = declared.min(available);
        let Ok(rank) = u32::try_from(self.captures.len()) else {
            self.count(NoticeKind::TooManyDescriptors, Subject::Address(first));
            return;
        };
        let capture = Capture { first, last: first.saturating_add(held), file_offset, rank, mapped: None };
        self.captures.push(capture);
        if let Some(missing) = capture.last.checked_add(1).filter(|_| held < declared) {
            self.cut_off(first, last, missing);
        }
    }

    fn cut_off(&mut self, first: u64, last: u64, missing: u64) {
        self.cut.push(Span { first: missing, last });
        self.apart(Mapping { first, last, protection: None, name: None });
        self.count(NoticeKind::MemoryCutOff, Subject::Address(missing));
    }

    /// Adds addresses that the process had mapped, captured or not. Of overlapping mappings the one that begins first counts, and of those
    /// the first added.
    #[inline]
    pub fn mapping(
        &mut self,
        address: u64,
        size: u64,
        protection: Option<Protection>,
        name: Option<Arc<str>>,
    ) {
        if let Some((first, last)) = self.range(address, size) {
            self.apart(Mapping { first, last, protection, name });
        }
    }

    fn apart(&mut self, mapping: Mapping) {
        let behind = u32::try_from(self.captures.len()).unwrap_or(u32::MAX);
        self.layout.apart.push(Apart { mapping, behind });
    }

    /// Adds addresses that map to several pages of physical memory, so that none can be written.
    pub fn several_pages(&mut self, first: u64, last: u64) {
        self.several.push(Span { first, last });
    }

    /// Adds memory tags of `size` bytes of memory, in `file_size` bytes of the file, as far as the file goes.
    pub fn memory_tags(&mut self, address: u64, size: u64, file_offset: u64, file_size: u64) {
        let held = file_size.min(self.layout.file_size.saturating_sub(file_offset));
        self.tags.extend(TagSpan::new(address, size, file_offset, held));
    }

    /// Adds file bytes that the format itself needs: headers, directories, tables, notes.
    pub fn structure(&mut self, file_offset: u64, size: u64) {
        let available = self.layout.file_size.saturating_sub(file_offset);
        self.structures.extend(Span::of(file_offset, size.min(available)));
    }

    /// Names a part of the file, such as a stream or a note.
    pub fn part(&mut self, file_offset: u64, size: u64, name: impl Into<Arc<str>>) {
        self.add_part(file_offset, size, name.into(), false);
    }

    /// Names a part of the file whose bytes mean the same in another file.
    pub fn compared_part(&mut self, file_offset: u64, size: u64, name: impl Into<Arc<str>>) {
        self.add_part(file_offset, size, name.into(), true);
    }

    fn add_part(&mut self, file_offset: u64, size: u64, name: Arc<str>, compares: bool) {
        /// More names than any real dump has are dropped.
        const MOST: usize = 1 << 16;
        if self.layout.parts.len() < MOST
            && let Some(bytes) = Span::of(file_offset, size)
        {
            self.layout.parts.push(NamedPart { bytes, name, compares });
        }
    }

    /// The block of a record at a file offset, cut to the file's size; `None` where none of it is in the file.
    pub fn block(&self, kind: BlockKind, file_offset: u64, size: u64) -> Option<Block> {
        let size = size.min(self.layout.file_size.saturating_sub(file_offset));
        (size > 0).then_some(Block { kind, file_offset, size, register_bits: 0 })
    }

    /// Adds a thread, and returns its index.
    pub fn thread(&mut self, mut thread: Thread) -> ThreadIndex {
        for record in &mut thread.records {
            record.byte_order = self.layout.byte_order;
        }
        let index = u32::try_from(self.layout.threads.len()).unwrap_or(u32::MAX);
        self.layout.threads.push(thread);
        ThreadIndex(index)
    }

    /// The threads added so far.
    pub fn threads(&self) -> &[Thread] {
        &self.layout.threads
    }

    /// Adds a record to a thread.
    pub fn record(&mut self, index: ThreadIndex, record: ContextRecord) {
        let record = ContextRecord { byte_order: self.layout.byte_order, ..record };
        if let Some(thread) = usize::try_from(index.0).ok().and_then(|at| self.layout.threads.get_mut(at)) {
            thread.records.push(record);
        }
    }

    /// Adds a crash; the first one counts where none is named.
    pub fn fault(&mut self, fault: Fault) {
        self.layout.faults.push(fault);
    }

    /// Adds a module.
    pub fn module(&mut self, module: Module) {
        self.layout.modules.push(module);
    }

    /// Adds a module that was unloaded.
    pub fn unloaded_module(&mut self, module: Module) {
        self.layout.unloaded_modules.push(module);
    }

    /// Adds a stream or note that no table describes.
    pub fn untouched(&mut self, name: impl Into<String>) {
        self.layout.untouched.push(name.into());
    }

    /// The notices collected so far.
    pub fn notices(&mut self) -> &mut Notices {
        &mut self.notices
    }

    /// Counts a descriptor with an oddity that is told once.
    pub fn count(&mut self, kind: NoticeKind, subject: Subject) {
        self.notices.count(kind, subject);
    }

    /// First and last address of a descriptor's range in the target's address space.
    #[inline]
    fn range(&mut self, address: u64, size: u64) -> Option<(u64, u64)> {
        let rest = size.checked_sub(1)?;
        let width = self.layout.pointer_width;
        let Some(first) = zero_extend(address, width) else {
            self.count(NoticeKind::MemoryOutside32Bit, Subject::Address(address));
            return None;
        };
        if first != address {
            self.count(NoticeKind::SignExtendedAddress, Subject::Address(address));
        }
        let limit = last_address(width);
        let last = first.checked_add(rest).filter(|last| *last <= limit);
        if last.is_none() {
            self.count(NoticeKind::MemoryPastLastAddress, Subject::Address(first));
        }
        Some((first, last.unwrap_or(limit)))
    }

    /// The finished layout.
    pub fn finish(self) -> Layout {
        let mut layout = self.layout;
        layout.notices = self.notices.finish();
        layout.captures = self.captures.into_tree();
        layout.cut = IntervalTree::new(self.cut);
        layout.structures = IntervalTree::new(self.structures);
        layout.several = IntervalTree::new(self.several);
        layout.tags = IntervalTree::new(self.tags);
        layout
    }
}
