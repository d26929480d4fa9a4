//! The table of all kinds of contexts in minidumps.

use dumpedit_layout::Format;

use super::context_kind::{ContextKind, ContextName};
use super::evidence::Evidence;
use super::{
    context_amd64, context_arm, context_arm64, context_arm64_old, context_mips, context_ppc, context_riscv,
    context_sparc, context_x86, float_x86,
};
use crate::supported::{Supported, SupportedRecord};

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
        // XSAVE areas behind a CONTEXT were checked in real dumps of Windows.
        let area =
            kind.extends.then(|| SupportedRecord { name: "XSTATE".to_owned(), evidence: Evidence::Sample });
        let newest = kind.extends.then(|| float_x86::newest(kind.format, "XSTATE"));
        Supported {
            format: Format::Minidump,
            machine: kind.format.machine,
            system: kind.name.map_or("lldb", ContextName::name),
            table: Some(kind.format.name),
            records: std::iter::once(record).chain(area).chain(newest.flatten()).collect(),
        }
    };
    KINDS.iter().map(of).collect()
}
