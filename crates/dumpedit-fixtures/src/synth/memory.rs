//! Builds memory of a model from the regions of a spec.

use dumpedit::notation::At;
use dumpedit_formats::model::{Content, FileOffset, List, Memory, Stored};

use super::drawing::Drawing;
use super::numbers::fits32;
use crate::error::{FixtureError, Within};
use crate::facts::facts;
use crate::spec::{MemoryPlace, RegionSpec, Step};

impl Drawing<'_, '_> {
    pub(super) fn memory(&mut self) -> Result<(), FixtureError> {
        let spec = self.spec;
        for (index, region) in spec.memory.iter().enumerate() {
            let entry = self.region(region).within(index).within("memory")?;
            self.model.memory.push(entry);
        }
        Ok(())
    }

    fn region(&mut self, region: &RegionSpec) -> Result<Memory, FixtureError> {
        let measured = self.bytes.measure(&region.content).within("content")?;
        let size = region.size.unwrap_or(measured);
        let captured = region.captured.unwrap_or(size);
        let stored = region.stored.unwrap_or(captured);
        self.check(region, measured, (size, captured, stored))?;
        let stored = match &region.file_offset {
            Some(at) => Stored::Elsewhere(self.file_offset(at).within("file_offset")?),
            None if region.content.is_empty() => Stored::Own(Content::Zero(stored)),
            None => {
                let cuts = region.stored.is_some();
                let content = self.contents.of_memory(self.bytes, &region.content, stored, cuts);
                Stored::Own(content.within("content")?)
            }
        };
        let list = region.list.unwrap_or(self.spec.layout.memory);
        let physical = region.physical.as_ref();
        let mut entry = Memory::new(self.bytes.labels.address(&region.at).within("at")?, Content::default());
        entry.size = size;
        entry.captured = captured;
        entry.stored = stored;
        entry.protection = region.protection;
        entry.list = match list {
            MemoryPlace::List => List::Memory,
            MemoryPlace::List64 => List::Memory64,
            MemoryPlace::Outside => List::Outside,
        };
        let segment = &mut entry.segment;
        if let Some(kind) = region.kind {
            segment.kind = fits32(kind, "p_type").within("type")?;
        }
        segment.flags = region.flags.map(|flags| fits32(flags, "p_flags")).transpose().within("flags")?;
        segment.physical = physical.map_or(Ok(0), |at| self.bytes.labels.address(at)).within("physical")?;
        segment.align = region.align;
        Ok(entry)
    }

    fn check(
        &self,
        region: &RegionSpec,
        measured: u64,
        (size, captured, stored): (u64, u64, u64),
    ) -> Result<(), FixtureError> {
        let may_exceed = facts(self.spec.format).may_store_more;
        let problem = if captured > size && region.captured.is_some() && !may_exceed {
            Some((format!("{captured:#x} bytes are captured of a region of {size:#x}"), "captured"))
        } else if stored > captured {
            Some((format!("{stored:#x} bytes are stored of {captured:#x} that are captured"), "stored"))
        } else {
            None
        };
        if let Some((text, key)) = problem {
            return Err(FixtureError::contradiction(text).within(key));
        }
        if region.file_offset.is_some() && !region.content.is_empty() {
            let text = "a region that gives its file_offset stores nothing and can have no content";
            return Err(FixtureError::contradiction(text).within(Step::Piece(0)).within("content"));
        }
        if region.file_offset.is_some() && region.stored.is_some() {
            let text = "a region that gives its file_offset stores nothing";
            return Err(FixtureError::contradiction(text).within("stored"));
        }
        if measured > captured && region.stored.is_none() {
            let text = format!("the content has {measured:#x} bytes, but the region has {captured:#x}");
            return Err(FixtureError::contradiction(text).within(Step::Piece(0)).within("content"));
        }
        Ok(())
    }

    /// A file offset given as a number, or as a label of the region with those bytes.
    pub(super) fn file_offset(&self, at: &At) -> Result<FileOffset, FixtureError> {
        match at {
            At::Address(offset) => Ok(FileOffset::Number(*offset)),
            At::Module(text) => {
                let (index, skipped) = self.bytes.labels.region(text)?;
                Ok(FileOffset::Memory { index, skipped })
            }
            _ => Err(FixtureError::contradiction("write a file offset, or a label")),
        }
    }
}

/// Captured ranges of the spec's memory: index, first address, and size in bytes.
pub(super) fn captured(memory: &[Memory]) -> impl Iterator<Item = (usize, u64, u64)> + '_ {
    memory.iter().enumerate().map(|(index, entry)| (index, entry.address, entry.captured))
}
