//! The regions of a spec as memory of a model.

use dumpedit::Format;
use dumpedit::notation::At;
use dumpedit_formats::model::{Content as Modelled, FileOffset, List, Memory, Segment, Stored};

use super::contents::place_of;
use super::model::{Drawing, fits32};
use crate::error::FixtureError;
use crate::spec::{Address, MemoryPlace, Placed, Region};

impl Drawing<'_, '_> {
    pub(super) fn memory(&mut self) -> Result<(), FixtureError> {
        let spec = self.spec;
        for region in &spec.memory {
            let entry = self.region(region)?;
            self.model.memory.push(entry);
        }
        Ok(())
    }

    fn region(&mut self, region: &Region) -> Result<Memory, FixtureError> {
        let measured = self.bytes.measure(&region.content)?;
        let size = region.size.map_or(measured, |size| size.value);
        let captured = region.captured.map_or(size, |captured| captured.value);
        let stored = region.stored.map_or(captured, |stored| stored.value);
        self.check(region, measured, (size, captured, stored))?;
        let stored = match &region.file_offset {
            Some(at) => Stored::Elsewhere(self.file_offset(at)?),
            None if region.content.is_empty() => Stored::Own(Modelled::Zero(stored)),
            None => {
                let cuts = region.stored.is_some();
                Stored::Own(self.contents.of_memory(self.bytes, &region.content, stored, cuts)?)
            }
        };
        let list = region.list.map_or(self.spec.layout.memory, |list| list.value);
        let physical = region.physical.as_ref();
        let mut entry = Memory::new(self.bytes.labels.address(&region.at)?, Modelled::default());
        entry.address = self.bytes.labels.address(&region.at)?;
        entry.size = size;
        entry.captured = captured;
        entry.stored = stored;
        entry.protection = region.protection.map(|protection| protection.value);
        entry.list = match list {
            MemoryPlace::List => List::Memory,
            MemoryPlace::List64 => List::Memory64,
            MemoryPlace::Outside => List::Outside,
        };
        entry.segment = Segment {
            kind: match region.kind {
                Some(kind) => fits32(kind, "p_type")?,
                None => Segment::default().kind,
            },
            flags: region.flags.map(|flags| fits32(flags, "p_flags")).transpose()?,
            physical: physical.map_or(Ok(0), |at| self.bytes.labels.address(at))?,
            align: region.align.map(|align| align.value),
        };
        Ok(entry)
    }

    fn check(
        &self,
        region: &Region,
        measured: u64,
        (size, captured, stored): (u64, u64, u64),
    ) -> Result<(), FixtureError> {
        // A segment may store more than it maps.
        let may_exceed = self.spec.format == Format::ElfCore;
        let problem = if captured > size && region.captured.is_some() && !may_exceed {
            Some((format!("{captured:#x} bytes are captured of a region of {size:#x}"), region.captured))
        } else if stored > captured {
            Some((format!("{stored:#x} bytes are stored of {captured:#x} that are captured"), region.stored))
        } else {
            None
        };
        if let Some((text, number)) = problem {
            return Err(FixtureError::contradiction(text, number.and_then(|number| number.place)));
        }
        if region.file_offset.is_some() && !region.content.is_empty() {
            let text = "a region that gives its file_offset stores nothing and can have no content";
            return Err(FixtureError::contradiction(text, place_of(&region.content)));
        }
        if measured > captured && region.stored.is_none() {
            let text = format!("the content has {measured:#x} bytes and the region holds {captured:#x}");
            return Err(FixtureError::contradiction(text, place_of(&region.content)));
        }
        Ok(())
    }

    /// A file offset that a spec gives as a number, or as a label for where that region's bytes are.
    pub(super) fn file_offset(&self, at: &Address) -> Result<FileOffset, FixtureError> {
        match &at.value {
            At::Address(offset) => Ok(FileOffset::Number(*offset)),
            At::Module(text) => {
                let text = Placed { value: text.clone(), place: at.place };
                let (index, skipped) = self.bytes.labels.region(&text)?;
                Ok(FileOffset::Memory { index, skipped })
            }
            _ => Err(FixtureError::contradiction("write a file offset, or a label", at.place)),
        }
    }
}

/// The spec's memory by its captured ranges: index, first address, and size in bytes.
pub(super) fn captured(memory: &[Memory]) -> impl Iterator<Item = (usize, u64, u64)> + '_ {
    memory.iter().enumerate().map(|(index, entry)| (index, entry.address, entry.captured))
}
