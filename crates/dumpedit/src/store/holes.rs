//! Holes of a dump's sparse file: zeros that need not be read.

use std::fs::File;
use std::io;
use std::ops::Range;

use crate::edit::pending::Pending;
use crate::store::blocks::WORTH_ASKING;
use crate::store::platform;
use crate::view::View;

/// A number of consecutive bytes of the same kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// Bytes of a hole.
    Hole(u64),
    /// Bytes to read.
    Data(u64),
}

impl Run {
    pub(crate) fn size(self) -> u64 {
        let (Run::Hole(size) | Run::Data(size)) = self;
        size
    }

    pub(crate) fn is_hole(self) -> bool {
        matches!(self, Run::Hole(_))
    }
}

/// Finds holes in a dump. The last answer is cached, since queries come in order of offsets.
#[derive(Debug)]
pub(crate) struct Holes<'a> {
    /// File; `None` where no holes can be found.
    file: Option<&'a File>,
    /// Bytes that will be written, which are no hole.
    pending: Option<&'a Pending>,
    /// Offset of the last query, and its answer.
    asked: u64,
    data: Range<u64>,
}

impl<'a> Holes<'a> {
    pub(crate) fn of(view: View<'a>) -> Self {
        Holes { file: view.dump.source().file(), pending: view.pending, asked: 0, data: 0..0 }
    }

    /// The kind of the first of `size` bytes at an offset.
    ///
    /// # Errors
    /// Errors of the system, and an error where the file ends in a hole before the last of them.
    pub(crate) fn run(&mut self, file_offset: u64, size: u64) -> io::Result<Run> {
        let Some(file) = self.file else { return Ok(Run::Data(size)) };
        if !(self.asked..self.data.end).contains(&file_offset) {
            if size < WORTH_ASKING {
                return Ok(Run::Data(size));
            }
            self.data = platform::next_data(file, file_offset)?;
            self.asked = file_offset;
        }
        if self.data.is_empty() && self.data.end.saturating_sub(file_offset) < size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let written = self.pending.and_then(|pending| pending.next_from(file_offset));
        let data = written.filter(|written| written.start < self.data.start).unwrap_or(self.data.clone());
        Ok(match data.start.saturating_sub(file_offset) {
            0 => Run::Data(data.end.saturating_sub(file_offset).min(size)),
            hole => Run::Hole(hole.min(size)),
        })
    }
}
