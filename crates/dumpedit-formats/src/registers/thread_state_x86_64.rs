//! macOS on AMD64: `x86_thread_state64_t`, `x86_float_state64_t` (FXSAVE behind eight reserved bytes), `x86_exception_state64_t`
//! and `x86_debug_state64_t` of `mach/i386/_structs.h`.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::macho::flavors::{X86_DEBUG_STATE64, X86_EXCEPTION_STATE64};

pub(crate) static THREAD_STATE_X86_64: RecordFormat = RecordFormat::new(
    "x86_thread_state64_t",
    Machine::Amd64,
    &[
        word("rax", 0),
        word("rbx", 1),
        word("rcx", 2),
        word("rdx", 3),
        word("rdi", 4),
        word("rsi", 5),
        word("rbp", 6),
        word("rsp", 7),
        Run::new("r8", 8, General, 64).stride(8),
        word("rip", 16),
        word("eflags", 17),
        word("cs", 18),
        word("fs", 19),
        word("gs", 20),
        Run::new("fctrl", 1, Float, 8),
        Run::new("fstat", 1, Float, 10),
        Run::new("ftw", 1, Float, 12),
        Run::new("fop", 1, Float, 14),
        Run::new("fip", 1, Float, 16),
        Run::new("fdp", 1, Float, 24),
        Run::new("mxcsr", 1, Float, 32),
        Run::new("mxcsr_mask", 1, Float, 36),
        Run::new("st0", 8, Float, 40).stride(16),
        Run::new("zmm0", 16, Float, 168).stride(16).part(0, 128),
        Run::new("trapno", 1, Note(X86_EXCEPTION_STATE64), 0),
        Run::new("err", 1, Note(X86_EXCEPTION_STATE64), 4),
        Run::new("faultvaddr", 1, Note(X86_EXCEPTION_STATE64), 8),
        Run::new("dr0", 4, Note(X86_DEBUG_STATE64), 0).stride(8),
        Run::new("dr6", 2, Note(X86_DEBUG_STATE64), 48).stride(8),
    ],
);

/// A word of `x86_thread_state64_t`.
const fn word(name: &'static str, index: u32) -> Run {
    Run::new(name, 1, General, index.saturating_mul(8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `_STRUCT_X86_THREAD_STATE64`, `_STRUCT_X86_FLOAT_STATE64` and `_STRUCT_X86_EXCEPTION_STATE64`.
    #[test]
    fn registers_stand_where_mach_i386_structs_h_puts_them() {
        for (name, offset) in [("rax", 0), ("rsp", 56), ("r8", 64), ("r15", 120), ("rip", 128), ("gs", 160)] {
            assert_eq!(places(&THREAD_STATE_X86_64, name), [(General, offset)], "{name}");
        }
        for (name, offset) in [("fctrl", 8), ("mxcsr", 32), ("st7", 152), ("zmm15", 408)] {
            assert_eq!(places(&THREAD_STATE_X86_64, name), [(Float, offset)], "{name}");
        }
        assert_eq!(places(&THREAD_STATE_X86_64, "faultvaddr"), [(Note(X86_EXCEPTION_STATE64), 8)]);
        assert_eq!(places(&THREAD_STATE_X86_64, "dr7"), [(Note(X86_DEBUG_STATE64), 56)]);
    }
}
