//! Describes a dump as a spec: the contents of its model, registers by name, and the parts of records without names, which are found by
//! making the record from the spec and comparing.
//!
//! Knows nothing of a dump's layout, nor of the spec's text.

mod describing;
mod difference;
pub(crate) mod elf;
mod keep;
mod links;
pub(crate) mod macho;
mod memory;
pub(crate) mod minidump;
mod options;
mod raw;
mod records;
mod slot;
mod stack;
pub(crate) mod triage;
mod typed;

use dumpedit::{Dump, Notice, NoticeKind};
use dumpedit_formats::write::WriteError;

use crate::containers::container;
use crate::error::FixtureError;
use crate::spec::Spec;
use keep::Kept;
use records::fill;

pub(crate) use describing::Describing;
pub(crate) use keep::keep;
pub(crate) use memory::Chosen;
pub use options::{DescribeOptions, DescribedMemory};
pub(crate) use raw::Raw;
pub use stack::stack_range;
pub(crate) use stack::{MOST_STACK, stack_at};

/// A dump as a spec.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Description {
    /// The spec.
    pub spec: Spec,
    /// Parts of the dump that are not in the spec.
    pub notices: Vec<Notice>,
}

/// Describes a dump as a spec, of which [`synth`](crate::synth()) makes a dump that reads the same.
///
/// Contents stay in the dump until they are needed: the spec holds the dump open.
///
/// # Errors
/// [`FixtureError`] where the dump's format has no specs, where the dump cannot be read, or where its structures overlap so that the spec
/// would hold more than [`DescribeOptions::max_size`].
pub fn describe(dump: &Dump, options: &DescribeOptions) -> Result<Description, FixtureError> {
    let chosen = Chosen::of(dump, options);
    let kept = keep(dump, options.threads.as_ref(), &chosen, false)?;
    let spec = spec(dump, options, &kept)?;
    dump.check_reads()?;
    let mut notices = kept.model.lost.clone();
    notices.extend((container(dump.layout().format())?.lost)(&kept.model));
    if let Err(WriteError { problem, .. }) = dumpedit_formats::plan(&kept.model, u64::MAX) {
        let kind = NoticeKind::SpecHasNoDump;
        notices.push(Notice::new(kind, format!("{}: {problem}", kind.phrase())));
    }
    Ok(Description { spec, notices })
}

fn spec(dump: &Dump, options: &DescribeOptions, kept: &Kept) -> Result<Spec, FixtureError> {
    let container = container(dump.layout().format())?;
    let mut describing = Describing::of(dump, kept);
    describing.memory();
    describing.raw.check_size(options)?;
    describing.modules();
    (container.describe)(&mut describing);
    describing.label_stacks();
    let Describing { raw, mut spec, slots, .. } = describing;
    raw.check_size(options)?;
    fill(dump, &mut spec, &slots)?;
    (container.simplify)(&mut spec);
    Ok(spec)
}
