//! The commit in place, through the journal.

use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use crate::commit::checks::{check_expected, check_places};
use crate::commit::lock::WAIT;
use crate::commit::receipt::Receipt;
use crate::edit::Edit;
use crate::error::{CommitError, CommitStep};
use crate::journal::locked::{Change, Locked};
use crate::journal::record::EntryKind;
use crate::journal::recover::Recovered;
use crate::journal::write;
use crate::progress::{Progress, ProgressFn};
use crate::store::platform::Identity;
use crate::store::source::Source;
use crate::store::stamp::Stamp;

/// Options of a commit.
#[non_exhaustive]
pub struct CommitOptions<'p> {
    /// Whether the file is made durable before the commit returns. Default: yes.
    pub sync: bool,
    /// Whether the journal keeps the bytes for undoing the edit. Default: yes.
    pub undo: bool,
    /// Command of the edit, to be shown by the journal.
    pub command: String,
    /// Maximum wait for other processes that edit or copy the dump. Default: 5 seconds.
    pub wait: Duration,
    /// Called with the progress, at most once a MiB. Default: nothing.
    pub progress: Option<&'p mut ProgressFn<'p>>,
}

impl Default for CommitOptions<'_> {
    fn default() -> Self {
        CommitOptions { sync: true, undo: true, command: String::new(), wait: WAIT, progress: None }
    }
}

impl fmt::Debug for CommitOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CommitOptions { sync, undo, command, wait, progress: _ } = self;
        let mut shown = f.debug_struct("CommitOptions");
        shown.field("sync", sync).field("undo", undo).field("command", command).field("wait", wait);
        shown.finish_non_exhaustive()
    }
}

impl CommitOptions<'_> {
    /// Sets whether the file is made durable before the commit returns. Without it, an edit survives the end of this process at any moment,
    /// but not a crash of the machine.
    pub fn sync(self, sync: bool) -> Self {
        CommitOptions { sync, ..self }
    }

    /// Sets whether the journal keeps the bytes for undoing the edit.
    pub fn undo(self, undo: bool) -> Self {
        CommitOptions { undo, ..self }
    }

    /// Sets the command of the edit, to be shown by the journal.
    pub fn command(self, command: impl Into<String>) -> Self {
        CommitOptions { command: command.into(), ..self }
    }

    /// Sets the maximum wait for other processes that edit or copy the dump.
    pub fn wait(self, wait: Duration) -> Self {
        CommitOptions { wait, ..self }
    }

    /// Sets the function that is called with the progress, at most once a MiB. Where it breaks off, the commit fails with
    /// [`CommitError::Cancelled`] and the dump is unchanged.
    pub fn progress<'q>(self, progress: &'q mut ProgressFn<'q>) -> CommitOptions<'q> {
        let CommitOptions { sync, undo, command, wait, progress: _ } = self;
        CommitOptions { sync, undo, command, wait, progress: Some(progress) }
    }
}

impl Edit {
    /// Writes the edit into the dump, in place, through the journal beside it. The file's length changes only where parts are added or
    /// dropped. Where an earlier edit was interrupted, the commit completes or undoes that one, and refuses this one, which was made
    /// before.
    ///
    /// # Errors
    /// [`CommitError`]; the docs of every variant say what the file holds afterwards.
    pub fn commit(self) -> Result<Receipt, CommitError> {
        self.commit_with(CommitOptions::default())
    }

    /// Writes the edit into the dump in place, with options.
    ///
    /// # Errors
    /// As [`Edit::commit`].
    pub fn commit_with(mut self, options: CommitOptions<'_>) -> Result<Receipt, CommitError> {
        let mut unwatched = |_| ControlFlow::Continue(());
        let progress: &mut ProgressFn<'_> = match options.progress {
            Some(progress) => progress,
            None => &mut unwatched,
        };
        self.settle_to_commit()?;
        let dump = self.dump().clone();
        let structure = self.wrote_structure();
        let (mut pending, expected, mut receipt) = self.into_pending();
        if pending.is_empty() {
            return Ok(receipt);
        }
        match dump.source() {
            Source::Memory(bytes) => {
                let mut store = bytes.write().unwrap_or_else(PoisonError::into_inner);
                check_expected(&store, &expected, None)?;
                // The commit cannot be undone half-way.
                let going_on = &mut |_: Progress| ControlFlow::Continue(());
                write::patch(&mut store, &pending, false, &mut write::Meter::new(&pending, going_on))
                    .map_err(|(_, cause)| CommitError::Unchanged {
                        path: None,
                        step: CommitStep::PatchMemory,
                        cause,
                    })?;
            }
            Source::Unnamed(_) => return Err(CommitError::NoName),
            Source::File { identity, path, stamp, .. } => {
                check_same(path, *identity, dump.layout().file_size())?;
                let mut locked = Locked::open(path, dump.hold(), options.wait, progress)?;
                check_same(path, *identity, dump.layout().file_size())?;
                if locked.recover(false)?.0 != Recovered::Nothing {
                    return Err(CommitError::WasInterrupted { path: path.clone() });
                }
                let failed = |source| unknown(path, source);
                let mut stamp = stamp.lock().unwrap_or_else(PoisonError::into_inner);
                let now = Stamp::of(locked.dump()).map_err(failed)?;
                if *stamp != Some(now) {
                    check_places(&dump, path)?;
                }
                if pending.standing_since().is_some_and(|since| since != now) {
                    let how = "was written to";
                    return Err(CommitError::Replaced { path: Some(path.clone()), how });
                }
                pending.leave_holes(locked.dump()).map_err(failed)?;
                pending.keep_overwritten().map_err(|cause| CommitError::Unchanged {
                    path: Some(path.clone()),
                    step: CommitStep::KeepCopied,
                    cause,
                })?;
                check_expected(locked.dump(), &expected, Some(path))?;
                let file = locked.dump().try_clone().map_err(failed)?;
                let change = Change {
                    pending: &pending,
                    kind: EntryKind::Edit,
                    command: &options.command,
                    structure,
                    last_in_force: 0,
                    sync: options.sync,
                    keep: options.undo,
                    believed: false,
                };
                receipt.notices.extend(locked.commit(&change, progress)?);
                // The edit is done: without a stamp, the next edit checks all places again.
                *stamp = Stamp::of(&file).ok();
            }
        }
        Ok(receipt)
    }
}

/// Checks that the file under the dump's name is still the one whose tables were read.
fn check_same(path: &Path, identity: Identity, file_size: u64) -> Result<(), CommitError> {
    let replaced = |how| CommitError::Replaced { path: Some(path.to_owned()), how };
    let now = Identity::of_path(path).and_then(|now| Ok((now, path.metadata()?.len())));
    let (now, size) = now.map_err(|source| unknown(path, source))?;
    if now != identity {
        return Err(replaced("was replaced by another file"));
    }
    if size != file_size {
        return Err(replaced("has changed size"));
    }
    Ok(())
}

fn unknown(path: &Path, cause: io::Error) -> CommitError {
    CommitError::Unchanged { path: Some(path.to_owned()), step: CommitStep::Identify, cause }
}
