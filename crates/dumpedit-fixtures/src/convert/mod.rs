//! Converts a dump from one container to another: a function from model to model, with registers set by name, and with memory that stays in
//! the old dump's file until it is written.
//!
//! Knows nothing of a dump's layout.

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
mod unloaded;

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

/// Containers that dumps are converted to, and the functions that make their models.
static TARGETS: &[(Format, ModelOf)] = &[(Format::ElfCore, core::model), (Format::Minidump, minidump::model)];

/// Options of a conversion.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ConvertOptions {
    /// Whether a loss is an error.
    pub strict: bool,
}

impl ConvertOptions {
    /// Makes a loss an error.
    #[must_use]
    pub fn strict(self, strict: bool) -> Self {
        ConvertOptions { strict, ..self }
    }
}

/// A dump converted to another container.
#[derive(Debug)]
#[non_exhaustive]
pub struct Conversion {
    /// The new dump, whose memory is read from the old one as it is written.
    pub image: Image,
    /// Parts of the old dump that it does not have.
    pub losses: Vec<Loss>,
    /// Parts that the old dump does not have, and that readers need.
    pub made: Vec<Made>,
}

/// Converts a dump to another container: any dump to an ELF core or a minidump.
///
/// # Errors
/// [`ConvertError`] where the container has no place for the dump's machine, and where [`ConvertOptions::strict`] forbids a loss.
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
