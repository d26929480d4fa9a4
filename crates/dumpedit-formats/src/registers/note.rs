//! Notes of a thread's registers in ELF cores.

use dumpedit_layout::BlockKind;

use super::evidence::Evidence;

/// A note that holds registers of a thread, besides its status.
#[derive(Clone, Copy, Debug)]
pub struct RegisterNote {
    /// Its type.
    pub kind: u32,
    /// Its usual size in bytes.
    pub size: u64,
    /// What its registers were checked against.
    pub evidence: Evidence,
    /// Whether a thread has it where nothing says which notes it has.
    pub is_usual: bool,
}

impl RegisterNote {
    /// One that threads have where nothing else is said.
    pub(crate) const fn usual(kind: u32, size: u64, evidence: Evidence) -> RegisterNote {
        RegisterNote { kind, size, evidence, is_usual: true }
    }

    /// One that threads have where it is asked for.
    pub(crate) const fn asked(kind: u32, size: u64, evidence: Evidence) -> RegisterNote {
        RegisterNote { kind, size, evidence, is_usual: false }
    }
}

/// A note of a thread's registers on another system than Linux.
#[derive(Clone, Copy, Debug)]
pub struct SystemNote {
    /// Its type.
    pub kind: u32,
    /// Its usual size in bytes.
    pub size: u64,
    /// The block of the record that it is.
    pub(crate) block: BlockKind,
    /// What its registers were checked against.
    pub evidence: Evidence,
}

impl SystemNote {
    /// Whether it is one of floating point registers alone, which every thread has.
    pub fn is_usual(&self) -> bool {
        matches!(self.block, BlockKind::Float | BlockKind::ExtendedFloat)
    }

    pub(crate) const fn new(kind: u32, size: u64, block: BlockKind, evidence: Evidence) -> SystemNote {
        SystemNote { kind, size, block, evidence }
    }
}
