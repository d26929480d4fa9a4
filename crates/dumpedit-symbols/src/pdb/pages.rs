//! The pages of a PDB, which are read when a stream is asked for.

use std::fmt::Debug;
use std::io;
use std::ops::Deref;

use pdb2::{Source, SourceSlice, SourceView};

use crate::SymbolFile;

/// A file from which `pdb2` reads streams. A stream may name the same page many times, so that a small file claims to
/// have a huge stream. For this reason, no stream may be larger than the file, and all reads together may not be larger
/// than a few times the file.
#[derive(Debug)]
pub(crate) struct Pages<F> {
    file: F,
    left: u64,
}

/// The sum of all reads, as a multiple of the file's size. Most streams are read once, those of the tables a few times.
const MOST_TIMES: u64 = 4;

impl<F: Deref<Target = SymbolFile>> Pages<F> {
    pub(crate) fn of(file: F) -> Self {
        let left = file.size().saturating_mul(MOST_TIMES).saturating_add(1 << 20);
        Pages { file, left }
    }
}

impl<'s, F: Deref<Target = SymbolFile> + Debug + 's> Source<'s> for Pages<F> {
    fn view(&mut self, slices: &[SourceSlice]) -> Result<Box<dyn SourceView<'s> + Send + Sync>, io::Error> {
        let size = slices.iter().try_fold(0u64, |sum, slice| sum.checked_add(slice.size as u64));
        let size = size.filter(|size| *size <= self.file.size());
        let left = size.and_then(|size| self.left.checked_sub(size));
        let (Some(size), Some(left)) = (size, left) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a stream is larger than the file"));
        };
        self.left = left;
        let mut bytes = vec![0; usize::try_from(size).map_err(|_| io::ErrorKind::OutOfMemory)?];
        let mut rest = bytes.as_mut_slice();
        for slice in slices {
            let Some((part, behind)) = rest.split_at_mut_checked(slice.size) else { break };
            self.file.read_into(slice.offset, part)?;
            rest = behind;
        }
        Ok(Box::new(Bytes(bytes)))
    }
}

struct Bytes(Vec<u8>);

impl Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl SourceView<'_> for Bytes {
    fn as_slice(&self) -> &[u8] {
        &self.0
    }
}
