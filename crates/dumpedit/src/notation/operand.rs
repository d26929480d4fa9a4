//! Parts of a line that errors are about.

/// A part of a line that an error can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    /// The whole line.
    Line,
    /// The place that it reads or writes: the first argument of most verbs.
    Place,
    /// The n-th value.
    Value(usize),
    /// The n-th expected value.
    Expect(usize),
    /// The named thread.
    Thread,
}
