//! The tables of a dump while they are drawn: bytes one after the other, with what can only be put in later.

use dumpedit::ByteOrder;
use dumpedit::notation::Value;

use super::bytes::{Bytes, Evaluated};
use super::parts::Parts;
use super::regions::Placement;
use crate::encode::{narrow, put, wide};
use crate::error::{FixtureError, Problem};
use crate::spec::{Content, Number, Placed};

/// Tables in the making.
pub(crate) struct Sheet<'s> {
    pub(crate) tables: Vec<u8>,
    pub(crate) parts: Parts,
    pub(crate) bytes: Bytes<'s>,
    /// Values that need the registers, by file offset.
    pub(crate) deferred: Vec<(u64, Placed<Value>)>,
    /// File offsets of a minidump's structures that registers fill in: see there.
    pub(crate) threads_at: Vec<u64>,
    pub(crate) crashes_at: Vec<u64>,
}

/// The most bytes that tables may have, whatever the dump may: they are held in memory.
const MOST: u64 = 1 << 30;

impl<'s> Sheet<'s> {
    pub(crate) fn new(bytes: Bytes<'s>) -> Self {
        Sheet {
            tables: Vec::new(),
            parts: Parts::default(),
            bytes,
            deferred: Vec::new(),
            threads_at: Vec::new(),
            crashes_at: Vec::new(),
        }
    }

    pub(crate) fn order(&self) -> ByteOrder {
        self.bytes.order
    }

    /// The file offset that the next bytes get.
    pub(crate) fn end(&self) -> u64 {
        wide(self.tables.len())
    }

    pub(crate) fn align(&mut self, unit: u64) {
        let end = self.end().next_multiple_of(unit.max(1));
        self.tables.resize(narrow(end), 0);
    }

    /// Adds bytes; their file offset.
    pub(crate) fn place(&mut self, bytes: &[u8]) -> u64 {
        let at = self.end();
        self.tables.extend_from_slice(bytes);
        at
    }

    /// Adds zeros; their file offset.
    pub(crate) fn reserve(
        &mut self,
        size: u64,
        place: Option<crate::spec::Place>,
    ) -> Result<u64, FixtureError> {
        let at = self.end();
        let end = at.checked_add(size).filter(|end| *end <= MOST.min(self.bytes.options.max_size));
        let Some(end) = end else {
            let limit = MOST.min(self.bytes.options.max_size);
            return Err(FixtureError::new(Problem::TooLarge { size: at.saturating_add(size), limit }, place));
        };
        self.tables.resize(narrow(end), 0);
        Ok(at)
    }

    /// Puts bytes over what is there.
    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) {
        put(&mut self.tables, narrow(at), bytes);
    }

    /// Adds a content, `size` bytes of it where that is given; its file offset and size.
    pub(crate) fn content(
        &mut self,
        content: &Content,
        size: Option<&Number>,
    ) -> Result<(u64, u64), FixtureError> {
        let room = size.map(|size| size.value);
        let measured = self.bytes.measure(content)?;
        let size_of_all = room.unwrap_or(measured);
        let place = size.and_then(|size| size.place);
        let at =
            self.reserve(size_of_all, place.or(content.pieces.first().and_then(|piece| piece.data.place)))?;
        self.fill(at, content, size_of_all)?;
        Ok((at, size_of_all))
    }

    /// Puts a content into room that is there.
    pub(crate) fn fill(&mut self, at: u64, content: &Content, size: u64) -> Result<(), FixtureError> {
        let (ready, deferred) = self.bytes.early(content, Some(size))?;
        for Evaluated { offset, source, piece } in ready {
            let bytes = source.bytes()?;
            if offset.checked_add(wide(bytes.len())).is_none_or(|end| end > size) {
                let text = format!("this reaches past the {size} bytes that there are");
                return Err(FixtureError::contradiction(text, piece));
            }
            self.put(at.saturating_add(offset), &bytes);
        }
        let deferred = deferred.into_iter().map(|(offset, value)| (at.saturating_add(offset), value));
        self.deferred.extend(deferred);
        Ok(())
    }

    pub(crate) fn check_size(&self, placement: &Placement, limit: u64) -> Result<(), FixtureError> {
        let size = placement.end.max(self.end());
        if size > limit { Err(Problem::TooLarge { size, limit }.into()) } else { Ok(()) }
    }
}
