//! The class of a core: 32 or 64 bits.

use crate::error::FixtureError;
use crate::spec::Spec;

/// Whether a spec's core has 64 bits: by its class, or by default.
pub(super) fn wide_by_class(spec: &Spec, usual: bool) -> Result<bool, FixtureError> {
    match spec.header.class {
        Some(32) => Ok(false),
        Some(64) => Ok(true),
        Some(_) => {
            let error = FixtureError::contradiction("the classes are 32 and 64");
            Err(error.within("class").within("header"))
        }
        None => Ok(usual),
    }
}
