//! Options of a description.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use dumpedit::ThreadIndex;

/// Choice of the memory that goes into a spec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DescribedMemory {
    /// None; mappings are still listed.
    None,
    /// The stacks of the threads.
    Stacks,
    /// All of it.
    #[default]
    All,
    /// These addresses, as far as they are captured.
    Ranges(Vec<RangeInclusive<u64>>),
}

/// Options of a description.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DescribeOptions {
    /// Memory that is described.
    pub memory: DescribedMemory,
    /// Threads that are described; all, where not given.
    pub threads: Option<BTreeSet<ThreadIndex>>,
    /// Most bytes of each stack, from the stack pointer on, where stacks are chosen; all, where not given.
    pub stack_bytes: Option<u64>,
    /// Most bytes of the dump that the spec may hold, counted as often as it holds them; where not given, four times the size of the dump
    /// and 16 MiB.
    pub max_size: Option<u64>,
}

impl DescribeOptions {
    /// Sets the memory that is described.
    #[must_use]
    pub fn memory(self, memory: DescribedMemory) -> Self {
        DescribeOptions { memory, ..self }
    }

    /// Describes only these threads.
    #[must_use]
    pub fn threads(self, threads: impl IntoIterator<Item = ThreadIndex>) -> Self {
        DescribeOptions { threads: Some(threads.into_iter().collect()), ..self }
    }

    /// Sets the most bytes of each stack, from the stack pointer on.
    #[must_use]
    pub fn stack_bytes(self, bytes: u64) -> Self {
        DescribeOptions { stack_bytes: Some(bytes), ..self }
    }

    /// Sets the most bytes of the dump that the spec may hold.
    #[must_use]
    pub fn max_size(self, bytes: u64) -> Self {
        DescribeOptions { max_size: Some(bytes), ..self }
    }

    pub(super) fn keeps(&self, thread: ThreadIndex) -> bool {
        self.threads.as_ref().is_none_or(|kept| kept.contains(&thread))
    }
}
