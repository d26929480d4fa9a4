//! Writes bytes to new files: zeros become holes, and a stream becomes a temporary file without a name.

use std::fs::File;
use std::io::{self, Read};

use crate::progress::{Progress, ProgressFn};
use crate::store::blocks::BLOCK;
use crate::store::platform;

/// Minimum length and alignment of runs of zeros that become holes, in bytes.
const HOLE: usize = 1 << 16;

/// The reason why a stream could not be spooled.
pub(crate) enum SpoolError {
    /// It could not be read.
    Stream(io::Error),
    /// The temporary file could not be written.
    File(io::Error),
    /// The caller asked to stop.
    Cancelled,
}

/// Reads a stream to its end into a temporary file without a name; memory stays at one block, and zeros become holes.
pub(crate) fn spool(input: &mut dyn Read, progress: &mut ProgressFn<'_>) -> Result<File, SpoolError> {
    let file = platform::spool_file().map_err(SpoolError::File)?;
    let mut block = Vec::with_capacity(BLOCK);
    let mut done = 0u64;
    loop {
        block.clear();
        (&mut *input).take(BLOCK as u64).read_to_end(&mut block).map_err(SpoolError::Stream)?;
        if block.is_empty() {
            break;
        }
        write_without_zeros(&file, done, &block).map_err(SpoolError::File)?;
        done = done.saturating_add(block.len() as u64);
        if progress(Progress { done, total: 0 }).is_break() {
            return Err(SpoolError::Cancelled);
        }
    }
    file.set_len(done).map_err(SpoolError::File)?;
    Ok(file)
}

/// Writes a block to a new file, without its long runs of zeros.
pub(crate) fn write_without_zeros(output: &File, file_offset: u64, block: &[u8]) -> io::Result<()> {
    for (piece, offset) in block.chunks(HOLE).zip((file_offset..).step_by(HOLE)) {
        if is_zero(piece) {
            platform::allow_holes(output);
        } else {
            platform::write_at(output, offset, piece)?;
        }
    }
    Ok(())
}

/// Whether all of some bytes are zero.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    // The inner loop has no early exit, so that it takes many bytes at a time.
    bytes.chunks(256).all(|chunk| chunk.iter().fold(0, |seen, byte| seen | byte) == 0)
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    #[test]
    fn only_bytes_that_are_all_zero_are_zero() {
        assert!(is_zero(&[]) && is_zero(&[0; 1000]));
        for at in [0, 255, 256, 999] {
            let mut bytes = [0; 1000];
            bytes[at] = 1;
            assert!(!is_zero(&bytes), "{at}");
        }
    }

    #[test]
    fn a_spooled_stream_has_the_bytes_and_the_length_of_the_stream() {
        let mut bytes = vec![0; 3 * BLOCK + 5];
        bytes[BLOCK + 7] = 1;
        let file = spool(&mut bytes.as_slice(), &mut |_| ControlFlow::Continue(())).ok().unwrap();
        let mut read = vec![1; bytes.len()];
        platform::read_at(&file, 0, &mut read).unwrap();
        assert!(read == bytes && file.metadata().unwrap().len() == bytes.len() as u64);
    }

    #[test]
    fn what_is_written_is_no_hole() {
        const MIB: u64 = 1 << 20;
        let file = tempfile::tempfile().unwrap();
        write_without_zeros(&file, 0, &[0; 1 << 20]).unwrap();
        write_without_zeros(&file, MIB, &[7]).unwrap();
        file.set_len(3 * MIB).unwrap();
        let data = platform::next_data(&file, 0).unwrap();
        assert!(data.contains(&MIB), "{data:?}");
        let behind = platform::next_data(&file, data.end.min(2 * MIB)).unwrap();
        assert!(behind.end >= 3 * MIB, "{behind:?}");
        assert!(platform::next_data(&file, 3 * MIB).is_err());
    }
}
