//! What a commit did.

use dumpedit_layout::Notice;

use crate::edit::Edit;
use crate::edit::changes::Changes;
use crate::edit::pending::Pending;
use crate::error::CommitError;

/// What a commit did.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// The bytes that changed, in the order they were asked for.
    pub changes: Changes,
    /// What the user should know.
    pub notices: Vec<Notice>,
}

impl Edit {
    /// [Settles](Edit::settle) the edit, as the first step of a commit.
    pub(super) fn settle_to_commit(&mut self) -> Result<(), CommitError> {
        self.settle().map_err(|cause| CommitError::Structure { cause: Box::new(cause) })
    }

    /// What the edit changes and what the user should know, without a commit.
    pub fn into_receipt(self) -> Receipt {
        self.into_pending().2
    }

    /// What is to be written, what must still be there, and what will be told.
    pub(super) fn into_pending(self) -> (Pending, Pending, Receipt) {
        let receipt = Receipt { changes: self.changes, notices: self.notices };
        (self.pending, self.expected, receipt)
    }
}
