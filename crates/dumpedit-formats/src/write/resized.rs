//! Values of a dump that change size.

use crate::fields::FieldPlace;

/// A value of a dump that changes size, and moves to another place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resized {
    /// The value's place, with the offset that leads there.
    pub stored: FieldPlace,
    /// New bytes of the offset's whole target; for a row of a table, the new text.
    pub bytes: Vec<u8>,
}

impl Resized {
    /// A value with these new bytes.
    pub fn new(stored: FieldPlace, bytes: Vec<u8>) -> Resized {
        Resized { stored, bytes }
    }
}
