//! What differs between operating systems: positional reads and writes, and a file's identity.

use std::fs::File;
use std::io;

/// What tells one file from another while both exist: device and inode, where the system has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity(Option<(u64, u64)>);

impl Identity {
    #[cfg(unix)]
    pub(crate) fn of(file: &File) -> io::Result<Identity> {
        use std::os::unix::fs::MetadataExt;
        let metadata = file.metadata()?;
        Ok(Identity(Some((metadata.dev(), metadata.ino()))))
    }

    #[cfg(not(unix))]
    pub(crate) fn of(_: &File) -> io::Result<Identity> {
        Ok(Identity(None))
    }

    /// Device and inode; zero where the system has none.
    pub(crate) fn numbers(self) -> (u64, u64) {
        self.0.unwrap_or_default()
    }

    /// Whether two names certainly lead to the same file.
    pub(crate) fn is_same(self, other: Identity) -> bool {
        self.0.is_some() && self == other
    }
}

/// Reads exactly the bytes at an offset.
#[cfg(unix)]
pub(crate) fn read_at(file: &File, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, file_offset)
}

/// Writes all the bytes at an offset.
#[cfg(unix)]
pub(crate) fn write_at(file: &File, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, file_offset)
}

/// Reads exactly the bytes at an offset.
#[cfg(not(unix))]
pub(crate) fn read_at(mut file: &File, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    file.seek(SeekFrom::Start(file_offset))?;
    file.read_exact(into)
}

/// Writes all the bytes at an offset.
#[cfg(not(unix))]
pub(crate) fn write_at(mut file: &File, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    file.seek(SeekFrom::Start(file_offset))?;
    file.write_all(bytes)
}
