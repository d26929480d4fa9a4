//! Knows how a dump of one container becomes a dump of another: a function from model to model, with registers set by name, and
//! with memory that stays in the file of the old dump until it is written.
//!
//! Never knows how a dump is laid out.

mod core;
mod crash;
mod details;
mod error;
mod linker_list;
mod loss;
mod made;
mod maps;
mod memory;
mod minidump;
mod module_ids;
mod records;
mod source;
mod startup;
mod told;

use dumpedit::{Dump, Format};
use dumpedit_formats::model::Model;

use crate::image::Image;
use crate::synth::planned;
use loss::Losses;
use made::Makings;
use source::Source;

pub use error::ConvertError;
pub use loss::{Loss, LossKind};
pub use made::{Made, MadeKind};
pub use told::{Told, ToldKind};

type ModelOf = fn(&Source<'_>, &mut Losses, &mut Makings) -> Result<Model, ConvertError>;

/// The containers that dumps are converted to, each with what makes its model.
static TARGETS: &[(Format, ModelOf)] = &[(Format::ElfCore, core::model), (Format::Minidump, minidump::model)];

/// What a conversion may do.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ConvertOptions {
    /// Whether nothing may be lost.
    pub strict: bool,
}

impl ConvertOptions {
    /// Whether nothing may be lost.
    #[must_use]
    pub fn strict(self, strict: bool) -> Self {
        ConvertOptions { strict, ..self }
    }
}

/// A dump in another container.
#[derive(Debug)]
#[non_exhaustive]
pub struct Conversion {
    /// The new dump, whose memory is read from the old one as it is written.
    pub image: Image,
    /// What of the old dump it does not have.
    pub losses: Vec<Loss>,
    /// What it has that the old dump does not say, because its readers need it.
    pub made: Vec<Made>,
}

/// Makes a dump of another container that says the same: an ELF core of any dump, or a minidump.
///
/// # Errors
/// [`ConvertError`] where the container has no place for the dump's machine, and where something would be lost that
/// [`ConvertOptions::strict`] does not let go.
pub fn convert(dump: &Dump, to: Format, options: &ConvertOptions) -> Result<Conversion, ConvertError> {
    if dump.layout().format() == to {
        return Err(ConvertError::Same { format: to });
    }
    let source = Source::of(dump)?;
    let (mut losses, mut made) = (Losses::default(), Makings::default());
    let target = TARGETS.iter().find(|(format, _)| *format == to);
    let (_, model) = target.ok_or(ConvertError::NotATarget { format: to })?;
    let model = model(&source, &mut losses, &mut made)?;
    minidump::unread(&source.model.lost, &mut losses);
    let losses = losses.finish();
    if options.strict && !losses.is_empty() {
        return Err(ConvertError::Lossy { losses });
    }
    let image = planned(dumpedit_formats::plan(&model, u64::MAX)?, dump);
    dump.check_reads()?;
    Ok(Conversion { image, losses, made: made.finish() })
}
