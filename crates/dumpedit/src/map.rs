//! The dump's file: the map that the tables are walked in, and the reads of everything else.
//!
//! The only unsafe code of dumpedit, with an advice on memory beside it and the calls of Windows in [`windows`]. A map of a file
//! has three hazards, and all are answered here:
//!
//! - *The bytes change while a slice of them exists*, because another process, or a patch of dumpedit's, writes the file. No slice leaves
//!   this module except for the one walk over the tables, which takes every number as hostile and checks it where it is used.
//! - *The file shrinks*, and a touch behind its new end raises SIGBUS.
//! - *The file has a hole and the disk is full*: on Linux's tmpfs a touch of the hole allocates a page, and where there is none, that
//!   raises SIGBUS as well.
//!
//! So everything but the walk is read at offsets, where each of these is an error or harmless; that costs no more than querying the file's
//! length before each copy from the map. Only the walk when the dump is opened remains. Making it safe would take a signal handler, which a
//! library must not install.
#![expect(unsafe_code, reason = "a map of a file is a promise that only this module can keep")]

#[cfg(windows)]
pub(crate) mod windows;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::OnceLock;

use memmap2::{Mmap, MmapOptions};

use crate::store::platform;

/// A file, mapped for reading.
#[derive(Debug)]
pub(crate) struct Map {
    file: File,
    /// `None` for an empty file, which cannot be mapped.
    map: Option<Mmap>,
    /// The first read that failed although the file has the bytes.
    failed: OnceLock<FailedRead>,
}

/// A read that failed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailedRead {
    /// File offset, in bytes.
    pub(crate) file_offset: u64,
    /// Number of bytes to read.
    pub(crate) len: u64,
    kind: io::ErrorKind,
    code: Option<i32>,
}

impl FailedRead {
    /// The system's error.
    pub(crate) fn error(self) -> io::Error {
        self.code.map_or_else(|| self.kind.into(), io::Error::from_raw_os_error)
    }
}

impl Map {
    /// Maps a file, without reading it.
    pub(crate) fn new(file: File) -> io::Result<Map> {
        let map = match file.metadata()?.len() {
            0 => None,
            // SAFETY: the map is read-only and private to this module. That the file's bytes may change or vanish
            // underneath is the hazard that the module's documentation answers.
            _ => Some(unsafe { Mmap::map(&file) }?),
        };
        Ok(Map { file, map, failed: OnceLock::new() })
    }

    /// The file behind the map.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Runs the walk over the tables. The walk must not assume that a byte reads the same twice.
    pub(crate) fn walk<T>(&self, walk: impl FnOnce(&[u8]) -> T) -> T {
        walk(self.map.as_deref().unwrap_or_default())
    }

    /// Runs a walk over the first `size` bytes as changed by `change`. The file does not change.
    pub(crate) fn walk_changed<T>(
        &self,
        size: u64,
        change: impl FnOnce(&mut [u8]) -> io::Result<()>,
        walk: impl FnOnce(&[u8]) -> T,
    ) -> io::Result<T> {
        let len = usize::try_from(size).map_err(io::Error::other)?;
        if self.map.as_ref().is_none_or(|map| map.len() < len) || len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // Few pages change, so that a dump larger than memory needs no room for all of them.
        // SAFETY: as with the map for reading; writes go to pages of this process only.
        let mut map = unsafe { MmapOptions::new().len(len).no_reserve_swap().map_copy(&self.file) }?;
        change(&mut map)?;
        Ok(walk(&map))
    }

    /// Copies bytes of the file.
    pub(crate) fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
        let len = into.len() as u64;
        platform::read_at(&self.file, file_offset, into).inspect_err(|error| {
            let (kind, code) = (error.kind(), error.raw_os_error());
            if kind != io::ErrorKind::UnexpectedEof {
                let _ = self.failed.set(FailedRead { file_offset, len, kind, code });
            }
        })
    }

    /// The first read that failed although the file has the bytes.
    pub(crate) fn failed(&self) -> Option<FailedRead> {
        self.failed.get().copied()
    }
}

/// Requests large pages for memory that is about to be filled, where the system has them and the memory is large enough.
#[cfg(target_os = "linux")]
pub(crate) fn prefer_large_pages(memory: Range<*const u8>) {
    use rustix::mm::{Advice, madvise};

    /// Size of a large page on most machines, in bytes.
    const LARGE: usize = 2 << 20;
    /// A multiple of every machine's page size, in bytes.
    const SMALL: usize = 64 << 10;

    let start = memory.start.addr().next_multiple_of(SMALL);
    let len = memory.end.addr().saturating_sub(start) / SMALL * SMALL;
    if len >= LARGE {
        // SAFETY: this advice decides which pages are used for untouched memory. It changes no byte of any memory, so that the owner of the
        // range does not matter.
        let _ =
            unsafe { madvise(memory.start.with_addr(start).cast_mut().cast(), len, Advice::LinuxHugepage) };
    }
}

/// Other systems decide by themselves.
#[cfg(not(target_os = "linux"))]
pub(crate) fn prefer_large_pages(_: Range<*const u8>) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    #[cfg_attr(
        windows,
        ignore = "Windows cuts no file that is mapped, and neither replaces it in one step nor removes it at once"
    )]
    fn a_read_past_a_file_that_shrank_is_an_error() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[7; 8192]).unwrap();
        let map = Map::new(file.try_clone().unwrap()).unwrap();
        let mut byte = [0];
        map.read_at(8191, &mut byte).unwrap();
        assert_eq!(byte, [7]);
        file.set_len(100).unwrap();
        assert!(map.read_at(8191, &mut byte).is_err());
        assert!(map.read_at(99, &mut byte).is_ok());
        assert!(map.read_at(u64::MAX, &mut byte).is_err());
    }

    #[test]
    fn an_empty_file_maps_to_nothing() {
        let map = Map::new(tempfile::tempfile().unwrap()).unwrap();
        assert!(map.walk(|bytes| bytes.is_empty()));
        assert!(map.read_at(0, &mut []).is_ok());
        assert!(map.read_at(0, &mut [0]).is_err());
    }
}
