//! What is checked of a file that somebody else may have written to since the dump was opened.

use std::path::Path;

use crate::dump::Dump;
use crate::edit::pending::Pending;
use crate::error::{CommitError, CommitStep};
use crate::store::Store;

/// Makes sure that a file which somebody has written to since still has every location where it was.
pub(crate) fn check_places(dump: &Dump, path: &Path) -> Result<(), CommitError> {
    match Dump::open(path) {
        Ok(now) if now.layout().has_places_of(dump.layout()) => Ok(()),
        _ => Err(CommitError::Replaced { path: Some(path.to_owned()), how: "was given other tables" }),
    }
}

/// Looks once more, now that nobody else edits, at the bytes that were expected when the edit was made.
pub(crate) fn check_expected(
    store: &impl Store,
    expected: &Pending,
    path: Option<&Path>,
) -> Result<(), CommitError> {
    let differs = expected.first_difference(store).map_err(|cause| CommitError::Unchanged {
        path: path.map(Path::to_owned),
        step: CommitStep::ReadExpected,
        cause,
    })?;
    match differs {
        Some(file_offset) => Err(CommitError::Expect { path: path.map(Path::to_owned), file_offset }),
        None => Ok(()),
    }
}
