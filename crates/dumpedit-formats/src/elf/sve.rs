//! Notes of aarch64 with the length of their registers in their own headers: NT_ARM_SVE, NT_ARM_SSVE and NT_ARM_ZA, of the kernel's
//! `asm/ptrace.h` and `asm/sve_context.h`.
//!
//! A note of SVE registers has one of two forms: the first holds z, p, ffr, fpsr and fpcr; the second, for threads that have not used SVE
//! lately, the contents of NT_FPREGSET. Debuggers believe NT_ARM_SSVE where it has the first form, since the thread is then in streaming
//! mode; else NT_ARM_SVE; and NT_FPREGSET where there is neither.

use dumpedit_layout::{
    Block, BlockKind, ContextRecord, Derived, LayoutBuilder, NoticeKind, Registers, Subject,
};

use super::note_kinds::{ARM_SSVE, ARM_SVE, ARM_ZA};
use crate::encoding::Encoding;

/// Notes that begin with `struct user_sve_header` or `struct user_za_header`, which have the same layout.
pub const NOTES: [u32; 3] = [ARM_SVE, ARM_SSVE, ARM_ZA];

const HEADER_SIZE: u64 = 16;
const VECTOR_LENGTH_AT: usize = 8;
const FLAGS_AT: usize = 12;
/// `SVE_PT_REGS_SVE`: the note has the first form.
const SCALABLE: u16 = 1;
/// Maximum length of the architecture's vectors, in bytes.
const LONGEST: u64 = 256;

const FPSIMD_SIZE: u64 = 528;

/// z0 to z31.
pub(crate) const fn vectors(note: u32) -> BlockKind {
    BlockKind::Part(note, 0)
}

/// p0 to p15, and ffr behind them.
pub(crate) const fn predicates(note: u32) -> BlockKind {
    BlockKind::Part(note, 1)
}

/// fpsr and fpcr, behind the predicates.
pub(crate) const fn control(note: u32) -> BlockKind {
    BlockKind::Part(note, 2)
}

/// `struct user_fpsimd_state`, in the second form.
pub(crate) const fn fpsimd(note: u32) -> BlockKind {
    BlockKind::Part(note, 3)
}

/// The ZA array, square: a row has as many bytes as there are rows.
pub(crate) const fn array(note: u32) -> BlockKind {
    BlockKind::Part(note, 4)
}

/// A thread's note, up to the end of the file.
#[derive(Clone, Copy)]
pub(super) struct Scalable<'a> {
    pub(super) kind: u32,
    pub(super) file_offset: u64,
    pub(super) size: u64,
    pub(super) descriptor: &'a [u8],
}

/// The header of a note.
#[derive(Clone, Copy)]
struct Header {
    /// Size of the note in its header, in bytes.
    size: u64,
    /// Length of vectors, in bytes; `None` where the architecture has no such length.
    length: Option<u64>,
    is_scalable: bool,
}

impl Scalable<'_> {
    fn header(&self, encoding: Encoding) -> Option<Header> {
        let size = encoding.u32(self.descriptor, 0)?.into();
        let length = u64::from(encoding.u16(self.descriptor, VECTOR_LENGTH_AT)?);
        let is_scalable = encoding.u16(self.descriptor, FLAGS_AT)? & SCALABLE != 0;
        let is_length = (16..=LONGEST).contains(&length) && length.is_multiple_of(16);
        Some(Header { size, length: Some(length).filter(|_| is_length), is_scalable })
    }

    /// The blocks of the note: offset in it and size, in bytes, and the width of registers, in bits.
    fn parts(&self, header: Header, length: u64) -> Vec<(BlockKind, u64, u64, u64)> {
        let bits = length.saturating_mul(8);
        if self.kind == ARM_ZA {
            // The array is there only where the header's size includes it.
            let size = length.saturating_mul(length);
            let rows = (array(ARM_ZA), HEADER_SIZE, size, size.saturating_mul(8));
            return Some(rows).filter(|_| header.size > HEADER_SIZE).into_iter().collect();
        }
        if !header.is_scalable {
            return vec![(fpsimd(self.kind), HEADER_SIZE, FPSIMD_SIZE, 0)];
        }
        // Predicates have a bit for each byte of a vector, and 17 of them follow the 32 vectors.
        let vectors_size = length.saturating_mul(32);
        let predicates_at = HEADER_SIZE.saturating_add(vectors_size);
        let predicates_size = (length / 8).saturating_mul(17);
        let control_at = predicates_at.saturating_add(predicates_size).next_multiple_of(16);
        vec![
            (vectors(self.kind), HEADER_SIZE, vectors_size, bits),
            (predicates(self.kind), predicates_at, predicates_size, length),
            (control(self.kind), control_at, 8, 0),
        ]
    }
}

/// Adds the contents of a thread's notes to its record: blocks, and the registers that follow from the headers.
pub(super) fn add(
    builder: &mut LayoutBuilder,
    encoding: Encoding,
    notes: &[Scalable<'_>],
    record: &mut ContextRecord,
) {
    let (mut granules, mut streaming_granules, mut mode) = (None, None, None);
    for note in notes {
        record.blocks.extend(builder.block(
            BlockKind::Note(note.kind),
            note.file_offset,
            HEADER_SIZE.min(note.size),
        ));
        let Some(header) = note.header(encoding) else { continue };
        let Some(length) = header.length else {
            builder.count(NoticeKind::VectorLength, Subject::FileOffset(note.file_offset));
            continue;
        };
        if header.size != note.size {
            builder.count(NoticeKind::VectorNoteSize, Subject::FileOffset(note.file_offset));
        }
        for (kind, at, size, register_bits) in note.parts(header, length) {
            let room = note.size.saturating_sub(at).min(size);
            let block = builder.block(kind, note.file_offset.saturating_add(at), room);
            let register_bits = u32::try_from(register_bits).unwrap_or(0);
            record.blocks.extend(block.map(|block: Block| block.scaled(register_bits)));
        }
        // vg is the number of 64-bit granules of a vector.
        let count = length / 8;
        match note.kind {
            ARM_SVE => granules = granules.or(Some(count)),
            ARM_SSVE => {
                streaming_granules = streaming_granules.or(Some(count));
                if header.is_scalable {
                    granules = Some(count);
                }
                *mode.get_or_insert(0) |= u64::from(header.is_scalable);
            }
            _ => {
                streaming_granules = Some(count);
                *mode.get_or_insert(0) |= u64::from(header.size > HEADER_SIZE) << 1;
            }
        }
    }
    let registers: &Registers = record.registers();
    let found = [("vg", granules), ("svg", streaming_granules), ("svcr", mode)];
    let derived =
        found.into_iter().filter_map(|(name, value)| Some(Derived::new(registers.find(name)?, value?)));
    record.derived.extend(derived);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(kind: u32, length: u64, is_scalable: bool) -> Vec<(BlockKind, u64, u64, u64)> {
        let header = Header { size: 0x1000, length: Some(length), is_scalable };
        Scalable { kind, file_offset: 0, size: 0, descriptor: &[] }.parts(header, length)
    }

    /// `SVE_PT_SVE_ZREGS_OFFSET`, `SVE_PT_SVE_PREGS_OFFSET` and `SVE_PT_SVE_FPSR_OFFSET` of `asm/ptrace.h` for vectors of
    /// 16, 32, 64 and 256 bytes, and `SVE_PT_SIZE`, which rounds the end of fpcr up to 16: 592, 1136, 2224 and 8768.
    #[test]
    fn the_scalable_form_stands_where_asm_ptrace_h_puts_it() {
        let expected =
            [(16, 528, 576, 592), (32, 1040, 1120, 1136), (64, 2064, 2208, 2224), (256, 8208, 8752, 8768)];
        for (length, predicates_at, control_at, size) in expected {
            let blocks = [
                (vectors(ARM_SVE), 16, 32 * length, 8 * length),
                (predicates(ARM_SVE), predicates_at, 17 * length / 8, length),
                (control(ARM_SVE), control_at, 8, 0),
            ];
            assert_eq!(parts(ARM_SVE, length, true), blocks);
            assert_eq!((control_at + 8).next_multiple_of(16), size);
        }
    }

    /// `SVE_PT_FPSIMD_OFFSET`, and `ZA_PT_ZA_OFFSET` and `ZA_PT_ZA_SIZE`.
    #[test]
    fn the_other_forms_follow_the_header() {
        assert_eq!(parts(ARM_SSVE, 32, false), [(fpsimd(ARM_SSVE), 16, 528, 0)]);
        assert_eq!(parts(ARM_ZA, 32, false), [(array(ARM_ZA), 16, 1024, 8192)]);
    }
}
