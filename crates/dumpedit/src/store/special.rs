//! Types of files that are not regular.

use std::fmt;
use std::fs::Metadata;

/// Type of a file that is not regular.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpecialFile {
    /// A folder.
    Folder,
    /// A pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A device.
    Device,
}

impl SpecialFile {
    /// The type of a file; `None` for a regular one.
    pub(crate) fn of(metadata: &Metadata) -> Option<SpecialFile> {
        if metadata.is_file() {
            return None;
        }
        if metadata.is_dir() {
            return Some(SpecialFile::Folder);
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::FileTypeExt;
            let kind = metadata.file_type();
            if kind.is_fifo() {
                return Some(SpecialFile::Pipe);
            }
            if kind.is_socket() {
                return Some(SpecialFile::Socket);
            }
        }
        Some(SpecialFile::Device)
    }
}

impl fmt::Display for SpecialFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SpecialFile::Folder => "folder",
            SpecialFile::Pipe => "pipe",
            SpecialFile::Socket => "socket",
            SpecialFile::Device => "device",
        })
    }
}
