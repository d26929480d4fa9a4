//! Sources of a dump's bytes: a mapped file, or memory.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use crate::error::OpenError;
use crate::map::{FailedRead, Map};
use crate::store::platform::{self, Identity};
use crate::store::special::SpecialFile;
use crate::store::stamp::Stamp;

/// The bytes of a dump.
#[derive(Debug)]
pub(crate) enum Source {
    /// A file, with the path at which it was opened.
    File {
        /// Its map.
        map: Map,
        /// Identity of the file.
        identity: Identity,
        /// Path.
        path: PathBuf,
        /// Stamp of the file when its tables were read, or after this dump last changed it; `None` where it is not known.
        stamp: Mutex<Option<Stamp>>,
    },
    /// A file without a path, such as a spooled stream.
    Unnamed(Map),
    /// Bytes in memory, shared by all clones of the dump.
    Memory(RwLock<Vec<u8>>),
}

impl Source {
    /// Opens and maps a file, without reading it.
    pub(crate) fn open(path: &Path) -> Result<Source, OpenError> {
        let failed = |cause| OpenError::Io { path: path.to_owned(), cause };
        if platform::is_device_name(path) {
            return Err(OpenError::NotAFile { path: path.to_owned(), kind: SpecialFile::Device });
        }
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if let Some(kind) = SpecialFile::of(&metadata) {
            return Err(OpenError::NotAFile { path: path.to_owned(), kind });
        }
        Source::of_file(path, File::open(path).map_err(failed)?)
    }

    /// Maps a regular file that was opened at a path.
    pub(crate) fn of_file(path: &Path, file: File) -> Result<Source, OpenError> {
        let failed = |cause| OpenError::Io { path: path.to_owned(), cause };
        if platform::is_device_name(path) {
            return Err(OpenError::NotAFile { path: path.to_owned(), kind: SpecialFile::Device });
        }
        let identity = Identity::of(&file).map_err(failed)?;
        let stamp = Mutex::new(Some(Stamp::of(&file).map_err(failed)?));
        let map = Map::new(file).map_err(failed)?;
        Ok(Source::File { map, identity, path: path.to_owned(), stamp })
    }

    /// Runs the walk over the tables.
    pub(crate) fn walk<T>(&self, walk: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Source::File { map, .. } | Source::Unnamed(map) => map.walk(walk),
            Source::Memory(bytes) => walk(&bytes.read().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Runs a walk over the first `size` bytes as changed by `change`.
    pub(crate) fn walk_changed<T>(
        &self,
        size: u64,
        change: impl FnOnce(&mut [u8]) -> io::Result<()>,
        walk: impl FnOnce(&[u8]) -> T,
    ) -> io::Result<T> {
        match self {
            Source::File { map, .. } | Source::Unnamed(map) => map.walk_changed(size, change, walk),
            Source::Memory(bytes) => {
                let mut bytes = bytes.read().unwrap_or_else(PoisonError::into_inner).clone();
                bytes.truncate(usize::try_from(size).map_err(io::Error::other)?);
                change(&mut bytes)?;
                Ok(walk(&bytes))
            }
        }
    }

    /// The first read that failed although the file has the bytes.
    pub(crate) fn failed(&self) -> Option<FailedRead> {
        match self {
            Source::File { map, .. } | Source::Unnamed(map) => map.failed(),
            Source::Memory(_) => None,
        }
    }

    /// Copies bytes.
    pub(crate) fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
        match self {
            Source::File { map, .. } | Source::Unnamed(map) => map.read_at(file_offset, into),
            Source::Memory(bytes) => {
                let bytes = bytes.read().unwrap_or_else(PoisonError::into_inner);
                let start = usize::try_from(file_offset).ok();
                let range = start.and_then(|start| Some(start..start.checked_add(into.len())?));
                let from = range.and_then(|range| bytes.get(range)).ok_or(io::ErrorKind::UnexpectedEof)?;
                into.copy_from_slice(from);
                Ok(())
            }
        }
    }

    /// The path of the file, where there is one.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Source::File { path, .. } => Some(path),
            Source::Unnamed(_) | Source::Memory(_) => None,
        }
    }

    /// The file, where there is one.
    pub(crate) fn file(&self) -> Option<&File> {
        match self {
            Source::File { map, .. } | Source::Unnamed(map) => Some(map.file()),
            Source::Memory(_) => None,
        }
    }
}
