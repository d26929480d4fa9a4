//! Where the memory of a dump goes: behind its tables, region after region.

use dumpedit::Format;
use dumpedit::notation::At;

use super::bytes::Bytes;
use crate::error::FixtureError;
use crate::spec::Spec;

/// A region's numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) address: u64,
    /// Mapped, in bytes.
    pub(crate) size: u64,
    /// What the dump says it holds, in bytes.
    pub(crate) captured: u64,
    /// What the file holds before its end, in bytes.
    stored: u64,
    /// Where the dump says that it is.
    pub(crate) file_offset: u64,
}

/// A region's bytes in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    pub(crate) file_offset: u64,
    pub(crate) size: u64,
}

/// Where everything goes.
pub(crate) struct Placement {
    pub(crate) extents: Vec<Extent>,
    /// Whether the spec says itself where the bytes are, so that none are stored.
    forced: Vec<bool>,
    /// One past the last byte.
    pub(crate) end: u64,
}

impl Placement {
    /// The numbers of every region.
    pub(crate) fn measure(spec: &Spec, bytes: &Bytes<'_>) -> Result<Placement, FixtureError> {
        let mut extents = Vec::with_capacity(spec.memory.len());
        for region in &spec.memory {
            let measured = bytes.measure(&region.content)?;
            let size = region.size.map_or(measured, |size| size.value);
            let captured = region.captured.map_or(size, |captured| captured.value);
            let stored = region.stored.map_or(captured, |stored| stored.value);
            // A segment may store more than it maps.
            let may_exceed = spec.format == Format::ElfCore;
            let problem = if captured > size && region.captured.is_some() && !may_exceed {
                Some((format!("{captured:#x} bytes are captured of a region of {size:#x}"), region.captured))
            } else if stored > captured {
                Some((
                    format!("{stored:#x} bytes are stored of {captured:#x} that are captured"),
                    region.stored,
                ))
            } else {
                None
            };
            if let Some((text, number)) = problem {
                return Err(FixtureError::contradiction(text, number.and_then(|number| number.place)));
            }
            let first = region.content.pieces.first().and_then(|piece| piece.data.place);
            if region.file_offset.is_some() && !region.content.is_empty() {
                let text = "a region that gives its file_offset stores nothing and can have no content";
                return Err(FixtureError::contradiction(text, first));
            }
            if measured > captured && region.stored.is_none() {
                let text = format!("the content has {measured:#x} bytes and the region holds {captured:#x}");
                return Err(FixtureError::contradiction(text, first));
            }
            extents.push(Extent {
                address: bytes.labels.address(&region.at)?,
                size,
                captured,
                stored: if region.file_offset.is_some() { 0 } else { stored },
                file_offset: 0,
            });
        }
        let forced = spec.memory.iter().map(|region| region.file_offset.is_some()).collect();
        Ok(Placement { extents, forced, end: 0 })
    }

    /// Puts the regions behind `start`, in this order; those that are cut by the end of the file come last.
    pub(crate) fn place(
        &mut self,
        spec: &Spec,
        bytes: &Bytes<'_>,
        start: u64,
        order: &[usize],
        align: u64,
    ) -> Result<(), FixtureError> {
        let align = align.max(1);
        let mut next = start;
        let is_cut = |extent: &Extent, forced: bool| extent.stored < extent.captured && !forced;
        for cut in [false, true] {
            for index in order {
                let (Some(extent), Some(forced), Some(region)) =
                    (self.extents.get_mut(*index), self.forced.get(*index), spec.memory.get(*index))
                else {
                    continue;
                };
                if is_cut(extent, *forced) != cut || *forced {
                    continue;
                }
                let aligned = next.checked_next_multiple_of(align);
                let end = aligned.and_then(|at| at.checked_add(extent.stored));
                let (Some(at), Some(end)) = (aligned, end) else {
                    let text = "the file would be larger than any can be";
                    return Err(FixtureError::contradiction(text, region.at.place));
                };
                extent.file_offset = if extent.captured == 0 { next } else { at };
                if extent.captured == 0 {
                    continue;
                }
                next = end;
                if cut && extent.stored > 0 {
                    // What comes behind lies past the end of the file.
                    next = next.saturating_add(extent.captured.saturating_sub(extent.stored));
                }
            }
        }
        let places = self.extents.iter().filter(|extent| extent.stored > 0);
        self.end =
            places.map(|extent| extent.file_offset.saturating_add(extent.stored)).max().unwrap_or(start);
        if spec.format == Format::ElfCore {
            // elfutils looks for a module wherever a segment says that its bytes are, though it has none: there is nothing
            // behind the last byte.
            let behind = self.end.checked_next_multiple_of(align).unwrap_or(self.end);
            let empty = self.extents.iter_mut().filter(|extent| extent.captured == 0);
            empty.for_each(|extent| extent.file_offset = behind);
        }
        for (index, region) in spec.memory.iter().enumerate() {
            let Some(at) = &region.file_offset else { continue };
            let file_offset = self.file_offset(bytes, at)?;
            if let Some(extent) = self.extents.get_mut(index) {
                extent.file_offset = file_offset;
            }
        }
        Ok(())
    }

    /// A file offset that a spec gives as a number, or as a label for where that region's bytes are.
    pub(crate) fn file_offset(
        &self,
        bytes: &Bytes<'_>,
        at: &crate::spec::Address,
    ) -> Result<u64, FixtureError> {
        match &at.value {
            At::Address(offset) => Ok(*offset),
            At::Module(text) => {
                let text = crate::spec::Placed { value: text.clone(), place: at.place };
                let (region, offset) = bytes.labels.region(&text)?;
                let extent = self.extents.get(region);
                extent.and_then(|extent| extent.file_offset.checked_add(offset)).ok_or_else(|| {
                    FixtureError::contradiction("this lies past the end of every file", at.place)
                })
            }
            _ => Err(FixtureError::contradiction("write a file offset, or a label", at.place)),
        }
    }

    /// Where a region's bytes are stored, where any are.
    pub(crate) fn stored(&self, region: usize) -> Option<Stored> {
        let extent = self.extents.get(region).filter(|extent| extent.stored > 0)?;
        Some(Stored { file_offset: extent.file_offset, size: extent.stored })
    }
}
