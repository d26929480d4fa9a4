//! The file of another dump's model.

use dumpedit::Dump;
use dumpedit_formats::model::Model;
use dumpedit_formats::write::{Plan, WriteError};

use super::contents::{Contents, stretches};
use crate::error::FixtureError;
use crate::image::Image;

/// The dump that a model of another dump says, of at most `limit` bytes.
pub(crate) fn image(model: &Model, of: &Dump, limit: u64) -> Result<Image, FixtureError> {
    let plan = dumpedit_formats::plan(model, limit)
        .map_err(|WriteError { problem, .. }| FixtureError::contradiction(problem.to_string()))?;
    Ok(planned(plan, of).with_notices(model.lost.clone()))
}

/// The dump of a plan, whose pieces are of another dump.
pub(crate) fn planned(plan: Plan, of: &Dump) -> Image {
    let stretches = stretches(&plan.pieces, &Contents::default(), Some(of));
    Image::new(stretches, plan.patches, plan.size)
}

/// The dump that a changed model of another dump says, written whole: what the model does not hold of that dump is told by the image's
/// notices. The model has all bytes in memory that the dump does not have.
///
/// # Errors
/// [`FixtureError`] where the dump cannot be read, and where its container has no place for a part of the model.
pub fn rewritten(dump: &Dump, model: &Model) -> Result<Image, FixtureError> {
    let image = image(model, dump, u64::MAX)?;
    dump.check_reads()?;
    Ok(image)
}
