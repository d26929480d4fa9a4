//! Checks of a file that another process may have written to since the dump was opened.

use std::path::Path;

use crate::dump::Dump;
use crate::edit::pending::Pending;
use crate::error::{CommitError, CommitStep};
use crate::store::Store;

/// Checks that a file that was written to since still has every location at its place.
pub(crate) fn check_places(dump: &Dump, path: &Path) -> Result<(), CommitError> {
    match Dump::open(path) {
        Ok(now) if now.layout().has_places_of(dump.layout()) => Ok(()),
        _ => Err(CommitError::Replaced { path: Some(path.to_owned()), how: "was given other tables" }),
    }
}

/// Checks the expected bytes of the edit once more, now that no other edit can change them.
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
