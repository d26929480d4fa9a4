//! The two dumps that are compared, and their comparison.

use std::path::Path;

use dumpedit::Dump;
use dumpedit::diff::{Diff, DiffError, Side};

use crate::args::DiffArguments;
use crate::failure::Failure;

/// The two dumps.
pub(super) struct Two<'a> {
    pub(super) a: &'a Dump,
    pub(super) b: &'a Dump,
    pub(super) diff: &'a Diff,
    pub(super) arguments: &'a DiffArguments,
}

impl Two<'_> {
    pub(super) fn failed(&self, error: DiffError) -> Failure {
        let path = self.path(error.side);
        Failure::of_dump(path, error.cause)
    }

    pub(super) fn path(&self, side: Side) -> &Path {
        match side {
            Side::A => &self.arguments.a,
            Side::B => &self.arguments.b,
        }
    }

    pub(super) fn dump(&self, side: Side) -> &Dump {
        match side {
            Side::A => self.a,
            Side::B => self.b,
        }
    }
}
