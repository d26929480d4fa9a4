//! The result of a commit.

use dumpedit_layout::Notice;

use crate::edit::Edit;
use crate::edit::changes::Changes;
use crate::edit::pending::Pending;
use crate::error::CommitError;

/// The result of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipt {
    /// Bytes that changed, in the order in which the edit set them.
    pub changes: Changes,
    /// Notices for the user.
    pub notices: Vec<Notice>,
}

impl Edit {
    /// [Settles](Edit::settle) the edit, as the first step of a commit.
    pub(super) fn settle_to_commit(&mut self) -> Result<(), CommitError> {
        self.settle().map_err(|cause| CommitError::Structure { cause: Box::new(cause) })
    }

    /// The changes and notices of the edit, without a commit.
    pub fn into_receipt(self) -> Receipt {
        self.into_pending().2
    }

    /// The bytes to write, the bytes that are expected, and the receipt.
    pub(super) fn into_pending(self) -> (Pending, Pending, Receipt) {
        let receipt = Receipt { changes: self.changes, notices: self.notices };
        (self.pending, self.expected, receipt)
    }
}
