//! Builds the parts of a spec that all containers have from a model.

use std::collections::HashSet;

use dumpedit::notation::At;
use dumpedit::{Context, Dump, RecordChoice, ThreadIndex};
use dumpedit_formats::model::{Content, FileOffset, List, Memory, ModuleEntry, Place, Stored};

use super::keep::Kept;
use super::raw::Raw;
use super::slot::Slot;
use super::typed;
use crate::encode::narrow;
use crate::facts::facts;
use crate::holders::Holders;
use crate::spec::{ContentSpec, MemoryPlace, ModuleSpec, RegionSpec, Spec, StackSpec};
use dumpedit_formats::write::Part;

/// A spec being built.
pub(crate) struct Describing<'d> {
    pub(super) dump: &'d Dump,
    pub(super) raw: Raw,
    pub(super) kept: &'d Kept,
    pub(super) spec: Spec,
    pub(super) slots: Vec<Slot>,
    labels: HashSet<String>,
}

impl<'d> Describing<'d> {
    /// A spec with only format, machine and byte order of the header.
    pub(super) fn of(dump: &'d Dump, kept: &'d Kept) -> Describing<'d> {
        let layout = dump.layout();
        let mut spec = Spec::new(layout.format(), layout.machine());
        spec.byte_order = layout.byte_order();
        Describing { dump, raw: Raw::of(dump), kept, spec, slots: Vec::new(), labels: HashSet::new() }
    }
}

impl Describing<'_> {
    pub(super) fn modules(&mut self) {
        for module in &self.kept.model.modules {
            let module = self.module(module);
            self.spec.modules.push(module);
        }
    }

    pub(super) fn memory(&mut self) {
        let memory = &self.kept.model.memory;
        let is_64 = |entry: &Memory| entry.list == List::Memory64;
        let only_64 = !memory.is_empty() && memory.iter().all(is_64);
        self.spec.layout.memory = if only_64 { MemoryPlace::List64 } else { MemoryPlace::List };
        for entry in memory {
            let region = self.region(entry);
            self.spec.memory.push(region);
        }
        // Entries refer to others' bytes by labels.
        for (index, entry) in memory.iter().enumerate() {
            if let Stored::Elsewhere(at) = entry.stored {
                let at = self.file_offset(at);
                if let Some(region) = self.spec.memory.get_mut(index) {
                    region.file_offset = Some(at);
                }
            }
        }
    }

    fn region(&self, entry: &Memory) -> RegionSpec {
        let mut region = RegionSpec::new(entry.address, entry.size);
        region.captured = (entry.captured != entry.size).then_some(entry.captured);
        region.protection = entry.protection;
        let list = match entry.list {
            List::Memory => MemoryPlace::List,
            List::Memory64 => MemoryPlace::List64,
            List::Outside => MemoryPlace::Outside,
        };
        region.list = Some(list).filter(|_| list != self.spec.layout.memory);
        if let Stored::Own(content) = &entry.stored {
            region.content = self.content(content);
            region.stored = (content.size() < entry.captured).then(|| content.size());
        }
        let load = dumpedit_formats::model::SegmentParts::default().kind;
        let segment = entry.segment;
        region.kind = (segment.kind != load).then(|| segment.kind.into());
        region.flags = segment.flags.map(u64::from);
        region.physical = (segment.physical != 0).then(|| address(segment.physical));
        region.align = segment.align;
        region
    }

    fn module(&self, module: &ModuleEntry) -> ModuleSpec {
        let order = self.raw.order;
        let record = |content: &Option<Content>, is_code_view: bool| {
            let content = content.as_ref()?;
            let bytes = content.place().and_then(|place| self.raw.bytes(place.file_offset, place.size));
            let typed = bytes.filter(|_| is_code_view).and_then(|bytes| typed::code_view(&bytes, order));
            Some(typed.unwrap_or_else(|| self.held_content(content)))
        };
        ModuleSpec {
            page: unless(module.page.value, 0),
            checksum: unless(module.checksum.value.into(), 0),
            timestamp: unless(module.timestamp.value.into(), 0),
            version: self.unless_zero(&module.version),
            cv: record(&module.code_view, true),
            misc: record(&module.miscellaneous, false),
            reserved: self.unless_zero(&module.reserved),
            ..ModuleSpec::new(module.base.value, module.size.value, &module.name.value)
        }
    }

    /// A content that stays in the dump's file.
    pub(super) fn content(&self, content: &Content) -> ContentSpec {
        match content {
            Content::File(place) | Content::Cut { file: place, .. } => {
                self.raw.content(place.file_offset, place.size)
            }
            Content::Bytes(bytes) => ContentSpec::from(bytes.to_vec()),
            _ => ContentSpec::default(),
        }
    }

    /// A small content as bytes.
    fn held_content(&self, content: &Content) -> ContentSpec {
        self.held(content).map_or_else(|| self.content(content), Into::into)
    }

    /// The bytes of a small content that the file has, with zeros for those that are cut off.
    pub(super) fn held(&self, content: &Content) -> Option<Vec<u8>> {
        match content {
            Content::File(place) => self.raw.bytes(place.file_offset, place.size),
            Content::Cut { file, size } => {
                let mut bytes = self.raw.bytes(file.file_offset, file.size)?;
                bytes.resize(narrow(*size), 0);
                Some(bytes)
            }
            _ => None,
        }
    }

    /// A small content; empty where all of it is zero.
    pub(super) fn unless_zero(&self, content: &Content) -> ContentSpec {
        match content.place() {
            Some(place) => self.raw.unless_zero(place.file_offset, place.size),
            None => self.content(content),
        }
    }

    /// A file offset in a spec's notation.
    pub(super) fn file_offset(&mut self, at: FileOffset) -> At {
        match at {
            FileOffset::Number(offset) => address(offset),
            FileOffset::Memory { index, skipped } => {
                let label = self.label(index, None);
                At::Module(if skipped == 0 { label } else { format!("{label}+{skipped:#x}") })
            }
        }
    }

    /// The label of a region, which is added where it has none.
    pub(super) fn label(&mut self, index: usize, wanted: Option<String>) -> String {
        let Some(region) = self.spec.memory.get_mut(index) else { return String::new() };
        if let Some(label) = &region.label {
            return label.clone();
        }
        let wanted =
            wanted.filter(|label| !self.labels.contains(label)).unwrap_or_else(|| format!("region-{index}"));
        region.label = Some(wanted.clone());
        self.labels.insert(wanted.clone());
        wanted
    }

    /// The label for the stack of a thread.
    pub(super) fn stack_label(&self, thread: usize) -> String {
        let threads = &self.spec.threads;
        let tid = threads.get(thread).and_then(|thread| thread.tid).unwrap_or(0);
        if self.kept.model.threads.len() > 1 { format!("stack-{tid}") } else { "stack".to_owned() }
    }

    /// The context of a thread's own record.
    pub(super) fn context(&self, thread: usize) -> Option<(ThreadIndex, Context)> {
        let index = self.kept.threads.get(thread).copied().flatten()?;
        Some((index, Context::Thread(index, RecordChoice::Thread)))
    }

    /// Whether a block of a thread's record begins at a place.
    pub(super) fn holds_registers(&self, thread: usize, place: Place) -> bool {
        let record = self.context(thread).and_then(|(_, context)| self.dump.layout().record_of(context));
        record.is_some_and(|record| record.blocks.iter().any(|block| block.file_offset == place.file_offset))
    }

    /// Labels regions that stack pointers point into and that are no listed stacks: a Memory64List and a core list none.
    pub(super) fn label_stacks(&mut self) {
        let has_segments = facts(self.dump.layout().format()).has_segments;
        let size = |region: &RegionSpec| {
            let whole = region.captured.filter(|_| has_segments).or(region.size)?;
            let counts = if has_segments { region.kind.is_none() } else { region.file_offset.is_none() };
            counts.then_some(whole)
        };
        let ranges = self.spec.memory.iter().enumerate().filter_map(|(index, region)| {
            let At::Address(start) = region.at else { return None };
            Some((index, start, size(region)?))
        });
        let holders = Holders::of(ranges);
        let mut labels = Vec::new();
        for slot in &self.slots {
            let (Part::Thread(thread), Some(context)) = (slot.part, slot.context) else { continue };
            let has_region =
                |thread: &crate::spec::ThreadSpec| matches!(thread.stack, Some(StackSpec::Region(_)));
            if self.spec.threads.get(thread).is_none_or(has_region) {
                continue;
            }
            let sp = self.dump.read_register(context, "sp").ok().and_then(|sp| sp.to_u64().ok());
            if let Some(region) = sp.and_then(|sp| holders.first(sp)) {
                labels.push((region, self.stack_label(thread)));
            }
        }
        for (region, label) in labels {
            self.label(region, Some(label));
        }
    }
}

/// A number, where it is not synth's default.
pub(super) fn unless(value: u64, usual: u64) -> Option<u64> {
    (value != usual).then_some(value)
}

pub(super) fn address(value: u64) -> At {
    At::Address(value)
}

pub(super) fn address_unless_zero(value: u64) -> Option<At> {
    (value != 0).then(|| address(value))
}
