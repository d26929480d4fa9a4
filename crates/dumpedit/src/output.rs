//! The edited copy: written beside its target under another name, and renamed when it is whole.

use std::io::{self, Seek, SeekFrom, Write};
use std::ops::ControlFlow;
use std::path::Path;

use crate::dump::Dump;
use crate::error::{CommitError, Error};
use crate::journal::Extent;
use crate::platform::{self, Identity};
use crate::source::Source;

/// How an edited copy is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputOptions {
    /// Whether an existing file is replaced.
    pub overwrite: bool,
}

impl OutputOptions {
    /// Whether an existing file is replaced.
    pub fn overwrite(self, overwrite: bool) -> Self {
        OutputOptions { overwrite }
    }
}

/// How far a long call has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
}

/// What a long call calls from its own thread, at most once a MiB; breaking off cancels it.
pub type ProgressFn<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// Copies are read and written in blocks of this many bytes.
const BLOCK: usize = 1 << 20;

/// Runs of zeros at least this long become holes.
const HOLE: usize = 1 << 16;

/// Writes the dump with its extents patched.
pub(crate) fn write(
    dump: &Dump,
    path: &Path,
    extents: &[Extent],
    options: OutputOptions,
    progress: &mut ProgressFn<'_>,
) -> Result<(), CommitError> {
    let failed = |source| CommitError::Output { path: path.to_owned(), source };
    if let Ok(existing) = std::fs::File::open(path) {
        if let Source::File { identity, .. } = dump.source()
            && Identity::of(&existing).is_ok_and(|existing| existing.is_same(*identity))
        {
            return Err(CommitError::OutputIsInput { path: path.to_owned() });
        }
        if !options.overwrite {
            return Err(CommitError::OutputExists { path: path.to_owned() });
        }
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut output = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    match copy(dump, output.as_file_mut(), progress) {
        Ok(ControlFlow::Continue(())) => {}
        Ok(ControlFlow::Break(())) => return Err(CommitError::Cancelled),
        Err(source) => return Err(failed(source)),
    }
    for extent in extents {
        patch(output.as_file(), extent).map_err(failed)?;
    }
    keep_permissions(dump, output.as_file()).map_err(failed)?;
    output.as_file().sync_all().map_err(failed)?;
    let renamed = if options.overwrite { output.persist(path) } else { output.persist_noclobber(path) };
    renamed.map(drop).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => CommitError::OutputExists { path: path.to_owned() },
        _ => failed(error.error),
    })
}

/// Copies the dump block by block; long runs of zeros are left out, so that holes stay holes.
fn copy(
    dump: &Dump,
    output: &mut std::fs::File,
    progress: &mut ProgressFn<'_>,
) -> io::Result<ControlFlow<()>> {
    let total = dump.layout().file_size();
    let mut block = vec![0; BLOCK];
    let mut done = 0u64;
    while done < total {
        let len = usize::try_from(total.saturating_sub(done)).unwrap_or(BLOCK).min(BLOCK);
        let block = block.get_mut(..len).unwrap_or_default();
        read_block(dump, done, block)?;
        for (piece, offset) in block.chunks(HOLE).zip((done..).step_by(HOLE)) {
            if piece.iter().any(|byte| *byte != 0) {
                output.seek(SeekFrom::Start(offset))?;
                output.write_all(piece)?;
            }
        }
        done = done.saturating_add(len as u64);
        if progress(Progress { done, total }).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    output.set_len(total)?;
    Ok(ControlFlow::Continue(()))
}

/// Bulk reads are positional: they leave no pages of the map resident.
fn read_block(dump: &Dump, file_offset: u64, block: &mut [u8]) -> io::Result<()> {
    match dump.source() {
        Source::File { map, .. } => platform::read_at(map.file(), file_offset, block),
        Source::Memory(_) => dump.view().file_bytes(file_offset, block).map_err(|error| match error {
            Error::Io { source, .. } => source,
            other => io::Error::other(other.to_string()),
        }),
    }
}

fn patch(output: &std::fs::File, extent: &Extent) -> io::Result<()> {
    let mut old = vec![0; extent.bytes.len()];
    platform::read_at(output, extent.file_offset, &mut old)?;
    platform::write_at(output, extent.file_offset, &extent.over(&old))
}

/// A copy of a dump is as private as the dump.
fn keep_permissions(dump: &Dump, output: &std::fs::File) -> io::Result<()> {
    match dump.source() {
        Source::File { map, .. } => output.set_permissions(map.file().metadata()?.permissions()),
        Source::Memory(_) => Ok(()),
    }
}
