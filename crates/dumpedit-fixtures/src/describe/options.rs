//! What of a dump goes into a spec.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use dumpedit::ThreadIndex;

/// Which of a dump's memory goes into a spec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DescribedMemory {
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
    pub memory: DescribedMemory,
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
    pub fn memory(self, memory: DescribedMemory) -> Self {
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

    pub(super) fn keeps(&self, thread: ThreadIndex) -> bool {
        self.threads.as_ref().is_none_or(|kept| kept.contains(&thread))
    }
}
