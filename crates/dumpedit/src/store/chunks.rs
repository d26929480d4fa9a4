//! Long ranges of a dump's bytes, chunk by chunk: all but holes is read in blocks.

use std::io::{self, Write};

use dumpedit_layout::{Access, Context, Location, Outcome, Place};

use crate::dump::Dump;
use crate::error::Error;
use crate::store::blocks::{BLOCK, blocks};
use crate::store::holes::Holes;
use crate::view::View;

/// Consecutive bytes of a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// Bytes that were read.
    Bytes(&'a [u8]),
    /// This number of zeros: a hole of the file, which was not read.
    Zeros(u64),
}

impl Chunk<'_> {
    /// Number of its bytes.
    pub fn size(&self) -> u64 {
        match self {
            Chunk::Bytes(bytes) => bytes.len() as u64,
            Chunk::Zeros(size) => *size,
        }
    }

    /// Writes the chunk to a stream, holes as zeros.
    ///
    /// # Errors
    /// Errors of the stream.
    pub fn write_to(&self, stream: &mut dyn Write) -> io::Result<()> {
        match *self {
            Chunk::Bytes(bytes) => stream.write_all(bytes),
            Chunk::Zeros(size) => {
                let zeros = vec![0; BLOCK];
                blocks(size).try_for_each(|(_, len)| stream.write_all(zeros.get(..len).unwrap_or_default()))
            }
        }
    }
}

/// Maximum size of a chunk of zeros, in bytes, so that long work on zeros can be interrupted.
const MOST_ZEROS: u64 = 1 << 30;

/// The bytes of a range in chunks. Memory stays at a block of 1 MiB.
#[derive(Debug)]
pub struct Chunks<'a> {
    view: View<'a>,
    holes: Holes<'a>,
    parts: std::vec::IntoIter<Part>,
    /// Rest of the current part.
    part: Part,
    block: Vec<u8>,
}

/// Bytes of a dump, and their number.
#[derive(Debug)]
#[non_exhaustive]
pub struct ReadChunks<'a> {
    /// The bytes.
    pub chunks: Chunks<'a>,
    /// Number of bytes, and the reason why there are no more.
    pub outcome: Outcome,
}

/// Contiguous bytes.
#[derive(Debug)]
enum Part {
    File {
        file_offset: u64,
        size: u64,
    },
    /// Bytes behind the end of the file that an edit appends.
    Appended {
        file_offset: u64,
        size: u64,
    },
    /// Bytes of a register, which may differ from the file's.
    Held(Vec<u8>),
}

impl<'a> Chunks<'a> {
    fn new(view: View<'a>, parts: Vec<Part>) -> Self {
        let part = Part::Held(Vec::new());
        Chunks { view, holes: Holes::of(view), parts: parts.into_iter(), part, block: Vec::new() }
    }

    /// The same, followed by the bytes that an edit appends from one file offset to another.
    pub(crate) fn with_appended(self, from: u64, to: u64) -> Self {
        let appended = Part::Appended { file_offset: from, size: to.saturating_sub(from) };
        let parts: Vec<Part> = self.parts.chain([appended]).collect();
        Chunks { parts: parts.into_iter(), ..self }
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be read.
    // A chunk borrows from the block that the next one is read into, which an iterator's item cannot.
    #[expect(clippy::should_implement_trait, reason = "the items of an iterator outlive its next step")]
    pub fn next(&mut self) -> Result<Option<Chunk<'_>>, Error> {
        loop {
            match &mut self.part {
                Part::File { size: 0, .. } => {}
                Part::File { file_offset, size } => {
                    let (start, len) = (*file_offset, *size);
                    let failed = |cause| Error::Io { file_offset: start, len, cause };
                    let run = self.holes.run(start, *size).map_err(failed)?;
                    let most = if run.is_hole() { MOST_ZEROS } else { BLOCK as u64 };
                    let len = run.size().min(most);
                    (*file_offset, *size) = (start.saturating_add(len), size.saturating_sub(len));
                    if run.is_hole() {
                        return Ok(Some(Chunk::Zeros(len)));
                    }
                    self.block.resize(usize::try_from(len).unwrap_or(BLOCK), 0);
                    self.view.file_bytes(start, &mut self.block)?;
                    return Ok(Some(Chunk::Bytes(&self.block)));
                }
                Part::Appended { size: 0, .. } => {}
                Part::Appended { file_offset, size } => {
                    let (start, len) = (*file_offset, (*size).min(BLOCK as u64));
                    (*file_offset, *size) = (start.saturating_add(len), size.saturating_sub(len));
                    self.block.resize(usize::try_from(len).unwrap_or(BLOCK), 0);
                    self.view.file_bytes(start, &mut self.block)?;
                    return Ok(Some(Chunk::Bytes(&self.block)));
                }
                Part::Held(bytes) if bytes.is_empty() => {}
                Part::Held(bytes) => {
                    self.block = std::mem::take(bytes);
                    return Ok(Some(Chunk::Bytes(&self.block)));
                }
            }
            match self.parts.next() {
                Some(part) => self.part = part,
                None => return Ok(None),
            }
        }
    }
}

impl<'a> View<'a> {
    /// `size` bytes of the file.
    pub(crate) fn chunks(self, file_offset: u64, size: u64) -> Chunks<'a> {
        Chunks::new(self, vec![Part::File { file_offset, size }])
    }
}

impl Dump {
    /// The parts of a range of the file that are not holes, in order and disjoint. Ends with [`Error::Io`] where the file system's answer
    /// is an error.
    pub fn data(&self, file_offset: u64, size: u64) -> impl Iterator<Item = Result<Place, Error>> {
        let mut holes = Holes::of(self.view());
        let (mut at, mut left) = (file_offset, size);
        std::iter::from_fn(move || {
            while left > 0 {
                let run = match holes.run(at, left) {
                    Ok(run) => run,
                    Err(cause) => {
                        let failed = Error::Io { file_offset: at, len: left, cause };
                        left = 0;
                        return Some(Err(failed));
                    }
                };
                let (file_offset, size) = (at, run.size().clamp(1, left));
                (at, left) = (at.saturating_add(size), left.saturating_sub(size));
                if !run.is_hole() {
                    return Some(Ok(Place { file_offset, size }));
                }
            }
            None
        })
    }

    /// The bytes of a range of the file itself, whatever they are part of.
    pub fn chunks(&self, file_offset: u64, size: u64) -> Chunks<'_> {
        self.view().chunks(file_offset, size)
    }

    /// The bytes from an address or a register on, as for [`Dump::read_bytes`].
    ///
    /// # Errors
    /// [`Error::Access`] where not even the first byte is in the dump, and [`Error::Io`].
    pub fn read_chunks(
        &self,
        context: Context,
        at: impl Into<Location>,
        len: u64,
    ) -> Result<ReadChunks<'_>, Error> {
        let resolved = self.layout().resolve(context, at.into(), len, Access::Read)?;
        let mut parts = Vec::new();
        for piece in resolved.reads() {
            parts.push(if piece.gate.is_some() {
                let mut bytes = vec![0; usize::try_from(piece.size).unwrap_or(0)];
                self.view().piece_bytes(&piece, &mut bytes)?;
                Part::Held(bytes)
            } else {
                Part::File { file_offset: piece.file_offset, size: piece.size }
            });
        }
        Ok(ReadChunks { chunks: Chunks::new(self.view(), parts), outcome: resolved.outcome })
    }
}
