//! iOS on 32-bit ARM: `arm_thread_state_t`, `arm_vfp_state_t` and `arm_exception_state_t` of `mach/arm/_structs.h`.

use dumpedit_layout::BlockKind::{Float, General, Note};
use dumpedit_layout::{Machine, RecordFormat, Run};

use crate::macho::flavors::ARM_EXCEPTION_STATE;

pub(crate) static THREAD_STATE_ARM: RecordFormat = RecordFormat::new(
    "arm_thread_state_t",
    Machine::Arm,
    &[
        Run::new("r0", 13, General, 0).stride(4),
        Run::new("sp", 1, General, 52),
        Run::new("lr", 1, General, 56),
        Run::new("pc", 1, General, 60),
        Run::new("cpsr", 1, General, 64),
        Run::new("q0", 16, Float, 0).stride(16),
        Run::new("fpscr", 1, Float, 256),
        Run::new("exception", 1, Note(ARM_EXCEPTION_STATE), 0),
        Run::new("fsr", 1, Note(ARM_EXCEPTION_STATE), 4),
        Run::new("far", 1, Note(ARM_EXCEPTION_STATE), 8),
    ],
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::machines::tests::places;

    /// `_STRUCT_ARM_THREAD_STATE`, `_STRUCT_ARM_VFP_STATE` and `_STRUCT_ARM_EXCEPTION_STATE`.
    #[test]
    fn registers_stand_where_mach_arm_structs_h_puts_them() {
        for (name, offset) in [("r0", 0), ("r12", 48), ("sp", 52), ("lr", 56), ("pc", 60), ("cpsr", 64)] {
            assert_eq!(places(&THREAD_STATE_ARM, name), [(General, offset)], "{name}");
        }
        assert_eq!(places(&THREAD_STATE_ARM, "q15"), [(Float, 240)]);
        assert_eq!(places(&THREAD_STATE_ARM, "fpscr"), [(Float, 256)]);
        assert_eq!(places(&THREAD_STATE_ARM, "far"), [(Note(ARM_EXCEPTION_STATE), 8)]);
    }
}
