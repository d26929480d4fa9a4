//! Copies a dump's bytes to a file, where holes stay holes, or to a stream.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;

use crate::dump::Dump;
use crate::error::Error;
use crate::progress::{Progress, ProgressFn};
use crate::store::blocks::BLOCK;
use crate::store::chunks::Chunk;
use crate::store::platform;
use crate::store::spool::write_without_zeros;
use crate::view::View;

/// Fills an empty file with the dump's bytes, unchanged. Blocks are shared where the file system supports it; else holes are not read, and
/// zeros are not written.
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

/// Calls a function with all bytes of a view, in order.
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
