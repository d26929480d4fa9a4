//! An image: the source of every byte of a new dump. Writes them in order; bytes without a source are holes.
//!
//! Knows nothing of the meaning of bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use dumpedit::{Chunk, FileBytes, Notice};

use crate::encode::{narrow, put, wide};
use crate::spec::DumpBytes;

/// Most bytes that are read at once.
const BLOCK: usize = 1 << 20;

/// Most bytes of one piece that are held in memory where they have to be: in tables, and where pieces overlap.
const MOST_HELD: u64 = 256 << 20;

/// Runs of zeros of at least this size, and at multiples of it, become holes; in bytes.
const HOLE: usize = 1 << 12;

/// A new dump, ready to be written. It holds the dump's tables; memory from files, packed bytes or another dump is read when it is written.
#[derive(Debug)]
pub struct Image {
    stretches: Vec<Stretch>,
    patches: Vec<FileBytes>,
    size: u64,
    notices: Vec<Notice>,
}

/// Bytes of the file that come from one source.
#[derive(Debug)]
pub(crate) struct Stretch {
    pub(crate) file_offset: u64,
    pub(crate) source: Source,
}

/// Source of bytes.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Bytes(Vec<u8>),
    Packed { frame: Arc<[u8]>, size: u64 },
    File { path: PathBuf, size: u64 },
    Dump(DumpBytes),
}

impl Source {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Source::Bytes(bytes) => wide(bytes.len()),
            Source::Packed { size, .. } | Source::File { size, .. } => *size,
            Source::Dump(bytes) => bytes.size,
        }
    }

    /// Reads the bytes, block by block.
    pub(crate) fn read(&self, each: &mut dyn FnMut(Chunk<'_>) -> io::Result<()>) -> io::Result<()> {
        match self {
            Source::Bytes(bytes) => bytes.chunks(BLOCK).map(Chunk::Bytes).try_for_each(each),
            Source::Packed { frame, size } => {
                blocks(&mut zstd::stream::read::Decoder::new(&**frame)?, *size, each)
            }
            Source::File { path, size } => blocks(&mut File::open(path)?, *size, each),
            Source::Dump(bytes) => {
                let mut chunks = bytes.dump.chunks(bytes.file_offset, bytes.size);
                while let Some(chunk) = chunks.next().map_err(io::Error::other)? {
                    each(chunk)?;
                }
                Ok(())
            }
        }
    }

    /// All the bytes; an error where they are more than [`MOST_HELD`].
    pub(crate) fn bytes(&self) -> io::Result<Vec<u8>> {
        if self.size() > MOST_HELD {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                "the content is too large; only the plain content of a region can be so large",
            ));
        }
        let mut all = Vec::new();
        self.read(&mut |chunk| chunk.write_to(&mut all))?;
        Ok(all)
    }
}

/// A stream of exactly `size` bytes, block by block.
fn blocks(
    stream: &mut dyn Read,
    size: u64,
    each: &mut dyn FnMut(Chunk<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut left = size;
    while left > 0 {
        let mut block = vec![0; narrow(left).min(BLOCK)];
        stream.read_exact(&mut block)?;
        each(Chunk::Bytes(&block))?;
        left = left.saturating_sub(wide(block.len()));
    }
    if stream.read(&mut [0])? > 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "there are more bytes than expected"));
    }
    Ok(())
}

impl Image {
    /// An image of `size` bytes; stretches are cut at its end.
    pub(crate) fn new(mut stretches: Vec<Stretch>, patches: Vec<FileBytes>, size: u64) -> Image {
        stretches.sort_by_key(|stretch| stretch.file_offset);
        Image { stretches, patches, size, notices: Vec::new() }
    }

    /// Sets the notices of parts that it lacks of the dump that it was made of.
    pub(crate) fn with_notices(self, notices: Vec<Notice>) -> Image {
        Image { notices, ..self }
    }

    /// Notices of parts that it lacks of the dump that it was made of.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Size of the dump, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Calls `each` with every block of bytes that have a source, in order, and its file offset; holes of a source dump are left out.
    fn each(&self, each: &mut dyn FnMut(u64, &[u8]) -> io::Result<()>) -> io::Result<()> {
        for stretch in &self.stretches {
            let mut at = stretch.file_offset;
            stretch.source.read(&mut |chunk| {
                let start = at;
                at = at.saturating_add(chunk.size());
                // Bytes without a source are zero.
                let Chunk::Bytes(block) = chunk else { return Ok(()) };
                let room = narrow(self.size.saturating_sub(start));
                let block = block.get(..room).unwrap_or(block);
                if block.is_empty() { Ok(()) } else { each(start, block) }
            })?;
        }
        Ok(())
    }

    /// Writes the dump into an empty file, with holes for zeros.
    ///
    /// # Errors
    /// Errors of reading the sources or of writing.
    pub fn write_sparse<W: Write + Seek>(&self, output: &mut W) -> io::Result<()> {
        let mut end = 0;
        self.each(&mut |file_offset, block| {
            let mut at = file_offset;
            let mut rest = block;
            while !rest.is_empty() {
                let to_next = HOLE.saturating_sub(narrow(at) % HOLE);
                let (page, behind) = rest.split_at_checked(to_next).unwrap_or((rest, &[]));
                if page.iter().any(|byte| *byte != 0) {
                    if end != at {
                        output.seek(SeekFrom::Start(at))?;
                    }
                    output.write_all(page)?;
                    end = at.saturating_add(wide(page.len()));
                }
                at = at.saturating_add(wide(page.len()));
                rest = behind;
            }
            Ok(())
        })?;
        for (file_offset, bytes) in self.patches() {
            output.seek(SeekFrom::Start(file_offset))?;
            output.write_all(bytes)?;
            end = end.max(file_offset.saturating_add(wide(bytes.len())));
        }
        if let Some(last) = self.size.checked_sub(1).filter(|_| end < self.size) {
            output.seek(SeekFrom::Start(last))?;
            output.write_all(&[0])?;
        }
        output.flush()
    }

    /// Writes the dump to a stream.
    ///
    /// # Errors
    /// Errors of reading the sources or of writing.
    pub fn write_to(&self, output: &mut dyn Write) -> io::Result<()> {
        let mut done = 0u64;
        self.each(&mut |file_offset, block| {
            let zeros = file_offset.saturating_sub(done);
            self.emit(output, done, &mut io::repeat(0).take(zeros))?;
            self.emit(output, file_offset, &mut &*block)?;
            done = file_offset.saturating_add(wide(block.len()));
            Ok(())
        })?;
        self.emit(output, done, &mut io::repeat(0).take(self.size.saturating_sub(done)))?;
        output.flush()
    }

    /// Writes bytes with the patches over them.
    fn emit(&self, output: &mut dyn Write, file_offset: u64, from: &mut dyn Read) -> io::Result<()> {
        let mut at = file_offset;
        let mut block = vec![0; BLOCK.min(1 << 16)];
        loop {
            let read = from.read(&mut block)?;
            let Some(bytes) = block.get_mut(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(()) };
            for (patch_at, patch) in self.patches() {
                match patch_at.checked_sub(at) {
                    Some(skip) => put(bytes, narrow(skip), patch),
                    None => {
                        let skipped = narrow(at.saturating_sub(patch_at));
                        put(bytes, 0, patch.get(skipped..).unwrap_or_default());
                    }
                }
            }
            output.write_all(bytes)?;
            at = at.saturating_add(wide(read));
        }
    }

    /// The patches, as far as they are inside the image.
    fn patches(&self) -> impl Iterator<Item = (u64, &[u8])> {
        self.patches.iter().filter_map(|FileBytes { file_offset, bytes }| {
            let room = narrow(self.size.checked_sub(*file_offset)?);
            Some((*file_offset, bytes.get(..room).unwrap_or(bytes))).filter(|(_, bytes)| !bytes.is_empty())
        })
    }

    /// The dump's bytes.
    ///
    /// # Errors
    /// Errors of reading the sources.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.write_to(&mut bytes)?;
        Ok(bytes)
    }
}
