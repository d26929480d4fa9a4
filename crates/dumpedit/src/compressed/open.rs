//! Opens files that may be compressed: these are unpacked to a temporary file without a name, within limits.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use super::compressor::Compressor;
use super::unpack::is_short_of_memory;
use crate::commit::lock::Hold;
use crate::dump::Dump;
use crate::error::OpenError;
use crate::progress::{Progress, ProgressFn};

/// Limits on the resources for a dump that is not a plain file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Disk: maximum size of the unpacked dump, or of a stream that is kept. Default: 64 GiB.
    pub unpacked: u64,
    /// Memory: maximum distance of back references in a compressed stream. Default: 128 MiB.
    pub window: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { unpacked: 64 << 30, window: 128 << 20 }
    }
}

impl Limits {
    /// Sets the maximum size of the unpacked dump, or of a stream that is kept.
    pub fn unpacked(self, unpacked: u64) -> Self {
        Limits { unpacked, ..self }
    }

    /// Sets the maximum distance of back references in a compressed stream.
    pub fn window(self, window: u64) -> Self {
        Limits { window, ..self }
    }
}

/// A dump, and the compressor of its file or stream.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unpacked {
    /// The dump.
    pub dump: Dump,
    /// Compressor of its file or stream; `None` where it was not compressed.
    pub compressor: Option<Compressor>,
    /// The compressed file, where it has a name.
    pub packed: Option<File>,
}

/// The reason why a dump that may be compressed could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnpackError {
    /// It exceeds the limit on its size.
    #[error("it has more than the limit of {most} bytes")]
    TooLarge {
        /// Limit, in bytes.
        most: u64,
        /// Compressor.
        compressor: Option<Compressor>,
    },
    /// The distance of the stream's back references exceeds the limit on memory.
    #[error("it is compressed with {compressor} and needs more memory to unpack than --max-window allows")]
    ShortOfMemory {
        /// Compressor.
        compressor: Compressor,
    },
    /// The compressed stream is broken, or cut.
    #[error("it is compressed with {compressor} and cannot be unpacked: {cause}")]
    Broken {
        /// Compressor.
        compressor: Compressor,
        /// Error of the decoder.
        cause: io::Error,
    },
    /// It cannot be read or kept, or is not a dump.
    #[error("{cause}")]
    Open {
        /// Compressor.
        compressor: Option<Compressor>,
        /// Error of the opening.
        cause: OpenError,
    },
}

impl UnpackError {
    /// The compressor of the dump, as far as it was recognized.
    pub fn compressor(&self) -> Option<Compressor> {
        match self {
            UnpackError::TooLarge { compressor, .. } | UnpackError::Open { compressor, .. } => *compressor,
            UnpackError::ShortOfMemory { compressor } | UnpackError::Broken { compressor, .. } => {
                Some(*compressor)
            }
        }
    }

    fn of_stream(compressor: Option<Compressor>, error: io::Error) -> Self {
        if let Some(TooLarge(most)) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            return UnpackError::TooLarge { most: *most, compressor };
        }
        match compressor {
            Some(compressor) if is_short_of_memory(&error) => UnpackError::ShortOfMemory { compressor },
            Some(compressor) if error.raw_os_error().is_none() => {
                UnpackError::Broken { compressor, cause: error }
            }
            _ => UnpackError::Open { compressor, cause: OpenError::Stream { cause: error } },
        }
    }
}

impl Unpacked {
    /// Opens the file at a path. A compressed one is unpacked; another one is opened as by [`Dump::open`].
    ///
    /// # Errors
    /// [`UnpackError`].
    pub fn open(
        path: impl AsRef<Path>,
        limits: Limits,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Unpacked, UnpackError> {
        let path = path.as_ref();
        Unpacked::of_file(path, regular_file(path), limits, progress)
    }

    /// Opens a held file as [`Unpacked::open`] does. The dump does not [keep](Dump::keep) the hold.
    ///
    /// # Errors
    /// [`UnpackError`].
    pub fn open_held(
        hold: &Hold,
        limits: Limits,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Unpacked, UnpackError> {
        let file = hold.file().and_then(|file| file.try_clone().ok());
        Unpacked::of_file(hold.path(), file.or_else(|| regular_file(hold.path())), limits, progress)
    }

    /// Opens a file with a path.
    fn of_file(
        path: &Path,
        file: Option<File>,
        limits: Limits,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Unpacked, UnpackError> {
        let opened = match file {
            Some(mut file) => {
                let start = Compressor::of_stream(&mut file);
                if start.is_ok_and(|start| start.compressor.is_some()) {
                    let begun = file.seek(SeekFrom::Start(0));
                    begun.map_err(|error| UnpackError::of_stream(None, error))?;
                    let size = file.metadata().map_or(0, |metadata| metadata.len());
                    let unpacked = Unpacked::from_reader(&file, size, limits, progress)?;
                    return Ok(Unpacked { packed: Some(file), ..unpacked });
                }
                Dump::of_file(path, file)
            }
            // This reports why a path that is no readable file cannot be opened.
            None => Dump::open(path),
        };
        let dump = opened.map_err(|cause| UnpackError::Open { compressor: None, cause })?;
        Ok(Unpacked { dump, compressor: None, packed: None })
    }

    /// Opens a dump from a stream, compressed or not, as [`Dump::from_reader`] does. `size` is the size of the stream in bytes, or 0 where
    /// it is not known; `progress` is called with the number of bytes read.
    ///
    /// # Errors
    /// [`UnpackError`].
    pub fn from_reader(
        mut stream: impl Read,
        size: u64,
        limits: Limits,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Unpacked, UnpackError> {
        let told = Compressor::of_stream(&mut stream).map_err(|error| UnpackError::of_stream(None, error))?;
        let compressor = told.compressor;
        let taken = Cell::new(0);
        let counted = Counted { stream: Cursor::new(told.taken).chain(stream), taken: &taken };
        let buffered = BufReader::with_capacity(1 << 16, counted);
        let stream: Box<dyn Read + '_> = match compressor {
            None => Box::new(buffered),
            Some(packed) => packed
                .unpack(buffered, limits.window)
                .map_err(|error| UnpackError::of_stream(compressor, error))?,
        };
        let mut bounded = Bounded { stream, most: limits.unpacked, left: limits.unpacked };
        let mut watch = |_| progress(Progress { done: taken.get(), total: size });
        let dump = Dump::from_reader(&mut bounded, &mut watch).map_err(|error| match error {
            OpenError::Stream { cause } => UnpackError::of_stream(compressor, cause),
            cause => UnpackError::Open { compressor, cause },
        })?;
        Ok(Unpacked { dump, compressor, packed: None })
    }
}

/// Opens a regular file, after checking its type, since opening a pipe would wait for its writer.
pub(super) fn regular_file(path: &Path) -> Option<File> {
    path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    File::open(path).ok()
}

/// A stream that fails once more than a number of bytes was read.
struct Bounded<R> {
    stream: R,
    most: u64,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(into)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::new(io::ErrorKind::FileTooLarge, TooLarge(self.most))),
        }
        Ok(read)
    }
}

/// Error for a dump that exceeds its limit in bytes.
#[derive(Debug, thiserror::Error)]
#[error("it has more than the limit of {0} bytes")]
struct TooLarge(u64);

/// Counts the bytes that are read from a stream.
struct Counted<'a, R> {
    stream: R,
    taken: &'a Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(into)?;
        self.taken.set(self.taken.get().saturating_add(read as u64));
        Ok(read)
    }
}

impl Compressor {
    /// The compressor of a regular file, by its first bytes; `None` where it cannot be read.
    pub fn of_file(path: impl AsRef<Path>) -> Option<Compressor> {
        Compressor::of_stream(&mut regular_file(path.as_ref())?).ok()?.compressor
    }
}
