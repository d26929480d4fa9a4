//! Writes the tables of a dump: consecutive bytes, some of which are filled in later.

use std::collections::HashMap;

use dumpedit_layout::{ByteOrder, FileBytes};

use super::{About, Piece, WriteError, WriteProblem};
use crate::model::{Content, Place};

/// Maximum size of tables without the parts that stay in the old file, in bytes, whatever the dump's limit: they are held in memory.
const MOST: u64 = 1 << 30;

/// Tables under construction.
pub(crate) struct Sheet {
    order: ByteOrder,
    limit: u64,
    /// Bytes so far, without contents that stay in their file: in order, with gaps for these.
    runs: Vec<Run>,
    /// File offset of the next bytes.
    end: u64,
    /// Number of bytes that are held, or will be by the maker of their contents.
    held: u64,
    /// Contents that stay in their file: in gaps, or over bytes of a run.
    pieces: Vec<Piece>,
    /// Values that overwrite pieces in gaps.
    patches: Vec<FileBytes>,
    /// File offsets of bytes that several links share.
    pub(super) shared: HashMap<Place, u64>,
}

/// Consecutive bytes that are held.
struct Run {
    file_offset: u64,
    bytes: Vec<u8>,
}

impl Run {
    fn end(&self) -> u64 {
        self.file_offset.saturating_add(wide(self.bytes.len()))
    }

    /// The bytes between two file offsets, where there are any.
    fn piece(&self, start: u64, end: u64) -> Option<Piece> {
        let into = |at: u64| narrow(at.saturating_sub(self.file_offset));
        let bytes = self.bytes.get(into(start)..into(end)).filter(|bytes| !bytes.is_empty())?;
        Some(Piece { file_offset: start, content: Content::Bytes(bytes.into()) })
    }
}

impl Sheet {
    /// Tables of at most `limit` bytes.
    pub(crate) fn new(order: ByteOrder, limit: u64) -> Sheet {
        Sheet {
            order,
            limit,
            runs: Vec::new(),
            end: 0,
            held: 0,
            pieces: Vec::new(),
            patches: Vec::new(),
            shared: HashMap::new(),
        }
    }

    /// Tables behind the `size` bytes of an existing file.
    pub(crate) fn behind(order: ByteOrder, size: u64) -> Sheet {
        Sheet { end: size, ..Sheet::new(order, u64::MAX) }
    }

    /// File offset of the next bytes.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    pub(crate) fn align(&mut self, unit: u64) {
        let end = self.end.checked_next_multiple_of(unit.max(1)).unwrap_or(self.end);
        self.grow(end, |bytes, size| bytes.resize(size, 0));
    }

    /// Adds bytes, and returns their file offset.
    pub(crate) fn place(&mut self, bytes: &[u8]) -> u64 {
        let at = self.end;
        self.grow(at.saturating_add(wide(bytes.len())), |held, _| held.extend_from_slice(bytes));
        at
    }

    /// Adds zeros, and returns their file offset.
    pub(crate) fn reserve(&mut self, size: u64, about: About) -> Result<u64, WriteError> {
        let at = self.end;
        let end = self.allow(size, true, about)?;
        self.grow(end, |bytes, size| bytes.resize(size, 0));
        Ok(at)
    }

    /// Adds a content, and returns its file offset.
    pub(crate) fn content(&mut self, content: &Content, about: About) -> Result<u64, WriteError> {
        let at = self.end;
        let size = content.size();
        match content {
            Content::Zero(_) => {
                self.reserve(size, about)?;
            }
            Content::Bytes(bytes) => {
                self.allow(size, true, about)?;
                self.place(bytes);
            }
            other => {
                let given = matches!(other, Content::Given { .. });
                self.end = self.allow(size, given, about)?;
                self.held = self.held.saturating_add(if given { size } else { 0 });
                self.keep(at, other);
            }
        }
        Ok(at)
    }

    /// Puts a content into reserved room.
    pub(crate) fn put_content(&mut self, at: u64, content: &Content) {
        match content {
            Content::Zero(_) => {}
            Content::Bytes(bytes) => self.put(at, bytes),
            other => self.keep(at, other),
        }
    }

    /// Puts bytes into reserved room.
    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) {
        if let Some(room) = self.room(at) {
            room.iter_mut().zip(bytes).for_each(|(into, byte)| *into = *byte);
        }
    }

    /// Overwrites a content that was added with the low `size` bytes of a number.
    pub(crate) fn put_over(&mut self, at: u64, value: u64, size: usize) {
        let bytes = self.order.bytes(value, size);
        if self.room(at).is_some() {
            self.put(at, &bytes);
        } else {
            self.patches.push(FileBytes { file_offset: at, bytes });
        }
    }

    /// Overwrites any bytes, even those that stay in the old file, with the low `size` bytes of a number.
    pub(crate) fn patch(&mut self, at: u64, value: u64, size: usize) {
        let bytes = self.order.bytes(value, size);
        self.patches.push(FileBytes { file_offset: at, bytes });
    }

    /// The low `size` bytes of a number.
    pub(crate) fn number(&self, value: u64, size: usize) -> Vec<u8> {
        self.order.bytes(value, size)
    }

    /// Consecutive fields, each a value and its size in bytes.
    pub(crate) fn fields(&self, fields: &[(u64, usize)]) -> Vec<u8> {
        fields.iter().flat_map(|&(value, size)| self.order.bytes(value, size)).collect()
    }

    /// The pieces of the tables, and the values that overwrite them.
    pub(crate) fn finish(mut self) -> (Vec<Piece>, Vec<FileBytes>) {
        self.pieces.sort_by_key(|piece| piece.file_offset);
        let mut kept = self.pieces.into_iter().peekable();
        let mut pieces = Vec::new();
        for run in self.runs {
            let end = run.end();
            let mut done = run.file_offset;
            while let Some(piece) = kept.next_if(|piece| piece.file_offset < end) {
                pieces.extend(run.piece(done, piece.file_offset));
                done = done.max(piece.file_offset.saturating_add(piece.content.size()));
                pieces.push(piece);
            }
            pieces.extend(run.piece(done, end));
        }
        pieces.extend(kept);
        (pieces, self.patches)
    }

    /// The end of the tables after `size` more bytes, where the limits allow it; `held` is set for bytes that are held.
    fn allow(&self, size: u64, held: bool, about: About) -> Result<u64, WriteError> {
        let end = self.end.saturating_add(size);
        let too_large = |size, limit| Err(WriteError::new(WriteProblem::TooLarge { size, limit }, about));
        if end > self.limit {
            return too_large(end, self.limit);
        }
        match self.held.saturating_add(size) {
            all if held && all > MOST => too_large(all, MOST),
            _ => Ok(end),
        }
    }

    /// Extends the last run, or a new one behind a gap, to a file offset: `add` gets the bytes and their new number.
    fn grow(&mut self, end: u64, add: impl FnOnce(&mut Vec<u8>, usize)) {
        let start = self.end;
        if end <= start {
            return;
        }
        if self.runs.last().is_none_or(|run| run.end() != start) {
            self.runs.push(Run { file_offset: start, bytes: Vec::new() });
        }
        if let Some(run) = self.runs.last_mut() {
            add(&mut run.bytes, narrow(end.saturating_sub(run.file_offset)));
        }
        self.end = end;
        self.held = self.held.saturating_add(end.saturating_sub(start));
    }

    fn keep(&mut self, at: u64, content: &Content) {
        // Consecutive entries of tables stay in one piece.
        if let (Content::File(place), Some(Piece { file_offset, content: Content::File(last) })) =
            (content, self.pieces.last_mut())
            && last.end() == place.file_offset
            && file_offset.checked_add(last.size) == Some(at)
        {
            last.size = last.size.saturating_add(place.size);
        } else if !content.is_empty() {
            self.pieces.push(Piece { file_offset: at, content: content.clone() });
        }
    }

    /// Held bytes from a file offset on; `None` in a gap.
    fn room(&mut self, at: u64) -> Option<&mut [u8]> {
        let before = self.runs.partition_point(|run| run.file_offset <= at).checked_sub(1)?;
        let run = self.runs.get_mut(before)?;
        let into = narrow(at.checked_sub(run.file_offset)?);
        run.bytes.get_mut(into..).filter(|room| !room.is_empty())
    }
}

/// A size or an offset as a number of 64 bits.
pub(crate) fn wide(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}

/// A size or an offset as one in memory; the maximum where it is too large.
pub(crate) fn narrow(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_file(size: u64) -> Content {
        Content::File(Place { file_offset: 0x5000, size })
    }

    fn bytes(bytes: &[u8]) -> Content {
        Content::Bytes(bytes.into())
    }

    #[test]
    fn contents_of_the_file_stand_between_the_bytes_or_over_them() {
        let mut sheet = Sheet::new(ByteOrder::Big, 1 << 40);
        let table = sheet.reserve(8, About::Dump).unwrap();
        let stream = sheet.content(&in_file(5), About::Dump).unwrap();
        sheet.align(4);
        let text = sheet.place(b"text");
        assert_eq!((table, stream, text, sheet.end()), (0, 8, 16, 20));
        sheet.put(table, &[1, 2]);
        sheet.put_content(table + 2, &in_file(3));
        sheet.put_content(table + 6, &bytes(&[7, 8]));
        sheet.put_over(stream + 1, 0x0a0b, 2);
        sheet.put_over(text + 2, 0x5a, 1);
        let (pieces, patches) = sheet.finish();
        let expected = [
            (0, bytes(&[1, 2])),
            (2, in_file(3)),
            (5, bytes(&[0, 7, 8])),
            (8, in_file(5)),
            (13, bytes(b"\0\0\0teZt")),
        ];
        assert_eq!(pieces, expected.map(|(file_offset, content)| Piece { file_offset, content }));
        assert_eq!(patches, [FileBytes { file_offset: 9, bytes: vec![0x0a, 0x0b] }]);
    }

    #[test]
    fn what_stays_in_the_file_is_not_held() {
        let mut sheet = Sheet::new(ByteOrder::Little, 1 << 50);
        sheet.content(&in_file(1 << 40), About::Dump).unwrap();
        assert_eq!(sheet.place(b"behind"), 1 << 40);
        let held: usize = sheet.runs.iter().map(|run| run.bytes.len()).sum();
        assert_eq!(held, 6);
        let error = sheet.reserve(MOST, About::Dump).unwrap_err();
        assert_eq!(error.problem, WriteProblem::TooLarge { size: MOST + 6, limit: MOST });
        let error = sheet.content(&in_file(1 << 50), About::Dump).unwrap_err();
        assert!(matches!(error.problem, WriteProblem::TooLarge { limit, .. } if limit == 1 << 50));
    }
}
