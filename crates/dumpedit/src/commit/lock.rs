//! Locks on files with a bounded wait, and the hold that keeps a dump unchanged while it is read.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::{CommitError, CommitStep};
use crate::progress::{Progress, ProgressFn};
use crate::store::platform::Identity;
use crate::store::stamp::Stamp;

/// Default wait for a lock: edits in place take milliseconds.
pub(crate) const WAIT: Duration = Duration::from_secs(5);

/// Other holders that a lock allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Readers.
    Shared,
    /// None.
    Exclusive,
}

/// Result of an attempt to hold a file.
#[derive(Debug)]
enum Attempt {
    /// It is held.
    Held,
    /// Another process held it until the end of the wait.
    Taken,
    /// The caller asked to stop.
    Cancelled,
    /// The file system does not support it.
    Impossible(io::Error),
}

/// Retries while another process is in the way, up to a maximum wait. `progress` is called while waiting.
fn patiently(
    wait: Duration,
    progress: &mut ProgressFn<'_>,
    mut attempt: impl FnMut() -> Result<(), TryLockError>,
) -> Attempt {
    const LONGEST_PAUSE: Duration = Duration::from_millis(50);
    let begun = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        match attempt() {
            Ok(()) => return Attempt::Held,
            Err(TryLockError::Error(error)) => return Attempt::Impossible(error),
            Err(TryLockError::WouldBlock) => {}
        }
        let left = wait.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Attempt::Taken;
        }
        if progress(Progress { done: 0, total: 0 }).is_break() {
            return Attempt::Cancelled;
        }
        std::thread::sleep(pause.min(left));
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}

/// Locks a file that is open for writing, or opens it for reading and locks it.
#[cfg(not(windows))]
fn hold(
    path: &Path,
    opened: Option<File>,
    sharing: Sharing,
    wait: Duration,
    progress: &mut ProgressFn<'_>,
) -> Option<Held> {
    let is_writable = opened.is_some();
    let file = opened.or_else(|| File::open(path).ok())?;
    let locked = patiently(wait, progress, || match sharing {
        Sharing::Shared => file.try_lock_shared(),
        Sharing::Exclusive => file.try_lock(),
    });
    Some(Held { file: Some(file), attempt: locked, is_writable })
}

/// Opens a file so that no other process can open it for writing. A lock would keep readers out as well; this open keeps out programs that
/// use no locks, and fails while another process has the file open for writing.
#[cfg(windows)]
fn hold(
    path: &Path,
    _: Option<File>,
    sharing: Sharing,
    wait: Duration,
    progress: &mut ProgressFn<'_>,
) -> Option<Held> {
    use std::os::windows::fs::OpenOptionsExt;
    /// `FILE_SHARE_READ` and `FILE_SHARE_DELETE` of `winnt.h`.
    const READERS: u32 = 1 | 4;
    /// `ERROR_SHARING_VIOLATION` of `winerror.h`.
    const IN_USE: i32 = 32;
    let mut opened = None;
    let mut is_writable = sharing == Sharing::Exclusive;
    let attempt = patiently(wait, progress, || {
        let open = |write| File::options().read(true).write(write).share_mode(READERS).open(path);
        let file = match open(sharing == Sharing::Exclusive) {
            // A file that is not writable is held all the same; the error comes when it is written to.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                is_writable = false;
                open(false)
            }
            file => file,
        };
        match file {
            Ok(file) => opened = Some(file),
            Err(error) if error.raw_os_error() == Some(IN_USE) => return Err(TryLockError::WouldBlock),
            Err(error) => return Err(TryLockError::Error(error)),
        }
        Ok(())
    });
    match attempt {
        // The next open reports why it fails.
        Attempt::Impossible(_) => None,
        attempt => Some(Held { file: opened, attempt, is_writable }),
    }
}

/// A file that was opened to hold it.
struct Held {
    file: Option<File>,
    attempt: Attempt,
    /// Whether it is open for writing as well.
    is_writable: bool,
}

/// Opens a file for writing, before any wait for it.
fn open_writable(path: &Path) -> io::Result<Option<File>> {
    // On Windows, the holder of the file also prevents this open.
    if cfg!(windows) {
        return Ok(None);
    }
    OpenOptions::new().read(true).write(true).open(path).map(Some)
}

/// A dump that no edit changes in place while this lives, on file systems with locks. [`Hold::check`] finds changes by other means.
#[derive(Debug)]
pub struct Hold {
    path: PathBuf,
    sharing: Sharing,
    /// The file with its stamp; `None` where it could not be opened, which the next open reports.
    file: Option<(File, Stamp)>,
    /// Whether it is open for writing as well.
    is_writable: bool,
    /// Whether it is known that no edit was interrupted: none begins while this lives.
    is_whole: AtomicBool,
}

impl Hold {
    /// Holds the file at a path, together with other readers. Waits for an edit in progress up to a maximum; `progress` is called
    /// meanwhile.
    ///
    /// # Errors
    /// [`CommitError::Locked`] where the edit takes longer, and [`CommitError::Cancelled`] where `progress` breaks off.
    pub fn on(
        path: impl AsRef<Path>,
        wait: Duration,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Hold, CommitError> {
        Hold::with(path.as_ref(), None, Sharing::Shared, wait, progress)
    }

    /// Holds the file at a path exclusively, to edit it in place, so that its contents under this hold are those that the edit changes.
    ///
    /// # Errors
    /// As [`Hold::on`]; copies in progress are waited for as well.
    pub fn to_edit(
        path: impl AsRef<Path>,
        wait: Duration,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Hold, CommitError> {
        Hold::with(path.as_ref(), None, Sharing::Exclusive, wait, progress)
    }

    /// As [`Hold::to_edit`], with the file open for writing from the start.
    pub(crate) fn to_write(
        path: &Path,
        wait: Duration,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Hold, CommitError> {
        let opened = open_writable(path).map_err(|cause| CommitError::Unchanged {
            path: Some(path.to_owned()),
            step: CommitStep::OpenToWrite,
            cause,
        })?;
        Hold::with(path, opened, Sharing::Exclusive, wait, progress)
    }

    fn with(
        path: &Path,
        mut opened: Option<File>,
        sharing: Sharing,
        wait: Duration,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Hold, CommitError> {
        let path = path.to_owned();
        let held = |path, file, is_writable| Hold {
            path,
            sharing,
            file,
            is_writable,
            is_whole: AtomicBool::default(),
        };
        loop {
            // Opening a pipe would wait for its writer.
            let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
            let opened = opened.take();
            let opened = is_file.then(|| hold(&path, opened, sharing, wait, progress)).flatten();
            let Some(Held { file, attempt, is_writable }) = opened else {
                return Ok(held(path, None, false));
            };
            match attempt {
                Attempt::Taken => return Err(CommitError::Locked { path }),
                Attempt::Cancelled => return Err(CommitError::Cancelled),
                Attempt::Impossible(cause) if sharing == Sharing::Exclusive => {
                    let step = CommitStep::Lock;
                    return Err(CommitError::Unchanged { path: Some(path), step, cause });
                }
                // Without locks, only the check at the end shows a change.
                Attempt::Held | Attempt::Impossible(_) => {}
            }
            let Some(file) = file else { return Ok(held(path, None, is_writable)) };
            // During the wait, the name may have been given to another file.
            let same = match (Identity::of_path(&path), Identity::of(&file)) {
                (Ok(named), Ok(held)) => named == held,
                _ => true,
            };
            if same {
                let stamp = Stamp::of(&file);
                let file = stamp.ok().map(|stamp| (file, stamp));
                return Ok(held(path, file, is_writable));
            }
        }
    }

    /// Checks that the file was not written to while it was held.
    ///
    /// # Errors
    /// [`CommitError::Changed`].
    pub fn check(&self) -> Result<(), CommitError> {
        match &self.file {
            Some((file, stamp)) if Stamp::of(file).ok().as_ref() != Some(stamp) => {
                Err(CommitError::Changed { path: self.path.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The path of the file.
    #[cfg(feature = "compressed")]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file that is held.
    pub(crate) fn file(&self) -> Option<&File> {
        self.file.as_ref().map(|(file, _)| file)
    }

    /// Whether it holds the file at a path.
    pub(crate) fn is_on(&self, path: &Path) -> bool {
        let held = self.file().and_then(|held| Identity::of(held).ok());
        let named = Identity::of_path(path).ok();
        held.zip(named).is_some_and(|(held, named)| held == named)
    }

    /// Whether it holds the file at a path exclusively.
    pub(crate) fn is_alone_on(&self, path: &Path) -> bool {
        self.sharing == Sharing::Exclusive && self.is_on(path)
    }

    /// Whether it is known that no edit of the file was interrupted.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_whole.load(Ordering::Relaxed)
    }

    /// Records that no edit of the file was interrupted, or that the interrupted one was completed or undone.
    pub(crate) fn found_whole(&self) {
        self.is_whole.store(true, Ordering::Relaxed);
    }

    /// Records that an edit of the file begins. Returns whether it was known that none was interrupted before.
    pub(crate) fn begin_edit(&self) -> bool {
        self.is_whole.swap(false, Ordering::Relaxed)
    }

    /// The file, open for writing as well; `None` where the path no longer leads to the file that is held.
    pub(crate) fn open_to_write(&self) -> io::Result<Option<File>> {
        // On Windows, the held file keeps this process from opening it once more.
        if let Some(held) = self.file().filter(|_| self.is_writable) {
            if cfg!(windows) && held.metadata()?.permissions().readonly() {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            return held.try_clone().map(Some);
        }
        let opened = OpenOptions::new().read(true).write(true).open(&self.path)?;
        let is_held = match self.file() {
            Some(held) => Identity::of(held)? == Identity::of(&opened)?,
            None => true,
        };
        Ok(is_held.then_some(opened))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // A process that another thread is just starting may have the file open for a moment longer.
        if let Some((file, _)) = &self.file {
            let _ = file.unlock();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dump");
        std::fs::write(&path, b"bytes").unwrap();
        (folder, path)
    }

    fn go_on(_: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[test]
    fn readers_hold_a_file_together_and_an_edit_holds_it_alone() {
        let (_folder, path) = file();
        let first = Hold::on(&path, Duration::ZERO, &mut go_on).unwrap();
        let second = Hold::on(&path, Duration::ZERO, &mut go_on).unwrap();
        let alone = || Hold::to_edit(&path, Duration::from_millis(3), &mut go_on);
        assert!(matches!(alone().unwrap_err(), CommitError::Locked { .. }));
        drop((first, second));
        let writer = alone().unwrap();
        assert!(writer.is_alone_on(&path) && writer.open_to_write().unwrap().is_some());
        assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
        let refused = Hold::on(&path, Duration::from_millis(3), &mut go_on).unwrap_err();
        assert!(matches!(refused, CommitError::Locked { .. }));
        let stopped = Hold::on(&path, WAIT, &mut |_| ControlFlow::Break(())).unwrap_err();
        assert!(matches!(stopped, CommitError::Cancelled));
    }

    #[test]
    fn whoever_waits_gets_the_lock_when_it_is_free() {
        let (_folder, path) = file();
        let mut writer = Some(Hold::to_edit(&path, Duration::ZERO, &mut go_on).unwrap());
        let mut asked = 0;
        let held = Hold::on(&path, Duration::from_secs(60), &mut |_| {
            asked += 1;
            writer = None;
            ControlFlow::Continue(())
        });
        assert!(held.is_ok() && asked == 1);
    }

    #[test]
    fn a_change_while_a_file_is_held_is_seen() {
        let (_folder, path) = file();
        // On Windows no other process can open it for writing.
        let writer = File::options().write(true).open(&path).unwrap();
        let held = Hold {
            is_writable: false,
            is_whole: AtomicBool::default(),
            file: Some((File::open(&path).unwrap(), Stamp::of(&writer).unwrap())),
            path,
            sharing: Sharing::Shared,
        };
        held.check().unwrap();
        writer.set_len(3).unwrap();
        assert!(matches!(held.check(), Err(CommitError::Changed { .. })));
    }
}
