//! The history of a dump's edits in its journal: shown, undone, redone, recovered and trimmed.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dumpedit_layout::{Notice, NoticeKind};

use crate::commit::lock::{self, Hold};
use crate::dump::Dump;
use crate::edit::changes::Extents;
use crate::edit::pending::Pending;
use crate::error::{CommitError, CommitStep, OpenError};
use crate::journal::entries::{self, Entry};
use crate::journal::file::{self, Mode};
use crate::journal::locked::{self, Change, EditableBytes, Locked};
use crate::journal::log::{Log, Readable};
use crate::journal::record::{EntryKind, Header};
use crate::journal::recover::{self, Recovered};
use crate::journal::stack::Stack;
use crate::progress::Progress;
use crate::store::Store;
use crate::store::platform::Identity;

/// Options of an undo or a redo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndoOptions {
    /// Number of the last edit that is in force afterwards; 0 for none. Default: one edit is undone or redone.
    pub to: Option<u64>,
    /// Whether to write the bytes even where something else has changed them since.
    pub discard_later: bool,
    /// Whether to report the changes without making them.
    pub dry_run: bool,
}

impl UndoOptions {
    /// Sets the number of the last edit that is in force afterwards; 0 undoes all.
    pub fn to(self, number: u64) -> Self {
        UndoOptions { to: Some(number), ..self }
    }

    /// Sets whether to write bytes that something else has changed since.
    pub fn discard_later(self, discard_later: bool) -> Self {
        UndoOptions { discard_later, ..self }
    }

    /// Sets whether to report the changes without making them.
    pub fn dry_run(self, dry_run: bool) -> Self {
        UndoOptions { dry_run, ..self }
    }
}

/// Result of an undo or a redo.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Undone {
    /// Numbers of the edits, in the order in which they were undone or redone.
    pub numbers: Vec<u64>,
    /// Entries of the journal that are damaged or missing and were skipped: their changes stay.
    pub passed_over: Vec<u64>,
    /// Bytes that changed.
    pub extents: Extents,
    /// Notices for the user.
    pub notices: Vec<Notice>,
}

/// Result of a recovery.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recovery {
    /// Outcome of the interrupted edit.
    pub recovered: Recovered,
    /// Bytes that were written for it.
    pub extents: Extents,
}

/// The history of a dump's edits, in its journal.
#[derive(Debug)]
pub struct History<'a> {
    path: PathBuf,
    hold: Option<&'a Hold>,
    wait: Duration,
    /// The file that was last opened at the path.
    opened: Mutex<Option<File>>,
}

impl Dump {
    /// The history of the dump's edits; `None` for a dump without a path.
    pub fn history(&self) -> Option<History<'_>> {
        let history = History::of(self.path()?);
        let opened = Mutex::new(self.file().and_then(|file| file.try_clone().ok()));
        Some(History { hold: self.hold(), opened, ..history })
    }
}

impl<'a> History<'a> {
    /// The history of a dump, which need not be readable as one.
    pub fn of(path: impl AsRef<Path>) -> History<'a> {
        History { path: path.as_ref().to_owned(), hold: None, wait: lock::WAIT, opened: Mutex::default() }
    }

    /// The same, for a dump that is held for editing.
    pub fn under(self, hold: &'a Hold) -> History<'a> {
        History { hold: Some(hold), ..self }
    }

    /// Sets the maximum wait of a change for other processes that edit or copy the dump. Default: 5 seconds.
    pub fn wait(self, wait: Duration) -> History<'a> {
        History { wait, ..self }
    }

    /// Path of the history's file: beside the file that the dump's path leads to, whether it exists or not.
    ///
    /// # Errors
    /// Errors of the system, where the dump cannot be found.
    pub fn journal(&self) -> io::Result<PathBuf> {
        file::path_of(&self.path)
    }

    /// Opens the dump in its present state.
    ///
    /// # Errors
    /// As [`Dump::open`].
    pub fn dump(&self) -> Result<Dump, OpenError> {
        match self.dump_file() {
            Ok(file) => Dump::of_file(&self.path, file),
            // This reports why a path that is no readable file cannot be opened.
            Err(_) => Dump::open(&self.path),
        }
    }

    /// The dump's file, open for reading: the held or last opened one, where the path still leads to it.
    pub(super) fn dump_file(&self) -> io::Result<File> {
        locked::is_file(&self.path)?;
        let named = Identity::of_path(&self.path)?;
        let is_named = |file: &&File| Identity::of(file).is_ok_and(|identity| identity == named);
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let held = self.hold.and_then(Hold::file).filter(is_named);
        match held.or(opened.as_ref().filter(is_named)) {
            Some(file) => file.try_clone(),
            None => opened.insert(File::open(&self.path)?).try_clone(),
        }
    }

    fn failed(&self, step: CommitStep) -> impl Fn(io::Error) -> CommitError {
        let path = self.path.clone();
        move |cause| CommitError::Unchanged { path: Some(path.clone()), step, cause }
    }

    fn open(&self) -> Result<Option<Locked>, CommitError> {
        Locked::open(&self.path, self.hold, self.wait, &mut going_on).map(Some)
    }

    /// Opens a dump that has a journal, beside it or beside another of its paths; `None` where it has none.
    fn open_existing(&self) -> Result<Option<Locked>, CommitError> {
        let failed = self.failed(CommitStep::Open);
        let dump = self.dump_file().map_err(&failed)?;
        let log_path = self.journal().map_err(&failed)?;
        let has_none =
            matches!(log_path.symlink_metadata(), Err(error) if error.kind() == io::ErrorKind::NotFound);
        if has_none && locked::other_journal(&dump, &log_path, Mode::Read)?.is_none() {
            return Ok(None);
        }
        self.open()
    }

    /// The contents of the journal: its changes, and its damaged parts. All of it is checked, and the bytes of every edit in force are
    /// compared with the dump.
    ///
    /// # Errors
    /// [`CommitError::Journal`] where the journal cannot be read, [`CommitError::NotAJournal`] where something else has its name, and
    /// [`CommitError::OtherJournal`] where it belongs to another file.
    pub fn log(&self) -> Result<Log, CommitError> {
        let failed = self.failed(CommitStep::Open);
        let dump = self.dump_file().map_err(&failed)?;
        let log_path = self.journal().map_err(&failed)?;
        let Some(log) = file::open(&log_path, &dump, Mode::Read)? else { return Ok(Log::default()) };
        let failed = |cause| CommitError::Journal { path: log_path.clone(), cause };
        let header = file::read_header(&log).map_err(failed)?;
        match header {
            Header::Version(version) => return Err(CommitError::JournalVersion { path: log_path, version }),
            Header::Other => {
                return Err(CommitError::NotAJournal { path: log_path, why: "is not a journal" });
            }
            Header::Unfinished => return Ok(Log::default()),
            Header::Journal { .. } | Header::Damaged => {}
        }
        let read = Readable::of(&dump, &log, header == Header::Damaged).map_err(failed)?;
        if !read.is_about(&dump).map_err(failed)? {
            return Err(CommitError::OtherJournal { path: self.path.clone(), journal: log_path });
        }
        let (entries, fits) = read.entries(&dump, &log).map_err(failed)?;
        if !fits {
            return Err(CommitError::OtherJournal { path: self.path.clone(), journal: log_path });
        }
        Ok(Log { entries, damage: read.damage })
    }

    /// Whether an edit of the dump was interrupted: its journal ends in an unsealed entry, and no process is editing. The cost does not
    /// depend on the length of the journal. `false` where the dump cannot be opened, and where the journal is damaged or not trusted.
    ///
    /// # Errors
    /// [`CommitError::Journal`] where the journal cannot be read.
    pub fn is_unfinished(&self) -> Result<bool, CommitError> {
        let hold = self.hold.filter(|hold| hold.is_on(&self.path));
        if hold.is_some_and(Hold::is_whole) {
            return Ok(false);
        }
        let Ok(log_path) = self.journal() else { return Ok(false) };
        let Ok(dump) = self.dump_file() else { return Ok(false) };
        let is_interrupted = |path: &Path, log: &File| {
            let is_journal = file::first_bytes(log).map(|header| header != Header::Other);
            let interrupted =
                is_journal.and_then(|is_journal| Ok(is_journal && recover::is_interrupted(&dump, log)?));
            let path = path.to_owned();
            interrupted
                .or_else(entries::damage_is(false))
                .map_err(|cause| CommitError::Journal { path, cause })
        };
        let beside = || match file::open(&log_path, &dump, Mode::Read) {
            Ok(Some(log)) => is_interrupted(&log_path, &log),
            Ok(None) | Err(CommitError::NotAJournal { .. }) => Ok(false),
            Err(error) => Err(error),
        };
        let elsewhere = || match locked::other_journal(&dump, &log_path, Mode::Read)? {
            Some((path, log)) => is_interrupted(&path, &log),
            None => Ok(false),
        };
        let unsealed = || -> Result<bool, CommitError> { Ok(beside()? || elsewhere()?) };
        if !unsealed()? {
            if let Some(hold) = hold {
                hold.found_whole();
            }
            return Ok(false);
        }
        if hold.is_some_and(|hold| hold.is_alone_on(&self.path)) {
            return Ok(true);
        }
        // A process that was editing may have finished between the two checks.
        Ok(!is_being_edited(&self.path) && unsealed()?)
    }

    /// Returns the dump to the state before its interrupted edit, or completes the edit where the journal proves that it is whole. With
    /// `discard_later`, the old bytes go back even where something else has changed them since.
    ///
    /// # Errors
    /// [`CommitError::Locked`], [`CommitError::NotRecovered`] where the dump holds bytes of neither state, and those of files that cannot
    /// be read or written.
    pub fn recover(&self, discard_later: bool) -> Result<Recovery, CommitError> {
        let (recovered, extents) = match self.open_existing()? {
            Some(mut locked) => locked.recover(discard_later)?,
            None => (Recovered::Nothing, Extents::default()),
        };
        Ok(Recovery { recovered, extents })
    }

    /// Undoes the latest edit in force, or all behind a number. An interrupted edit is undone by its recovery; it is then the latest one,
    /// so that nothing before it changes by default.
    ///
    /// # Errors
    /// [`CommitError::NothingToUndo`], [`CommitError::Interrupted`] in a dry run, [`CommitError::ChangedSince`] where the dump's bytes are
    /// not those that the edits wrote, [`CommitError::OtherJournal`], and the errors of [`Edit::commit`](crate::Edit::commit).
    pub fn undo(&self, options: UndoOptions) -> Result<Undone, CommitError> {
        let nothing = |latest| CommitError::NothingToUndo { path: self.path.clone(), latest };
        let mut locked = self.open_existing()?.ok_or_else(|| nothing(0))?;
        let interrupted = locked.interrupted()?;
        let (recovered, mut extents, mut notices) = self.settle(&mut locked, options)?;
        let mut numbers = Vec::new();
        let taken_back = interrupted.filter(|number| options.to.is_none_or(|to| to < *number));
        if let Some(number) = taken_back.filter(|_| recovered == Recovered::Old) {
            numbers.push(number);
            if options.to.is_none() {
                return Ok(Undone { numbers, passed_over: Vec::new(), extents, notices });
            }
        }
        let read = self.read(&mut locked, options.discard_later)?;
        let stack = Stack::of(read.walk.entries.iter().map(|entry| &entry.head));
        let candidates = read.intact(stack.after(options.to.unwrap_or(0)));
        let from = if options.to.is_some() { 0 } else { candidates.len().saturating_sub(1) };
        let taken = candidates.get(from..).unwrap_or_default();
        let Some(first) = taken.first().map(|entry| entry.head.number) else {
            if !numbers.is_empty() {
                return Ok(Undone { numbers, passed_over: Vec::new(), extents, notices });
            }
            return Err(match stack.in_force.last() {
                Some(number) if options.to.is_none() => {
                    CommitError::JournalDamaged { journal: locked.log_path().to_owned(), number: *number }
                }
                latest => nothing(latest.copied().unwrap_or(0)),
            });
        };
        let passed_over = read.passed_over(options.to.map_or(first, |to| to.saturating_add(1)), u64::MAX);
        let last_in_force = stack.in_force.iter().rev().find(|number| **number < first).copied().unwrap_or(0);
        let log = locked.log().ok_or_else(|| nothing(0))?;
        let (older, newer) = states(log, taken).map_err(self.journal_failed(&locked))?;
        numbers.extend(taken.iter().rev().map(|entry| entry.head.number));
        let structure = taken.iter().any(|entry| entry.head.structure);
        let step = Step { kind: EntryKind::Undo, there: &newer, back: &older, structure, last_in_force };
        let (changed, told) = self.replay(locked, step, options)?;
        notices.extend(told);
        extents = changed;
        Ok(Undone { numbers, passed_over, extents, notices })
    }

    /// Recovers an interrupted edit as [`History::recover`] does, with a notice. A dry run fails instead, since the state afterwards is
    /// unknown.
    fn settle(
        &self,
        locked: &mut Locked,
        options: UndoOptions,
    ) -> Result<(Recovered, Extents, Vec<Notice>), CommitError> {
        if options.dry_run {
            return match locked.interrupted()? {
                Some(_) => Err(CommitError::Interrupted { path: self.path.clone() }),
                None => Ok((Recovered::Nothing, Extents::default(), Vec::new())),
            };
        }
        let (recovered, extents) = locked.recover(options.discard_later)?;
        let kind = NoticeKind::InterruptedEditEnded;
        let ended = (recovered != Recovered::Nothing).then(|| Notice::new(kind, kind.phrase()));
        Ok((recovered, extents, ended.into_iter().collect()))
    }

    /// Redoes the edit that was last undone, or all up to a number.
    ///
    /// # Errors
    /// [`CommitError::NothingToRedo`], and the errors of [`History::undo`].
    pub fn redo(&self, options: UndoOptions) -> Result<Undone, CommitError> {
        let nothing = || CommitError::NothingToRedo { path: self.path.clone() };
        let mut locked = self.open_existing()?.ok_or_else(nothing)?;
        let (.., mut notices) = self.settle(&mut locked, options)?;
        let read = self.read(&mut locked, options.discard_later)?;
        let stack = Stack::of(read.walk.entries.iter().map(|entry| &entry.head));
        let wanted = match options.to {
            Some(to) => stack.taken_back.partition_point(|number| *number <= to),
            None => stack.taken_back.len().min(1),
        };
        let again = read.intact(stack.taken_back.get(..wanted).unwrap_or_default());
        let Some(last_in_force) = again.last().map(|entry| entry.head.number) else { return Err(nothing()) };
        let passed_over = read.passed_over(again.first().map_or(0, |entry| entry.head.number), last_in_force);
        let log = locked.log().ok_or_else(nothing)?;
        let (older, newer) = states(log, &again).map_err(self.journal_failed(&locked))?;
        let numbers = again.iter().map(|entry| entry.head.number).collect();
        let structure = again.iter().any(|entry| entry.head.structure);
        let step = Step { kind: EntryKind::Redo, there: &older, back: &newer, structure, last_in_force };
        let (extents, told) = self.replay(locked, step, options)?;
        notices.extend(told);
        Ok(Undone { numbers, passed_over, extents, notices })
    }

    /// Drops the oldest edits from the journal, so that they can no longer be undone: all but the latest `keep` in force and the entries
    /// behind them. Returns the number of edits that are left.
    ///
    /// # Errors
    /// [`CommitError::Interrupted`] where an edit was interrupted, and those of files that cannot be read or written.
    pub fn forget(&self, keep: u64) -> Result<u64, CommitError> {
        let Some(mut locked) = self.open_existing()? else { return Ok(0) };
        let failed = self.journal_failed(&locked);
        let Some(log) = locked.log() else { return Ok(0) };
        if recover::interrupted(log).map_err(&failed)?.is_some() {
            return Err(CommitError::Interrupted { path: self.path.clone() });
        }
        let walk = entries::walk(log).map_err(&failed)?;
        let stack = Stack::of(walk.entries.iter().map(|entry| &entry.head));
        let first = match usize::try_from(keep).ok().and_then(|keep| stack.in_force.len().checked_sub(keep)) {
            _ if keep == 0 => None,
            Some(from) => stack.in_force.get(from).copied(),
            None => Some(0),
        };
        let kept = |entry: &Entry| first.is_some_and(|first| entry.head.number >= first);
        let left =
            walk.entries.iter().filter(|entry| kept(entry) && entry.head.kind == EntryKind::Edit).count();
        if left < walk.entries.len() || !walk.gaps.is_empty() || locked.has_damaged_header() {
            locked.keep_entries(&walk, kept)?;
        }
        Ok(left as u64)
    }

    fn journal_failed(&self, locked: &Locked) -> impl Fn(io::Error) -> CommitError + use<'a> {
        let path = locked.log_path().to_owned();
        move |cause| CommitError::Journal { path: path.clone(), cause }
    }

    /// Reads a journal of the dump.
    fn read(&self, locked: &mut Locked, discard_later: bool) -> Result<Readable, CommitError> {
        let failed = self.journal_failed(locked);
        let Some(log) = locked.log() else { return Ok(Readable::default()) };
        let read = Readable::of(locked.dump_file(), log, locked.has_damaged_header()).map_err(&failed)?;
        if !discard_later && !read.is_about(locked.dump_file()).map_err(&failed)? {
            let journal = locked.log_path().to_owned();
            return Err(CommitError::OtherJournal { path: self.path.clone(), journal });
        }
        Ok(read)
    }

    /// Writes one state over another, and returns the changes.
    fn replay(
        &self,
        locked: Locked,
        step: Step<'_>,
        options: UndoOptions,
    ) -> Result<(Extents, Vec<Notice>), CommitError> {
        let failed = self.failed(CommitStep::Read);
        let Step { kind, there, back, structure, last_in_force } = step;
        let dump = locked.dump_file();
        let size = dump.len().map_err(&failed)?;
        // Other bytes that were appended since would be cut off, whatever is to be discarded.
        let expected_size = there.size_after(size);
        if size != expected_size {
            return Err(CommitError::SizeChanged { path: self.path.clone(), size, expected: expected_size });
        }
        if !options.discard_later
            && let Some(file_offset) = there.first_difference(dump).map_err(&failed)?
        {
            return Err(CommitError::ChangedSince { path: self.path.clone(), file_offset });
        }
        if !structure {
            let editable = EditableBytes::of(&self.path, dump);
            let last = |file_offset: u64, size: u64| file_offset.saturating_add(size).saturating_sub(1);
            let outside = |extent: &crate::edit::pending::Patch| {
                !editable.holds(extent.file_offset, last(extent.file_offset, extent.size))
            };
            if let Some(extent) = back.extents().find(outside) {
                let file_offset = extent.file_offset;
                if let Some(error) = editable.failure() {
                    return Err(failed(io::Error::other(error)));
                }
                return Err(CommitError::NotEditable { path: self.path.clone(), file_offset });
            }
        }
        let mut changed = Extents::default();
        for extent in back.extents() {
            let shown = changed.room(extent.size);
            let (mut old, mut new) = (vec![0; shown], vec![0; shown]);
            dump.read_filled(extent.file_offset, &mut old).map_err(&failed)?;
            back.overlay(extent.file_offset, &mut new).map_err(&failed)?;
            changed.push(extent.file_offset, extent.size, &old, &new);
        }
        if options.dry_run {
            return Ok((changed, Vec::new()));
        }
        let change = Change {
            pending: back,
            kind,
            command: "",
            structure,
            last_in_force,
            sync: true,
            keep: true,
            believed: true,
        };
        let notices = locked.commit(&change, &mut going_on)?;
        Ok((changed, notices))
    }
}

/// An undo or a redo.
struct Step<'a> {
    kind: EntryKind,
    /// State that the dump must have.
    there: &'a Pending,
    /// State that it gets.
    back: &'a Pending,
    structure: bool,
    last_in_force: u64,
}

fn going_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Whether a process has the dump locked for an edit.
fn is_being_edited(dump: &Path) -> bool {
    let held = Hold::on(dump, Duration::ZERO, &mut going_on);
    matches!(held, Err(CommitError::Locked { .. }))
}

/// The bytes before and after some entries, and the sizes where these differ. Of bytes that changed more than once, the earliest old ones
/// and the latest new ones.
pub(super) fn states(log: &File, taken: &[&Entry]) -> io::Result<(Pending, Pending)> {
    let (mut older, mut newer) = (Pending::default(), Pending::default());
    let size = taken.first().map_or(0, |entry| entry.head.old_size);
    for entry in taken {
        entries::each_extent(log, entry, |file_offset, _, new| newer.put(file_offset, new))?;
    }
    for entry in taken.iter().rev() {
        entries::each_extent(log, entry, |file_offset, old, _| {
            // Appended bytes are cut off.
            let room = usize::try_from(size.saturating_sub(file_offset)).unwrap_or(usize::MAX);
            older.put(file_offset, old.get(..room).unwrap_or(old))
        })?;
    }
    if taken.iter().any(|entry| entry.head.old_size != entry.head.new_size) {
        let new_size = taken.last().map_or(0, |entry| entry.head.new_size);
        older.divide(new_size);
        older.resize(size);
        newer.divide(size);
        newer.resize(new_size);
    }
    Ok((older, newer))
}
