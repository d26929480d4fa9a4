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
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.seek(SeekFrom::Start(file_offset))?;
        let mut bytes = vec![0; size];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
