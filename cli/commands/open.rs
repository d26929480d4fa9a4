//! Opens the dump of a verb, locks out edits, and shows the notices.

use std::path::Path;

use dumpedit::{CommitError, Dump, History, Hold, Notice, NoticeKind};

use crate::args::WaitArgument;
use crate::failure::Failure;
use crate::input::{Input, is_standard, named};
use crate::output::Output;
use crate::output::progress::Bar;
use crate::shell;

/// Opens a dump like [`open_input`].
pub(super) fn open(path: &Path, output: &Output) -> Result<Dump, Failure> {
    Ok(open_input(path, None, output)?.dump)
}

/// Locks out edits of a dump while it is copied in any form.
pub(super) fn hold(path: &Path, wait: &WaitArgument) -> Result<Hold, Failure> {
    let mut bar = Bar::new("waiting");
    Ok(Hold::on(named(path), wait.wait, &mut |progress| bar.report(progress))?)
}

/// Locks out edits, and refuses a dump with an interrupted edit.
pub(super) fn hold_whole(path: &Path, wait: &WaitArgument) -> Result<Hold, Failure> {
    let hold = hold(path, wait)?;
    if History::of(named(path)).under(&hold).is_unfinished()? {
        return Err(CommitError::Interrupted { path: path.to_owned() }.into());
    }
    Ok(hold)
}

/// The hint at an interrupted edit.
pub(super) fn recovery(path: &Path) -> String {
    format!("dumpedit recover {} finishes or undoes it", shell::path(path))
}

/// Opens a dump, held or not, and reports an interrupted edit.
pub(super) fn open_input(path: &Path, hold: Option<&Hold>, output: &Output) -> Result<Input, Failure> {
    let interrupted = |history: History<'_>| match history.is_unfinished() {
        Ok(unfinished) => unfinished,
        Err(error) => {
            let message =
                format!("dumpedit cannot tell whether an edit of this dump was interrupted: {error}");
            output.notice(NoticeKind::JournalUnread, message);
            false
        }
    };
    let under = |history: History<'_>| match hold {
        Some(hold) => interrupted(history.under(hold)),
        None => interrupted(history),
    };
    match Input::open(path, hold) {
        Ok(input) => {
            output.watch(&input.dump);
            if input.dump.history().is_some_and(under) {
                output.notice(NoticeKind::EditInterrupted, "an edit of this dump was interrupted");
                output.hint(&recovery(path));
            }
            Ok(input)
        }
        Err(failure) if !is_standard(path) && under(History::of(path)) => {
            Err(Failure { hint: Some(recovery(path)), ..failure })
        }
        Err(failure) => Err(failure),
    }
}

/// Notices of a dump and of a result made from it, without duplicates.
pub(super) fn notices_with(dump: &Dump, made: &[Notice]) -> Vec<Notice> {
    let of_dump = dump.layout().notices();
    of_dump.iter().chain(made.iter().filter(|notice| !of_dump.contains(notice))).cloned().collect()
}
