//! What tells one kind of context of a minidump from the others: its size, its flags, and which machine it is of.

use dumpedit_layout::{ByteOrder, RecordFormat};

use super::evidence::Evidence;

/// The bits of ContextFlags that name groups of registers, on any machine.
pub(crate) const GROUPS: u32 = 0xff;

/// A kind of context.
#[derive(Debug)]
#[non_exhaustive]
pub struct ContextKind {
    /// What tells it apart from the machine's others; none for a kind that is only read.
    pub name: Option<ContextName>,
    /// Its table of registers.
    pub format: &'static RecordFormat,
    /// Its size in bytes, without what may follow it.
    pub size: u64,
    /// Where its ContextFlags stand, in bytes; see [`ContextKind::flags_place`].
    pub flags_at: u64,
    /// Whether they are a number of 64 bits, of which the low half counts.
    pub wide_flags: bool,
    /// The number of its version, which stands behind the flags of some.
    pub version: Option<u32>,
    /// The bit of its ContextFlags that names the machine.
    pub cpu: u32,
    /// The bits of its ContextFlags that name groups of registers.
    pub groups: u32,
    /// The flags of a context that has everything.
    pub all_flags: u32,
    /// The `PROCESSOR_ARCHITECTURE` that goes with it.
    pub architecture: u16,
    /// Whether a CONTEXT_EX may follow it.
    pub extends: bool,
    /// What its table was checked against.
    pub evidence: Evidence,
    /// What it takes to believe that a context is of this kind.
    pub fit: Fit,
}

/// What it takes, besides flags that do not name another machine, to believe that a context is of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Room for it.
    Room,
    /// Room for it, and flags that name its machine and groups, and nothing else.
    Named,
    /// Just its size: other machines share its flags, or another kind of the same machine.
    Size,
}

impl ContextKind {
    /// Where the 32 bits of its ContextFlags that count stand, in bytes.
    pub fn flags_place(&self, order: ByteOrder) -> u64 {
        let skipped = if self.wide_flags && order == ByteOrder::Big { 4 } else { 0 };
        self.flags_at.saturating_add(skipped)
    }
}

/// Whose kind of context it is, where a machine has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContextName {
    /// `CONTEXT` of winnt.h.
    Windows,
    /// The same as it was before there was SSE.
    Short,
    /// Breakpad's own.
    Breakpad,
    /// Crashpad's own.
    Crashpad,
}

impl ContextName {
    /// Whose it is, in words.
    pub fn name(self) -> &'static str {
        match self {
            ContextName::Windows => "windows",
            ContextName::Short => "windows before SSE",
            ContextName::Breakpad => "breakpad",
            ContextName::Crashpad => "crashpad",
        }
    }
}
