//! How the letters of texts are stored.

/// How the letters of a text are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Letters {
    /// One byte each; of UTF-8, several.
    Bytes,
    /// One byte each with a zero between any two.
    Apart,
    /// Two bytes each, the low one first.
    Low,
    /// Two bytes each, the high one first.
    High,
}

impl Letters {
    /// The size of a letter, in bytes.
    pub(crate) fn size(self) -> usize {
        match self {
            Letters::Bytes => 1,
            _ => 2,
        }
    }
}
