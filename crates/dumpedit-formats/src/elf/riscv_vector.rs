//! NT_RISCV_VECTOR of RISC-V, which has the length of its vectors in a word of its own: `struct __riscv_v_regset_state` of the kernel's
//! `asm/ptrace.h`.

use dumpedit_layout::{Block, BlockKind, ContextRecord, Derived, LayoutBuilder, NoticeKind, Subject};

use super::note_kinds::RISCV_VECTOR;
use super::sve::Scalable;
use crate::encoding::Encoding;

/// v0 to v31.
pub(crate) const VECTORS: BlockKind = BlockKind::Part(RISCV_VECTOR, 0);

/// Index of `vlenb`, the length of a vector in bytes, among the words at the start of the note.
const LENGTH_AT: usize = 4;

/// Number of words in front of the vectors.
const WORDS: u64 = 5;

/// `RISCV_MAX_VLENB`.
const LONGEST: u64 = 8192;

/// Adds the note's registers to a thread's record. The note has the length of its vectors.
pub(super) fn add(
    builder: &mut LayoutBuilder,
    encoding: Encoding,
    note: &Scalable<'_>,
    record: &mut ContextRecord,
) {
    let head = WORDS.saturating_mul(u64::try_from(encoding.word_size()).unwrap_or(0));
    record.blocks.extend(builder.block(BlockKind::Note(RISCV_VECTOR), note.file_offset, head.min(note.size)));
    let Some(length) = encoding.word(note.descriptor, LENGTH_AT) else { return };
    if !length.is_power_of_two() || length > LONGEST {
        builder.count(NoticeKind::VectorLength, Subject::FileOffset(note.file_offset));
        return;
    }
    let room = note.size.saturating_sub(head).min(length.saturating_mul(32));
    let block = builder.block(VECTORS, note.file_offset.saturating_add(head), room);
    let bits = u32::try_from(length.saturating_mul(8)).unwrap_or(0);
    record.blocks.extend(block.map(|block: Block| block.scaled(bits)));
    record.derived.extend(record.registers().find("vlenb").map(|id| Derived::new(id, length)));
}
