//! Kinds of contexts in minidumps: sizes, flags and machines by which they are recognized.

use dumpedit_layout::{ByteOrder, RecordFormat};

use super::evidence::Evidence;

/// Bits of ContextFlags that name groups of registers, on any machine.
pub(crate) const GROUPS: u32 = 0xff;

/// A kind of context.
#[derive(Debug)]
#[non_exhaustive]
pub struct ContextKind {
    /// Name that distinguishes it from the machine's other kinds; `None` for a kind that is only read.
    pub name: Option<ContextName>,
    /// Table of registers.
    pub format: &'static RecordFormat,
    /// Size without parts that may follow, in bytes.
    pub size: u64,
    /// Offset of ContextFlags, in bytes; see [`ContextKind::flags_place`].
    pub flags_at: u64,
    /// Whether ContextFlags has 64 bits, of which the low half is used.
    pub wide_flags: bool,
    /// Version number, which some kinds have behind the flags.
    pub version: Option<u32>,
    /// Bit of ContextFlags that names the machine.
    pub cpu: u32,
    /// Bits of ContextFlags that name groups of registers.
    pub groups: u32,
    /// Flags of a complete context.
    pub all_flags: u32,
    /// `PROCESSOR_ARCHITECTURE` of its dumps.
    pub architecture: u16,
    /// Whether a CONTEXT_EX may follow it.
    pub extends: bool,
    /// Source that its table was checked against.
    pub evidence: Evidence,
    /// Condition for recognizing a context of this kind.
    pub fit: Fit,
}

/// Condition for recognizing a context of a kind, besides flags that do not name another machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// There is room for it.
    Room,
    /// There is room for it, and its flags name its machine and groups, and nothing else.
    Named,
    /// It has exactly this size: other machines or other kinds of the same machine share its flags.
    Size,
}

impl ContextKind {
    /// Offset of the used 32 bits of ContextFlags, in bytes.
    pub fn flags_place(&self, order: ByteOrder) -> u64 {
        let skipped = if self.wide_flags && order == ByteOrder::Big { 4 } else { 0 };
        self.flags_at.saturating_add(skipped)
    }
}

/// Origin of a kind of context, where a machine has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContextName {
    /// `CONTEXT` of winnt.h.
    Windows,
    /// `CONTEXT` from before SSE.
    Short,
    /// Breakpad's own.
    Breakpad,
    /// Crashpad's own.
    Crashpad,
}

impl ContextName {
    /// The origin in words.
    pub fn name(self) -> &'static str {
        match self {
            ContextName::Windows => "windows",
            ContextName::Short => "windows before SSE",
            ContextName::Breakpad => "breakpad",
            ContextName::Crashpad => "crashpad",
        }
    }
}
