//! The parts of a line that errors are about.

/// A part of a line that an error can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    /// All of it.
    Line,
    /// Where it reads or writes: the first argument of most verbs.
    Place,
    /// The n-th of what follows.
    Value(usize),
    /// The n-th of what was expected.
    Expect(usize),
    /// The thread that was named.
    Thread,
}
