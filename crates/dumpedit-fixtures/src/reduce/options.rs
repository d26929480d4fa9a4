//! Options of a reduction.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use dumpedit::ThreadIndex;

/// Options of a reduction.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReduceOptions {
    /// Threads to keep; where not given, those that crashed, or all where the dump does not say which crashed.
    pub threads: Option<BTreeSet<ThreadIndex>>,
    /// Most bytes of each stack, from its stack pointer on; where not given, all up to 8 MiB.
    pub stack_bytes: Option<u64>,
    /// Bytes around each address in a kept stack or register, half of them below it.
    pub around_pointers: u64,
    /// Whether writable memory of modules is kept; by default it is.
    pub variables: bool,
    /// Addresses to keep in any case, as far as they are captured.
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
    /// Sets the threads to keep.
    #[must_use]
    pub fn threads(self, threads: impl IntoIterator<Item = ThreadIndex>) -> Self {
        ReduceOptions { threads: Some(threads.into_iter().collect()), ..self }
    }

    /// Sets the most bytes of each stack, from its stack pointer on.
    #[must_use]
    pub fn stack_bytes(self, bytes: u64) -> Self {
        ReduceOptions { stack_bytes: Some(bytes), ..self }
    }

    /// Sets the bytes around each address in a kept stack or register.
    #[must_use]
    pub fn around_pointers(self, bytes: u64) -> Self {
        ReduceOptions { around_pointers: bytes, ..self }
    }

    /// Sets whether writable memory of modules is kept.
    #[must_use]
    pub fn variables(self, stay: bool) -> Self {
        ReduceOptions { variables: stay, ..self }
    }

    /// Sets addresses to keep in any case.
    #[must_use]
    pub fn keep(self, ranges: impl IntoIterator<Item = RangeInclusive<u64>>) -> Self {
        ReduceOptions { keep: ranges.into_iter().collect(), ..self }
    }
}
