//! Places of pieces of a spec: in its text, and by the path from its top.

/// A piece of a spec's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextPlace {
    /// The line, from 1.
    pub line: u32,
    /// Column of the first letter, from 1.
    pub column: u32,
    /// Length in letters.
    pub length: u32,
}

/// A step of the path to a piece of a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To the value of a key.
    Key(&'static str),
    /// To an entry of a list.
    Index(usize),
    /// To the name of a register.
    Name(String),
    /// To the value of a register.
    Value(String),
    /// To a piece of a content, in the order of the pieces.
    Piece(usize),
}

impl From<&'static str> for Step {
    fn from(key: &'static str) -> Step {
        Step::Key(key)
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Step {
        Step::Index(index)
    }
}
