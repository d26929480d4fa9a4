//! A dump that is locked for a change, with its journal: recovered first, then changed.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dumpedit_layout::{Editable, Notice, NoticeKind};

use crate::commit::lock::Hold;
use crate::dump::Dump;
use crate::edit::changes::Extents;
use crate::edit::pending::Pending;
use crate::error::{CommitError, CommitStep, OpenError};
use crate::journal::attribute;
use crate::journal::entries::{self, Entry, Tail, Walk};
use crate::journal::file::{self, Mode};
use crate::journal::record::{self, EntryKind, HEADER, Header};
use crate::journal::recover::{self, Recovered, Refused, Rules};
use crate::journal::write::{self, End, Failure, Note};
use crate::notation::PathText;
use crate::progress::ProgressFn;
use crate::store::Store;
use crate::store::permissions::{self, Rights};
use crate::store::platform::{Folder, Identity};

/// A dump that is open for a change, and locked.
#[derive(Debug)]
pub(crate) struct Locked {
    dump: File,
    path: PathBuf,
    log_path: PathBuf,
    /// Journal, where there is one.
    log: Option<File>,
    header: Header,
    /// Another journal, which the dump's attribute names as that of an interrupted edit.
    other: Option<(PathBuf, File)>,
    /// Whether it is known that no edit was interrupted.
    is_whole: bool,
    /// Notices about the journal.
    pub(crate) notices: Vec<Notice>,
    _hold: Option<Hold>,
}

/// A change to commit.
pub(crate) struct Change<'a> {
    pub(crate) pending: &'a Pending,
    pub(crate) kind: EntryKind,
    /// Command of the change, in one line.
    pub(crate) command: &'a str,
    /// Whether it may write into the dump's own structures.
    pub(crate) structure: bool,
    /// Number of the last edit in force after an undo or a redo.
    pub(crate) last_in_force: u64,
    /// Whether to make it durable.
    pub(crate) sync: bool,
    /// Whether the journal keeps the bytes for undoing it.
    pub(crate) keep: bool,
    /// Whether the journal is known to belong to this dump.
    pub(crate) believed: bool,
}

impl Locked {
    /// Opens a dump for writing, and its journal where there is one. Waits for other holders up to a maximum, unless the dump is held
    /// already. Changes nothing.
    pub(crate) fn open(
        path: &Path,
        hold: Option<&Hold>,
        wait: Duration,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Locked, CommitError> {
        let failed = |step| move |cause| CommitError::Unchanged { path: Some(path.to_owned()), step, cause };
        is_file(path).map_err(failed(CommitStep::Open))?;
        let hold = hold.filter(|hold| hold.is_alone_on(path));
        let mut own_hold = None;
        let held = match hold {
            Some(hold) => hold,
            None => &*own_hold.insert(Hold::to_write(path, wait, progress)?),
        };
        let dump = held.open_to_write().map_err(failed(CommitStep::OpenToWrite))?;
        let Some(dump) = dump else {
            let how = "was replaced by another file";
            return Err(CommitError::Replaced { path: Some(path.to_owned()), how });
        };
        let is_whole = held.begin_edit();
        let log_path = file::path_of(path).map_err(failed(CommitStep::FindJournal))?;
        let mut locked = Locked {
            log: file::open(&log_path, &dump, Mode::Write)?,
            header: Header::Unfinished,
            other: None,
            is_whole,
            notices: Vec::new(),
            path: path.to_owned(),
            dump,
            log_path,
            _hold: own_hold,
        };
        if let Some(log) = &locked.log {
            locked.header = file::read_header(log).map_err(|source| locked.journal_failed(source))?;
            match locked.header {
                Header::Version(version) => {
                    return Err(CommitError::JournalVersion { path: locked.log_path, version });
                }
                Header::Other => {
                    return Err(CommitError::NotAJournal { path: locked.log_path, why: "is not a journal" });
                }
                Header::Journal { .. } | Header::Damaged | Header::Unfinished => {}
            }
        }
        if !is_whole {
            locked.other = other_journal(&locked.dump, &locked.log_path, Mode::Write)?;
        }
        Ok(locked)
    }

    fn journal_failed(&self, cause: io::Error) -> CommitError {
        CommitError::Journal { path: self.log_path.clone(), cause }
    }

    /// The dump's file.
    pub(crate) fn dump(&mut self) -> &mut File {
        &mut self.dump
    }

    /// The dump's file, for reading.
    pub(crate) fn dump_file(&self) -> &File {
        &self.dump
    }

    /// The journal, where there is one with a header.
    pub(crate) fn log(&self) -> Option<&File> {
        self.log.as_ref().filter(|_| self.header != Header::Unfinished)
    }

    /// Whether the journal's header is damaged.
    pub(crate) fn has_damaged_header(&self) -> bool {
        self.header == Header::Damaged
    }

    /// The path of the journal.
    pub(crate) fn log_path(&self) -> &Path {
        &self.log_path
    }

    /// The number of an interrupted edit.
    pub(crate) fn interrupted(&self) -> Result<Option<u64>, CommitError> {
        let journals = self.other.iter().map(|(_, log)| log).chain(self.log());
        for log in journals {
            let found = recover::interrupted(log).map_err(|source| self.journal_failed(source))?;
            if let Some(entry) = found {
                return Ok(Some(entry.head.number));
            }
        }
        Ok(None)
    }

    /// Completes or undoes an interrupted edit, and returns the bytes written for it. With `discard_later`, the old bytes go back even
    /// where something else has changed them since.
    pub(crate) fn recover(&mut self, discard_later: bool) -> Result<(Recovered, Extents), CommitError> {
        if self.is_whole {
            return Ok((Recovered::Nothing, Extents::default()));
        }
        let editable = EditableBytes::of(&self.path, &self.dump);
        let rules =
            Rules { discard_later, is_editable: &|first, last| editable.holds(first, last), forget: true };
        let mut done = Ok((Recovered::Nothing, Extents::default()));
        let mut journal = &self.log_path;
        if let Some((log_path, log)) = &mut self.other {
            (done, journal) = (recover::recover(&mut self.dump, log, &rules), log_path);
        }
        if matches!(done, Ok((Recovered::Nothing, _)))
            && self.header != Header::Unfinished
            && let Some(log) = &mut self.log
        {
            (done, journal) = (recover::recover(&mut self.dump, log, &rules), &self.log_path);
        }
        let done = done.map_err(|refused| {
            let refused = match (refused, editable.failure()) {
                (Refused::Structure(_), Some(error)) => Refused::Io(io::Error::other(error)),
                (refused, _) => refused,
            };
            not_recovered(&self.path, journal, refused)
        })?;
        self.other = None;
        self.is_whole = true;
        // An attribute that is left leads to a journal without an interrupted edit.
        let _ = attribute::remove(&self.dump);
        Ok(done)
    }

    /// Commits a change. An interrupted edit in the journal must have been recovered.
    pub(crate) fn commit(
        mut self,
        change: &Change<'_>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Vec<Notice>, CommitError> {
        let had_journal = self.log.is_some();
        let end = self.find_end(change.believed).map_err(|source| self.journal_failed(source))?;
        let result = self.write(end, change, progress);
        // A journal without entries is not left behind.
        let tells = match &result {
            Ok(()) => change.keep,
            Err(CommitError::Unfinished { .. } | CommitError::NameLost { .. }) => true,
            Err(_) => had_journal,
        };
        if !tells && end.at == HEADER {
            let _ = std::fs::remove_file(&self.log_path);
        }
        result.map(|()| self.notices)
    }

    fn write(
        &mut self,
        end: End,
        change: &Change<'_>,
        progress: &mut ProgressFn<'_>,
    ) -> Result<(), CommitError> {
        let Change { pending, kind, command, structure, last_in_force, sync, keep, .. } = *change;
        let failed = |cause| CommitError::Journal { path: self.log_path.clone(), cause };
        let Some(log) = &mut self.log else { return Err(failed(io::ErrorKind::NotFound.into())) };
        if (sync || pending.is_resized()) && self.header != (Header::Journal { named: true }) {
            let folder = self.log_path.parent().unwrap_or(Path::new("."));
            let named = Folder::open(folder).and_then(|folder| folder.sync());
            named.and_then(|()| log.write_at(0, &record::header(true))).map_err(failed)?;
        }
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let note = Note { kind, command, time, structure, last_in_force };
        let has_names = links(&self.dump) > 1;
        let marked = attribute::set(&self.dump, &self.log_path);
        if has_names && !marked {
            let message = format!(
                "{} has other hard links; if this edit is interrupted, it can be recovered only under this \
                 name",
                PathText(&self.path)
            );
            self.notices.push(Notice::new(NoticeKind::OtherNames, message));
        }
        // On most file systems the sync of the journal makes the attribute durable as well.
        if has_names && marked && sync {
            let _ = self.dump.sync_all();
        }
        let unmark = |dump: &File| drop(attribute::remove(dump));
        match write::commit(&mut self.dump, log, end, pending, &note, sync, progress) {
            Ok(entry) => {
                unmark(&self.dump);
                if !keep {
                    // The edit is done: with an entry that cannot be removed, it can still be undone.
                    let _ = log.set_len(entry.at);
                    if end.at > HEADER {
                        // An edit that returns to an earlier state is an undo, which needs no bytes of its own.
                        let note = match pending.returns_to() {
                            Some(last_in_force) => Note { kind: EntryKind::Undo, last_in_force, ..note },
                            None => Note { kind: EntryKind::Unkept, ..note },
                        };
                        let _ = write::write_bare(&self.dump, log, end, &note);
                    }
                }
                self.check_name()
            }
            Err(Failure::Cancelled) => {
                unmark(&self.dump);
                Err(CommitError::Cancelled)
            }
            Err(Failure::Unchanged(step, cause)) => {
                unmark(&self.dump);
                Err(CommitError::Unchanged { path: Some(self.path.clone()), step, cause })
            }
            Err(Failure::Unfinished(done, cause)) => Err(CommitError::Unfinished {
                path: Some(self.path.clone()),
                journal: Some(self.log_path.clone()),
                done,
                extents: pending.len(),
                cause,
            }),
        }
    }

    /// Gives a notice where the changed file is no longer the one at the path.
    fn check_name(&self) -> Result<(), CommitError> {
        let lost = |how| Err(CommitError::NameLost { path: self.path.clone(), how });
        match (Identity::of_path(&self.path), Identity::of(&self.dump)) {
            (Err(error), _) if error.kind() == io::ErrorKind::NotFound => lost("was removed"),
            (Ok(named), Ok(edited)) if named != edited => lost("was replaced by another file"),
            _ => Ok(()),
        }
    }

    /// Checks that there is a journal to which an entry about this dump can be added, and returns its end.
    fn find_end(&mut self, believed: bool) -> io::Result<End> {
        let first = End { at: HEADER, number: 1 };
        let Some(log) = &mut self.log else {
            self.log = Some(file::create(&self.log_path, &self.dump)?);
            return Ok(first);
        };
        permissions::narrow(log, Rights::of(&self.dump)?)?;
        match self.header {
            Header::Journal { .. } => {}
            Header::Unfinished => {
                log.set_len(0)?;
                log.write_at(0, &record::header(false))?;
                return Ok(first);
            }
            _ => return self.set_damaged_aside(),
        }
        if let Tail::Broken = entries::tail(log)? {
            let Walk { gaps, .. } = entries::walk(log)?;
            let last = gaps
                .last()
                .filter(|gap| log.len().is_ok_and(|size| gap.at.checked_add(gap.size) == Some(size)));
            match last {
                Some(gap) if entries::was_not_begun(&self.dump, log, gap.at)? => log.set_len(gap.at)?,
                _ => return self.set_damaged_aside(),
            }
        }
        let Tail::Whole(last) = entries::tail(log)? else { return self.set_damaged_aside() };
        let Some(last) = last else { return Ok(first) };
        let holds_last = || recover::holds_last(&self.dump, log, &last).or_else(entries::damage_is(false));
        if believed || recover::is_about(&self.dump, &last)? && holds_last()? {
            return Ok(End { at: last.end(), number: last.head.number.saturating_add(1) });
        }
        if !entries::is_intact(log, &last)? {
            return self.set_damaged_aside();
        }
        let aside = file::name_aside(&self.log_path, "stale");
        std::fs::rename(&self.log_path, &aside)?;
        let message = format!(
            "the journal beside this dump belonged to another file, or another program has changed the \
             dump since; it was set aside as {}",
            PathText(&aside)
        );
        self.notices.push(Notice::new(NoticeKind::JournalStale, message));
        self.log = Some(file::create(&self.log_path, &self.dump)?);
        self.header = Header::Unfinished;
        Ok(first)
    }

    /// Sets a damaged journal aside, and creates a new one with the readable entries.
    fn set_damaged_aside(&mut self) -> io::Result<End> {
        let Some(log) = &self.log else { return Err(io::ErrorKind::NotFound.into()) };
        let walk = entries::walk(log)?;
        let aside = file::name_aside(&self.log_path, "damaged");
        let new = file::rewritten(&self.log_path, &self.dump, log, &walk, |_| true)?;
        let at = new.as_file().len()?;
        std::fs::rename(&self.log_path, &aside)?;
        let new = new.persist(&self.log_path)?;
        let message = format!(
            "the journal is damaged and was set aside as {}; the edits that can still be read are carried over",
            PathText(&aside)
        );
        self.notices.push(Notice::new(NoticeKind::JournalDamaged, message));
        self.log = Some(new);
        self.header = Header::Unfinished;
        Ok(End { at, number: walk.next_number() })
    }

    /// Keeps only some entries in the journal; without any, removes the journal.
    pub(crate) fn keep_entries(
        &mut self,
        walk: &Walk,
        keep: impl Fn(&Entry) -> bool,
    ) -> Result<(), CommitError> {
        let failed = |cause| CommitError::Journal { path: self.log_path.clone(), cause };
        let Some(log) = &self.log else { return Ok(()) };
        if walk.entries.iter().any(&keep) {
            let new = file::rewritten(&self.log_path, &self.dump, log, walk, keep).map_err(failed)?;
            // Windows does not replace open files.
            self.log = None;
            self.log = Some(new.persist(&self.log_path).map_err(|error| failed(error.error))?);
        } else {
            std::fs::remove_file(&self.log_path).map_err(failed)?;
            self.log = None;
        }
        Ok(())
    }
}

fn not_recovered(path: &Path, journal: &Path, refused: Refused) -> CommitError {
    let why = match refused {
        Refused::Io(source) => source.to_string(),
        Refused::OtherDump => {
            "the dump's header or size has changed since the interrupted edit began".to_owned()
        }
        Refused::ForeignByte(file_offset) => {
            format!("the byte at file offset {file_offset:#x} is neither the old nor the new one")
        }
        Refused::Structure(file_offset) => {
            format!("the byte at file offset {file_offset:#x} is neither captured memory nor a register")
        }
        Refused::Damaged(number) => format!("the journal's entry {number} is damaged"),
    };
    CommitError::NotRecovered { path: path.to_owned(), journal: journal.to_owned(), why }
}

/// A journal beside another path of the dump, with an interrupted edit of this file. A file at the attribute's path that is no trusted
/// journal is ignored.
pub(crate) fn other_journal(
    dump: &File,
    log_path: &Path,
    mode: Mode,
) -> Result<Option<(PathBuf, File)>, CommitError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        |cause| CommitError::Journal { path, cause }
    };
    let path = attribute::get(dump).map_err(failed(log_path))?;
    let Some(path) = path.filter(|path| path != log_path) else { return Ok(None) };
    let log = match file::open(&path, dump, mode) {
        Ok(Some(log)) => log,
        Ok(None) | Err(CommitError::NotAJournal { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_interrupted = || -> io::Result<bool> {
        let is_journal = matches!(file::first_bytes(&log)?, Header::Journal { .. });
        Ok(is_journal && recover::interrupted(&log)?.is_some())
    };
    Ok(if is_interrupted().map_err(failed(&path))? { Some((path, log)) } else { None })
}

/// File bytes that an edit of values can write, determined at the first query.
pub(crate) struct EditableBytes {
    path: PathBuf,
    file: Option<File>,
    found: std::cell::OnceCell<Result<Editable, OpenError>>,
}

impl EditableBytes {
    /// Those of the dump in a file.
    pub(crate) fn of(path: &Path, file: &File) -> EditableBytes {
        let file = file.try_clone().ok();
        EditableBytes { path: path.to_owned(), file, found: std::cell::OnceCell::new() }
    }

    /// Whether all bytes of a range can be written; `false` where the dump cannot be opened.
    pub(crate) fn holds(&self, first: u64, last: u64) -> bool {
        let find = || {
            let dump = match self.file.as_ref().and_then(|file| file.try_clone().ok()) {
                Some(file) => Dump::of_file(&self.path, file),
                None => Dump::open(&self.path),
            };
            dump.map(|dump| dump.layout().editable())
        };
        self.found.get_or_init(find).as_ref().is_ok_and(|editable| editable.holds(first, last))
    }

    /// The reason why none can be written: the dump cannot be opened.
    pub(crate) fn failure(self) -> Option<OpenError> {
        self.found.into_inner()?.err()
    }
}

/// Checks that a path is a regular file: opening a pipe would wait for its other end.
pub(crate) fn is_file(path: &Path) -> io::Result<()> {
    if path.metadata()?.is_file() { Ok(()) } else { Err(io::Error::other("it is not a file")) }
}

#[cfg(unix)]
fn links(file: &File) -> u64 {
    use std::os::unix::fs::MetadataExt;
    file.metadata().map_or(1, |metadata| metadata.nlink())
}

#[cfg(not(unix))]
fn links(_: &File) -> u64 {
    1
}
