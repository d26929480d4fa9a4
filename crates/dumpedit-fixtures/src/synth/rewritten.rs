//! Writes a changed model of another dump as a new file.

use dumpedit::Dump;
use dumpedit_formats::model::Model;
use dumpedit_formats::write::{Plan, WriteError};

use super::contents::{Contents, stretches};
use crate::error::FixtureError;
use crate::image::Image;

/// The dump of another dump's model, of at most `limit` bytes.
pub(crate) fn image(model: &Model, of: &Dump, limit: u64) -> Result<Image, FixtureError> {
    let plan = dumpedit_formats::plan(model, limit)
        .map_err(|WriteError { problem, .. }| FixtureError::contradiction(problem.to_string()))?;
    Ok(planned(plan, of).with_notices(model.lost.clone()))
}

/// The dump of a plan whose pieces are in another dump.
pub(crate) fn planned(plan: Plan, of: &Dump) -> Image {
    let stretches = stretches(&plan.pieces, &Contents::default(), Some(of));
    Image::new(stretches, plan.patches, plan.size)
}

/// The dump of another dump's changed model, written whole: the image's notices tell of parts that the model does not hold. The model holds
/// all bytes that are not in that dump in memory.
///
/// # Errors
/// [`FixtureError`] where the dump cannot be read, and where its container has no place for a part of the model.
pub fn rewritten(dump: &Dump, model: &Model) -> Result<Image, FixtureError> {
    let image = image(model, dump, u64::MAX)?;
    dump.check_reads()?;
    Ok(image)
}
