//! macOS on 32-bit Intel: `x86_thread_state32_t`, `x86_float_state32_t` (FXSAVE behind eight reserved bytes),
//! `x86_exception_state32_t` and `x86_debug_state32_t` of `mach/i386/_structs.h`.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::macho::flavors::{X86_DEBUG_STATE32, X86_EXCEPTION_STATE32};

pub(crate) static THREAD_STATE_I386: RecordFormat = RecordFormat::new(
    "x86_thread_state32_t",
    Machine::X86,
    &[
        word("eax", 0),
        word("ebx", 1),
        word("ecx", 2),
        word("edx", 3),
        word("edi", 4),
        word("esi", 5),
        word("ebp", 6),
        word("esp", 7),
        word("ss", 8),
        word("eflags", 9),
        word("eip", 10),
        word("cs", 11),
        word("ds", 12),
        word("es", 13),
        word("fs", 14),
        word("gs", 15),
        Run::new("fctrl", 1, Float, 8),
        Run::new("fstat", 1, Float, 10),
        Run::new("ftw", 1, Float, 12),
        Run::new("fop", 1, Float, 14),
        Run::new("fioff", 1, Float, 16),
        Run::new("fiseg", 1, Float, 20),
        Run::new("fooff", 1, Float, 24),
        Run::new("foseg", 1, Float, 28),
        Run::new("mxcsr", 1, Float, 32),
        Run::new("mxcsr_mask", 1, Float, 36),
        Run::new("st0", 8, Float, 40).stride(16),
        Run::new("zmm0", 8, Float, 168).stride(16).part(0, 128),
        Run::new("trapno", 1, Note(X86_EXCEPTION_STATE32), 0),
        Run::new("err", 1, Note(X86_EXCEPTION_STATE32), 4),
        Run::new("faultvaddr", 1, Note(X86_EXCEPTION_STATE32), 8),
        Run::new("dr0", 4, Note(X86_DEBUG_STATE32), 0).stride(4),
        Run::new("dr6", 2, Note(X86_DEBUG_STATE32), 24).stride(4),
    ],
);

/// A word of `x86_thread_state32_t`.
const fn word(name: &'static str, index: u32) -> Run {
    Run::new(name, 1, General, index.saturating_mul(4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `_STRUCT_X86_THREAD_STATE32`, `_STRUCT_X86_FLOAT_STATE32` and `_STRUCT_X86_EXCEPTION_STATE32`.
    #[test]
    fn registers_stand_where_mach_i386_structs_h_puts_them() {
        for (name, offset) in [("eax", 0), ("esp", 28), ("ss", 32), ("eflags", 36), ("eip", 40), ("gs", 60)] {
            assert_eq!(places(&THREAD_STATE_I386, name), [(General, offset)], "{name}");
        }
        assert_eq!(places(&THREAD_STATE_I386, "zmm7"), [(Float, 280)]);
        assert_eq!(places(&THREAD_STATE_I386, "faultvaddr"), [(Note(X86_EXCEPTION_STATE32), 8)]);
        assert_eq!(places(&THREAD_STATE_I386, "dr7"), [(Note(X86_DEBUG_STATE32), 28)]);
    }
}
