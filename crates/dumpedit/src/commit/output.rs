//! Edited copies: to a file, or to a stream.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;

use dumpedit_layout::Notice;

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

/// Destination of an edited copy.
#[non_exhaustive]
pub enum Output<'o> {
    /// A file that is created.
    Path {
        /// Path.
        path: Cow<'o, Path>,
        /// Options.
        options: OutputOptions,
    },
    /// An empty file, which is finished afterwards. Holes stay holes, and blocks are shared where the file system supports it.
    File(OutputFile),
    /// A stream, which is flushed.
    Stream(&'o mut dyn Write),
    /// A function that receives holes apart from data.
    Chunks(&'o mut dyn FnMut(Chunk<'_>) -> io::Result<()>),
}

/// A file that is created with the default options.
impl<'o, P: AsRef<Path> + ?Sized> From<&'o P> for Output<'o> {
    fn from(path: &'o P) -> Output<'o> {
        Output::Path { path: path.as_ref().into(), options: OutputOptions::default() }
    }
}

impl From<PathBuf> for Output<'_> {
    fn from(path: PathBuf) -> Self {
        Output::Path { path: path.into(), options: OutputOptions::default() }
    }
}

impl From<OutputFile> for Output<'_> {
    fn from(file: OutputFile) -> Self {
        Output::File(file)
    }
}

impl<'o, W: Write> From<&'o mut W> for Output<'o> {
    fn from(stream: &'o mut W) -> Output<'o> {
        Output::Stream(stream)
    }
}

impl Edit {
    /// Leaves the dump unchanged and [writes an edited copy](Edit::write_out).
    ///
    /// # Errors
    /// As [`Edit::write_out`].
    pub fn commit_to<'o>(mut self, output: impl Into<Output<'o>>) -> Result<Receipt, CommitError> {
        let notice = self.write_out(output, &mut |_| ControlFlow::Continue(()))?;
        let mut receipt = self.into_receipt();
        receipt.notices.extend(notice);
        Ok(receipt)
    }

    /// Leaves the dump unchanged, writes a copy with this edit, and calls `progress` at most once a MiB. A file is whole or absent. No edit
    /// changes the dump in place meanwhile; one in progress is waited for. Returns a notice about a finished file, beside the edit's own
    /// notices.
    ///
    /// The edit can still be committed, and accepts no more parts.
    ///
    /// Those of [`OutputFile::create`] and [`OutputFile::finish`]; [`CommitError::Stream`] for other destinations;
    /// [`CommitError::Cancelled`] where `progress` breaks off; and those of a copy that would not be of the dump that was opened:
    /// [`CommitError::Locked`], [`CommitError::Interrupted`], [`CommitError::Replaced`], [`CommitError::Expect`], and, detected at the end,
    /// [`CommitError::Changed`].
    pub fn write_out<'o>(
        &mut self,
        output: impl Into<Output<'o>>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Option<Notice>, CommitError> {
        self.settle_to_commit()?;
        match output.into() {
            Output::Path { path, options } => {
                let file = OutputFile::create(path, options, self.dump().source().file())?;
                self.write_file(file, progress)
            }
            Output::File(file) => self.write_file(file, progress),
            Output::Stream(stream) => {
                self.write_chunks(&mut |chunk| chunk.write_to(stream), progress)?;
                stream.flush().map_err(|cause| CommitError::Stream { cause })?;
                Ok(None)
            }
            Output::Chunks(each) => self.write_chunks(each, progress).map(|()| None),
        }
    }

    fn write_file(
        &mut self,
        output: OutputFile,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Option<Notice>, CommitError> {
        let dump = self.dump().clone();
        // Only this copy leaves out zeros that would be written into holes.
        self.pending.mark();
        let copied = copy(&dump, &output, &mut self.pending, &self.expected, progress);
        self.pending.settle(false);
        match copied {
            Ok(()) => output.finish(),
            Err(CommitError::Cancelled) => Err(output.cancel()),
            Err(CommitError::Stream { cause }) => Err(output.abandon(cause)),
            Err(error) => Err(error),
        }
    }

    fn write_chunks(
        &self,
        each: &mut dyn FnMut(Chunk<'_>) -> io::Result<()>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<(), CommitError> {
        let hold = hold(self.dump(), &self.expected, lock::WAIT, progress)?;
        let written = copy::chunk_by_chunk(self.view(), each, progress);
        match written.map_err(|cause| CommitError::Stream { cause })? {
            ControlFlow::Continue(()) => hold.map_or(Ok(()), |hold| hold.check()),
            ControlFlow::Break(()) => Err(CommitError::Cancelled),
        }
    }
}

/// Writes the dump with its extents patched into an empty file. Errors of the system are errors of the stream.
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

/// Hold on a named dump while it is copied.
enum Held<'a> {
    /// The dump's own hold, which is exclusive.
    Alone,
    /// The dump's own hold, which is shared with other readers.
    Kept(&'a Hold),
    /// A hold that was taken for the copy.
    Taken(Hold),
}

impl Held<'_> {
    /// Checks that the file was not written to meanwhile.
    fn check(&self) -> Result<(), CommitError> {
        match self {
            Held::Alone => Ok(()),
            Held::Kept(hold) => hold.check(),
            Held::Taken(hold) => hold.check(),
        }
    }
}

/// Holds a named dump while it is copied, and checks that it is still the one that the edit was made for.
fn hold<'d>(
    dump: &'d Dump,
    expected: &Pending,
    wait: Duration,
    progress: &mut ProgressFn<'_>,
) -> Result<Option<Held<'d>>, CommitError> {
    let (Source::File { path, stamp, .. }, Some(file)) = (dump.source(), dump.file()) else {
        return Ok(None);
    };
    let held = match dump.hold().filter(|hold| hold.is_on(path)) {
        Some(hold) if hold.is_alone_on(path) => Held::Alone,
        Some(hold) => Held::Kept(hold),
        None => Held::Taken(Hold::on(path, wait, progress)?),
    };
    let is_unfinished = match &held {
        Held::Alone => false,
        Held::Kept(hold) => History::of(path).under(hold).is_unfinished()?,
        Held::Taken(hold) => History::of(path).under(hold).is_unfinished()?,
    };
    if is_unfinished {
        return Err(CommitError::Interrupted { path: path.clone() });
    }
    let opened = *stamp.lock().unwrap_or_else(PoisonError::into_inner);
    if opened.is_none() || Stamp::of(file).ok() != opened {
        check_places(dump, path)?;
        check_expected(file, expected, Some(path))?;
    }
    Ok(Some(held))
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
