//! Opening a dump to edit it in its place: others are kept away, and an edit that was interrupted is brought to an end first.

use std::path::Path;
use std::time::Duration;

use dumpedit_layout::{Notice, NoticeKind};

use crate::commit::lock::Hold;
use crate::dump::Dump;
use crate::error::OpenError;
use crate::journal::history::History;
use crate::progress::ProgressFn;

/// A dump that is held to be edited.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Held {
    /// The dump. Others are kept away as long as it is open.
    pub dump: Dump,
    /// What was done to the file before it was opened.
    pub notices: Vec<Notice>,
}

impl Dump {
    /// Opens a dump to edit it in its place. Nobody else edits or copies it as long as it is open, so that what is read of it
    /// is what the edit finds; for those who do, this waits at most so long, and `progress` is asked meanwhile. An edit that
    /// was interrupted is brought to an end before anything is read.
    ///
    /// # Errors
    /// [`OpenError::InPlace`] where others take longer or an interrupted edit cannot be brought to an end, and else as
    /// [`Dump::open`].
    pub fn open_to_edit(
        path: impl AsRef<Path>,
        wait: Duration,
        progress: &mut ProgressFn<'_>,
    ) -> Result<Held, OpenError> {
        let path = path.as_ref();
        let hold = Hold::to_edit(path, wait, progress)?;
        let history = History::of(path).under(&hold);
        let mut notices = Vec::new();
        if history.is_unfinished()? {
            history.recover(false)?;
            let kind = NoticeKind::InterruptedEditEnded;
            notices.push(Notice::new(kind, kind.phrase()));
        }
        let dump = history.dump()?;
        // The recovery has changed the file under the hold.
        if notices.is_empty() {
            hold.check()?;
        }
        dump.keep(hold);
        Ok(Held { dump, notices })
    }
}
