//! Checks that a spec's container has a place for every key of the spec.

use super::{Spec, mapping};
use crate::error::FixtureError;

impl Spec {
    /// Refuses keys that the spec's container has no place for.
    pub(crate) fn check_keys(&self) -> Result<(), FixtureError> {
        mapping::check(self, self.format)
    }
}
