//! Copies of a dump's bytes: into a file, where holes stay holes, or down a stream.

use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;

use crate::dump::Dump;
use crate::error::Error;
use crate::store::blocks::BLOCK;
use crate::store::chunks::Chunk;
use crate::store::platform;
use crate::view::View;

/// How far a long call has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all; 0 where that is not known.
    pub total: u64,
}

impl Progress {
    /// So many bytes of all are done.
    pub fn new(done: u64, total: u64) -> Progress {
        Progress { done, total }
    }
}

/// What a long call calls from its own thread, at most once a MiB; breaking off cancels it.
pub type ProgressFn<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// Runs of zeros at least this long, and so aligned, become holes.
const HOLE: usize = 1 << 16;

/// Fills an empty file with the dump's bytes, as they are. Blocks are shared where the file system can; else only what
/// is not a hole is read, and only what is not zero is written.
pub(crate) fn into_file(
    dump: &Dump,
    output: &File,
    progress: &mut ProgressFn<'_>,
) -> io::Result<ControlFlow<()>> {
    let total = dump.layout().file_size();
    let input = dump.source().file();
    if let Some(input) = input
        && platform::reflink(input, output)
    {
        if output.metadata()?.len() < total {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the dump has become shorter"));
        }
        output.set_len(total)?;
        return Ok(progress(Progress { done: total, total }));
    }
    let mut at = 0u64;
    let mut write = |chunk: Chunk<'_>| {
        match chunk {
            Chunk::Bytes(block) => write_without_zeros(output, at, block)?,
            _ => platform::allow_holes(output),
        }
        at = at.saturating_add(chunk.size());
        Ok(())
    };
    let copied = chunk_by_chunk(dump.view(), &mut write, progress)?;
    if copied.is_continue() {
        output.set_len(total)?;
    }
    Ok(copied)
}

/// Hands over all the bytes that a view sees, in their order.
pub(crate) fn chunk_by_chunk(
    view: View<'_>,
    each: &mut dyn FnMut(Chunk<'_>) -> io::Result<()>,
    progress: &mut ProgressFn<'_>,
) -> io::Result<ControlFlow<()>> {
    let held = view.dump.layout().file_size();
    let total = view.pending.map_or(held, |pending| pending.size_after(held));
    let mut chunks = view.chunks(0, total.min(held)).with_appended(held, total);
    let (mut done, mut told) = (0u64, 0u64);
    while let Some(chunk) = chunks.next().map_err(as_io)? {
        done = done.saturating_add(chunk.size());
        each(chunk)?;
        if done.saturating_sub(told) >= BLOCK as u64 || done == total {
            told = done;
            if progress(Progress { done, total }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn as_io(error: Error) -> io::Error {
    match error {
        Error::Io { cause, .. } | Error::Kept { cause } => cause,
        other => io::Error::other(other.to_string()),
    }
}

/// Why a stream could not be spooled.
pub(crate) enum SpoolError {
    /// It could not be read.
    Stream(io::Error),
    /// The temporary file could not be written.
    File(io::Error),
    /// The caller asked to stop.
    Cancelled,
}

/// Reads a stream to its end into an unlinked temporary file; memory stays at one block, and zeros become holes.
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

/// Leaves out what is zero already in a new file.
fn write_without_zeros(output: &File, file_offset: u64, block: &[u8]) -> io::Result<()> {
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
    // Without an early exit in the inner loop it takes many bytes at a time.
    bytes.chunks(256).all(|chunk| chunk.iter().fold(0, |seen, byte| seen | byte) == 0)
}

#[cfg(test)]
mod tests {
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
