//! A symbol file, read by position and never whole.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A file that may be larger than memory.
#[derive(Debug)]
pub struct SymbolFile {
    path: PathBuf,
    file: Mutex<File>,
    size: u64,
}

impl SymbolFile {
    /// Opens a regular file to read.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> io::Result<SymbolFile> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "must be a regular file"));
        }
        Ok(SymbolFile { path: path.to_owned(), file: Mutex::new(file), size: metadata.len() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its size when it was opened, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// So many bytes at an offset.
    ///
    /// # Errors
    /// Where the file has fewer, and the system's.
    pub fn read_at(&self, file_offset: u64, size: u64) -> io::Result<Vec<u8>> {
        let end = file_offset.checked_add(size).filter(|end| *end <= self.size);
        let (Some(_), Ok(size)) = (end, usize::try_from(size)) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let mut bytes = vec![0; size];
        self.fill_at(file_offset, &mut bytes)?;
        Ok(bytes)
    }

    /// Fills a buffer with the bytes at an offset.
    ///
    /// # Errors
    /// As [`SymbolFile::read_at`].
    pub fn fill_at(&self, file_offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.seek(SeekFrom::Start(file_offset))?;
        file.read_exact(bytes)
    }
}

/// A symbol file as a stream, for what reads streams.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    file: &'a SymbolFile,
    at: u64,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(file: &'a SymbolFile) -> Self {
        Reading { file, at: 0 }
    }
}

impl Read for Reading<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.file.size.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let size = bytes.len().min(left);
        let Some(bytes) = bytes.get_mut(..size) else { return Ok(0) };
        self.file.fill_at(self.at, bytes)?;
        self.at = self.at.saturating_add(size as u64);
        Ok(size)
    }
}

impl Seek for Reading<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.file.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
