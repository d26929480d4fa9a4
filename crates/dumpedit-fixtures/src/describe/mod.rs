//! Knows how a dump becomes a spec: what its model says, registers by their names, and what of a record has no name, which is
//! found by making the record from the spec and comparing.
//!
//! Never knows how a dump is laid out, nor how the spec is written down.

mod elf;
mod keep;
mod links;
mod macho;
mod memory;
mod minidump;
mod raw;
mod records;
mod spec;
mod triage;
mod typed;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use dumpedit::{Context, Dump, Notice, RecordChoice, ThreadIndex};

use crate::error::FixtureError;
use crate::spec::Spec;

pub(crate) use keep::keep;
pub(crate) use memory::{Chosen, MOST_STACK};
pub(crate) use raw::Raw;

/// Which of a dump's memory goes into a spec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Memory {
    /// None; what was mapped is still told.
    None,
    /// The stacks of the threads.
    Stacks,
    /// All of it.
    #[default]
    All,
    /// These addresses, as far as they are captured.
    Ranges(Vec<RangeInclusive<u64>>),
}

/// What of a dump goes into a spec.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DescribeOptions {
    /// Which memory.
    pub memory: Memory,
    /// Which threads; all, where not given.
    pub threads: Option<BTreeSet<ThreadIndex>>,
    /// The most bytes of each stack, from the stack pointer on, where stacks are chosen; all, where not given.
    pub stack_bytes: Option<u64>,
    /// The most bytes of the dump that the spec may hold, counted as often as it holds them; where not given, four times
    /// the size of the dump and 16 MiB.
    pub max_size: Option<u64>,
}

impl DescribeOptions {
    /// Which memory.
    #[must_use]
    pub fn memory(self, memory: Memory) -> Self {
        DescribeOptions { memory, ..self }
    }

    /// Only these threads.
    #[must_use]
    pub fn threads(self, threads: impl IntoIterator<Item = ThreadIndex>) -> Self {
        DescribeOptions { threads: Some(threads.into_iter().collect()), ..self }
    }

    /// The most bytes of each stack, from the stack pointer on.
    #[must_use]
    pub fn stack_bytes(self, bytes: u64) -> Self {
        DescribeOptions { stack_bytes: Some(bytes), ..self }
    }

    /// The most bytes of the dump that the spec may hold.
    #[must_use]
    pub fn max_size(self, bytes: u64) -> Self {
        DescribeOptions { max_size: Some(bytes), ..self }
    }

    fn keeps(&self, thread: ThreadIndex) -> bool {
        self.threads.as_ref().is_none_or(|kept| kept.contains(&thread))
    }
}

/// A dump as a spec.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Description {
    /// The spec.
    pub spec: Spec,
    /// What of the dump is not in it.
    pub notices: Vec<Notice>,
}

/// Describes a dump as a spec that [`synth`](crate::synth()) makes a dump of which reads the same.
///
/// Contents stay in the dump until they are needed: the spec holds the dump open.
///
/// # Errors
/// [`FixtureError`] where the dump is of a format that specs do not have, or cannot be read, or where its structures overlap
/// so that the spec would hold more than [`DescribeOptions::max_size`].
pub fn describe(dump: &Dump, options: &DescribeOptions) -> Result<Description, FixtureError> {
    let chosen = Chosen::of(dump, options);
    let kept = keep(dump, options.threads.as_ref(), &chosen, false)?;
    let spec = spec::describe(dump, options, &kept)?;
    dump.check_reads()?;
    let mut notices = kept.model.lost.clone();
    notices.extend(elf::lost(&kept.model));
    notices.extend(macho::lost(&kept.model));
    Ok(Description { spec, notices })
}

/// The stack of a thread: captured addresses from a little below its stack pointer on, at most `bytes` of them from the
/// stack pointer on. `None` where they are not captured or the stack pointer is not known.
///
/// The 128 bytes below are what AMD64 and ARM64 let functions use without moving the stack pointer.
pub fn stack_range(dump: &Dump, thread: ThreadIndex, bytes: u64) -> Option<RangeInclusive<u64>> {
    let context = Context::Thread(thread, RecordChoice::Auto);
    stack_at(dump, dump.read_register(context, "sp").ok()?.to_u64().ok()?, bytes)
}

/// The stack behind a stack pointer, as [`stack_range`] has it.
pub(crate) fn stack_at(dump: &Dump, sp: u64, bytes: u64) -> Option<RangeInclusive<u64>> {
    const RED_ZONE: u64 = 128;
    let (first, last) = dump.layout().stack(sp, bytes)?.into_inner();
    let mut below = first;
    // A stack that begins above the guard page has nothing below.
    for range in dump.layout().captured_ranges(sp.saturating_sub(RED_ZONE), sp).iter().rev() {
        if range.last < below.saturating_sub(1) {
            break;
        }
        below = range.first.min(below);
    }
    Some(if first == sp { below } else { first }..=last)
}
