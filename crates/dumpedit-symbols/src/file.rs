//! A symbol file that is read by position and never whole.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A file that may be larger than memory.
#[derive(Debug)]
pub struct SymbolFile {
    path: PathBuf,
    content: Content,
    size: u64,
}

#[derive(Debug)]
enum Content {
    File(Mutex<File>),
    Memory(Vec<u8>),
}

impl SymbolFile {
    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// Fails if the system cannot read the file, or if the file is not a regular file.
    pub fn open(path: &Path) -> io::Result<SymbolFile> {
        // The kind is checked first, since opening a pipe would wait for its writer.
        if !path.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok(SymbolFile { path: path.to_owned(), content: Content::File(Mutex::new(file)), size })
    }

    /// A file in memory that was inside the file at a path.
    pub fn within(path: &Path, bytes: Vec<u8>) -> SymbolFile {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        SymbolFile { path: path.to_owned(), content: Content::Memory(bytes), size }
    }

    /// A file that is already open and has no path. Messages use this path for it.
    ///
    /// # Errors
    /// Fails if the system cannot read the file.
    pub(crate) fn nameless(path: &Path, file: File) -> io::Result<SymbolFile> {
        let size = file.metadata()?.len();
        Ok(SymbolFile { path: path.to_owned(), content: Content::File(Mutex::new(file)), size })
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The size in bytes when the file was opened.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Reads `size` bytes at an offset.
    ///
    /// # Errors
    /// Fails if the system cannot read the file, or if the file ends before.
    pub fn read_at(&self, file_offset: u64, size: u64) -> io::Result<Vec<u8>> {
        let end = file_offset.checked_add(size).filter(|end| *end <= self.size);
        let (Some(_), Ok(size)) = (end, usize::try_from(size)) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let mut bytes = vec![0; size];
        self.read_into(file_offset, &mut bytes)?;
        Ok(bytes)
    }

    /// Fills `into` with the bytes at an offset.
    ///
    /// # Errors
    /// Fails if the system cannot read the file, or if the file ends before.
    pub fn read_into(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
        match &self.content {
            Content::File(file) => {
                let mut file = file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                file.seek(SeekFrom::Start(file_offset))?;
                file.read_exact(into)
            }
            Content::Memory(bytes) => {
                let start = usize::try_from(file_offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
                let held = start.checked_add(into.len()).and_then(|end| bytes.get(start..end));
                into.copy_from_slice(held.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }
}

/// The file as a stream.
#[derive(Debug)]
pub(crate) struct Stream<'a> {
    pub(crate) file: &'a SymbolFile,
    /// The offsets in the file of the start and the end of the stream.
    pub(crate) first: u64,
    pub(crate) end: u64,
    /// The position of the next byte, from the start of the stream.
    pub(crate) at: u64,
    /// The number of bytes that may still be read. Bytes that are read again count again.
    pub(crate) budget: u64,
}

impl<'a> Stream<'a> {
    /// The whole file.
    pub(crate) fn of(file: &'a SymbolFile) -> Stream<'a> {
        Stream { file, first: 0, end: file.size(), at: 0, budget: u64::MAX }
    }

    /// The same stream, from which at most `budget` bytes are read.
    pub(crate) fn with_budget(self, budget: u64) -> Stream<'a> {
        Stream { budget, ..self }
    }

    /// A part of the file, as far as the file has it.
    pub(crate) fn of_part(file: &'a SymbolFile, file_offset: u64, size: u64) -> Stream<'a> {
        let end = file_offset.saturating_add(size).min(file.size());
        Stream { file, first: file_offset.min(end), end, at: 0, budget: u64::MAX }
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = self.first.saturating_add(self.at);
        let left = usize::try_from(self.end.saturating_sub(from)).unwrap_or(usize::MAX);
        let count = left.min(into.len());
        let left = self.budget.checked_sub(count as u64);
        self.budget = left.ok_or_else(|| io::Error::other("it has too many headers"))?;
        self.file.read_into(from, into.get_mut(..count).unwrap_or_default())?;
        self.at = self.at.saturating_add(count as u64);
        Ok(count)
    }
}

impl Seek for Stream<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let size = self.end.saturating_sub(self.first);
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
