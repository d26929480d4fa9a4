//! Holes of a sparse file are zeros that nobody needs to read: where they are in a dump.

use std::fs::File;
use std::io;
use std::ops::Range;

use crate::edit::pending::Pending;
use crate::store::blocks::WORTH_ASKING;
use crate::store::platform;
use crate::view::View;

/// How many bytes one behind the other are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Run {
    /// They are a hole.
    Hole(u64),
    /// They have to be read.
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

/// Says which bytes of a dump are a hole. The last answer is kept, since questions come in order of offsets.
#[derive(Debug)]
pub(crate) struct Holes<'a> {
    /// `None` where there are no holes to be found.
    file: Option<&'a File>,
    /// What will be written is not a hole, wherever it goes.
    pending: Option<&'a Pending>,
    /// Where the last question was asked, and its answer.
    asked: u64,
    data: Range<u64>,
}

impl<'a> Holes<'a> {
    pub(crate) fn of(view: View<'a>) -> Self {
        Holes { file: view.dump.source().file(), pending: view.pending, asked: 0, data: 0..0 }
    }

    /// What the first of `size` bytes at an offset are.
    ///
    /// # Errors
    /// What the system says, and that the file ends before the last of them where what is left of it is a hole.
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
