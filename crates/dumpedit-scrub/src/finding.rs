//! A finding: a place in the file, the encoding of its letters, and the rule.

use std::cmp::Reverse;

use dumpedit::{Access, Context, Dump, Location, Place};

use crate::letters::Letters;

/// A secret, or the part of one that is in one piece in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Finding {
    pub(crate) file_offset: u64,
    /// Number of letters; for [`Letters::Bytes`], of bytes.
    pub(crate) count: u32,
    pub(crate) letters: Letters,
    /// Index of the rule.
    pub(crate) rule: u32,
}

impl Finding {
    pub(crate) fn new(file_offset: u64, count: usize, letters: Letters, rule: usize) -> Finding {
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Finding { file_offset, count: narrow(count), letters, rule: narrow(rule) }
    }

    /// Index of the rule.
    pub(crate) fn rule(&self) -> usize {
        usize::try_from(self.rule).unwrap_or(usize::MAX)
    }

    /// Key of the order of the file. Of findings that begin at the same offset the longest comes first.
    pub(crate) fn order(&self) -> (u64, Reverse<u64>, u32, Letters) {
        (self.file_offset, Reverse(self.place().size), self.rule, self.letters)
    }

    /// Its bytes in the file.
    pub(crate) fn place(&self) -> Place {
        let count = u64::from(self.count);
        let size = match self.letters {
            Letters::Bytes => count,
            Letters::Apart => count.saturating_mul(2).saturating_sub(1),
            Letters::Low | Letters::High => count.saturating_mul(2),
        };
        Place { file_offset: self.file_offset, size }
    }
}

/// Consecutive bytes as readers see them, and their places in the file; for memory, every copy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stored {
    pub(crate) bytes: Vec<u8>,
    pieces: Vec<StoredPiece>,
}

#[derive(Clone, Copy, Debug)]
struct StoredPiece {
    start: u64,
    size: u64,
    file_offset: u64,
}

impl Stored {
    /// Reads bytes of the file, at most `most`.
    pub(crate) fn of_file(dump: &Dump, place: Place, most: u64) -> Stored {
        let size = place.size.min(most);
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        if bytes.is_empty() || dump.read_file(place.file_offset, &mut bytes).is_err() {
            return Stored::default();
        }
        Stored { bytes, pieces: vec![StoredPiece { start: 0, size, file_offset: place.file_offset }] }
    }

    /// Reads at most `size` bytes of memory, as many as the dump has from `address` on.
    pub(crate) fn of_memory(dump: &Dump, address: u64, size: u64) -> Stored {
        let location = Location::Virtual(address);
        let Ok(resolved) = dump.layout().resolve(Context::Process, location, size, Access::Read) else {
            return Stored::default();
        };
        let mut bytes = vec![0; usize::try_from(resolved.outcome.completed).unwrap_or(0)];
        if dump.read_bytes(Context::Process, address, &mut bytes).is_err() {
            return Stored::default();
        }
        let piece = |piece: &dumpedit::Piece| StoredPiece {
            start: piece.start,
            size: piece.size,
            file_offset: piece.file_offset,
        };
        Stored { bytes, pieces: resolved.pieces.iter().map(piece).collect() }
    }

    /// Calls `each` for the findings of `count` letters from byte `start` on, one for each piece of the file.
    pub(crate) fn findings(
        &self,
        start: usize,
        count: usize,
        letters: Letters,
        rule: usize,
        each: &mut impl FnMut(Finding),
    ) {
        let step = letters.size() as u64;
        let (from, size) = (start as u64, (count as u64).saturating_mul(step));
        let end = from.saturating_add(size);
        for piece in &self.pieces {
            let (first, last) = (from.max(piece.start), end.min(piece.start.saturating_add(piece.size)));
            // Where a letter is cut in two, only the whole letters of each piece are in the findings.
            let skipped = first.saturating_sub(from).div_ceil(step).saturating_mul(step);
            let first = from.saturating_add(skipped);
            let Some(size) = last.checked_sub(first).filter(|size| *size > 0) else { continue };
            let count = usize::try_from(size.div_ceil(step)).unwrap_or(0);
            let count =
                if letters == Letters::Apart { count } else { count.min(size as usize / step as usize) };
            if count > 0 {
                let file_offset = piece.file_offset.saturating_add(first.saturating_sub(piece.start));
                each(Finding::new(file_offset, count, letters, rule));
            }
        }
    }
}
