//! Notes of a thread's registers in ELF cores.

use dumpedit_layout::BlockKind;

use super::evidence::Evidence;
use crate::elf::note_kinds::{FPREGSET, PRXFPREG, X86_XSTATE};

/// A note that holds registers of a thread, besides its status.
#[derive(Clone, Copy, Debug)]
pub struct RegisterNote {
    /// Its type.
    pub kind: u32,
    /// Its usual size in bytes.
    pub size: u64,
    /// Block of the record for its bytes.
    pub(crate) block: BlockKind,
    /// Source that its registers were checked against.
    pub evidence: Evidence,
    /// Whether a thread has it by default.
    pub is_usual: bool,
    /// Whether its contents depend on the processor.
    varies: bool,
}

impl RegisterNote {
    /// A note that threads have by default.
    pub(crate) const fn usual(kind: u32, size: u64, evidence: Evidence) -> RegisterNote {
        let block = match kind {
            FPREGSET => BlockKind::Float,
            PRXFPREG => BlockKind::ExtendedFloat,
            X86_XSTATE => BlockKind::XstateLegacy,
            _ => BlockKind::Note(kind),
        };
        RegisterNote { kind, size, block, evidence, is_usual: true, varies: false }
    }

    /// A note that threads have on request only.
    pub(crate) const fn asked(kind: u32, size: u64, evidence: Evidence) -> RegisterNote {
        RegisterNote { is_usual: false, ..RegisterNote::usual(kind, size, evidence) }
    }

    /// The same note, whose size depends on the processor.
    pub(crate) const fn varying(self) -> RegisterNote {
        RegisterNote { varies: true, ..self }
    }

    /// The same note, in a block of its own: another layout of the kind, recognized by its size.
    pub(crate) const fn in_block(self, block: BlockKind) -> RegisterNote {
        RegisterNote { block, ..self }
    }

    /// Whether a note of a size has its registers at the table's offsets.
    pub(crate) fn has_size(&self, size: u64) -> bool {
        self.varies || are_alike(self.block, self.size, size)
    }
}

/// Whether notes of two sizes have one layout: notes that differ in the padding at their ends only, and XSAVE areas, which describe their
/// own contents. A note of another size belongs to another ABI.
fn are_alike(block: BlockKind, known: u64, size: u64) -> bool {
    const PADDING: u64 = 16;
    block == BlockKind::XstateLegacy || known.div_ceil(PADDING) == size.div_ceil(PADDING)
}

/// A note of a thread's registers on a system other than Linux.
#[derive(Clone, Copy, Debug)]
pub struct SystemNote {
    /// Its type.
    pub kind: u32,
    /// Its usual size in bytes.
    pub size: u64,
    /// Block of the record for its bytes.
    pub(crate) block: BlockKind,
    /// Source that its registers were checked against.
    pub evidence: Evidence,
}

impl SystemNote {
    /// Whether it is a note of floating point registers only, which every thread has.
    pub fn is_usual(&self) -> bool {
        matches!(self.block, BlockKind::Float | BlockKind::ExtendedFloat)
    }

    /// Whether a note of a size has its registers at the table's offsets.
    pub(crate) fn has_size(&self, size: u64) -> bool {
        are_alike(self.block, self.size, size)
    }

    pub(crate) const fn new(kind: u32, size: u64, block: BlockKind, evidence: Evidence) -> SystemNote {
        SystemNote { kind, size, block, evidence }
    }
}
