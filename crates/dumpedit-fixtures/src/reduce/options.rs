//! What of a dump must stay.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use dumpedit::ThreadIndex;

/// What of a dump must stay.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReduceOptions {
    /// Which threads; those that crashed, where not given, and where the dump does not say which crashed, all.
    pub threads: Option<BTreeSet<ThreadIndex>>,
    /// The most bytes of each stack, from its stack pointer on; where not given, all up to 8 MiB.
    pub stack_bytes: Option<u64>,
    /// How many bytes around each address that a kept stack or register holds, half of them below it.
    pub around_pointers: u64,
    /// Whether writable memory of modules stays; it does where not said otherwise.
    pub variables: bool,
    /// Addresses that stay in any case, as far as they are captured.
    pub keep: Vec<RangeInclusive<u64>>,
}

impl Default for ReduceOptions {
    fn default() -> Self {
        ReduceOptions {
            threads: None,
            stack_bytes: None,
            around_pointers: 256,
            variables: true,
            keep: Vec::new(),
        }
    }
}

impl ReduceOptions {
    /// Which threads.
    #[must_use]
    pub fn threads(self, threads: impl IntoIterator<Item = ThreadIndex>) -> Self {
        ReduceOptions { threads: Some(threads.into_iter().collect()), ..self }
    }

    /// The most bytes of each stack, from its stack pointer on.
    #[must_use]
    pub fn stack_bytes(self, bytes: u64) -> Self {
        ReduceOptions { stack_bytes: Some(bytes), ..self }
    }

    /// How many bytes around each address that a kept stack or register holds.
    #[must_use]
    pub fn around_pointers(self, bytes: u64) -> Self {
        ReduceOptions { around_pointers: bytes, ..self }
    }

    /// Whether writable memory of modules stays.
    #[must_use]
    pub fn variables(self, stay: bool) -> Self {
        ReduceOptions { variables: stay, ..self }
    }

    /// Addresses that stay in any case.
    #[must_use]
    pub fn keep(self, ranges: impl IntoIterator<Item = RangeInclusive<u64>>) -> Self {
        ReduceOptions { keep: ranges.into_iter().collect(), ..self }
    }
}
