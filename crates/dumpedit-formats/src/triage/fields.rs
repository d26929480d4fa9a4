//! Fields of a triage dump, read by file offsets.

use dumpedit_layout::{ByteOrder, Place};
use minidump_common::format::MINIDUMP_EXCEPTION;
use object::endian::Endianness;
use scroll::Pread;

use super::schema::*;
use crate::encoding::Encoding;
use crate::fields::TextKind;

/// Maximum length of a driver's name, in UTF-16 code units; longer ones are cut.
const MOST_NAME: u64 = 1024;

/// Encoding of numbers.
const ENCODING: Encoding = Encoding { order: Endianness::Little, wide: true };

/// The file, read by file offsets.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl Fields<'_> {
    fn u16(self, at: u64) -> Option<u16> {
        ENCODING.u16(self.0, usize::try_from(at).ok()?)
    }

    pub(super) fn u32(self, at: u64) -> Option<u32> {
        ENCODING.u32(self.0, usize::try_from(at).ok()?)
    }

    pub(super) fn u64(self, at: u64) -> Option<u64> {
        ENCODING.u64(self.0, usize::try_from(at).ok()?)
    }

    fn exception(self, at: u64) -> Option<MINIDUMP_EXCEPTION> {
        self.0.pread_with(usize::try_from(at).ok()?, scroll::LE).ok()
    }

    /// The exception record with its file offset, where it is not empty.
    pub(super) fn told_exception(self) -> Option<(u64, MINIDUMP_EXCEPTION)> {
        let at = self.offset(EXCEPTION)?;
        let record = self.exception(at)?;
        (![0, UNUSED].contains(&record.exception_code)).then_some((at, record))
    }

    /// The 32-bit file offset at a file offset; `None` where it is in the header or past the end.
    pub(super) fn offset(self, at: u64) -> Option<u64> {
        self.u32(at).map(u64::from).filter(|offset| *offset != 0)
    }

    /// A text of the string pool: its length in UTF-16 code units, and the text in UTF-16.
    pub(super) fn text(self, at: u64) -> Option<String> {
        let length = u64::from(self.u32(at)?).min(MOST_NAME);
        let letters = (0..length).map_while(|index| {
            let at = at.checked_add(4)?.checked_add(index.checked_mul(2)?)?;
            self.u16(at)
        });
        Some(String::from_utf16_lossy(&letters.collect::<Vec<u16>>()))
    }

    /// The place of that text, with the zeros up to the pool's next text. `starts` are the file offsets of the texts, in order.
    pub(super) fn text_place(self, at: u64, starts: &[u64]) -> Option<Place> {
        let letters = u64::from(self.u32(at)?).min(MOST_NAME);
        let size = letters.saturating_mul(2).saturating_add(4);
        let end = at.checked_add(size)?;
        let pool_size = self.u32(STRINGS.checked_add(4)?).map_or(0, u64::from);
        let pool_end = self.offset(STRINGS).map_or(0, |start| start.saturating_add(pool_size));
        let next = starts.get(starts.partition_point(|start| *start <= at)).copied().unwrap_or(pool_end);
        let rest = usize::try_from(end).ok()?..usize::try_from(next.min(pool_end)).ok()?;
        let is_free = self.0.get(rest).is_some_and(|rest| rest.iter().all(|byte| *byte == 0));
        let size = if is_free { next.min(pool_end).saturating_sub(at) } else { size };
        Some(Place { file_offset: at, size })
    }

    /// A data block of the table: its address, its file offset and its size, in bytes.
    pub(super) fn block(self, at: u64) -> Option<(u64, u64, u64)> {
        let number = |skipped: u64| self.u32(at.checked_add(skipped)?).map(u64::from);
        Some((self.u64(at)?, number(8)?, number(12)?))
    }

    /// The stack, which is stored apart from the data blocks: its address, its file offset and its size, in bytes.
    pub(super) fn stack(self) -> Option<(u64, u64, u64)> {
        let size = self.u32(CALL_STACK.checked_add(4)?).filter(|size| *size > 0)?;
        Some((self.u64(TOP_OF_STACK)?, self.offset(CALL_STACK)?, size.into()))
    }

    /// The additional page of memory.
    pub(super) fn page(self) -> Option<(u64, u64, u64)> {
        let at = |skipped: u64| DATA_PAGE.checked_add(skipped);
        let size = self.u32(at(12)?).filter(|size| *size > 0)?;
        Some((self.u64(DATA_PAGE)?, self.offset(at(8)?)?, size.into()))
    }

    /// A driver's base, size and time stamp.
    pub(super) fn driver(self, at: u64) -> Option<(u64, u32, u32)> {
        let base = self.u64(at.checked_add(DRIVER_BASE)?)?;
        let size = self.u32(at.checked_add(DRIVER_IMAGE_SIZE)?)?;
        Some((base, size, self.u32(at.checked_add(DRIVER_TIMESTAMP)?)?))
    }

    /// The number of unloaded drivers, and the file offset of the first; `None` where the file does not have all of them.
    pub(super) fn unloaded(self) -> Option<(u64, u64)> {
        let at = self.offset(UNLOADED)?;
        let count = self.u64(at).filter(|count| u32::try_from(*count).is_ok())?;
        let first = at.checked_add(UNLOADED_HEADER)?;
        let end = first.checked_add(count.checked_mul(UNLOADED_SIZE)?)?;
        (end <= u64::try_from(self.0.len()).ok()?).then_some((count, first))
    }

    /// An unloaded driver's name, base and end.
    pub(super) fn unloaded_driver(self, at: u64) -> Option<(String, u64, u64)> {
        let range = usize::try_from(at).ok()?..usize::try_from(at.checked_add(UNLOADED_TEXT)?).ok()?;
        let name = TextKind::Described.read(self.0.get(range)?, ByteOrder::Little);
        Some((name, self.u64(at.checked_add(UNLOADED_BASE)?)?, self.u64(at.checked_add(UNLOADED_END)?)?))
    }

    /// Whether the dump has the signature at the end of a finished one.
    pub(super) fn is_finished(self) -> bool {
        self.offset(VALID).and_then(|at| self.u32(at)) == Some(SIGNATURE)
    }

    /// The size of the list of unloaded drivers, in bytes, where only zeros follow it in its part of the file.
    pub(super) fn unloaded_size(self, part: Place) -> Option<u64> {
        let (count, first) = self.unloaded()?;
        let end = first.checked_add(count.checked_mul(UNLOADED_SIZE)?)?;
        let range = usize::try_from(end).ok()?..usize::try_from(part.end()).ok()?;
        let is_all = self.0.get(range)?.iter().all(|byte| *byte == 0);
        is_all.then(|| end.saturating_sub(part.file_offset))
    }

    /// Parts of which only the offset is known, each with the file offset of the field that leads to it, its name and its place, which
    /// reaches to the next known part. `blocks` are the file offsets of the data blocks.
    pub(super) fn parts(self, blocks: Vec<u64>) -> Vec<(u64, &'static str, Place)> {
        let file_size = u64::try_from(self.0.len()).unwrap_or(u64::MAX);
        let mut starts: Vec<u64> = OFFSETS.iter().filter_map(|at| self.offset(*at)).collect();
        starts.extend(blocks);
        starts.sort_unstable();
        let place = |start: u64| {
            let next = starts.iter().copied().find(|next| *next > start).unwrap_or(file_size);
            Place { file_offset: start, size: next.min(file_size).saturating_sub(start) }
        };
        let held = |at: u64| self.offset(at).filter(|start| *start < file_size);
        // The size of the debugger data is behind its offset.
        let debugger_data = self.u32(DEBUGGER_DATA.saturating_add(4)).map(u64::from).filter(|size| *size > 0);
        let limited = |field: u64, place: Place| {
            let size = match field {
                DEBUGGER_DATA => debugger_data,
                UNLOADED => self.unloaded_size(place),
                _ => None,
            };
            Place { size: size.map_or(place.size, |size| place.size.min(size)), ..place }
        };
        let mut parts: Vec<_> = PARTS
            .iter()
            .filter_map(|(at, name)| Some((*at, *name, limited(*at, place(held(*at)?)))))
            .collect();
        if let Some(end) = held(SIZE_OF_DUMP) {
            let place = Place { file_offset: end, size: file_size.saturating_sub(end) };
            parts.push((SIZE_OF_DUMP, SECONDARY_DATA, place));
        }
        parts
    }
}
