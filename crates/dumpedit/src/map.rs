//! The dump's file as memory: the map that the tables are walked in and that reads copy out of.
//!
//! The only unsafe code of dumpedit. A map of a file has two hazards, and both are answered here:
//!
//! - *The bytes change while a slice of them exists*, because another process, or a patch of our own, writes the file.
//!   No slice leaves this module except into the one walk over the tables, which takes every number as hostile and checks
//!   it where it is used; reads copy through a raw pointer and give the copy away.
//! - *The file shrinks*, and a touch behind its new end raises SIGBUS. The length is asked for again before every read,
//!   and a read past it is an error. What is left is the window between that question and the copy, and the walk over the
//!   tables when the dump is opened. Closing it would take a signal handler, which a library has no business installing.
#![expect(unsafe_code, reason = "a map of a file is a promise that only this module can keep")]

use std::fs::File;
use std::io;
use std::ops::Range;

use memmap2::Mmap;

/// A file, mapped for reading.
#[derive(Debug)]
pub(crate) struct Map {
    file: File,
    /// `None` for an empty file, which cannot be mapped.
    map: Option<Mmap>,
}

impl Map {
    /// Maps a file. Nothing of it is read yet.
    pub(crate) fn new(file: File) -> io::Result<Map> {
        let map = match file.metadata()?.len() {
            0 => None,
            // SAFETY: the map is read-only and private to this module. That the file's bytes may change or vanish
            // underneath is the hazard that the module's documentation answers.
            _ => Some(unsafe { Mmap::map(&file) }?),
        };
        Ok(Map { file, map })
    }

    /// The file behind the map.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Runs the walk over the tables. The walk must not assume that a byte reads the same twice.
    pub(crate) fn walk<T>(&self, walk: impl FnOnce(&[u8]) -> T) -> T {
        walk(self.map.as_deref().unwrap_or_default())
    }

    /// Copies bytes out of the map.
    pub(crate) fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
        let range = self.range(file_offset, into.len()).ok_or_else(past_the_end)?;
        let Some(map) = &self.map else { return if into.is_empty() { Ok(()) } else { Err(past_the_end()) } };
        if u64::try_from(range.end).is_ok_and(|end| end > 0) && self.file.metadata()?.len() < range.end as u64
        {
            return Err(past_the_end());
        }
        // SAFETY: `range` lies inside the map, which `range()` checked, and `into` is a separate buffer of the same
        // length. The file was long enough a moment ago, so that the pages exist but for the window named above.
        unsafe {
            std::ptr::copy_nonoverlapping(map.as_ptr().add(range.start), into.as_mut_ptr(), into.len());
        }
        Ok(())
    }

    /// The bytes of the map that are meant, where it has them.
    fn range(&self, file_offset: u64, len: usize) -> Option<Range<usize>> {
        let start = usize::try_from(file_offset).ok()?;
        let end = start.checked_add(len)?;
        (end <= self.map.as_ref().map_or(0, |map| map.len())).then_some(start..end)
    }
}

fn past_the_end() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the file has become shorter")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
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
