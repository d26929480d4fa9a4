//! Opens a dump to edit it in place: others are kept away, and an interrupted edit is recovered first.

use std::path::Path;
use std::time::Duration;

use dumpedit_layout::{Notice, NoticeKind};

use crate::commit::lock::Hold;
use crate::dump::Dump;
use crate::error::OpenError;
use crate::journal::history::History;
use crate::progress::ProgressFn;

/// A dump that is held for editing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Held {
    /// The dump. Others are kept away as long as it is open.
    pub dump: Dump,
    /// Notices of changes that were made to the file before it was opened.
    pub notices: Vec<Notice>,
}

impl Dump {
    /// Opens a dump to edit it in place. No other process edits or copies it as long as it is open, so that an edit finds the bytes that
    /// were read; processes that do so now are waited for up to a maximum, and `progress` is called meanwhile. An interrupted edit is
    /// recovered before the dump is read.
    ///
    /// # Errors
    /// [`OpenError::InPlace`] where others take longer or an interrupted edit cannot be recovered, and else as [`Dump::open`].
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
