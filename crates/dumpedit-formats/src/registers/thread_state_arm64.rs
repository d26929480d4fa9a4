//! macOS on 64-bit ARM: `arm_thread_state64_t`, `arm_neon_state64_t`, `arm_exception_state64_t` and `arm_debug_state64_t` of
//! `mach/arm/_structs.h`.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::macho::flavors::{ARM_DEBUG_STATE64, ARM_EXCEPTION_STATE64};

pub(crate) static THREAD_STATE_ARM64: RecordFormat = RecordFormat::new(
    "arm_thread_state64_t",
    Machine::Arm64,
    &[
        Run::new("x0", 31, General, 0).stride(8),
        Run::new("sp", 1, General, 248),
        Run::new("pc", 1, General, 256),
        Run::new("cpsr", 1, General, 264),
        Run::new("z0", 32, Float, 0).stride(16).part(0, 128),
        Run::new("fpsr", 1, Float, 512),
        Run::new("fpcr", 1, Float, 516),
        Run::new("far", 1, Note(ARM_EXCEPTION_STATE64), 0),
        Run::new("esr", 1, Note(ARM_EXCEPTION_STATE64), 8),
        Run::new("exception", 1, Note(ARM_EXCEPTION_STATE64), 12),
        Run::new("bvr0", 16, Note(ARM_DEBUG_STATE64), 0).stride(8),
        Run::new("bcr0", 16, Note(ARM_DEBUG_STATE64), 128).stride(8),
        Run::new("wvr0", 16, Note(ARM_DEBUG_STATE64), 256).stride(8),
        Run::new("wcr0", 16, Note(ARM_DEBUG_STATE64), 384).stride(8),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `_STRUCT_ARM_THREAD_STATE64`, `_STRUCT_ARM_NEON_STATE64` and `_STRUCT_ARM_EXCEPTION_STATE64`.
    #[test]
    fn registers_stand_where_mach_arm_structs_h_puts_them() {
        for (name, offset) in [("x0", 0), ("x29", 232), ("x30", 240), ("sp", 248), ("pc", 256), ("cpsr", 264)]
        {
            assert_eq!(places(&THREAD_STATE_ARM64, name), [(General, offset)], "{name}");
        }
        assert_eq!(places(&THREAD_STATE_ARM64, "z31"), [(Float, 496)]);
        assert_eq!(places(&THREAD_STATE_ARM64, "fpcr"), [(Float, 516)]);
        assert_eq!(places(&THREAD_STATE_ARM64, "exception"), [(Note(ARM_EXCEPTION_STATE64), 12)]);
        assert_eq!(places(&THREAD_STATE_ARM64, "wcr15"), [(Note(ARM_DEBUG_STATE64), 504)]);
    }
}
