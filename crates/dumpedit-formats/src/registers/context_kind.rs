//! The kinds of contexts that minidumps have: their sizes, their flags, and which machine each is of.

use dumpedit_layout::{ByteOrder, Format, RecordFormat};

use super::evidence::Evidence;
use super::{
    context_amd64, context_arm, context_arm64, context_arm64_old, context_mips, context_ppc, context_riscv,
    context_sparc, context_x86,
};
use crate::supported::{Supported, SupportedRecord};

/// The bits of ContextFlags that name groups of registers, on any machine.
pub(crate) const GROUPS: u32 = 0xff;

/// A kind of context.
#[derive(Debug)]
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

/// Every kind of context.
pub(crate) static KINDS: &[&ContextKind] = &[
    &context_amd64::KIND,
    &context_amd64::WITHOUT_FLOATS,
    &context_x86::KIND,
    &context_x86::WITHOUT_EXTENDED_REGISTERS,
    &context_arm64::KIND,
    &context_arm64_old::KIND,
    &context_arm::WINDOWS,
    &context_arm::BREAKPAD,
    &context_arm::CRASHPAD_UNALIGNED,
    &context_mips::MIPS,
    &context_mips::MIPS64,
    &context_mips::MIPS64_CRASHPAD,
    &context_ppc::PPC,
    &context_ppc::PPC64,
    &context_sparc::KIND,
    &context_riscv::RISCV32,
    &context_riscv::RISCV64,
];

/// The tables of registers.
pub(crate) fn supported() -> Vec<Supported> {
    let of = |kind: &&ContextKind| {
        let record =
            SupportedRecord { name: format!("CONTEXT of {} bytes", kind.size), evidence: kind.evidence };
        // What may follow a CONTEXT was checked in real dumps of Windows.
        let area =
            kind.extends.then(|| SupportedRecord { name: "XSTATE".to_owned(), evidence: Evidence::Sample });
        Supported {
            format: Format::Minidump,
            machine: kind.format.machine,
            system: kind.name.map_or("lldb", ContextName::name),
            table: Some(kind.format.name),
            records: std::iter::once(record).chain(area).collect(),
        }
    };
    KINDS.iter().map(of).collect()
}
