//! Locks on files, for which a bounded time is waited; and what holds a dump still while it is read.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::copy::{Progress, ProgressFn};
use crate::error::CommitError;
use crate::platform::Identity;
use crate::source::Stamp;

/// How long is waited for a lock by default: edits in place take milliseconds.
pub(crate) const WAIT: Duration = Duration::from_secs(5);

/// Who else may hold the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Everybody who only reads.
    Shared,
    /// Nobody.
    Exclusive,
}

/// How the attempt to lock a file ended.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// It is locked.
    Locked,
    /// Somebody else has it locked, and still had at the end of the wait.
    Taken,
    /// The caller asked to stop.
    Cancelled,
    /// The file system has no locks.
    Impossible(io::Error),
}

/// Locks a file, and waits at most so long for whoever has it locked. `progress` is asked while waiting.
pub(crate) fn lock(file: &File, sharing: Sharing, wait: Duration, progress: &mut ProgressFn<'_>) -> Attempt {
    const LONGEST_PAUSE: Duration = Duration::from_millis(50);
    let begun = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        let attempt = match sharing {
            Sharing::Shared => file.try_lock_shared(),
            Sharing::Exclusive => file.try_lock(),
        };
        match attempt {
            Ok(()) => return Attempt::Locked,
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

/// A dump that no edit changes in place as long as this lives, where its file system has locks. It says in the end
/// whether something else did.
#[derive(Debug)]
pub struct Hold {
    path: PathBuf,
    sharing: Sharing,
    /// The file as it stood; none where it could not be opened, as whoever opens it next will say.
    file: Option<(File, Stamp)>,
}

impl Hold {
    /// Holds the file that a name leads to, together with others that only read it. Waits at most so long for an edit
    /// that is being made; `progress` is asked meanwhile.
    ///
    /// # Errors
    /// [`CommitError::Locked`] where the edit takes longer, and [`CommitError::Cancelled`] where `progress` breaks off.
    pub fn on(
        path: impl AsRef<Path>,
        wait: Duration,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Hold, CommitError> {
        Hold::with(path.as_ref(), Sharing::Shared, wait, progress)
    }

    /// Holds the file that a name leads to, to edit it in place: alone, so that what is read of it under this hold is what
    /// the edit finds.
    ///
    /// # Errors
    /// As [`Hold::on`], where others copy the file, too.
    pub fn to_edit(
        path: impl AsRef<Path>,
        wait: Duration,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Hold, CommitError> {
        Hold::with(path.as_ref(), Sharing::Exclusive, wait, progress)
    }

    fn with(
        path: &Path,
        sharing: Sharing,
        wait: Duration,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Hold, CommitError> {
        let path = path.to_owned();
        loop {
            // Opening a pipe would wait for its writer.
            let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
            let Some(file) = is_file.then(|| File::open(&path).ok()).flatten() else {
                return Ok(Hold { path, sharing, file: None });
            };
            // Elsewhere a lock would keep readers out, too.
            if cfg!(unix) {
                match lock(&file, sharing, wait, progress) {
                    Attempt::Taken => return Err(CommitError::Locked { path }),
                    Attempt::Cancelled => return Err(CommitError::Cancelled),
                    Attempt::Impossible(source) if sharing == Sharing::Exclusive => {
                        return Err(CommitError::Unchanged {
                            path: Some(path),
                            reason: "cannot lock it",
                            source,
                        });
                    }
                    // Without locks, only the end shows whether it was changed.
                    Attempt::Locked | Attempt::Impossible(_) => {}
                }
            }
            // While this waited, the name may have been given to another file.
            let named = path.metadata().map(|metadata| Identity::of_metadata(&metadata));
            let same = match (named, Identity::of(&file)) {
                (Ok(named), Ok(held)) => named == held,
                _ => true,
            };
            if same {
                let stamp = Stamp::of(&file);
                return Ok(Hold { path, sharing, file: stamp.ok().map(|stamp| (file, stamp)) });
            }
        }
    }

    /// Makes sure that nothing has written to the file since it is held.
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

    /// Whether it keeps everybody else away from a file.
    pub(crate) fn is_alone_on(&self, file: &File) -> bool {
        let held = self.file.as_ref().and_then(|(held, _)| Identity::of(held).ok());
        self.sharing == Sharing::Exclusive && held.is_some() && held == Identity::of(file).ok()
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // A process that another thread is just starting may have the file open a moment longer.
        if let Some((file, _)) = &self.file {
            let _ = file.unlock();
        }
    }
}

#[cfg(all(test, unix))]
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
        let writer = File::open(&path).unwrap();
        let exclusive = |file| lock(file, Sharing::Exclusive, Duration::ZERO, &mut go_on);
        assert!(matches!(exclusive(&writer), Attempt::Taken));
        drop((first, second));
        assert!(matches!(exclusive(&writer), Attempt::Locked));
        let refused = Hold::on(&path, Duration::from_millis(3), &mut go_on).unwrap_err();
        assert!(matches!(refused, CommitError::Locked { .. }));
        let stopped = Hold::on(&path, WAIT, &mut |_| ControlFlow::Break(())).unwrap_err();
        assert!(matches!(stopped, CommitError::Cancelled));
    }

    #[test]
    fn whoever_waits_gets_the_lock_when_it_is_free() {
        let (_folder, path) = file();
        let writer = File::open(&path).unwrap();
        writer.lock().unwrap();
        let mut asked = 0;
        let held = Hold::on(&path, Duration::from_secs(60), &mut |_| {
            asked += 1;
            writer.unlock().unwrap();
            ControlFlow::Continue(())
        });
        assert!(held.is_ok() && asked == 1);
    }

    #[test]
    fn a_change_while_a_file_is_held_is_seen() {
        let (_folder, path) = file();
        let held = Hold::on(&path, Duration::ZERO, &mut go_on).unwrap();
        held.check().unwrap();
        File::options().write(true).open(&path).unwrap().set_len(3).unwrap();
        assert!(matches!(held.check(), Err(CommitError::Changed { .. })));
    }
}
