//! Locks on files, for which a bounded time is waited; and what holds a dump still while it is read.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::copy::{Progress, ProgressFn};
use crate::error::CommitError;
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
    Impossible,
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
            Err(TryLockError::Error(_)) => return Attempt::Impossible,
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
    /// The file as it stood; none where it could not be opened, as whoever opens it next will say.
    file: Option<(File, Stamp)>,
}

impl Hold {
    /// Holds the file that a name leads to. Waits at most so long for an edit that is being made; `progress` is asked
    /// meanwhile.
    ///
    /// # Errors
    /// [`CommitError::Locked`] where the edit takes longer, and [`CommitError::Cancelled`] where `progress` breaks off.
    pub fn on(
        path: impl AsRef<Path>,
        wait: Duration,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Hold, CommitError> {
        let path = path.as_ref().to_owned();
        // Opening a pipe would wait for its writer.
        let file =
            path.metadata().ok().filter(std::fs::Metadata::is_file).and_then(|_| File::open(&path).ok());
        let Some(file) = file else { return Ok(Hold { path, file: None }) };
        // Elsewhere a lock would keep readers out, too.
        if cfg!(unix) {
            match lock(&file, Sharing::Shared, wait, progress) {
                Attempt::Taken => return Err(CommitError::Locked { path }),
                Attempt::Cancelled => return Err(CommitError::Cancelled),
                // Without locks, only the end shows whether it was changed.
                Attempt::Locked | Attempt::Impossible => {}
            }
        }
        let stamp = Stamp::of(&file);
        Ok(Hold { path, file: stamp.ok().map(|stamp| (file, stamp)) })
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
