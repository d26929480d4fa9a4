//! The journal's file: where it stands, who holds it, and the history that it keeps of a dump.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dumpedit_layout::Notice;

use crate::changes::Extents;
use crate::copy::{Progress, ProgressFn};
use crate::error::CommitError;
use crate::journal::record::{self, Header, Kind, Subject};
use crate::journal::{self, Entry, Failure, Note, Recovered, Refused};
use crate::lock::{self, Attempt, Sharing};
use crate::pending::Pending;
use crate::permissions::{self, Rights};
use crate::platform::{Folder, Identity};
use crate::store::Store;

/// What a journal's name has more than its dump's.
const SUFFIX: &str = ".dumpedit";

/// The dump's journal, beside the file that the dump's name leads to.
fn journal_path(dump: &Path) -> io::Result<PathBuf> {
    let resolved = dump.canonicalize()?;
    let mut name = resolved.file_name().unwrap_or_default().to_owned();
    name.push(SUFFIX);
    Ok(resolved.with_file_name(name))
}

/// A dump that is opened for a change, and its journal, locked.
#[derive(Debug)]
pub(crate) struct Locked {
    dump: File,
    log: File,
    path: PathBuf,
    log_path: PathBuf,
    subject: Subject,
    /// Whether the journal has something to say; else it is removed in the end.
    keep: bool,
    /// Whether the journal's name is durable.
    named: bool,
    /// What the user should know of the journal that was found.
    pub(crate) notice: Option<String>,
}

impl Drop for Locked {
    fn drop(&mut self) {
        if !self.keep {
            let _ = std::fs::remove_file(&self.log_path);
        }
        // A process that another thread is just starting may hold the file open a moment longer than we do.
        let _ = self.log.unlock();
        #[cfg(unix)]
        let _ = self.dump.unlock();
    }
}

impl Locked {
    /// Opens the dump for writing, and locks its journal, which is made where there is none. A journal about another
    /// file is set aside, and so is a file that has the journal's name and is none.
    pub(crate) fn open(path: &Path) -> Result<Locked, CommitError> {
        let failed =
            |reason| move |source| CommitError::Unchanged { path: Some(path.to_owned()), reason, source };
        is_file(path).map_err(failed("cannot open it"))?;
        let dump = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .map_err(failed("cannot open it for writing"))?;
        // On Unix such a lock shuts no reader out, and it holds for the dump by any of its names.
        let at_once = &mut |_: Progress| ControlFlow::Break(());
        #[cfg(unix)]
        if let Attempt::Taken | Attempt::Cancelled =
            lock::lock(&dump, Sharing::Exclusive, Duration::ZERO, at_once)
        {
            return Err(CommitError::Locked { path: path.to_owned() });
        }
        let log_path = journal_path(path).map_err(failed("cannot find where it is"))?;
        let subject = subject(&dump).map_err(failed("cannot ask what it is"))?;
        let journal = |source| CommitError::Journal { path: log_path.clone(), source };
        let lock = || {
            lock(&log_path, &dump).map_err(|problem| match problem {
                Problem::Locked => CommitError::Locked { path: path.to_owned() },
                Problem::Io(source) => journal(source),
            })
        };
        let mut log = lock()?;
        Rights::of(&dump).and_then(|rights| permissions::narrow(&log, rights)).map_err(journal)?;
        let mut named = false;
        let what = match read_header(&log).map_err(journal)? {
            Header::Of(found, durable) if found == subject => {
                named = durable;
                None
            }
            Header::Version(version) => {
                return Err(CommitError::JournalVersion { path: log_path, version });
            }
            // A dump that was moved with its journal, or whose device has another number since a restart.
            Header::Of(_, durable) if journal::is_interrupted(&dump, &log).map_err(journal)? => {
                log.write_at(0, &record::header(subject, durable)).map_err(journal)?;
                named = durable;
                None
            }
            Header::Of(..) => Some("the journal beside this dump was about another file"),
            Header::None if Store::len(&log).map_err(journal)? > 0 => {
                Some("the file with the name of this dump's journal was none")
            }
            Header::None => None,
        };
        let mut notice = None;
        if let Some(what) = what {
            let aside = name_aside(&log_path);
            std::fs::rename(&log_path, &aside).map_err(journal)?;
            log = lock()?;
            notice = Some(format!("{what} and was set aside as {}", aside.display()));
        }
        let keep = Store::len(&log).map_err(journal)? > 0;
        Ok(Locked { dump, log, path: path.to_owned(), log_path, subject, keep, named, notice })
    }

    /// Opens a dump that has a journal; `None` where it has none.
    fn open_existing(path: &Path) -> Result<Option<Locked>, CommitError> {
        is_file(path).map_err(|source| CommitError::Unchanged {
            path: Some(path.to_owned()),
            reason: "cannot open it",
            source,
        })?;
        match journal_path(path).and_then(|log_path| log_path.symlink_metadata()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => Locked::open(path).map(Some),
        }
    }

    /// The dump's file.
    pub(crate) fn dump(&mut self) -> &mut File {
        &mut self.dump
    }

    /// Finishes or takes back an edit that was interrupted.
    pub(crate) fn recover(&mut self) -> Result<Recovered, CommitError> {
        journal::recover(&mut self.dump, &mut self.log).map_err(|refused| match refused {
            Refused::Io(source) => CommitError::NotRecovered {
                path: self.path.clone(),
                journal: self.log_path.clone(),
                why: format!("{source}; once that is mended, recover it again"),
            },
            Refused::OtherDump => CommitError::NotRecovered {
                path: self.path.clone(),
                journal: self.log_path.clone(),
                why: "the dump's header or size is not the one that the interrupted edit began with"
                    .to_owned(),
            },
            Refused::ForeignByte(file_offset) => CommitError::NotRecovered {
                path: self.path.clone(),
                journal: self.log_path.clone(),
                why: format!("the byte at file offset {file_offset:#x} is neither the old nor the new one"),
            },
        })
    }

    /// Commits what is pending, and keeps the entry where `keep` says so.
    pub(crate) fn commit(
        mut self,
        pending: &Pending,
        kind: Kind,
        command: &str,
        sync: bool,
        keep: bool,
        progress: &mut ProgressFn<'_>,
    ) -> Result<(), CommitError> {
        self.begin(sync).map_err(|source| CommitError::Journal { path: self.log_path.clone(), source })?;
        let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let note = Note { kind, command, time };
        match journal::commit(&mut self.dump, &mut self.log, pending, &note, sync, progress) {
            // The edit is done; an entry that cannot be removed only means that it can be undone.
            Ok(entry) if !keep => drop(Store::set_len(&mut self.log, entry.at)),
            Ok(_) => self.keep = true,
            Err(Failure::Cancelled) => return Err(CommitError::Cancelled),
            Err(Failure::Unchanged(reason, source)) => {
                return Err(CommitError::Unchanged { path: Some(self.path.clone()), reason, source });
            }
            Err(Failure::Unfinished(done, source)) => {
                self.keep = true;
                return Err(CommitError::Unfinished {
                    path: Some(self.path.clone()),
                    journal: Some(self.log_path.clone()),
                    done,
                    extents: pending.len(),
                    source,
                });
            }
        }
        Ok(())
    }

    /// Gives the journal its header. Where a commit is to be durable, so must be the journal's name.
    fn begin(&mut self, sync: bool) -> io::Result<()> {
        if sync && !self.named {
            Folder::open(self.log_path.parent().unwrap_or(Path::new(".")))?.sync()?;
            self.named = true;
        } else if self.keep {
            return Ok(());
        }
        self.log.write_at(0, &record::header(self.subject, self.named))
    }
}

enum Problem {
    Locked,
    Io(io::Error),
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Problem::Io(error)
    }
}

/// Opens and locks the journal. Another process may remove it between the two, so its name is looked at once more.
fn lock(log_path: &Path, dump: &File) -> Result<File, Problem> {
    const MOST_TRIES: usize = 100;
    if log_path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::other("its name is taken by something that is no file").into());
    }
    for _ in 0..MOST_TRIES {
        let log = match create(log_path, dump) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            log => log?,
        };
        match log.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Problem::Locked),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let still_there = File::open(log_path).and_then(|named| Identity::of(&named));
        if still_there.is_ok_and(|named| Identity::of(&log).is_ok_and(|held| held == named)) {
            return Ok(log);
        }
    }
    Err(Problem::Locked)
}

/// A name beside the journal that is free.
fn name_aside(log_path: &Path) -> PathBuf {
    let mut aside = log_path.with_extension("dumpedit.stale");
    let mut number = 2u32;
    while aside.symlink_metadata().is_ok() {
        aside = log_path.with_extension(format!("dumpedit.stale{number}"));
        number = number.saturating_add(1);
    }
    aside
}

/// A pipe would wait for its other end when it is opened.
fn is_file(path: &Path) -> io::Result<()> {
    if path.metadata()?.is_file() { Ok(()) } else { Err(io::Error::other("it is no file")) }
}

fn open_to_read(path: &Path) -> io::Result<File> {
    is_file(path)?;
    File::open(path)
}

/// Opens the journal, or makes one that is open to nobody whom the dump is not open to.
fn create(log_path: &Path, dump: &File) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.open(log_path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
    }
    permissions::create_new(log_path, &[Rights::of(dump)?])
}

fn subject(dump: &File) -> io::Result<Subject> {
    Ok(Subject { size: dump.metadata()?.len(), device_and_inode: Identity::of(dump)?.numbers() })
}

fn read_header(log: &File) -> io::Result<Header> {
    let mut bytes = vec![0; usize::try_from(record::HEADER).unwrap_or(0)];
    match log.read_at(0, &mut bytes) {
        Ok(()) => Ok(record::read_header(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Header::None),
        Err(error) => Err(error),
    }
}

/// One change in a dump's history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryEntry {
    /// Its number, from 1.
    pub number: u64,
    /// How it came about.
    pub kind: Kind,
    /// When, in seconds since 1970 (UTC).
    pub time: u64,
    /// What was asked for, as a line of the command.
    pub command: String,
    /// Whether it was brought to its end.
    pub finished: bool,
    /// What it changed.
    pub extents: Extents,
}

/// What an undo takes back, and whether it minds later changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndoOptions {
    /// The number of the last change that stays; 0 takes all back. Default: all but the latest stay.
    pub to: Option<u64>,
    /// Takes changes back even where something else has changed the same bytes since.
    pub discard_later: bool,
}

impl UndoOptions {
    /// The number of the last change that stays; 0 takes all back.
    pub fn to(self, number: u64) -> Self {
        UndoOptions { to: Some(number), ..self }
    }

    /// Whether bytes that something else has changed since are taken back too.
    pub fn discard_later(self, discard_later: bool) -> Self {
        UndoOptions { discard_later, ..self }
    }
}

/// What an undo did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Undone {
    /// The numbers of the changes that were taken back, the latest first.
    pub numbers: Vec<u64>,
    /// What changed.
    pub extents: Extents,
    /// What the user should know.
    pub notices: Vec<Notice>,
}

/// The history of a dump's edits, as its journal keeps it.
#[derive(Clone, Debug)]
pub struct History {
    path: PathBuf,
}

impl History {
    /// The history of a dump. The dump itself is not read: it need not even be one that can be parsed.
    pub fn of(path: impl AsRef<Path>) -> History {
        History { path: path.as_ref().to_owned() }
    }

    /// The file in which the history is kept: beside the file that the dump's name leads to, whether it exists or not.
    ///
    /// # Errors
    /// The system's, where the dump cannot be found.
    pub fn journal(&self) -> io::Result<PathBuf> {
        journal_path(&self.path)
    }

    /// The changes, the earliest first; none where there is no journal.
    ///
    /// # Errors
    /// [`CommitError::Journal`] where the journal cannot be read, [`CommitError::OtherJournal`] where it is about another
    /// file.
    pub fn entries(&self) -> Result<Vec<HistoryEntry>, CommitError> {
        let failed = |source| CommitError::Unchanged {
            path: Some(self.path.clone()),
            reason: "cannot open it",
            source,
        };
        let dump = is_file(&self.path).and_then(|()| File::open(&self.path)).map_err(failed)?;
        let log_path = journal_path(&self.path).map_err(failed)?;
        let log = match open_to_read(&log_path) {
            Ok(log) => log,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(CommitError::Journal { path: log_path, source }),
        };
        let failed = |source| CommitError::Journal { path: log_path.clone(), source };
        match read_header(&log).map_err(failed)? {
            Header::Of(found, _) if found == subject(&dump).map_err(failed)? => {}
            Header::Version(version) => return Err(CommitError::JournalVersion { path: log_path, version }),
            Header::None => return Ok(Vec::new()),
            Header::Of(..) => {
                return Err(CommitError::OtherJournal { path: self.path.clone(), journal: log_path });
            }
        }
        let (entries, _) = journal::entries(&log).map_err(failed)?;
        entries.iter().map(|entry| read_entry(&log, entry).map_err(failed)).collect()
    }

    /// Whether an edit of the dump was interrupted: its journal ends in an entry that is not sealed, and nobody is at it.
    pub fn is_unfinished(&self) -> bool {
        let look = || -> io::Result<bool> {
            let log = open_to_read(&journal_path(&self.path)?)?;
            let dump = open_to_read(&self.path)?;
            let Header::Of(found, _) = read_header(&log)? else { return Ok(false) };
            if found != subject(&dump)? && !journal::is_interrupted(&dump, &log)? {
                return Ok(false);
            }
            let unsealed = || -> io::Result<bool> {
                Ok(journal::entries(&log)?.0.last().is_some_and(|entry| !entry.sealed))
            };
            // Between the two looks, who was at it may have finished.
            let interrupted = unsealed()? && log.try_lock_shared().is_ok() && unsealed()?;
            let _ = log.unlock();
            Ok(interrupted)
        };
        look().unwrap_or(false)
    }

    /// Brings the dump to the state before its interrupted edit, or after it where the journal proves that it is whole.
    ///
    /// # Errors
    /// [`CommitError::Locked`], [`CommitError::NotRecovered`] where the dump holds bytes that are neither, and those of
    /// files that cannot be read or written.
    pub fn recover(&self) -> Result<Recovered, CommitError> {
        self.check_recoverable()?;
        match Locked::open_existing(&self.path)? {
            Some(mut locked) => locked.recover(),
            None => Ok(Recovered::Nothing),
        }
    }

    /// Makes sure that a journal which tells of an interrupted edit is about this dump: a journal about another file is
    /// otherwise set aside, and with it what could have been recovered.
    fn check_recoverable(&self) -> Result<(), CommitError> {
        let foreign = || -> io::Result<bool> {
            let log_path = journal_path(&self.path)?;
            let (log, dump) = (open_to_read(&log_path)?, open_to_read(&self.path)?);
            let Header::Of(found, _) = read_header(&log)? else { return Ok(false) };
            let unsealed = journal::entries(&log)?.0.last().is_some_and(|entry| !entry.sealed);
            Ok(unsealed && found != subject(&dump)? && !journal::is_interrupted(&dump, &log)?)
        };
        if !foreign().unwrap_or(false) {
            return Ok(());
        }
        Err(CommitError::NotRecovered {
            path: self.path.clone(),
            journal: journal_path(&self.path).unwrap_or_default(),
            why: "its journal tells of one in another file, or in this one before it was changed".to_owned(),
        })
    }

    /// Takes changes back. The undo is a change like any other, and can be undone. A change that was interrupted is
    /// taken back by its recovery; it is the latest one then, so that nothing before it changes by default.
    ///
    /// # Errors
    /// [`CommitError::NothingToUndo`], [`CommitError::ChangedSince`] where the dump's bytes are not the ones that the
    /// changes wrote, and the errors of [`Edit::commit`](crate::Edit::commit).
    pub fn undo(&self, options: UndoOptions) -> Result<Undone, CommitError> {
        let nothing = |latest| CommitError::NothingToUndo { path: self.path.clone(), latest };
        let mut locked = Locked::open_existing(&self.path)?.ok_or_else(|| nothing(0))?;
        let failed = |source| CommitError::Unchanged {
            path: Some(self.path.clone()),
            reason: "cannot read it",
            source,
        };
        let log_path = locked.log_path.clone();
        let damaged = |source| CommitError::Journal { path: log_path.clone(), source };
        let (found, _) = journal::entries(&locked.log).map_err(damaged)?;
        let latest = found.last().map_or(0, |entry| entry.head.number);
        let to = options.to.unwrap_or(latest.saturating_sub(1));
        let recovered = locked.recover()?;
        let mut notices: Vec<Notice> = locked.notice.take().map(Notice).into_iter().collect();
        if recovered != Recovered::Nothing {
            notices.push(Notice("an interrupted edit was brought to an end first".to_owned()));
        }
        let mut numbers = Vec::new();
        if recovered == Recovered::Old && to < latest {
            numbers.push(latest);
        }
        let (entries, _) = journal::entries(&locked.log).map_err(damaged)?;
        let taken: Vec<&Entry> = entries.iter().filter(|entry| entry.head.number > to).collect();
        if taken.is_empty() && numbers.is_empty() {
            return Err(nothing(latest));
        }
        if taken.is_empty() {
            return Ok(Undone { numbers, extents: Extents::default(), notices });
        }
        for entry in &taken {
            journal::verify(&locked.log, entry).map_err(damaged)?;
        }
        // Of bytes that were changed more than once, the latest new ones are there now, and the earliest old ones come back.
        let (mut there, mut back) = (Pending::default(), Pending::default());
        for entry in &taken {
            journal::each_extent(&locked.log, entry, |file_offset, _, new| there.put(file_offset, new))
                .map_err(damaged)?;
        }
        for entry in taken.iter().rev() {
            journal::each_extent(&locked.log, entry, |file_offset, old, _| back.put(file_offset, old))
                .map_err(damaged)?;
        }
        if !options.discard_later
            && let Some(file_offset) = there.first_difference(&locked.dump).map_err(failed)?
        {
            return Err(CommitError::ChangedSince { path: self.path.clone(), file_offset });
        }
        let mut changed = Extents::default();
        for extent in back.extents() {
            let shown = changed.room(extent.size);
            let (mut old, mut new) = (vec![0; shown], vec![0; shown]);
            locked.dump.read_at(extent.file_offset, &mut old).map_err(failed)?;
            back.overlay(extent.file_offset, &mut new).map_err(failed)?;
            changed.push(extent.file_offset, extent.size, &old, &new);
        }
        numbers.extend(taken.iter().rev().map(|entry| entry.head.number));
        let going_on = &mut |_: Progress| ControlFlow::Continue(());
        locked.commit(&back, Kind::Undo, &format!("undo --to {to}"), true, true, going_on)?;
        Ok(Undone { numbers, extents: changed, notices })
    }
}

fn read_entry(log: &File, entry: &Entry) -> io::Result<HistoryEntry> {
    journal::verify(log, entry)?;
    let mut command = vec![0; usize::try_from(entry.head.command_size).unwrap_or(0)];
    log.read_at(entry.at.saturating_add(record::ENTRY), &mut command)?;
    let mut extents = Extents::default();
    journal::each_extent(log, entry, |file_offset, old, new| {
        extents.extend(file_offset, old, new);
        Ok(())
    })?;
    Ok(HistoryEntry {
        number: entry.head.number,
        kind: entry.head.kind,
        time: entry.head.time,
        command: String::from_utf8_lossy(&command).into_owned(),
        finished: entry.sealed,
        extents,
    })
}
