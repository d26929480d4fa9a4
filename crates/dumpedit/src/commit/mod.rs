//! The commit: the one place where a dump's file is changed.

pub(crate) mod kept;
pub(crate) mod lock;
pub(crate) mod output;

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use dumpedit_layout::Notice;

use crate::commit::lock::WAIT;
use crate::commit::output::{OutputFile, OutputOptions};
use crate::dump::Dump;
use crate::edit::Edit;
use crate::edit::changes::Changes;
use crate::edit::pending::Pending;
use crate::error::CommitError;
use crate::journal::locked::{Change, Locked};
use crate::journal::record::EntryKind;
use crate::journal::recover::Recovered;
use crate::journal::write;
use crate::store::Store;
use crate::store::copy::{Progress, ProgressFn};
use crate::store::platform::Identity;
use crate::store::source::{Source, Stamp};

/// What a commit did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The bytes that changed, in the order they were asked for.
    pub changes: Changes,
    /// What the user should know.
    pub notices: Vec<Notice>,
}

/// How a commit is done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommitOptions {
    /// Whether the file is made durable before the commit returns. Default: yes.
    pub sync: bool,
    /// Whether the journal keeps what is needed to take the edit back. Default: yes.
    pub undo: bool,
    /// What was asked for, as the journal is to tell it.
    pub command: String,
    /// How long is waited for others that edit or copy the dump. Default: 5 seconds.
    pub wait: Duration,
}

impl Default for CommitOptions {
    fn default() -> Self {
        CommitOptions { sync: true, undo: true, command: String::new(), wait: WAIT }
    }
}

impl CommitOptions {
    /// Whether the file is made durable before the commit returns. Without it, an edit survives the end of this process
    /// at any moment, but not that of the machine.
    pub fn sync(self, sync: bool) -> Self {
        CommitOptions { sync, ..self }
    }

    /// Whether the journal keeps what is needed to take the edit back.
    pub fn undo(self, undo: bool) -> Self {
        CommitOptions { undo, ..self }
    }

    /// What was asked for, as the journal is to tell it.
    pub fn command(self, command: impl Into<String>) -> Self {
        CommitOptions { command: command.into(), ..self }
    }

    /// How long is waited for others that edit or copy the dump.
    pub fn wait(self, wait: Duration) -> Self {
        CommitOptions { wait, ..self }
    }
}

impl Edit {
    /// Writes the edit into the dump, in place, through the journal beside it. The file's length changes only where parts are added
    /// or dropped. Where an earlier edit was interrupted, that is brought to an end, and this one is refused, since it was made
    /// before that.
    ///
    /// # Errors
    /// [`CommitError`]; every variant says what the file holds afterwards.
    pub fn commit(self) -> Result<Receipt, CommitError> {
        self.commit_with(CommitOptions::default())
    }

    /// Writes the edit into the dump in place, with other rules than the default ones.
    ///
    /// # Errors
    /// As [`Edit::commit`].
    pub fn commit_with(self, options: CommitOptions) -> Result<Receipt, CommitError> {
        self.commit_watched(options, &mut |_| ControlFlow::Continue(()))
    }

    /// Writes the edit into the dump in place, and tells of the progress at most once a MiB.
    ///
    /// # Errors
    /// As [`Edit::commit`], and [`CommitError::Cancelled`] where `progress` breaks off: the dump is then as it was.
    pub fn commit_watched(
        mut self,
        options: CommitOptions,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Receipt, CommitError> {
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
                // Nothing could take a half of it back.
                let going_on = &mut |_: Progress| ControlFlow::Continue(());
                write::patch(&mut store, &pending, false, &mut write::Meter::new(&pending, going_on))
                    .map_err(|(_, cause)| CommitError::Unchanged {
                        path: None,
                        reason: "the bytes in memory are fewer than they were",
                        cause,
                    })?;
            }
            Source::Unnamed(_) => return Err(CommitError::NoName),
            Source::File { identity, path, stamp, .. } => {
                check_same(path, *identity, dump.layout().file_size())?;
                let mut locked = Locked::open(path, dump.source().hold(), options.wait, progress)?;
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
                    reason: "cannot keep the bytes to be copied",
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
                // The edit is done: where this cannot be asked, the next one looks at all places again.
                *stamp = Stamp::of(&file).ok();
            }
        }
        Ok(receipt)
    }

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

    /// [Settles](Edit::settle) the edit, as the first step of a commit.
    pub(crate) fn settle_to_commit(&mut self) -> Result<(), CommitError> {
        self.settle().map_err(|cause| CommitError::Structure { cause: Box::new(cause) })
    }

    /// What is to be written, what must still be there, and what will be told.
    pub(crate) fn into_pending(self) -> (Pending, Pending, Receipt) {
        let receipt = Receipt { changes: self.changes, notices: self.notices };
        (self.pending, self.expected, receipt)
    }
}

/// Makes sure that the file under the dump's name is still the one whose tables were read.
fn check_same(path: &Path, identity: Identity, file_size: u64) -> Result<(), CommitError> {
    let replaced = |how| CommitError::Replaced { path: Some(path.to_owned()), how };
    let file = File::open(path).map_err(|source| unknown(path, source))?;
    if Identity::of(&file).map_err(|source| unknown(path, source))? != identity {
        return Err(replaced("was replaced by another"));
    }
    if file.len().map_err(|source| unknown(path, source))? != file_size {
        return Err(replaced("has changed its size"));
    }
    Ok(())
}

/// Makes sure that a file which somebody has written to since still has every location where it was.
pub(crate) fn check_places(dump: &Dump, path: &Path) -> Result<(), CommitError> {
    match Dump::open(path) {
        Ok(now) if now.layout().has_places_of(dump.layout()) => Ok(()),
        _ => Err(CommitError::Replaced { path: Some(path.to_owned()), how: "was given other tables" }),
    }
}

fn unknown(path: &Path, cause: io::Error) -> CommitError {
    CommitError::Unchanged { path: Some(path.to_owned()), reason: "cannot ask what it is", cause }
}

/// Looks once more, now that nobody else edits, at the bytes that were expected when the edit was made.
pub(crate) fn check_expected(
    store: &impl Store,
    expected: &Pending,
    path: Option<&Path>,
) -> Result<(), CommitError> {
    let differs = expected.first_difference(store).map_err(|cause| CommitError::Unchanged {
        path: path.map(Path::to_owned),
        reason: "cannot read the bytes to be replaced",
        cause,
    })?;
    match differs {
        Some(file_offset) => Err(CommitError::Expect { path: path.map(Path::to_owned), file_offset }),
        None => Ok(()),
    }
}
