//! Machines of triage dumps with known registers.

use dumpedit_layout::Machine;

use crate::registers::context_kind::ContextKind;
use crate::registers::{context_amd64, context_arm64};
use crate::supported::Evidence;

/// A machine in a header.
pub(super) struct Target {
    /// Its `IMAGE_FILE_MACHINE_`.
    pub(super) number: u32,
    pub(super) machine: Machine,
    /// Kind of the context of the processor that stopped.
    pub(super) context: &'static ContextKind,
    /// Source that its triage dumps were checked against.
    pub(super) evidence: Evidence,
}

pub(super) static TARGETS: &[Target] = &[
    Target {
        number: 0x8664,
        machine: Machine::Amd64,
        context: &context_amd64::KIND,
        evidence: Evidence::Sample,
    },
    Target {
        number: 0xaa64,
        machine: Machine::Arm64,
        context: &context_arm64::KIND,
        evidence: Evidence::Header,
    },
];

/// The row of the number in a header.
pub(super) fn numbered(number: u32) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.number == number)
}

/// The row of a machine.
pub(super) fn usual(machine: Machine) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.machine == machine)
}
