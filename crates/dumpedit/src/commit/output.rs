//! Edited copies: into a file, or down a stream.

use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use crate::commit::checks::{check_expected, check_places};
use crate::commit::lock::{self, Hold};
use crate::commit::output_file::{OutputFile, OutputOptions};
use crate::commit::receipt::Receipt;
use crate::dump::Dump;
use crate::edit::Edit;
use crate::edit::pending::{Patch, Pending};
use crate::error::CommitError;
use crate::journal::history::History;
use crate::progress::ProgressFn;
use crate::store::chunks::Chunk;
use crate::store::copy;
use crate::store::platform;
use crate::store::source::Source;
use crate::store::stamp::Stamp;

impl Edit {
    /// Leaves the dump alone and writes an edited copy.
    ///
    /// # Errors
    /// As [`OutputFile::create`] and [`Edit::commit_into`]: then no file is left behind.
    pub fn commit_to(self, path: impl AsRef<Path>) -> Result<Receipt, CommitError> {
        self.commit_to_with(path, OutputOptions::default(), &mut |_| ControlFlow::Continue(()))
    }

    /// Leaves the dump alone and writes an edited copy, with other rules than the default ones, and tells of the
    /// progress at most once a MiB.
    ///
    /// # Errors
    /// As [`Edit::commit_to`], and [`CommitError::Cancelled`] where `progress` breaks off.
    pub fn commit_to_with(
        self,
        path: impl AsRef<Path>,
        options: OutputOptions,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Receipt, CommitError> {
        let output = OutputFile::create(path, options, self.dump().source().file())?;
        self.commit_into(output, progress)
    }

    /// Leaves the dump alone, writes an edited copy into a file that is still empty, and finishes that. Holes stay holes,
    /// and blocks are shared where the file system can. No edit changes the dump in place meanwhile.
    ///
    /// # Errors
    /// As [`OutputFile::finish`] and [`Edit::write_to`].
    pub fn commit_into(
        mut self,
        output: OutputFile,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Receipt, CommitError> {
        self.settle_to_commit()?;
        let dump = self.dump().clone();
        let (mut pending, expected, mut receipt) = self.into_pending();
        match copy(&dump, &output, &mut pending, &expected, progress) {
            Ok(()) => receipt.notices.extend(output.finish()?),
            Err(CommitError::Cancelled) => return Err(output.cancel()),
            Err(CommitError::Stream { cause }) => return Err(output.abandon(cause)),
            Err(error) => return Err(error),
        }
        Ok(receipt)
    }

    /// Writes the dump as this edit would leave it to a stream. One that adds or drops parts must be [settled](Edit::settle). Neither
    /// the dump nor the edit changes, and no edit changes the dump in place meanwhile; for one that is being made, some seconds are
    /// waited.
    ///
    /// # Errors
    /// [`CommitError::Stream`], [`CommitError::Cancelled`] where `progress` breaks off, and those that say why a copy
    /// would not be the dump that was opened: [`CommitError::Locked`], [`CommitError::Interrupted`],
    /// [`CommitError::Replaced`], [`CommitError::Expect`], and, found out in the end, [`CommitError::Changed`].
    pub fn write_to(&self, output: &mut dyn Write, progress: &mut ProgressFn<'_>) -> Result<(), CommitError> {
        self.write_chunks(&mut |chunk| chunk.write_to(output), progress)?;
        output.flush().map_err(|cause| CommitError::Stream { cause })
    }

    /// Hands over the dump as this edit would leave it, chunk by chunk, to what can do more with a hole than with its
    /// zeros. Neither the dump nor the edit changes.
    ///
    /// # Errors
    /// As [`Edit::write_to`].
    pub fn write_chunks(
        &self,
        each: &mut dyn FnMut(Chunk<'_>) -> io::Result<()>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<(), CommitError> {
        self.check_settled()?;
        let hold = hold(self.dump(), &self.expected, lock::WAIT, progress)?;
        let written = copy::chunk_by_chunk(self.view(), each, progress);
        match written.map_err(|cause| CommitError::Stream { cause })? {
            ControlFlow::Continue(()) => hold.map_or(Ok(()), |hold| hold.check()),
            ControlFlow::Break(()) => Err(CommitError::Cancelled),
        }
    }
}

/// Writes the dump with its extents patched into a file that is still empty. What the system says of that is an error of
/// the stream.
fn copy(
    dump: &Dump,
    output: &OutputFile,
    pending: &mut Pending,
    expected: &Pending,
    progress: &mut ProgressFn<'_>,
) -> Result<(), CommitError> {
    let failed = |cause| CommitError::Stream { cause };
    let hold = hold(dump, expected, output.options.wait, progress)?;
    let file = output.file.as_file();
    if copy::into_file(dump, file, progress).map_err(failed)?.is_break() {
        return Err(CommitError::Cancelled);
    }
    hold.map_or(Ok(()), |hold| hold.check())?;
    pending.leave_holes(file).map_err(failed)?;
    pending.extents().try_for_each(|extent| patch(file, pending, &extent)).map_err(failed)?;
    let size = dump.layout().file_size();
    if pending.size_after(size) == size {
        Ok(())
    } else {
        file.set_len(pending.size_after(size)).map_err(failed)
    }
}

/// Holds a dump that has a name while it is copied, and makes sure that it is still what the edit was made for.
fn hold(
    dump: &Dump,
    expected: &Pending,
    wait: Duration,
    progress: &mut ProgressFn<'_>,
) -> Result<Option<Hold>, CommitError> {
    let (Source::File { path, stamp, .. }, Some(file)) = (dump.source(), dump.source().file()) else {
        return Ok(None);
    };
    let mut hold = None;
    if !dump.source().hold().is_some_and(|hold| hold.is_alone_on(path)) {
        hold = Some(Hold::on(path, wait, progress)?);
        if History::of(path).is_unfinished()? {
            return Err(CommitError::Interrupted { path: path.clone() });
        }
    }
    let opened = *stamp.lock().unwrap_or_else(PoisonError::into_inner);
    if opened.is_none() || Stamp::of(file).ok() != opened {
        check_places(dump, path)?;
        check_expected(file, expected, Some(path))?;
    }
    Ok(hold)
}

fn patch(output: &File, pending: &Pending, extent: &Patch) -> io::Result<()> {
    pending.blocks(extent, |file_offset, new| {
        if extent.mask == 0xff {
            return platform::write_at(output, file_offset, new);
        }
        let mut bytes = vec![0; new.len()];
        platform::read_at(output, file_offset, &mut bytes)?;
        extent.over(&mut bytes, new);
        platform::write_at(output, file_offset, &bytes)
    })
}
