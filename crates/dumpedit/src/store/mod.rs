//! The trait through which all files are changed: a file, bytes in memory, and in tests one that fails or dies.

pub(crate) mod blocks;
pub(crate) mod chunks;
pub(crate) mod copy;
pub(crate) mod holes;
pub(crate) mod permissions;
pub(crate) mod platform;
pub(crate) mod source;
pub(crate) mod special;
pub(crate) mod spool;
pub(crate) mod stamp;

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::ops::Range;
use std::sync::{Mutex, PoisonError, RwLockWriteGuard};

use crate::helping_threads;

/// The operations of commits and journals on an open file.
pub(crate) trait Store {
    /// Size, in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Reads exactly the bytes at an offset.
    fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()>;
    /// Reads the bytes at an offset, with zeros behind the file's end.
    fn read_filled(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
        let held = usize::try_from(self.len()?.saturating_sub(file_offset)).unwrap_or(usize::MAX);
        let (held, behind) = into.split_at_mut(held.min(into.len()));
        behind.fill(0);
        if held.is_empty() { Ok(()) } else { self.read_at(file_offset, held) }
    }
    /// Reads exactly the bytes at each of some offsets.
    fn read_each(&self, pieces: &mut [(u64, &mut [u8])]) -> io::Result<()> {
        pieces.iter_mut().try_for_each(|(file_offset, into)| self.read_at(*file_offset, into))
    }
    /// The first range at or behind an offset that is not a hole. The offset must be before the end.
    fn next_data(&self, file_offset: u64) -> io::Result<Range<u64>> {
        Ok(file_offset..u64::MAX)
    }
    /// Writes all the bytes at an offset.
    fn write_at(&mut self, file_offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Sets the size: cuts the file, or extends it with zeros.
    fn set_len(&mut self, size: u64) -> io::Result<()>;
    /// Makes all writes durable.
    fn sync(&mut self) -> io::Result<()>;
    /// Starts to make a range durable, as far as the system can: only a sync guarantees it.
    fn begin_writing(&mut self, _: Range<u64>) {}
}

impl Store for File {
    /// The cheapest query, as it comes before every write; no access here depends on the file's position.
    fn len(&self) -> io::Result<u64> {
        let mut file = self;
        file.seek(SeekFrom::End(0))
    }
    fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
        platform::read_at(self, file_offset, into)
    }
    /// Scattered reads wait for memory more than for the processor, so that several run at once.
    fn read_each(&self, pieces: &mut [(u64, &mut [u8])]) -> io::Result<()> {
        const FEW: usize = 256;
        let read_one = |(at, into): &mut (u64, &mut [u8])| platform::read_at(self, *at, into);
        if pieces.len() <= FEW {
            return pieces.iter_mut().try_for_each(read_one);
        }
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
        let each = pieces.len().div_ceil(threads).max(FEW);
        let others = pieces.len().div_ceil(each).saturating_sub(1);
        let shares = Mutex::new(pieces.chunks_mut(each));
        let failed = Mutex::new(Ok(()));
        let read = || {
            let next = || shares.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some(share) = next() {
                let read = share.iter_mut().try_for_each(read_one);
                if read.is_err() {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = read;
                }
            }
        };
        std::thread::scope(|scope| {
            helping_threads::start(scope, others, || &read);
            read();
        });
        failed.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
    fn next_data(&self, file_offset: u64) -> io::Result<Range<u64>> {
        platform::next_data(self, file_offset)
    }
    fn write_at(&mut self, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
        platform::write_at(self, file_offset, bytes)
    }
    fn set_len(&mut self, size: u64) -> io::Result<()> {
        File::set_len(self, size)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
    fn begin_writing(&mut self, stretch: Range<u64>) {
        platform::begin_writing(self, stretch);
    }
}

/// Bytes in memory grow by writes right behind their end; a write that leaves a gap is an error.
impl Store for RwLockWriteGuard<'_, Vec<u8>> {
    fn len(&self) -> io::Result<u64> {
        Ok(self.as_slice().len() as u64)
    }
    fn read_at(&self, file_offset: u64, into: &mut [u8]) -> io::Result<()> {
        let range = byte_range(file_offset, into.len()).and_then(|range| self.get(range));
        into.copy_from_slice(range.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
    fn write_at(&mut self, file_offset: u64, bytes: &[u8]) -> io::Result<()> {
        if file_offset == self.as_slice().len() as u64 {
            self.extend_from_slice(bytes);
            return Ok(());
        }
        let range = byte_range(file_offset, bytes.len()).and_then(|range| self.get_mut(range));
        range.ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(bytes);
        Ok(())
    }
    fn set_len(&mut self, size: u64) -> io::Result<()> {
        self.resize(usize::try_from(size).map_err(|_| io::ErrorKind::OutOfMemory)?, 0);
        Ok(())
    }
    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn byte_range(file_offset: u64, len: usize) -> Option<Range<usize>> {
    let start = usize::try_from(file_offset).ok()?;
    Some(start..start.checked_add(len)?)
}
