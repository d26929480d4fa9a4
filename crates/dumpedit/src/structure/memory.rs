//! Memory that is added and dropped.

use std::sync::Arc;

use dumpedit_formats::linux_maps::MapsLine;
use dumpedit_formats::minidump::schema::{COMMITTED, PRIVATE, page_protection, stream_kind};
use dumpedit_formats::model::{
    Blob, Container, Content, List, MappingEntry, Memory, Model, Place, Stored, StreamContent,
};
use dumpedit_layout::{Notice, NoticeKind, Protection, Span, Subject, joined, without};

use super::{DumpPart, Structure, StructureError};
use crate::edit::Edit;
use crate::edit::payload::Payload;
use crate::error::Error;

/// `MEM_FREE` of winnt.h.
const FREE: u32 = 0x1_0000;

const READ_WRITE: Protection = Protection { read: true, write: true, execute: false, guard: false };

impl Edit {
    /// Adds memory that the dump does not hold. Its default protection is that of the mapping there, else `rw-`.
    ///
    /// # Errors
    /// [`StructureError`]: where a byte of it is captured already, and where it extends past the last address.
    pub fn add_memory(
        &mut self,
        address: u64,
        bytes: &[u8],
        protection: Option<Protection>,
    ) -> Result<(), Error> {
        self.add_payload(address, Payload::given(bytes), protection)
    }

    /// As [`Edit::add_memory`].
    pub(crate) fn add_payload(
        &mut self,
        address: u64,
        payload: Payload<'_>,
        protection: Option<Protection>,
    ) -> Result<(), Error> {
        let size = payload.len();
        if size == 0 {
            return Err(StructureError::NoBytes.into());
        }
        let last = address.checked_add(size.saturating_sub(1));
        let last = last.filter(|last| *last <= self.dump().layout().last_address());
        let range = Span { first: address, last: last.ok_or(StructureError::PastEnd { address, size })? };
        self.restructure(|edit, structure| {
            edit.check_not_captured(structure, range)?;
            edit.put_memory(structure, range, payload, protection)
        })
    }

    /// Adds memory to the model, where it has none.
    pub(super) fn put_memory(
        &mut self,
        structure: &mut Structure,
        range: Span,
        payload: Payload<'_>,
        protection: Option<Protection>,
    ) -> Result<(), Error> {
        let (address, size) = (range.first, payload.len());
        let adopted = self.pending.adopt(payload, size).map_err(|cause| Error::Kept { cause })?;
        let content = Content::Given { number: structure.given.len(), size };
        structure.given.push(adopted);
        structure.added(DumpPart::Memory { address, size });
        let there = self.dump().layout().mapping_at(address).and_then(|mapping| mapping.protection);
        let allowed = protection.or(there).unwrap_or(READ_WRITE);
        let maps = maps_of(&structure.new);
        let is_told = structure.new.add_memory(range, content, allowed, protection.is_some(), self)?;
        if let Some(place) = maps.filter(|_| maps_of(&structure.new) != maps) {
            structure.taken.push((place, self.changes.len()));
        }
        if !is_told && protection.is_some() {
            let kind = NoticeKind::ProtectionUntold;
            self.tell(Notice::new(kind, kind.phrase()).about(Subject::Address(address)));
        }
        Ok(())
    }

    /// Checks that the dump holds no byte of a range.
    pub(super) fn check_not_captured(&self, structure: &Structure, range: Span) -> Result<(), Error> {
        let layout = self.dump().layout();
        if let Some(captured) = layout.captured_ranges(range.first, range.last).next() {
            let address = captured.first;
            let holds = |region: &dumpedit_layout::Region| {
                address.checked_sub(region.start).is_some_and(|skipped| skipped < region.captured)
            };
            let region = layout.regions().find(holds);
            let (start, size) = region.map_or((address, 1), |region| (region.start, region.captured));
            return Err(StructureError::Captured { address, start, size }.into());
        }
        for change in structure.changes.iter().filter(|change| change.added) {
            if let DumpPart::Memory { address: start, size } = change.part
                && let Some(other) = Span::of(start, size)
                && other.first <= range.last
                && range.first <= other.last
            {
                let address = start.max(range.first);
                return Err(StructureError::Captured { address, start, size }.into());
            }
        }
        Ok(())
    }

    /// Drops memory from the dump's tables. In a core, the mapping is dropped with it.
    ///
    /// # Errors
    /// [`StructureError::NotCaptured`] where the dump holds none of it.
    pub fn drop_memory(&mut self, first: u64, last: u64) -> Result<(), Error> {
        let range = Span { first, last };
        self.restructure(|edit, structure| {
            if structure.changes.iter().any(|change| change.added) {
                return Err(StructureError::DropFirst.into());
            }
            let layout = edit.dump().layout();
            let mut dropped: Vec<Span> = Vec::new();
            // Entries of a damaged dump may have bytes that the file lacks.
            if layout.captured_ranges(first, last).next().is_none() {
                return Err(StructureError::NotCaptured { first, last }.into());
            }
            let last_address = layout.last_address();
            for entry in &structure.new.memory {
                let Some(held) = Span::of(entry.address & last_address, entry.captured) else { continue };
                if held.first <= range.last && range.first <= held.last {
                    let first = held.first.max(range.first);
                    dropped.push(Span { first, last: held.last.min(range.last) });
                }
            }
            let dropped = joined(dropped);
            if dropped.is_empty() {
                return Err(StructureError::NotCaptured { first, last }.into());
            }
            let parts = |address: u64, size: u64| {
                let Some(held) = Span::of(address & last_address, size) else { return Vec::new() };
                let part = |part: Span| {
                    let size = part.last.saturating_sub(part.first).saturating_add(1);
                    (part.first.saturating_sub(held.first), size)
                };
                without(&[held], &[range]).into_iter().map(part).collect()
            };
            let pointers = vec![None; structure.new.threads.len()];
            let file_size = layout.file_size();
            structure
                .new
                .keep_memory(file_size, last_address, &parts, true, &pointers)
                .map_err(|cause| StructureError::InPlace { cause })?;
            for Span { first, last } in dropped {
                let size = last.saturating_sub(first).saturating_add(1);
                structure.dropped(DumpPart::Memory { address: first, size });
            }
            Ok(())
        })
    }
}

/// Place of the LinuxMaps in the file.
fn maps_of(model: &Model) -> Option<Place> {
    let kind = stream_kind("LinuxMaps");
    let stream = model.minidump()?.streams.iter().find(|stream| Some(stream.kind) == kind)?;
    match &stream.content {
        StreamContent::Blob(blob) => blob.content.place(),
        StreamContent::Elsewhere { .. } => None,
    }
}

/// A list of a dump that holds memory.
trait AddMemory {
    /// Adds memory, and returns whether its protection is stored.
    fn add_memory(
        &mut self,
        range: Span,
        content: Content,
        allowed: Protection,
        is_given: bool,
        edit: &Edit,
    ) -> Result<bool, Error>;
}

impl AddMemory for Model {
    fn add_memory(
        &mut self,
        range: Span,
        content: Content,
        allowed: Protection,
        is_given: bool,
        edit: &Edit,
    ) -> Result<bool, Error> {
        let mut memory = Memory::new(range.first, content);
        memory.protection = Some(allowed);
        if self.minidump().is_none() {
            let flags = carve(&mut self.memory, range);
            memory.segment.flags = flags.filter(|_| !is_given);
            self.memory.push(memory);
            return Ok(true);
        }
        let of_64 = |entry: &Memory| entry.list == List::Memory64;
        memory.protection = None;
        memory.list = if self.memory.iter().any(of_64) { List::Memory64 } else { List::Memory };
        self.memory.push(memory);
        if !self.mappings.is_empty() {
            map(&mut self.mappings, range, allowed);
            return Ok(true);
        }
        let is_mapped = edit.dump().layout().mapping_at(range.first).is_some();
        let Container::Minidump(minidump) = &mut self.container else { return Ok(false) };
        let maps = stream_kind("LinuxMaps");
        let Some(stream) = minidump.streams.iter_mut().find(|stream| Some(stream.kind) == maps) else {
            return Ok(false);
        };
        let StreamContent::Blob(Blob { content, .. }) = &mut stream.content else { return Ok(false) };
        if is_mapped {
            return Ok(!is_given);
        }
        let mut text = edit.content_bytes(content)?;
        if text.last().is_some_and(|last| *last != b'\n') {
            text.push(b'\n');
        }
        let line = MapsLine::new(range.first, range.last.saturating_add(1), allowed);
        text.extend(line.to_string().bytes());
        *content = Content::Bytes(Arc::from(text));
        Ok(true)
    }
}

impl Edit {
    /// The bytes of a content in memory or in the dump's file, with the edit.
    pub(super) fn content_bytes(&self, content: &Content) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; usize::try_from(content.size()).unwrap_or(0)];
        match content {
            Content::Bytes(held) => bytes.copy_from_slice(held),
            Content::File(place) => self.view().file_bytes(place.file_offset, &mut bytes)?,
            Content::Cut { file, .. } => {
                let held = bytes.get_mut(..usize::try_from(file.size).unwrap_or(0)).unwrap_or_default();
                self.view().file_bytes(file.file_offset, held)?;
            }
            _ => {}
        }
        Ok(bytes)
    }
}

/// Makes room in segments that map a range without storing it: their parts in front of it and behind it stay. Returns the `p_flags` of the
/// one with the range's first address.
fn carve(memory: &mut Vec<Memory>, range: Span) -> Option<u32> {
    let mut flags = None;
    let mut behind = Vec::new();
    memory.retain_mut(|entry| {
        let is_memory = entry.segment.kind == dumpedit_formats::model::SegmentParts::default().kind;
        let Some(mapped) = Span::of(entry.address, entry.size).filter(|_| is_memory) else { return true };
        if range.last < mapped.first || mapped.last < range.first {
            return true;
        }
        if mapped.first <= range.first {
            flags = entry.segment.flags;
        }
        if mapped.last > range.last {
            let mut rest = Memory::new(range.last.saturating_add(1), Content::Zero(0));
            rest.size = mapped.last.saturating_sub(range.last);
            rest.protection = entry.protection;
            rest.segment = entry.segment;
            behind.push(rest);
        }
        entry.size = range.first.saturating_sub(mapped.first).max(entry.captured);
        entry.size > 0 && range.first > mapped.first
    });
    memory.extend(behind);
    flags
}

/// Lists a range as mapped, unless it is: it replaces entries of free memory there.
fn map(mappings: &mut Vec<MappingEntry>, range: Span, allowed: Protection) {
    let span = |mapping: &MappingEntry| Span::of(mapping.address, mapping.size);
    let holds = |mapping: &MappingEntry| {
        span(mapping).is_some_and(|span| span.first <= range.first && range.last <= span.last)
            && mapping.state != FREE
    };
    if mappings.iter().any(holds) {
        return;
    }
    let mut listed = Vec::with_capacity(mappings.len().saturating_add(2));
    for mapping in mappings.drain(..) {
        match span(&mapping) {
            Some(Span { first, last })
                if mapping.state == FREE && first <= range.last && range.first <= last =>
            {
                let mut part = mapping;
                if first < range.first {
                    part.size = range.first.saturating_sub(first);
                    listed.push(part);
                }
                if last > range.last {
                    part.address = range.last.saturating_add(1);
                    part.size = last.saturating_sub(range.last);
                    listed.push(part);
                }
            }
            _ => listed.push(mapping),
        }
    }
    let protection = page_protection(allowed);
    let at = listed.partition_point(|mapping: &MappingEntry| mapping.address < range.first);
    let mut mapping = MappingEntry::default();
    mapping.address = range.first;
    mapping.base = range.first;
    mapping.allocation_protection = protection;
    mapping.size = range.last.saturating_sub(range.first).saturating_add(1);
    mapping.state = COMMITTED;
    mapping.protection = protection;
    mapping.kind = PRIVATE;
    listed.insert(at.min(listed.len()), mapping);
    *mappings = listed;
}

/// Whether an entry stores the byte at an address.
pub(super) fn holds(entry: &Memory, address: u64) -> bool {
    let is_stored = matches!(&entry.stored, Stored::Own(content) if !content.is_empty());
    is_stored && address.checked_sub(entry.address).is_some_and(|skipped| skipped < entry.captured)
}
