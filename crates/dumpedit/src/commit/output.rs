//! Edited copies: into a file, or down a stream.

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

/// Where an edited copy goes.
#[non_exhaustive]
pub enum Output<'o> {
    /// Into a file that is made.
    Path {
        /// Its name.
        path: Cow<'o, Path>,
        /// How it is made.
        options: OutputOptions,
    },
    /// Into a file that is still empty, which is finished. Holes stay holes, and blocks are shared where the file system can.
    File(OutputFile),
    /// Down a stream, which is flushed.
    Stream(&'o mut dyn Write),
    /// To what can do more with a hole than with its zeros.
    Chunks(&'o mut dyn FnMut(Chunk<'_>) -> io::Result<()>),
}

/// Into a file that is made by the default rules.
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
    /// Leaves the dump alone and [writes an edited copy](Edit::write_out).
    ///
    /// # Errors
    /// As [`Edit::write_out`].
    pub fn commit_to<'o>(mut self, output: impl Into<Output<'o>>) -> Result<Receipt, CommitError> {
        let notice = self.write_out(output, &mut |_| ControlFlow::Continue(()))?;
        let mut receipt = self.into_receipt();
        receipt.notices.extend(notice);
        Ok(receipt)
    }

    /// Leaves the dump alone and writes a copy as this edit would leave it, and tells of the progress at most once a MiB. A file is
    /// whole or absent. No edit changes the dump in place meanwhile; for one that is being made, some seconds are waited. What the
    /// user should know of a file that was finished, beside the edit's own notices.
    ///
    /// The edit can still be committed, and takes no more parts.
    ///
    /// # Errors
    /// Those of [`OutputFile::create`] and [`OutputFile::finish`]; [`CommitError::Stream`] where the copy goes elsewhere;
    /// [`CommitError::Cancelled`] where `progress` breaks off; and those that say why a copy would not be the dump that was opened:
    /// [`CommitError::Locked`], [`CommitError::Interrupted`], [`CommitError::Replaced`], [`CommitError::Expect`], and, found out in
    /// the end, [`CommitError::Changed`].
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
        // What need not be written into holes is left out of this copy alone.
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

/// What holds a dump that has a name while it is copied.
enum Held<'a> {
    /// The dump's own hold, which lets nobody else change it.
    Alone,
    /// The dump's own hold, together with others that read it.
    Kept(&'a Hold),
    /// One that was taken for the copy.
    Taken(Hold),
}

impl Held<'_> {
    /// Makes sure that nothing has written to the file meanwhile.
    fn check(&self) -> Result<(), CommitError> {
        match self {
            Held::Alone => Ok(()),
            Held::Kept(hold) => hold.check(),
            Held::Taken(hold) => hold.check(),
        }
    }
}

/// Holds a dump that has a name while it is copied, and makes sure that it is still what the edit was made for.
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
