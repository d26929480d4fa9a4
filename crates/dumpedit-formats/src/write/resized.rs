//! Values of a dump that get another size.

use crate::fields::FieldPlace;

/// A value of a dump that gets another size, and with it another place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resized {
    /// Where the dump has it, and what leads there.
    pub stored: FieldPlace,
    /// All that is led to, as it will be; of a row in a table the new text.
    pub bytes: Vec<u8>,
}

impl Resized {
    /// A value that will be these bytes.
    pub fn new(stored: FieldPlace, bytes: Vec<u8>) -> Resized {
        Resized { stored, bytes }
    }
}
